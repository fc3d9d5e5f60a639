"""policy_test.py -- policies as documents: the schema and the server agree on what is one,
each rule refuses, and a change is held against history before it is made."""
import copy
import datetime
import json
import os
import re
import unittest

import harness
from story import COUNT, EXACT, Story

BASE = {"name": "mine", "title": "Mine", "lanes": {"dp": {"release": "auto"}}}
ALL = {**BASE, "lanes": {"dp": {"release": "auto"}, "exact": {"release": "held"}}}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}


def read(name):
    with open(os.path.join(harness.ROOT, name), encoding="utf-8") as f:
        return json.load(f)


def holds(value, schema):
    """Does a value hold what a schema says? The words of JSON Schema that ours uses."""
    if not isinstance(value, TYPES[schema["type"]]) or \
            (schema["type"] == "integer" and isinstance(value, bool)):
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, str):
        if schema.get("format") == "date":
            try:
                datetime.date.fromisoformat(value)
            except ValueError:
                return False
        return schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 1 << 30) \
            and re.search(schema.get("pattern", ""), value) is not None
    if isinstance(value, int):
        return schema.get("minimum", value) <= value <= schema.get("maximum", value)
    if isinstance(value, list):
        return schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 1 << 30) \
            and all(holds(v, schema["items"]) for v in value) \
            and not (schema.get("uniqueItems") and
                     len({json.dumps(v) for v in value}) < len(value))
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return set(schema.get("required", [])) <= set(value) \
            and schema.get("minProperties", 0) <= len(value) \
            <= schema.get("maxProperties", 1 << 30) \
            and (schema.get("additionalProperties", True) or set(value) <= set(known)) \
            and all(holds(v, known[k]) for k, v in value.items() if k in known)
    return True


def leaves(schema, path=()):
    """Every path of a schema that ends in a value."""
    if schema["type"] != "object":
        yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from leaves(inner, path + (name,))


def put(document, path, value):
    out = copy.deepcopy(document)
    at = out
    for name in path[:-1]:
        at = at.setdefault(name, {})
    at[path[-1]] = value
    return out


GOOD = [
    BASE, ALL,
    {**BASE, "description": "Said."},
    {**BASE, "lanes": {"rows": {"release": "held"}}},
    {**BASE, "input": {}}, {**BASE, "limits": {}}, {**BASE, "output": {}},
    {**BASE, "input": {"purposes": ["A", "B"], "expires": "2099-12-31", "context": True,
                       "source_bytes": 65536, "columns": {"allow": ["age", "ward"]}}},
    {**BASE, "input": {"columns": {"forbid": ["age"]}}}, {**BASE, "input": {"columns": {}}},
    {**BASE, "approvals": 9, "approval_days": 3650, "time_slot_s": 86400, "blind": False},
]
BAD = [
    {}, {"title": "T", "lanes": BASE["lanes"]},
    {**BASE, "name": "Mine"}, {**BASE, "name": ""}, {**BASE, "name": "x" * 64},
    {**BASE, "title": ""}, {**BASE, "title": "x" * 128}, {**BASE, "title": None},
    {**BASE, "lanes": {}}, {**BASE, "lanes": []}, {**BASE, "lanes": {"raw": {"release": "held"}}},
    {**BASE, "lanes": {"exact": {"release": "auto"}}},
    {**BASE, "lanes": {"rows": {"release": "auto"}}}, {**BASE, "lanes": {"dp": {}}},
    {**BASE, "lanes": {"dp": {"release": "auto", "more": 1}}},
    {**BASE, "input": {"purposes": []}}, {**BASE, "input": {"purposes": ["a", "a"]}},
    {**BASE, "input": {"purposes": [""]}}, {**BASE, "input": {"purposes": "a"}},
    {**BASE, "input": {"columns": {"allow": ["age"], "forbid": ["ward"]}}},
    {**BASE, "input": {"columns": {"allow": []}}}, {**BASE, "input": {"columns": ["age"]}},
    {**BASE, "input": {"expires": "2027-02-30"}}, {**BASE, "input": {"expires": "soon"}},
    {**BASE, "input": {"expires": 20270131}}, {**BASE, "input": {"who": []}},
    {**BASE, "blind": "yes"}, {**BASE, "approvals": "1"}, {**BASE, "more": 1},
    {**BASE, "limits": {"rows": 1}}, {**BASE, "output": {"cells": 1}},
    {**BASE, "output": {"exceptions": "sometimes"}},
]


class Documents(harness.Case):
    """The schema and the parser say the same."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.schema = read("schema/policy.json")
        cls.story = Story(cls.site, publish=False)

    def accepted(self, document):
        answer = self.story.owner.put(self.story.path + "/policy", document)
        self.assertIn(answer.status, (200, 400), answer)
        return answer.status == 200

    def agree(self, document):
        said = holds(document, self.schema)
        self.assertEqual(self.accepted(document), said, document)
        return said

    def test_good_ones(self):
        for document in GOOD:
            with self.subTest(document=document):
                self.assertTrue(self.agree(document))

    def test_bad_ones(self):
        for document in BAD:
            with self.subTest(document=document):
                self.assertFalse(self.agree(document))

    def test_every_bound_of_every_number(self):
        tried = 0
        for path, schema in leaves(self.schema):
            if schema["type"] != "integer":
                continue
            for value in (schema["minimum"] - 1, schema["minimum"], schema["maximum"],
                          schema["maximum"] + 1):
                with self.subTest(path=path, value=value):
                    self.agree(put(BASE, path, value))
                tried += 1
        self.assertGreater(tried, 40)

    def test_every_member_refuses_another_type(self):
        for path, schema in leaves(self.schema):
            with self.subTest(path=path):
                value = 1 if schema["type"] in ("string", "boolean", "array") else "x"
                self.assertFalse(self.agree(put(BASE, path, value)))

    def test_the_packs_hold(self):
        for pack in self.story.owner.items("/api/v1/policies"):
            self.assertTrue(holds(pack["document"], self.schema), pack["name"])
            self.assertTrue(self.accepted(pack["document"]))
            self.assertGreater(len(pack["words"]), 4)

    def test_it_is_served_and_stands_in_the_api_document(self):
        answer = self.site.nobody().get("/api/v1/policies/schema")
        self.assertEqual((answer.status, answer.type), (200, "application/schema+json"))
        self.assertEqual(answer.json, self.schema)
        stated = read("schema/openapi.json")["components"]["schemas"]["PolicyDocument"]
        self.assertEqual(stated, {k: v for k, v in self.schema.items() if k != "$schema"})

    def test_a_column_that_is_not_there_protects_nothing(self):
        document = {**BASE, "input": {"columns": {"forbid": ["agee"]}}}
        answer = self.story.owner.put(self.story.path + "/policy", document)
        self.assertProblem(answer, 422, "validation")
        self.assertIn("agee", answer.json["detail"])

    def test_in_words(self):
        document = {**BASE, "approvals": 2, "input": {"columns": {"forbid": ["age"]}}}
        words = self.story.owner.put(self.story.path + "/policy", document).json["words"]
        said = {w["id"]: w for w in words}
        self.assertEqual(said["input.columns_forbidden"]["params"], {"columns": ["age"]})
        self.assertIn("age", said["input.columns_forbidden"]["text"])
        self.assertEqual(said["approvals.blind"]["params"], {"approvals": 2})
        self.assertEqual([w["params"]["lane"] for w in words if w["id"] == "lane.closed"],
                         ["exact", "rows"])


class Rules(harness.Case):
    """Every input rule refuses what breaks it, before a person looks."""

    def submit(self, rule, source=COUNT, **more):
        story = Story(self.site, policy={**BASE, "input": rule})
        return story, story.submit(source, **more)

    def blocked(self, job, name, code):
        self.assertEqual(job["state"], "blocked", job)
        unmet = [r for r in job["requirements"] if not r["met"]]
        self.assertIn((name, code), [(r["name"], r["code"]) for r in unmet])
        return next(r for r in unmet if r["name"] == name)

    def test_purpose(self):
        story, job = self.submit({"purposes": ["To know"]})
        self.assertEqual(job["state"], "in_review", job)
        story, job = self.submit({"purposes": ["To sell", "To k"]})
        line = self.blocked(job, "purpose", "purpose.other")
        self.assertEqual(line["params"], {"purposes": ["To sell", "To k"]})

    def test_columns(self):
        ages = 'local v = site.open "{name}"\nreturn {{ n = v:where "age > 5":count' \
               '{{ epsilon = {epsilon} }}:release().value }}'
        for rule in ({"forbid": ["age"]}, {"allow": ["los", "ward"]}):
            with self.subTest(rule=rule):
                _, job = self.submit({"columns": rule}, ages)
                line = self.blocked(job, "policy", "policy.finding")
                self.assertEqual(line["params"]["rule"], "policy-column")
                self.assertIn("age", line["detail"])
        _, job = self.submit({"columns": {"allow": ["age"]}}, ages)
        self.assertEqual(job["state"], "in_review", job)

    def test_source_bytes(self):
        _, job = self.submit({"source_bytes": 40})
        self.assertEqual(self.blocked(job, "policy", "policy.finding")["params"]["rule"],
                         "policy-source-bytes")

    def test_context(self):
        _, job = self.submit({"context": True})
        self.assertEqual(job["state"], "in_review", job)
        for more in ({"question": " "}, {"question": ""}, {"outputs": []},
                     {"outputs": [{"name": "n"}]},
                     {"outputs": [{"name": "n", "description": " "}]}):
            with self.subTest(more=more):
                story = Story(self.site, policy={**BASE, "input": {"context": True}})
                draft = {**story.draft(COUNT), **more}
                answer = story.researcher.post("/api/v1/jobs", draft)
                if answer.status == 422:
                    continue
                job = story.wait(answer.json, "blocked", "in_review")
                self.blocked(job, "context", "context.missing")

    def test_last_day(self):
        _, job = self.submit({"expires": "2020-01-01"})
        self.blocked(job, "access", "access.over")
        _, job = self.submit({"expires": "2999-01-01"})
        self.assertEqual(job["state"], "in_review", job)

    def test_a_lane_that_is_not_allowed(self):
        story = Story(self.site, policy=BASE)
        job = story.submit(EXACT, lane="exact")
        line = self.blocked(job, "policy", "policy.finding")
        self.assertEqual(line["params"]["rule"], "policy-lane")
        self.assertIn("does not allow", line["detail"])

    def test_votes_that_are_shown(self):
        rita = self.site.person("owner", name="rita")
        story = Story(self.site, policy={**BASE, "approvals": 2, "blind": False})
        story.owner.patch(story.path, {"reviewers": [rita.user["id"]]})
        job = story.submit()
        self.assertEqual(story.review(job, by=rita).status, 201)
        seen = story.owner.items(f"/api/v1/jobs/{job['id']}/reviews")
        self.assertEqual([r["decision"] for r in seen], ["approve"])


class Preview(harness.Case):
    def look(self, story, document):
        before = story.owner.get(story.path + "/policy")
        answer = story.owner.post(story.path + "/policy/preview", document)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(story.owner.get(story.path + "/policy").etag, before.etag)
        return answer.json

    def test_would_have_blocked_one_of_three_releases(self):
        story = Story(self.site, policy=ALL, epsilon="100")
        ages = 'local v = site.open "{name}"\nreturn {{ n = v:where "age > 5":count' \
               '{{ epsilon = {epsilon} }}:release().value }}'
        done = [story.run(s) for s in (COUNT, ages, COUNT + " -- again")]
        self.assertEqual({j["state"] for j in done}, {"released"})
        seen = self.look(story, {**ALL, "input": {"columns": {"forbid": ["age"]}}})
        self.assertEqual((seen["releases"]["total"], seen["releases"]["blocked"],
                          seen["releases"]["held"]), (3, 1, 0))
        item = seen["releases"]["items"][0]
        self.assertEqual((item["job"], item["outcome"]), (done[1]["id"], "blocked"))
        self.assertEqual([r["rule"] for r in item["reasons"]], ["policy-column"])
        seen = self.look(story, {**ALL, "lanes": {"dp": {"release": "held"}}, "approvals": 2})
        self.assertEqual((seen["releases"]["blocked"], seen["releases"]["held"]), (0, 3))
        self.assertEqual({r["rule"] for i in seen["releases"]["items"] for r in i["reasons"]},
                         {"release", "approvals"})
        seen = self.look(story, {"name": "dp-only"})
        self.assertEqual((seen["policy"], seen["jobs"]["blocked"]), ("dp-only", 0))

    def test_the_rules_of_exact_answers(self):
        story = Story(self.site, policy="open-review", epsilon="100")
        job = story.run(EXACT, lane="exact")
        self.assertEqual(job["state"], "held", job)
        etag = story.owner.get(f"/api/v1/jobs/{job['id']}").etag
        answer = story.owner.post(f"/api/v1/jobs/{job['id']}/release", {
            "decision": "release", "comment": "Fine."}, headers={"If-Match": etag})
        self.assertEqual(answer.status, 201, answer)
        strict = {**ALL, "output": {"persons_min": 1000, "exceptions": "never"}}
        seen = self.look(story, strict)["releases"]
        self.assertEqual((seen["total"], seen["blocked"], seen["held"]), (1, 1, 0))
        self.assertEqual([r["rule"] for r in seen["items"][0]["reasons"]],
                         ["minimum_persons"])
        strict["output"]["exceptions"] = "comment"
        self.assertEqual(self.look(story, strict)["releases"]["held"], 1)
        strict["output"]["persons_min"] = 100
        self.assertEqual(self.look(story, strict)["releases"]["held"], 0)

    def test_names_approved_work_and_sends_it_back(self):
        story = Story(self.site, policy={**BASE, "approvals": 2})
        rita = self.site.person("owner", name="rita")
        story.owner.patch(story.path, {"reviewers": [rita.user["id"]]})
        job = story.submit()
        self.assertEqual(self.look(story, BASE)["reopened"], [])
        self.assertEqual(story.review(job, by=rita).status, 201)
        self.assertEqual(story.owner.put(story.path + "/policy", BASE).status, 200)
        verbs = [e["verb"] for e in story.audit() if e["subject"] == story.dataset["id"]]
        self.assertIn("dataset.policy", verbs)
        self.assertEqual(story.review(job).status, 201)
        self.assertEqual(story.wait(job, "released")["policy_version"], 2)

    def test_every_policy_that_was_in_force_stays_on_record(self):
        story = Story(self.site, policy=BASE)
        self.assertEqual(story.owner.put(story.path + "/policy", {"name": "acro-uk"}).status, 200)
        past = story.researcher.items(story.path + "/policy/versions?limit=1")
        self.assertEqual([(p["version"], p["name"]) for p in past], [(1, "mine"), (2, "acro-uk")])
        self.assertEqual(past[0]["document"], BASE)
        now = story.researcher.get(story.path + "/policy").json
        self.assertEqual(past[1]["words"], now["words"])
        self.assertNotEqual(past[0]["words"], now["words"])
        said = [w["text"] for w in now["words"]]
        self.assertEqual(len(said), len(set(said)), said)

    def test_is_the_owners(self):
        story = Story(self.site)
        for who, status in (("researcher", 403), ("stranger", 404)):
            person = story.researcher if who == "researcher" else \
                self.site.person("owner", name=who)
            self.assertProblem(person.post(story.path + "/policy/preview", BASE), status)
        for bad in ({"name": "no-such-pack"}, {**BASE, "more": 1}):
            answer = story.owner.post(story.path + "/policy/preview", bad)
            self.assertIn(answer.status, (400, 422), answer)


if __name__ == "__main__":
    unittest.main()
