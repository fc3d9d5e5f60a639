"""draws_test.py -- audit A3: a million answers of each mechanism, drawn by jobs through the
whole product, fit the exact probabilities.

100 jobs over 10 000 public keys and as many unknown ones, and 20 jobs of 500 times 100
choices by each selection; 10 jobs of what is chosen or computed from noisy vectors for
each of the 10 000 keys: most common values, sparse vector, bounds, moments, fits. Nothing
is seeded: a true law fails one run in a million. DATASITE_DRAW_JOBS takes fewer jobs than
100.
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
FITTERS = max(1, JOBS // 10)
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
        {"name": "kind", "type": "category", "categories": ["a", "b", "c", "d"]},
        {"name": "five", "type": "integer"},
        {"name": "y", "type": "integer", "lower": "-2", "upper": "2"},
        {"name": "z", "type": "integer", "lower": "-2", "upper": "2"},
        {"name": "up", "type": "boolean"},
    ],
}
# The eight rows of each key: y, z and whether z is positive say nothing of one another.
ROWS = [f"{kind},5,{y},{z},{str(z > 0).lower()}"
        for kind, y, z in zip("aaaabbbc", (1, -1) * 4, (1, 1, -1, -1) * 2)]
KINDS = (4, 3, 1, 0)
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


# Of every key what it chooses, as counts, and by how many ten thousandths of its deviation
# a computed number is off.
BY_KEY = """-- job {number}
local t = site.open("{name}")
local out = {{}}
local function each(name, made, say)
    local told, list = made:release().value, {{}}
    for i = 1, {keys} do list[i] = say(told["c" .. i - 1]) end
    out[name] = list
end
local function counts(name, made, say)
    each(name, made, say)
    local seen = {{}}
    for _, v in ipairs(out[name]) do seen[v] = (seen[v] or 0) + 1 end
    out[name] = seen
end
local function off(deviation, centre)
    return function(v) return math.floor((v - centre) / deviation * 10000) end
end
local by = t:group_by("place")
local rho = {{ rho = "{rho}" }}
local function pair(v) return v[1] .. v[2] end
counts("most_common_flip", by:most_common("kind", 2, {{ epsilon = 1 }}), pair)
counts("most_common_exponential", by:most_common("kind", 2, {{ rho = "0.0625" }}), pair)
counts("above_threshold", by:above_threshold({{ "kind == 'a'", "kind == 'b'", "true" }}, 5,
    {{ epsilon = 1 }}), function(v) return "first " .. tostring(v) end)
counts("bounds", by:bounds("five", {{ epsilon = 1 }}), function(v)
    return not v and "none" or v.lower == 4 and v.upper == 7 and "both" or "other"
end)
each("variance", by:variance("y", rho), off({variance}, 1))
each("covariance", by:covariance("y", "z", rho), off({covariance}, 0))
each("linear", by:fit({{ model = "linear", target = "z", columns = {{ "y" }}, rho = "{rho}" }}),
    function(v) return off({linear}, 0)(v.y) end)
each("logistic", by:fit({{ model = "logistic", target = "up", columns = {{ "y" }}, steps = 1,
    rate = 100, rho = "{rho}" }}), function(v) return math.floor(v.y * 2 ^ 15 / 12.5 + 0.5) end)
return out
"""
# The noise of a coordinate is a ten thousandth of what the rows of a key come to, so
# that what is told is as good as linear in it: w coordinates of one row each at most 1.
MOMENTS_RHO = 2343750


def noise_share(coordinates):
    return math.sqrt(coordinates / (2 * MOMENTS_RHO)) / ROWS_OF_A_KEY


# On y / 2: v = (q + 1) / 2 - b^2 with q at -1/2 moves by (dq + dn / 2) / 2; the covariance
# as its product; the slope as that by 1 / mean(y^2).
DEVIATIONS = {
    "variance": 4 * noise_share(3) * math.sqrt(1.25) / 2,
    "covariance": 4 * noise_share(4),
    "linear": 4 * noise_share(5),
}
# A step's gradient is noise alone, in units of 2^-14; rate / rows times that is told.
LOGISTIC = 2 ** 14 * noise_share(3) * ROWS_OF_A_KEY
BINS = 50  # of equal probability under the normal law


def table():
    lines = ["place,code,x,kind,five,y,z,up"]
    for i in range(KEYS * ROWS_OF_A_KEY):
        key, x = i % KEYS, X[i] if i < len(X) else ""
        lines.append(f"c{key},t{key},{x},{ROWS[i // KEYS]}")
    return "\n".join(lines) + "\n"


def two_of(scores, law):
    """The law of two choices, one after the other, by their names."""
    out = {}
    for i, p in law(scores).items():
        left = scores[:i] + scores[i + 1:]
        for k, q in law(left).items():
            out["abcd"[i] + "abcd"[k + (k >= i)]] = p * q
    return out


def first_above(values, threshold, scale):
    """Sparse vector: noise on the threshold, and on each value."""
    noise = goodness.discrete_laplace(scale)
    left_of = {}
    total = 0.0
    for z in sorted(noise, reverse=True):
        total += noise[z]
        left_of[z] = total  # P[Z >= z]
    out = collections.Counter()
    for z, p in noise.items():
        for i, value in enumerate(values):
            over = threshold + z - value + 1
            passes = left_of.get(over, 1.0 if over < 0 else 0.0)
            out[f"first {i + 1}"] += p * passes
            p *= 1 - passes
        out["first nil"] += p
    return dict(out)


def bounds_law(rows, scale, bins=126, miss=0.01):
    """All rows in one bin, of which the told bounds are the ends; or none; or wider."""
    noise = goodness.discrete_laplace(scale)
    width = next(w for w in range(1, 1000)
                 if 2 * math.fsum(p for z, p in noise.items() if z > w) <= 2 * miss / bins)
    own, empty = (math.fsum(p for z, p in noise.items() if n + z > width)
                  for n in (rows, 0))
    others = (1 - empty) ** (bins - 1)
    return {"none": (1 - own) * others, "both": own * others, "other": 1 - others}


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


    def test_what_is_chosen_and_computed_by_key(self):
        seen = collections.defaultdict(collections.Counter)
        for number in range(FITTERS):
            told = self.outputs(
                BY_KEY.format(name="places", number=number, keys=KEYS, rho=MOMENTS_RHO,
                              **DEVIATIONS), epsilon="20000000")
            for name, values in told.items():
                if name in DEVIATIONS:
                    values = map(bin_of, values)
                seen[name].update(values)
        # Of equals the first declared is chosen: scores are four times as fine.
        scores = [4 * n + 3 - i for i, n in enumerate(KINDS)]
        laws = {
            "most_common_flip": two_of(
                scores, lambda s: goodness.permute_and_flip(s, 4 / (1 / 2))),
            "most_common_exponential": two_of(
                scores, lambda s: goodness.softmax(s, 4 / math.sqrt(8 * 0.0625 / 2))),
            "above_threshold": first_above((4, 3, 8), 5, 2),
            "bounds": bounds_law(ROWS_OF_A_KEY, 1),
            "logistic": goodness.discrete_gaussian(LOGISTIC),
        }
        for name in DEVIATIONS:
            laws[name] = {i: 1 / BINS for i in range(BINS)}
        self.assertEqual(set(seen), set(laws))
        for name, law in laws.items():
            self.assertEqual(sum(seen[name].values()), FITTERS * KEYS)
            self.assertGreater(len(seen[name]), 2)
            with self.subTest(name=name):
                self.fits(name, seen[name], law)


def bin_of(off):
    """The bin of a number that is so many ten thousandths of its deviation off."""
    return min(BINS - 1, int(BINS * (1 + math.erf((off + 0.5) / 10000 / math.sqrt(2))) / 2))


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

    def test_laws_add_up_and_a_two_percent_wider_normal_is_seen(self):
        for law in (first_above((4, 3, 8), 5, 2), bounds_law(8, 1),
                    two_of([19, 14, 5, 0], lambda s: goodness.softmax(s, 8))):
            self.assertAlmostEqual(math.fsum(law.values()), 1, places=12)
        normal = collections.Counter()
        for z, p in goodness.discrete_gaussian(1020).items():
            normal[bin_of(10 * z)] += p
        self.assertLess(goodness.p_value(self.expected(normal, 200000),
                                         {i: 1 / BINS for i in range(BINS)}), P_LEAST)

    def test_known_quantiles_of_chi_square(self):
        for freedom, statistic, p in ((1, 3.841458821, 0.05), (10, 23.20925116, 0.01),
                                      (100, 149.4492530, 0.001)):
            self.assertAlmostEqual(goodness.upper_gamma(freedom / 2, statistic / 2), p,
                                   places=8)


if __name__ == "__main__":
    unittest.main()
