"""notices_test.py -- people are told what concerns them: in the pages, at addresses of their
own, and by mail; with the study, who did it and why, and never a private value."""
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import queue
import socketserver
import threading
import time
import unittest

import harness
from story import COUNT, Story

WAIT_S = 20


class Inbox:
    """An HTTP server that keeps what is sent to it; answers as it is told, then 204."""

    def __init__(self, *answers):
        self.letters, self.answers = queue.Queue(), list(answers)
        inbox = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = inbox.answers.pop(0) if inbox.answers else 204
                inbox.letters.put((dict(self.headers), body, status))
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", inbox.url + "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        return self.letters.get(timeout=WAIT_S)

    def until(self, wanted):
        """The next letter whose document fits."""
        while True:
            headers, body, status = self.next()
            if status == 204 and wanted(json.loads(body)):
                return headers, body

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Postbox:
    """As much of an SMTP server as takes mail."""

    def __init__(self):
        self.mails = queue.Queue()
        postbox = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(b"220 here\r\n")
                to = []
                for line in self.rfile:
                    word = line.split(b" ")[0].strip().upper()
                    if word == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        text = b""
                        while not text.endswith(b"\r\n.\r\n"):
                            text += self.rfile.readline()
                        postbox.mails.put((to, text[:-5]))
                    if line.upper().startswith(b"RCPT TO:"):
                        to.append(line.split(b"<")[1].split(b">")[0].decode())
                    self.wfile.write(b"250 fine\r\n" if word != b"QUIT" else b"221 bye\r\n")
                    if word == b"QUIT":
                        return

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"smtp://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def until(self, to, wanted):
        while True:
            who, text = self.mails.get(timeout=WAIT_S)
            mail = email.message_from_bytes(text, policy=email.policy.default)
            if who == [to] and wanted in mail.get_content():
                return mail

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def signature_fits(headers, body, secret):
    parts = dict(p.split("=", 1) for p in headers["Datasite-Signature"].split(","))
    mac = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256)
    return hmac.compare_digest(mac.hexdigest(), parts["v1"])


class InApp(harness.Case):
    def test_what_others_did_to_my_job(self):
        story = Story(self.site)
        job = story.submit(COUNT)
        self.assertEqual(story.review(job, "request_changes",
                                      comment="Say why you need it.").status, 201)
        notices = story.researcher.items("/api/v1/notices")
        said = [n for n in notices if n["state"] == "changes_requested"]
        self.assertEqual(len(said), 1, notices)
        self.assertEqual(
            (said[0]["person"]["name"], said[0]["reason"], said[0]["link"], said[0]["job"],
             said[0]["project"], said[0]["dataset"], said[0]["seen"]),
            ("owner", "Say why you need it.", f"/jobs/{job['id']}", "How many", "Stays",
             story.name, False))
        self.assertEqual([n["seq"] for n in notices],
                         sorted((n["seq"] for n in notices), reverse=True))
        mine = [n for n in notices if (n["person"] or {}).get("name") == "researcher"]
        self.assertEqual(mine, [], "nobody is told of their own acts")
        owners = story.owner.items("/api/v1/notices?limit=2")
        self.assertTrue(any(n["subject"] == job["id"] and n["state"] == "checking" and
                            n["person"]["name"] == "researcher" for n in owners), owners)
        stranger = self.site.person("researcher", name="stranger")
        self.assertEqual(stranger.items("/api/v1/notices"), [])

    def test_up_to_where_i_looked(self):
        story = Story(self.site)
        story.run(COUNT)
        first = story.researcher.get("/api/v1/notices?limit=3").json["items"]
        self.assertEqual({n["seen"] for n in first}, {False})
        middle = first[1]["seq"]
        for seq in (middle, 1):  # looking back un-sees nothing
            self.assertEqual(story.researcher.put("/api/v1/notices/seen",
                                                  {"seq": seq}).status, 204)
        again = story.researcher.get("/api/v1/notices?limit=3").json["items"]
        self.assertEqual([n["seen"] for n in again], [n["seq"] <= middle for n in again])
        self.assertProblem(story.researcher.put("/api/v1/notices/seen", {"seq": -1}), 400)

    def test_a_blind_vote_is_nobodys_notice(self):
        policy = {"name": "two", "title": "Two",
                  "lanes": {"dp": {"release": "auto"}}, "approvals": 2}
        story = Story(self.site, policy=policy)
        second = self.site.person("owner", name="second")
        named = story.owner.patch(story.path, {"reviewers": [second.user["id"]]})
        self.assertEqual(named.status, 200, named)
        job = story.submit(COUNT)
        self.assertEqual(story.review(job).status, 201)
        for person in (story.researcher, second):
            told = [n for n in person.items("/api/v1/notices")
                    if n["subject"] == job["id"] and (n["person"] or {}).get(
                        "name") == "owner"]
            self.assertEqual(told, [])


class Webhooks(harness.Case):
    config = {"private_webhooks": True}

    def make(self, person, inbox):
        made = person.post("/api/v1/webhooks", {"url": inbox.url})
        self.assertEqual(made.status, 201, made)
        self.assertRegex(made.json["secret"], r"^whs_[A-Za-z0-9_-]{43}$")
        return made.json

    def inbox(self, *answers):
        inbox = Inbox(*answers)
        self.addCleanup(inbox.close)
        return inbox

    def test_a_change_of_state_arrives_signed(self):
        story, inbox = Story(self.site), self.inbox()
        hook = self.make(story.researcher, inbox)
        job = story.submit(COUNT)
        story.review(job, "reject", comment="Not this way.")
        headers, body = inbox.until(lambda d: d["state"] == "rejected")
        document = json.loads(body)
        self.assertTrue(signature_fits(headers, body, hook["secret"]))
        self.assertFalse(signature_fits(headers, body + b" ", hook["secret"]))
        self.assertFalse(signature_fits(headers, body, hook["secret"] + "x"))
        self.assertEqual(headers["Datasite-Webhook"], hook["id"])
        self.assertEqual(headers["Datasite-Event"], str(document["seq"]))
        self.assertEqual(
            (document["event"], document["study"], document["dataset"],
             document["person"], document["reason"], document["link"]),
            ("job.state", {"project": "Stays", "job": "How many"}, story.name, "owner",
             "Not this way.", f"{self.site.url}/jobs/{job['id']}"))
        listed = story.researcher.items("/api/v1/webhooks")
        self.assertNotIn("secret", listed[0])
        self.assertEqual((listed[0]["state"], listed[0]["failures"]), ("active", 0))
        self.assertEqual(story.researcher.delete(f"/api/v1/webhooks/{hook['id']}").status,
                         204)

    def test_in_order_again_after_a_failure_and_no_redirect(self):
        story, inbox = Story(self.site), self.inbox(500, 302)
        hook = self.make(story.researcher, inbox)
        job = story.submit(COUNT)
        tries = [inbox.next() for _ in range(3)]
        self.assertEqual([t[2] for t in tries], [500, 302, 204])
        self.assertEqual(len({t[0]["Datasite-Event"] for t in tries}), 1)
        self.assertEqual(len({t[1] for t in tries}), 1)
        story.review(job)
        story.wait(job, "released")
        states, seqs = [], []
        while states[-1:] != ["released"]:
            document = json.loads(inbox.next()[1])
            if document["subject"] == job["id"]:
                states.append(document["state"])
                seqs.append(document["seq"])
        self.assertEqual(seqs, sorted(set(seqs)))
        self.assertEqual(states[-4:], ["approved", "queued", "running", "released"])
        story.researcher.delete(f"/api/v1/webhooks/{hook['id']}")

    def test_what_is_to_be_told_outlives_a_kill(self):
        story, inbox = Story(self.site), self.inbox(*[503] * 2)
        hook = self.make(story.researcher, inbox)
        job = story.submit(COUNT)
        first = inbox.next()
        self.site.kill()
        self.site.start()
        again = inbox.next()
        self.assertEqual(first[0]["Datasite-Event"], again[0]["Datasite-Event"])
        story.review(job, "reject", comment="No.")
        inbox.until(lambda d: d["state"] == "rejected")
        story.researcher.delete(f"/api/v1/webhooks/{hook['id']}")

    def test_each_is_told_what_they_may_see(self):
        story, mine, theirs = Story(self.site), self.inbox(), self.inbox()
        stranger = self.site.person("researcher", name="stranger")
        hooks = [(story.researcher, self.make(story.researcher, mine)),
                 (stranger, self.make(stranger, theirs))]
        job = story.submit(COUNT)
        story.review(job, "reject", comment="No.")
        mine.until(lambda d: d["state"] == "rejected")
        self.assertTrue(theirs.letters.empty())
        self.assertEqual(stranger.delete(f"/api/v1/webhooks/{hooks[0][1]['id']}").status, 404)
        for person, hook in hooks:
            person.delete(f"/api/v1/webhooks/{hook['id']}")

    def test_addresses_that_are_none(self):
        person = self.site.person("researcher", name="addresses")
        for url in ("", "ftp://example.org/", "https://", "https:///x", "http://:80/",
                    "https://user:word@example.org/", "https://example.org/ x",
                    "https://example.org/\n", "https://exämple.org/", "javascript:alert(1)",
                    "https://example.org/#x", "https://" + "a" * 500):
            with self.subTest(url):
                self.assertEqual(person.post("/api/v1/webhooks", {"url": url}).status, 422)
        for i in range(10):
            self.assertEqual(person.post("/api/v1/webhooks", {
                "url": f"https://example.org/{i}"}).status, 201)
        self.assertProblem(person.post("/api/v1/webhooks", {"url": "https://example.org/x"}),
                           409)
        facts = [e["facts"] for e in self.site.person("auditor").items(
            "/api/v1/audit?verb=webhook.create")]
        self.assertIn({"host": "example.org"}, facts)
        for hook in person.items("/api/v1/webhooks"):
            self.assertEqual(self.site.person("admin").delete(
                f"/api/v1/webhooks/{hook['id']}").status, 204)


class Guarded(harness.Case):
    """Without private_webhooks: https alone, and no address of this network."""

    def test_plain_http_is_refused(self):
        person = self.site.person("researcher")
        self.assertProblem(person.post("/api/v1/webhooks", {"url": "http://example.org/"}),
                           422, "validation")

    def test_a_name_that_leads_home_is_not_followed(self):
        story = Story(self.site)
        for host in ("127.0.0.1", "localhost", "[::1]", "169.254.169.254", "0.0.0.0",
                     "2130706433", "[::ffff:127.0.0.1]"):
            made = story.researcher.post("/api/v1/webhooks", {
                "url": f"https://{host}:{self.site.port}/"})
            self.assertEqual(made.status, 201, made)
        story.submit(COUNT)
        hooks = "/api/v1/webhooks"
        end = time.monotonic() + WAIT_S
        while not all(h["last_error"] for h in story.researcher.items(hooks)):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        errors = [h["last_error"] for h in story.researcher.items(hooks)]
        self.assertEqual(set(errors), {"the name leads to an address that is not public"})


class Mail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postbox = Postbox()
        cls.site = harness.Site(config={"smtp_url": cls.postbox.url,
                                        "smtp_from": "site@example.org"})

    @classmethod
    def tearDownClass(cls):
        cls.site.close()
        cls.postbox.close()

    def test_a_decision_is_told_by_mail(self):
        story = Story(self.site)
        job = story.submit(COUNT, title="Wie viele? Größe\u2028")
        story.review(job, "reject", comment="Not this way.\r\nBcc: x@example.org\r\n.\r\nQ")
        mail = self.postbox.until("researcher@example.org", "rejected")
        self.assertEqual((mail["From"], mail["To"]), ("site@example.org",
                                                      "researcher@example.org"))
        self.assertIsNone(mail["Bcc"])
        self.assertIn("Wie viele? Größe", mail["Subject"])
        text = mail.get_content()
        for part in ("Study: Stays", "Job: Wie viele? Größe", "By: owner",
                     "Reason: Not this way.", f"{self.site.url}/jobs/{job['id']}"):
            self.assertIn(part, text)

    def test_nobody_is_mailed_about_their_own_acts(self):
        story = Story(self.site, researcher="writer")
        story.submit(COUNT, title="Mine")
        mail = self.postbox.until("owner@example.org", "Job: Mine")
        self.assertIn("By: writer", mail.get_content())

    def test_what_mail_needs(self):
        for config in ({"smtp_url": "smtp://localhost"}, {"smtp_from": "a@b.org"},
                       {"smtp_url": "http://localhost", "smtp_from": "a@b.org"},
                       {"smtp_url": "smtp://localhost", "smtp_from": "a@b.org\r\nX: y"}):
            path = os.path.join(self.site.folder, "bad.json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump(config, f)
            self.assertEqual(self.site.command("config", "show", "--config",
                                               path).returncode, 2, config)
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"smtp_url": "smtp://me:secret@localhost:25",
                       "smtp_from": "a@b.org"}, f)
        shown = self.site.command("config", "show", "--config", path)
        self.assertNotIn("secret", shown.stdout)
        self.assertIn("smtp://localhost:25", shown.stdout)


if __name__ == "__main__":
    unittest.main()
