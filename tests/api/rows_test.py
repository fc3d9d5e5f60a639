"""rows_test.py -- row programs on real data, and the jail that a site asks for."""
import json
import os
import subprocess
import tempfile
import unittest

import harness
from story import Story

COLLECT = ('local v = site.open("{name}")\n'
           'return v:where("ward == \'A\'"):collect [[\n'
           'local longest = 0\n'
           'for _, r in ipairs(rows) do longest = math.max(longest, r.los or 0) end\n'
           'return {{ all_known = longest <= 30 and #rows > 0 }}\n'
           ']]\n')
MAP = ('local v = site.open("{name}")\n'
       'local m = v:map("long", {{ lower = 0, upper = 1, default = 0 }}, [[\n'
       'return row.los > 15\n'
       ']])\n'
       'return {{ n = m:sum("long", {{ epsilon = {epsilon} }}):release().value }}\n')
FAILING = MAP.replace("return row.los > 15",
                      "if row.los > 15 then error(row.ward) end while true do end")
BLOCKS = ('local v = site.open("{name}")\n'
          'local m = v:sample_aggregate{{ blocks = 5, lower = 0, upper = 30, default = 15,\n'
          '  run = [[return #rows > 0 and rows[1].los or 0]], epsilon = {epsilon} }}\n'
          'return {{ n = m:release().value }}\n')


class RowsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_rows_wait_for_the_owner(self):
        story = Story(self.site, policy="open-review")
        job = story.run(COLLECT, lane="rows")
        self.assertEqual((job["state"], job["waiting_on"]), ("held", "reviewer"), job)
        sealed = story.owner.get(f"/api/v1/jobs/{job['id']}/sealed_result")
        self.assertEqual(sealed.json["outputs"], {"all_known": True})
        result = story.researcher.get(f"/api/v1/jobs/{job['id']}/result")
        self.assertEqual(result.status, 409, result)

    def test_a_policy_without_the_lane_blocks(self):
        story = Story(self.site)
        self.assertEqual(story.submit(COLLECT, lane="rows")["state"], "blocked")

    def test_collect_needs_its_lane(self):
        story = Story(self.site, policy="open-review")
        self.assertEqual(story.submit(COLLECT, lane="exact")["state"], "blocked")

    def test_map_and_blocks_are_private_measurements(self):
        story = Story(self.site)
        for source in (MAP, BLOCKS):
            job = story.run(source)
            self.assertEqual(job["state"], "released", job)
            result = story.researcher.get(f"/api/v1/jobs/{job['id']}/result").json
            self.assertEqual(result["measurements"][0]["mechanism"], "discrete_laplace")
        self.assertEqual(story.budget()["spent"], "2")

    def test_failures_in_rows_are_told_to_nobody(self):
        story = Story(self.site)
        job = story.run(FAILING)
        self.assertEqual((job["state"], job.get("failure")), ("released", None), job)


class MinimumTest(unittest.TestCase):

    def serve(self, **config):
        folder = tempfile.mkdtemp(prefix="datasite-test-")
        path = os.path.join(folder, "config.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(config, f)
        return subprocess.run(
            [harness.program(), "serve", "--data", os.path.join(folder, "site"),
             "--listen", "127.0.0.1:0", "--config", path],
            capture_output=True, text=True, timeout=60)

    def test_a_level_that_is_met_starts(self):
        site = harness.Site(config={"jail_minimum": "seccomp"})
        self.addCleanup(site.close)
        self.assertEqual(site.nobody().get("/readyz").status, 200)

    def test_a_level_that_is_none_is_named(self):
        answer = self.serve(jail_minimum="moon")
        self.assertEqual(answer.returncode, 2)
        self.assertIn("jail_minimum", answer.stderr)


if __name__ == "__main__":
    unittest.main()
