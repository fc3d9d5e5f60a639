"""readme_test.py -- the README's main job, block by block as a newcomer types it."""
import os
import random
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

PASSWORD = "a password of ada's"


def blocks():
    """[(language, text)] of the section that tells the main job."""
    with open(os.path.join(harness.ROOT, "README.md"), encoding="utf-8") as f:
        text = f.read()
    section = text.split("## The main job, by hand\n")[1].split("\n## ")[0]
    return re.findall(r"```(\w+)\n(.*?)```", section, re.S)


def table(prefix, rows, seed):
    dice = random.Random(seed)
    return "who,age,los\n" + "".join(
        f"{prefix}{i},{dice.randint(20, 95)},{dice.randint(0, 40)}\n" for i in range(rows))


@unittest.skipUnless(os.path.exists(harness.program()), "the program is not built")
class ReadmeTest(unittest.TestCase):
    def setUp(self):
        self.site = harness.Site()
        self.addCleanup(self.site.close)
        self.dir = tempfile.mkdtemp(prefix="datasite-readme-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.owner = self.site.person("owner")

    def type(self, block, **more):
        """Runs a block with this build, site and address in place of the README's."""
        for words, ours in [("B=build", f"B={harness.BUILD}"),
                            ("--data site", f"--data {self.site.folder}"),
                            ("http://127.0.0.1:8080", self.site.url),
                            ("read -rs PASSWORD", "true"), *more.items()]:
            block = block.replace(words, ours)
        env = dict(os.environ, XDG_CONFIG_HOME=self.dir, PASSWORD=PASSWORD,
                   B=harness.BUILD)
        done = subprocess.run(["bash", "-e", "-c", block], cwd=self.dir, env=env, text=True,
                              capture_output=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, block + done.stdout + done.stderr)
        return done.stdout

    def make_dataset(self, ada):
        base = "/api/v1/datasets/admissions"
        steps = [
            self.owner.post("/api/v1/datasets", {
                "name": "admissions", "title": "Admissions", "description": "",
                "unit": {"column": "who", "max_rows": 1},
                "columns": [
                    {"name": "who", "type": "id"},
                    {"name": "age", "type": "integer", "lower": "0", "upper": "120"},
                    {"name": "los", "type": "integer", "lower": "0", "upper": "60"}],
                "budget": {"epsilon": "3", "delta": "0"}, "policy": "dp-only"}),
            self.owner.put_csv(base + "/data", table("p", 300, 1)),
            self.owner.put_csv(base + "/mock", table("m", 200, 2)),
            self.owner.post(base + "/publication"),
            self.owner.put(base + "/grants/" + ada)]
        for step in steps:
            self.assertLess(step.status, 300, step)

    def approve(self, id):
        job = self.owner.get("/api/v1/jobs/" + id)
        review = self.owner.post(
            f"/api/v1/jobs/{id}/reviews",
            {"version": 1, "source_sha256": job.json["source_sha256"],
             "decision": "approve", "comment": ""}, headers={"If-Match": job.etag})
        self.assertEqual(review.status, 201, review)

    def test_every_block_works_in_its_order(self):
        (_, serve), (_, account), (_, pull), (_, lua), (_, submit), (_, proof) = blocks()
        self.assertIn("datasite serve --data site", serve)
        self.make_dataset(self.type(account).split()[0])
        self.type(pull)
        with open(os.path.join(self.dir, "job.lua"), "w", encoding="utf-8") as f:
            f.write(lua)
        told = self.type(submit)
        self.assertIn("over_65", told)
        id = re.search(r"job_\w{26}", told).group(0)
        self.approve(id)
        told = self.type(proof, **{"job_…": id})
        self.assertIn("released", told)
        self.assertIn("\nvalid\n", told)


if __name__ == "__main__":
    unittest.main()
