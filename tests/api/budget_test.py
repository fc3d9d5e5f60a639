"""budget_test.py -- the budget, its ledger and the audit log agree exactly, always."""
import itertools
import unittest
from decimal import Decimal

import harness
from story import COUNT, Story, at_once


def total(entries, kind, member="epsilon"):
    return sum((Decimal(e[member]) for e in entries if e["kind"] == kind), Decimal(0))


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def agree(self, story):
        """Budget, ledger and audit log tell the same, as decimal strings."""
        budget, ledger = story.budget(), story.ledger()
        member = "epsilon" if budget["accounting"] == "pure" else "rho"
        shown = budget if member == "epsilon" else budget["rho"]
        charged = total(ledger, "charge", member)
        held = (total(ledger, "reserve", member) - charged
                - total(ledger, "settle", member))
        self.assertEqual(Decimal(shown["spent"]), charged)
        self.assertEqual(Decimal(shown["reserved"]), held)
        acts = [e for e in story.audit()
                if e["subject"] == story.dataset["id"] and e["verb"].startswith("budget.")]
        self.assertEqual([(e["facts"]["hash"], "budget." + r["kind"], e["facts"]["rho"],
                           e["facts"]["epsilon"] or None) for e, r in zip(acts, ledger)],
                         [(r["hash"], e["verb"], r["rho"], r["epsilon"])
                          for e, r in zip(acts, ledger)])
        self.assertEqual(len(acts), len(ledger))
        return budget


class Pure(Case):
    def test_what_is_not_used_returns(self):
        story = Story(self.site, epsilon="1")
        job = story.run(COUNT.replace("{epsilon}", "0.1"), epsilon="0.75")
        self.assertEqual(job["state"], "released")
        budget = self.agree(story)
        self.assertEqual((budget["spent"], budget["reserved"], budget["free"]),
                         ("0.1", "0", "0.9"))
        self.assertEqual([e["kind"] for e in story.ledger()],
                         ["grant", "reserve", "charge", "settle"])

    def test_ten_tenths_are_one(self):
        story = Story(self.site, epsilon="1")
        ask = "".join(f"t[{i}] = v:where('age > {i}'):count{{{{ epsilon = 0.1 }}}}"
                      ":release().value\n" for i in range(1, 11))
        job = story.run('local v, t = site.open("{name}"), {{}}\n' + ask + "return t",
                        epsilon="1")
        self.assertEqual(job["state"], "released", job)
        self.assertEqual(self.agree(story)["free"], "0")

    def test_the_same_question_is_answered_once(self):
        story = Story(self.site, epsilon="1")
        job = story.run('local v = site.open("{name}")\n'
                        'local a = v:count{{ epsilon = 0.5 }}:release().value\n'
                        'local b = v:count{{ epsilon = 0.5 }}:release().value\n'
                        'return {{ a, b }}', epsilon="0.5")
        result = story.researcher.get(f"/api/v1/jobs/{job['id']}/result").json
        self.assertEqual(result["outputs"][0], result["outputs"][1])
        self.assertEqual(self.agree(story)["spent"], "0.5")

    def test_a_failed_run_keeps_what_it_asked_paid(self):
        story = Story(self.site, epsilon="2")
        # 200 rows in the data and 100 in the mock: it ends well on the mock alone.
        job = story.run('local n = site.open("{name}"):count{{ epsilon = 1 }}'
                        ':release().value\nif n > 150 then error("many") end\nreturn n',
                        epsilon="1.5")
        self.assertEqual((job["state"], job["failure"]["kind"], job["failure"]["line"]),
                         ("failed", "script_error", 2), job)
        self.assertIn("many", job["failure"]["text"])
        budget = self.agree(story)
        self.assertEqual((budget["spent"], budget["reserved"]), ("1", "0"))

    def test_a_run_may_not_spend_more_than_it_holds(self):
        story = Story(self.site, epsilon="10")
        job = story.run('local v = site.open("{name}")\n'
                        'local n = v:count{{ epsilon = 1 }}:release().value\n'
                        'if n > 150 then v:where("age > 3"):count{{ epsilon = 1 }}'
                        ':release() end\nreturn n', epsilon="1")
        self.assertEqual((job["state"], job["failure"]["kind"]), ("failed", "budget"), job)
        self.assertEqual(self.agree(story)["spent"], "1")

    def test_approval_needs_room(self):
        story = Story(self.site, epsilon="3")
        jobs = [story.submit(COUNT + f" -- {i}", epsilon="2") for i in range(2)]
        self.assertEqual(story.review(jobs[0]).status, 201)
        second = story.review(jobs[1])
        self.assertEqual((second.status, second.slug, second.json["requested"],
                          second.json["free"]), (409, "budget-exceeded", "2", "1"), second)
        story.wait(jobs[0], "released")
        self.agree(story)

    def test_eight_at_once_against_room_for_five(self):
        story = Story(self.site, epsilon="5")
        jobs = [story.submit(COUNT + f" -- {i}") for i in range(8)]
        self.assertEqual({j["state"] for j in jobs}, {"in_review"})
        answers = at_once([lambda j=j: story.review(j) for j in jobs])
        served = [j for j, a in zip(jobs, answers) if a.status == 201]
        refused = [a for a in answers if a.status != 201]
        self.assertEqual((len(served), len(refused)), (5, 3), answers)
        self.assertEqual({(a.status, a.slug) for a in refused}, {(409, "budget-exceeded")})
        for job in served:
            self.assertEqual(story.wait(job, "released", "failed")["state"], "released")
        budget = self.agree(story)
        self.assertEqual((budget["spent"], budget["free"], budget["reserved"]),
                         ("5", "0", "0"))


class Zcdp(Case):
    def test_rho_adds_up(self):
        story = Story(self.site, epsilon="1", delta="0.000001")
        before = story.budget()
        self.assertEqual((before["accounting"], before["free"], before["rho"]["spent"]),
                         ("zcdp", "1", "0"))
        job = story.run('return site.open("{name}"):count{{ rho = 0.001 }}:release().value',
                        epsilon="0.5")
        self.assertEqual(job["state"], "released", job)
        budget = self.agree(story)
        self.assertEqual(budget["rho"]["spent"], "0.001")
        self.assertEqual(Decimal(budget["epsilon"]), sum(
            Decimal(budget[m]) for m in ("spent", "reserved", "free")))
        self.assertGreater(Decimal(budget["spent"]), 0)

    def test_pure_answers_cost_no_more_than_their_epsilon(self):
        """An answer of epsilon 0.5 fits a max_budget of epsilon 0.5 whatever its rho."""
        story = Story(self.site, epsilon="3", delta="0.000001")
        job = story.run(COUNT, epsilon="0.5")
        self.assertEqual(job["state"], "released", job)
        charge = [e for e in story.ledger() if e["kind"] == "charge"][0]
        self.assertEqual(charge["epsilon"], "0.5")
        self.agree(story)

    def test_a_pure_budget_takes_no_gaussian(self):
        story = Story(self.site, epsilon="1")
        job = story.submit('return site.open("{name}"):count{{ rho = 0.001 }}'
                           ':release().value', epsilon="0.5")
        self.assertEqual(job["state"], "blocked", job)


class Decisions(Case):
    def change(self, story, by=None, etag=None, **body):
        by = by or story.admin
        return by.patch(story.path + "/budget", body, headers={
            "If-Match": etag or by.get(story.path + "/budget").etag})

    def test_raising_needs_a_reason_and_an_administrator(self):
        story = Story(self.site, epsilon="1")
        self.assertEqual(self.change(story, epsilon="2").status, 422)
        self.assertEqual(self.change(story, by=story.owner, epsilon="2", reason="x").status,
                         403)
        self.assertEqual(self.change(story, etag='"x"', epsilon="2", reason="x").status,
                         412)
        answer = self.change(story, epsilon="2", reason="a second study")
        self.assertEqual((answer.status, answer.json["free"]), (200, "2"), answer)
        self.assertEqual([e["kind"] for e in story.ledger()], ["grant", "adjust"])
        reasons = [e["facts"].get("reason") for e in story.audit()
                   if e["verb"] == "budget.adjust" and e["subject"] == story.dataset["id"]]
        self.assertEqual(reasons, ["a second study"])

    def test_never_below_what_is_spent(self):
        story = Story(self.site, epsilon="3")
        story.run(COUNT, epsilon="2")
        low = self.change(story, epsilon="1.999999999")
        self.assertEqual((low.status, low.slug), (409, "budget-exceeded"), low)
        self.assertEqual(self.change(story, epsilon="2").json["free"], "0")
        self.agree(story)

    def test_shares_bind(self):
        story = Story(self.site, epsilon="10")
        path = f"{story.path}/budget/allocations/{story.project}"
        me = story.researcher.user["id"]
        answer = story.admin.put(path, {"epsilon": "3", "researchers": {me: "1"}})
        self.assertEqual(answer.status, 200, answer)
        share = story.budget(story.researcher)
        self.assertEqual((share["epsilon"], share["free"]), ("1", "1"))
        blocked = story.submit(COUNT, epsilon="2")
        self.assertEqual(blocked["state"], "blocked")
        self.assertEqual(story.run(COUNT + " --", epsilon="1")["state"], "released")
        self.assertEqual(story.budget(story.researcher)["free"], "0")
        self.assertEqual(story.admin.put(path, {"researchers": {me: "0.5"}}).slug,
                         "budget-exceeded")
        self.assertEqual(story.owner.put(path, {"epsilon": "9"}).status, 403)
        self.agree(story)
        self.shares_are_told(story, me)

    def shares_are_told(self, story, researcher):
        path = f"{story.path}/budget/allocations"
        whole, part = story.owner.items(path + "?limit=1")
        self.assertEqual((whole["project"]["id"], whole["researcher"]), (story.project, None))
        self.assertEqual((whole["epsilon"], whole["spent"], whole["free"]), ("3", "1", "2"))
        self.assertEqual((part["researcher"]["id"], part["epsilon"], part["free"]),
                         (researcher, "1", "0"))
        self.assertEqual(story.researcher.get(path).status, 403)
        self.assertEqual(self.site.person("owner", name="stranger").get(path).status, 404)
        free = Story(self.site, epsilon="3")
        free.run(COUNT, epsilon="1")
        for share in free.admin.items(f"{free.path}/budget/allocations"):
            self.assertEqual((share["epsilon"], share["spent"], share["free"]), (None, "1", None))

    def test_who_reads_the_ledger(self):
        story = Story(self.site)
        auditor = self.site.person("auditor")
        self.assertEqual(auditor.get(story.path + "/ledger").status, 200)
        self.assertEqual(story.researcher.get(story.path + "/ledger").status, 403)
        job = story.run()
        self.assertEqual(auditor.get(f"/api/v1/jobs/{job['id']}/receipt").status, 200)
        for path in ("", "/result", "/sealed_result"):
            self.assertIn(auditor.get(f"/api/v1/jobs/{job['id']}{path}").status, (403, 404))
            self.assertIn(story.admin.get(f"/api/v1/jobs/{job['id']}{path}").status,
                          (403, 404))


class Freeze(Case):
    def test_nothing_moves_until_it_is_lifted(self):
        story = Story(self.site, epsilon="5")
        waiting = story.submit(COUNT)
        path = story.path + "/budget/freeze"
        self.assertEqual(story.admin.put(path, {"reason": ""}).status, 422)
        self.assertEqual(story.owner.put(path, {"reason": "No."}).status, 403)
        before = story.admin.get(story.path + "/budget").etag
        frozen = story.admin.put(path, {"reason": "A complaint is looked into."})
        self.assertEqual(frozen.status, 200, frozen)
        self.assertEqual(frozen.json["frozen"]["reason"], "A complaint is looked into.")
        self.assertNotEqual(frozen.etag, before)
        self.assertEqual(story.budget(story.researcher)["frozen"], frozen.json["frozen"])
        self.assertEqual(story.admin.put(path, {"reason": "Again."}).slug,
                         "conflict-state")
        refused = story.review(waiting)
        self.assertEqual((refused.status, refused.slug), (409, "frozen"), refused)
        self.assertEqual(story.admin.delete(path).status, 204)
        self.assertEqual(story.admin.delete(path).status, 409)
        self.assertIsNone(story.budget()["frozen"])
        self.assertEqual(story.review(waiting).status, 201)
        self.assertEqual(story.wait(waiting, "released", "failed")["state"], "released")
        verbs = [e["verb"] for e in story.audit() if e["subject"] == story.dataset["id"]]
        self.assertEqual([v for v in verbs if v.startswith("freeze.")],
                         ["freeze.set", "freeze.lift"])


class Transfer(Case):
    def setUp(self):
        self.story = story = Story(self.site, epsilon="10")
        self.other = story.project_of(story.researcher)
        for project, epsilon in ((story.project, "4"), (self.other, "1")):
            made = story.admin.put(f"{story.path}/budget/allocations/{project}",
                                   {"epsilon": epsilon})
            self.assertEqual(made.status, 200, made)

    def transfer(self, etag=None, by=None, **more):
        story = self.story
        body = {"from": story.project, "to": self.other, "epsilon": "1.5",
                "reason": "The second study is larger.", **more}
        return (by or story.admin).post(story.path + "/budget/transfers", body, headers={
            "If-Match": etag or story.admin.get(story.path + "/budget").etag})

    def caps(self):
        """What each project still holds, as the audit log says last."""
        out = {}
        for e in self.story.audit():
            if e["verb"] == "budget.adjust" and e["facts"]["scope"] == "project":
                out[e["facts"]["project"]] = e["facts"]["epsilon"]
        return [out[p] for p in (self.story.project, self.other)]

    def test_both_caps_or_neither(self):
        answer = self.transfer()
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(self.caps(), ["2.5", "2.5"])
        self.story.run(COUNT, epsilon="2")
        for more, slug in (({"epsilon": "2.6"}, "budget-exceeded"),
                           ({"epsilon": "1"}, "budget-exceeded"),
                           ({"epsilon": "0"}, "validation"),
                           ({"to": self.story.project}, "validation"),
                           ({"reason": ""}, "validation"),
                           ({"to": "prj_" + "0" * 26}, "not-found"),
                           ({"etag": '"x"'}, "stale-version"),
                           ({"by": self.story.owner}, "permission-missing")):
            with self.subTest(**{k: str(v) for k, v in more.items()}):
                self.assertEqual(self.transfer(**more).slug, slug)
                self.assertEqual(self.caps(), ["2.5", "2.5"])
        self.agree(self.story)

    def test_a_project_without_a_cap_takes_no_part(self):
        free = self.story.project_of(self.story.researcher)
        self.assertEqual(self.transfer(to=free).slug, "conflict")


class History(Case):
    def test_every_entry_and_every_day(self):
        story = Story(self.site, epsilon="3")
        for i in range(2):
            story.run(COUNT + f" -- {i}", epsilon="1")
        path = story.path + "/budget/history"
        points = story.owner.items(path + "?by=entry&limit=3")
        self.assertEqual([p["seq"] for p in points], list(range(1, len(points) + 1)))
        self.assertEqual(len(points), len(story.ledger()))
        for p in points:
            self.assertEqual(sum(Decimal(p[m]) for m in ("spent", "reserved", "free")),
                             Decimal(p["epsilon"]))
        budget = story.budget()
        self.assertEqual({m: points[-1][m] for m in ("spent", "reserved", "free")},
                         {m: budget[m] for m in ("spent", "reserved", "free")})
        self.assertEqual(points[0]["free"], "3")
        days = story.owner.items(path)
        self.assertEqual(days[-1], points[-1])
        self.assertEqual([d["time"][:10] for d in days],
                         sorted({p["time"][:10] for p in points}))
        self.assertEqual(story.researcher.get(path).status, 403)
        self.assertEqual(story.owner.get(path + "?by=week").status, 400)


class Populations(Case):
    def make(self, epsilon, delta=None):
        self.admin = self.site.person("admin")
        budget = {"epsilon": epsilon, **({"delta": delta} if delta else {})}
        name = f"{self._testMethodName} {epsilon}"
        made = self.admin.post("/api/v1/populations", {"name": name, "budget": budget})
        self.assertEqual(made.status, 201, made)
        return made.headers["location"]

    def join(self, population, story):
        return self.admin.put(f"{population}/datasets/{story.name}")

    def test_one_ceiling_over_two_datasets(self):
        population = self.make("3")
        one, two = Story(self.site, epsilon="5"), Story(self.site, epsilon="5")
        one.run(COUNT, epsilon="1")
        for story in (one, two):
            joined = self.join(population, story)
            self.assertEqual(joined.status, 200, joined)
        self.assertEqual(joined.json["datasets"], sorted([one.name, two.name]))
        self.assertEqual((joined.json["spent"], joined.json["free"]), ("1", "2"))
        self.assertEqual(two.budget()["free"], "2")
        self.assertEqual(two.budget(two.researcher)["population"]["free"], "2")
        two.run(COUNT, epsilon="2")
        self.assertEqual(one.budget()["free"], "0")
        self.assertEqual(one.budget()["population"]["free"], "0")
        job = one.submit(COUNT + " -- more", epsilon="1")
        self.assertEqual(job["state"], "blocked", job)
        for story in (one, two):
            self.assertEqual(total(story.ledger(), "charge"), {
                one: Decimal(1), two: Decimal(2)}[story])
        self.assertEqual(self.admin.get(population).json["spent"], "3")

    def test_what_may_not_join(self):
        population = self.make("3")
        zcdp = Story(self.site, epsilon="1", delta="0.000001")
        self.assertEqual(self.join(population, zcdp).slug, "conflict")
        used = Story(self.site, epsilon="5")
        used.run(COUNT.replace("{epsilon}", "4"), epsilon="4")
        self.assertEqual(self.join(population, used).slug, "budget-exceeded")
        fresh = Story(self.site, epsilon="5")
        self.assertEqual(self.join(population, fresh).status, 200)
        self.assertEqual(self.join(population, fresh).status, 200, "twice is as once")
        self.assertEqual(self.join(self.make("9"), fresh).slug, "conflict")
        self.assertEqual(self.join("/api/v1/populations/pop_" + "0" * 26, fresh).status, 404)
        for person in (fresh.owner, fresh.researcher):
            self.assertEqual(person.get(population).status, 403)
        again = self.admin.post("/api/v1/populations", {
            "name": self.admin.get(population).json["name"], "budget": {"epsilon": "1"}})
        self.assertEqual(again.status, 409)

    def test_its_budget_is_changed_as_a_datasets(self):
        population = self.make("2", "0.000001")
        etag = self.admin.get(population).etag
        change = lambda body, tag=etag: self.admin.patch(  # noqa: E731
            population, body, headers={"If-Match": tag})
        self.assertEqual(change({"epsilon": "3"}).status, 422)
        self.assertEqual(change({"epsilon": "3", "reason": "More."}, '"x"').status, 412)
        raised = change({"epsilon": "3", "reason": "More."})
        self.assertEqual((raised.status, raised.json["epsilon"]), (200, "3"), raised)


class SecondAdmin(harness.Case):
    config = {"second_admin": True}
    epsilons = itertools.count(2)

    def setUp(self):
        self.story = Story(self.site, epsilon="1")
        self.second = self.site.person("admin", name="second-admin")

    def ask(self, path=None, epsilon="2", **more):
        path = path or self.story.path + "/budget"
        return self.story.admin.patch(path, {"epsilon": epsilon, "reason": "A second study.",
                                             **more},
                                      headers={"If-Match": self.story.admin.get(path).etag})

    def decide(self, raise_, by, decision="confirm"):
        path = f"/api/v1/budget_raises/{raise_['id']}"
        return by.post(path + "/decision", {"decision": decision},
                       headers={"If-Match": by.get(path).etag})

    def test_the_setting_is_read_and_not_changed(self):
        path = "/api/v1/settings"
        self.assertTrue(self.story.admin.get(path).json["second_admin"])
        self.assertEqual(self.story.admin.patch(path, {"second_admin": False}).status, 405)
        self.assertEqual(self.story.owner.get(path).status, 403)

    def test_a_raise_waits_for_another(self):
        asked = self.ask()
        self.assertEqual(asked.status, 202, asked)
        self.assertEqual(self.story.budget()["epsilon"], "1")
        mine = self.decide(asked.json, self.story.admin)
        self.assertEqual((mine.status, mine.json["missing_permission"]),
                         (403, "separation-of-duties"), mine)
        self.assertEqual(self.decide(asked.json, self.story.owner).status, 403)
        done = self.decide(asked.json, self.second)
        self.assertEqual((done.status, done.json["state"]), (200, "confirmed"), done)
        self.assertEqual(done.json["decided_by"]["name"], "second-admin")
        self.assertEqual(self.story.budget()["epsilon"], "2")
        self.assertEqual(self.decide(asked.json, self.second).slug, "conflict-state")

    def test_every_state_act_and_person(self):
        """A raise is decided once, by an administrator, and not by its asker."""
        asker, people = self.story.admin, {
            "asker": self.story.admin, "second": self.second, "owner": self.story.owner,
            "researcher": self.story.researcher, "auditor": self.site.person("auditor"),
            "nobody": self.site.nobody()}
        for state, act in itertools.product(("open", "confirmed", "refused"),
                                            ("confirm", "refuse")):
            raise_ = self.ask(epsilon=str(next(self.epsilons))).json
            if state != "open":
                self.decide(raise_, self.second, state.replace("ed", "").replace(
                    "refus", "refuse"))
            for name in ("nobody", "researcher", "owner", "auditor", "asker", "second"):
                want = {"nobody": 401, "asker": 403, "second": 200}.get(name, 403)
                if name in ("asker", "second") and state != "open":
                    want = 409
                if name == "asker" and act == "refuse" and state == "open":
                    continue  # one may take one's own back: below
                with self.subTest(state=state, act=act, person=name):
                    path = f"/api/v1/budget_raises/{raise_['id']}"
                    answer = people[name].post(path + "/decision", {"decision": act},
                                               headers={"If-Match": asker.get(path).etag})
                    self.assertEqual(answer.status, want, answer)

    def test_lowering_takes_one(self):
        self.assertEqual(self.ask(epsilon="0.5").status, 200)
        self.assertEqual(self.story.budget()["epsilon"], "0.5")

    def test_a_raise_is_about_what_was_seen(self):
        asked = self.ask()
        self.assertEqual(self.ask(epsilon="0.5").status, 200)
        self.assertEqual(self.decide(asked.json, self.second).slug, "conflict")
        taken_back = self.decide(asked.json, self.story.admin, "refuse")
        self.assertEqual(taken_back.json["state"], "refused", taken_back)
        self.assertEqual(self.story.budget()["epsilon"], "0.5")

    def test_a_raise_needs_a_reason(self):
        for reason in ("", " "):
            self.assertEqual(self.ask(reason=reason).status, 422)
        self.assertEqual(self.ask(epsilon="1000000001").status, 400)

    def test_a_population_too(self):
        made = self.story.admin.post("/api/v1/populations", {
            "name": "People", "budget": {"epsilon": "1"}})
        path = made.headers["location"]
        asked = self.ask(path)
        self.assertEqual(asked.status, 202, asked)
        self.assertEqual(self.story.admin.get(path).json["epsilon"], "1")
        self.assertEqual(self.decide(asked.json, self.second).status, 200)
        self.assertEqual(self.story.admin.get(path).json["epsilon"], "2")
        listed = self.site.person("auditor").items("/api/v1/budget_raises")
        self.assertEqual(listed[0]["population"]["name"], "People")


if __name__ == "__main__":
    unittest.main()
