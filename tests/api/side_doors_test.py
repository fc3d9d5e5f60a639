"""side_doors_test.py -- audits A8 and A10: what else could tell who is in the data.

Two servers differ by one person, noise is constant, and their policy has time slots. The
person's row is where programs over rows loop, fail, fill memory and die; beside them
scripts try every other channel. All that their author can read is compared byte for byte,
and every job ends for its readers exactly at the end of a slot. (Which one, where a busy
machine makes a run longer than a slot, is no promise: a slot is to be longer.)
"""
import contextlib
import datetime
import json
import os
import re
import threading
import unittest
import unittest.mock
from decimal import Decimal

import harness
from neighbours_dp_test import PERSON, World
from story import Story

SLOT_S = 4
LONG_S = 8  # in which a test looks at a run that has ended
# x is in ward C, where nobody else is.
MAP = ('local m = site.open("{name}"):map("x", {{ lower = 0, upper = 9, default = 5 }},\n'
       ' [[{program}]])\n'
       'local r = m:sum("x", {{ epsilon = 0.1 }}):release()\nreturn r.value -- {title}')
BLOCKS = ('local v = site.open("{name}")\n'
          'return v:sample_aggregate{{ blocks = 3, lower = 0, upper = 9, default = 5,\n'
          ' epsilon = 0.1, run = [[for _, r in ipairs(rows) do\n'
          ' if r.ward == "C" then {program} end end return #rows]] }}'
          ':release().value -- {title}')
IN_A_ROW = {
    "loop": 'if row.ward == "C" then while true do end end return 1',
    "error": 'if row.ward == "C" then error("x is here") end return 1',
    "memory": 'if row.ward == "C" then local s = "x" while true do s = s .. s end end'
              ' return 1',
    "pattern": 'if row.ward == "C" then return (("a"):rep(99)):find(("a?"):rep(99)) end'
               ' return 1',
    "keep": 'if row.ward == "C" then seen = 1 end return seen or 0',
    "table": 'if row.ward == "C" then return {{}} end return 1',
    "print": 'print(row.ward, row.age) return 1',
}
IN_A_BLOCK = {
    "block-loop": "while true do end",
    "block-error": 'error("x is here")',
    "block-memory": 'local t = {{}} while true do t[#t + 1] = ("x"):rep(99999) end',
    "block-stack": "local function f() return 1 + f() end f()",
}
AFTER_AN_ANSWER = {
    "count-loop": 'for i = 1, n * 1000000 do end return n',
    "names": 'local t = {{}} for i = 1, n do t["k" .. i] = i end return t',
    "questions": 'for i = 1, n + 1 do v:where("age > " .. i):count{{ epsilon = 0.01 }}'
                 ':release() end return n',
    "order": 'local o = {{}} for k in pairs {{ z = 1, y = n, x = 1, [n + 1] = 1 }} do'
             ' o[#o + 1] = tostring(k) end return o',
    "budget": 'return site.budget()',
}


def scripts():
    for title, program in IN_A_ROW.items():
        yield title, MAP.replace("{program}", program).replace("{title}", title)
    for title, program in IN_A_BLOCK.items():
        yield title, BLOCKS.replace("{program}", program).replace("{title}", title)
    for title, tail in AFTER_AN_ANSWER.items():
        yield title, ('local v = site.open("{name}")\n'
                      'local n = v:count{{ epsilon = 0.1 }}:release().value\n'
                      + tail + " -- " + title)


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@contextlib.contextmanager
def constant_noise():
    os.environ["DATASITE_TEST_NOISE"] = "constant"
    try:
        yield
    finally:
        del os.environ["DATASITE_TEST_NOISE"]


class SlottedWorld(World):
    """One of the datasets, under a policy with time slots."""
    DATASET = "extreme"

    def __init__(self, has_person):
        with unittest.mock.patch.dict(PERSON, clear=True,
                                      values={self.DATASET: PERSON[self.DATASET]}):
            super().__init__(has_person)

    def policy(self):
        document = super().policy()
        document["time_slot_s"] = SLOT_S
        return document

    def all_at_once(self):
        self.places = {title: self.begin(self.DATASET, title, source)
                       for title, source in scripts()}
        self.ends = {title: self.end(where).json for title, where in self.places.items()}
        self.read(f"/api/v1/datasets/{self.DATASET}/budget")

    def slots(self):
        """For each job the states that it had, and how many slots it was running."""
        stream, times = self.researcher.events(last=0, timeout=2), {}
        try:
            while True:
                event = stream.next()[2]
                times.setdefault(event["subject"], []).append(event)
        except (TimeoutError, OSError):
            stream.close()
        out = {}
        for title, where in self.places.items():
            mine = times[where.rpartition("/")[2]]
            states = [e["state"] for e in mine]
            began = next(e for e in mine if e["state"] == "running")
            out[title] = states, (seconds(mine[-1]["time"]) -
                                  seconds(began["time"])) / SLOT_S
        return out


class Neighbours(unittest.TestCase):
    maxDiff = 4000

    def test_nothing_tells_who_is_there(self):
        with constant_noise():
            worlds = [SlottedWorld(there) for there in (True, False)]
        for world in worlds:
            self.addCleanup(world.close)
        threads = [threading.Thread(target=w.all_at_once) for w in worlds]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(worlds[0].transcript, worlds[1].transcript)
        mine, theirs = (w.slots() for w in worlds)
        for title in mine:
            with self.subTest(script=title):
                self.assertEqual(mine[title][0], theirs[title][0])
                for slots in (mine[title][1], theirs[title][1]):
                    self.assertGreater(slots, 0.9)
                    self.assertAlmostEqual(slots, round(slots), places=3)
        ends = {t: (j["state"], j["failure"]) for t, j in worlds[0].ends.items()}
        self.assertEqual(ends, dict.fromkeys(ends, ("released", None)))


class Slots(unittest.TestCase):
    """What a researcher sees of a run that has ended and waits for its slot."""

    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site()
        cls.story = Story(cls.site, policy="dp-only")
        document = cls.story.owner.get(cls.story.path + "/policy").json["document"]
        document["time_slot_s"] = LONG_S
        seen = cls.story.owner.get(cls.story.path + "/policy")
        answer = cls.story.owner.put(cls.story.path + "/policy", document,
                                     headers={"If-Match": seen.etag})
        assert answer.status == 200, answer

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def approved(self, epsilon):
        job = self.story.submit(epsilon=epsilon)
        self.assertEqual(self.story.review(job).status, 201)
        return job

    def charged(self, job):
        """Waits until the owner reads in the ledger that the job was charged."""
        for _ in range(200):
            rows_of = [r["kind"] for r in self.story.ledger() if r["job"] == job["id"]]
            if "charge" in rows_of:
                return
            threading.Event().wait(0.02)
        self.fail("the job was not charged")

    def seen(self, job):
        """All that may move while a run is in flight."""
        researcher, path = self.story.researcher, f"/api/v1/jobs/{job['id']}"
        metrics = self.site.nobody().get("/metrics").text
        mine = researcher.get(path)
        return [mine.text, mine.etag, researcher.get(path + "/result").status,
                researcher.get(self.story.path + "/budget").text,
                researcher.get(self.story.path + "/budget").etag,
                re.search(r"^datasite_audit_entries_total (\d+)", metrics, re.M)[1]]

    def test_a_run_in_flight_shows_nothing(self):
        job = self.approved("0.5")
        self.story.wait(job, "running")
        before = self.seen(job)
        self.charged(job)
        after = self.seen(job)
        self.assertEqual(json.loads(after[0])["state"], "running", after)
        self.assertEqual(before, after)
        done = self.story.wait(job, "released", "failed", seconds=6 * LONG_S)
        self.assertEqual(done["state"], "released", done)
        spent = [Decimal(budget["spent"]) for budget in (
            json.loads(after[3]), self.story.researcher.get(
                self.story.path + "/budget").json)]
        self.assertEqual(spent[1] - spent[0], Decimal("0.5"))

    def test_a_cancelled_run_ends_at_once_and_what_it_came_to_is_dropped(self):
        job = self.approved("0.25")
        self.charged(job)
        path = f"/api/v1/jobs/{job['id']}"
        answer = self.story.owner.post(path + "/cancellation", {}, headers={
            "If-Match": self.story.owner.get(path).etag})
        self.assertIn(answer.status, (200, 201), answer)
        self.assertEqual(answer.json["state"], "cancelled")
        self.assertEqual(self.story.researcher.get(path + "/result").status, 409)
        self.assertEqual(self.story.budget()["reserved"], "0")

    def test_an_end_outlives_the_server(self):
        job = self.approved("0.125")
        self.charged(job)
        self.site.kill()
        self.site.start()
        for person in (self.story.owner, self.story.researcher, self.story.admin):
            person.sign_in()
        done = self.story.wait(job, "released", "failed", seconds=6 * LONG_S)
        self.assertEqual(done["state"], "released", done)
        charges = [r for r in self.story.ledger()
                   if r["job"] == job["id"] and r["kind"] == "charge"]
        self.assertEqual(len(charges), 1)


# Some milliseconds a row: those of the mock are nothing, all take more than the wall time.
SLOW = 'return ("a"):rep(700):find(".-b") == nil'
SEALED = ('local n = site.open("{name}"):count{{ epsilon = 1 }}:exact()\n'
          'print("the log says", n)\n'
          'if n > {limit} then error("there are " .. n) end\nreturn {{ n = n }}')


def limited(site, data_rows, **limits):
    """A story under a policy with these limits."""
    story = Story(site, policy="dp-only", publish=False)
    path = story.path + "/policy"
    seen = story.owner.get(path)
    document = seen.json["document"]
    document["limits"].update(limits)
    answer = story.owner.put(path, document, headers={"If-Match": seen.etag})
    assert answer.status == 200, answer
    story.rows = data_rows
    story.publish()
    return story


class Rows(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_rows_that_take_their_time_do_not_end_a_run(self):
        story = limited(self.site, 2000, wall_ms=3000, cpu_ms=3000)
        source = ('local m = site.open("{name}"):map("x", {{ lower = 0, upper = 1,'
                  ' default = 0 }}, [[' + SLOW + ']])\n'
                  'return m:sum("x", {{ epsilon = 1 }}):release().value')
        job = story.run(source)
        self.assertEqual((job["state"], job["failure"]), ("released", None), job)

    def test_a_row_program_is_called_by_its_name(self):
        story = Story(self.site, policy="dp-only")
        source = ('local v = site.open("{name}")\n'
                  'return v["m" .. "ap"](v, "x", {{ lower = 0, upper = 1, default = 0 }},'
                  ' "return 1"):sum("x", {{ epsilon = 1 }}):release().value')
        job = story.run(source)
        self.assertEqual((job["state"], job["failure"]["kind"]), ("failed", "policy"), job)

    def test_what_an_exact_run_says_is_the_owners(self):
        """An error and a log that tell a count reach nobody but the owner."""
        story = Story(self.site, policy="open-review")
        job = story.run(SEALED.replace("{limit}", "150"), lane="exact")
        self.assertEqual(job["state"], "failed")
        self.assertEqual(job["failure"], {"kind": "data_dependent"})
        path = f"/api/v1/jobs/{job['id']}"
        for place in ("", "/result", "/checks", "/versions/1/checks", "/sealed_result"):
            self.assertNotIn("200", story.researcher.get(path + place).text.replace(
                job["id"], "").replace("200.0", ""), place)
        owner = story.owner.get(path + "/sealed_result").json
        self.assertIn("there are 200", json.dumps(owner["failure"]))
        self.assertIn("the log says\t200", owner["log"])
        self.assertIn("there are 200", story.owner.get(path).json["failure"]["text"])

    def test_a_log_of_an_exact_run_stays_sealed(self):
        story = Story(self.site, policy="open-review")
        job = story.run(SEALED.replace("{limit}", "1000"), lane="exact")
        self.assertEqual(job["state"], "held", job)
        path = f"/api/v1/jobs/{job['id']}"
        self.assertEqual(story.researcher.get(path + "/sealed_result").status, 403)
        self.assertIn("the log says\t200",
                      story.owner.get(path + "/sealed_result").json["log"])


HOSTILE = {
    "loop": "while true do end",
    "pattern": 'return (("a"):rep(40)):find(("a?"):rep(40) .. ("a"):rep(40))',
    "memory": 'local t = {{}} while true do pcall(function() while true do'
              ' t[#t + 1] = ("x"):rep(1e5) .. #t end end) end',
    "rows": 'return site.open("{name}"):map("x", {{ lower = 0, upper = 1, default = 0 }},'
            ' "while true do end"):sum("x", {{ epsilon = 1 }}):release().value',
}


class Meanwhile(unittest.TestCase):

    def test_the_server_answers_while_hostile_scripts_run(self):
        site = harness.Site()
        self.addCleanup(site.close)
        story = limited(site, 100, wall_ms=5000, cpu_ms=1000)
        jobs = [story.post(source + " -- " + title).headers["location"]
                for title, source in HOSTILE.items()]

        def is_busy():
            return any(story.owner.get(job).json["state"] == "checking" for job in jobs)

        answered = 0
        while is_busy():
            self.assertEqual(story.researcher.get(story.path).status, 200)
            answered += 1
        self.assertGreater(answered, 10)
        self.assertEqual([story.owner.get(job).json["state"] for job in jobs],
                         ["blocked", "blocked", "blocked", "in_review"])


if __name__ == "__main__":
    unittest.main()
