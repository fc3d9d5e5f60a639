"""calc_test.py -- `datasite calc` gives the numbers that others published.

Every vector of the shared file is asked on the command line, but for the functions that
tests/dp/README.md lists with the reason why the engine does not use them."""
import json
import os
import re
import subprocess
import unittest

import harness

VECTORS = os.path.join(harness.ROOT, "..", "shared", "dp", "vectors.json")
NOT_USED = {"compose_sgm_delta", "smallest_sgm_sigma", "sgm_eps_prv",
            "compose_laplace_eps_lower"}
NOT_USED_IDS = {"pld_lap20"}  # composes by privacy loss


def word(name, value):
    return f"{name}={value if isinstance(value, str) else json.dumps(value)}"


def calc(vector):
    return subprocess.run(
        [harness.program(), "calc", vector["fn"],
         *(word(k, v) for k, v in vector["args"].items())],
        capture_output=True, text=True, timeout=60, check=False)


@unittest.skipUnless(os.path.exists(harness.program()), "the program is not built")
class Calc(unittest.TestCase):
    def vectors(self):
        if not os.path.exists(VECTORS):
            self.skipTest("the published numbers are not beside this repository")
        with open(VECTORS, encoding="utf-8") as f:
            return json.load(f)["vectors"]

    def agrees(self, vector, got):
        want = vector["expect"]
        if isinstance(want, list):
            return json.loads(got) == want
        off = abs(float(got) - float(want))
        return off <= vector["tol"] * (abs(float(want))
                                       if vector["tol_kind"] == "rel" else 1)

    def test_published_numbers(self):
        compared = 0
        for vector in self.vectors():
            if vector["fn"] in NOT_USED or vector["id"] in NOT_USED_IDS:
                continue
            with self.subTest(id=vector["id"], fn=vector["fn"]):
                done = calc(vector)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done)
                self.assertTrue(self.agrees(vector, done.stdout), done.stdout)
                compared += 1
        self.assertGreater(compared, 120)

    def test_what_is_not_used_is_refused_and_listed_with_a_reason(self):
        with open(os.path.join(harness.ROOT, "tests", "dp", "README.md"),
                  encoding="utf-8") as f:
            listed = set(re.findall(r"`(\w+)`", f.read()))
        for vector in self.vectors():
            if vector["fn"] in NOT_USED:
                done = calc(vector)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done)
                self.assertIn(vector["fn"], listed)


if __name__ == "__main__":
    unittest.main()
