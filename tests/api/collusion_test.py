"""collusion_test.py -- two researchers, three projects, two datasets of one population: in
whatever order they ask, and whenever a process is killed, no cap is exceeded.

DATASITE_STEPS sets how many acts (default 60), DATASITE_SEED which."""
import os
import random
import unittest
from decimal import Decimal

import harness
from kill_test import children, kill
from story import Story

STEPS = int(os.environ.get("DATASITE_STEPS", "60"))
ASK = Decimal("0.4")
PEOPLE_CAP, PROJECT_CAPS, BOBS_SHARE = Decimal(2), ("1", "0.8", "1.2"), Decimal("0.5")
QUESTIONS = 8
SOURCE = ('local v, t = site.open("{name}"), {{}}\n'
          f'for i = 1, {QUESTIONS} do\n'
          '  t[i] = v:where("age > " .. i):count{{ epsilon = 0.05 }}:release().value\n'
          'end\nreturn t -- ')
ENDS = ("released", "failed", "cancelled", "blocked", "withdrawn")


class Collusion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def setUp(self):
        self.random = random.Random(int(os.environ.get("DATASITE_SEED", "20")))
        self.tables = [Story(self.site, epsilon="1.5", researcher="ada") for _ in range(2)]
        self.admin, self.owner = self.tables[0].admin, self.tables[0].owner
        self.ada = self.site.person("researcher", name="ada")
        self.bob = self.site.person("researcher", name="bob")
        for table in self.tables:
            table.grant(self.bob)
        made = self.admin.post("/api/v1/populations", {
            "name": "One town", "budget": {"epsilon": str(PEOPLE_CAP)}})
        self.population = made.headers["location"]
        for table in self.tables:
            joined = self.admin.put(f"{self.population}/datasets/{table.name}")
            self.assertEqual(joined.status, 200, joined)
        self.projects = [self.project(p) for p in (self.ada, self.bob, self.ada)]
        self.open_to(self.ada, self.projects[0], self.bob)
        self.open_to(self.bob, self.projects[1], self.ada)
        for table in self.tables:
            for project, cap in zip(self.projects, PROJECT_CAPS):
                self.allocate(table, project, {"epsilon": cap})
            self.allocate(table, self.projects[0],
                          {"researchers": {self.bob.user["id"]: str(BOBS_SHARE)}})
        self.jobs, self.refused = {}, 0

    def project(self, person):
        made = person.post("/api/v1/projects", {
            "title": "Stays", "purpose": "To know how long people stay.",
            "datasets": [t.name for t in self.tables]})
        self.assertEqual(made.status, 201, made)
        return made.json["id"]

    def open_to(self, maker, project, person):
        answer = maker.put(f"/api/v1/projects/{project}/members/{person.user['id']}")
        self.assertEqual(answer.status, 200, answer)

    def allocate(self, table, project, body):
        answer = self.admin.put(f"{table.path}/budget/allocations/{project}", body)
        self.assertEqual(answer.status, 200, answer)

    # Acts, each on whatever the seed picks

    def submit(self):
        person = self.random.choice([self.ada, self.bob])
        project = self.random.choice(self.projects[:2] if person is self.bob
                                     else self.projects)
        table = self.random.choice(self.tables)
        job = table.submit(SOURCE + str(len(self.jobs)), epsilon=str(ASK), by=person,
                           project=project)
        self.jobs[job["id"]] = (person, project, table)

    def waiting(self):
        """Jobs that an owner may decide now."""
        return [job for job, (person, _, _) in self.jobs.items()
                if person.get(f"/api/v1/jobs/{job}").json["state"] == "in_review"]

    def approve(self):
        waiting = self.waiting()
        if not waiting:
            return self.submit()
        job = self.random.choice(waiting)
        person, _, table = self.jobs[job]
        answer = table.review(person.get(f"/api/v1/jobs/{job}").json)
        if answer.status != 201:
            self.assertEqual(answer.slug, "budget-exceeded", answer)
            self.refused += 1
        return None

    def cancel(self):
        job = self.random.choice(list(self.jobs) or [None])
        if job is not None:  # it may have ended meanwhile: then nothing happens
            answer = self.owner.post(f"/api/v1/jobs/{job}/cancellation", {"comment": "No."})
            self.assertIn(answer.status, (200, 201, 409), answer)

    def strike_server(self):
        self.site.kill()
        self.site.start()

    def strike_runner(self):
        below = children(self.site.process.pid)
        names = [n for n in below if n.startswith("datasite-")]
        if names:
            kill(self.random.choice(below[self.random.choice(sorted(names))]))

    # What must hold after each

    def used(self):
        """What is spent or held, by (who of the caps): reserved less what came back."""
        out = {}
        for table in self.tables:
            for row in table.ledger():
                if row["kind"] not in ("reserve", "settle"):
                    continue
                person, project, _ = self.jobs[row["job"]]
                sign = 1 if row["kind"] == "reserve" else -1
                for cap in ("population", table.name, (table.name, project),
                            (table.name, project, person.user["id"])):
                    out[cap] = out.get(cap, 0) + sign * Decimal(row["epsilon"])
        return out

    def caps_hold(self):
        used = self.used()
        limits = {"population": PEOPLE_CAP}
        for table in self.tables:
            limits[table.name] = Decimal("1.5")
            for project, cap in zip(self.projects, PROJECT_CAPS):
                limits[table.name, project] = Decimal(cap)
            limits[table.name, self.projects[0], self.bob.user["id"]] = BOBS_SHARE
        for cap, limit in limits.items():
            self.assertLessEqual(used.get(cap, 0), limit, cap)
        people = self.admin.get(self.population).json
        self.assertEqual(Decimal(people["spent"]) + Decimal(people["reserved"]),
                         used.get("population", 0))
        return used

    def end_all(self):
        """No job stays half done; what waits for a review is withdrawn."""
        for job in self.waiting():
            self.jobs[job][0].post(f"/api/v1/jobs/{job}/withdrawal", {"comment": "Enough."})
        for job, (person, _, _) in self.jobs.items():
            person.wait(f"/api/v1/jobs/{job}", lambda j: j["state"] in ENDS, 30)

    def test_no_cap_is_exceeded(self):
        acts = [self.submit] * 5 + [self.approve] * 7 + [self.cancel] + [
            self.strike_server, self.strike_runner]
        for step in range(STEPS):
            act = self.random.choice(acts)
            with self.subTest(step=step, act=act.__name__):
                act()
                if step % 6 == 5:
                    self.caps_hold()
        self.end_all()
        used = self.caps_hold()
        charged = sum((Decimal(r["epsilon"]) for t in self.tables for r in t.ledger()
                       if r["kind"] == "charge"), Decimal(0))
        self.assertEqual(charged, used["population"], "nothing stays reserved")
        self.assertGreater(charged, PEOPLE_CAP / 2, "the budget was worth fighting over")
        self.assertGreater(self.refused + sum(
            p.get(f"/api/v1/jobs/{j}").json["state"] == "blocked"
            for j, (p, _, _) in self.jobs.items()), 0, "a cap did bind")
        done = self.site.command("audit", "verify", "--data", self.site.folder)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
