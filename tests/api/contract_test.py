"""contract_test.py -- what holds for every resource and every job alike."""
import unittest

import harness
from story import Story, rows

# Its mock run ends, its real one does not.
SPIN = ('local n = site.open("{name}"):count{{ epsilon = {epsilon} }}:release()\n'
        'if n.value > 130 then while true do end end\nreturn n.value')


class Case(harness.Case):
    def refused(self, answer, status, slug):
        self.assertEqual((answer.status, answer.slug), (status, slug), answer)
        return answer.json


class Waiting(Case):
    """Approved work that waits, because the one place for a run is taken."""

    config = {"runs_at_once": 1}

    def waiting(self):
        self.busy = busy = Story(self.site)
        policy = busy.owner.get(busy.path + "/policy").json["document"]
        policy["limits"].update(cpu_ms=300000, wall_ms=300000)
        answer = busy.owner.put(busy.path + "/policy", policy)
        self.assertEqual(answer.status, 200, answer)
        self.spin = busy.submit(SPIN, epsilon="5")
        self.assertEqual(busy.review(self.spin).status, 201)
        busy.wait(self.spin, "running")
        self.addCleanup(self.free)
        story = Story(self.site)
        job = story.submit()
        self.assertEqual(story.review(job).status, 201)
        self.assertEqual(story.wait(job, "approved", "running")["state"], "approved")
        self.assertEqual(story.budget()["reserved"], "1")
        return story, job

    def free(self):
        self.busy.owner.post(f"/api/v1/jobs/{self.spin['id']}/cancellation")

    def reopened(self, story, job):
        job = story.wait(job, "in_review", seconds=20)
        self.assertEqual((job["state"], job["waiting_on"]), ("in_review", "reviewer"))
        self.assertEqual(story.budget()["reserved"], "0")
        self.busy.wait(self.spin, "running", seconds=0)  # the place is still taken
        return job

    def test_new_data_send_it_back(self):
        story, job = self.waiting()
        answer = story.owner.put_csv(story.path + "/data", rows(150, seed=9))
        self.assertEqual(answer.status, 201, answer)
        job = self.reopened(story, job)
        self.assertEqual(job["dataset_version"], 2)
        self.free()
        self.assertEqual(story.review(job).status, 201)
        story.wait(job, "released")

    def test_a_new_policy_sends_it_back(self):
        story, job = self.waiting()
        answer = story.owner.put(story.path + "/policy", {"name": "open-review"})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.reopened(story, job)["policy_version"], 2)

    def test_a_description_does_not(self):
        story, job = self.waiting()
        answer = story.owner.patch(story.path, {"title": "The same data"})
        self.assertEqual(answer.status, 200, answer)
        self.free()
        story.wait(job, "released")



if __name__ == "__main__":
    unittest.main()
