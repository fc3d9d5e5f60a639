"""access_test.py -- coming to a dataset without a grant: what may be known of it, asking,
deciding, and who is told."""
import contextlib
import itertools
import os
import sqlite3
import unittest

import harness
from notices_test import Inbox
from story import COUNT, Story

PURPOSE = "To know how long people stay.\nWith colleagues of the ward."
STATES = ("open", "granted", "refused", "withdrawn")
ACTS = {"grant": {"decision": "grant"}, "withdraw": None,
        "refuse": {"decision": "refuse", "comment": "Not this year."}}


class Asked(harness.Case):
    """A dataset that may be known, and people about it."""

    def setUp(self):
        self.ada = self.site.person("researcher", name="ada")
        self.bob = self.site.person("researcher", name="bob")

    def story(self, discoverable=True, **more):
        story = Story(self.site, **more)
        if discoverable:
            self.discover(story)
        story.asks = story.path + "/access_requests"
        return story

    def discover(self, story, on=True):
        answer = story.owner.patch(story.path, {"discoverable": on})
        self.assertEqual((answer.status, answer.json["discoverable"]), (200, on), answer)

    def ask(self, story, by=None, purpose=PURPOSE, **more):
        return (by or self.ada).post(story.asks, {"purpose": purpose}, **more)

    def asked(self, story, by=None):
        answer = self.ask(story, by)
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def decide(self, story, request, decision, comment="", by=None, etag=None):
        path = f"{story.asks}/{request['id']}"
        seen = etag or (by or story.owner).get(path).etag or '"x"'
        return (by or story.owner).post(path + "/decision", {
            "decision": decision, "comment": comment}, headers={"If-Match": seen})

    def verbs(self, story, *wanted):
        return [(e["verb"], e["facts"]) for e in story.audit()
                if e["subject"] == story.dataset["id"] and e["verb"] in wanted]


class Discovery(Asked):
    def catalogue(self, person):
        return [d["name"] for d in person.items("/api/v1/catalogue?limit=2")]

    def test_nobody_knows_of_a_dataset_until_its_owner_says_so(self):
        story = self.story(discoverable=False)
        self.assertNotIn(story.name, self.catalogue(self.ada))
        for path in (story.path, story.asks, story.path + "/mock",
                     f"/api/v1/catalogue/{story.name}"):
            self.assertProblem(self.ada.get(path), 404, "not-found")
        self.assertProblem(self.ask(story), 404, "not-found")
        self.discover(story)
        self.assertIn(story.name, self.catalogue(self.ada))
        self.discover(story, False)
        self.assertNotIn(story.name, self.catalogue(self.ada))
        self.assertProblem(self.ask(story), 404, "not-found")
        self.assertEqual([f for _, f in self.verbs(story, "dataset.discover")],
                         [{"discoverable": True}, {"discoverable": False}])

    def test_drafts_and_archived_ones_are_nobodys_to_know(self):
        story = self.story(publish=False)
        gone = self.story()
        self.assertEqual(gone.owner.delete(gone.path).status, 204)
        shut = self.story()
        self.assertEqual(shut.owner.delete(shut.path + "/publication").status, 204)
        for one in (story, gone, shut):
            self.assertNotIn(one.name, self.catalogue(self.ada))
            self.assertProblem(self.ada.get(f"/api/v1/catalogue/{one.name}"), 404)
            self.assertProblem(self.ada.get(one.path), 404, "not-found")
            self.assertProblem(self.ask(one), 404, "not-found")

    def test_the_catalogue_tells_what_the_owner_wrote_and_no_more(self):
        story = self.story()
        listing = self.ada.get(f"/api/v1/catalogue/{story.name}").json
        self.assertEqual(listing, {
            "name": story.name, "title": "A table", "description": "Made for a test.",
            "owner": {"id": story.owner.user["id"], "name": "owner"}, "granted": False,
            "request": None})
        request = self.asked(story)
        listing = self.ada.get(f"/api/v1/catalogue/{story.name}").json
        self.assertEqual(listing["request"], {"id": request["id"], "state": "open"})
        self.assertIsNone(
            self.bob.get(f"/api/v1/catalogue/{story.name}").json["request"])
        mine = story.researcher.get(f"/api/v1/catalogue/{story.name}").json
        self.assertTrue(mine["granted"])
        self.assertNotIn(story.name,
                         [d["name"] for d in self.ada.items("/api/v1/datasets")])

    def test_what_needs_a_grant_says_where_to_ask(self):
        story = self.story()
        draft = story.draft(COUNT)
        ask = {"dataset": story.name, "source": draft["source"]}
        calls = [self.ada.get(story.path + part)
                 for part in ("", "/mock", "/policy", "/policy/versions", "/budget",
                              "/templates")]
        calls += [self.ada.post("/api/v1/jobs", draft),
                  self.ada.post("/api/v1/mock_runs", {**ask, "lane": "dp"}),
                  self.ada.post("/api/v1/quotes", ask)]
        for answer in calls:
            problem = self.assertProblem(answer, 403, "permission-missing")
            self.assertEqual(
                (problem["missing_permission"], problem["missing_permissions"],
                 problem["request_access"]),
                ("dataset.grant", ["dataset.grant"], story.asks))
            self.assertNotIn("ward", answer.text)

    def test_only_researchers_know_of_it(self):
        story = self.story()
        stranger = self.site.person("owner", name="stranger")
        self.assertProblem(stranger.get(story.path), 404, "not-found")
        self.assertProblem(stranger.get(story.asks), 404, "not-found")
        self.assertProblem(stranger.get("/api/v1/catalogue"), 403)
        self.assertProblem(stranger.patch(story.path, {"discoverable": False}), 404)
        both = self.site.person("owner", "researcher", name="both")
        problem = self.assertProblem(both.patch(story.path, {"title": "Mine"}), 403)
        self.assertEqual(problem["missing_permission"], "dataset.owner")

    def test_the_mark_is_a_boolean(self):
        story = self.story(discoverable=False)
        for bad in (1, "yes", None):
            self.assertProblem(story.owner.patch(story.path, {"discoverable": bad}), 400)


class Asking(Asked):
    def test_the_whole_way(self):
        story = self.story()
        answer = self.ask(story)
        self.assertEqual(answer.status, 201, answer)
        request = answer.json
        self.assertEqual(answer.headers["location"], f"{story.asks}/{request['id']}")
        got = self.ada.get(answer.headers["location"])
        self.assertEqual((got.json, got.etag), (request, answer.etag))
        self.assertEqual(
            (request["dataset"], request["researcher"], request["purpose"],
             request["state"], request["comment"], request["decided_by"],
             request["decided_at"]),
            (story.name, {"id": self.ada.user["id"], "name": "ada",
                          "email": "ada@example.org"},
             PURPOSE, "open", "", None, None))
        granted = self.decide(story, request, "grant", "Welcome.", etag=got.etag)
        self.assertEqual((granted.status, granted.json["state"],
                          granted.json["decided_by"]["name"]),
                         (200, "granted", "owner"), granted)
        self.assertNotEqual(granted.etag, got.etag)
        self.assertEqual(self.ada.get(story.path).status, 200)
        self.assertIn(self.ada.user["id"],
                      [g["user_id"] for g in story.owner.items(story.path + "/grants")])
        story.project = story.project_of(self.ada)
        self.assertEqual(story.post(by=self.ada).status, 201)
        fact = {"user": self.ada.user["id"]}
        said = {"request": request["id"], **fact}
        self.assertEqual(self.verbs(story, "access.ask", "access.grant", "grant.create")[1:],
                         [("access.ask", {**said, "reason": PURPOSE}),
                          ("access.grant", {**said, "comment": "Welcome."}),
                          ("grant.create", fact)])

    def test_one_is_open_at_a_time(self):
        story = self.story()
        request = self.asked(story)
        problem = self.assertProblem(self.ask(story), 409, "conflict")
        self.assertEqual(problem["access_request"], f"{story.asks}/{request['id']}")
        self.asked(story, self.bob)
        self.assertEqual(
            self.decide(story, request, "refuse", "Not this year.").status, 200)
        again = self.asked(story)
        self.assertNotEqual(again["id"], request["id"])

    def test_the_same_key_asks_once(self):
        story = self.story()
        key = {"Idempotency-Key": "ask-" + story.name}
        first, second = (self.ask(story, headers=key) for _ in range(2))
        self.assertEqual((first.status, second.status), (201, 201), second)
        self.assertEqual(first.json, second.json)

    def test_nobody_asks_for_ever(self):
        story = self.story()
        for _ in range(10):
            path = f"{story.asks}/{self.asked(story)['id']}"
            self.assertEqual(self.ada.delete(path).status, 204)
        self.assertProblem(self.ask(story), 409, "conflict")
        self.asked(story, self.bob)

    def test_who_has_nothing_to_ask_for(self):
        story = self.story()
        self.assertProblem(self.ask(story, story.researcher), 409, "conflict")
        both = self.site.person("owner", "researcher", name="both")
        own = both.post("/api/v1/datasets", {
            **{k: story.dataset[k] for k in ("title", "unit", "columns", "policy")},
            "name": story.name + "-own", "budget": {"epsilon": "1"}})
        self.assertEqual(own.status, 201, own)
        path = f"/api/v1/datasets/{story.name}-own"
        ask = {"purpose": PURPOSE}
        self.assertProblem(both.post(path + "/access_requests", ask), 409, "conflict")
        both.put_csv(path + "/data", "person,ward,age,los\np1,A,1,1\np2,B,2,2\n")
        both.post(path + "/mock/generation", {"rows": 10, "seed": 1})
        self.assertEqual(both.post(path + "/publication").status, 201)
        self.assertProblem(both.post(path + "/access_requests", ask), 409, "conflict")
        insider = self.site.person("admin", "researcher", name="insider")
        draft = self.story(publish=False)
        self.assertProblem(self.ask(draft, insider), 409, "conflict")
        self.asked(story, insider)

    def test_what_is_refused(self):
        story = self.story()
        for bad, status in (("", 422), (" \n ", 422), ("x" * 4001, 422), ("a\0b", 400),
                            ("a\x1b[2J", 422), ("a\u202eb", 422), (7, 400), (None, 400), (["x"], 400)):
            with self.subTest(purpose=bad):
                self.assertProblem(self.ask(story, purpose=bad), status)
        self.assertProblem(self.ada.post(story.asks, {"purpose": "x", "more": 1}), 400)
        self.assertProblem(self.ada.post(story.asks, {}), 400)
        self.assertEqual(story.owner.items(story.asks), [])
        hostile = "<img src=x onerror=alert(1)> '); DROP TABLE user; --"
        self.assertEqual(self.ask(story, purpose=hostile).json["purpose"], hostile)

    def test_who_sees_which(self):
        story, other = self.story(), self.story()
        mine, his = self.asked(story), self.asked(story, self.bob)
        elsewhere = self.asked(other)
        reviewer = self.site.person("owner", name="reviewer")
        story.owner.patch(story.path, {"reviewers": [reviewer.user["id"]]})

        def ids(person, path, **query):
            more = "".join(f"&{k}={v}" for k, v in query.items())
            return [r["id"] for r in person.items(f"{path}?limit=1{more}")]
        everywhere = "/api/v1/access_requests"
        self.assertEqual(ids(self.ada, story.asks), [mine["id"]])
        self.assertEqual(ids(story.owner, story.asks), [mine["id"], his["id"]])
        self.assertEqual(ids(story.admin, story.asks), [mine["id"], his["id"]])
        self.assertEqual(ids(reviewer, story.asks), [])
        self.assertEqual(set(ids(self.ada, everywhere, state="open")) & {
            mine["id"], his["id"], elsewhere["id"]}, {mine["id"], elsewhere["id"]})
        self.assertLessEqual({mine["id"], his["id"], elsewhere["id"]},
                             set(ids(story.owner, everywhere)))
        self.assertEqual(ids(reviewer, everywhere), [])
        self.decide(story, his, "refuse", "No.")
        self.assertEqual(ids(story.owner, story.asks, state="refused"), [his["id"]])
        self.assertEqual(ids(story.owner, story.asks, state="open"), [mine["id"]])
        self.assertProblem(self.bob.get(f"{story.asks}/{mine['id']}"), 404, "not-found")
        self.assertProblem(self.ada.get(f"{other.asks}/{mine['id']}"), 404, "not-found")
        for bad in ("state=shut", "state=", "more=1"):
            self.assertProblem(story.owner.get(f"{story.asks}?{bad}"), 400)
            self.assertProblem(story.owner.get(f"{everywhere}?{bad}"), 400)

    def test_one_own_stays_reachable_when_the_dataset_is_not(self):
        story = self.story()
        path = f"{story.asks}/{self.asked(story)['id']}"
        self.discover(story, False)
        self.assertProblem(self.ada.get(story.asks), 404)
        self.assertEqual(self.ada.get(path).status, 200)
        self.assertEqual(self.ada.delete(path).status, 204)


class Deciding(Asked):
    def test_what_a_decision_needs(self):
        story = self.story()
        request = self.asked(story)
        path = f"{story.asks}/{request['id']}"
        seen = {"If-Match": story.owner.get(path).etag}

        def post(body, headers=seen):
            return story.owner.post(path + "/decision", body, headers=headers)
        self.assertProblem(post({"decision": "grant"}, {}), 428)
        self.assertProblem(post({"decision": "grant"}, {"If-Match": '"x"'}), 412)
        for body, status in (({"decision": "refuse"}, 422),
                             ({"decision": "refuse", "comment": " "}, 422),
                             ({"decision": "grant", "comment": "\x07"}, 422),
                             ({"decision": "refuse", "comment": "x" * 4001}, 422),
                             ({"decision": "maybe"}, 400), ({}, 400),
                             ({"decision": "grant", "more": 1}, 400)):
            with self.subTest(**body):
                self.assertProblem(post(body), status)
        self.assertEqual(self.ada.get(path).json["state"], "open")
        self.assertEqual(post({"decision": "grant"}).status, 200)
        self.assertProblem(post({"decision": "refuse", "comment": "No."}), 412)

    def test_a_withdrawal_is_of_what_was_seen(self):
        story = self.story()
        path = f"{story.asks}/{self.asked(story)['id']}"
        self.assertProblem(self.ada.delete(path, headers={"If-Match": '"x"'}), 412)
        seen = {"If-Match": self.ada.get(path).etag}
        self.assertEqual(self.ada.delete(path, headers=seen).status, 204)

    def test_a_grant_that_cannot_be_leaves_the_request_open(self):
        story = self.story()
        eve = self.site.person("researcher", name="eve-" + story.name)
        request = self.asked(story, eve)
        answer = story.admin.patch(f"/api/v1/users/{eve.user['id']}", {"roles": ["owner"]})
        self.assertEqual(answer.status, 200, answer)
        self.assertProblem(self.decide(story, request, "grant"), 409, "conflict")
        left = story.owner.get(f"{story.asks}/{request['id']}").json
        self.assertEqual(left["state"], "open")
        self.assertEqual(self.verbs(story, "access.grant"), [])

    def test_a_grant_of_the_owners_own_accord_answers_the_request(self):
        story = self.story()
        request = self.asked(story)
        story.grant(self.ada)
        answered = self.ada.get(f"{story.asks}/{request['id']}").json
        self.assertEqual((answered["state"], answered["decided_by"]["name"]),
                         ("granted", "owner"))
        story.grant(self.ada)

    def test_an_archived_dataset_leaves_nobody_waiting(self):
        story = self.story()
        request, his = self.asked(story), self.asked(story, self.bob)
        self.assertEqual(story.owner.delete(story.path).status, 204)
        for person, r in ((self.ada, request), (self.bob, his)):
            left = person.get(f"{story.asks}/{r['id']}").json
            self.assertEqual((left["state"], left["comment"]),
                             ("refused", "the dataset was archived"))

    def test_a_token_decides_as_it_grants(self):
        story = self.story()
        request = self.asked(story)
        made = story.owner.post("/api/v1/tokens", {"name": "t", "scopes": ["datasets:write"]})
        program = harness.Client(self.site, token=made.json["token"])
        other = story.owner.post("/api/v1/tokens", {"name": "j", "scopes": ["jobs:write"]})
        narrow = harness.Client(self.site, token=other.json["token"])
        self.assertProblem(narrow.get("/api/v1/access_requests"), 403)
        self.assertEqual(self.decide(story, request, "grant", by=program).status, 200)


class Told(Asked):
    def notices(self, person, story):
        return [(n["state"], n["person"]["name"], n["reason"], n["link"])
                for n in person.items("/api/v1/notices")
                if n["kind"] == "dataset.access" and n["dataset"] == story.name]

    def test_owner_and_researcher_are_told_and_nobody_else(self):
        story = self.story()
        reviewer = self.site.person("owner", name="reviewer")
        story.owner.patch(story.path, {"reviewers": [reviewer.user["id"]]})
        link = f"/datasets/{story.name}"
        before = int(reviewer.get("/api/v1/notices?limit=1").json["items"][0]["seq"])
        request = self.asked(story)
        self.assertEqual(self.notices(story.owner, story), [
            ("open", "ada", PURPOSE, link + "?tab=access")])
        self.decide(story, request, "refuse", "Not this year.")
        self.ada.delete(f"{story.asks}/{self.asked(story)['id']}")
        self.assertEqual(self.notices(self.ada, story), [
            ("refused", "owner", "Not this year.", link)])
        self.assertEqual([s for s, *_ in self.notices(story.owner, story)],
                         ["withdrawn", "open", "open"])
        for person in (reviewer, self.bob, story.researcher):
            self.assertEqual(self.notices(person, story), [])
        stream = reviewer.events(last=before)
        self.addCleanup(stream.close)
        self.discover(story, False)
        self.assertNotEqual(stream.next()[1], "dataset.access")

    def test_letters_go_to_both(self):
        story = self.story()
        inbox = Inbox()
        self.addCleanup(inbox.close)
        for person in (story.owner, self.ada):
            made = person.post("/api/v1/webhooks", {"url": inbox.url})
            self.assertEqual(made.status, 201, made)
        request = self.asked(story)
        _, body = inbox.until(lambda d: d["event"] == "dataset.access")
        self.assertIn(b"ada", body)
        self.decide(story, request, "grant", "Welcome.")
        _, body = inbox.until(lambda d: d["state"] == "granted")
        self.assertIn(b"Welcome.", body)

    config = {"private_webhooks": True}


class Moves(Asked):
    """Every state, act and person; requests are put into a state past the server."""

    ids = itertools.count(1)

    @contextlib.contextmanager
    def request(self, state):
        decided = (None, None) if state == "open" else (self.tess.owner.user["id"], 2)
        row = (f"acr_{next(self.ids):026d}", self.tess.dataset["id"], self.ada.user["id"],
               PURPOSE, 1, state, "Seen.", *decided)
        path = os.path.join(self.site.folder, "datasite.db")
        db = sqlite3.connect(path, timeout=30, isolation_level=None)
        with contextlib.closing(db):
            db.execute("DELETE FROM access_request WHERE dataset_id = ?", row[1:2])
            db.execute("DELETE FROM dataset_grant WHERE dataset_id = ? AND user_id = ?",
                       row[1:3])
            db.execute(f"INSERT INTO access_request VALUES ({', '.join('?' * 9)})", row)
        yield f"{self.tess.asks}/{row[0]}"

    def test_what_was_asked_stays_and_ends_once(self):
        edits = {"purpose = 'y'": "a request stays", "asked_us = 2": "a request stays",
                 "user_id = dataset_id": "a request stays", "state = 'open'": "ends once",
                 "comment = 'y'": "ends once", "decided_us = 3": "ends once"}
        path = os.path.join(self.site.folder, "datasite.db")
        for edit, why in edits.items():
            with self.subTest(edit), self.request("refused"), contextlib.closing(
                    sqlite3.connect(path, timeout=30)) as db:
                with self.assertRaisesRegex(sqlite3.IntegrityError, why):
                    db.execute(f"UPDATE access_request SET {edit} WHERE dataset_id = ?",
                               (self.tess.dataset["id"],))

    def test_a_row_is_whole(self):
        path = os.path.join(self.site.folder, "datasite.db")
        with self.request("open"), contextlib.closing(
                sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
            for edit in ("state = 'granted'", "state = 'shut'", "decided_us = 2",
                         "state = 'refused', comment = '', decided_us = 2, "
                         "decider_id = user_id"):
                with self.subTest(edit), self.assertRaises(sqlite3.IntegrityError):
                    db.execute(f"UPDATE access_request SET {edit} WHERE dataset_id = ?",
                               (self.tess.dataset["id"],))
            with self.assertRaises(sqlite3.IntegrityError):
                db.execute("INSERT INTO access_request SELECT replace(id, '0', '9'), "
                           "dataset_id, user_id, purpose, 1, state, '', NULL, NULL "
                           "FROM access_request WHERE dataset_id = ?",
                           (self.tess.dataset["id"],))

    def setUp(self):
        super().setUp()
        self.tess = self.story()
        reviewer = self.site.person("owner", name="reviewer")
        self.tess.owner.patch(self.tess.path, {"reviewers": [reviewer.user["id"]]})
        self.people = {
            "asker": self.ada, "owner": self.tess.owner, "reviewer": reviewer,
            "granted": self.tess.researcher, "stranger": self.bob,
            "other owner": self.site.person("owner", name="stranger"),
            "both": self.site.person("owner", "researcher", name="both"),
            "all but owner": self.site.person("owner", "researcher", "admin", "auditor"),
            "admin": self.tess.admin, "auditor": self.site.person("auditor"),
            "nobody": self.site.nobody()}

    def expected(self, state, act, who):
        if who == "nobody":
            return 401, None
        if act == "withdraw":
            if who == "asker":
                return (204, None) if state == "open" else (409, None)
            researchers = {"granted": 404, "stranger": 404, "both": 404}
            return researchers.get(who, 403), None
        if who == "owner":
            return (200, None) if state == "open" else (409, None)
        return {"other owner": (404, None), "reviewer": (403, "dataset.owner"),
                "both": (403, "dataset.owner"),
                "all but owner": (403, "dataset.owner")}.get(who, (403, None))

    def test_every_state_act_and_person(self):
        for state, act, who in itertools.product(STATES, ACTS, self.people):
            with self.subTest(state=state, act=act, who=who), self.request(state) as path:
                person = self.people[who]
                etag = self.tess.owner.get(path).etag
                answer = person.delete(path) if act == "withdraw" else person.post(
                    path + "/decision", ACTS[act], headers={"If-Match": etag})
                status, missing = self.expected(state, act, who)
                self.assertEqual(answer.status, status, answer)
                if missing:
                    self.assertEqual(answer.json["missing_permission"], missing)
                if status == 409:
                    self.assertEqual((answer.slug, answer.json["state"],
                                      answer.json["allowed"]),
                                     ("conflict-state", state, []))
                after = {"withdraw": "withdrawn", "grant": "granted",
                         "refuse": "refused"}[act] if status < 300 else state
                self.assertEqual(self.tess.owner.get(path).json["state"], after)
                held = self.ada.get(self.tess.path).status == 200
                self.assertEqual(held, after == "granted" and status == 200)


if __name__ == "__main__":
    unittest.main()
