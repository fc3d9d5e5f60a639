"""openapi_test.py -- schema/openapi.json is the API: it and the route table say the same,
and each route that needs somebody refuses nobody and the wrong ones. Written from the table,
so that no route can be added untested."""
import glob
import json
import os
import re
import unittest

import harness

ROUTE = re.compile(r'^ROUTE\((\w+),\s*"([^"]+)",\s*(\w+),\s*([^,]+?),\s*(DB_\w+),\s*'
                   r"([^,]+?),\s*([^)]+?)\)\s*$", re.M)
IDS = {"name": "nothing-here", "id": "job_" + "0" * 26, "user_id": "usr_" + "0" * 26,
       "project_id": "prj_" + "0" * 26, "comment_id": "cmt_" + "0" * 26,
       "template_id": "tpl_" + "0" * 26, "request_id": "acr_" + "0" * 26, "n": "1", "slug": "not-found"}


class Route:
    def __init__(self, fields):
        self.method, self.path, self.name, who, _, flags, size = fields
        self.roles = {r.lower() for r in re.findall(r"ROLE_(\w+)", who)}
        self.is_open = who == "ANYONE"
        self.flags = set(re.findall(r"\w+", flags)) - {"0"}
        self.has_body = size.strip() != "0"

    @property
    def url(self):
        return re.sub(r"{(\w+)}", lambda m: IDS[m.group(1)], self.path)


def routes():
    with open(os.path.join(harness.ROOT, "datasite/api/routes.def"), encoding="utf-8") as f:
        return [Route(m.groups()) for m in ROUTE.finditer(f.read())]


def document():
    with open(os.path.join(harness.ROOT, "schema/openapi.json"), encoding="utf-8") as f:
        return json.load(f)


def queries_read():
    """By name, what each function of datasite/api reads from a query: itself or through the
    functions of its own file."""
    read = {}
    for path in glob.glob(os.path.join(harness.ROOT, "datasite/api/*.c")):
        with open(path, encoding="utf-8") as f:
            bodies = dict(re.findall(r"^(\w+)\([^{};]*\)\n{\n(.*?)^}", f.read(), re.M | re.S))
        for name in bodies:
            reached, names = [name], set()
            for at in reached:
                names |= set(re.findall(r'query_\w+\(rq, "(\w+)"', bodies[at]))
                if re.search(r"\bpage_take(_seq)?\(", bodies[at]):
                    names |= {"limit", "cursor"}
                reached += [n for n in bodies
                            if n not in reached and re.search(rf"\b{n}\(", bodies[at])]
            read[name] = names
    return read


class TableTest(unittest.TestCase):
    def setUp(self):
        self.routes, self.document = routes(), document()

    def operation(self, route):
        return self.document["paths"][route.path][route.method.lower()]

    def test_every_row_was_read(self):
        with open(os.path.join(harness.ROOT, "datasite/api/routes.def"),
                  encoding="utf-8") as f:
            self.assertEqual(len(self.routes), len(re.findall(r"^ROUTE\(", f.read(), re.M)))

    def test_both_say_the_same_both_ways(self):
        of_table = {(r.method, r.path, r.name) for r in self.routes}
        of_document = {(m.upper(), p, o["operationId"])
                       for p, item in self.document["paths"].items()
                       for m, o in item.items() if m != "parameters"}
        self.assertEqual(of_table - of_document, set(), "only in routes.def")
        self.assertEqual(of_document - of_table, set(), "only in openapi.json")

    def test_path_parameters_are_declared(self):
        for r in self.routes:
            declared = {p["name"] for p in self.operation(r).get("parameters", [])
                        if p.get("in") == "path"}
            self.assertEqual(declared, set(re.findall(r"{(\w+)}", r.path)), r.name)

    def test_query_parameters_are_declared(self):
        read = queries_read()
        self.assertEqual(read["audit_list"],
                         {"order", "verb", "actor", "subject", "limit", "cursor"})
        shared = self.document["components"]["parameters"]
        for r in self.routes:
            declared = [shared[p["$ref"].rpartition("/")[2]] if "$ref" in p else p
                        for p in self.operation(r).get("parameters", [])]
            self.assertEqual({p["name"] for p in declared if p["in"] == "query"},
                             read[r.name], r.name)

    def test_bodies(self):
        for r in self.routes:
            with self.subTest(r.name):
                body = self.operation(r).get("requestBody")
                self.assertEqual(body is not None, r.has_body)
                is_csv = bool({"UPLOAD", "CSV_BODY"} & r.flags)
                if body is not None:
                    self.assertEqual(set(body["content"]),
                                     {"text/csv" if is_csv else "application/json"})

    def test_security(self):
        for r in self.routes:
            with self.subTest(r.name):
                schemes = {name for way in self.operation(r)["security"] for name in way}
                want = set()
                if not r.is_open:
                    want = {"session"} if "SESSION_ONLY" in r.flags else {"session", "token"}
                    want |= {"csrf"} if r.method != "GET" else set()
                self.assertEqual(schemes, want)

    def test_flags_show_in_the_document(self):
        for r in self.routes:
            names = json.dumps(self.operation(r).get("parameters", []))
            codes = set(self.operation(r)["responses"])
            with self.subTest(r.name):
                self.assertEqual("parameters/IfMatch" in names, "IF_MATCH" in r.flags)
                self.assertEqual("parameters/IdempotencyKey" in names,
                                 "IDEMPOTENT" in r.flags)
                self.assertEqual("428" in codes, "IF_MATCH" in r.flags)
                self.assertLessEqual({"400", "429", "500"}, codes)
                if not r.is_open:
                    self.assertLessEqual({"401", "403"}, codes)
                if r.has_body:
                    self.assertLessEqual({"413", "415"}, codes)

    def test_requests_are_closed_objects(self):
        schemas = self.document["components"]["schemas"]
        for r in self.routes:
            body = self.operation(r).get("requestBody", {}).get("content", {})
            schema = body.get("application/json", {}).get("schema", {})
            name = schema.get("$ref", "").rpartition("/")[2]
            if name and "anyOf" not in schemas[name]:
                self.assertIs(schemas[name].get("additionalProperties"), False, name)

    def test_every_problem_is_one_schema(self):
        for name, answer in self.document["components"]["responses"].items():
            self.assertEqual(list(answer["content"]), ["application/problem+json"], name)


class AccessTest(harness.Case):
    def body(self, r):
        if not r.has_body:
            return None, None
        if {"UPLOAD", "CSV_BODY"} & r.flags:
            return b"a\n1\n", "text/csv"
        return b"{}", "application/json"

    def call(self, client, r, **headers):
        body, type = self.body(r)
        return client.call(r.method, r.url, body, type=type, headers=headers)

    def closed(self):
        return [r for r in routes() if not r.is_open]

    def test_nobody_is_401_before_anything_else(self):
        nobody = self.site.nobody()
        for r in self.closed():
            with self.subTest(r.name):
                answer = self.call(nobody, r)
                self.assertProblem(answer, 401, "unauthenticated")
                self.assertIn("Bearer", answer.headers["www-authenticate"])
                odd = nobody.call(r.method, r.url + "?no_such=1", b"not json",
                                  type="text/plain") if r.has_body else answer
                self.assertIn(odd.status, (400, 401))

    def test_wrong_credentials_are_401(self):
        nobody = self.site.nobody()
        for headers in ({"Authorization": "Bearer dsk_" + "A" * 43},
                        {"Authorization": "Bearer "}, {"Authorization": "Basic YTpi"},
                        {"Authorization": "dsk_x"}, {"Cookie": "datasite=" + "A" * 43},
                        {"Cookie": "datasite="}, {"Cookie": "other=1"}):
            for r in self.closed():
                with self.subTest(r.name, **headers):
                    self.assertProblem(self.call(nobody, r, **headers), 401)

    def test_each_role_is_kept_to_its_routes(self):
        for role in ("researcher", "owner", "admin", "auditor"):
            person = self.site.person(role)
            for r in self.closed():
                if not r.roles or role in r.roles:
                    continue
                with self.subTest(r.name, role=role):
                    answer = self.call(person, r, **{"If-Match": '"x"'})
                    problem = self.assertProblem(answer, 403, "permission-missing")
                    self.assertIn("missing_permission", problem)

    def test_sessions_need_the_csrf_token(self):
        person = self.site.person("owner", "admin", "researcher", "auditor")
        for r in self.closed():
            if r.method == "GET":
                continue
            with self.subTest(r.name):
                for token in (None, "", "x", person.csrf[:-1], person.csrf + "x"):
                    answer = self.call(person, r, **{"X-CSRF-Token": token})
                    problem = self.assertProblem(answer, 403, "permission-missing")
                    self.assertEqual(problem["missing_permission"], "csrf-token")

    def test_pages_of_other_sites_cannot_call(self):
        person = self.site.person("owner")
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                        {"Origin": self.site.url + ".evil.example"},
                        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            with self.subTest(**headers):
                answer = person.post("/api/v1/datasets", {}, headers=headers)
                problem = self.assertProblem(answer, 403)
                self.assertEqual(problem["missing_permission"], "same-origin")
        answer = person.post("/api/v1/datasets", {}, headers={
            "Origin": self.site.url, "Sec-Fetch-Site": "same-origin"})
        self.assertProblem(answer, 400)

    def test_decisions_need_if_match(self):
        everyone = self.site.person("owner", "admin", "researcher", "auditor")
        for r in self.closed():
            if "IF_MATCH" in r.flags:
                with self.subTest(r.name):
                    self.assertProblem(self.call(everyone, r), 428, "precondition-required")

    def test_tokens_cannot_decide_nor_make_tokens(self):
        person = self.site.person("owner", "admin", "researcher", "auditor")
        made = person.post("/api/v1/tokens", {"name": "t", "scopes": ["*"]})
        self.assertEqual(made.status, 201, made)
        program = harness.Client(self.site, token=made.json["token"])
        for r in self.closed():
            if not {"DECIDES", "SESSION_ONLY"} & r.flags:
                continue
            with self.subTest(r.name):
                self.assertProblem(self.call(program, r, **{"If-Match": '"x"'}), 403)

    def test_a_reading_token_cannot_write(self):
        person = self.site.person("owner", "admin", "researcher", "auditor")
        made = person.post("/api/v1/tokens", {"name": "r", "scopes": ["read"]})
        program = harness.Client(self.site, token=made.json["token"])
        self.assertEqual(program.get("/api/v1/jobs").status, 200)
        answer = program.post("/api/v1/projects", {})
        problem = self.assertProblem(answer, 403)
        self.assertEqual(problem["missing_permission"], "scope")

    def test_what_is_not_there_is_404_for_those_who_may_ask(self):
        everyone = self.site.person("owner", "admin", "researcher", "auditor")
        for r in self.closed():
            if r.method != "GET" or "{" not in r.path:
                continue
            with self.subTest(r.name):
                self.assertProblem(self.call(everyone, r), 404, "not-found")

    def test_every_get_refuses_unknown_query_parameters(self):
        everyone = self.site.person("owner", "admin", "researcher", "auditor")
        for r in routes():
            if r.method == "GET" and "{" not in r.path:
                with self.subTest(r.name):
                    answer = everyone.get(r.path + "?no_such_parameter=1")
                    self.assertProblem(answer, 400, "invalid-request")

    def test_lists_are_pages(self):
        everyone = self.site.person("owner", "admin", "researcher", "auditor")
        for r in routes():
            op = document()["paths"][r.path][r.method.lower()]
            if "parameters/Cursor" not in json.dumps(op) or "{" in r.path:
                continue
            with self.subTest(r.name):
                page = everyone.get(r.path + "?limit=1")
                self.assertEqual(page.status, 200, page)
                self.assertEqual(set(page.json), {"items", "next_cursor"})
                self.assertLessEqual(len(page.json["items"]), 1)
                for bad in ("limit=0", "limit=201", "limit=x", "limit=1.5", "limit=",
                            "cursor=%21", "cursor=AA", "cursor=am9iXzE", "limit=-1", "limit=1&limit=2"):
                    self.assertProblem(everyone.get(r.path + "?" + bad), 400)

    def test_the_server_serves_the_document(self):
        answer = self.site.nobody().get("/api/v1/openapi.json")
        self.assertEqual(answer.type, "application/json")
        self.assertEqual(answer.json, document())


if __name__ == "__main__":
    unittest.main()
