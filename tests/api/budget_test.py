"""budget_test.py -- the budget, its ledger and the audit log agree exactly, always."""
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


if __name__ == "__main__":
    unittest.main()
