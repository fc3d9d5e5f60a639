"""moves_test.py -- the table of moves is the truth: every state, act and person over HTTP.

What must happen is read from datasite/core/job_moves.def and routes.def; jobs are put into
a state by hand, past the server, and kept from its queue."""
import itertools
import os
import re
import sqlite3
import unittest

import harness
from story import COUNT, Story

STATE = re.compile(r'^JOB_STATE\((\w+),\s*"(\w+)"', re.M)
MOVE = re.compile(r'^JOB_MOVE\((\w+),\s*(\w+),\s*(\w+),', re.M)
ROUTE = re.compile(r'^ROUTE\((\w+),\s*"/api/v1/jobs/{id}/(\w+)",\s*\w+,\s*([A-Z_| ]+),', re.M)
POLICY = {"name": "held", "title": "All is held", "lanes": {"dp": {"release": "held"}}}
SAID = {"comment": "Seen."}

# What is called, with which body, and where it takes a job.
ACTS = {
    "approve": ("reviews", {"decision": "approve"}, "APPROVED"),
    "return": ("reviews", {"decision": "request_changes", **SAID}, "CHANGES_REQUESTED"),
    "reject": ("reviews", {"decision": "reject", **SAID}, "REJECTED"),
    "abstain": ("reviews", {"decision": "abstain", **SAID}, "APPROVED"),
    "withdraw": ("withdrawal", SAID, "WITHDRAWN"),
    "cancel": ("cancellation", SAID, "CANCELLED"),
    "revoke": ("revocation", SAID, "REVOKED"),
    "release": ("release", {"decision": "release"}, "RELEASED"),
    "withhold": ("release", {"decision": "withhold"}, "WITHHELD"),
    "revise": ("versions", {}, "CHECKING"),
}
# Where an act leaves a job that may take it; the others bring it to where they aim.
STAYS = {"abstain"}
# Who is who to a job: the names that the table gives them.
PEOPLE = {"author": {"AUTHOR"}, "owner": {"OWNER", "REVIEWER"}, "reviewer": {"REVIEWER"},
          "stranger": None, "peer": None, "admin": None, "auditor": None, "nobody": None}


def read(name):
    with open(os.path.join(harness.ROOT, name), encoding="utf-8") as f:
        return f.read()


class Moves(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        text = read("datasite/core/job_moves.def")
        cls.states = dict(STATE.findall(text))
        cls.moves = {(a, b): who for a, b, who in MOVE.findall(text)}
        cls.routes = {path: {w.strip().removeprefix("ROLE_").lower() for w in roles.split("|")}
                      for method, path, roles in ROUTE.findall(read("datasite/api/routes.def"))
                      if method == "POST"}
        cls.site = harness.Site()
        cls.story = story = Story(cls.site, policy=POLICY, epsilon="100")
        cls.people = {
            "author": cls.site.person("owner", "researcher", name="author"),
            "owner": story.owner, "reviewer": cls.site.person("owner", name="reviewer"),
            "stranger": cls.site.person("owner", name="stranger"),
            "peer": story.researcher, "admin": story.admin,
            "auditor": cls.site.person("auditor"), "nobody": cls.site.nobody()}
        cls.author = cls.people["author"]
        story.grant(cls.author)
        story.project = story.project_of(cls.author)
        named = story.owner.patch(story.path,
                                  {"reviewers": [cls.people["reviewer"].user["id"]]})
        assert named.status == 200, named
        cls.numbers = itertools.count(1)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def fresh(self):
        source = COUNT + f" -- {next(self.numbers)}"
        job = self.story.submit(source, "0.1", by=self.author)
        self.assertEqual(job["state"], "in_review", job)
        return job

    def put(self, job, state):
        """By hand: the trigger lets pass what the table names, so it is named meanwhile."""
        db = sqlite3.connect(os.path.join(self.site.folder, "datasite.db"), timeout=30)
        with db:
            db.execute("BEGIN IMMEDIATE")
            pair = (self.get(job)["state"], self.states[state])
            new = db.execute("INSERT OR IGNORE INTO job_move VALUES (?, ?)", pair).rowcount
            db.execute("UPDATE job SET state = ?, claimed = 1, revision = revision + 1"
                       " WHERE id = ?", (pair[1], job["id"]))
            if new:
                db.execute("DELETE FROM job_move WHERE from_state = ? AND to_state = ?", pair)
        db.close()

    def get(self, job):
        answer = self.author.get(f"/api/v1/jobs/{job['id']}")
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def at(self, state):
        """A job of its own in a state; one that is held has a result."""
        job = self.fresh()
        if state == "HELD":
            self.assertEqual(self.story.review(job).status, 201)
            self.author.wait(f"/api/v1/jobs/{job['id']}", lambda j: j["state"] == "held", 60)
        else:
            self.put(job, state)
        return job

    def act(self, name, person, job):
        path, body, _ = ACTS[name]
        client, headers = self.people[person], {}
        if path == "reviews":
            body = {**body, "version": job["version"], "source_sha256": job["source_sha256"]}
        elif path == "versions":
            body = {"source": COUNT.format(name=self.story.name, epsilon="0.1") +
                    f" -- {next(self.numbers)}"}
        if path in ("reviews", "release"):
            headers = {"If-Match": self.author.get(f"/api/v1/jobs/{job['id']}").etag}
        return client.post(f"/api/v1/jobs/{job['id']}/{path}", body, headers=headers)

    def expected(self, state, act, person):
        """The status; 0 where the move is made."""
        path, _, target = ACTS[act]
        client, names = self.people[person], PEOPLE[person]
        if person == "nobody":
            return 401
        if not self.routes[path] & set(client.user["roles"]):
            return 403
        if names is None:
            return 404
        who = self.moves.get((state, target))
        whose = who or next(w for (_, b), w in self.moves.items()
                            if b == target and w != "SYSTEM")
        if whose not in names:
            return 403
        return 0 if who else 409

    def allowed(self, state):
        return {self.states[b] for a, b in self.moves if a == state}

    def test_the_table_was_read(self):
        self.assertEqual(len(self.states), 16)
        self.assertGreater(len(self.moves), 30)
        self.assertEqual({path for path, _, _ in ACTS.values()} - set(self.routes), set())

    def test_what_is_not_in_the_table_is_refused(self):
        job, tried = self.fresh(), 0
        for state in self.states:
            self.put(job, state)
            before = self.get(job)
            for act, person in itertools.product(ACTS, PEOPLE):
                want = self.expected(state, act, person)
                if want == 0:
                    continue
                with self.subTest(state=state, act=act, person=person):
                    answer = self.act(act, person, job)
                    self.assertEqual(answer.status, want, answer)
                    if want == 409:
                        self.assertEqual(answer.slug, "conflict-state")
                        self.assertEqual(set(answer.json["allowed"]), self.allowed(state))
                tried += 1
            self.assertEqual(self.get(job), before)
        self.assertGreater(tried, 1100)

    def test_what_is_in_the_table_is_done(self):
        done = set()
        for state, act, person in itertools.product(self.states, ACTS, PEOPLE):
            if self.expected(state, act, person) != 0:
                continue
            with self.subTest(state=state, act=act, person=person):
                job = self.at(state)
                answer = self.act(act, person, job)
                self.assertIn(answer.status, (200, 201), answer)
                target = state if act in STAYS else ACTS[act][2]
                self.assertEqual(self.get(job)["state"], self.states[target])
                done.add((state, target))
        asked = {move for move, who in self.moves.items() if who != "SYSTEM"}
        stays = {("IN_REVIEW", "IN_REVIEW")}
        self.assertEqual(done, asked | stays, "every move that a person makes was made")


if __name__ == "__main__":
    unittest.main()
