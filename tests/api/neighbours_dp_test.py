"""neighbours_dp_test.py -- audit A7: what a researcher sees of two neighbouring datasets
is the same, byte for byte, once noise hides every answer.

Two servers hold the same three datasets, but for one person in each. They are started
with DATASITE_TEST_NOISE=constant, which test builds alone know: a noisy integer is then
0 whatever the data. The same scripts run on both, each trying to say whether that person
is there, and everything the researcher can read is compared: bodies, statuses, states,
problems, receipts, budgets, events.
"""
import json
import os
import re
import unittest

import harness

SCHEMA = {
    "unit": {"column": "person", "max_rows": 2},
    "columns": [
        {"name": "person", "type": "id"},
        {"name": "ward", "type": "category", "categories": ["A", "B", "C"]},
        {"name": "age", "type": "integer", "lower": "0", "upper": "120"},
        {"name": "los", "type": "decimal", "decimals": 1, "lower": "0", "upper": "30"},
        {"name": "far", "type": "integer"},
        {"name": "code", "type": "text"},
    ],
}
HEAD = "person,ward,age,los,far,code\n"
CROWD = "".join(f"p{i // 2},{'AB'[i % 2]},{20 + i % 50},{i % 30}.5,{i},k{i % 7}\n"
                for i in range(200))
# What the person in question adds to each dataset, and whom it joins.
PERSON = {
    "extreme": (CROWD, "x,C,120,30,4611686018427387903,only\n"
                       "x,C,-99999,9999.9,-4611686018427387903,only2\n"),
    "alone": ("", "x,A,50,3,1,k1\n"),
    "null": (CROWD, "x,,,,,\n" * 500),
}
MEASURES = {
    "count": 'v:count{{ epsilon = 0.1 }}',
    "units": 'v:count_units{{ rho = 0.001 }}',
    "sum": 'v:sum("los", {{ epsilon = 0.1 }})',
    "mean": 'v:mean("age", {{ error = 30 }})',
    "clipped": 'v:clip("far", 0, 9):sum("far", {{ epsilon = 0.1 }})',
    "bins": 'v:histogram("age", {{ bins = {{ 0, 40, 80, 120 }}, epsilon = 0.1 }})',
    "quartiles": 'v:quantile("age", {{ 0.25, 0.5 }}, {{ epsilon = 0.1,'
                 ' candidates = {{ 0, 120, 5 }} }})',
    "wards": 'v:group_by("ward"):count{{ epsilon = 0.1 }}',
    "ward_means": 'v:group_by("ward"):mean("los", {{ epsilon = 0.1 }})',
    "codes": 'v:group_by("code"):count{{ epsilon = 0.1, delta = 1e-9 }}',
    "variance": 'v:variance("age", {{ epsilon = 0.1 }})',
    "covariances": 'v:group_by("ward"):covariance("age", "los", {{ rho = 0.001 }})',
    "commonest": 'v:group_by("ward"):most_common("ward", 2, {{ epsilon = 0.1 }})',
    "first_above": 'v:group_by("ward"):above_threshold({{ "age > 90", "los > 20" }}, 1,'
                   ' {{ epsilon = 0.1 }})',
    "bounds": 'v:group_by("ward"):bounds("far", {{ epsilon = 0.1 }})',
    "line": 'v:group_by("ward"):fit{{ model = "linear", target = "los",'
            ' columns = {{ "age" }}, epsilon = 0.1 }}',
    "curve": 'v:derive("old", "age > 60"):fit{{ model = "logistic", target = "old",'
             ' columns = {{ "los" }}, steps = 3, rho = 0.001 }}',
    "codes_by_ward": 'v:group_by("code", "ward"):sum("age", {{ epsilon = 0.1,'
                     ' delta = 1e-9 }})',
    "derived": 'v:derive("d", "los / (age - 120)", {{ decimals = 2, lower = 0,'
               ' upper = 9 }}):sum("d", {{ epsilon = 0.1 }})',
    "where": 'v:where("far / far == 1 and code ~= nil"):count{{ epsilon = 0.1 }}',
    "parts": 'v:truncate{{ groups = 1, by = "ward" }}:partition("ward", {{ "A", "C" }}).C'
             ':count{{ epsilon = 0.1 }}',
    "joined": 'v:join_public({{ {{ ward = "C", beds = "7" }}, {{ ward = "C", beds = "9" }},'
              ' {{ ward = "A", beds = "2" }} }}, "ward"):sum("beds", {{ epsilon = 0.1 }})',
    "spread": 'v:truncate{{ groups = 2, rows = 1, by = "code" }}:group_by("code",'
              ' {{ "k1", "only" }}):mean("age", {{ rho = 0.001 }})',
    "mapped": 'v:map("m", {{ lower = 0, upper = 9, default = 5 }}, "if row.code == [[only]]'
              ' then error(row.far) end return row.age"):sum("m", {{ epsilon = 0.1 }})',
    "blocks": 'v:sample_aggregate{{ blocks = 3, lower = 0, upper = 9, default = 5,'
              ' run = "return #rows", epsilon = 0.1 }}',
    "truncated": 'v:truncate{{ rows = 1 }}:where("ward == \'C\'"):count{{ rho = 0.001 }}',
}
ASK = 'local v = site.open("{name}")\nlocal r = {measure}:release()\n'
SIGNALS = {
    "raise": 'if n > 0 then error("here: " .. n) end return n',
    "raise_always": 'error("n is " .. n)',
    "loop": 'while n > 0 do end return n',
    "memory": 'local t = {{}} while n > 0 do t[#t + 1] = ("x"):rep(1e6) end return n',
    "size": 'return ("x"):rep(10 + n)',
    "log": 'print("n", n) return n ~= 0',
    "price": 'return v:sum("los", {{ epsilon = n > 0 and 0.9 or 0.1 }}):release().value',
    "beyond": 'return v:where("age > " .. (n > 0 and 1 or 2)):count{{ epsilon = 50 }}'
              ':release().value',
    "refused": 'return pcall(function() return v:sum("far", {{ epsilon = 0.1 }})'
               ':release() end) and 1 or n',
    "denied": 'return v:count{{ epsilon = 0.1 }}:exact()',
    "flood": 'for i = 1, 60 do v:where("age > " .. i):count{{ epsilon = 0.01 }}:release()'
             ' end return n',
}
SLOW = {"loop"}
MASKED = ("data_commitment", "head", "signature", "key", "runtime", "site_url")


def scripts():
    for name, measure in MEASURES.items():
        yield name, ASK.replace("{measure}", measure) + "return r.value -- " + name
    for name, signal in SIGNALS.items():
        count = ASK.replace("{measure}", MEASURES["count"])
        yield name, count + "local n = r.value\n" + signal + " -- " + name


class Plain:
    """Makes answers of two servers comparable: random names become ordinals."""

    def __init__(self, url):
        self.url, self.names = url, {}

    def name(self, match):
        kind = match.group(0).split("_")[0]
        return self.names.setdefault(match.group(0), f"{kind}_{len(self.names)}")

    def text(self, text):
        text = text.replace(self.url, "URL")
        text = re.sub(r"\b[a-z]{3}_[0-9A-Z]{26}\b", self.name, text)
        text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "TIME", text)
        text = re.sub(r'"digests":\{[^}]*\}', '"digests":"*"', text)
        return re.sub(r'"(%s)":"[^"]*"' % "|".join(MASKED), r'"\1":"*"', text)

    def answer(self, what, answer):
        return self.text(f"{what}: {answer.status} {answer.type} {answer.text}")


class World:
    """A server with the three datasets, with or without the person."""

    def __init__(self, has_person):
        self.site = harness.Site()
        self.owner = self.site.person("owner")
        self.researcher = self.site.person("researcher")
        self.plain = Plain(self.site.url)
        self.transcript = []
        for name, (crowd, person) in PERSON.items():
            self.publish(name, HEAD + crowd + (person if has_person else ""))
        self.project = self.project_of(*PERSON)

    def project_of(self, *datasets):
        made = self.researcher.post("/api/v1/projects", {
            "title": "Neighbours", "purpose": "To find out who is there.",
            "datasets": list(datasets)})
        assert made.status == 201, made
        return made.json["id"]

    def policy(self):
        """The pack that allows every lane, with less time for loops."""
        packs = {p["name"]: p for p in self.owner.items("/api/v1/policies")}
        document = packs["open-review"]["document"]
        document["limits"].update(cpu_ms=500, questions=50)
        return document

    def publish(self, name, table):
        path = f"/api/v1/datasets/{name}"
        for answer in (
                self.owner.post("/api/v1/datasets", {
                    "name": name, "title": name, "description": "", **SCHEMA,
                    "policy": self.policy(),
                    "budget": {"epsilon": "1000", "delta": "0.001"}}),
                self.owner.put_csv(path + "/data", table),
                self.owner.post(path + "/mock/generation", {"rows": 50, "seed": 3}),
                self.owner.post(path + "/publication"),
                self.owner.put(f"{path}/grants/{self.researcher.user['id']}")):
            assert answer.status in (200, 201), answer

    def note(self, what, answer):
        self.transcript.append(self.plain.answer(what, answer))
        return answer

    def read(self, *paths):
        for path in paths:
            self.note(path, self.researcher.get(path))

    def begin(self, dataset, name, source, lane="dp", project=None):
        """Submits a job and has it approved: its place, or None where there is none."""
        made = self.note(f"{dataset}/{name}", self.researcher.post("/api/v1/jobs", {
            "project": project or self.project, "dataset": dataset, "title": name,
            "question": name, "source": source.format(name=dataset), "lane": lane,
            "max_budget": {"epsilon": "2", "delta": "0.000001"},
            "outputs": [{"name": "out", "description": "what it returns"}]}))
        if made.status != 201:
            return None
        where = made.headers["location"]
        job = self.researcher.wait(where, lambda j: j["state"] != "checking").json
        if job["state"] == "in_review":
            answer = self.owner.post(f"{where}/reviews", {
                "version": 1, "source_sha256": job["source_sha256"],
                "decision": "approve"}, headers={"If-Match": self.owner.get(where).etag})
            assert answer.status == 201, answer
        return where

    def end(self, where, *more):
        """Waits for the job's end; all that its author can read of it, and more."""
        job = self.researcher.wait(where, lambda j: j["state"] in (
            "blocked", "released", "held", "failed"), 90)
        self.read(where, where + "/checks", where + "/result", where + "/receipt",
                  where + "/versions", where + "/versions/1/checks",
                  where + "/versions/1/mock_result", *more)
        return job

    def run(self, dataset, name, source, lane="dp", project=None):
        """One job to its end, and all that its author can read of it."""
        where = self.begin(dataset, name, source, lane, project)
        return where and self.end(where, f"/api/v1/datasets/{dataset}/budget")

    def release(self, job):
        where = f"/api/v1/jobs/{job['id']}"
        answer = self.owner.post(f"{where}/release", {
            "decision": "release", "comment": "seen"},
            headers={"If-Match": self.owner.get(where).etag})
        assert answer.status in (200, 201), answer

    def events(self):
        """Kinds and states of all events, in their order."""
        self.plain.names.clear()
        stream, out = self.researcher.events(last=0, timeout=2), []
        try:
            while True:
                out.append(self.plain.text(json.dumps(stream.next()[2])))
        except (TimeoutError, OSError):
            stream.close()
        return out

    def close(self):
        self.site.close()


class Neighbours(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(harness.program()):
            raise unittest.SkipTest("the programs are not built")
        os.environ["DATASITE_TEST_NOISE"] = "constant"
        try:
            cls.worlds = [World(there) for there in (True, False)]
        finally:
            del os.environ["DATASITE_TEST_NOISE"]

    @classmethod
    def tearDownClass(cls):
        for world in cls.worlds:
            world.close()

    def both(self, act):
        """The same act in both worlds; what each adds to its transcript."""
        out = []
        for world in self.worlds:
            del world.transcript[:]
            world.plain.names.clear()
            act(world)
            out.append(list(world.transcript))
        return out

    def test_transcripts_do_not_tell_who_is_there(self):
        for dataset in PERSON:
            for name, source in scripts():
                if name in SLOW and dataset != "extreme":
                    continue
                with self.subTest(dataset=dataset, script=name):
                    mine, theirs = self.both(lambda w: w.run(dataset, name, source))
                    self.assertEqual(mine, theirs)
            paths = ("", "/budget", "/mock", "/policy", "/ledger", "/data", "/grants")
            mine, theirs = self.both(lambda w: w.read(
                "/api/v1/datasets", *(f"/api/v1/datasets/{dataset}{p}" for p in paths)))
            self.assertEqual(mine, theirs)
        self.assertEqual(*(w.events() for w in self.worlds))

    def test_the_scripts_end_as_meant(self):
        """The audit covers answers, refusals, failures and limits, not one dull path."""
        def ends(world):
            meant = dict.fromkeys(MEASURES, ("released", None))
            for name in ("raise_always", "flood", "denied", "beyond"):
                meant[name] = ("blocked", None)
            for name, end in meant.items():
                job = world.run("extreme", name, dict(scripts())[name] + " again").json
                self.assertEqual((job["state"], (job["failure"] or {}).get("kind")), end,
                                 job)

        self.both(ends)

    def test_the_comparison_sees_an_answer_that_is_exact(self):
        """An owner who releases the truth makes the transcripts differ."""
        source = 'return site.open("{name}"):where("ward == \'C\'"):count{{ epsilon = 1 }}' \
                 ':exact()'

        def act(world):
            job = world.run("extreme", "exact", source, lane="exact").json
            self.assertEqual(job["state"], "held", job)
            world.release(job)
            world.read(f"/api/v1/jobs/{job['id']}/result")

        mine, theirs = self.both(act)
        self.assertEqual(mine[:-1], theirs[:-1])
        self.assertNotEqual(mine[-1], theirs[-1])

    def test_the_commitment_in_a_receipt_says_nothing_of_the_data(self):
        """It is masked above; so it must differ for the same data in another place."""
        def commitments(world):
            for name in ("twin-1", "twin-2"):
                world.publish(name, HEAD + CROWD)
            project = world.project_of("twin-1", "twin-2")
            for name in ("twin-1", "twin-2"):
                job = world.run(name, "count", dict(scripts())["count"],
                                project=project).json
                receipt = world.researcher.get(f"/api/v1/jobs/{job['id']}/receipt").json
                seen.add(receipt["receipt"]["data_commitment"])

        seen = set()
        self.both(commitments)
        self.assertEqual(len(seen), 4)


if __name__ == "__main__":
    unittest.main()
