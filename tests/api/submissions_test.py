"""submissions_test.py -- written submissions with a mechanical fault each, from the causes for
which output checkers send requests back: every one is named before a person has to look."""
import glob
import json
import os
import random
import unittest

import harness

FOLDER = os.path.join(harness.ROOT, "tests/golden/submissions")
SCHEMA = {
    "unit": {"column": "person", "max_rows": 2},
    "columns": [
        {"name": "person", "type": "id"},
        {"name": "ward", "type": "category", "categories": ["A", "B", "C", "Z"],
         "public_categories": True},
        {"name": "code", "type": "category", "categories": ["x", "y"],
         "public_categories": False},
        {"name": "age", "type": "integer", "lower": "0", "upper": "120"},
        {"name": "los", "type": "integer", "lower": "0", "upper": "30"},
        {"name": "cost", "type": "integer"},
        {"name": "smoker", "type": "boolean"},
        {"name": "died", "type": "boolean"}]}
POLICY = {
    "name": "careful", "title": "Careful",
    "lanes": {"dp": {"release": "auto"}, "exact": {"release": "held"}},
    "input": {"context": True, "source_bytes": 2000, "columns": {"forbid": ["died"]}},
    "limits": {"questions": 20, "output_bytes": 4000, "cpu_ms": 400, "wall_ms": 10000,
               "memory_bytes": 33554432},
    "output": {"exceptions": "never"}}


def table(seed):
    """200 rows of 100 persons: ward Z is empty, few are old, one is dear."""
    r = random.Random(seed)
    lines = ["person,ward,code,age,los,cost,smoker,died"]
    for i in range(200):
        ward = r.choice("ABC")
        age = 90 + i // 2 if i < 8 else r.randint(20, 80)
        cost = 900000 if i == 20 else r.randint(0, 100)
        smoker = "true" if ward == "B" else r.choice(("true", "false"))
        lines.append(f"p{i // 2},{ward},{r.choice('xy')},{age},{r.randint(0, 30)},{cost},"
                     f"{smoker},{r.choice(('true', 'false'))}")
    return "\n".join(lines) + "\n"


class Submissions(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner = cls.site.person("owner")
        cls.author = cls.site.person("researcher")
        path = "/api/v1/datasets/stays"
        for answer in (
                cls.owner.post("/api/v1/datasets", {
                    "name": "stays", "title": "Stays", **SCHEMA, "budget": {"epsilon": "100"},
                    "policy": POLICY}),
                cls.owner.put_csv(path + "/data", table(1)),
                cls.owner.put_csv(path + "/mock", table(2)),
                cls.owner.post(path + "/publication"),
                cls.owner.put(f"{path}/grants/{cls.author.user['id']}"),
                cls.author.post("/api/v1/projects", {
                    "title": "Wards", "purpose": "To know.", "datasets": ["stays"]})):
            assert answer.status in (200, 201), answer
        cls.project = answer.json["id"]

    def submit(self, folder):
        with open(os.path.join(folder, "case.json"), encoding="utf-8") as f:
            case = json.load(f)
        with open(os.path.join(folder, "job.lua"), encoding="utf-8") as f:
            source = f.read()
        answer = self.author.post("/api/v1/jobs", {
            "project": self.project, "dataset": "stays", "title": "A question",
            "question": case.get("question", "How many are there?"), "lane":
            case.get("lane", "dp"), "max_budget": {"epsilon": case.get("epsilon", "1")},
            "source": source + "-- " + os.path.basename(folder) + "\n",
            "outputs": case.get("outputs", [{"name": "n", "description": "how many"}])})
        self.assertEqual(answer.status, 201, answer)
        path = f"/api/v1/jobs/{answer.json['id']}"
        return case, self.author.wait(path, lambda j: j["state"] != "checking", 60).json

    def test_every_fault_is_named_before_a_person_looks(self):
        folders, caught, blocked = sorted(glob.glob(FOLDER + "/*/")), 0, 0
        self.assertEqual(len(folders), 40)
        for folder in folders:
            name = os.path.basename(folder.rstrip("/"))
            with self.subTest(name):
                case, job = self.submit(folder.rstrip("/"))
                expect = {e["rule"]: e for e in job["quote"]["expect"]}
                self.assertIn(case["rule"], expect, (job["state"], job["requirements"]))
                hint = expect[case["rule"]]
                self.assertGreater(len(hint["fix"]), 10)
                self.assertEqual(job["state"] == "blocked", "block" in {
                    e["weight"] for e in expect.values()}, (job["state"], expect))
                seen = self.owner.get(f"/api/v1/jobs/{job['id']}").json["quote"]
                self.assertEqual(seen, job["quote"], "owner and author see the same card")
                caught += 1
                blocked += job["state"] == "blocked"
        print(f"submissions: {caught} of {len(folders)} caught, {blocked} of them blocked")

    def test_a_sound_one_passes(self):
        answer = self.author.post("/api/v1/jobs", {
            "project": self.project, "dataset": "stays", "title": "A question",
            "question": "How many stay long?", "lane": "dp", "max_budget": {"epsilon": "0.5"},
            "source": 'local v = site.open "stays"\nreturn { n = v:where "los > 7":count'
                      '{ epsilon = 0.5 }:release().value }\n',
            "outputs": [{"name": "n", "description": "stays of more than a week"}]})
        job = self.author.wait(answer.headers["location"],
                               lambda j: j["state"] != "checking").json
        self.assertEqual((job["state"], job["quote"]["expect"]), ("in_review", []), job)


if __name__ == "__main__":
    unittest.main()
