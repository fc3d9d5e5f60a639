"""comments_test.py -- what people say about lines of a version, and who may read it when."""
import unittest

import harness
from story import COUNT, Story

TWO = {"name": "two-of-three", "title": "Two of three",
       "lanes": {"dp": {"release": "auto"}}, "approvals": 2}


class Comments(harness.Case):
    def setUp(self):
        self.rita = self.site.person("owner", name="rita")
        self.remo = self.site.person("owner", name="remo")
        self.story = Story(self.site, policy=TWO)
        named = self.story.owner.patch(self.story.path, {
            "reviewers": [p.user["id"] for p in (self.rita, self.remo)]})
        self.assertEqual(named.status, 200, named)
        self.author = self.story.researcher
        self.job = self.story.submit()
        self.path = f"/api/v1/jobs/{self.job['id']}/comments"

    def say(self, by, text, line=1, version=1):
        return by.post(self.path, {"version": version, "line": line, "text": text})

    def said(self, by, text, **more):
        answer = self.say(by, text, **more)
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def read(self, by):
        return [c["text"] for c in by.items(self.path)]

    def test_a_comment_is_kept_as_it_was_written(self):
        comment = self.said(self.author, "Here <b>I</b> count.\nTwice?")
        self.assertEqual((comment["version"], comment["line"], comment["side"]),
                         (1, 1, "author"))
        self.assertEqual(comment["writer"]["id"], self.author.user["id"])
        self.assertEqual((comment["resolved"], comment["resolved_by"]), (False, None))
        self.assertEqual(self.read(self.rita), ["Here <b>I</b> count.\nTwice?"])
        verbs = [e["verb"] for e in self.story.audit() if e["subject"] == self.job["id"]]
        self.assertEqual(verbs[-1], "job.comment")

    def test_what_is_refused(self):
        for body in ({"version": 1, "line": 0, "text": "x"},
                     {"version": 1, "line": 2, "text": "x"},
                     {"version": 2, "line": 1, "text": "x"},
                     {"version": 1, "line": 1, "text": ""},
                     {"version": 1, "line": 1, "text": "x" * 4001},
                     {"version": 1, "line": 1, "text": "a\u202eb"},
                     {"version": 1, "line": 1, "text": "a\x07b"}):
            with self.subTest(body=body):
                self.assertProblem(self.author.post(self.path, body), 422, "validation")
        for body in ({"line": 1, "text": "x"}, {"version": 1, "line": "1", "text": "x"},
                     {"version": 1, "line": 1, "text": "x", "more": 1}):
            self.assertProblem(self.author.post(self.path, body), 400, "invalid-request")
        self.assertEqual(self.read(self.author), [])

    def test_strangers_learn_nothing(self):
        comment = self.said(self.author, "Mine.")
        for who in ("stranger", "peer"):
            person = self.site.person("owner" if who == "stranger" else "researcher", name=who)
            self.assertProblem(person.get(self.path), 404)
            self.assertProblem(self.say(person, "x"), 404)
            self.assertProblem(person.patch(f"{self.path}/{comment['id']}",
                                            {"resolved": True}), 404)

    def test_the_round_is_blind(self):
        mine = self.said(self.rita, "Why one?")
        self.said(self.author, "As few as can be.")
        self.assertEqual(self.read(self.rita), ["Why one?", "As few as can be."])
        for person in (self.remo, self.story.owner, self.author):
            self.assertEqual(self.read(person), ["As few as can be."])
            answer = person.patch(f"{self.path}/{mine['id']}", {"resolved": True})
            self.assertProblem(answer, 404)
        self.assertEqual(self.story.review(self.job, by=self.remo).status, 201)
        self.assertEqual(self.read(self.remo), ["Why one?", "As few as can be."])
        self.assertEqual(self.read(self.author), ["As few as can be."])
        answer = self.story.review(self.job, "request_changes", by=self.rita, comment="Less.")
        self.assertEqual(answer.json["state"], "changes_requested")
        for person in (self.remo, self.story.owner, self.author):
            self.assertEqual(self.read(person), ["Why one?", "As few as can be."])

    def test_the_next_round_hides_what_is_new_alone(self):
        self.said(self.rita, "Old.")
        for person in (self.rita, self.remo):
            self.story.review(self.job, "request_changes", by=person, comment="Again.")
        answer = self.author.post(f"/api/v1/jobs/{self.job['id']}/versions", {
            "source": "-- again\n" + COUNT.format(name=self.story.name, epsilon=1),
            "note": "It says what it does."})
        self.assertEqual(answer.status, 201, answer)
        self.story.wait(self.job, "in_review")
        self.said(self.rita, "New.", line=2, version=2)
        self.assertEqual(self.read(self.author), ["Old."])
        notes = [v["note"] for v in self.author.items(
            f"/api/v1/jobs/{self.job['id']}/versions")]
        self.assertEqual(notes, [None, "It says what it does."])

    def test_resolved_and_opened_again(self):
        comment = self.said(self.author, "To do.")
        path = f"{self.path}/{comment['id']}"
        answer = self.rita.patch(path, {"resolved": True})
        self.assertEqual((answer.status, answer.json["resolved"], answer.json["resolved_by"]),
                         (200, True, "rita"))
        self.assertEqual(self.author.patch(path, {"resolved": True}).json["resolved_by"], "rita")
        self.assertFalse(self.author.patch(path, {"resolved": False}).json["resolved"])
        self.assertProblem(self.author.patch(path, {"resolved": 1}), 400)
        self.assertProblem(self.author.patch(path, {"text": "Other."}), 400)
        self.assertProblem(self.author.patch(f"{self.path}/cmt_x", {"resolved": True}), 404)

    def test_pages(self):
        for i in range(5):
            self.said(self.author, f"{i}")
        first = self.author.get(self.path + "?limit=2").json
        self.assertEqual([c["text"] for c in first["items"]], ["0", "1"])
        self.assertEqual(self.read(self.author), list("01234"))

    def test_events_tell_of_what_may_be_read(self):
        self.said(self.rita, "Hidden.")
        self.said(self.author, "Open.")
        self.author.post(f"/api/v1/jobs/{self.job['id']}/withdrawal")
        stream, seen = self.author.events(last=0), []
        while "withdrawn" not in seen:
            data = stream.next()[2]
            if data["subject"] == self.job["id"]:
                seen.append(data["state"])
        stream.close()
        self.assertEqual(seen.count("added"), 1)


if __name__ == "__main__":
    unittest.main()
