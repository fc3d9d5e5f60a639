"""contract_test.py -- what holds for every resource alike: tags, conditions, keys, bodies."""
import gzip
import json
import unittest

import harness
from openapi_test import document, routes
from story import COUNT, EXACT, Story, rows


# Its mock run ends, its real one does not.
SPIN = ('local n = site.open("{name}"):count{{ epsilon = {epsilon} }}:release()\n'
        'if n.value > 130 then while true do end end\nreturn n.value')


class Case(harness.Case):
    def refused(self, answer, status, slug):
        self.assertEqual((answer.status, answer.slug), (status, slug), answer)
        return answer.json


class Tags(Case):
    def test_every_single_resource_has_one(self):
        """A job that was released has all the resources that there are."""
        story = Story(self.site, policy="open-review")
        job = story.run()
        everyone = self.site.person("admin", "auditor", "owner", "researcher")
        population = everyone.post("/api/v1/populations",
                                   {"name": "all-of-them", "budget": {"epsilon": "9"}})
        self.assertEqual(population.status, 201, population)
        held = story.run(EXACT, lane="exact")
        self.assertEqual(story.owner.patch(story.path, {"discoverable": True}).status, 200)
        asked = everyone.post(story.path + "/access_requests", {"purpose": "To look."})
        self.assertEqual(asked.status, 201, asked)
        params = {"name": story.name, "n": "1", "request_id": asked.json["id"]}
        ids = {"/users/": story.owner.user["id"], "/projects/": story.project,
               "/jobs/": job["id"], "/populations/": population.json["id"],
               "/problems/": "not-found"}
        for r in routes():
            if r.method != "GET" or "SSE" in r.flags or "budget_raises/" in r.path:
                continue
            params["id"] = params["slug"] = next(
                (i for prefix, i in ids.items() if prefix in r.path), "")
            if r.path.endswith("sealed_result") or r.path.endswith("risk"):
                params["id"] = held["id"]
            with self.subTest(r.name):
                by = next((p for p in (story.researcher, story.owner, everyone)
                           if p.get(r.path.format(**params)).status == 200), None)
                self.assertIsNotNone(by, r.path)
                self.tagged(by, r.path.format(**params), r.name)

    def tagged(self, by, path, name):
        first = by.get(path)
        self.assertRegex(first.etag or "", r'^"[!#-~]+"$', path)
        if name in ("metrics_get", "transparency_get"):  # they count this very call
            return
        for seen in (first.etag, "W/" + first.etag, '"x", ' + first.etag, "*"):
            again = by.get(path, headers={"If-None-Match": seen})
            self.assertEqual((again.status, again.body, again.etag),
                             (304, b"", first.etag), (path, seen))

    def test_one_that_changed_is_another(self):
        story = Story(self.site)
        path = "/api/v1/projects"
        before = story.researcher.get(path)
        story.project_of(story.researcher)
        after = story.researcher.get(path, headers={"If-None-Match": before.etag})
        self.assertEqual(after.status, 200, after)
        self.assertEqual(len(after.json["items"]), len(before.json["items"]) + 1)


class Conditions(Case):
    """If-Match binds wherever it is sent, not only where it must be."""

    def stale(self, call, *words):
        answer = call(*words, headers={"If-Match": '"of-another-day"'})
        self.refused(answer, 412, "stale-version")

    def test_a_change_of_what_changed_is_refused(self):
        story = Story(self.site)
        owner, admin, researcher = story.owner, story.admin, story.researcher
        user = f"/api/v1/users/{researcher.user['id']}"
        project = f"/api/v1/projects/{story.project}"
        self.stale(admin.patch, user, {"name": "Other"})
        self.stale(researcher.patch, project, {"title": "Other"})
        self.stale(owner.patch, story.path, {"title": "Other"})
        self.stale(owner.put_csv, story.path + "/data", rows(10))
        self.stale(owner.put_csv, story.path + "/mock", rows(10, seed=5))
        self.stale(owner.put, story.path + "/policy", {"name": "open-review"})
        self.stale(admin.put, f"{story.path}/budget/allocations/{story.project}",
                   {"epsilon": "1"})
        self.stale(admin.put, story.path + "/budget/freeze", {"reason": "Stop."})
        self.stale(owner.delete, story.path)
        dataset = owner.get(story.path).json
        self.assertEqual((dataset["title"], dataset["policy"], dataset["data_version"],
                          dataset["archived"]), ("A table", "dp-only", 1, False))
        self.assertEqual(researcher.get(project).json["title"], "Stays")

    def test_one_who_saw_the_newest_may(self):
        story = Story(self.site)
        for by, path, body in ((story.admin, f"/api/v1/users/{story.owner.user['id']}",
                                {"name": "Other"}),
                               (story.researcher, f"/api/v1/projects/{story.project}",
                                {"title": "Other"}),
                               (story.owner, story.path, {"title": "Other"})):
            seen = by.get(path).etag
            answer = by.patch(path, body, headers={"If-Match": seen})
            self.assertEqual(answer.status, 200, answer)
            self.assertNotEqual(answer.etag, seen)
            self.assertEqual(answer.etag, by.get(path).etag)
        seen = story.owner.get(story.path).etag
        answer = story.owner.delete(story.path, headers={"If-Match": seen})
        self.assertEqual((answer.status, answer.etag), (204, None), answer)


class Keyed(Case):
    """The same POST with the same Idempotency-Key is one act with one answer."""

    def once(self, by, path, body, other, etag=None):
        headers = {"Idempotency-Key": path.replace("/", ".")}
        if etag is not None:
            headers["If-Match"] = etag
        first, again = (by.post(path, body, headers=headers) for _ in range(2))
        self.assertLess(first.status, 300, first)
        self.assertEqual((again.status, again.body, again.headers.get("location"),
                          again.etag), (first.status, first.body,
                                        first.headers.get("location"), first.etag))
        self.refused(by.post(path, other, headers=headers), 422, "validation")
        return first


class Keys(Keyed):
    def test_on_each_post_that_makes_something_of_a_dataset(self):
        story = Story(self.site)
        self.once(story.owner, story.path + "/mock/generation", {"rows": 50, "seed": 3},
                  {"rows": 51, "seed": 3})
        self.assertEqual(story.owner.get(story.path).json["mock_rows"], 50)
        self.once(story.owner, story.path + "/publication", {}, {"other": 1})
        self.once(self.site.person("auditor"), "/api/v1/audit/checkpoints", {},
                  {"other": 1})

    def test_a_key_of_a_request_that_failed_is_free(self):
        story = Story(self.site, publish=False)
        path, key = story.path + "/publication", {"Idempotency-Key": "publish"}
        self.refused(story.owner.post(path, {}, headers=key), 409, "conflict")
        story.publish()
        self.assertEqual(story.owner.post(path, {}, headers=key).status, 201)


class Bodies(Case):
    def test_packed_ones_are_not_taken(self):
        story = Story(self.site)
        packed = {"Content-Encoding": "gzip"}
        for answer in (
                story.owner.put_csv(story.path + "/data",
                                    gzip.compress(rows(10).encode()), headers=packed),
                story.researcher.post("/api/v1/projects", {"title": "T"}, headers=packed)):
            self.refused(answer, 415, "unsupported-media-type")
        answer = story.owner.patch(story.path, {"title": "Plain"},
                                   headers={"Content-Encoding": "identity"})
        self.assertEqual(answer.status, 200, answer)

    def test_a_policy_is_named_in_each_way(self):
        story = Story(self.site)
        path = story.path + "/policy"
        pack = next(p for p in story.owner.get("/api/v1/policies").json["items"]
                    if p["name"] == "acro-uk")["document"]
        for name, body in (("open-review", '"open-review"'),
                           ("dp-only", {"name": "dp-only"}),
                           ("open-review", {"policy": "open-review"}),
                           ("acro-uk", {"policy": pack}), ("acro-uk", pack)):
            answer = story.owner.call("PUT", path, body, type="application/json")
            self.assertEqual((answer.status, answer.json["name"]), (200, name), answer)
        for body in ('"no-such-pack"', '1', '["dp-only"]', '""', {"policy": None},
                     {"policy": "dp-only", "name": "dp-only"}):
            answer = story.owner.call("PUT", path, body, type="application/json")
            self.assertIn(answer.status, (400, 422), answer)
        self.refused(story.researcher.call("POST", "/api/v1/projects", '"text"',
                                           type="application/json"),
                     400, "invalid-request")


class Waiting(Keyed):
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

    def ends(self, end, state):
        story, job = self.waiting()
        by = story.researcher if end == "withdrawal" else story.owner
        first = self.once(by, f"/api/v1/jobs/{job['id']}/{end}", {"comment": "Not now."},
                          {"comment": "Never."})
        self.assertEqual(first.json["state"], state)
        self.assertEqual(story.budget()["reserved"], "0")

    def test_a_withdrawal_sent_twice_is_one(self):
        self.ends("withdrawal", "withdrawn")

    def test_a_cancellation_sent_twice_is_one(self):
        self.ends("cancellation", "cancelled")

    def test_a_revocation_sent_twice_is_one(self):
        self.ends("revocation", "revoked")

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


class Document(Case):
    def test_it_says_so(self):
        for r in routes():
            operation = document()["paths"][r.path][r.method.lower()]
            if r.method == "GET" and "SSE" not in r.flags:
                with self.subTest(r.name):
                    self.assertIn("ETag", operation["responses"]["200"]["headers"])
                    self.assertIn("304", operation["responses"])
                    self.assertIn("parameters/IfNoneMatch", json.dumps(operation))


if __name__ == "__main__":
    unittest.main()
