"""story.py -- the main job as steps that tests put together."""
import itertools
import random
import threading

SCHEMA = {
    "unit": {"column": "person", "max_rows": 2},
    "columns": [
        {"name": "person", "type": "id"},
        {"name": "ward", "type": "category", "categories": ["A", "B", "C"]},
        {"name": "age", "type": "integer", "lower": "0", "upper": "120"},
        {"name": "los", "type": "integer", "lower": "0", "upper": "30"},
    ],
}
COUNT = 'return {{ n = site.open("{name}"):count{{ epsilon = {epsilon} }}:release().value }}'
EXACT = 'return {{ n = site.open("{name}"):count{{ epsilon = 1 }}:exact() }}'
names = itertools.count(1)


def rows(n, seed=1):
    """A table of the schema as CSV: n rows, two for every person."""
    r = random.Random(seed)
    lines = ["person,ward,age,los"]
    for i in range(n):
        lines.append(f"p{i // 2},{r.choice('ABC')},{r.randint(0, 100)},{r.randint(0, 30)}")
    return "\n".join(lines) + "\n"


class Story:
    """A published dataset with its owner, an administrator, and a researcher at work."""

    def __init__(self, site, epsilon="10", delta=None, policy="dp-only", data_rows=200,
                 researcher="researcher", publish=True, schema=None, data=None):
        self.site = site
        self.owner = site.person("owner")
        self.admin = site.person("admin")
        self.researcher = site.person("researcher", name=researcher)
        self.name = f"table-{next(names)}"
        self.path = f"/api/v1/datasets/{self.name}"
        self.rows = data_rows
        self.data = data  # CSV of a schema of one's own
        budget = {"epsilon": epsilon}
        if delta is not None:
            budget["delta"] = delta
        made = self.owner.post("/api/v1/datasets", {
            "name": self.name, "title": "A table", "description": "Made for a test.",
            **(schema or SCHEMA), "budget": budget, "policy": policy})
        assert made.status == 201, made
        self.dataset = made.json
        if publish:
            self.publish()

    def publish(self):
        for answer in (
                self.owner.put_csv(self.path + "/data", self.data or rows(self.rows)),
                self.owner.post(self.path + "/mock/generation", {"rows": 100, "seed": 7}),
                self.owner.post(self.path + "/publication")):
            assert answer.status == 201, answer
        self.grant(self.researcher)
        self.project = self.project_of(self.researcher)

    def grant(self, person):
        answer = self.owner.put(f"{self.path}/grants/{person.user['id']}")
        assert answer.status == 200, answer

    def project_of(self, person):
        answer = person.post("/api/v1/projects", {
            "title": "Stays", "purpose": "To know how long people stay.",
            "datasets": [self.name]})
        assert answer.status == 201, answer
        return answer.json["id"]

    def draft(self, source, epsilon="1", **more):
        return {"project": self.project, "dataset": self.name, "title": "How many",
                "question": "How many rows are there?",
                "source": source.format(name=self.name, epsilon=epsilon), "lane": "dp",
                "max_budget": {"epsilon": epsilon},
                "outputs": [{"name": "n", "description": "rows"}], **more}

    def post(self, source=COUNT, epsilon="1", by=None, **more):
        return (by or self.researcher).post("/api/v1/jobs",
                                            self.draft(source, epsilon, **more))

    def submit(self, source=COUNT, epsilon="1", by=None, **more):
        """A job whose checks have ended."""
        by = by or self.researcher
        answer = self.post(source, epsilon, by, **more)
        assert answer.status == 201, answer
        return by.wait(answer.headers["location"], lambda j: j["state"] != "checking").json

    def review(self, job, decision="approve", by=None, etag=None, **more):
        by = by or self.owner
        seen = by.get(f"/api/v1/jobs/{job['id']}")
        return by.post(f"/api/v1/jobs/{job['id']}/reviews", {
            "version": job["version"], "source_sha256": job["source_sha256"],
            "decision": decision, **more}, headers={"If-Match": etag or seen.etag})

    def wait(self, job, *states, seconds=60):
        return self.researcher.wait(f"/api/v1/jobs/{job['id']}",
                                    lambda j: j["state"] in states, seconds).json

    def run(self, source=COUNT, epsilon="1", **more):
        """A job from submission to its end."""
        job = self.submit(source, epsilon, **more)
        assert job["state"] == "in_review", job
        answer = self.review(job)
        assert answer.status == 201, answer
        return self.wait(job, "released", "held", "failed")

    def budget(self, by=None):
        answer = (by or self.owner).get(self.path + "/budget")
        assert answer.status == 200, answer
        return answer.json

    def ledger(self):
        return self.admin.items(self.path + "/ledger?limit=200")

    def audit(self):
        return self.admin.items("/api/v1/audit?limit=200")


def at_once(calls):
    """The answers of calls that start together."""
    out = [None] * len(calls)

    def one(i):
        out[i] = calls[i]()

    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(calls))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return out
