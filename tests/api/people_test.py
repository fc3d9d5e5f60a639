"""people_test.py -- accounts, sessions, tokens, projects, audit log and events over REST."""
import contextlib
import json
import os
import re
import sqlite3
import statistics
import time
import unittest

import harness
from story import COUNT, Story

GOOD = "correct horse battery"


class SetupTest(harness.Case):
    """A new site: one link, once."""

    def test_first_account(self):
        nobody = self.site.nobody()
        body = {"token": self.site.setup_link, "email": "Ada@Example.org", "name": "Ada",
                "password": GOOD}
        for member, value, status in [("token", "wrong", 401), ("password", "short", 422),
                                      ("email", "ada", 422), ("name", "", 422)]:
            with self.subTest(member):
                self.assertProblem(nobody.post("/api/v1/setup", {**body, member: value}),
                                   status)
        self.assertProblem(nobody.post("/api/v1/setup", {**body, "roles": ["admin"]}), 400)
        answer = nobody.post("/api/v1/setup", body)
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(answer.json["user"]["roles"], ["owner", "admin"])
        self.assertIn("HttpOnly", answer.headers["set-cookie"])
        self.assertProblem(nobody.post("/api/v1/setup", {**body, "email": "b@x.org"}), 401)
        harness.Client(self.site, "ada@example.org", GOOD)


class SessionTest(harness.Case):
    def test_sign_in_and_out(self):
        password = self.site.add_user("sam@example.org", "researcher", name="Sam")
        sam = harness.Client(self.site, "sam@example.org", password)
        self.assertRegex(sam.cookie, r"^datasite=[A-Za-z0-9_-]{43}$")
        answer = sam.get("/api/v1/session")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.json, {"user": sam.user, "csrf_token": sam.csrf})
        self.assertEqual(answer.json["user"]["roles"], ["researcher"])
        answer = sam.delete("/api/v1/session")
        self.assertEqual(answer.status, 204, answer)
        self.assertIn("Max-Age=0", answer.headers["set-cookie"])
        self.assertProblem(sam.get("/api/v1/session"), 401, "unauthenticated")

    def test_cookie_is_for_pages_of_this_site_alone(self):
        password = self.site.add_user("cora@example.org", "researcher")
        answer = self.site.nobody().post(
            "/api/v1/session", {"email": "cora@example.org", "password": password})
        for word in ("HttpOnly", "SameSite=Strict", "Path=/"):
            self.assertIn(word, answer.headers["set-cookie"])
        self.assertNotIn("Domain", answer.headers["set-cookie"])

    def test_changes_need_the_csrf_token(self):
        rita = self.site.person("researcher", name="rita")
        for sent in (None, "", "x" * 43, self.site.person("researcher", name="raul").csrf):
            with self.subTest(sent):
                answer = rita.call("DELETE", "/api/v1/session",
                                   headers={"X-CSRF-Token": sent})
                self.assertProblem(answer, 403)
        self.assertEqual(rita.get("/api/v1/session").status, 200)

    def test_unknown_and_known_accounts_look_alike(self):
        self.site.add_user("known@example.org", "researcher")
        nobody, seen, times = self.site.nobody(), [], {"known": [], "nobody": []}
        for _ in range(4):
            for name in times:
                begun = time.monotonic()
                answer = nobody.post("/api/v1/session", {
                    "email": f"{name}@example.org", "password": "wrong " + GOOD})
                times[name].append(time.monotonic() - begun)
                document = self.assertProblem(answer, 401, "unauthenticated")
                document.pop("instance")
                seen.append(json.dumps(document, sort_keys=True))
        self.assertEqual(len(set(seen)), 1)
        known, unknown = (statistics.median(t) for t in times.values())
        self.assertLess(abs(known - unknown), 0.5 * max(known, unknown), times)

    def test_bad_sign_ins(self):
        nobody = self.site.nobody()
        for body in ({}, {"email": "a@b.c"}, {"email": 1, "password": GOOD},
                     {"email": "a@b.c", "password": None},
                     {"email": "a@b.c", "password": GOOD, "otp": "1"}):
            with self.subTest(body):
                self.assertProblem(nobody.post("/api/v1/session", body), 400)


class ThrottleTest(harness.Case):
    def test_guessing_is_slowed(self):
        password = self.site.add_user("ada@example.org", "researcher")
        nobody, statuses = self.site.nobody(), []
        for _ in range(12):
            answer = nobody.post("/api/v1/session",
                                 {"email": "ada@example.org", "password": "guess guess"})
            statuses.append(answer.status)
        self.assertEqual(statuses, [401] * 10 + [429] * 2)
        self.assertProblem(answer, 429, "rate-limited")
        self.assertGreater(int(answer.headers["retry-after"]), 0)
        right = {"email": "ada@example.org", "password": password}
        self.assertProblem(nobody.post("/api/v1/session", right), 429)
        self.site.restart()  # forgives nothing
        self.assertProblem(self.site.nobody().post("/api/v1/session", right), 429)


class TokenTest(harness.Case):
    def token(self, client, **more):
        body = {"name": "t", "scopes": ["*"], "expires_in_days": 30, **more}
        answer = client.post("/api/v1/tokens", body)
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def test_life_of_a_token(self):
        ada = self.site.person("researcher", name="ada")
        made = self.token(ada, name="cron", scopes=["jobs:write", "read"])
        self.assertRegex(made["token"], r"^dsk_[A-Za-z0-9_-]{43}$")
        program = harness.Client(self.site, token=made["token"])
        answer = program.get("/api/v1/session")
        self.assertEqual(answer.json["user"], ada.user)
        listed = ada.items("/api/v1/tokens")
        self.assertEqual([t["id"] for t in listed], [made["id"]])
        self.assertNotIn("token", listed[0])
        self.assertIsNotNone(listed[0]["last_used_at"])
        self.assertEqual(listed[0]["scopes"], ["read", "jobs:write"])
        self.assertEqual(ada.delete(f"/api/v1/tokens/{made['id']}").status, 204)
        self.assertProblem(program.get("/api/v1/session"), 401)
        self.assertProblem(ada.delete(f"/api/v1/tokens/{made['id']}"), 404)

    def test_tokens_do_not_make_tokens(self):
        ada = self.site.person("researcher", name="ada")
        program = harness.Client(self.site, token=self.token(ada)["token"])
        self.assertProblem(program.get("/api/v1/tokens"), 403)
        self.assertProblem(program.post("/api/v1/tokens", {
            "name": "t", "scopes": ["*"], "expires_in_days": 1}), 403)

    def test_scopes_only_take_away(self):
        admin = self.site.person("admin")
        reader = harness.Client(
            self.site, token=self.token(admin, scopes=["users:read"])["token"])
        self.assertEqual(reader.get("/api/v1/users").status, 200)
        self.assertProblem(reader.get("/api/v1/audit"), 403)
        self.assertProblem(reader.post("/api/v1/users", {
            "email": "x@example.org", "name": "X", "roles": ["researcher"]}), 403)
        ada = self.site.person("researcher", name="ada")
        greedy = harness.Client(
            self.site, token=self.token(ada, scopes=["users:write"])["token"])
        self.assertProblem(greedy.get("/api/v1/users"), 403)

    def test_of_another_is_not_there(self):
        made = self.token(self.site.person("researcher", name="ada"))
        other = self.site.person("researcher", name="bob")
        self.assertProblem(other.delete(f"/api/v1/tokens/{made['id']}"), 404)
        self.assertNotIn(made["id"], [t["id"] for t in other.items("/api/v1/tokens")])

    def test_bad_drafts(self):
        ada = self.site.person("researcher", name="ada")
        good = {"name": "t", "scopes": ["read"], "expires_in_days": 1}
        for change, status in [({"name": ""}, 422), ({"expires_in_days": 0}, 422),
                               ({"expires_in_days": 366}, 422),
                               ({"expires_in_days": "1"}, 400),
                               ({"scopes": ["everything"]}, 422), ({"scopes": [1]}, 400),
                               ({"scopes": "read"}, 400), ({"user": "x"}, 400)]:
            with self.subTest(change):
                self.assertProblem(ada.post("/api/v1/tokens", {**good, **change}), status)

    def test_sign_out_gives_the_token_up(self):
        ada = self.site.person("researcher", name="ada")
        program = harness.Client(self.site, token=self.token(ada)["token"])
        self.assertEqual(program.delete("/api/v1/session").status, 204)
        self.assertProblem(program.get("/api/v1/session"), 401)
        self.assertEqual(ada.get("/api/v1/session").status, 200)

    def test_sent_again_it_is_the_same_token(self):
        ada = self.site.person("researcher", name="ada")
        body = {"name": "once", "scopes": ["read"], "expires_in_days": 1}
        key = {"Idempotency-Key": "token-1"}
        first = ada.post("/api/v1/tokens", body, headers=key)
        again = ada.post("/api/v1/tokens", body, headers=key)
        self.assertEqual((first.status, first.json), (again.status, again.json))
        self.assertEqual(first.headers["location"], again.headers["location"])
        self.assertEqual([t["name"] for t in ada.items("/api/v1/tokens")].count("once"), 1)
        body["name"] = "twice"
        self.assertProblem(ada.post("/api/v1/tokens", body, headers=key), 422)

    def test_texts_that_are_no_token(self):
        for text in ("", "x", "dsk_", "dsk_" + "A" * 43, "dsk_" + "\xff" * 3):
            with self.subTest(text):
                answer = self.site.nobody().get(
                    "/api/v1/session", headers={"Authorization": "Bearer " + text})
                self.assertIn(answer.status, (400, 401))


class UserTest(harness.Case):
    def test_life_of_an_account(self):
        admin = self.site.person("admin")
        answer = admin.post("/api/v1/users", {
            "email": "Lea@Example.org", "name": "Lea", "roles": ["researcher", "owner"],
            "password": GOOD})
        self.assertEqual(answer.status, 201, answer)
        lea = answer.json
        self.assertEqual(lea["roles"], ["researcher", "owner"])
        self.assertFalse(lea["suspended"])
        self.assertNotIn(GOOD, answer.text)
        path = f"/api/v1/users/{lea['id']}"
        self.assertEqual(answer.headers["location"], path)
        client = harness.Client(self.site, "lea@example.org", GOOD)
        self.assertEqual(client.get(path).json, lea)
        etag = admin.get(path).etag
        self.assertEqual(admin.get(path, headers={"If-None-Match": etag}).status, 304)
        answer = admin.patch(path, {"suspended": True})
        self.assertEqual(answer.status, 200, answer)
        self.assertTrue(answer.json["suspended"])
        self.assertNotEqual(answer.etag, etag)
        self.assertProblem(client.get(path), 401)
        self.assertProblem(self.site.nobody().post("/api/v1/session", {
            "email": "lea@example.org", "password": GOOD}), 401)
        admin.patch(path, {"suspended": False, "roles": ["auditor"]})
        client.sign_in()
        self.assertEqual(client.user["roles"], ["auditor"])

    def test_new_password_ends_old_sessions(self):
        admin, password = self.site.person("admin"), "another horse battery"
        old = self.site.add_user("pat@example.org", "researcher")
        pat = harness.Client(self.site, "pat@example.org", old)
        path = f"/api/v1/users/{pat.user['id']}"
        self.assertEqual(admin.patch(path, {"password": password}).status, 200)
        self.assertProblem(pat.get("/api/v1/session"), 401)
        harness.Client(self.site, "pat@example.org", password)

    def test_who_sees_whom(self):
        admin, owner = self.site.person("admin"), self.site.person("owner")
        ada = self.site.person("researcher", name="ada")
        bob = self.site.person("researcher", name="bob")
        self.assertProblem(ada.get("/api/v1/users"), 403, "permission-missing")
        self.assertProblem(self.site.person("auditor").get("/api/v1/users"), 403)
        self.assertProblem(ada.get(f"/api/v1/users/{bob.user['id']}"), 404)
        self.assertProblem(ada.get(f"/api/v1/users/{owner.user['id']}"), 404)
        self.assertProblem(owner.get(f"/api/v1/users/{admin.user['id']}"), 404)
        seen = owner.get(f"/api/v1/users/{ada.user['id']}").json
        self.assertEqual(set(seen), {"id", "email", "name"})
        for item in owner.items("/api/v1/users"):
            self.assertEqual(set(item), {"id", "email", "name"})
            self.assertNotEqual(item["id"], admin.user["id"])
        self.assertIn(owner.user["id"], [u["id"] for u in admin.items("/api/v1/users")])

    def test_people_by_role(self):
        admin, owner = self.site.person("admin"), self.site.person("owner")
        other = self.site.person("owner", name="otto")
        ada = self.site.person("researcher", name="ada")

        def ids(reader, role):
            return {u["id"] for u in reader.items(f"/api/v1/users?role={role}")}
        self.assertLessEqual({owner.user["id"], other.user["id"]}, ids(owner, "owner"))
        self.assertNotIn(ada.user["id"], ids(owner, "owner"))
        self.assertIn(ada.user["id"], ids(owner, "researcher"))
        self.assertEqual(ids(admin, "owner"), ids(owner, "owner"))
        self.assertIn(admin.user["id"], ids(admin, "admin"))
        for role in ("admin", "auditor"):
            document = self.assertProblem(owner.get(f"/api/v1/users?role={role}"), 403)
            self.assertEqual(document["missing_permission"], "admin")
        self.assertProblem(owner.get("/api/v1/users?role=king"), 400)
        self.assertEqual(owner.get(f"/api/v1/users/{other.user['id']}").status, 200)

    def test_pages(self):
        admin = self.site.person("admin")
        for i in range(3):
            self.site.person("researcher", name=f"page{i}")
        whole = [u["id"] for u in admin.items("/api/v1/users")]
        self.assertEqual([u["id"] for u in admin.items("/api/v1/users?limit=1")], whole)
        for query in ("limit=0", "limit=201", "limit=x", "cursor=%21", "page=2"):
            with self.subTest(query):
                self.assertProblem(admin.get("/api/v1/users?" + query), 400)

    def test_last_admin_stays(self):
        site = harness.Site()
        try:
            admin = harness.Client(site, "root@example.org",
                                   site.add_user("root@example.org", "admin"))
            path = f"/api/v1/users/{admin.user['id']}"
            self.assertProblem(admin.patch(path, {"suspended": True}), 409)
            self.assertProblem(admin.patch(path, {"roles": ["owner"]}), 409)
            self.assertEqual(admin.get("/api/v1/session").status, 200)
        finally:
            site.close()

    def test_bad_drafts(self):
        admin = self.site.person("admin")
        good = {"email": "z@example.org", "name": "Z", "roles": ["researcher"],
                "password": GOOD}
        for change, status, pointer in [
                ({"email": "z"}, 422, "/email"), ({"name": "\u202eZ"}, 422, "/name"),
                ({"roles": []}, 400, "/roles"), ({"roles": ["king"]}, 400, "/roles/0"),
                ({"roles": "admin"}, 400, "/roles"), ({"password": "short"}, 422, "/password"),
                ({"name": None}, 400, "/name"), ({"id": "usr_1"}, 400, "/id"),
                ({"email": admin.user["email"]}, 409, None)]:
            with self.subTest(change):
                document = self.assertProblem(
                    admin.post("/api/v1/users", {**good, **change}), status)
                if pointer:
                    self.assertEqual([e["pointer"] for e in document["errors"]], [pointer])
        self.assertProblem(admin.patch("/api/v1/users/usr_none", {"suspended": True}), 404)

    def test_only_admins_make_accounts(self):
        body = {"email": "q@example.org", "name": "Q", "roles": ["admin"], "password": GOOD}
        for name in ("researcher", "owner", "auditor"):
            client = self.site.person(name)
            document = self.assertProblem(client.post("/api/v1/users", body), 403)
            self.assertEqual(document["missing_permission"], "admin")
        self.assertProblem(self.site.nobody().post("/api/v1/users", body), 401)


class ProjectTest(harness.Case):
    def test_projects_are_private(self):
        ada = self.site.person("researcher", name="ada")
        answer = ada.post("/api/v1/projects", {
            "title": "Readmissions", "purpose": "Who comes back?", "datasets": []})
        self.assertEqual(answer.status, 201, answer)
        path = answer.headers["location"]
        self.assertEqual(ada.get(path).json, answer.json)
        self.assertEqual(answer.json["researcher"]["id"], ada.user["id"])
        bob = self.site.person("researcher", name="bob")
        for other in (bob, self.site.person("owner"), self.site.person("auditor")):
            self.assertProblem(other.get(path), 404)
            self.assertEqual(other.items("/api/v1/projects"), [])
        self.assertProblem(bob.patch(path, {"title": "Mine"}), 404)
        self.assertEqual(self.site.person("admin").get(path).status, 200)
        changed = ada.patch(path, {"title": "Returns"})
        self.assertEqual(changed.json["title"], "Returns")
        self.assertNotEqual(changed.etag, answer.etag)

    def test_bad_drafts(self):
        ada = self.site.person("researcher", name="ada")
        good = {"title": "T", "purpose": "P", "datasets": []}
        for change, status in [({"purpose": ""}, 422), ({"purpose": " \n"}, 422),
                               ({"title": ""}, 422), ({"title": "a\nb"}, 422),
                               ({"title": "x" * 201}, 422), ({"purpose": 3}, 400),
                               ({"datasets": "a"}, 400), ({"datasets": [1]}, 400),
                               ({"datasets": ["no-such-dataset"]}, 404),
                               ({"owner": "me"}, 400)]:
            with self.subTest(change):
                self.assertProblem(ada.post("/api/v1/projects", {**good, **change}), status)
        for member in good:
            with self.subTest("without " + member):
                self.assertProblem(ada.post("/api/v1/projects", {
                    k: v for k, v in good.items() if k != member}), 400)
        self.assertEqual(
            [p for p in ada.items("/api/v1/projects") if p["title"] == "T"], [])

    def test_owners_make_none(self):
        document = self.assertProblem(self.site.person("owner").post("/api/v1/projects", {
            "title": "T", "purpose": "P", "datasets": []}), 403)
        self.assertEqual(document["missing_permission"], "researcher")


class MembersTest(harness.Case):
    def test_several_work_on_one(self):
        story = Story(self.site, researcher="ada")
        ada, admin = story.researcher, story.admin
        cyd = self.site.person("researcher", name="cyd")
        path = f"/api/v1/projects/{story.project}"
        mine = f"{path}/members/{cyd.user['id']}"
        self.assertProblem(cyd.get(path), 404)
        for other in (cyd, story.owner):
            self.assertIn(other.put(mine).status, (403, 404))
        for client in (ada, admin):  # twice is as good as once
            self.assertEqual(client.put(mine).json, {
                "id": cyd.user["id"], "name": "cyd", "owner": False})
        self.assertEqual(cyd.get(path).status, 200)
        self.assertEqual({m["name"]: m["owner"] for m in cyd.items(path + "/members")},
                         {"ada": True, "cyd": False})
        document = self.assertProblem(cyd.delete(mine), 403)
        self.assertEqual(document["missing_permission"], "project.owner")
        for user, status in ((story.owner.user["id"], 409), ("usr_" + "0" * 26, 404)):
            self.assertProblem(ada.put(f"{path}/members/{user}"), status)
        self.assertProblem(ada.delete(f"{path}/members/{ada.user['id']}"), 409)
        joined = [e["facts"]["user"] for e in admin.items(
            "/api/v1/audit?verb=project.join") if e["subject"] == story.project]
        self.assertEqual(joined, [cyd.user["id"]])

    def test_a_member_asks_only_while_they_are_one(self):
        story = Story(self.site, researcher="ada")
        dan = self.site.person("researcher", name="dan")
        mine = f"/api/v1/projects/{story.project}/members/{dan.user['id']}"
        story.grant(dan)
        self.assertEqual(story.post(by=dan).status, 404)
        self.assertEqual(story.researcher.put(mine).status, 200)
        job = story.submit(COUNT, by=dan)
        self.assertEqual(job["state"], "in_review", job)
        self.assertEqual(story.researcher.delete(mine).status, 204)
        self.assertProblem(story.researcher.delete(mine), 404)
        self.assertProblem(story.review(job), 409, "conflict")
        self.assertEqual(story.post(COUNT + " -- again", by=dan).status, 404)
        ungranted = self.site.person("researcher", name="eve")
        story.researcher.put(mine.replace(dan.user["id"], ungranted.user["id"]))
        self.assertEqual(story.post(COUNT + " -- eve", by=ungranted).status, 404,
                         "a member without a grant does not see the dataset")


class AuditTest(harness.Case):
    def test_chain_is_exported_and_verified(self):
        auditor = self.site.person("auditor")
        self.site.person("researcher").post("/api/v1/projects", {
            "title": "T", "purpose": "P", "datasets": []})
        entries = auditor.items("/api/v1/audit?limit=2")
        self.assertEqual([e["seq"] for e in entries], list(range(1, len(entries) + 1)))
        self.assertEqual([e["prev"] for e in entries[1:]], [e["hash"] for e in entries[:-1]])
        self.assertIn("project.create", [e["verb"] for e in entries])
        head = auditor.get("/api/v1/audit/head").json
        self.assertEqual((head["entries"], head["head"]),
                         (len(entries), entries[-1]["hash"]))
        export = auditor.get("/api/v1/audit/export")
        self.assertEqual(export.status, 200)
        self.assertEqual([json.loads(line) for line in export.text.splitlines()], entries)
        rest = auditor.get("/api/v1/audit/export?after=2&limit=1").text.splitlines()
        self.assertEqual([json.loads(line)["seq"] for line in rest], [3])

    def test_entry_edited_by_hand_is_named_on_the_command_line(self):
        site = harness.Site()
        try:
            client = harness.Client(site, "root@example.org",
                                    site.add_user("root@example.org", "admin", "auditor"))
            export = os.path.join(site.folder, "audit.jsonl")
            with open(export, "w", encoding="utf-8") as f:
                f.write(client.get("/api/v1/audit/export").text)
            for words in (["--data", site.folder], [export]):
                done = site.command("audit", "verify", *words)
                self.assertEqual(done.returncode, 0, done.stderr)
            with contextlib.closing(sqlite3.connect(
                    os.path.join(site.folder, "datasite.db"))) as hand:
                edit = "UPDATE audit SET facts = '{}' WHERE seq = 2"
                with self.assertRaises(sqlite3.IntegrityError):
                    hand.execute(edit)
                hand.execute("DROP TRIGGER audit_no_update")
                hand.execute(edit)
                hand.commit()
            done = site.command("audit", "verify", "--data", site.folder)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn("audit entry 2:", done.stdout + done.stderr)
            with open(export, encoding="utf-8") as f:
                text = f.read()
            with open(export, "w", encoding="utf-8") as f:
                f.write(text.replace("user.create", "user.kreate"))
            self.assertEqual(site.command("audit", "verify", export).returncode, 1)
        finally:
            site.close()

    def test_filters(self):
        auditor = self.site.person("auditor")
        for entry in auditor.items("/api/v1/audit?verb=session."):
            self.assertTrue(entry["verb"].startswith("session."))
        mine = auditor.items(f"/api/v1/audit?actor={auditor.user['id']}")
        self.assertEqual({e["actor"] for e in mine}, {auditor.user["id"]})

    def test_the_newest_come_first_where_asked(self):
        auditor = self.site.person("auditor")
        ask = "/api/v1/audit?limit=3&verb=user."
        oldest = auditor.items(ask)
        self.assertGreater(len(oldest), 3, "more than one page")
        self.assertEqual(auditor.items(ask + "&order=oldest"), oldest)
        self.assertEqual(auditor.items(ask + "&order=newest"), oldest[::-1])
        self.assertProblem(auditor.get("/api/v1/audit?order=sideways"), 400)

    def test_only_auditors_and_admins_read_it(self):
        for name in ("researcher", "owner"):
            for path in ("", "/head", "/export"):
                self.assertProblem(self.site.person(name).get("/api/v1/audit" + path), 403)
        self.assertEqual(self.site.person("admin").get("/api/v1/audit").status, 200)

    def test_nothing_secret_is_in_it(self):
        auditor = self.site.person("auditor")
        client = self.site.person("researcher", name="tess")
        token = client.post("/api/v1/tokens", {
            "name": "t", "scopes": [], "expires_in_days": 1}).json["token"]
        self.site.nobody().post("/api/v1/session", {
            "email": "typed-a-secret", "password": "typed-a-secret"})
        text = auditor.get("/api/v1/audit/export").text + self.site.server_log()
        for secret in (token, client.cookie.split("=")[1], client.csrf, "typed-a-secret"):
            self.assertNotIn(secret, text)


class EventTest(harness.Case):
    def test_stream_opens_for_those_who_signed_in(self):
        self.assertProblem(self.site.nobody().get("/api/v1/events"), 401)
        stream = self.site.person("researcher").events()
        self.assertEqual(stream.answer.status, 200)
        self.assertTrue(
            stream.answer.headers["Content-Type"].startswith("text/event-stream"))
        stream.close()

    def test_owner_hears_of_its_dataset_and_strangers_do_not(self):
        owner, admin = self.site.person("owner"), self.site.person("admin")
        streams = {name: self.site.person(name).events(timeout=3)
                   for name in ("owner", "admin", "researcher")}
        made = owner.post("/api/v1/datasets", {
            "name": "wards", "title": "Wards", "description": "", "unit": None,
            "columns": [{"name": "los", "type": "integer", "lower": "0", "upper": "30"}],
            "budget": {"epsilon": "1", "delta": "0"}, "policy": "dp-only"})
        self.assertEqual(made.status, 201, made)
        changed = owner.patch("/api/v1/datasets/wards", {"title": "All wards"})
        self.assertEqual(changed.status, 200, changed)
        for name in ("owner", "admin"):
            number, kind, data = streams[name].next()
            self.assertTrue(kind.startswith("dataset."), kind)
            self.assertEqual(int(number), data["seq"])
        with self.assertRaises(OSError):  # nothing comes
            streams["researcher"].next()
        for stream in streams.values():
            stream.close()
        late = admin.events(last=0)  # what came before is told again
        self.assertEqual(late.next()[0], "1")
        late.close()


class MetaTest(harness.Case):
    def test_open_pages(self):
        nobody = self.site.nobody()
        self.assertEqual(nobody.get("/healthz").json, {"status": "ok"})
        self.assertIn(nobody.get("/readyz").status, (200, 503))
        site = nobody.get("/.well-known/datasite").json
        self.assertRegex(site["key"], r"^[A-Za-z0-9_-]{43}$")
        self.assertEqual(site["name"], "Datasite")
        self.assertRegex(site["version"], r"^\d+\.\d+")
        self.assertEqual(nobody.get("/api/v1/openapi.json").json["openapi"][:2], "3.")

    def test_metrics_are_prometheus_text(self):
        answer = self.site.nobody().get("/metrics")
        self.assertEqual(answer.type, "text/plain")
        for line in answer.text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? \d+)$")

    def test_metrics_count_jobs_and_the_queue(self):
        story = Story(self.site)
        waiting = story.submit(COUNT)
        story.run(COUNT + " -- ended")
        text = self.site.nobody().get("/metrics").text
        figures = dict(re.findall(r"^datasite_(\w+(?:{.*})?) (\d+)$", text, re.M))
        self.assertEqual(story.researcher.get(f"/api/v1/jobs/{waiting['id']}").json["state"],
                         "in_review")
        for name, n in (('jobs{state="in_review"}', "1"), ('jobs{state="ended"}', "1"),
                        ('jobs{state="running"}', "0"), ("queue_depth", "0"),
                        ("budget_refusals_total", "0")):
            self.assertEqual(figures[name], n, name)

    def test_every_problem_type_is_explained(self):
        with open(os.path.join(harness.ROOT, "datasite/base/err.def"),
                  encoding="utf-8") as f:
            slugs = set(re.findall(r'"([a-z-]+)",', f.read()))
        self.assertGreater(len(slugs), 15)
        for slug in slugs:
            with self.subTest(slug):
                answer = self.site.nobody().get("/problems/" + slug)
                self.assertEqual(answer.json["type"], "/problems/" + slug)
                self.assertGreater(len(answer.json["meaning"]), 10)
        self.assertProblem(self.site.nobody().get("/problems/none"), 404)

    def test_policies(self):
        names = {p["name"] for p in self.site.person("owner").items("/api/v1/policies")}
        self.assertLessEqual({"dp-only", "open-review"}, names)
        self.assertProblem(self.site.nobody().get("/api/v1/policies"), 401)


if __name__ == "__main__":
    unittest.main()
