"""unknown_keys_test.py -- keys that only the data know: told by several columns at once,
and from as many persons on as the owner's policy wants."""
import unittest

from harness import Case

SCHEMA = {
    "unit": {"column": "person", "max_rows": 1},
    "columns": [
        {"name": "person", "type": "id"},
        {"name": "ward", "type": "category", "categories": ["A", "B"]},
        {"name": "code", "type": "text"},
        {"name": "town", "type": "text"},
    ],
}
PERSONS = {("A", "flu", "Bonn"): 300, ("A", "flu", "Ulm"): 60, ("B", "rare", "Ulm"): 1}
# At this price the noise is nothing, and the threshold little above the minimum.
ASK = ('return site.open("{name}"):group_by({columns})'
       ':{measure}{{ epsilon = 100, delta = 1e-9 }}:release().value')


def table():
    lines = ["person,ward,code,town"]
    for key, persons in PERSONS.items():
        lines += [f"p{len(lines) + i},{','.join(key)}" for i in range(persons)]
    return "\n".join(lines) + "\n"


class UnknownKeys(Case):
    def publish(self, name, **more):
        self.owner = self.site.person("owner")
        self.researcher = self.site.person("researcher")
        packs = {p["name"]: p for p in self.owner.items("/api/v1/policies")}
        path = f"/api/v1/datasets/{name}"
        for answer in (
                self.owner.post("/api/v1/datasets", {
                    "name": name, "title": "Keys", "description": "", **SCHEMA,
                    "policy": {**packs["dp-only"]["document"], **more},
                    "budget": {"epsilon": "100000", "delta": "0.001"}}),
                self.owner.put_csv(path + "/data", table()),
                self.owner.post(path + "/mock/generation", {"rows": 50, "seed": 3}),
                self.owner.post(path + "/publication"),
                self.owner.put(f"{path}/grants/{self.researcher.user['id']}")):
            self.assertIn(answer.status, (200, 201), answer)

    def told(self, name, columns, measure="count"):
        project = self.researcher.post("/api/v1/projects", {
            "title": "Keys", "purpose": "To see which there are.", "datasets": [name]})
        made = self.researcher.post("/api/v1/jobs", {
            "project": project.json["id"], "dataset": name, "title": "Keys",
            "question": "Which keys are there?", "lane": "dp",
            "source": ASK.format(name=name, columns=columns, measure=measure),
            "max_budget": {"epsilon": "2000", "delta": "0.00001"},
            "outputs": [{"name": "keys", "description": "and how many rows they have"}]})
        self.assertEqual(made.status, 201, made)
        where = made.headers["location"]
        job = self.researcher.wait(where, lambda j: j["state"] != "checking").json
        self.assertEqual(job["state"], "in_review", job)
        answer = self.owner.post(f"{where}/reviews", {
            "version": 1, "source_sha256": job["source_sha256"],
            "decision": "approve"}, headers={"If-Match": self.owner.get(where).etag})
        self.assertEqual(answer.status, 201, answer)
        job = self.researcher.wait(
            where, lambda j: j["state"] in ("released", "failed"), 60).json
        self.assertEqual(job["state"], "released", job)
        result = self.researcher.get(f"{where}/result").json
        self.measurement, = result["measurements"]
        return result["outputs"]

    def test_keys_of_several_columns(self):
        self.publish("several")
        self.assertEqual(self.told("several", '"code", "town"'),
                         {"flu": {"Bonn": 300, "Ulm": 60}})
        self.assertEqual(self.told("several", '"ward", "code"'), {"A": {"flu": 360}})

    def test_keys_alone(self):
        self.publish("alone", unknown_keys={"persons_min": 100})
        self.assertEqual(self.told("alone", '"code", "town"', "keys"),
                         {"flu": {"Bonn": True}})
        self.assertEqual(self.measurement["mechanism"], "partition_selection")
        self.assertEqual(self.measurement["label"], "keys by code, town")
        self.assertEqual(self.measurement["epsilon"], "100")
        self.assertEqual(self.measurement["error95"], "")
        charge, = [e for e in self.owner.items("/api/v1/datasets/alone/ledger")
                   if e["kind"] == "charge"]
        self.assertEqual((charge["mechanism"], charge["epsilon"], charge["delta"]),
                         ("partition_selection", "100", "0.000000001"))

    def test_the_owners_minimum_of_persons(self):
        self.publish("minimum", unknown_keys={"persons_min": 100})
        self.assertEqual(self.told("minimum", '"code", "town"'), {"flu": {"Bonn": 300}})
        self.publish("greater", unknown_keys={"persons_min": 300})
        self.assertEqual(self.told("greater", '"code"'), {"flu": 360})
        self.assertEqual(self.told("greater", '"code", "town"') or {}, {})

    def test_a_minimum_that_is_none_is_refused(self):
        owner = self.site.person("owner")
        packs = {p["name"]: p for p in owner.items("/api/v1/policies")}
        for least in (-1, 1000001, "3", 1.5):
            answer = owner.post("/api/v1/datasets", {
                "name": "refused", "title": "Keys", "description": "", **SCHEMA,
                "policy": {**packs["dp-only"]["document"],
                           "unknown_keys": {"persons_min": least}},
                "budget": {"epsilon": "1", "delta": "0.001"}})
            self.assertIn(answer.status, (400, 422), answer)


if __name__ == "__main__":
    unittest.main()
