"""cli_test.py -- the command line: every command, and each way in which it refuses."""
import json
import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
import time
import unittest

import harness

SCHEMA = {
    "unit": {"column": "who", "max_rows": 2},
    "columns": [
        {"name": "who", "type": "id"},
        {"name": "age", "type": "integer", "lower": "0", "upper": "120"},
        {"name": "ward", "type": "category", "categories": ["A", "B"]},
    ],
}
MOCK = "who,age,ward\np1,30,A\np1,31,B\np2,64,A\n"
JOB = """local v = site.open "stays"
print("a line")
return { n = v:count{ epsilon = 0.5 }:release().value }
"""


def run(*words, input=None, env=None):
    """Runs `datasite WORDS`; gives the finished process."""
    return subprocess.run([harness.program(), *words], input=input, capture_output=True,
                          text=True, timeout=120, check=False, env=env)


@unittest.skipUnless(os.path.exists(harness.program()), "the program is not built")
class Folder(unittest.TestCase):
    """A folder with a schema, a mock and a job."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="datasite-cli-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.schema = self.write("schema.json", json.dumps(SCHEMA))
        self.mock = self.write("mock.csv", MOCK)
        self.job = self.write("job.lua", JOB)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8", newline="") as f:
            f.write(text)
        return self.path(name)

    def assertRefused(self, done, code, *words):
        """One line on stderr that says what and where, and nothing on stdout."""
        self.assertEqual(done.returncode, code, done)
        self.assertEqual(done.stdout, "")
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def run_job(self, job, *more):
        return run("run", "--mock", self.mock, "--schema", self.schema, job, *more)


class UseTest(Folder):
    def test_every_command_has_help(self):
        names = [line.split("  ")[1].strip() for line in run("--help").stdout.splitlines()
                 if line.startswith("  ")]
        self.assertIn("serve", names)
        self.assertIn("audit verify", names)
        for name in names:
            done = run(*name.split(), "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)
            self.assertIn(f"usage: datasite {name}", done.stdout)

    def test_wrong_use_is_2(self):
        wrong = [["nope"], ["user"], ["user", "drop"], ["run"], ["run", "--mock"],
                 ["run", "--nope"], ["check", self.job], ["verify", self.job],
                 ["audit", "verify"], ["audit", "verify", "--data", self.dir, "x"],
                 ["calc", "nope"], ["submit", self.job], ["login", "ftp://x"],
                 ["serve"], ["serve", "--data", self.dir, "--listen", "nowhere"],
                 ["backup", "--data", self.dir], ["status", "a", "b"],
                 ["run", "--json=1", self.job], ["config", "show", "--listen", "x:99999"]]
        for words in wrong:
            with self.subTest(words):
                self.assertRefused(run(*words, input="x"), 2)
        self.assertEqual(run().returncode, 2)

    def test_what_is_missing_is_named(self):
        for words, name in [(["run"], "JOB.lua"), (["verify"], "RECEIPT.json"),
                            (["restore"], "BACKUP_DIR"), (["result"], "JOB"),
                            (["user"], "`datasite user add`"),
                            (["config"], "`datasite config show`")]:
            self.assertRefused(run(*words), 2, name)

    def test_help_by_every_name_and_the_version(self):
        for words in [["-h"], ["--help"], ["help"]]:
            self.assertIn("audit verify", run(*words).stdout)
        self.assertIn("--mock", run("help", "run").stdout)
        self.assertRegex(run("--version").stdout, r"^datasite \d+\.\d+\.\d+\n$")

    def test_an_output_that_nobody_gets_is_2(self):
        for words in [["--help"], ["run", "--help"], ["config", "show"]]:
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([harness.program(), *words], stdout=full,
                                      stderr=subprocess.PIPE, text=True, check=False)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("standard output", done.stderr)

    def test_closed_places_are_taken_by_no_file(self):
        folder = self.path("closed")
        server = subprocess.Popen(
            ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", harness.program(), "serve",
             "--data", folder, "--listen", "127.0.0.1:0"])
        try:
            end = time.monotonic() + harness.START_S
            while not os.path.exists(folder + "/keys/site.pub") and time.monotonic() < end:
                self.assertIsNone(server.poll(), "the server did not start")
                time.sleep(0.05)
            places = [os.readlink(f"/proc/{server.pid}/fd/{n}") for n in range(3)]
            self.assertEqual(places, ["/dev/null"] * 3)
        finally:
            server.terminate()
            server.wait()

    def test_config(self):
        config = self.write("c.json", '{"site_name":"Here","listen":"[::1]:0"}')
        done = run("config", "show", "--config", config, "--data", "/d")
        shown = json.loads(done.stdout)
        self.assertEqual((shown["site_name"], shown["listen"], shown["data"]),
                         ("Here", "[::1]:0", "/d"))
        for text, where in [('{"nope":1}', "/nope"), ('{"threads":0}', "/threads"),
                            ('{"listen":"x"}', "/listen"), ("{", "JSON"),
                            ('{"site_name":5}', "/site_name")]:
            self.assertRefused(run("config", "show", "--config",
                                   self.write("bad.json", text)), 2, "bad.json: ", where)


class MockTest(Folder):
    def test_a_job_runs(self):
        done = self.run_job(self.job)
        self.assertEqual(done.returncode, 0, done)
        self.assertIsInstance(json.loads(done.stdout)["n"], int)
        self.assertEqual(done.stderr, "a line\n")

    def test_json(self):
        done = self.run_job(self.job, "--json", "--seed", "7")
        document = json.loads(done.stdout)
        self.assertTrue(document["ok"])
        self.assertEqual(document["log"], "a line\n")
        self.assertEqual(document["measurements"][0]["epsilon"], "0.5")
        self.assertIsNone(document["failure"])

    def test_a_policy_finding_is_1_with_its_place(self):
        job = self.write("exact.lua", 'local v = site.open "stays"\n'
                                      "return v:count{ epsilon = 1 }:exact()\n")
        self.assertRefused(self.run_job(job), 1, f"{job}:2:", ": error: ", "[lane]")
        self.assertEqual(self.run_job(job, "--lane", "exact").returncode, 0)
        self.assertRefused(run("check", job, "--schema", self.schema), 1, f"{job}:2:",
                           "[lane]")
        document = json.loads(self.run_job(job, "--json").stdout)
        self.assertEqual((document["ok"], document["findings"][0]["rule"]),
                         (False, "lane"))

    def test_hidden_characters_are_findings(self):
        job = self.write("bidi.lua", "return 1 -- \u202e\n")
        self.assertRefused(run("check", job, "--schema", self.schema), 1, "bidi.lua:1:13")

    def test_a_script_error_is_2_with_its_line(self):
        for text, line in [("return {\n", 2), ("local x = nil\nreturn x.y\n", 2),
                           ('return site.open("stays"):sum("who", {epsilon=1}):release()', 1)]:
            job = self.write("bad.lua", text)
            self.assertRefused(self.run_job(job), 2, f"bad.lua:{line}:", "[script_error]")

    def test_what_a_script_says_stays_on_its_line(self):
        job = self.write("two.lua", 'error("one\\nx.lua:9:9: error: \\27[2Jtwo\\127", 0)')
        done = self.run_job(job)
        self.assertRefused(done, 2, "two.lua:1:1: error: one x.lua:9:9: ")
        self.assertEqual([c for c in done.stderr[:-1] if c < " " or c == "\x7f"], [])

    def test_a_cap_is_1(self):
        self.assertRefused(self.run_job(self.write("quiet.lua", JOB.replace("print", "--")),
                                        "--epsilon", "0.01"), 1, "[budget]")

    def test_a_broken_mock_is_2_with_its_place(self):
        self.mock = self.write("mock.csv", MOCK.replace("64", "old"))
        self.assertRefused(self.run_job(self.job), 2, "mock.csv:4:4: error:", "age")

    def test_missing_files_are_2(self):
        self.mock = self.path("none.csv")
        self.assertRefused(self.run_job(self.job), 2, "none.csv")
        self.mock = self.write("mock.csv", MOCK)
        self.assertRefused(self.run_job(self.path("none.lua")), 2, "none.lua")

    def test_a_broken_schema_is_2_with_its_member(self):
        for text, where in [('{"columns":[{"name":"a","type":"intger"}]}',
                             "/columns/0/type: "), ("{", "not JSON"), ("{}", "/columns")]:
            self.schema = self.write("bad.json", text)
            self.assertRefused(self.run_job(self.job), 2, "bad.json: ", where)
            self.assertRefused(run("check", self.job, "--schema", self.schema), 2,
                               "bad.json: ", where)

    def test_a_folder_that_cannot_be_looked_into_is_not_called_empty(self):
        self.assertRefused(run("doctor", "--data", self.path("none")), 2, "no site here")
        self.assertRefused(run("doctor", "--data", self.job + "/x"), 2, "Not a directory")
        folder, program = self.path("shut"), self.path("datasite")
        os.mkdir(folder, 0o700)
        shutil.copy(harness.program(), program)
        os.chmod(self.dir, 0o755)
        if os.geteuid() != 0:
            return  # whose folder it is may always look
        done = subprocess.run([program, "audit", "verify", "--data", folder], user=65534,
                              capture_output=True, text=True, check=False)
        self.assertRefused(done, 2, "Permission denied")

    def test_what_is_no_file_is_named(self):
        self.assertRefused(self.run_job(self.dir), 2, self.dir + ": ")
        self.mock = self.dir
        self.assertRefused(self.run_job(self.job), 2, self.dir + ": ")

    def test_the_check_reads_the_language_and_runs_nothing(self):
        job = self.write("open.lua", "local x = 1\n\nreturn { x = (x }\n")
        check = ("check", job, "--schema", self.schema)
        self.assertRefused(run(*check), 1, "open.lua:3:1: error: ", "[syntax]")
        document = json.loads(run(*check, "--json").stdout)
        self.assertEqual((document["ok"], document["findings"][0]["line"]), (False, 3))
        job = self.write("loop.lua", "while true do end\n")
        self.assertEqual(run("check", job, "--schema", self.schema).returncode, 0)

    def test_a_clean_job_passes_the_check(self):
        self.assertEqual(run("check", self.job, "--schema", self.schema).returncode, 0)


class CalcTest(Folder):
    def test_prints_one_number(self):
        with open(os.path.join(harness.ROOT, "tests", "golden", "calc.json"),
                  encoding="utf-8") as f:
            vector = json.load(f)["vectors"][0]
        words = [f"{k}={v}" for k, v in vector["args"].items()]
        done = run("calc", vector["fn"], *words)
        self.assertEqual(done.returncode, 0, done)
        self.assertAlmostEqual(float(done.stdout), float(vector["expect"]), places=6)
        self.assertRefused(run("calc", vector["fn"], *words, "nope=1"), 2)


class SiteTest(Folder):
    """Commands about a site, beside its running server."""

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(harness.program()):
            raise unittest.SkipTest("the program is not built")
        cls.site = harness.Site()
        cls.home = tempfile.mkdtemp(prefix="datasite-home-")
        cls.env = dict(os.environ, XDG_CONFIG_HOME=cls.home)
        cls.owner = cls.site.person("owner")
        cls.researcher = cls.site.person("researcher")
        cls.publish()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()
        shutil.rmtree(cls.home, ignore_errors=True)

    @classmethod
    def publish(cls):
        base = "/api/v1/datasets/stays"
        steps = [
            cls.owner.post("/api/v1/datasets", dict(
                SCHEMA, name="stays", title="Stays", description="",
                budget={"epsilon": "20", "delta": "0.000001"}, policy="dp-only")),
            cls.owner.put_csv(base + "/data", MOCK),
            cls.owner.put_csv(base + "/mock", "who,age,ward\nm1,20,B\nm2,70,A\n"),
            cls.owner.post(base + "/publication"),
            cls.owner.put(base + "/grants/" + cls.researcher.user["id"])]
        for step in steps:
            assert step.status < 300, step

    def client(self, *words, input=None):
        return run(*words, input=input, env=self.env)

    def log_in(self):
        done = self.client("login", self.site.url, "--email", self.researcher.email,
                           input=self.researcher.password + "\n")
        self.assertEqual(done.returncode, 0, done)

    def released(self, title, source=JOB, *more):
        """A released job of this title; gives its id."""
        done = self.client("submit", self.write(title + ".lua", source + "-- " + title),
                           "--dataset", "stays", "--epsilon", "5", "--purpose", "to test",
                           "--output", "n=how many", *more, "--wait")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("in_review", done.stdout)
        id = done.stdout.split()[0]
        job = self.owner.get("/api/v1/jobs/" + id)
        review = self.owner.post(
            f"/api/v1/jobs/{id}/reviews",
            {"version": 1, "source_sha256": job.json["source_sha256"],
             "decision": "approve", "comment": ""}, headers={"If-Match": job.etag})
        self.assertEqual(review.status, 201, review)
        done = self.client("status", id, "--wait")
        self.assertIn("released", done.stdout)
        return id

    def receipt(self, id):
        """Paths of the receipt, the whole result, and the key of the site."""
        receipt, key = self.path("receipt.json"), self.path("site.pub")
        done = self.client("result", id, "--receipt", receipt)
        self.assertEqual(done.returncode, 0, done)
        self.write("site.pub", self.researcher.get("/.well-known/datasite").json["key"])
        return receipt, self.write("result.json", done.stdout), key

    def test_accounts(self):
        add = ("user", "add", "new@example.org", "--role", "auditor", "--data",
               self.site.folder)
        self.assertRefused(run(*add), 2, "--password-stdin")
        self.assertRefused(run(*add, "--password-stdin", input="short"), 2)
        self.assertRefused(run("user", "add", "x@example.org", "--role", "king", "--data",
                               self.site.folder, "--password-stdin", input="x"), 2, "king")
        self.assertEqual(run(*add, "--password-stdin", input="long enough, this\n")
                         .returncode, 0)
        self.assertRefused(run(*add, "--password-stdin", input="long enough, this\n"), 2)
        harness.Client(self.site, "new@example.org", "long enough, this")

    def test_login(self):
        done = self.client("login", self.site.url, "--email", self.researcher.email,
                           input="not the password\n")
        self.assertRefused(done, 2)
        self.log_in()
        path = os.path.join(self.home, "datasite", "client.json")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with open(path, encoding="utf-8") as f:
            self.assertNotIn(self.researcher.password, f.read())

    def test_an_address_that_is_none_asks_for_nothing(self):
        self.assertRefused(self.client("login", "127.0.0.1:80", input=""), 2, "http://")

    def test_status_of_all_waits(self):
        self.log_in()
        job = self.write("waits.lua", JOB + "-- waits\n")
        id = self.client("submit", job, "--dataset", "stays", "--epsilon", "1",
                         "--purpose", "to wait").stdout.split()[0]
        lines = self.client("status", "--wait").stdout.splitlines()
        self.assertIn([id, "in_review", "waits.lua"], [line.split() for line in lines])

    def test_nobody_is_logged_in(self):
        env = dict(os.environ, XDG_CONFIG_HOME=self.dir)
        self.assertRefused(run("status", env=env), 2, "datasite login")

    def test_pull(self):
        self.log_in()
        to = self.path("pulled")
        done = self.client("pull", "stays", "--to", to)
        self.assertEqual(done.returncode, 0, done)
        done = run("run", "--mock", to + "/mock.csv", "--schema", to + "/schema.json",
                   self.job)
        self.assertEqual(done.returncode, 0, done)
        self.assertRefused(self.client("pull", "nope", "--to", to), 2)
        self.assertRefused(self.client("pull", "../users", "--to", to), 2)

    def test_caps_and_prices_are_told_alike_on_mock_and_real(self):
        """A job with answers in rho, and one of pure answers: what their approvals hold
        differs, what site.budget() and explain() tell does not."""
        self.log_in()
        tell = """local v = site.open "stays"
local plan = v:mean("age", { error = 1 })
local paid = v:count{ %s = 0.1 }:release()
local b = site.budget()
return { told = { b.accounting == "zcdp", b.epsilon, b.delta, b.rho,
                  plan:explain().epsilon, plan:explain().error95 } }
"""
        for price in ("epsilon", "rho"):
            source = tell % price
            id = self.released("told-" + price, source, "--delta", "0.0000001")
            mock = self.researcher.get(f"/api/v1/jobs/{id}/versions/1/mock_result").json
            real = self.researcher.get(f"/api/v1/jobs/{id}/result").json
            told = real["outputs"]["told"]
            self.assertEqual(told, mock["outputs"]["told"])
            self.assertEqual(told[:3], [True, 5, 1e-07])
            self.assertGreater(told[3], 0)
            self.assertGreater(told[4], 0)
        offline = self.run_job(self.write("told.lua", source), "--epsilon", "5",
                               "--delta", "0.0000001")
        self.assertEqual(json.loads(offline.stdout)["told"][:3], told[:3])
        at_site = self.researcher.post("/api/v1/mock_runs", {
            "dataset": "stays", "source": source, "lane": "dp"}).json["outputs"]["told"]
        self.assertEqual(at_site[4:], told[4:])

    def test_a_job_opens_the_dataset_that_it_is_about(self):
        source = 'local v = site.open "stays"\nlocal w = site.open "births"\nreturn 1\n'
        failure = self.researcher.post("/api/v1/mock_runs", {
            "dataset": "stays", "source": source, "lane": "dp"}).json["failure"]
        self.assertEqual((failure["kind"], failure["line"]), ("script_error", 2))
        self.assertIn('it cannot open "births"', failure["text"])

    def test_what_may_not_be_spent_is_told(self):
        source = JOB.replace("0.5", "500")
        failure = self.researcher.post("/api/v1/mock_runs", {
            "dataset": "stays", "source": source, "lane": "dp"}).json["failure"]
        self.assertEqual(failure["kind"], "budget")
        self.assertIn("does not cover this measurement", failure["text"])

    def test_submit_says_what_is_missing(self):
        self.log_in()
        done = self.client("submit", self.job, "--dataset", "stays", "--epsilon", "1",
                           "--project", "prj_00000000000000000000000000")
        self.assertRefused(done, 2)
        self.assertRefused(self.client("submit", self.job, "--dataset", "none",
                                       "--epsilon", "1"), 2, "--purpose")

    def test_a_blocked_job_is_1(self):
        self.log_in()
        job = self.write("blocked.lua", "return { n = nope() }")
        done = self.client("submit", job, "--dataset", "stays", "--epsilon", "1",
                           "--purpose", "to fail", "--wait")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("blocked", done.stdout)
        id = done.stdout.split()[0]
        done = self.client("result", id)
        self.assertRefused(done, 1)
        self.assertIn(id, self.client("status").stdout)

    def test_receipts(self):
        self.log_in()
        receipt, result, key = self.receipt(self.released("receipts"))
        source = self.path("receipts.lua")
        for words in [(receipt,), (result,), (receipt, "--source", source),
                      (receipt, "--result", result)]:
            done = run("verify", *words, "--key", key)
            self.assertEqual(done.returncode, 0, done)
        self.assertRefused(run("verify", receipt, "--key", key, "--source", self.job), 1,
                           "source_sha256")
        other = self.write("other.json", '{"outputs":{"n":123456}}')
        self.assertRefused(run("verify", receipt, "--key", key, "--result", other), 1,
                           "result_sha256")
        self.assertRefused(run("verify", self.path("none"), "--key", key), 2)
        self.assertRefused(run("verify", receipt, "--key", source), 2, "key")
        self.assertRefused(run("verify", receipt, "--key",
                               self.write("k", "A" * 43)), 1, "key")

    def test_a_changed_byte_makes_a_receipt_invalid(self):
        self.log_in()
        receipt, result, key = self.receipt(self.released("bytes"))
        with open(receipt, "rb") as f:
            text = f.read()
        dice = random.Random(1)
        for at in dice.sample(range(len(text)), 60):
            changed = bytearray(text)
            changed[at] ^= 1 << dice.randrange(7)
            with open(self.path("changed.json"), "wb") as f:
                f.write(changed)
            done = run("verify", self.path("changed.json"), "--key", key)
            self.assertEqual(done.returncode, 1, (at, changed[at - 9:at + 9], done))
        with open(result, encoding="utf-8") as f:
            document = json.load(f)
        document["outputs"]["n"] += 1
        changed = self.write("changed.json", json.dumps(document))
        self.assertRefused(run("verify", changed, "--key", key), 1, "result_sha256")

    def test_the_audit_chain(self):
        self.assertEqual(run("audit", "verify", "--data", self.site.folder).returncode, 0)
        auditor = self.site.person("auditor")
        export = self.write("audit.jsonl", auditor.get("/api/v1/audit/export").text)
        self.assertEqual(run("audit", "verify", export).returncode, 0)
        with open(export, encoding="utf-8") as f:
            lines = f.read().splitlines()
        entry = json.loads(lines[2])
        entry["verb"] = "job.approve"
        changed = self.write("changed.jsonl", "\n".join(
            lines[:2] + [json.dumps(entry)] + lines[3:]) + "\n")
        self.assertRefused(run("audit", "verify", changed), 1,
                           f"entry {entry['seq']}")
        part = self.write("part.jsonl", "\n".join(lines[3:]) + "\n")
        self.assertRefused(run("audit", "verify", part), 1, "entry 1: it is missing")
        self.assertRefused(run("audit", "verify", part, "--after", "2"), 1, "entry 3")
        self.assertEqual(run("audit", "verify", part, "--after", "3").returncode, 0)

    def test_an_entry_edited_in_the_file_is_named(self):
        copy = self.path("copy")
        done = run("backup", "--data", self.site.folder, "--to", copy)
        self.assertEqual(done.returncode, 0, done)
        with sqlite3.connect(copy + "/datasite.db") as db:
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type="
                                      "'trigger' AND tbl_name='audit'").fetchall():
                db.execute(f"DROP TRIGGER {name}")
            db.execute("UPDATE audit SET actor = 'usr_nobody' WHERE seq = 3")
        self.assertRefused(run("audit", "verify", "--data", copy), 1, "entry 3")
        self.assertEqual(run("doctor", "--data", copy).returncode, 1)

    def test_backup_and_restore(self):
        copy, again = self.path("copy"), self.path("again")
        self.assertEqual(run("backup", "--data", self.site.folder, "--to", copy)
                         .returncode, 0)
        self.assertEqual(os.stat(copy).st_mode & 0o777, 0o700)
        self.assertRefused(run("backup", "--data", self.site.folder, "--to", copy), 2)
        self.assertRefused(run("restore", self.dir, "--data", again), 2)
        self.assertEqual(run("restore", copy, "--data", again).returncode, 0)
        site = harness.Site(folder=again)
        try:
            client = harness.Client(site, self.owner.email, self.owner.password)
            self.assertEqual(client.get("/api/v1/datasets/stays").status, 200)
        finally:
            site.close()

    def test_a_vault_in_its_earlier_place_is_found_and_moved(self):
        """Earlier versions kept it beside the database, where the runner saw all."""
        copy, again = self.path("earlier"), self.path("earlier-again")
        self.assertEqual(run("backup", "--data", self.site.folder, "--to", copy)
                         .returncode, 0)
        names = os.listdir(copy + "/vault")  # with what SQLite keeps beside the file
        self.assertLessEqual({"vault.db", "vault.key"}, set(names))
        for name in names:
            os.rename(f"{copy}/vault/{name}", f"{copy}/{name}")
        os.rmdir(copy + "/vault")
        self.assertEqual(run("backup", "--data", copy, "--to", again).returncode, 0)
        self.assertLessEqual({"vault.db", "vault.key"}, set(os.listdir(again + "/vault")))
        site = harness.Site(folder=copy)
        try:
            self.assertLessEqual(set(names), set(os.listdir(copy + "/vault")))
            self.assertFalse(set(names) & set(os.listdir(copy)))
            client = harness.Client(site, self.owner.email, self.owner.password)
            answer = client.put_csv("/api/v1/datasets/stays/mock",  # held against the data
                                    "who,age,ward\nm1,21,B\nm2,71,A\n")
            self.assertEqual(answer.status, 201, answer)
        finally:
            site.close()

    def test_a_folder_with_something_in_it_is_left_alone(self):
        copy, full, empty = self.path("copy"), self.path("full"), self.path("empty")
        os.mkdir(full)
        os.mkdir(empty)
        with open(full + "/note", "w", encoding="utf-8") as f:
            f.write("mine")
        backup = ("backup", "--data", self.site.folder, "--to")
        self.assertRefused(run(*backup, full), 2, "full: ", "empty folder")
        self.assertEqual(run(*backup, copy).returncode, 0)
        self.assertRefused(run("restore", copy, "--data", full), 2, "full: ")
        self.assertEqual(os.listdir(full), ["note"])
        self.assertEqual(run("restore", copy, "--data", empty).returncode, 0)
        self.assertEqual(os.stat(empty).st_mode & 0o777, 0o700)
        self.assertEqual(run("audit", "verify", "--data", empty).returncode, 0)
        self.assertEqual(run("doctor", "--data", empty).returncode, 0)

    def test_a_damaged_backup_is_not_restored(self):
        copy, again = self.path("copy"), self.path("again")
        self.assertEqual(run("backup", "--data", self.site.folder, "--to", copy)
                         .returncode, 0)
        with open(copy + "/backup.json", encoding="utf-8") as f:
            names = list(json.load(f)["files"])
        self.assertIn("vault/vault.db", names)
        for name in names:
            path = os.path.join(copy, name)
            with open(path, "rb") as f:
                whole = f.read()
            os.chmod(path, 0o600)
            middle = len(whole) // 2
            changed = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:]
            for damaged in [changed, whole[:middle], None]:
                os.remove(path)
                if damaged is not None:
                    with open(path, "wb") as f:
                        f.write(damaged)
                self.assertRefused(run("restore", copy, "--data", again), 2, path)
                self.assertFalse(os.path.exists(again), name)
                with open(path, "wb") as f:
                    f.write(whole)
        self.assertEqual(run("restore", copy, "--data", again).returncode, 0)
        os.remove(copy + "/backup.json")
        self.assertRefused(run("restore", copy, "--data", self.path("more")), 2,
                           "no backup here")

    def test_doctor(self):
        done = run("doctor", "--data", self.site.folder)
        self.assertEqual(done.returncode, 0, done)
        os.chmod(self.site.folder, 0o755)
        try:
            done = run("doctor", "--data", self.site.folder)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn("FAIL  modes", done.stdout)
        finally:
            os.chmod(self.site.folder, 0o700)
        self.assertRefused(run("doctor", "--data", self.path("none")), 2)


class DemoTest(Folder):
    def test_the_whole_story(self):
        done = run("demo", "--exit")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        for told in ["came back", "wait  approvals   0 of 1 approvals", "refused   ",
                     "not valid: /measurements/0/epsilon", "version 1 stays in force",
                     "epsilon 3: spent 0.7, reserved 0, free 2.3", "the ledger adds up"]:
            self.assertIn(told, done.stdout)
        self.assertEqual(done.stderr, "")


if __name__ == "__main__":
    unittest.main()
