"""mock_leak_test.py -- a mock that gives away the private data is refused, naming columns;
one that does not passes, on every table that lies beside the repository."""
import csv
import io
import random
import statistics
import unittest

import harness
from story import Story

FILES = ("wisconsin_breast_cancer.csv", "rotterdam_breast_cancer.csv",
         "pums_california_1000.csv", "diabetes_encounters.csv", "diabetes_readmissions.csv")
UNITS = {"diabetes_encounters.csv": {"column": "patient_nbr", "max_rows": 9}}


def table_of(text):
    rows = list(csv.reader(io.StringIO(text)))
    return rows[0], rows[1:]


def csv_of(header, rows):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header] + rows)
    return out.getvalue()


class Beside:
    """A dataset that holds one of the files, declared as the server suggests."""

    def __init__(self, site, file, data=True):
        with open(harness.private_file(file), encoding="utf-8-sig") as f:
            self.text = f.read()
        self.owner = site.person("owner")
        proposed = self.owner.call("POST", "/api/v1/datasets/suggestions",
                                   self.text, type="text/csv").json["columns"]
        self.columns = [{k: v for k, v in c.items() if k != "description"}
                        for c in proposed]
        unit = UNITS.get(file)
        for i, column in enumerate(self.columns):
            if unit and column["name"] == unit["column"]:
                self.columns[i] = {"name": column["name"], "type": "id"}
        self.name = f"{file.split('_')[0]}-{random.getrandbits(40):x}"
        self.path = f"/api/v1/datasets/{self.name}"
        made = self.owner.post("/api/v1/datasets", {
            "name": self.name, "title": file, "unit": unit, "columns": self.columns,
            "budget": {"epsilon": "10"}, "policy": "open-review"})
        assert made.status == 201, made
        if data:
            self.load()

    def load(self):
        answer = self.owner.put_csv(self.path + "/data", self.text)
        assert answer.status == 201, answer

    def mock(self, text):
        return self.owner.put_csv(self.path + "/mock", text)

    def generated(self, rows=500, seed=1):
        answer = self.owner.post(self.path + "/mock/generation",
                                 {"rows": rows, "seed": seed})
        assert answer.status == 201, answer
        return self.owner.get(self.path + "/mock").text


class Wisconsin(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.beside = Beside(cls.site, "wisconsin_breast_cancer.csv")
        cls.header, cls.rows = table_of(cls.beside.text)
        cls.kinds = {c["name"]: c for c in cls.beside.columns}

    def number(self, column, value):
        """A value as the column's declared type and bounds write it."""
        kind = self.kinds[column]
        if kind["type"] == "text":  # numbers of more places than a decimal has
            return f"{value:.5f}"
        value = min(max(value, float(kind["lower"])), float(kind["upper"]))
        if kind["type"] == "integer":
            return str(round(value))
        return f"{value:.{kind['decimals']}f}"

    def measured(self):
        return [i for i, name in enumerate(self.header)
                if name not in ("rownames", "diagnosis")]

    def each(self, change):
        """Every measured value changed; the columns stay in place."""
        out = [list(r) for r in self.rows]
        for i in self.measured():
            values = [float(r[i]) for r in self.rows]
            for row, value in zip(out, change(self.header[i], values)):
                row[i] = value
        return out

    def assertLeaks(self, rows, *columns, rule=None):
        answer = self.beside.mock(csv_of(self.header, rows))
        self.assertProblem(answer, 422, "mock-leak")
        for column in columns:
            self.assertIn(column, answer.json["columns"])
        rules = {e["rule"] for e in answer.json["errors"]}
        if rule:
            self.assertIn(rule, rules)
        return answer.json["columns"]

    def test_shifted_by_the_mean_with_noise(self):
        r = random.Random(5)
        self.assertLeaks(self.each(lambda name, values: [
            self.number(name, v + statistics.fmean(values) + r.random())
            for v in values]), "radius_mean", "area_mean", rule="row-order")

    def test_shuffled_copy(self):
        rows = list(self.rows)
        random.Random(6).shuffle(rows)
        self.assertLeaks(rows, "radius_mean", "texture_mean", rule="rows")

    def test_sample_of_rows(self):
        self.assertLeaks(random.Random(7).sample(self.rows, 60), "radius_mean", rule="rows")

    def test_rounded_copy(self):
        self.assertLeaks(self.each(lambda name, values: [
            self.number(name, round(v)) for v in values]), "radius_mean", "area_mean")

    def test_rounded_and_shuffled_copy(self):
        rows = self.each(lambda name, values: [
            self.number(name, round(v, 1)) for v in values])
        random.Random(8).shuffle(rows)
        self.assertLeaks(rows, "area_mean", "texture_mean")

    def test_single_copied_column(self):
        header, mock = table_of(self.beside.generated(len(self.rows)))
        at = header.index("texture_mean")
        for shuffled in (False, True):
            values = [r[self.header.index("texture_mean")] for r in self.rows]
            if shuffled:
                random.Random(9).shuffle(values)
            rows = [r[:at] + [v] + r[at + 1:] for r, v in zip(mock, values)]
            self.assertEqual(self.beside.mock(csv_of(header, rows)).json["columns"],
                             ["texture_mean"])

    def test_scaled_and_shuffled_column(self):
        header, mock = table_of(self.beside.generated(len(self.rows)))
        at = header.index("area_mean")
        values = [float(r[self.header.index("area_mean")]) * 0.5 + 40 for r in self.rows]
        random.Random(10).shuffle(values)
        rows = [r[:at] + [self.number("area_mean", v)] + r[at + 1:]
                for r, v in zip(mock, values)]
        self.assertEqual(self.beside.mock(csv_of(header, rows)).json["columns"],
                         ["area_mean"])

    def test_drawn_from_the_same_normal_passes(self):
        r = random.Random(11)
        rows = self.each(lambda name, values: [
            self.number(name, r.gauss(statistics.fmean(values), statistics.stdev(values)))
            for _ in values])
        for row in rows:
            row[self.header.index("diagnosis")] = r.choice("01")
        answer = self.beside.mock(csv_of(self.header, rows))
        self.assertEqual(answer.status, 201, answer)
        parity = {c["name"]: c for c in answer.json["parity"]["columns"]}
        self.assertEqual(set(parity), set(self.header))
        self.assertTrue(parity["radius_mean"]["nulls_alike"])

    def test_answers_hold_no_value(self):
        answer = self.beside.mock(self.beside.text)
        self.assertProblem(answer, 422, "mock-leak")
        for row in self.rows[:50]:
            self.assertNotIn(row[self.header.index("area_mean")] + ",", answer.text)


class Order(harness.Case):
    """Whichever comes last, mock or data, is the one that is refused."""

    def test_data_after_the_mock(self):
        beside = Beside(self.site, "pums_california_1000.csv", data=False)
        answer = beside.mock(beside.text)
        self.assertEqual(answer.status, 201, answer)
        self.assertIsNone(answer.json["parity"])
        answer = beside.owner.put_csv(beside.path + "/data", beside.text)
        self.assertProblem(answer, 422, "mock-leak")
        self.assertIn("income", answer.json["columns"])
        answer = beside.owner.post(beside.path + "/publication")
        self.assertProblem(answer, 409, "conflict")  # there are no data still
        beside.generated()
        beside.load()
        self.assertEqual(beside.owner.post(beside.path + "/publication").status, 201)

    def test_refused_mock_leaves_the_old_one(self):
        beside = Beside(self.site, "pums_california_1000.csv")
        before = beside.generated()
        self.assertProblem(beside.mock(beside.text), 422, "mock-leak")
        self.assertEqual(beside.owner.get(beside.path + "/mock").text, before)


class Awkward(harness.Case):
    """A job is tried on mocks without rows, with empty groups, of nulls and of extremes."""

    def findings(self, story, source):
        job = story.submit(source, lane="exact")
        self.assertEqual(job["state"], "in_review", job)
        checks = story.researcher.get(
            f"/api/v1/jobs/{job['id']}/versions/{job['version']}/checks")
        self.assertEqual(checks.status, 200, checks)
        return [f for f in checks.json["findings"] if f["rule"] == "adverse-mock"]

    def test_findings_name_the_mock(self):
        story = Story(self.site, policy="open-review")
        head = ('local v = site.open("{name}")\n'
                'local function n(h) return h:count{{ epsilon = 1 }}:exact() end\n'
                'local all, t = n(v), v:group_by("ward"):count{{ epsilon = 1 }}:exact()\n')
        cases = {"no-rows": "all == 0",
                 "empty-groups": "all > 0 and t.A == 0 and t.C > 0",
                 "all-null": 'all > 0 and n(v:where "los == nil") == all',
                 "extremes": 'n(v:where "age == 120") > 8'}
        for name, when in cases.items():
            with self.subTest(name):
                found = self.findings(
                    story, head + f"if {when} then error('awkward') end\nreturn {{{{ n = all }}}}")
                self.assertEqual(len(found), 1, found)
                self.assertIn(name, found[0]["text"])
                self.assertEqual(found[0]["line"], 4)

    def test_a_script_that_takes_it_all_has_none(self):
        story = Story(self.site, policy="open-review")
        self.assertEqual(self.findings(
            story, 'return {{ n = site.open("{name}"):count{{ epsilon = 1 }}:exact() }}'), [])


class Generated(harness.Case):
    def test_passes_on_every_file(self):
        for file in FILES:
            with self.subTest(file):
                beside = Beside(self.site, file)
                for rows, seed in ((100, 1), (2000, 2)):
                    answer = beside.mock(beside.generated(rows, seed))
                    self.assertEqual(answer.status, 201, answer)
                answer = beside.owner.post(beside.path + "/publication")
                self.assertEqual(answer.status, 201, answer)

    def test_real_rows_do_not(self):
        for file in FILES[:4]:
            with self.subTest(file):
                beside = Beside(self.site, file)
                header, rows = table_of(beside.text)
                random.Random(12).shuffle(rows)
                self.assertProblem(beside.mock(csv_of(header, rows)), 422, "mock-leak")

    def test_nor_does_a_tenth_of_them(self):
        """Few columns: one row may come again by chance, and not a hundred."""
        for file in FILES[:4]:
            with self.subTest(file):
                beside = Beside(self.site, file)
                header, rows = table_of(beside.text)
                some = random.Random(5).sample(rows, len(rows) // 10)
                self.assertProblem(beside.mock(csv_of(header, some)), 422, "mock-leak")

    def test_nor_do_twenty_among_others(self):
        beside = Beside(self.site, "rotterdam_breast_cancer.csv")
        header, rows = table_of(beside.text)
        mixed = table_of(beside.generated(len(rows)))[1]
        for i in random.Random(5).sample(range(len(rows)), 20):
            mixed[i] = rows[i]
        self.assertProblem(beside.mock(csv_of(header, mixed)), 422, "mock-leak")


class Made(harness.Case):
    """Tables as a person types them: few rows, values that come round."""

    def story(self, n):
        rows = "".join(f"p{i},{'ABC'[i % 3]},{20 + i % 50},{i % 7}\n" for i in range(n))
        story = Story(self.site, publish=False)
        answer = story.owner.put_csv(story.path + "/data", "person,ward,age,los\n" + rows)
        self.assertEqual(answer.status, 201, answer)
        return story, "person,ward,age,los\n" + rows

    def test_one_made_in_the_same_way_passes(self):
        for n in (3, 20, 100, 500):
            story, _ = self.story(n)
            rows = "".join(f"m{i},{'ABC'[i % 3]},{30 + i * 3 % 40},{(i + 2) % 9}\n"
                           for i in range(n))
            answer = story.owner.put_csv(story.path + "/mock",
                                         "person,ward,age,los\n" + rows)
            self.assertEqual(answer.status, 201, (n, answer))

    def test_the_table_itself_never_does(self):
        for n in (3, 20, 100, 500):
            story, text = self.story(n)
            for copy in (text, "".join(text.splitlines(True)[:max(4, n // 2)])):
                answer = story.owner.put_csv(story.path + "/mock", copy)
                self.assertEqual((answer.status, answer.slug), (422, "mock-leak"), (n, answer))
                self.assertIn("ward", answer.json["columns"])


if __name__ == "__main__":
    unittest.main()
