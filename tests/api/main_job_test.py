"""main_job_test.py -- from a dataset to a released result, and every way it may not go."""
import contextlib
import json
import os
import sqlite3
import tempfile
import unittest

import harness
from story import COUNT, EXACT, SCHEMA, Story, rows

MEAN = ('local v = site.open("{name}")\n'
        'local by = v:group_by("ward"):mean("los", {{ epsilon = {epsilon} }}):release()\n'
        'print("asked once")\n'
        'return {{ stay = by.value }}\n')


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def refused(self, answer, status, slug):
        self.assertEqual((answer.status, answer.slug), (status, slug), answer)
        return answer.json


class Whole(Case):
    def test_from_source_to_receipt(self):
        story = Story(self.site)
        job = story.run(MEAN)
        self.assertEqual(job["state"], "released")
        self.assertEqual(job["waiting_on"], "nobody")
        result = story.researcher.get(f"/api/v1/jobs/{job['id']}/result").json
        self.assertEqual(set(result["outputs"]["stay"]), {"A", "B", "C"})
        self.assertEqual(result["log"], "asked once\n")
        self.assertEqual([m["epsilon"] for m in result["measurements"]], ["1"])
        receipt = story.researcher.get(f"/api/v1/jobs/{job['id']}/receipt").json
        self.assertEqual(receipt, result["receipt"])
        self.assertEqual(receipt["receipt"]["source_sha256"], job["source_sha256"])
        self.verify(story, receipt)

    def verify(self, story, receipt):
        """The offline check accepts the receipt, and refuses it after any change."""
        folder = tempfile.mkdtemp(dir=self.site.folder)
        key, path = os.path.join(folder, "key"), os.path.join(folder, "receipt.json")
        with open(key, "w", encoding="utf-8") as f:
            f.write(story.researcher.get("/.well-known/datasite").json["key"])

        def check(document):
            with open(path, "w", encoding="utf-8") as f:
                json.dump(document, f)
            return self.site.command("verify", path, "--key", key).returncode

        self.assertEqual(check(receipt), 0)
        for member in receipt["receipt"]:
            changed = json.loads(json.dumps(receipt))
            changed["receipt"][member] = "another"
            self.assertEqual(check(changed), 1, member)

    def test_what_a_reviewer_reads(self):
        story = Story(self.site)
        job = story.submit(MEAN)
        path = f"/api/v1/jobs/{job['id']}/versions/1"
        source = story.owner.get(path + "/source")
        self.assertEqual(source.type, "text/x-lua")
        self.assertIn("asked once", source.text)
        checks = story.owner.get(path + "/checks").json
        self.assertEqual(checks["columns"], ["ward", "los"])
        self.assertTrue(all(r["met"] for r in checks["requirements"]), checks)
        mock = story.owner.get(path + "/mock_result").json
        self.assertTrue(mock["ok"])
        self.assertEqual(mock["log"], "asked once\n")
        self.assertEqual(job["quote"]["total"]["epsilon"], "1")
        versions = story.owner.items(f"/api/v1/jobs/{job['id']}/versions")
        self.assertEqual([v["version"] for v in versions], [1])

    def test_exact_waits_for_the_owner(self):
        story = Story(self.site, policy="open-review")
        job = story.run(EXACT, lane="exact")
        self.assertEqual((job["state"], job["waiting_on"]), ("held", "reviewer"))
        path = f"/api/v1/jobs/{job['id']}"
        self.refused(story.researcher.get(path + "/result"), 409, "conflict-state")
        self.refused(story.researcher.get(path + "/sealed_result"), 403,
                     "permission-missing")
        sealed = story.owner.get(path + "/sealed_result")
        self.assertEqual(sealed.json["outputs"], {"n": 200})
        answer = story.owner.post(path + "/release", {"decision": "release"},
                                  headers={"If-Match": sealed.etag})
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.json["state"], "released")
        self.assertEqual(story.researcher.get(path + "/result").json["outputs"], {"n": 200})
        self.assertEqual(story.budget()["spent"], "0")
        self.assertEqual([e["mechanism"] for e in story.ledger() if e["kind"] == "charge"],
                         ["exact"])

    def test_withheld_stays_sealed(self):
        story = Story(self.site, policy="open-review")
        job = story.run(EXACT, lane="exact")
        path = f"/api/v1/jobs/{job['id']}"
        etag = story.owner.get(path).etag
        self.refused(story.owner.post(path + "/release", {"decision": "withhold"}),
                     428, "precondition-required")
        self.refused(story.owner.post(path + "/release", {"decision": "withhold"},
                                      headers={"If-Match": '"other"'}), 412,
                     "stale-version")
        answer = story.owner.post(path + "/release", {"decision": "withhold",
                                                      "comment": "too few"},
                                  headers={"If-Match": etag})
        self.assertEqual(answer.json["state"], "withheld", answer)
        self.refused(story.researcher.get(path + "/result"), 409, "conflict-state")

    def test_large_epsilon_gives_the_truth(self):
        story = Story(self.site, epsilon="3000000", data_rows=120)
        job = story.run(COUNT, epsilon="1000000")
        result = story.researcher.get(f"/api/v1/jobs/{job['id']}/result").json
        self.assertEqual(result["outputs"], {"n": 120})


class Submission(Case):
    def test_duplicate_names_the_first(self):
        story = Story(self.site)
        first = story.submit()
        problem = self.refused(story.post(), 409, "conflict")
        self.assertEqual(problem["job"], f"/api/v1/jobs/{first['id']}")
        self.refused(story.post(COUNT.replace("\n", "\r\n")), 409, "conflict")

    def test_bad_members(self):
        story = Story(self.site)
        for change, pointer in (({"surprise": 1}, "/surprise"), ({"lane": "fast"}, "/lane"),
                                ({"max_budget": {"epsilon": 1}}, "/max_budget/epsilon"),
                                ({"max_budget": {"epsilon": "1e3"}}, "/max_budget/epsilon"),
                                ({"max_budget": {}}, "/max_budget/epsilon"),
                                ({"outputs": [{}]}, "/outputs/0")):
            answer = story.post(**change)
            self.assertEqual(answer.status, 400, answer)
            self.assertEqual(answer.json["errors"][0]["pointer"], pointer, answer)
        self.refused(story.post(epsilon="0"), 422, "validation")
        self.refused(story.post(max_budget={"epsilon": "1", "delta": "0.1"}), 422,
                     "validation")
        draft = story.draft(COUNT)
        del draft["title"]
        self.assertEqual(story.researcher.post("/api/v1/jobs", draft).status, 400)

    def test_a_budget_that_was_read_can_be_sent(self):
        story = Story(self.site)
        read = story.submit()["max_budget"]
        self.assertEqual(read, {"epsilon": "1", "delta": None})
        answer = story.post(COUNT + " -- again", max_budget=read)
        self.assertEqual((answer.status, answer.json["max_budget"]), (201, read), answer)

    def test_blocked_with_reasons(self):
        story = Story(self.site)
        for source, epsilon, lane, name in (
                ("return {{ 1 -- \u202e\n }}", "1", "dp", "text"),
                ("return )", "1", "dp", "mock_run"),
                ("error('no')", "1", "dp", "mock_run"),
                (COUNT.replace("{epsilon}", "2"), "1", "dp", "price"),
                (COUNT, "11", "dp", "budget"),
                ("return 1", "1", "exact", "policy")):
            job = story.submit(source, epsilon, lane=lane)
            self.assertEqual((job["state"], job["waiting_on"]), ("blocked", "author"), job)
            unmet = [r["name"] for r in job["requirements"] if not r["met"]]
            self.assertIn(name, unmet, job["requirements"])

    def test_a_reason_names_a_line_where_there_is_one(self):
        story = Story(self.site)
        for source, line in (("\nerror('no')", 2), ("\nlocal t = {{}}\nfor i = 1, 1e9 do "
                                                    "t[i] = {{ i }} end", None)):
            job = story.submit(source)
            reason = next(r for r in job["requirements"] if r["name"] == "mock_run")
            self.assertEqual(reason["params"]["line"], line, reason)
            self.assertEqual(reason["detail"].startswith("line "), line is not None, reason)

    def test_a_new_version_is_checked_again(self):
        story = Story(self.site)
        job = story.submit("return )")
        path = f"/api/v1/jobs/{job['id']}"
        answer = story.researcher.post(path + "/versions", {
            "source": COUNT.format(name=story.name, epsilon="1")})
        self.assertEqual((answer.status, answer.json["version"]), (201, 2), answer)
        job = story.wait(job, "in_review")
        self.assertEqual(story.review(job).status, 201)
        self.assertEqual(story.wait(job, "released")["version"], 2)
        problem = self.refused(story.researcher.post(path + "/versions", {
            "source": "return 2"}), 409, "conflict-state")
        self.assertEqual((problem["state"], problem["allowed"]), ("released", []))

    def test_without_grant_project_or_publication(self):
        story = Story(self.site)
        other = self.site.person("researcher", name="stranger")
        self.refused(story.post(by=other), 404, "not-found")
        self.refused(other.get(story.path), 404, "not-found")
        self.refused(other.get(story.path + "/mock"), 404, "not-found")
        story.grant(other)
        self.refused(story.post(by=other), 404, "not-found")  # not their project
        self.assertEqual(other.get(story.path).status, 200)
        second = Story(self.site)
        self.refused(story.post(dataset=second.name), 403, "permission-missing")
        self.assertEqual(story.owner.delete(story.path + "/publication").status, 204)
        self.refused(story.post(), 404, "not-found")
        self.assertEqual(story.owner.delete(
            f"{story.path}/grants/{other.user['id']}").status, 204)

    def test_mock_run_and_quote_spend_nothing(self):
        story = Story(self.site)
        before = story.ledger()
        source = MEAN.format(name=story.name, epsilon="0.5")
        run = story.researcher.post("/api/v1/mock_runs", {
            "dataset": story.name, "source": source, "lane": "dp"})
        self.assertEqual(run.status, 200, run)
        self.assertTrue(run.json["ok"], run)
        quote = story.researcher.post("/api/v1/quotes", {
            "dataset": story.name, "source": source})
        self.assertEqual(quote.json["columns"], ["ward", "los"], quote)
        self.assertEqual(quote.json["total"]["epsilon"], "0.5")
        bad = story.researcher.post("/api/v1/mock_runs", {
            "dataset": story.name, "source": "local x = 1\nerror('here')", "lane": "dp"})
        self.assertEqual((bad.json["ok"], bad.json["failure"]["kind"],
                          bad.json["failure"]["line"]), (False, "script_error", 2), bad)
        self.assertEqual(story.ledger(), before)


class Review(Case):
    def test_bound_to_what_was_seen(self):
        story = Story(self.site)
        job = story.submit()
        path = f"/api/v1/jobs/{job['id']}/reviews"
        body = {"version": 1, "source_sha256": job["source_sha256"], "decision": "approve"}
        self.refused(story.owner.post(path, body), 428, "precondition-required")
        self.refused(story.review(job, etag='"old"'), 412, "stale-version")
        self.refused(story.review({**job, "version": 2}), 412, "stale-version")
        self.refused(story.review({**job, "source_sha256": "0" * 64}), 412,
                     "stale-version")
        self.assertEqual(story.budget()["reserved"], "0")

    def test_a_comment_says_why(self):
        story = Story(self.site)
        job = story.submit()
        self.refused(story.review(job, "reject"), 422, "validation")
        answer = story.review(job, "request_changes", comment="Please narrow it.")
        self.assertEqual((answer.json["state"], answer.json["waiting_on"]),
                         ("changes_requested", "author"), answer)
        reviews = story.researcher.items(f"/api/v1/jobs/{job['id']}/reviews")
        self.assertEqual([r["comment"] for r in reviews], ["Please narrow it."])

    def test_rejected_is_the_end(self):
        story = Story(self.site)
        job = story.submit()
        self.assertEqual(story.review(job, "reject", comment="No.").json["state"],
                         "rejected")
        self.refused(story.review(job), 409, "conflict-state")
        self.refused(story.researcher.post(f"/api/v1/jobs/{job['id']}/withdrawal"), 409,
                     "conflict-state")

    def test_nobody_reviews_their_own(self):
        both = self.site.person("owner", "researcher", name="both")
        story = Story(self.site)
        own = Story.__new__(Story)
        own.__dict__.update(story.__dict__)
        own.owner = own.researcher = both
        own.name, own.path = "own-table", "/api/v1/datasets/own-table"
        both.post("/api/v1/datasets", {"name": "own-table", "title": "Own", **SCHEMA,
                                       "budget": {"epsilon": "1"}, "policy": "dp-only"})
        own.publish()
        job = own.submit()
        problem = self.refused(own.review(job), 403, "permission-missing")
        self.assertEqual(problem["missing_permission"], "separation-of-duties")

    def test_other_owners_know_nothing_of_it(self):
        story = Story(self.site)
        job = story.submit()
        other = self.site.person("owner", name="other-owner")
        self.refused(other.get(f"/api/v1/jobs/{job['id']}"), 404, "not-found")
        self.refused(other.get(story.path), 404, "not-found")
        self.assertEqual(other.items("/api/v1/jobs"), [])
        self.assertIn(job["id"], [j["id"] for j in story.owner.items(
            f"/api/v1/jobs?waiting_on=reviewer&dataset={story.name}")])
        self.assertEqual(story.owner.items(
            f"/api/v1/jobs?state=released&dataset={story.name}"), [])

    def test_the_policy_in_force_at_the_review_counts(self):
        story = Story(self.site, epsilon="2")
        job = story.submit()
        self.assertEqual(story.owner.put(story.path + "/policy",
                                         {"name": "open-review"}).status, 200)
        self.assertEqual(story.review(job).status, 201)
        job = story.wait(job, "released")
        self.assertEqual(job["policy_version"], 2)

    def test_withdrawal_and_cancellation(self):
        story = Story(self.site)
        job = story.submit()
        path = f"/api/v1/jobs/{job['id']}"
        problem = self.refused(story.owner.post(path + "/cancellation"), 409,
                               "conflict-state")
        self.assertIn("approved", problem["allowed"])
        self.assertEqual(story.researcher.post(path + "/withdrawal").json["state"],
                         "withdrawn")
        spin = story.submit('local n = site.open("{name}"):count{{ epsilon = {epsilon} }}'
                            ':release()\nif n.value > 130 then while true do end end\n'
                            'return n.value', epsilon="5")
        self.assertEqual(story.review(spin).status, 201)
        story.wait(spin, "running")
        path = f"/api/v1/jobs/{spin['id']}"
        answer = story.owner.post(path + "/cancellation", {"comment": "too long"})
        self.assertEqual(answer.json["state"], "cancelled", answer)
        budget = story.budget()
        self.assertEqual(budget["reserved"], "0")
        self.assertIn(budget["spent"], ("0", "5"))


class Data(Case):
    def test_a_bad_file_leaves_the_old_version(self):
        story = Story(self.site)
        good = rows(10)
        for text, line in ((good + "p1,A,1\n", 12), (good + 'p1,"A,1,1\n', 12),
                           (good.replace("p0,", "p0,Z", 1), 2),
                           (good.replace("age", "los", 1), 1),
                           (good.replace("age", "shoe", 1), 1), ("person,ward\n", 1),
                           ("", 1), (good + "p1,A,x,1\n", 12)):
            answer = story.owner.put_csv(story.path + "/data", text)
            self.refused(answer, 422, "validation")
            pointers = [e["pointer"] for e in answer.json["errors"]]
            self.assertTrue(pointers[0].startswith(f"/line/{line}/column/"), answer)
        self.assertEqual(story.owner.get(story.path).json["data_version"], 1)
        answer = story.owner.put_csv(story.path + "/data", good)
        self.assertEqual((answer.status, answer.json["rows"]), (201, 10), answer)

    def test_rows_are_for_insiders(self):
        story = Story(self.site)
        self.assertEqual(story.owner.get(story.path).json["rows"], 200)
        self.assertIsNone(story.researcher.get(story.path).json["rows"])

    def test_publication_needs_all(self):
        story = Story(self.site, publish=False)
        answer = story.owner.post(story.path + "/publication")
        self.refused(answer, 409, "conflict")
        self.assertIn("data, mock", answer.json["detail"])

    def test_mock_must_fit_the_schema(self):
        story = Story(self.site)
        bad = story.owner.put_csv(story.path + "/mock", "person,ward,age,los\np,Q,1,1\n")
        self.refused(bad, 422, "validation")
        self.assertEqual(bad.json["errors"][0]["pointer"], "/line/2/column/3")
        mock = rows(5, seed=2)
        good = story.owner.put_csv(story.path + "/mock", mock)
        self.assertEqual((good.status, good.json["rows"]), (201, 5), good)
        self.assertEqual(story.researcher.get(story.path + "/mock").text, mock)

    def test_declaring(self):
        story = Story(self.site)
        base = {"name": "x1", "title": "X", **SCHEMA, "budget": {"epsilon": "1"},
                "policy": "dp-only"}
        for change, status in (({"name": "A b"}, 422), ({"name": story.name}, 409),
                               ({"policy": "none-such"}, 422), ({"budget": {}}, 400),
                               ({"budget": {"epsilon": "0"}}, 422), ({"columns": 3}, 400),
                               ({"extra": 1}, 400)):
            answer = story.owner.post("/api/v1/datasets", {**base, **change})
            self.assertEqual(answer.status, status, (change, answer))

    def test_archived(self):
        story = Story(self.site)
        self.assertEqual(story.owner.delete(story.path).status, 204)
        self.refused(story.researcher.get(story.path), 404, "not-found")
        self.refused(story.owner.post(story.path + "/publication"), 409, "conflict")
        self.assertEqual(len(story.ledger()), 1)


class Audit(Case):
    def test_every_act_is_there(self):
        story = Story(self.site)
        job = story.run()
        verbs = [e["verb"] for e in story.audit() if e["subject"] == job["id"]]
        self.assertEqual(verbs, ["job.submit", "job.check", "job.approve", "job.queue",
                                 "run.start", "result.publish"])

    def test_the_tables_take_no_edits(self):
        story = Story(self.site)
        story.submit()
        path = os.path.join(self.site.folder, "datasite.db")
        for text in ("UPDATE ledger SET price_eps_nano = 0", "DELETE FROM ledger",
                     "UPDATE job SET state = 'released' WHERE state = 'in_review'"):
            with contextlib.closing(sqlite3.connect(path)) as db:
                with self.assertRaises(sqlite3.IntegrityError):
                    db.execute(text)


if __name__ == "__main__":
    unittest.main()
