"""edges_test.py -- where numbers end: extreme values, empty tables, prices at the smallest
unit, budgets that fit exactly. Nothing overflows, crashes, or fails for one table and
not for another."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import harness
from story import COUNT, Story

MOST = 2 ** 62 - 1  # of a value in fixed point
SCHEMA = {
    "unit": {"column": "who", "max_rows": 2},
    "columns": [
        {"name": "who", "type": "id"},
        {"name": "ward", "type": "category", "categories": ["A", "B"]},
        {"name": "age", "type": "integer", "lower": "0", "upper": "120"},
        {"name": "money", "type": "decimal", "decimals": 2, "lower": "-5", "upper": "5"},
        {"name": "big", "type": "integer"},
        {"name": "code", "type": "text"},
        {"name": "ok", "type": "boolean"},
    ],
}
HEAD = "who,ward,age,money,big,code,ok\n"
TABLES = {
    "empty": "",
    "single": "p,A,30,1.25,1,c,true\n",
    "all null": "".join(f"p{i},,,,,,\n" for i in range(40)) + "p,,,,,,\n" * 40,
    "least": f"p,A,{-MOST},-46116860184273879.03,{-MOST},c,false\n" * 9,
    "greatest": f"p,B,{MOST},46116860184273879.03,{MOST},d,true\n" * 9,
    "both": "".join(f"p{i},A,{MOST * (-1) ** i},0,{MOST * (-1) ** i},c{i},\n"
                    for i in range(50)),
}
# Each must be answered on every table.
MEASURES = {
    "count": 'v:count{ epsilon = 1e6 }',
    "units": 'v:count_units{ epsilon = 1e6 }',
    "sum": 'v:sum("age", { epsilon = 1e6 })',
    "sum of decimals": 'v:sum("money", { epsilon = 1e6 })',
    "sum of truth": 'v:sum("ok", { epsilon = 1e6 })',
    "mean": 'v:mean("age", { epsilon = 1e6 })',
    "mean of decimals": 'v:mean("money", { epsilon = 1e6 })',
    "mean by error": 'v:mean("age", { error = 1 })',
    "widest clip": f'v:clip("big", 0, {2 ** 60}):sum("big", {{ epsilon = 1e6 }})',
    "narrow clip": 'v:clip("big", 7, 7):sum("big", { epsilon = 1e6 })',
    "histogram": 'v:histogram("age", { bins = { 0, 60, 120 }, epsilon = 1e6 })',
    "quantile": 'v:quantile("age", { 0, 0.5, 1 }, { epsilon = 3, candidates = { 0, 120,'
                ' 10 } })',
    "keys without rows": 'v:group_by("code", { "none", "c" }):count{ epsilon = 1e6 }',
    "mean of keys without rows": 'v:group_by("ward"):mean("age", { epsilon = 1e6 })',
    "unknown keys": 'v:group_by("code"):count{ epsilon = 10, delta = 1e-9 }',
    "overflow in where": 'v:where("big * big * big >= 0 or -big - big < 9")'
                         ':count{ epsilon = 1e6 }',
    "division by zero": 'v:where("age / (age - age) > 0"):count{ epsilon = 1e6 }',
    "overflow in derive": 'v:derive("d", "big * big + age", { decimals = 0, lower = 0,'
                          ' upper = 9 }):sum("d", { epsilon = 1e6 })',
    "smallest price": 'v:count{ epsilon = 1e-9 }',
    "below the smallest": 'v:count{ epsilon = 1e-15 }',
    "far below the smallest": 'v:count{ epsilon = 1e-200 }',
    "the least of all numbers": 'v:count{ rho = 5e-324 }',
    "a part of a unit more": 'v:count{ epsilon = 1 + 2^-40 }',
    "least delta": 'v:group_by("code"):count{ epsilon = 10, delta = 1e-300 }',
    "smallest rho": 'v:count{ rho = 0.000000001 }',
    "greatest price": 'v:count{ epsilon = 900000000 }',
}
# Refused on every table, with these words and no answer. diffprivlib takes bounds that
# are missing from the data and warns; SQLite's sum() fails where the data make it overflow.
REFUSED = {
    "zero": ('v:count{ epsilon = 0 }', "positive"),
    "zero in text": ('v:count{ epsilon = "0.0" }', "positive"),
    "negative": ('v:count{ epsilon = -0.1 }', "positive"),
    "negative rho": ('v:count{ rho = "-1" }', "positive"),
    "negative zero": ('v:count{ rho = -0.0 }', "positive"),
    "negative, far below the smallest": ('v:count{ epsilon = -1e-200 }', "usual size"),
    "no number of an error": ('v:count{ error = 1e-200 }', "so small"),
    "no number": ('v:count{ epsilon = 0/0 }', "finite"),
    "infinite": ('v:count{ epsilon = 1/0 }', "finite"),
    "out of range": ('v:count{ epsilon = 1e10 }', "positive decimal number"),
    "beyond the range": ('v:count{ epsilon = 1e300 }', ""),
    "error zero": ('v:sum("age", { error = 0 })', ""),
    "two prices": ('v:count{ epsilon = 1, rho = 1 }', "one price"),
    "no price": ('v:count()', ""),
    "zero delta": ('v:group_by("code"):count{ epsilon = 1, delta = 0 }', "delta"),
    "delta for nothing": ('v:count{ epsilon = 1, delta = 0.5 }', "delta"),
    "no bounds": ('v:sum("big", { epsilon = 1 })', "bounds"),
    "clip beyond the range": (f'v:clip("big", 0, "{2 ** 62}"):sum("big",'
                              ' { epsilon = 1 })', "2^62"),
    "clip turned round": ('v:clip("age", 9, 8):sum("age", { epsilon = 1 })', ""),
    "too wide a sum": (f'v:clip("big", {-MOST}, {MOST}):sum("big", {{ epsilon = 1 }})',
                       "wide"),
}
EXACT = {  # what the answers are where noise is nothing; the last one is saturated
    "empty": {"count": 0, "units": 0, "sum": 0, "sum of truth": 0, "narrow clip": 0,
              "histogram": [0, 0], "overflow in where": 0},
    "single": {"count": 1, "units": 1, "sum": 30, "mean": 30, "sum of decimals": 1.25,
               "sum of truth": 1, "narrow clip": 7, "division by zero": 0,
               "keys without rows": {"none": 0, "c": 1}, "histogram": [1, 0]},
    "least": {"count": 2, "units": 1, "sum": 0, "sum of decimals": -10},
    "greatest": {"count": 2, "sum": 240, "sum of decimals": 10, "mean": 120,
                 "mean of decimals": 5},
    "both": {"count": 50, "units": 50, "sum": 25 * 120, "widest clip": 2 ** 63 - 1},
}


def asks(measure):
    return f'release(function() return {measure}:release().value end)'


@unittest.skipUnless(os.path.exists(harness.program()), "the program is not built")
class Tables(unittest.TestCase):
    """Offline, with the very same sandbox."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="datasite-edges-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.write("schema.json", json.dumps(SCHEMA))

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        return path

    def answers(self, table, measures):
        """{name: {"value": …} or {"error": text}} of one run over a table."""
        lines = ['local v = site.open "edges"', "local function release(f)",
                 "local good, got = pcall(f)",
                 "return good and { value = got } or { error = got } end", "return {"]
        lines += [f"[{json.dumps(name)}] = {asks(m)}," for name, m in measures.items()]
        job = self.write("job.lua", "\n".join(lines) + "\n}\n")
        done = subprocess.run(
            [harness.program(), "run", "--json", "--mock",
             self.write("mock.csv", HEAD + TABLES[table]), "--schema",
             os.path.join(self.dir, "schema.json"), job],
            capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done)
        return json.loads(done.stdout)["outputs"]

    def test_every_table_is_answered(self):
        for table in TABLES:
            told = self.answers(table, MEASURES)
            for name in MEASURES:
                with self.subTest(table=table, measure=name):
                    self.assertIn("value", told[name], told[name])
                    want = EXACT.get(table, {}).get(name)
                    if want is not None:
                        self.assertEqual(told[name]["value"], want)

    def test_refusals_do_not_depend_on_the_table(self):
        asked = {name: measure for name, (measure, _) in REFUSED.items()}
        seen = {table: self.answers(table, asked) for table in TABLES}
        for name, (_, words) in REFUSED.items():
            with self.subTest(measure=name):
                self.assertIn("error", seen["single"][name], seen["single"][name])
                self.assertIn(words, seen["single"][name]["error"])
        for table in TABLES:
            self.assertEqual(seen[table], seen["single"])


class Budgets(harness.Case):
    def test_a_budget_that_fits_exactly(self):
        story = Story(self.site, epsilon="1")
        source = ('local v = site.open("{name}") for i = 1, 10 do v:where("age > " .. i)'
                  ':count{{ epsilon = 0.1 }}:release() end return 1')
        job = story.run(source, epsilon="1")
        self.assertEqual(job["state"], "released", job)
        budget = story.budget()
        self.assertEqual((budget["spent"], budget["free"]), ("1", "0"))
        again = story.submit(COUNT + " -- more", epsilon="0.000000001")
        self.assertEqual(again["state"], "blocked", again)
        self.assertEqual(story.budget(), budget)

    def test_one_unit_beyond_the_budget_is_refused_and_charges_nothing(self):
        story = Story(self.site, epsilon="1")
        source = ('local v = site.open("{name}") v:count{{ epsilon = 0.9 }}:release() '
                  'v:count_units{{ epsilon = "0.100000001" }}:release() return 1')
        job = story.submit(source, epsilon="1")
        self.assertEqual(job["state"], "blocked", job)
        self.assertEqual(story.budget()["spent"], "0")

    def test_a_price_below_the_smallest_unit_costs_one_unit(self):
        story = Story(self.site, epsilon="1")
        job = story.run('return site.open("{name}"):count{{ epsilon = 1e-15 }}'
                        ':release().value', epsilon="0.000000001")
        self.assertEqual(job["state"], "released", job)
        self.assertEqual(story.budget()["spent"], "0.000000001")

    def test_budgets_that_are_none(self):
        owner = self.site.person("owner")
        for n, budget in enumerate((
                {"epsilon": "-1"}, {"epsilon": "1e3"}, {"epsilon": "NaN"},
                {"epsilon": ""}, {"epsilon": "1000000001"}, {"epsilon": 1},
                {"epsilon": "9" * 400}, {"epsilon": "1", "delta": "1"},
                {"epsilon": "1", "delta": "-0.1"})):
            answer = owner.post("/api/v1/datasets", {
                "name": f"none-{n}", "title": "None", "description": "", **SCHEMA,
                "budget": budget, "policy": "dp-only"})
            self.assertIn(answer.status, (400, 422), (budget, answer))

    def test_values_beyond_the_range_are_rejected_in_their_place(self):
        story = Story(self.site, publish=False)
        for value in (2 ** 63 - 1, -2 ** 63, 2 ** 62, -2 ** 62, 10 ** 40):
            answer = story.owner.put_csv(
                story.path + "/data", f"person,ward,age,los\np,A,{value},1\n")
            self.assertProblem(answer, 422)
            self.assertEqual(answer.json["errors"][0]["line"], 2)
        answer = story.owner.put_csv(
            story.path + "/data", f"person,ward,age,los\np,A,{MOST},{-MOST}\n")
        self.assertEqual((answer.status, answer.json["rows"]), (201, 1))

    def test_tables_without_rows(self):
        """A header alone is data; the answers are as for any other table."""
        story = Story(self.site, data_rows=0)
        job = story.run('local v = site.open("{name}") return {{ v:count{{ epsilon = 9 }}'
                        ':release().value, v:mean("age", {{ epsilon = 1 }})'
                        ':release().value }}', epsilon="10")
        self.assertEqual(job["state"], "released", job)


if __name__ == "__main__":
    unittest.main()
