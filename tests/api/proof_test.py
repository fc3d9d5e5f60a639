"""proof_test.py -- what others can check without trusting the site: receipts, checkpoints of
the audit log, how a result came about, and the page for everybody."""
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

import harness
from story import COUNT, Story

HELD = {"name": "held", "title": "All is held", "lanes": {"dp": {"release": "held"}}}


def leaves(v, at=()):
    """Every value of a document that is no container, with its path."""
    if isinstance(v, dict) and v:
        for name, member in v.items():
            yield from leaves(member, at + (name,))
    elif isinstance(v, list) and v:
        for i, member in enumerate(v):
            yield from leaves(member, at + (i,))
    else:
        yield at, v


def changed(v):
    """The value with one byte changed, of the same type."""
    if isinstance(v, bool) or v is None:
        return "x"
    if isinstance(v, int):
        return v + 1
    return v[:-1] + ("A" if v[-1:] != "A" else "B") if v else "x"


def put(document, at, v):
    for step in at[:-1]:
        document = document[step]
    document[at[-1]] = v


class Elsewhere(unittest.TestCase):
    """A folder with what a stranger holds: the program, the public key, and a document."""

    @classmethod
    def setUpClass(cls):
        cls.site = harness.Site()
        cls.folder = tempfile.mkdtemp(prefix="datasite-elsewhere-")
        key = cls.site.nobody().get("/.well-known/datasite").json["key"]
        cls.write("site.pub", key + "\n")

    @classmethod
    def tearDownClass(cls):
        cls.site.close()
        shutil.rmtree(cls.folder)

    @classmethod
    def write(cls, name, text):
        with open(os.path.join(cls.folder, name), "w", encoding="utf-8") as f:
            f.write(text)

    def run_there(self, *words):
        """The program without this site's folder, environment or network names."""
        return subprocess.run([harness.program(), *words], cwd=self.folder, env={},
                              capture_output=True, text=True, timeout=60, check=False)


class Receipts(Elsewhere):
    def setUp(self):
        self.story = Story(self.site)
        job = self.story.run(COUNT, epsilon="1")
        self.proof = self.story.researcher.get(f"/api/v1/jobs/{job['id']}/receipt").json

    def verify(self, proof):
        self.write("receipt.json", json.dumps(proof))
        return self.run_there("verify", "receipt.json", "--key", "site.pub")

    def test_it_verifies_elsewhere(self):
        done = self.verify(self.proof)
        self.assertEqual((done.returncode, done.stdout.split("\n")[0]), (0, "valid"), done)

    def test_every_changed_value_is_named(self):
        named = 0
        for at, v in leaves(self.proof["receipt"]):
            proof = json.loads(json.dumps(self.proof))
            put(proof["receipt"], at, changed(v))
            done = self.verify(proof)
            with self.subTest(at=at):
                self.assertEqual(done.returncode, 1, done)
                self.assertIn("/" + "/".join(map(str, at)) + ":", done.stderr)
                self.assertEqual(done.stderr.count("not valid: /"), 1, done.stderr)
            named += 1
        self.assertGreater(named, 25)

    def test_so_is_a_changed_digest_signature_or_key(self):
        for pointer, v in self.proof["digests"].items():
            proof = json.loads(json.dumps(self.proof))
            proof["digests"][pointer] = changed(v)
            self.assertIn(pointer + ":", self.verify(proof).stderr)
        for member in ("signature", "key"):
            proof = {**self.proof, member: "A" + self.proof[member][1:]}
            if proof == self.proof:
                proof[member] = "B" + proof[member][1:]
            done = self.verify(proof)
            self.assertEqual(done.returncode, 1)
            self.assertIn(member, done.stderr)

    def test_who_changes_value_and_digest_still_fails(self):
        forged = json.loads(json.dumps(self.proof))
        forged["receipt"]["epsilon"] = "0.1"
        digests = forged.pop("digests")
        done = self.verify(forged)
        self.assertEqual(done.returncode, 1)
        self.assertIn("signature", done.stderr)
        self.assertEqual(self.verify({k: v for k, v in self.proof.items()
                                      if k != "digests"}).returncode, 0)
        self.assertIn("/more:", self.verify({**self.proof, "digests": {
            **digests, "/more": "0" * 16}}).stderr)


class Checkpoints(Elsewhere):
    def setUp(self):
        self.auditor = self.site.person("auditor")
        self.admin = self.site.person("admin")
        made = self.auditor.post("/api/v1/audit/checkpoints")
        self.assertEqual(made.status, 201, made)
        self.mark = made.json
        self.site.person("researcher", name=self._testMethodName.replace("_", "-"))
        self.write("audit.jsonl", self.auditor.get("/api/v1/audit/export").text)
        self.write("marks.json", self.auditor.get("/api/v1/audit/checkpoints").text)

    def verify(self, export="audit.jsonl", marks="marks.json", key="site.pub"):
        return self.run_there("audit", "verify", export, "--checkpoints", marks, "--key", key)

    def test_an_export_meets_them(self):
        done = self.verify()
        self.assertEqual(done.returncode, 0, done)
        items = self.auditor.items("/api/v1/audit/checkpoints")
        self.assertIn(f"met: {len(items)} of {len(items)}", done.stdout)
        self.assertEqual(items[-1], self.mark)
        self.write("head.json", self.auditor.get("/api/v1/audit/head").text)
        self.assertEqual(self.verify(marks="head.json").returncode, 0)

    def test_nothing_new_is_signed_once(self):
        self.auditor.post("/api/v1/audit/checkpoints")
        first = self.auditor.post("/api/v1/audit/checkpoints").json
        self.assertEqual(self.auditor.post("/api/v1/audit/checkpoints").json, first)

    def test_a_checkpoint_that_was_changed_is_refused(self):
        for member, v in self.mark.items():
            if member == "key":
                continue  # what the caller trusts is --key
            with self.subTest(member):
                self.write("one.json", json.dumps({**self.mark, member: changed(v)}))
                done = self.verify(marks="one.json")
                self.assertEqual(done.returncode, 1, done)

    def test_another_sites_key_is_refused(self):
        self.write("other.pub", "A" * 43 + "\n")
        self.assertEqual(self.verify(key="other.pub").returncode, 1)

    def copy(self, change):
        """Verifies a copy of the site whose log a hand with an editor changed."""
        place = os.path.join(self.folder, self._testMethodName)
        self.assertEqual(self.site.command("backup", "--data", self.site.folder, "--to",
                                           place).returncode, 0)
        data = place + "-site"
        self.assertEqual(self.site.command("restore", place, "--data", data).returncode, 0)
        db = sqlite3.connect(os.path.join(data, "datasite.db"))
        with db:
            triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
                                  " AND tbl_name LIKE 'audit%'").fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            change(db)
        db.close()
        return self.run_there("audit", "verify", "--data", data, "--key", "site.pub")

    def test_a_log_that_was_cut_off_misses_what_was_signed(self):
        def cut(db):
            last = self.mark["entries"] - 1
            db.execute("DELETE FROM audit WHERE seq > ?", (last,))
            db.execute("UPDATE audit_head SET seq = ?, hash ="
                       " (SELECT hash FROM audit WHERE seq = ?)", (last, last))
        done = self.copy(cut)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("signed", done.stderr)

    def test_a_copy_as_it_was_holds(self):
        done = self.copy(lambda db: None)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("the ledger adds up", done.stdout)

    def test_who_may(self):
        for role in ("owner", "researcher"):
            self.assertEqual(self.site.person(role).get("/api/v1/audit/checkpoints").status,
                             403)
        self.assertEqual(self.admin.get("/api/v1/audit/checkpoints").status, 200)


class Provenance(harness.Case):
    def released(self, **more):
        story = Story(self.site, **more)
        job = story.run(COUNT, epsilon="1")
        if job["state"] == "held":
            seen = story.owner.get(f"/api/v1/jobs/{job['id']}")
            done = story.owner.post(f"/api/v1/jobs/{job['id']}/release",
                                    {"decision": "release", "comment": "Fine."},
                                    headers={"If-Match": seen.etag})
            self.assertEqual(done.status, 201, done)
        return story, job, f"/api/v1/jobs/{job['id']}/provenance"

    def closed(self, document):
        """Every name that is used is declared."""
        declared = set(document["entity"]) | set(document["activity"]) | set(
            document["agent"])
        for kind, relations in document.items():
            if kind in ("prefix", "entity", "activity", "agent"):
                continue
            for relation in relations.values():
                self.assertLessEqual(set(relation.values()), declared, (kind, relation))

    def valid(self, document):
        """As PROV-JSON has it: attributes of declared prefixes, with literals for values; the
        roles that each relation knows."""
        roles = {"used": {"activity", "entity"}, "wasGeneratedBy": {"activity", "entity"},
                 "wasAssociatedWith": {"activity", "agent"},
                 "wasAttributedTo": {"entity", "agent"},
                 "wasDerivedFrom": {"generatedEntity", "usedEntity"},
                 "wasInformedBy": {"informed", "informant"}}
        prefixes = set(document["prefix"])
        for kind, things in document.items():
            if kind in roles:
                for relation in things.values():
                    self.assertEqual(set(relation), {f"prov:{r}" for r in roles[kind]})
                continue
            self.assertIn(kind, ("prefix", "entity", "activity", "agent"))
            for name, attributes in things.items() if kind != "prefix" else ():
                self.assertIn(name.split(":")[0], prefixes)
                for attribute, value in attributes.items():
                    self.assertIn(attribute.split(":")[0], prefixes)
                    for v in value if isinstance(value, list) else [value]:
                        if isinstance(v, dict):
                            self.assertEqual(set(v), {"$", "type"}, (name, attribute))
                            self.assertEqual(v["type"], "prov:QUALIFIED_NAME")
                            self.assertIn(v["$"].split(":")[0], prefixes)
                        else:
                            self.assertIsInstance(v, (str, int, float), (name, attribute))

    def test_it_says_who_did_what_with_what(self):
        for policy in ("dp-only", HELD):
            with self.subTest(policy=policy):
                story, job, path = self.released(policy=policy)
                document = story.researcher.get(path).json
                self.closed(document)
                self.valid(document)
                receipt = story.researcher.get(f"/api/v1/jobs/{job['id']}/receipt").json
                result = document["entity"][f"ds:{job['id']}-result"]
                self.assertEqual(result["ds:sha256"], receipt["receipt"]["result_sha256"])
                program = document["entity"][f"ds:{job['id']}-program"]
                self.assertEqual(program["ds:sha256"], job["source_sha256"])
                people = {a.get("prov:label") for a in document["agent"].values()}
                self.assertLessEqual({"researcher", "owner"}, people)
                by = [r["prov:agent"] for r in document["wasAssociatedWith"].values()
                      if r["prov:activity"].endswith("-release")]
                self.assertEqual(by, ["ds:site" if policy == "dp-only" else
                                      f"ds:{story.owner.user['id']}"])
                self.assertNotIn("@", json.dumps(document))

    def test_who_may_read_it(self):
        story, job, path = self.released()
        for person, status in ((story.researcher, 200), (story.owner, 200),
                               (self.site.person("auditor"), 200),
                               (self.site.person("researcher", name="other"), 404),
                               (story.admin, 404), (self.site.nobody(), 401)):
            self.assertEqual(person.get(path).status, status, person.email)
        waiting = story.submit(COUNT + " -- waiting")
        self.assertProblem(story.researcher.get(f"/api/v1/jobs/{waiting['id']}/provenance"),
                           409, "conflict-state")


class Auditor(harness.Case):
    """One who reads everything but private rows, and changes nothing."""

    def test_reaches_every_proof(self):
        story = Story(self.site)
        job = story.run(COUNT)
        auditor = self.site.person("auditor")
        for path in (story.path, story.path + "/budget", story.path + "/budget/history",
                     story.path + "/ledger", f"/api/v1/jobs/{job['id']}/receipt",
                     f"/api/v1/jobs/{job['id']}/provenance", "/api/v1/audit",
                     "/api/v1/audit/head", "/api/v1/audit/export",
                     "/api/v1/audit/checkpoints", "/api/v1/populations",
                     "/api/v1/budget_raises", "/api/v1/transparency", "/api/v1/notices"):
            with self.subTest(path):
                self.assertEqual(auditor.get(path).status, 200)
        for path in (f"/api/v1/jobs/{job['id']}/result",
                     f"/api/v1/jobs/{job['id']}/sealed_result"):
            self.assertIn(auditor.get(path).status, (403, 404))
        for answer in (auditor.put(story.path + "/budget/freeze", {"reason": "No."}),
                       auditor.post("/api/v1/populations", {
                           "name": "Mine", "budget": {"epsilon": "1"}})):
            self.assertProblem(answer, 403)


class Transparency(unittest.TestCase):
    MEMBERS = {"job", "released_at", "dataset", "purpose", "lane", "policy", "epsilon",
               "delta", "source_sha256"}

    def test_for_anybody_where_the_setting_is_on(self):
        site = harness.Site(config={"transparency": True})
        self.addCleanup(site.close)
        story = Story(site)
        job = story.run(COUNT, epsilon="0.5")
        story.submit(COUNT + " -- never approved")
        nobody = site.nobody()
        items = nobody.items("/api/v1/transparency?limit=1")
        self.assertEqual([i["job"] for i in items], [job["id"]])
        self.assertEqual(set(items[0]), self.MEMBERS)
        self.assertEqual((items[0]["epsilon"], items[0]["source_sha256"]),
                         ("0.5", job["source_sha256"]))
        self.assertNotIn("@", json.dumps(items))
        self.assertTrue(nobody.get("/.well-known/datasite").json["transparency"])

    def test_for_nobody_where_it_is_off(self):
        site = harness.Site()
        self.addCleanup(site.close)
        Story(site).run(COUNT, epsilon="0.5")
        self.assertEqual(site.nobody().items("/api/v1/transparency"), [])
        self.assertFalse(site.nobody().get("/.well-known/datasite").json["transparency"])


if __name__ == "__main__":
    unittest.main()
