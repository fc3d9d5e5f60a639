"""calc_test.py -- `datasite calc` gives the numbers that others published.

Every vector of the shared file is asked on the command line."""
import json
import os
import subprocess
import unittest

import harness

VECTORS = os.path.join(harness.ROOT, "..", "shared", "dp", "vectors.json")


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
            with self.subTest(id=vector["id"], fn=vector["fn"]):
                done = calc(vector)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done)
                self.assertTrue(self.agrees(vector, done.stdout), done.stdout)
                compared += 1
        self.assertGreater(compared, 130)

    def test_functions_and_their_arguments_are_listed(self):
        listed = subprocess.run([harness.program(), "calc", "list"], capture_output=True,
                                text=True, check=False)
        self.assertEqual(listed.returncode, 0, listed)
        names = {line.split()[0] for line in listed.stdout.splitlines()}
        self.assertLessEqual({v["fn"] for v in self.vectors()}, names)


if __name__ == "__main__":
    unittest.main()
