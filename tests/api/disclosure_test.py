"""disclosure_test.py -- exact answers at the second gate: checks with their thresholds, and
policies under which a result that fails them goes nowhere."""
import collections

import harness
from story import Story, rows

SUM = ('return {{ n = site.open("{name}"):where "ward == \'A\'":clip("los", 0, 30)'
       ':sum("los", {{ epsilon = 1 }}):exact() }}')
ALL = 'return {{ n = site.open("{name}"):count{{ epsilon = 1 }}:exact() }}'
# Two rows of the table that every story holds have this age, and no more.
AGES = collections.Counter(line.split(",")[2] for line in rows(200).splitlines()[1:])
RARE = next(age for age, n in AGES.items() if n == 2)
FEW = ('return {{ n = site.open("{name}"):where "age == ' + RARE +
       '":count{{ epsilon = 1 }}:exact() }}')
TABLE = 'return site.open("{name}"):group_by("ward"):count{{ epsilon = 1 }}:exact()'
NOBODY = ('return site.open("{name}"):where "ward ~= \'B\'":group_by("ward")'
          ':count{{ epsilon = 1 }}:exact()')


class Disclosure(harness.Case):
    def held(self, policy, source):
        story = Story(self.site, policy=policy)
        job = story.run(source, lane="exact")
        self.assertEqual(job["state"], "held", job)
        sealed = story.owner.get(f"/api/v1/jobs/{job['id']}/sealed_result")
        self.assertEqual(sealed.status, 200, sealed)
        return story, job, {c["name"]: c for c in sealed.json["checks"]}, sealed

    def decide(self, story, job, comment=None):
        path = f"/api/v1/jobs/{job['id']}"
        body = {"decision": "release"}
        if comment is not None:
            body["comment"] = comment
        return story.owner.post(path + "/release", body,
                                headers={"If-Match": story.owner.get(path).etag})

    def test_large_cells_pass_everywhere(self):
        for policy in ("acro-uk", "datashield", "opensafely", "open-review"):
            for source in (ALL, TABLE, SUM):
                with self.subTest(policy=policy, source=source):
                    story, job, checks, _ = self.held(policy, source)
                    self.assertTrue(all(c["met"] for name, c in checks.items()
                                        if name != "differentially_private"), checks)
                    self.assertEqual(self.decide(story, job).status, 201)

    def test_few_persons(self):
        for policy, least in (("acro-uk", 10), ("datashield", 3), ("opensafely", 8)):
            with self.subTest(policy):
                story, job, checks, _ = self.held(policy, FEW)
                check = checks["minimum_persons"]
                self.assertFalse(check["met"])
                self.assertEqual(check["threshold"], least)
                self.assertProblem(self.decide(story, job), 409, "policy")
                state = story.owner.get(f"/api/v1/jobs/{job['id']}").json["state"]
                self.assertEqual(state, "held")

    def test_an_exception_needs_a_comment_where_there_are_any(self):
        story, job, _, _ = self.held("acro-uk", FEW)
        self.assertProblem(self.decide(story, job, ""), 409, "policy")
        self.assertEqual(self.decide(story, job, "They agreed to it.").status, 201)
        story, job, _, _ = self.held("opensafely", FEW)
        self.assertProblem(self.decide(story, job, "They agreed to it."), 409, "policy")

    def test_checks_advise_under_open_review(self):
        story, job, checks, _ = self.held("open-review", FEW)
        self.assertFalse(checks["minimum_persons"]["met"])
        self.assertEqual(self.decide(story, job).status, 201)

    def test_empty_cells(self):
        _, _, checks, _ = self.held("acro-uk", NOBODY)
        self.assertFalse(checks["empty_cells"]["met"])
        _, _, checks, _ = self.held("datashield", NOBODY)
        self.assertNotIn("empty_cells", checks)

    def test_evidence_is_nobodys_to_read(self):
        story, job, _, sealed = self.held("open-review", TABLE)
        self.assertTrue(all("evidence" not in m for m in sealed.json["measurements"]))
        self.decide(story, job)
        answer = story.researcher.get(f"/api/v1/jobs/{job['id']}/result")
        self.assertEqual(answer.status, 200, answer)
        self.assertNotIn("evidence", answer.text)

    def test_outputs(self):
        """Rows written into one number, as many numbers, as text; and a text made of parts."""
        head = 'local n = site.open("{name}"):count{{ epsilon = 1 }}:exact()\n'
        cases = {
            "output_texts": head + 'return {{ t = "A" .. n }}',
            "output_entropy": head + 'local t = {{}} for i = 1, 1500 do t[i] = n * 1001 + i end\n'
                                     'return t',
            "output_size": head + 'local t = {{}} for i = 1, 5001 do t[i] = true end\nreturn t',
        }
        for name, source in cases.items():
            with self.subTest(name):
                story, job, checks, _ = self.held("datashield", source)
                self.assertFalse(checks[name]["met"], checks)
                self.assertProblem(self.decide(story, job), 409, "policy")
        story, job, checks, _ = self.held(
            "datashield", head + 'return {{ n = n, half = n / 2, text = "A", more = true }}')
        self.assertTrue(all(checks[name]["met"] for name in cases), checks)
        self.assertEqual(self.decide(story, job).status, 201)

    def test_models(self):
        source = ('return {{ m = site.open("{name}"):where "{where}"'
                  ':fit{{ model = "linear", target = "los", columns = {{ "age" }},'
                  ' epsilon = 1 }}:exact() }}')
        _, _, checks, _ = self.held("acro-uk", source.replace("{where}", "age >= 0"))
        for name in ("degrees_of_freedom", "saturated_model", "all_equal", "rare_values"):
            self.assertTrue(checks[name]["met"], checks)
        _, _, checks, _ = self.held("acro-uk", source.replace("{where}", f"age == {RARE}"))
        for name in ("degrees_of_freedom", "saturated_model", "all_equal", "minimum_persons"):
            self.assertFalse(checks[name]["met"], checks)

    def test_extremes(self):
        source = ('return {{ q = site.open("{name}"):quantile("los", {{ {q} }},'
                  ' {{ epsilon = 1, candidates = {{ 0, 30, 1 }} }}):exact() }}')
        for q, met in (("0.5", True), ("0.95", True), ("0.99", False), ("1", False)):
            with self.subTest(q):
                _, _, checks, _ = self.held("acro-uk", source.replace("{q}", q))
                self.assertEqual(checks["extremes"]["met"], met, checks)

    def test_a_policy_of_ones_own(self):
        story = Story(self.site)
        document = {"name": "mine", "title": "Mine", "lanes": {"exact": {"release": "held"}},
                    "output": {"persons_min": 1000, "exceptions": "never"}}
        answer = story.owner.put(story.path + "/policy", document)
        self.assertEqual(answer.status, 200, answer)
        job = story.run(ALL, lane="exact")
        self.assertProblem(self.decide(story, job), 409, "policy")
        document["output"]["exceptions"] = "sometimes"
        answer = story.owner.put(story.path + "/policy", document)
        self.assertIn(answer.status, (400, 422), answer)


if __name__ == "__main__":
    import unittest
    unittest.main()
