"""quote_test.py -- the quote card: what is read and why, what it costs, which checks will
apply and which rejections to expect; and the risk report for the owner."""
import math
import unittest

import harness
from story import COUNT, EXACT, SCHEMA, Story

HEAD = 'local v = site.open "{name}"\n'
MANY = HEAD + '''local old = v:where "age >= 65 and ward ~= 'C'"
local n = old:count{{ epsilon = 0.1 }}:release()
local m = v:clip("los", 0, 20):mean("los", {{ epsilon = 0.2 }}):release()
local w = v:group_by("ward"):count{{ epsilon = 0.1 }}:release()
return {{ n = n.value, m = m.value, w = w }}'''


class Quote(harness.Case):
    def setUp(self):
        self.story = Story(self.site, policy="open-review", epsilon="100")

    def quote(self, source, lane="dp", by=None):
        answer = (by or self.story.researcher).post("/api/v1/quotes", {
            "dataset": self.story.name, "source": source.format(
                name=self.story.name, epsilon=1), "lane": lane})
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def uses(self, source, **more):
        return {r["column"]: (r["needed"], r["uses"])
                for r in self.quote(source, **more)["reads"]}

    def rules(self, source, **more):
        return {e["rule"]: e["weight"] for e in self.quote(source, **more)["expect"]}

    def test_columns_and_why(self):
        self.assertEqual(self.uses(MANY), {
            "age": (True, ["where"]), "ward": (True, ["where", "group"]),
            "los": (True, ["clip", "measure"])})
        derived = HEAD + 'local d = v:derive("x", "los * 2 + age", {{ decimals = 0, lower = 0,' \
            ' upper = 200 }})\nreturn {{ n = d:sum("x", {{ epsilon = 1 }}):release().value }}'
        self.assertEqual(self.uses(derived),
                         {"los": (True, ["derive"]), "age": (True, ["derive"])})
        mapped = HEAD + 'local d = v:map("x", {{ lower = 0, upper = 1, default = 0 }},' \
            ' "return row.age > 50 and 1 or 0")\n' \
            'return {{ n = d:sum("x", {{ epsilon = 1 }}):release().value }}'
        self.assertEqual(self.uses(mapped), {"age": (True, ["map"])})
        parted = HEAD + 'local n = v:partition("ward", {{ "A", "B" }}).A:truncate{{ rows = 1 }}' \
            ':count{{ epsilon = 1 }}:release().value\nreturn {{ n = n }}'
        self.assertEqual(self.uses(parted), {"ward": (True, ["partition"])})

    def test_a_column_that_is_not_needed(self):
        source = HEAD + 'local c = v:clip("los", 0, 5)\n' \
            'return {{ n = c:count{{ epsilon = 1 }}:release().value, why = "age" }}'
        self.assertEqual(self.uses(source), {"los": (False, ["clip"]), "age": (False, [])})
        self.assertEqual(self.rules(source), {"column-not-needed": "advice"})

    def test_measurements_carry_lane_price_error_and_checks(self):
        source = HEAD + 'local n = v:count{{ epsilon = 0.5 }}:release().value\n' \
            'return {{ n = n, s = v:sum("los", {{}}):exact(),' \
            ' c = v:collect("return #rows") }}'
        quote = self.quote(source, "rows")
        by_lane = {m["lane"]: m for m in quote["measurements"]}
        self.assertEqual(set(by_lane), {"dp", "exact", "rows"})
        self.assertEqual((by_lane["dp"]["epsilon"], by_lane["dp"]["error95"]), ("0.5", "12"))
        self.assertIn("max_budget", by_lane["dp"]["checks"])
        self.assertIn("dominance", by_lane["exact"]["checks"])
        self.assertEqual(by_lane["rows"]["checks"], ["evidence"])
        self.assertEqual((quote["release"], quote["approvals"]), ("held", 1))
        thresholds = {c["name"]: c["threshold"] for c in quote["checks"]
                      if c["lane"] == "exact"}
        self.assertEqual((thresholds["minimum_persons"], thresholds["dominance"]), (10, 90))
        self.assertEqual(self.quote(COUNT)["release"], "auto")

    def test_what_is_exact_and_small_on_the_mock(self):
        small = HEAD + 'return {{ n = v:where "age == 5":count{{}}:exact() }}'
        rules = self.rules(small, lane="exact")
        self.assertEqual(rules.get("minimum_persons"), "advice")
        self.story.owner.put(self.story.path + "/policy", {"name": "acro-uk"})
        self.assertEqual(self.rules(small, lane="exact").get("minimum_persons"), "hold")
        self.assertEqual(self.rules(EXACT.replace("{{ epsilon = 1 }}", "{{}}"), lane="exact"),
                         {})

    def test_texts_that_stand_nowhere(self):
        source = HEAD + 'local n = v:count{{}}:exact()\n' \
            'return {{ n = n, t = ("ab"):rep(2), u = "literal", w = "A" }}'
        self.assertIn("output_texts", self.rules(source, lane="exact"))
        self.assertNotIn("output_texts", self.rules(
            source.replace('("ab"):rep(2)', '"abab"'), lane="exact"))

    def test_what_fails_on_an_awkward_mock(self):
        source = HEAD + 'local n = v:where "age > 5":count{{ epsilon = 50 }}:release().value\n' \
            'if n < 40 then error("too few") end\nreturn {{ n = n }}'
        job = self.story.submit(source, "50")
        expect = {e["rule"]: e for e in job["quote"]["expect"]}
        self.assertEqual((expect["adverse-mock"]["weight"], expect["adverse-mock"]["line"]),
                         ("advice", 3), job)

    def test_evidence_of_the_mock_is_not_shown(self):
        body = {"dataset": self.story.name, "lane": "exact", "source":
                HEAD.format(name=self.story.name) + 'return { n = v:count{}:exact() }'}
        for path in ("/api/v1/quotes", "/api/v1/mock_runs"):
            answer = self.story.researcher.post(path, body)
            self.assertTrue(answer.json["measurements"][0]["exact"])
            self.assertNotIn("evidence", answer.json["measurements"][0])

    def test_owner_and_author_see_the_same_card(self):
        job = self.story.submit(MANY)
        theirs = self.story.owner.get(f"/api/v1/jobs/{job['id']}").json["quote"]
        self.assertEqual(theirs, job["quote"])
        own = self.quote(MANY, by=self.story.owner)
        for member in ("columns", "reads", "measurements", "total", "checks"):
            self.assertEqual(own[member], job["quote"][member])

    def test_a_script_that_fails_still_has_a_card(self):
        quote = self.quote(HEAD + 'return {{ n = v:sum("lost", {{ epsilon = 1 }}) }}')
        self.assertEqual((quote["reads"], quote["measurements"]), ([], []))
        self.assertEqual(quote["expect"][0]["weight"], "block")


class Risk(harness.Case):
    def risk(self, story, job, by=None):
        answer = (by or story.owner).get(f"/api/v1/jobs/{job['id']}/risk")
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def test_odds_of_the_job_and_of_the_dataset(self):
        story = Story(self.site, epsilon="3")
        story.run(COUNT, "0.5")
        job = story.submit(COUNT + " -- more", "1")
        odds = self.risk(story, job)["odds"]
        for name, epsilon in (("job", 1), ("spent", 0.5), ("with_job", 1.5), ("limit", 3)):
            self.assertEqual(float(odds[name]["epsilon"]), epsilon)
            right = math.exp(epsilon) / (1 + math.exp(epsilon))
            self.assertAlmostEqual(float(odds[name]["posterior"]), right, 4)
            self.assertAlmostEqual(float(odds[name]["advantage"]), 2 * right - 1, 4)

    def test_odds_of_a_budget_with_delta(self):
        story = Story(self.site, epsilon="4", delta="0.00001")
        odds = self.risk(story, story.submit(COUNT, "0.1"))["odds"]
        self.assertAlmostEqual(float(odds["limit"]["epsilon"]), 4, 0)
        self.assertEqual(odds["job"]["epsilon"], "0.1", "one pure answer")
        self.assertGreater(float(odds["job"]["posterior"]), 0.5)
        self.assertLess(float(odds["job"]["posterior"]), float(odds["limit"]["posterior"]))

    def test_influence_of_the_largest(self):
        story = Story(self.site, policy="open-review", epsilon="100")
        source = HEAD + 'return {{ n = v:count{{}}:exact(), s = v:sum("los", {{}}):exact() }}'
        job = story.submit(source, lane="exact")
        self.assertEqual(self.risk(story, job)["influence"], [])
        self.assertEqual(story.review(job).status, 201)
        story.wait(job, "held")
        count, total = self.risk(story, job)["influence"]
        self.assertEqual((count["cells"], count["one_percent"], count["two_percent"]), (1, 1, 2))
        self.assertEqual(total["label"], "sum(los)")
        self.assertLessEqual(total["one_percent"], total["two_percent"])
        self.assertLess(total["two_percent"], 20)

    def test_persons_who_stand_alone(self):
        story = Story(self.site, publish=False)
        columns = [dict(c) for c in SCHEMA["columns"]]
        columns[1]["sensitivity"] = columns[2]["sensitivity"] = "quasi"
        story.name, story.path = story.name + "-q", story.path + "-q"
        made = story.owner.post("/api/v1/datasets", {
            "name": story.name, "title": "A table", "unit": SCHEMA["unit"],
            "columns": columns, "budget": {"epsilon": "9"}, "policy": "dp-only"})
        self.assertEqual(made.status, 201, made)
        story.dataset = made.json
        story.publish()
        wards = HEAD + 'return {{ n = v:group_by("ward"):count{{ epsilon = 1 }}:release() }}'
        ages = HEAD + 'return {{ n = v:where "age > 5 and ward == \'A\'"' \
            ':count{{ epsilon = 1 }}:release().value }}'
        seen = self.risk(story, story.submit(wards))["uniqueness"]
        self.assertEqual(seen, {"columns": ["ward"], "unique_percent": 0})
        seen = self.risk(story, story.submit(ages))["uniqueness"]
        self.assertEqual(seen["columns"], ["ward", "age"])
        self.assertGreater(seen["unique_percent"], 50)
        self.assertEqual(seen["unique_percent"] % 5, 0)
        self.assertIsNone(self.risk(story, story.submit(COUNT))["uniqueness"])

    def test_is_for_the_owner_alone(self):
        rita = self.site.person("owner", name="rita")
        both = self.site.person("owner", "researcher", name="both")
        story = Story(self.site)
        story.owner.patch(story.path, {"reviewers": [rita.user["id"]]})
        story.grant(both)
        story.project = story.project_of(both)
        job = story.submit(by=both)
        for person, status in ((rita, 403), (both, 403), (story.researcher, 403),
                               (self.site.person("owner", name="stranger"), 404)):
            self.assertProblem(person.get(f"/api/v1/jobs/{job['id']}/risk"), status)


if __name__ == "__main__":
    unittest.main()
