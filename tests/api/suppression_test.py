"""suppression_test.py -- tables leave with small cells withheld, and with so many others
that no withheld cell follows from what is told and the margins: the equations are solved."""
import collections
import csv
import fractions

import harness
from story import Story

COLUMNS = ("patient_nbr", "race", "age", "gender")
LEAST = 10
TABLE = 'return site.open("{name}"):group_by("race", "age"):count{{ epsilon = 1 }}:exact()'
RACES = 'return site.open("{name}"):group_by("race"):count{{ epsilon = 1 }}:exact()'


def policy(**output):
    return {"name": "tables", "title": "Tables", "lanes": {"exact": {"release": "held"}},
            "output": {"persons_min": LEAST, "zeros": False, "exceptions": "never", **output}}


def solved(equations, unknowns):
    """The unknowns that a system of sums fixes: Gauss-Jordan over the rationals."""
    rows = [[fractions.Fraction(int(u in e)) for u in unknowns] for e in equations]
    rank = 0
    for c in range(len(unknowns)):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][c]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        head = rows[rank][c]
        rows[rank] = [v / head for v in rows[rank]]
        for i, row in enumerate(rows):
            if i != rank and row[c]:
                rows[i] = [v - row[c] * w for v, w in zip(row, rows[rank])]
        rank += 1
    return {unknowns[next(c for c, v in enumerate(row) if v)]
            for row in rows if sum(v != 0 for v in row) == 1}


class Suppression(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with open(harness.private_file("diabetes_encounters.csv"), encoding="utf-8-sig") as f:
            cls.rows = [{k: r[k] for k in COLUMNS} for r in csv.DictReader(f)]
        cls.values = {k: sorted({r[k] for r in cls.rows}) for k in COLUMNS[1:]}
        cls.counts = collections.Counter((r["race"], r["age"]) for r in cls.rows)
        cls.people = collections.defaultdict(set)
        for r in cls.rows:
            cls.people[r["race"], r["age"]].add(r["patient_nbr"])

    def story(self, document):
        lines = [",".join(COLUMNS)] + [",".join(r[k] for k in COLUMNS) for r in self.rows]
        story = Story(self.site, policy=document, data="\n".join(lines) + "\n", schema={
            "unit": {"column": "patient_nbr", "max_rows": 40},
            "columns": [{"name": "patient_nbr", "type": "id"}] + [
                {"name": k, "type": "category", "categories": v}
                for k, v in self.values.items()]})
        return story

    def held(self, story, source):
        job = story.run(source, lane="exact")
        self.assertEqual(job["state"], "held", job)
        sealed = story.owner.get(f"/api/v1/jobs/{job['id']}/sealed_result").json
        return job, sealed, {c["name"]: c for c in sealed["checks"]}

    def decide(self, story, job):
        path = f"/api/v1/jobs/{job['id']}"
        return story.owner.post(path + "/release", {"decision": "release"},
                                headers={"If-Match": story.owner.get(path).etag})

    def cells(self):
        return [(r, a) for r in self.values["race"] for a in self.values["age"]]

    def test_nothing_follows_from_the_margins(self):
        story = self.story(policy(suppress=True))
        job, sealed, checks = self.held(story, TABLE)
        told = sealed["outputs"]
        withheld = [c for c in self.cells() if told[c[0]][c[1]] is None]
        small = {c for c in self.cells() if 0 < len(self.people[c]) < LEAST}
        self.assertGreater(len(small), 5)
        self.assertTrue(small <= set(withheld))
        self.assertLess(len(withheld), len(self.cells()))
        for c in set(self.cells()) - set(withheld):
            self.assertEqual(told[c[0]][c[1]], self.counts[c])
        lines = [[c for c in withheld if c[axis] == v]
                 for axis, k in enumerate(("race", "age")) for v in self.values[k]]
        self.assertEqual(solved([set(line) for line in lines if line], withheld), set())
        for line in lines:  # what a line withholds follows as a sum
            self.assertTrue(not line or sum(len(self.people[c]) for c in line) >= LEAST, line)
        self.assertTrue(checks["suppression"]["met"], checks)
        named = {tuple(w["key"]): w["why"] for w in checks["suppression"]["withheld"]}
        self.assertEqual(set(named), set(withheld))
        self.assertEqual({c for c, why in named.items() if why == "small"}, small)
        self.assertTrue(checks["minimum_persons"]["met"], checks)
        self.assertEqual(self.decide(story, job).status, 201)
        result = story.researcher.get(f"/api/v1/jobs/{job['id']}/result").json
        self.assertEqual(result["outputs"], told)
        self.assertNotIn("withheld", str(result["measurements"]))
        # The margins may follow; the table told again with other cells withheld may not.
        answer = self.decide(story, self.held(story, RACES)[0])
        self.assertEqual(answer.status, 201, answer)

    def test_the_solver_sees_what_primary_suppression_alone_gives_away(self):
        small = [c for c in self.cells() if 0 < len(self.people[c]) < LEAST]
        lines = [{c for c in small if c[axis] == v}
                 for axis, k in enumerate(("race", "age")) for v in self.values[k]]
        self.assertTrue(solved([line for line in lines if line], small))

    def test_without_the_rule_the_table_is_refused(self):
        story = self.story(policy())
        job, sealed, checks = self.held(story, TABLE)
        self.assertFalse(checks["minimum_persons"]["met"])
        self.assertNotIn("suppression", checks)
        self.assertProblem(self.decide(story, job), 409, "policy")

    def test_a_script_never_sees_what_is_withheld(self):
        """It may compute with the rest; nothing that it returns can depend on a withheld cell."""
        story = self.story(policy(suppress=True))
        source = ('local t = site.open("{name}"):group_by("race", "age")\n'
                  ':count{{ epsilon = 1 }}:exact()\nlocal n, sum, list = 0, 0, {{}}\n'
                  'for _, ages in pairs(t) do for _, c in pairs(ages) do\n'
                  'if c then sum = sum + c else n = n + 1\nlist[n] = c end end end\n'
                  'return {{ t = t, n = n, sum = sum, list = list }}')
        job, sealed, checks = self.held(story, source)
        told = sealed["outputs"]
        withheld = {c for c in self.cells() if told["t"][c[0]][c[1]] is None}
        self.assertEqual(told["n"], len(withheld))
        self.assertEqual(told["sum"], sum(n for c, n in self.counts.items() if c not in withheld))
        self.assertEqual(told["list"], [False] * len(withheld))
        self.assertTrue(checks["suppression"]["met"])
        self.assertTrue(checks["minimum_persons"]["met"])
        self.assertEqual(self.decide(story, job).status, 201)

    def test_a_list_as_long_as_a_small_count_cannot_be_made(self):
        story = self.story(policy(suppress=True))
        small = next(c for c in self.cells() if 0 < len(self.people[c]) < LEAST)
        job = story.run('local t = site.open("{name}"):group_by("race", "age")\n'
                        ':count{{ epsilon = 1 }}:exact()\nlocal list = {{}}\n'
                        f'local n = t["{small[0]}"]["{small[1]}"] or 0\n'
                        'for i = 1, n do list[i] = {{}} end\nreturn {{ t = t, list = list }}',
                        lane="exact")
        sealed = story.owner.get(f"/api/v1/jobs/{job['id']}/sealed_result").json
        self.assertEqual(sealed["outputs"]["list"], [])

    def test_means_are_withheld_where_few_stand_behind_them(self):
        story = self.story(policy(suppress=True, persons_min=120, freedom_min=0))
        source = ('return site.open("{name}"):derive("one", "1", {{ lower = 0, upper = 1 }})'
                  ':group_by("race"):quantile("one", {{ 0.5 }}, {{ epsilon = 1, candidates = '
                  '{{ 0, 1, 1 }} }}):exact()')
        _, sealed, checks = self.held(story, source)
        small = {r for r in self.values["race"]
                 if len({x["patient_nbr"] for x in self.rows if x["race"] == r}) < 120}
        for race in small:
            self.assertIsNone(sealed["outputs"][race])
        self.assertTrue(checks["minimum_persons"]["met"], checks)

    def test_by_three_keys(self):
        story = self.story(policy(suppress=True))
        source = ('return site.open("{name}"):group_by("race", "age", "gender")'
                  ':count{{ epsilon = 1 }}:exact()')
        _, sealed, checks = self.held(story, source)
        self.assertTrue(checks["minimum_persons"]["met"], checks)
        told = sealed["outputs"]
        cells = [(r, a, g) for r in told for a in told[r] for g in told[r][a]]
        withheld = [c for c in cells if told[c[0]][c[1]][c[2]] is None]
        self.assertLess(len(withheld), len(cells))
        lines = {axis: collections.defaultdict(set) for axis in range(3)}
        for c in withheld:
            for axis in range(3):
                lines[axis][c[:axis] + c[axis + 1:]].add(c)
        self.assertEqual(solved([line for axis in range(3) for line in lines[axis].values()],
                                withheld), set())

    def test_a_list_by_one_category(self):
        story = self.story(policy(suppress=True, persons_min=120))
        _, sealed, checks = self.held(story, RACES)
        told = sealed["outputs"]
        people = {r: len({x["patient_nbr"] for x in self.rows if x["race"] == r})
                  for r in self.values["race"]}
        withheld = [r for r, v in told.items() if v is None]
        self.assertTrue({r for r, n in people.items() if n < 120} <= set(withheld))
        self.assertGreater(len(withheld), 1)
        self.assertGreaterEqual(sum(people[r] for r in withheld), 120)
        self.assertTrue(checks["suppression"]["met"])

    def test_counts_are_rounded(self):
        story = self.story(policy(rounding=5))
        job, sealed, checks = self.held(story, RACES)
        whole = collections.Counter(r["race"] for r in self.rows)
        for race, count in sealed["outputs"].items():
            self.assertEqual(count % 5, 0)
            self.assertLessEqual(abs(count - whole[race]), 2)
        self.assertTrue(checks["rounding"]["met"])
        self.assertEqual(checks["rounding"]["threshold"], 5)
        self.assertEqual(self.decide(story, job).status, 201)

    def test_a_script_computes_with_rounded_counts(self):
        story = self.story(policy(rounding=5))
        job, sealed, checks = self.held(
            story, 'return site.open("{name}"):count{{ epsilon = 1 }}:exact() + 1')
        self.assertEqual(sealed["outputs"] % 5, 1)
        self.assertTrue(checks["rounding"]["met"])
        self.assertEqual(self.decide(story, job).status, 201)


if __name__ == "__main__":
    import unittest
    unittest.main()
