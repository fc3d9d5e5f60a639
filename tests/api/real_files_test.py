"""real_files_test.py -- the main job on real tables, where they lie beside the repository."""
import csv
import io
import unittest

import harness
from story import Story

EPSILON = "1000000"


class RealFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def story_of(self, file, name, unit=None):
        """A published dataset of the file, declared as the server suggests."""
        with open(harness.private_file(file), "rb") as f:
            text = f.read()
        owner = self.site.person("owner")
        schema = owner.call("POST", "/api/v1/datasets/suggestions", text, type="text/csv",
                            timeout=120)
        self.assertEqual(schema.status, 200, schema)
        columns = [{k: v for k, v in c.items() if k != "description"}
                   for c in schema.json["columns"]]
        for column in columns:
            if unit and column["name"] == unit["column"]:
                column.clear()
                column.update(name=unit["column"], type="id")
        story = Story.__new__(Story)
        story.site, story.owner = self.site, owner
        story.admin = self.site.person("admin")
        story.researcher = self.site.person("researcher")
        story.name, story.path = name, "/api/v1/datasets/" + name
        made = owner.post("/api/v1/datasets", {
            "name": name, "title": file, "unit": unit, "columns": columns,
            "budget": {"epsilon": "10000000"}, "policy": "open-review"})
        self.assertEqual(made.status, 201, made)
        story.dataset = made.json
        loaded = owner.put_csv(story.path + "/data", text)
        self.assertEqual(loaded.status, 201, loaded)
        for path, body in (("/mock/generation", {"rows": 500, "seed": 1}),
                           ("/publication", {})):
            answer = owner.post(story.path + path, body)
            self.assertEqual(answer.status, 201, answer)
        story.grant(story.researcher)
        story.project = story.project_of(story.researcher)
        return story, list(csv.DictReader(io.StringIO(text.decode("utf-8-sig")))), loaded

    def outputs(self, story, source, lane="dp"):
        job = story.run(source, epsilon=EPSILON, lane=lane)
        self.assertIn(job["state"], ("released", "held"), job)
        reader, path = ((story.researcher, "result") if job["state"] == "released"
                        else (story.owner, "sealed_result"))
        return reader.get(f"/api/v1/jobs/{job['id']}/{path}").json["outputs"]

    def test_wisconsin(self):
        story, rows, loaded = self.story_of("wisconsin_breast_cancer.csv", "wisconsin")
        self.assertEqual(loaded.json["rows"], len(rows))
        self.assertEqual(self.outputs(
            story, 'return site.open("{name}"):count{{ epsilon = {epsilon} }}'
                   ':release().value'), len(rows))

    def test_encounters_by_patient(self):
        unit = {"column": "patient_nbr", "max_rows": 9}
        story, rows, loaded = self.story_of("diabetes_encounters.csv", "encounters", unit)
        self.assertEqual(loaded.json["rows"], len(rows))
        # Sums of another kind of arithmetic than ours: Python's.
        column = "time_in_hospital"
        exact = self.outputs(story, 'local v = site.open("{name}"):clip("' + column + '", 0, 100)\n'
                             'return {{ n = v:count{{ epsilon = 1 }}:exact(), days = '
                             'v:sum("' + column + '", {{ epsilon = 1 }}):exact() }}', "exact")
        self.assertEqual(exact, {"n": len(rows),
                                 "days": sum(int(r[column]) for r in rows)})
        noisy = self.outputs(story, 'local v = site.open("{name}"):clip("' + column + '", 0, 100)\n'
                             'return {{ days = v:sum("' + column + '", {{ epsilon = {epsilon} }})'
                             ':release().value }}')
        self.assertEqual(noisy["days"], exact["days"])


if __name__ == "__main__":
    unittest.main()
