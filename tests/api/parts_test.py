"""parts_test.py -- an owner keeps single numbers of a held result back: what leaves, what
the receipt says, and what the rules then look at."""
import hashlib
import json
import os
import subprocess
import tempfile

import harness
from story import Story

LEAST = 10
SCHEMA = {
    "unit": {"column": "person", "max_rows": 1},
    "columns": [
        {"name": "person", "type": "id"},
        {"name": "ward", "type": "category", "categories": ["A", "B", "C"]},
        {"name": "age", "type": "integer", "lower": "0", "upper": "120"},
    ],
}
SIZES = {"A": 60, "B": 40, "C": 3}  # C is too few persons
WARDS = 'return {{ w = site.open("{name}"):group_by("ward"):count{{ epsilon = 1 }}:exact() }}'
BOTH = ('local v = site.open "{name}"\n'
        'return {{ w = v:group_by("ward"):count{{ epsilon = 1 }}:exact(),\n'
        '         all = v:count{{ epsilon = 1 }}:exact() }}')
SPLIT = ('local v = site.open "{name}"\n'
         'return {{ old = v:where "age >= 50":count{{ epsilon = 1 }}:exact(),\n'
         '         few = v:where "ward == \'C\'":count{{ epsilon = 1 }}:exact() }}')
NOISY = ('local n = site.open "{name}":count{{ epsilon = 1 }}:release().value\n'
         'print(n)\nreturn {{ n = n, same = {{ n }} }}')


def rows():
    lines = ["person,ward,age"]
    for ward, n in SIZES.items():
        lines += [f"{ward}{i},{ward},{20 + i}" for i in range(n)]
    return "\n".join(lines) + "\n"


def policy(exceptions="never", **output):
    return {"name": "parts", "title": "Parts",
            "lanes": {"dp": {"release": "held"}, "exact": {"release": "held"}},
            "output": {"persons_min": LEAST, "zeros": False, "exceptions": exceptions,
                       **output}}


class Held(harness.Case):
    def story(self, document=None):
        return Story(self.site, policy=document or policy(), schema=SCHEMA, data=rows())

    def held(self, story, source, lane="exact"):
        job = story.run(source, lane=lane)
        self.assertEqual(job["state"], "held", job)
        return f"/api/v1/jobs/{job['id']}"

    def decide(self, story, path, parts, decision="release", **more):
        body = {"decision": decision, "withhold": parts, **more}
        return story.owner.post(path + "/release", body,
                                headers={"If-Match": story.owner.get(path).etag})


class Parts(Held):
    def part(self, pointer, reason="three persons"):
        return {"pointer": pointer, "reason": reason}

    def test_a_cell_stays_and_the_rest_leaves(self):
        story = self.story()
        path = self.held(story, WARDS)
        self.assertProblem(story.owner.post(
            path + "/release", {"decision": "release"},
            headers={"If-Match": story.owner.get(path).etag}), 409, "policy")
        answer = self.decide(story, path, [self.part("/w/C")])
        self.assertEqual(answer.status, 201, answer)
        result = story.researcher.get(path + "/result").json
        self.assertEqual(result["outputs"], {"w": {"A": 60, "B": 40, "C": None}})
        self.assertEqual(result["withheld"], [self.part("/w/C")])
        receipt = result["receipt"]["receipt"]
        self.assertEqual(receipt["withheld"], [self.part("/w/C")])
        text = json.dumps(result["outputs"], separators=(",", ":")).encode()
        self.assertEqual(receipt["result_sha256"], hashlib.sha256(text).hexdigest())
        sealed = story.owner.get(path + "/sealed_result").json
        self.assertEqual(sealed["outputs"]["w"]["C"], 3)
        self.assertEqual(sealed["withheld"], [self.part("/w/C")])
        checks = {c["name"]: c for c in sealed["checks"]}
        self.assertTrue(checks["minimum_persons"]["met"], checks)
        self.assertTrue(checks["withheld"]["met"], checks)
        self.assertEqual(checks["withheld"]["withheld"], [self.part("/w/C")])
        self.assertNotIn('"C":3', story.researcher.get(path + "/result").text)

    def test_verify_says_what_was_withheld(self):
        story = self.story()
        path = self.held(story, WARDS)
        self.assertEqual(self.decide(story, path, [self.part("/w/C", "too few")]).status, 201)
        with tempfile.TemporaryDirectory() as folder:
            result, key = os.path.join(folder, "result.json"), os.path.join(folder, "site.pub")
            with open(result, "w", encoding="utf-8") as f:
                f.write(story.researcher.get(path + "/result").text)
            with open(key, "w", encoding="utf-8") as f:
                f.write(self.site.nobody().get("/.well-known/datasite").json["key"])
            said = subprocess.run([harness.program(), "verify", result, "--key", key],
                                  capture_output=True, text=True, check=False)
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
        self.assertIn("/w/C: too few", said.stdout)

    def test_what_follows_from_the_rest_does_not_leave(self):
        """The total less the wards that are told is the ward that is not."""
        story = self.story()
        path = self.held(story, BOTH)
        self.assertProblem(self.decide(story, path, [self.part("/w/C")]), 409, "policy")
        self.assertEqual(story.owner.get(path).json["state"], "held")
        self.assertEqual(story.owner.get(path + "/sealed_result").json["withheld"], [])
        answer = self.decide(story, path, [self.part("/w/C"), self.part("/all", "the total")])
        self.assertEqual(answer.status, 201, answer)

    def test_a_later_result_may_not_tell_what_stayed(self):
        story = self.story()
        path = self.held(story, WARDS)
        self.assertEqual(self.decide(story, path, [self.part("/w/C")]).status, 201)
        total = self.held(story, 'return site.open "{name}":count{{ epsilon = 1 }}:exact()')
        answer = story.owner.post(total + "/release", {"decision": "release"},
                                  headers={"If-Match": story.owner.get(total).etag})
        self.assertProblem(answer, 409, "policy")

    def test_what_stayed_may_be_told_later_where_rules_allow(self):
        """A part that stayed was not told: nothing is to be compared with it."""
        story = self.story(policy(persons_min=2))
        path = self.held(story, SPLIT)
        self.assertEqual(self.decide(story, path, [self.part("/old")]).status, 201)
        near = self.held(story, 'return site.open "{name}":where "age >= 51":count'
                                '{{ epsilon = 1 }}:exact()')
        self.assertEqual(story.owner.post(
            near + "/release", {"decision": "release"},
            headers={"If-Match": story.owner.get(near).etag}).status, 201)

    def test_an_equal_number_elsewhere_counts_as_told(self):
        story = self.story()
        source = ('local v = site.open "{name}"\n'
                  'local c = v:where "ward == \'C\'":count{{ epsilon = 1 }}:exact()\n'
                  'return {{ x = c, y = c }}')
        path = self.held(story, source)
        for one in ("/x", "/y"):
            self.assertProblem(self.decide(story, path, [self.part(one)]), 409, "policy")
        self.assertEqual(
            self.decide(story, path, [self.part("/x"), self.part("/y")]).status, 201)

    def test_what_was_computed_is_told_whatever_stays(self):
        story = self.story()
        source = ('local c = site.open "{name}":where "ward == \'C\'":count{{ epsilon = 1 }}'
                  ':exact()\nreturn {{ c = c, few = c < 10 }}')
        path = self.held(story, source)
        self.assertProblem(self.decide(story, path, [self.part("/c")]), 409, "policy")

    def test_nothing_is_told_of_a_noisy_number_by_the_log(self):
        story = self.story()
        path = self.held(story, NOISY, lane="dp")
        self.assertEqual(self.decide(story, path, [self.part("/n"), self.part("/same/0")]).status,
                         201)
        result = story.researcher.get(path + "/result").json
        self.assertEqual(result["outputs"], {"n": None, "same": [None]})
        self.assertNotIn("log", result)

    def test_wrong_words_change_nothing(self):
        story = self.story()
        path = self.held(story, WARDS)
        for parts, status, slug in (
                ([], 400, "invalid-request"),
                ("/w/C", 400, "invalid-request"),
                ([{"pointer": "/w/C"}], 400, "invalid-request"),
                ([{"pointer": "/w/C", "reason": "x", "why": "y"}], 400, "invalid-request"),
                ([self.part("/w/C", "")], 422, "validation"),
                ([self.part("/w/D")], 422, "validation"),
                ([self.part("")], 422, "validation"),
                ([self.part("w")], 422, "validation"),
                ([self.part("/w"), self.part("/w/C")], 422, "validation"),
                ([self.part("/w/C"), self.part("/w/C")], 422, "validation"),
                ([self.part("/w/C")] * 201, 400, "invalid-request")):
            with self.subTest(parts):
                self.assertProblem(self.decide(story, path, parts), status, slug)
        self.assertProblem(self.decide(story, path, [self.part("/w/C")], "withhold"),
                           400, "invalid-request")
        self.assertEqual(story.owner.get(path).json["state"], "held")
        self.assertEqual(story.owner.get(path + "/sealed_result").json["outputs"]["w"], SIZES)

    def test_a_preview_knows_what_stayed(self):
        story = self.story()
        path = self.held(story, WARDS)
        self.assertEqual(self.decide(story, path, [self.part("/w/C")]).status, 201)
        preview = story.owner.post(story.path + "/policy/preview", policy()).json
        self.assertEqual(preview["releases"]["blocked"], 0, preview)


class PolicyOfNow(Held):
    """A held result is let go under the policy that is in force then."""

    def refused(self, document, check, source=WARDS, first=None):
        story = self.story(first or policy(persons_min=2))
        path = self.held(story, source)
        sealed = story.owner.get(path + "/sealed_result").json
        self.assertTrue(all(c["met"] for c in sealed["checks"] if c["name"] == check), sealed)
        etag = story.owner.get(story.path + "/policy").etag
        answer = story.owner.put(story.path + "/policy", document, headers={"If-Match": etag})
        self.assertEqual(answer.status, 200, answer)
        sealed = story.owner.get(path + "/sealed_result").json
        self.assertEqual([c["met"] for c in sealed["checks"] if c["name"] == check], [False])
        self.assertProblem(story.owner.post(
            path + "/release", {"decision": "release"},
            headers={"If-Match": story.owner.get(path).etag}), 409, "policy")

    def test_a_threshold_that_was_raised(self):
        self.refused(policy(persons_min=10), "minimum_persons")

    def test_suppression_that_was_asked_for_later(self):
        self.refused(policy(persons_min=2, suppress=True), "suppression")

    def test_rounding_to_another_base(self):
        self.refused(policy(persons_min=2, rounding=10), "rounding",
                     first=policy(persons_min=2, rounding=5))
