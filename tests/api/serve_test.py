"""serve_test.py -- the server as a process: start, stop, one server a folder, waiting
clients, event streams, long bodies."""
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import harness


def after(seconds, act, *args):
    timer = threading.Timer(seconds, act, args)
    timer.start()
    return timer


class StartTest(harness.Case):

    def test_a_new_folder_prints_a_setup_link_that_works_once(self):
        site = harness.Site()
        self.addCleanup(site.close)
        body = {"token": site.setup_link, "email": "first@example.org", "name": "First",
                "password": "a long enough password"}
        nobody = site.nobody()
        self.assertProblem(nobody.post("/api/v1/setup", body | {"token": "x" * 43}), 401)
        made = nobody.post("/api/v1/setup", body)
        self.assertEqual(made.status, 201, made)
        self.assertEqual(set(made.json["user"]["roles"]), {"admin", "owner"})
        self.assertIn("HttpOnly", made.headers["set-cookie"])
        self.assertIn("SameSite=Strict", made.headers["set-cookie"])
        self.assertGreaterEqual(nobody.post("/api/v1/setup", body).status, 400)
        site.setup_link = None
        site.restart()
        self.assertIsNone(site.setup_link)

    def test_two_servers_on_one_folder_are_impossible(self):
        second = self.site.command("serve", "--data", self.site.folder, "--listen",
                                   "127.0.0.1:0", timeout=20)
        self.assertEqual(second.returncode, 2)
        self.assertIn("another server", second.stderr)
        self.assertEqual(second.stdout, "")

    def test_a_taken_port_is_said(self):
        with tempfile.TemporaryDirectory() as folder:
            second = self.site.command("serve", "--data", folder, "--listen",
                                       f"127.0.0.1:{self.site.port}", timeout=20)
        self.assertEqual(second.returncode, 2)
        self.assertIn(str(self.site.port), second.stderr)

    def test_bad_use(self):
        with tempfile.TemporaryDirectory() as folder:
            for words in (["--listen", "127.0.0.1:0"], ["--data", folder, "--listen", "x"],
                          ["--data", folder, "--listen", "127.0.0.1:99999"],
                          ["--data", folder, "--config", folder + "/none"],
                          ["--data", "/proc/none/x"], ["--data", folder, "--more"]):
                with self.subTest(words):
                    done = self.site.command("serve", *words, timeout=20)
                    self.assertEqual(done.returncode, 2, done)
                    self.assertEqual(len(done.stderr.strip().split("\n")), 1, done.stderr)

    def test_the_folder_is_closed_to_others(self):
        for name in ("", "keys", "vault", "datasite.db"):
            mode = os.stat(os.path.join(self.site.folder, name)).st_mode
            if name != "datasite.db":
                self.assertEqual(mode & 0o077, 0, name)

    def test_the_runner_sees_the_vaults_folder_alone(self):
        """Where it has a room of its own, and whoever tests may look into it."""
        runner = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.site.process.pid)],
                                capture_output=True, text=True, check=True).stdout.strip()
        try:
            room = f"/proc/{runner}/root/"
            folders = os.listdir(room)
        except OSError as e:
            self.skipTest(str(e))
        if "proc" in folders:
            self.skipTest("no mount namespace is granted here")
        self.assertEqual(sorted(folders), ["empty", "key", "vault"])
        for folder in folders:
            self.assertLessEqual(set(os.listdir(room + folder)), {
                "vault.db", "vault.db-wal", "vault.db-shm", "vault.key"})

    def test_sigterm_ends_with_0_and_takes_the_runner_along(self):
        site = harness.Site()
        self.addCleanup(site.close)
        group = site.process.pid
        self.assertEqual(site.stop(), 0)
        time.sleep(0.3)
        left = subprocess.run(["ps", "-o", "stat=,args=", "-s", str(group)],
                              capture_output=True, text=True, check=False).stdout
        # A grandchild's entry stays until init has heard of its end; it runs no more.
        alive = [line for line in left.splitlines() if not line.startswith("Z")]
        self.assertNotIn("datasite", "".join(alive))

    def test_sigterm_ends_waiting_clients(self):
        site = harness.Site()
        self.addCleanup(site.close)
        person = site.person("admin")
        path = "/api/v1/users/" + person.user["id"]
        etag = person.get(path).etag
        got = []
        waiting = threading.Thread(target=lambda: got.append(person.get(
            path, headers={"If-None-Match": etag, "Prefer": "wait=60"})))
        waiting.start()
        stream = person.events()
        time.sleep(0.5)
        start = time.monotonic()
        self.assertEqual(site.stop(), 0)
        self.assertLess(time.monotonic() - start, 10)
        waiting.join(5)
        self.assertEqual([a.status for a in got], [304])
        stream.close()


class WaitTest(harness.Case):

    def setUp(self):
        self.admin = self.site.person("admin")
        self.path = "/api/v1/users/" + self.admin.user["id"]

    def wait(self, etag, seconds, client=None):
        start = time.monotonic()
        answer = (client or self.admin).get(
            self.path, headers={"If-None-Match": etag, "Prefer": f"wait={seconds}"})
        return answer, time.monotonic() - start

    def rename(self, name):
        self.assertEqual(self.admin.patch(self.path, {"name": name}).status, 200)

    def test_not_changed_is_304(self):
        etag = self.admin.get(self.path).etag
        self.assertRegex(etag, '^"[!-~]+"$')
        answer = self.admin.get(self.path, headers={"If-None-Match": etag})
        self.assertEqual((answer.status, answer.body, answer.etag), (304, b"", etag))
        for other in ('"x"', etag.strip('"')):
            answer = self.admin.get(self.path, headers={"If-None-Match": other})
            self.assertEqual(answer.status, 200, other)
        for more in ("*", "W/" + etag, f'"a", {etag}', f'{etag} ,"b"'):
            answer = self.admin.get(self.path, headers={"If-None-Match": more})
            self.assertEqual(answer.status, 304, more)

    def test_a_wait_ends_in_time(self):
        answer, took = self.wait(self.admin.get(self.path).etag, 2)
        self.assertEqual(answer.status, 304)
        self.assertGreater(took, 1.5)
        self.assertLess(took, 4.5)

    def test_a_wait_ends_with_the_change(self):
        etag = self.admin.get(self.path).etag
        timer = after(0.5, self.rename, "Renamed %f" % time.time())
        answer, took = self.wait(etag, 20)
        timer.join()
        self.assertEqual(answer.status, 200)
        self.assertNotEqual(answer.etag, etag)
        self.assertLess(took, 3.0)

    def test_other_changes_do_not_end_it(self):
        etag = self.admin.get(self.path).etag
        timer = after(0.3, self.site.add_user, "other@example.org", "researcher")
        answer, took = self.wait(etag, 2)
        timer.join()
        self.assertEqual(answer.status, 304)
        self.assertGreater(took, 1.5)

    def test_a_changed_thing_does_not_wait(self):
        answer, took = self.wait('"old"', 20)
        self.assertEqual(answer.status, 200)
        self.assertLess(took, 1.0)

    def test_many_wait_and_others_are_served(self):
        etag = self.admin.get(self.path).etag
        got = []
        threads = [threading.Thread(target=lambda: got.append(self.wait(etag, 20)[0]))
                   for _ in range(40)]
        for t in threads:
            t.start()
        time.sleep(0.5)
        start = time.monotonic()
        self.assertEqual(self.admin.get("/healthz").status, 200)
        self.assertEqual(self.admin.post("/api/v1/session", {
            "email": "a@b.org", "password": "not the right one"}).status, 401)
        self.assertLess(time.monotonic() - start, 3.0)
        self.rename("Many %f" % time.time())
        for t in threads:
            t.join(10)
        self.assertEqual([a.status for a in got], [200] * 40)

    def test_a_session_that_ends_meanwhile_gets_nothing(self):
        other = harness.Client(self.site, self.admin.email, self.admin.password)
        etag = self.admin.get(self.path).etag
        timer = after(0.5, other.delete, "/api/v1/session")
        answer, _ = self.wait(etag, 3, other)
        timer.join()
        self.assertIn(answer.status, (304, 401))
        self.rename("Gone %f" % time.time())
        self.assertEqual(self.wait(etag, 3, other)[0].status, 401)


class StreamTest(harness.Case):

    def test_events_come_as_they_happen_and_again_from_where_one_was(self):
        owner = self.site.person("owner", "admin")
        stream = owner.events()
        self.addCleanup(stream.close)
        self.assertEqual(stream.answer.status, 200)
        self.assertEqual(stream.answer.getheader("Content-Type"), "text/event-stream")
        made = owner.post("/api/v1/datasets", UploadTest.SCHEMA)
        self.assertEqual(made.status, 201, made)
        start = time.monotonic()
        owner.post("/api/v1/datasets/big/mock/generation", {"rows": 10, "seed": 1})
        number, kind, data = stream.next()
        self.assertLess(time.monotonic() - start, 2)
        self.assertTrue(kind.startswith("dataset."), kind)
        self.assertIn("big", json.dumps(data))
        again = owner.events(last=int(number) - 1)
        self.addCleanup(again.close)
        self.assertEqual(again.next()[0], number)

    def test_a_stream_shows_a_sign_of_life_at_once(self):
        admin = self.site.person("admin")
        stream = admin.events(timeout=3)
        self.assertEqual(stream.answer.readline()[:1], b":")
        stream.close()

    def test_streams_that_are_dropped_cost_nothing(self):
        admin = self.site.person("admin")
        for _ in range(30):
            admin.events().close()
        self.assertEqual(admin.get("/healthz").status, 200)

    def test_nobody_hears_nothing(self):
        self.assertProblem(self.site.nobody().get("/api/v1/events"), 401)


class UploadTest(harness.Case):

    SCHEMA = {"name": "big", "title": "Big", "description": "", "unit": None,
              "columns": [{"name": "a", "type": "integer", "lower": "0", "upper": "9"},
                          {"name": "b", "type": "text"}],
              "budget": {"epsilon": "1"}, "policy": "dp-only"}

    def setUp(self):
        self.owner = self.site.person("owner")
        self.owner.post("/api/v1/datasets", self.SCHEMA)

    def memory_kib(self):
        with open(f"/proc/{self.site.process.pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))

    def test_a_long_body_streams(self):
        before = self.memory_kib()
        text = b"a,b\n" + b"7,some text of a row that is not so short\n" * 1_000_000
        answer = self.owner.put_csv("/api/v1/datasets/big/data", text)
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.json["rows"], 1_000_000)
        self.assertLess(self.memory_kib() - before, 16_000)

    def test_a_body_that_is_wrong_early_is_still_answered(self):
        text = b"a,b\n" + b"x,wrong\n" + b"7,right\n" * 1_000_000
        answer = self.owner.put_csv("/api/v1/datasets/big/data", text)
        self.assertProblem(answer, 422)

    def test_a_client_that_goes_away_leaves_no_trace(self):
        head = ("PUT /api/v1/datasets/big/data HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"Cookie: {self.owner.cookie}\r\nX-CSRF-Token: {self.owner.csrf}\r\n"
                "Content-Type: text/csv\r\nContent-Length: 1000000\r\n\r\na,b\n1,x\n")
        before = self.owner.get("/api/v1/datasets/big").json["data_version"]
        with socket.create_connection((self.site.host, self.site.port)) as s:
            s.sendall(head.encode())
            time.sleep(0.3)
        time.sleep(0.5)
        self.assertEqual(self.owner.get("/api/v1/datasets/big").json["data_version"], before)
        self.assertEqual(self.site.nobody().get("/healthz").status, 200)

    def test_an_empty_body(self):
        answer = self.owner.call("PUT", "/api/v1/datasets/big/data", b"", type="text/csv")
        self.assertProblem(answer, 422)


class IdempotencyTest(harness.Case):

    def setUp(self):
        self.admin = self.site.person("admin")

    def post(self, key, email):
        return self.admin.post("/api/v1/users", {
            "email": email, "name": "N", "roles": ["researcher"]},
            headers={"Idempotency-Key": key})

    def test_the_same_call_has_one_effect_and_one_answer(self):
        one = self.post("k-1", "one@example.org")
        two = self.post("k-1", "one@example.org")
        self.assertEqual(one.status, 201, one)
        self.assertEqual((two.status, two.json, two.headers["location"]),
                         (201, one.json, one.headers["location"]))
        emails = [u["email"] for u in self.admin.items("/api/v1/users")]
        self.assertEqual(emails.count("one@example.org"), 1)

    def test_another_call_with_the_key_is_refused(self):
        self.post("k-2", "two@example.org")
        self.assertProblem(self.post("k-2", "three@example.org"), 422)

    def test_a_refused_call_leaves_the_key_free(self):
        self.assertProblem(self.post("k-3", "not an address"), 422)
        self.assertEqual(self.post("k-3", "four@example.org").status, 201)

    def test_bad_keys(self):
        for key in ("a" * 201, "a b", "\x80"):
            with self.subTest(key):
                self.assertProblem(self.post(key, "five@example.org"), 400)

    def test_two_at_once(self):
        got = []
        threads = [threading.Thread(
            target=lambda: got.append(self.post("k-4", "six@example.org")))
            for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual({a.status for a in got}, {201})
        self.assertEqual(len({json.dumps(a.json) for a in got}), 1)


if __name__ == "__main__":
    unittest.main()
