"""schemathesis_test.py -- property-based calls made from schema/openapi.json against a live
server, as each role: no 5xx, no status or content type that the document does not name, no
answer outside its schema. Schemathesis comes from PyPI into a virtual environment beside the
build; where that is not to be had, the tests are skipped with a notice."""
import os
import subprocess
import sys
import unittest

import harness

VERSION = "schemathesis==4.32.5"
FOLDER = os.path.join(os.path.dirname(harness.BUILD), "schemathesis")
CHECKS = ("not_a_server_error,status_code_conformance,content_type_conformance,"
          "response_headers_conformance,response_schema_conformance")
DATASET = {"name": "wards", "title": "Wards", "description": "For generated calls.",
           "unit": None, "budget": {"epsilon": "10"}, "policy": "dp-only",
           "columns": [{"name": "ward", "type": "category", "categories": ["A", "B"]},
                       {"name": "days", "type": "integer", "lower": "0", "upper": "30"}]}


def tool():
    """The path of `st`, made on first use."""
    st = os.path.join(FOLDER, "bin", "st")
    if os.path.exists(st):
        return st
    steps = ([sys.executable, "-m", "venv", FOLDER],
             [os.path.join(FOLDER, "bin", "pip"), "install", "--quiet", VERSION])
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            notice = f"schemathesis is not to be had: {done.stderr.strip()[-200:]}"
            print(notice, file=sys.stderr)
            raise unittest.SkipTest(notice)
    return st


class SchemathesisTest(harness.Case):
    config = {"requests_per_s": 0}

    @classmethod
    def setUpClass(cls):
        cls.st = tool()
        super().setUpClass()
        owner = cls.site.person("owner")
        owner.post("/api/v1/datasets", DATASET)
        owner.post("/api/v1/datasets/wards/mock/generation", {"rows": 20, "seed": 1})

    def run_as(self, person, phases, examples, seconds):
        with open(os.path.join(self.site.folder, "schemathesis.toml"), "w",
                  encoding="utf-8") as f:
            f.write('[parameters]\n"path.name" = "wards"\n')
        done = subprocess.run(
            [self.st, "--config-file", f.name, "run",
             os.path.join(harness.ROOT, "schema/openapi.json"), "--url", self.site.url,
             "--checks", CHECKS, "--phases", phases, "--max-examples", str(examples),
             "--seed", "7", "--max-time", str(seconds), "--continue-on-failure",
             "--no-shrink", "--suppress-health-check", "all", "--warnings", "off",
             "--exclude-operation-id", "events_stream",  # has no end
             "--exclude-path", "/api/v1/session",        # ends the session that asks
             "-H", f"Cookie:{person.cookie}", "-H", f"X-CSRF-Token:{person.csrf}"],
            capture_output=True, text=True, cwd=self.site.folder, check=False)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr[-2000:])
        self.assertEqual(self.site.nobody().get("/healthz").status, 200)
        self.assertNotIn('"level":"error"', self.site.server_log())

    def test_as_each_role(self):
        for role in ("researcher", "owner", "admin", "auditor"):
            with self.subTest(role):
                self.run_as(self.site.person(role), "examples,coverage", 3, 25)

    def test_as_one_who_may_everything(self):
        person = self.site.person("researcher", "owner", "admin", "auditor")
        self.run_as(person, "fuzzing", 20, 40)


if __name__ == "__main__":
    unittest.main()
