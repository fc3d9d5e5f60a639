"""kill_test.py -- kill -9 of any process at random moments of a running job: no budget is
lost or gained, no job sticks, no answer leaves without its charge.

DATASITE_KILLS sets how many moments (default 24), DATASITE_SEED which."""
import os
import random
import signal
import subprocess
import time
import unittest
from decimal import Decimal

import harness
from story import Story

KILLS = int(os.environ.get("DATASITE_KILLS", "24"))
QUESTIONS = 40
# Many questions, each of its own: long enough to be hit in the middle.
SOURCE = ('local v, t = site.open("{name}"), {{}}\n'
          f'for i = 1, {QUESTIONS} do\n'
          '  t[i] = v:where("age > " .. i):count{{ epsilon = 0.01 }}:release().value\n'
          'end\nreturn t -- ')
ENDS = ("released", "failed")


def children(pid):
    """All processes below pid, as {program: [pid]}."""
    table = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,comm="], capture_output=True,
                           text=True, check=True).stdout
    rows = [line.split(None, 2) for line in table.splitlines()]
    below, out = {pid}, {}
    for _ in range(4):
        below |= {int(p) for p, parent, _ in rows if int(parent) in below}
    for p, _, name in rows:
        if int(p) in below and int(p) != pid:
            out.setdefault(name, []).append(int(p))
    return out


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class KillTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.random = random.Random(int(os.environ.get("DATASITE_SEED", "20")))
        cls.site = harness.Site()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def strike(self, victim):
        """Kills one kind of process of the site."""
        if victim == "server":
            self.site.kill()
            self.site.start()
            return
        below = children(self.site.process.pid)
        names = [n for n in below if n.startswith(victim[:15])]
        if names:
            kill(self.random.choice(below[names[0]]))

    def books(self, story, job):
        """Ledger, budget, audit log and result fit together."""
        ledger, budget = story.ledger(), story.budget()
        mine = [e for e in ledger if e["job"] == job["id"]]
        charged = sum((Decimal(e["epsilon"]) for e in mine if e["kind"] == "charge"),
                      Decimal(0))
        spent = sum((Decimal(e["epsilon"]) for e in ledger if e["kind"] == "charge"),
                    Decimal(0))
        self.assertEqual(Decimal(budget["spent"]), spent)
        self.assertEqual(budget["reserved"], "0", (job, mine[-2:]))
        self.assertEqual(mine[-1]["kind"], "settle")
        self.assertLessEqual(charged, Decimal("0.01") * QUESTIONS)
        hashes = {e["facts"]["hash"] for e in story.audit()
                  if e["verb"].startswith("budget.")}
        self.assertLessEqual({e["hash"] for e in ledger}, hashes)
        if job["state"] == "released":
            self.assertEqual(charged, Decimal("0.01") * QUESTIONS)
            result = story.researcher.get(f"/api/v1/jobs/{job['id']}/result").json
            self.assertEqual(len(result["outputs"]), QUESTIONS)
        return job["state"]

    def test_at_random_moments(self):
        story = Story(self.site, epsilon="100")
        states = []
        for i in range(KILLS):
            victim = self.random.choice(["server", "server", "datasite-runner",
                                         "datasite-worker"])
            with self.subTest(kill=i, victim=victim):
                job = story.submit(SOURCE + str(i), epsilon="0.4")
                self.assertEqual(story.review(job).status, 201)
                time.sleep(self.random.uniform(0, 0.12))
                self.strike(victim)
                began = time.monotonic()
                job = story.wait(job, *ENDS, seconds=15)
                self.assertLess(time.monotonic() - began, 10)
                states.append(self.books(story, job))
        self.assertEqual(len(states), KILLS)
        self.assertGreater(states.count("released"), KILLS // 2, states)
        done = self.site.command("audit", "verify", "--data", self.site.folder)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_during_checks_and_uploads(self):
        story = Story(self.site, epsilon="100")
        answer = story.post(SOURCE + "check", epsilon="0.4")
        self.strike("server")
        job = story.researcher.wait(answer.headers["location"],
                                    lambda j: j["state"] != "checking", 15).json
        self.assertEqual(job["state"], "in_review", job)

    def test_a_stopped_server_takes_up_its_runs(self):
        story = Story(self.site, epsilon="100")
        job = story.submit(SOURCE + "stop", epsilon="0.4")
        self.assertEqual(story.review(job).status, 201)
        self.assertEqual(self.site.stop(), 0)
        self.site.start()
        self.assertEqual(story.wait(job, *ENDS)["state"], "released")
        self.books(story, story.wait(job, *ENDS))


if __name__ == "__main__":
    unittest.main()
