"""gate_test.py -- the first gate: k of n votes, blind until they are cast, and how long an
approval lives."""
import json
import os
import sqlite3
import time
import unittest

import harness
from story import COUNT, EXACT, Story, rows

POLICY = {"name": "two-of-three", "title": "Two of three",
          "lanes": {"dp": {"release": "auto"}}, "approvals": 2, "approval_days": 30}
SLOW = ('local v = site.open "{name}"\n'
        'local n = v:count{{ epsilon = {epsilon} }}:release().value\n'
        'if n > 150 then local k = 0 while true do k = k + 1 end end\n'
        'return {{ n = n }}')


class Case(unittest.TestCase):
    config = None

    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site(config=cls.config)
        cls.rita = cls.site.person("owner", name="rita")
        cls.remo = cls.site.person("owner", name="remo")

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def refused(self, answer, status, slug):
        self.assertEqual((answer.status, answer.slug), (status, slug), answer)
        return answer.json

    def story(self, policy=POLICY, reviewers=True, **more):
        story = Story(self.site, policy=policy, **more)
        if reviewers:
            self.name_reviewers(story, self.rita, self.remo)
        return story

    def name_reviewers(self, story, *people):
        answer = story.owner.patch(story.path, {"reviewers": [p.user["id"] for p in people]})
        self.assertEqual(answer.status, 200, answer)
        return answer

    def job(self, by, job):
        answer = by.get(f"/api/v1/jobs/{job['id']}")
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def approvals(self, by, job):
        return next(r for r in self.job(by, job)["requirements"] if r["name"] == "approvals")

    def votes(self, by, job):
        return [r["decision"] for r in by.items(f"/api/v1/jobs/{job['id']}/reviews")]

    def acts(self, story, job):
        return [(e["verb"], e["facts"]) for e in story.audit() if e["subject"] == job["id"]]


class Reviewers(Case):
    def test_are_named_by_the_owner(self):
        story = self.story(reviewers=False)
        self.assertEqual(story.dataset["reviewers"], [])
        self.refused(self.rita.get(story.path), 404, "not-found")
        answer = self.name_reviewers(story, self.rita, self.remo)
        self.assertEqual({r["name"] for r in answer.json["reviewers"]}, {"rita", "remo"})
        self.assertIn(story.name, [d["name"] for d in self.rita.items("/api/v1/datasets")])
        self.refused(self.rita.patch(story.path, {"reviewers": []}), 403, "permission-missing")
        self.name_reviewers(story)
        self.refused(self.rita.get(story.path), 404, "not-found")

    def test_need_the_role(self):
        story = self.story(reviewers=False)
        for who in (story.researcher.user["id"], story.owner.user["id"], "usr_nobody"):
            document = self.refused(story.owner.patch(story.path, {"reviewers": [who]}), 422,
                                    "validation")
            self.assertEqual(document["errors"][0]["pointer"], "/reviewers/0")
        self.refused(story.owner.patch(story.path, {"reviewers": "rita"}), 400, "invalid-request")
        self.refused(story.owner.patch(story.path, {"reviewers": [1]}), 400, "invalid-request")
        title = story.owner.get(story.path).json["title"]
        self.refused(story.owner.patch(story.path, {"title": "New", "reviewers": ["usr_x"]}),
                     422, "validation")
        self.assertEqual(story.owner.get(story.path).json["title"], title)

    def test_see_jobs_and_nothing_sealed(self):
        story = self.story()
        job = story.submit()
        self.assertIn(job["id"], [j["id"] for j in self.rita.items(
            f"/api/v1/jobs?dataset={story.name}&waiting_on=reviewer")])
        self.assertEqual(self.rita.get(f"/api/v1/jobs/{job['id']}/versions/1/source").status,
                         200)
        self.assertIsNone(self.rita.get(story.path).json["rows"])
        path = f"/api/v1/jobs/{job['id']}"
        self.refused(self.rita.get(path + "/sealed_result"), 403, "permission-missing")
        self.refused(self.rita.post(path + "/cancellation"), 403, "permission-missing")
        self.refused(self.rita.put_csv(story.path + "/data", "person\n1\n"), 403, "permission-missing")


class Votes(Case):
    def test_two_of_three_approve(self):
        story = self.story()
        job = story.submit()
        self.assertEqual(self.approvals(story.owner, job)["detail"], "0 of 2 approvals")
        self.assertEqual(story.review(job, by=self.rita).status, 201)
        self.assertEqual(self.job(self.rita, job)["state"], "in_review")
        self.assertEqual(self.job(self.rita, job)["waiting_on"], "reviewer")
        self.assertEqual(story.budget()["reserved"], "0")
        self.assertEqual(self.approvals(self.rita, job), {
            "name": "approvals", "met": False, "detail": "1 of 2 approvals",
            "code": "approvals.open", "params": {
                "have": 1, "needed": 2, "voters": 3, "reach": 3, "request_changes": 0,
                "reject": 0, "abstain": 0}})
        self.assertEqual(story.review(job, by=self.remo).status, 201)
        self.assertEqual(story.wait(job, "released")["state"], "released")
        self.assertEqual(self.approvals(story.researcher, job), {
            "name": "approvals", "met": True, "detail": "2 of 2 approvals",
            "code": "approvals.closed", "params": {
                "have": 2, "needed": 2, "voters": 0, "reach": 0, "request_changes": 0,
                "reject": 0, "abstain": 0}})

    def test_a_person_votes_once(self):
        story = self.story()
        job = story.submit()
        self.assertEqual(story.review(job, by=self.rita).status, 201)
        self.refused(story.review(job, by=self.rita), 409, "conflict")
        self.assertEqual(self.job(self.rita, job)["state"], "in_review")

    def test_a_vote_makes_what_was_seen_stale(self):
        story = self.story()
        job = story.submit()
        seen = self.remo.get(f"/api/v1/jobs/{job['id']}").etag
        self.assertEqual(story.review(job, by=self.rita).status, 201)
        self.refused(story.review(job, by=self.remo, etag=seen), 412, "stale-version")

    def test_the_author_never_votes(self):
        both = self.site.person("owner", "researcher", name="both")
        story = Story(self.site, policy=POLICY)
        self.name_reviewers(story, both)
        story.grant(both)
        story.project = story.project_of(both)
        job = story.submit(by=both)
        document = self.refused(story.review(job, by=both), 403, "permission-missing")
        self.assertEqual(document["missing_permission"], "separation-of-duties")
        self.assertIn("1 who may vote", self.approvals(story.owner, job)["detail"])

    def test_a_stranger_never_votes(self):
        story = self.story(reviewers=False)
        job = story.submit()
        body = {"version": 1, "source_sha256": job["source_sha256"], "decision": "approve"}
        self.refused(self.rita.post(f"/api/v1/jobs/{job['id']}/reviews", body,
                                    headers={"If-Match": '"x"'}), 404, "not-found")

    def test_the_round_is_blind(self):
        story = self.story()
        job = story.submit()
        story.review(job, "request_changes", by=self.rita, comment="Why so much?")
        self.assertEqual(self.votes(self.rita, job), ["request_changes"])
        for person in (self.remo, story.owner, story.researcher):
            self.assertEqual(self.votes(person, job), [])
            self.assertIn("1 of 2 votes", self.approvals(person, job)["detail"])
        verb, facts = self.acts(story, job)[-1]
        self.assertEqual(verb, "job.vote")
        self.assertNotIn("request_changes", json.dumps(facts))
        story.review(job, by=self.remo)
        for person in (self.rita, self.remo, story.owner, story.researcher):
            self.assertEqual(self.votes(person, job), ["request_changes", "approve"])

    def test_the_strictest_vote_decides(self):
        for first, second, state in (("approve", "request_changes", "changes_requested"),
                                     ("request_changes", "approve", "changes_requested"),
                                     ("reject", "approve", "rejected"),
                                     ("request_changes", "reject", "rejected")):
            with self.subTest(first=first, second=second):
                story = self.story()
                job = story.submit()
                story.review(job, first, by=self.rita, comment="Hm.")
                answer = story.review(job, second, by=self.remo, comment="Well.")
                self.assertEqual((answer.status, answer.json["state"]), (201, state))
                self.assertIn("rejected", self.approvals(story.owner, job)["detail"])
                votes = self.acts(story, job)[-1][1]["votes"]
                self.assertEqual([v.split(":")[1] for v in votes.split()], [first, second])
                self.assertEqual(story.budget()["reserved"], "0")

    def test_a_new_version_begins_anew(self):
        story = self.story()
        job = story.submit()
        story.review(job, by=self.rita)
        path = f"/api/v1/jobs/{job['id']}"
        source = COUNT.format(name=story.name, epsilon=1) + " -- again"
        self.assertEqual(story.researcher.post(path + "/versions", {"source": source}).status,
                         201)
        job = story.wait(job, "in_review")
        self.assertEqual(self.approvals(story.owner, job)["detail"], "0 of 2 approvals")
        story.review(job, by=self.remo)
        self.assertEqual(self.job(self.remo, job)["state"], "in_review")

    def test_new_data_or_policy_make_votes_void(self):
        story = self.story()
        job = story.submit()
        story.review(job, by=self.rita)
        self.assertEqual(story.owner.put(story.path + "/policy", {**POLICY, "title": "Other"})
                         .status, 200)
        self.assertEqual(story.review(job, by=self.remo).status, 201)
        self.assertEqual(self.job(self.remo, job)["state"], "in_review")
        self.assertEqual(story.review(job, by=self.rita).status, 201)
        story.wait(job, "released")


class Abstentions(Case):
    """A reviewer steps aside, which counts neither for nor against."""

    def setUp(self):
        self.at = self.story()
        self.job_at = self.at.submit()

    def aside(self, by, **more):
        answer = self.at.review(self.job_at, "abstain", by=by,
                                **{"comment": "The author is my sister.", **more})
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def test_needs_a_reason(self):
        for said in ({}, {"comment": ""}):
            document = self.refused(self.at.review(self.job_at, "abstain", by=self.rita, **said),
                                    422, "validation")
            self.assertEqual(document["errors"][0]["pointer"], "/comment")
        self.assertEqual(self.votes(self.rita, self.job_at), [])

    def test_is_none_of_the_votes(self):
        self.assertEqual(self.aside(self.rita)["state"], "in_review")
        detail = self.approvals(self.at.researcher, self.job_at)
        self.assertEqual((detail["code"], detail["detail"], detail["params"]["abstain"]),
                         ("approvals.open", "0 of 2 approvals; 1 abstained", 1))
        self.at.review(self.job_at, by=self.remo)
        self.assertEqual(self.job(self.remo, self.job_at)["state"], "in_review")
        self.assertEqual(self.at.budget()["reserved"], "0")
        self.at.review(self.job_at)
        self.at.wait(self.job_at, "released")
        closed = self.approvals(self.at.researcher, self.job_at)
        self.assertTrue(closed["met"])
        self.assertEqual(closed["detail"], "2 of 2 approvals; 1 abstained")

    def test_never_passes_a_job_with_fewer(self):
        self.at.review(self.job_at, by=self.rita)
        self.aside(self.remo)
        self.assertEqual(self.aside(self.at.owner)["state"], "in_review")
        need = self.approvals(self.at.researcher, self.job_at)
        self.assertFalse(need["met"])
        self.assertIn("2 abstained, so that at most 1 of 2 votes can be had", need["detail"])
        self.assertEqual((need["params"]["reach"], need["params"]["needed"]), (1, 2))
        rosa = self.site.person("owner", name="rosa")
        self.name_reviewers(self.at, self.rita, self.remo, rosa)
        self.assertEqual(self.approvals(rosa, self.job_at)["params"]["reach"], 2)
        self.assertEqual(self.at.review(self.job_at, by=rosa).status, 201)
        self.at.wait(self.job_at, "released")

    def test_does_not_end_a_round_that_rejects(self):
        self.at.review(self.job_at, "reject", by=self.rita, comment="No.")
        self.assertEqual(self.aside(self.remo)["state"], "in_review")
        answer = self.at.review(self.job_at)
        self.assertEqual(answer.json["state"], "rejected")
        votes = self.acts(self.at, self.job_at)[-1][1]["votes"]
        self.assertEqual([v.split(":")[1] for v in votes.split()],
                         ["reject", "abstain", "approve"])

    def test_opens_the_round_to_who_gave_it_and_is_final(self):
        self.at.review(self.job_at, "request_changes", by=self.rita, comment="Why?")
        self.aside(self.remo)
        self.assertEqual(self.votes(self.remo, self.job_at), ["request_changes", "abstain"])
        for person in (self.at.owner, self.at.researcher):
            self.assertEqual(self.votes(person, self.job_at), [])
        for decision in ("approve", "reject", "abstain"):
            self.refused(self.at.review(self.job_at, decision, by=self.remo, comment="Now."),
                         409, "conflict")
        verb, facts = self.acts(self.at, self.job_at)[-1]
        self.assertEqual(verb, "job.abstain")
        self.assertNotIn("sister", json.dumps(facts))

    def test_ends_with_the_version(self):
        self.aside(self.rita)
        source = COUNT.format(name=self.at.name, epsilon=1) + " -- again"
        path = f"/api/v1/jobs/{self.job_at['id']}/versions"
        self.assertEqual(self.at.researcher.post(path, {"source": source}).status, 201)
        self.job_at = self.at.wait(self.job_at, "in_review")
        self.assertEqual(self.approvals(self.rita, self.job_at)["detail"], "0 of 2 approvals")
        self.assertEqual(self.at.review(self.job_at, by=self.rita).status, 201)

    def test_is_for_reviewers_alone(self):
        both = self.site.person("owner", "researcher", name="both")
        self.at.grant(both)
        self.at.project = self.at.project_of(both)
        own = self.at.submit(by=both)
        document = self.refused(self.at.review(own, "abstain", by=both, comment="Mine."),
                                403, "permission-missing")
        self.assertEqual(document["missing_permission"], "separation-of-duties")

    def news(self, person):
        return [(n["kind"], n["state"]) for n in person.items("/api/v1/notices")
                if n["subject"] == self.job_at["id"] and n["kind"] == "job.review"]

    def test_owner_and_reviewers_are_told_when_too_few_are_left(self):
        self.aside(self.rita)
        self.assertEqual(self.news(self.at.owner), [])
        self.aside(self.remo)
        self.assertEqual(self.news(self.at.owner), [("job.review", "short")])
        self.assertEqual(self.news(self.rita), [("job.review", "short")])
        self.assertEqual(self.news(self.at.researcher), [])
        told = [n for n in self.at.researcher.items("/api/v1/notices")
                if n["subject"] == self.job_at["id"] and n["person"]
                and n["person"]["name"] in ("rita", "remo")]
        self.assertEqual(told, [], "the author is told of nobody who stepped aside")


class Lives(Case):
    """What is approved ends with what it stands on."""

    def running(self):
        """A job whose run has been charged and does not end by itself."""
        policy = {**POLICY, "approvals": 1, "limits": {"cpu_ms": 60000, "wall_ms": 60000}}
        story = Story(self.site, policy=policy, data_rows=400,
                      researcher=f"r{time.monotonic_ns()}")
        job = story.submit(SLOW, "1")
        self.assertEqual(job["state"], "in_review", job)
        self.assertEqual(story.review(job).status, 201)
        for _ in range(300):
            if story.budget()["spent"] != "0":
                break
            time.sleep(0.1)
        self.assertEqual(self.job(story.owner, job)["state"], "running")
        return story, job

    def ended(self, story, job, why):
        self.assertEqual(self.job(story.owner, job)["state"], "cancelled")
        self.assertEqual(story.budget()["reserved"], "0")
        verb, facts = self.acts(story, job)[-1]
        self.assertEqual(verb, "job.cancel")
        self.assertIn(why, facts["why"])
        self.assertIn("run.killed", self.site.server_log())

    def test_with_the_grant(self):
        story, job = self.running()
        who = story.researcher.user["id"]
        self.assertEqual(story.owner.delete(f"{story.path}/grants/{who}").status, 204)
        self.ended(story, job, "grant")

    def test_with_the_account(self):
        story, job = self.running()
        who = story.researcher.user["id"]
        answer = story.admin.patch(f"/api/v1/users/{who}", {"suspended": True})
        self.assertEqual(answer.status, 200, answer)
        self.ended(story, job, "suspended")

    def test_with_the_dataset(self):
        story, job = self.running()
        self.assertEqual(story.owner.delete(story.path).status, 204)
        self.ended(story, job, "archived")

    def test_no_approval_without_standing(self):
        story = Story(self.site)
        job = story.submit()
        who = story.researcher.user["id"]
        self.assertEqual(story.owner.delete(f"{story.path}/grants/{who}").status, 204)
        self.refused(story.review(job), 409, "conflict")
        self.assertEqual(self.job(story.owner, job)["state"], "in_review")
        self.assertEqual(story.review(job, "reject", comment="Gone.").status, 201)


class Vault(Case):
    """What the vault holds."""

    def versions(self, story):
        with sqlite3.connect(os.path.join(self.site.folder, "vault", "vault.db")) as db:
            return [v for (v,) in db.execute(
                "SELECT version FROM version WHERE dataset = ? ORDER BY version",
                (story.dataset["id"],))]

    def held(self, story, expected):
        for _ in range(100):
            if self.versions(story) == expected:
                break
            time.sleep(0.1)
        self.assertEqual(self.versions(story), expected)

    def test_forgets_what_a_new_version_replaces(self):
        story = Story(self.site)
        self.held(story, [1])
        self.assertEqual(story.owner.put_csv(story.path + "/data", rows(100)).status, 201)
        self.held(story, [2])
        self.assertIn("dataset.forget", [e["verb"] for e in story.audit()])
        self.assertEqual(story.run()["state"], "released")

    def test_keeps_what_exact_answers_were_released_of(self):
        """Later ones are compared with them; all goes with the dataset."""
        story = Story(self.site, policy="acro-uk")
        self.assertEqual(story.owner.put_csv(story.path + "/data", rows(300)).status, 201)
        self.held(story, [2])
        job = story.run(EXACT, lane="exact")
        path = f"/api/v1/jobs/{job['id']}"
        self.assertEqual(story.owner.post(
            path + "/release", {"decision": "release"},
            headers={"If-Match": story.owner.get(path).etag}).status, 201)
        for expected in ([2, 3], [2, 4]):
            self.assertEqual(story.owner.put_csv(story.path + "/data", rows(400)).status, 201)
            self.held(story, expected)
        self.assertEqual(story.owner.delete(story.path).status, 204)
        self.held(story, [])

    def test_forgets_all_of_an_archived_dataset(self):
        story = Story(self.site)
        self.assertEqual(story.owner.delete(story.path).status, 204)
        self.held(story, [])


if __name__ == "__main__":
    unittest.main()
