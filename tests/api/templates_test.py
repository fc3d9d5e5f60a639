"""templates_test.py -- sources that reviewers signed beforehand: what fills them within
bounds is approved by itself, what does not waits for a person."""
import unittest

import harness
from story import COUNT, Story

ONE = {"name": "signed", "title": "Signed", "lanes": {"dp": {"release": "auto"}},
       "templates": True}
SOURCE = 'return { n = site.open("%s"):where "age > ${age} and ward == \'${ward}\'"' \
    ':count{ epsilon = 0.1 }:release().value }'
HOLES = {"age": {"lower": "18", "upper": "90"}, "ward": {"values": ["A", "B"]}}


class Templates(harness.Case):
    def setUp(self):
        self.rita = self.site.person("owner", name="rita")

    def story(self, approvals=1, **more):
        story = Story(self.site, policy={**ONE, "approvals": approvals}, **more)
        named = story.owner.patch(story.path, {"reviewers": [self.rita.user["id"]]})
        self.assertEqual(named.status, 200, named)
        return story

    def make(self, story, by=None, **more):
        return (by or story.owner).post(story.path + "/templates", {
            "name": "Counts by age", "lane": "dp", "source": SOURCE % story.name,
            "parameters": HOLES, "max_epsilon": "0.5", **more})

    def made(self, story, **more):
        answer = self.make(story, **more)
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def fill(self, story, age="40", ward="A", epsilon="0.5", **more):
        source = (SOURCE % story.name).replace("${age}", age).replace("${ward}", ward)
        answer = story.researcher.post("/api/v1/jobs", {
            **story.draft("", epsilon), "source": source, **more})
        self.assertEqual(answer.status, 201, answer)
        job = story.wait(answer.json, "in_review", "blocked", "approved", "queued",
                         "running", "released", "failed")
        return job if job["state"] in ("in_review", "blocked") else \
            story.wait(job, "released", "failed")

    def test_what_fills_it_is_approved_by_itself(self):
        story = self.story()
        template = self.made(story)
        self.assertEqual([s["name"] for s in template["signatures"]], ["owner"])
        job = self.fill(story)
        self.assertEqual(job["state"], "released", job)
        votes = story.researcher.items(f"/api/v1/jobs/{job['id']}/reviews")
        self.assertEqual([(v["template"], v["decision"], v["reviewer"]["name"])
                          for v in votes], [(template["id"], "approve", "owner")])
        act = next(e for e in story.audit()
                   if e["subject"] == job["id"] and e["verb"] == "job.approve")
        self.assertEqual((act["actor"], act["facts"]["template"]), ("system", template["id"]))
        self.assertEqual(story.budget()["spent"], "0.1")

    def test_what_does_not_waits_for_a_person(self):
        story = self.story()
        self.made(story)
        for more in ({"age": "17"}, {"age": "90.1"}, {"ward": "C"}, {"epsilon": "0.6"},
                     {"age": "20 + 1"}):
            with self.subTest(**more):
                self.assertEqual(self.fill(story, **more)["state"], "in_review")

    def test_as_many_signatures_as_the_policy_asks_for(self):
        story = self.story(approvals=2)
        template = self.made(story)
        self.assertEqual(self.fill(story)["state"], "in_review")
        path = f"{story.path}/templates/{template['id']}/signatures"
        self.assertEqual(story.owner.post(path).status, 200)
        self.assertEqual(self.fill(story, age="41")["state"], "in_review", "signed twice")
        signed = self.rita.post(path)
        self.assertEqual([s["name"] for s in signed.json["signatures"]], ["owner", "rita"])
        self.assertEqual(self.fill(story, age="42")["state"], "released")
        story.owner.patch(story.path, {"reviewers": []})
        self.assertEqual(self.fill(story, age="43")["state"], "in_review", "rita may not vote")

    def test_the_author_signs_nothing_for_themselves(self):
        both = self.site.person("owner", "researcher", name="both")
        story = self.story()
        story.owner.patch(story.path, {"reviewers": [both.user["id"]]})
        story.grant(both)
        story.project, story.researcher = story.project_of(both), both
        self.made(story, by=both)
        self.assertEqual(self.fill(story)["state"], "in_review")

    def test_an_end_and_a_new_policy_end_it(self):
        story = self.story()
        path = f"{story.path}/templates/{self.made(story)['id']}"
        self.assertEqual(self.rita.delete(path).status, 204)
        self.assertEqual(self.fill(story)["state"], "in_review")
        self.assertProblem(story.owner.post(path + "/signatures"), 409, "conflict")
        template = self.made(story)
        self.assertEqual(story.owner.put(story.path + "/policy", {**ONE, "title": "New"})
                         .status, 200)
        self.assertEqual(self.fill(story, age="41")["state"], "in_review")
        self.assertProblem(story.owner.post(
            f"{story.path}/templates/{template['id']}/signatures"), 409, "conflict")
        ended = [t["ended_at"] is not None
                 for t in story.owner.items(story.path + "/templates")]
        self.assertEqual(ended, [True, False])

    def test_a_policy_must_allow_them(self):
        story = Story(self.site)
        self.assertProblem(self.make(story), 409, "conflict")

    def test_too_little_budget_leaves_it_to_the_reviewers(self):
        story = self.story(epsilon="0.6")
        self.made(story)
        answer = story.admin.put(story.path + "/budget/freeze", {"reason": "For a test."})
        self.assertIn(answer.status, (200, 201), answer)
        self.assertEqual(self.fill(story)["state"], "in_review")
        self.assertEqual(story.budget()["reserved"], "0")

    def test_who_may(self):
        story = self.story()
        template = self.made(story)
        stranger = self.site.person("owner", name="stranger")
        for person, status in ((story.researcher, 403), (stranger, 404)):
            self.assertProblem(self.make(story, by=person), status)
            self.assertProblem(person.delete(f"{story.path}/templates/{template['id']}"),
                               status)
        self.assertEqual(len(story.researcher.items(story.path + "/templates")), 1)

    def test_what_is_refused(self):
        story = self.story()
        for more, status in (({"parameters": {}}, 400), ({"parameters": []}, 400),
                             ({"source": "return 1"}, 400), ({"lane": "fast"}, 400),
                             ({"max_epsilon": "0"}, 422), ({"max_epsilon": "x"}, 400),
                             ({"name": ""}, 422), ({"more": 1}, 400),
                             ({"parameters": {**HOLES, "age": {"lower": "9"}}}, 400)):
            with self.subTest(**more):
                self.assertProblem(self.make(story, **more), status)
        self.assertEqual(story.owner.items(story.path + "/templates"), [])


if __name__ == "__main__":
    unittest.main()
