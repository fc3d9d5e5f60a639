"""comments_test.py -- what people say about lines of a version, and who may read it when."""
import os
import sqlite3
import unittest

import harness
from notices_test import Inbox
from story import COUNT, Story

TWO = {"name": "two-of-three", "title": "Two of three",
       "lanes": {"dp": {"release": "auto"}}, "approvals": 2}


class Talk(harness.Case):
    """A job in review, its author, and three who review."""

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

    def say(self, by, text, line=1, version=1, **more):
        return by.post(self.path, {"version": version, "line": line, "text": text, **more})

    def said(self, by, text, **more):
        answer = self.say(by, text, **more)
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def read(self, by):
        return [c["text"] for c in by.items(self.path)]


class Comments(Talk):
    def test_a_comment_is_kept_as_it_was_written(self):
        comment = self.said(self.author, "Here <b>I</b> count.\nTwice?")
        self.assertEqual((comment["version"], comment["line"], comment["side"]),
                         (1, 1, "author"))
        self.assertEqual(comment["visibility"], "everyone")
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
                     {"version": 1, "line": 1, "text": "x", "more": 1},
                     {"version": 1, "line": 1, "text": "x", "visibility": "nobody"}):
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


class ForReviewers(Talk):
    """What the author never learns of."""

    config = {"private_webhooks": True}
    HIDDEN = {"visibility": "reviewers"}

    def end_the_round(self):
        """Afterwards the round hides nothing."""
        for person in (self.rita, self.remo):
            self.story.review(self.job, "request_changes", by=person, comment="Again.")
        self.story.wait(self.job, "changes_requested")

    def test_reviewers_read_it_and_the_author_does_not(self):
        self.end_the_round()
        comment = self.said(self.rita, "Is this the one of last year?", **self.HIDDEN)
        self.assertEqual((comment["visibility"], comment["side"]), ("reviewers", "reviewer"))
        for person in (self.rita, self.remo, self.story.owner):
            self.assertEqual(self.read(person), ["Is this the one of last year?"])
        self.assertEqual(self.read(self.author), [])
        answer = self.remo.patch(f"{self.path}/{comment['id']}", {"resolved": True})
        self.assertEqual((answer.status, answer.json["visibility"]), (200, "reviewers"))

    def test_to_the_author_it_is_one_that_does_not_exist(self):
        self.end_the_round()
        comment = self.said(self.rita, "Hm.", **self.HIDDEN)
        answers = [self.author.patch(f"{self.path}/{one}", {"resolved": True})
                   for one in (comment["id"], "cmt_" + 26 * "0")]
        documents = [self.assertProblem(a, 404, "not-found") for a in answers]
        self.assertEqual(*[{k: v for k, v in d.items() if k != "instance"} for d in documents])

    def test_the_round_hides_it_from_reviewers_too(self):
        self.said(self.rita, "Too much.", **self.HIDDEN)
        self.assertEqual(self.read(self.remo), [])
        self.story.review(self.job, by=self.remo)
        self.assertEqual(self.read(self.remo), ["Too much."])
        self.assertEqual(self.read(self.author), [])

    def test_the_author_writes_for_everyone(self):
        both = self.site.person("owner", "researcher", name="both")
        named = self.story.owner.patch(self.story.path, {
            "reviewers": [p.user["id"] for p in (self.rita, both)]})
        self.assertEqual(named.status, 200, named)
        self.story.grant(both)
        self.story.project = self.story.project_of(both)
        self.job = self.story.submit(by=both)
        self.path = f"/api/v1/jobs/{self.job['id']}/comments"
        answer = self.say(both, "Mine.", **self.HIDDEN)
        self.assertProblem(answer, 403, "permission-missing")
        self.assertEqual(answer.json["missing_permission"], "job.review")
        self.said(self.rita, "Theirs.", **self.HIDDEN)
        self.assertEqual(self.read(both), [])

    def seen(self, inbox):
        """All that the author can fetch about the job, to the byte."""
        job = f"/api/v1/jobs/{self.job['id']}"
        paths = [job, self.path, self.path + "?limit=1", job + "/reviews", job + "/versions",
                 job + "/versions/1/checks", job + "/versions/1/source", "/api/v1/jobs",
                 "/api/v1/jobs?waiting_on=author", "/api/v1/notices", "/api/v1/webhooks",
                 "/api/v1/projects", self.story.path, self.story.path + "/budget"]
        out = {}
        for path in paths:
            answer = self.author.get(path)
            self.assertEqual(answer.status, 200, answer)
            out[path] = (answer.body, answer.etag)
        out["letters"] = inbox.letters.qsize()
        return out

    def numbers(self, n):
        """Of the events that tell the author of the first n comments."""
        stream, out = self.author.events(last=0), []
        while len(out) < n:
            number, _, data = stream.next()
            if (data["subject"], data["state"]) == (self.job["id"], "added"):
                out.append(int(number))
        stream.close()
        return out

    def test_the_author_has_the_same_bytes(self):
        self.end_the_round()
        inbox = Inbox()
        self.addCleanup(inbox.close)
        made = self.author.post("/api/v1/webhooks", {"url": inbox.url})
        self.assertEqual(made.status, 201, made)
        self.said(self.rita, "For all.")
        inbox.until(lambda d: d["state"] == "added")
        before = self.seen(inbox)
        etag = before[self.path][1]
        comment = self.said(self.rita, "Not for the author.", **self.HIDDEN)
        self.said(self.story.owner, "Indeed not.", **self.HIDDEN)
        for resolved in (True, False):
            self.assertEqual(self.remo.patch(f"{self.path}/{comment['id']}",
                                             {"resolved": resolved}).status, 200)
        self.assertEqual(self.seen(inbox), before)
        self.assertEqual(self.author.get(self.path, headers={
            "If-None-Match": etag, "Prefer": "wait=1"}).status, 304)
        self.said(self.rita, "For all again.")
        letter = inbox.until(lambda d: d["state"] == "added")
        self.assertNotIn(b"Not for", letter[1])
        self.assertEqual(inbox.letters.qsize(), 0)
        first, second = self.numbers(2)
        self.assertEqual(second, first + 1, "no number is left out")
        self.assertNotEqual(self.seen(inbox), before, "what is compared does change")
        verbs = [e["facts"]["visibility"] for e in self.story.audit()
                 if e["subject"] == self.job["id"] and e["verb"] == "job.comment"]
        self.assertEqual(verbs, ["everyone", "reviewers", "reviewers", "everyone"])

    def test_nobody_is_told(self):
        """Neither in the notices nor among the events of those who may read it."""
        self.end_the_round()
        self.said(self.rita, "Quiet.", **self.HIDDEN)
        for person in (self.story.owner, self.remo):
            kinds = [n["kind"] for n in person.items("/api/v1/notices")
                     if n["subject"] == self.job["id"]]
            self.assertNotIn("job.comment", kinds)

    def test_the_ceiling_does_not_count_them_together(self):
        self.end_the_round()
        self.said(self.rita, "First.", **self.HIDDEN)
        db = sqlite3.connect(os.path.join(self.site.folder, "datasite.db"), timeout=30)
        with db:
            db.execute(
                "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 598)"
                " INSERT INTO line_comment (id, job_id, version, line, writer_id, round, text,"
                " time_us, visibility) SELECT 'cmt_' || i, job_id, version, line, writer_id,"
                " round, text, time_us, visibility FROM line_comment, n WHERE job_id = ?",
                (self.job["id"],))
        db.close()
        self.assertProblem(self.say(self.rita, "Last.", **self.HIDDEN), 409, "conflict")
        self.said(self.author, "Mine.")
        self.said(self.rita, "For all.")

    def test_what_was_written_for_reviewers_stays_so(self):
        self.said(self.rita, "Hm.", **self.HIDDEN)
        db = sqlite3.connect(os.path.join(self.site.folder, "datasite.db"), timeout=30)
        with self.assertRaisesRegex(sqlite3.IntegrityError, "stays as it was written"):
            db.execute("UPDATE line_comment SET visibility = 'everyone'")
        with self.assertRaisesRegex(sqlite3.IntegrityError, "writes for everyone"):
            db.execute(
                "INSERT INTO line_comment (id, job_id, version, line, writer_id, round, text,"
                " time_us, visibility) SELECT 'cmt_x', id, 1, 1, author_id, 1, 'x', 1,"
                " 'reviewers' FROM job WHERE id = ?", (self.job["id"],))
        db.close()


if __name__ == "__main__":
    unittest.main()
