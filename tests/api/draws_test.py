"""draws_test.py -- audit A3: a million answers of each mechanism, drawn by jobs through the
whole product, fit the exact probabilities.

100 jobs over 10 000 public keys and as many unknown ones, and 20 jobs of 500 times 100
choices by each selection. Nothing is seeded: a true law fails one run in a million.
DATASITE_DRAW_JOBS takes fewer jobs than 100.
"""
import collections
import math
import os
import unittest

import goodness
from harness import Case

KEYS = 10000
ROWS_OF_A_KEY = 8
JOBS = int(os.environ.get("DATASITE_DRAW_JOBS", "100"))
CHOOSERS = max(1, JOBS // 5)
CHOICES = 100   # of one measurement
QUESTIONS = 500  # of a job and a mechanism
P_LEAST = 1e-6

EPSILON = 0.5
RHO = 1 / 32
DELTA = 0.001  # one row is one person, in one group: all of delta is one key's

SCHEMA = {
    "unit": None,
    "columns": [
        {"name": "place", "type": "category",
         "categories": [f"c{i}" for i in range(KEYS)], "public_categories": True},
        {"name": "code", "type": "text"},
        {"name": "x", "type": "integer", "lower": "0", "upper": "4"},
    ],
}
X = (1, 2, 3, 4)  # of the first rows; the rest is null
CANDIDATES = range(5)

COUNTS = """-- job {number}
local t = site.open("{name}")
local function told(by, price)
    local out = {{}}
    for key, n in pairs(t:group_by(by):count(price):release().value) do
        out[#out + 1] = n
    end
    return out
end
return {{
    laplace = told("place", {{ epsilon = "0.5" }}),
    gaussian = told("place", {{ rho = "0.03125" }}),
    laplace_threshold = told("code", {{ epsilon = "0.5", delta = "0.001" }}),
    gaussian_threshold = told("code", {{ rho = "0.03125", delta = "0.001" }}),
}}
"""
# The price is spelled differently each time, so that each is a measurement of its own.
CHOOSE = """-- job {number}
local t = site.open("{name}")
local medians, from = {{}}, {{ 0, 4, 1 }}
for i = 1, {choices} do medians[i] = 0.5 end
local function told(kind, whole)
    local seen = {{ 0, 0, 0, 0, 0 }}
    for i = 1, {questions} do
        local price = {{ candidates = from }}
        price[kind] = string.format("%d.%09d", whole, i)
        for _, x in ipairs(t:quantile("x", medians, price):release().value) do
            seen[x + 1] = seen[x + 1] + 1
        end
    end
    return seen
end
return {{ flip = told("epsilon", 50), exponential = told("rho", 12) }}
"""


def table():
    lines = ["place,code,x"]
    for i in range(KEYS * ROWS_OF_A_KEY):
        key = i % KEYS
        lines.append(f"c{key},t{key},{X[i] if i < len(X) else ''}")
    return "\n".join(lines) + "\n"


class Draws(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.owner = cls.site.person("owner")
        cls.researcher = cls.site.person("researcher")
        path = "/api/v1/datasets/places"
        for answer in (
                cls.owner.post("/api/v1/datasets", {
                    "name": "places", "title": "Places", "description": "Equal keys.",
                    **SCHEMA, "policy": "dp-only",
                    "budget": {"epsilon": "1000000000", "delta": "0.9"}}),
                cls.owner.put_csv(path + "/data", table()),
                cls.owner.post(path + "/mock/generation", {"rows": 100, "seed": 7}),
                cls.owner.post(path + "/publication"),
                cls.owner.put(f"{path}/grants/{cls.researcher.user['id']}")):
            assert answer.status in (200, 201), answer
        cls.project = cls.researcher.post("/api/v1/projects", {
            "title": "Draws", "purpose": "To see whether the noise is what it says.",
            "datasets": ["places"]}).json["id"]

    def outputs(self, source, **budget):
        """What a job of this source tells, from submission to release."""
        made = self.researcher.post("/api/v1/jobs", {
            "project": self.project, "dataset": "places", "title": "Draws",
            "question": "What is drawn?", "source": source, "lane": "dp",
            "max_budget": budget,
            "outputs": [{"name": "draws", "description": "noisy counts"}]})
        self.assertEqual(made.status, 201, made)
        where = made.headers["location"]
        job = self.researcher.wait(where, lambda j: j["state"] != "checking").json
        self.assertEqual(job["state"], "in_review", job)
        answer = self.owner.post(f"{where}/reviews", {
            "version": job["version"], "source_sha256": job["source_sha256"],
            "decision": "approve"}, headers={"If-Match": self.owner.get(where).etag})
        self.assertEqual(answer.status, 201, answer)
        job = self.researcher.wait(
            where, lambda j: j["state"] in ("released", "failed"), 120).json
        self.assertEqual(job["state"], "released", job)
        return self.researcher.get(f"{where}/result").json["outputs"]

    def fits(self, name, seen, law):
        p = goodness.p_value(seen, law)
        self.assertGreater(p, P_LEAST, f"{name}: {sum(seen.values())} draws")
        return p

    def test_counts(self):
        seen = collections.defaultdict(collections.Counter)
        for number in range(JOBS):
            told = self.outputs(COUNTS.format(name="places", number=number),
                                epsilon="20", delta="0.004")
            for mechanism, values in told.items():
                seen[mechanism].update(values)
                seen[mechanism][-1] += KEYS - len(values)
        laplace = goodness.discrete_laplace(1 / EPSILON)
        gaussian = goodness.discrete_gaussian(math.sqrt(1 / (2 * RHO)))
        for name, law in (("laplace", laplace), ("gaussian", gaussian)):
            told = collections.Counter()
            for value, times in seen[name].items():
                told[value - ROWS_OF_A_KEY] += times
            # A count of -1 above is a noisy value here: no key of these goes missing.
            self.assertEqual(sum(told.values()), JOBS * KEYS)
            self.fits(name, told, law)
            bins = seen[name + "_threshold"]
            self.assertGreater(bins[-1], 0)
            self.fits(name + "_threshold", bins,
                      goodness.above(law, ROWS_OF_A_KEY, self.threshold(law)))

    def threshold(self, law):
        """One unit's count is at most 1: 1 and the least margin whose tail is in delta."""
        margin = 0
        while math.fsum(p for z, p in law.items() if z > margin) > DELTA:
            margin += 1
        return 1 + margin

    def test_choices(self):
        seen = collections.defaultdict(collections.Counter)
        for number in range(CHOOSERS):
            told = self.outputs(
                CHOOSE.format(name="places", number=number, choices=CHOICES,
                              questions=QUESTIONS), epsilon="50000")
            for mechanism, counts in told.items():
                seen[mechanism].update(dict(enumerate(counts)))
        # A median's score is half the surplus of rows on one side, and so is its change.
        scores = [-abs(sum(v < c for v in X) - sum(v > c for v in X)) for c in CANDIDATES]
        laws = {"flip": goodness.permute_and_flip(scores, 2 / (50 / CHOICES)),
                "exponential": goodness.softmax(scores, 2 / math.sqrt(8 * 12 / CHOICES))}
        for name, law in laws.items():
            self.assertEqual(sum(seen[name].values()), CHOOSERS * QUESTIONS * CHOICES)
            self.fits(name, seen[name], law)


class Teeth(unittest.TestCase):
    """The comparison refuses a law that is only a little wrong."""

    def expected(self, law, n=1000000):
        return {value: round(n * p) for value, p in law.items()}

    def test_the_right_law_fits_and_two_percent_off_does_not(self):
        for family in (goodness.discrete_laplace, goodness.discrete_gaussian):
            law = family(4)
            self.assertGreater(goodness.p_value(self.expected(law), law), 0.5)
            self.assertLess(goodness.p_value(self.expected(law), family(4.08)), P_LEAST)

    def test_a_threshold_that_keeps_its_own_value_is_seen(self):
        law = goodness.discrete_laplace(2)
        strict, loose = (goodness.above(law, 8, t) for t in (12, 11))
        self.assertLess(goodness.p_value(self.expected(loose), strict), P_LEAST)

    def test_the_two_selections_differ(self):
        scores = [-4, -3, -1, -1, -3]
        flip, soft = (f(scores, 4) for f in (goodness.permute_and_flip, goodness.softmax))
        self.assertAlmostEqual(math.fsum(flip.values()), 1, places=12)
        self.assertLess(goodness.p_value(self.expected(flip), soft), P_LEAST)

    def test_known_quantiles_of_chi_square(self):
        for freedom, statistic, p in ((1, 3.841458821, 0.05), (10, 23.20925116, 0.01),
                                      (100, 149.4492530, 0.001)):
            self.assertAlmostEqual(goodness.upper_gamma(freedom / 2, statistic / 2), p,
                                   places=8)


if __name__ == "__main__":
    unittest.main()
