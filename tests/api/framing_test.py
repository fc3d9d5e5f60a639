"""framing_test.py -- requests that two programs could read differently are refused, closed
upon, and nothing behind them is answered."""
import http.client
import socket
import time
import unittest

import harness

HOST = b"Host: 127.0.0.1\r\n"
SMUGGLED = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"


def get(target=b"/healthz", more=b"", version=b"HTTP/1.1", method=b"GET", host=HOST):
    return method + b" " + target + b" " + version + b"\r\n" + host + more + b"\r\n"


def post(more, body=b""):
    return get(b"/api/v1/session", b"Content-Type: application/json\r\n" + more,
               method=b"POST") + body


# Each is answered 400 with a problem document and the connection ends.
REFUSED = {
    "two Content-Length, the same": post(b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}"),
    "two Content-Length, different": post(b"Content-Length: 2\r\nContent-Length: 40\r\n",
                                          b"{}"),
    "Content-Length and chunked": post(
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "chunked and Content-Length": post(
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"0\r\n\r\n"),
    "two Transfer-Encoding": post(
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "gzip coding": post(b"Transfer-Encoding: gzip\r\n", b"xx"),
    "gzip, chunked": post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
    "identity coding": post(b"Transfer-Encoding: identity\r\n"),
    "space before the colon": post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
    "chunked in HTTP/1.0": get(b"/api/v1/session", b"Transfer-Encoding: chunked\r\n",
                               b"HTTP/1.0", b"POST") + b"0\r\n\r\n",
    "length past 64 bits": post(b"Content-Length: 18446744073709551615\r\n"),
    "two Host": get(more=b"Host: 127.0.0.1\r\n"),
    "two Host, different": get(more=b"Host: evil.example\r\n"),
    "no Host": get(host=b""),
    "empty Host": get(host=b"Host: \r\n"),
    "odd Host": get(host=b"Host: a b\r\n"),
    "unknown Host": get(host=b"Host: evil.example\r\n"),
    "two Authorization": get(more=b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
    "two Cookie": get(more=b"Cookie: a=1\r\nCookie: b=2\r\n"),
    "two Content-Type": post(b"Content-Type: text/csv\r\nContent-Length: 2\r\n", b"{}"),
    "two Origin": get(more=b"Origin: http://a\r\nOrigin: http://b\r\n"),
    "two X-CSRF-Token": get(more=b"X-CSRF-Token: a\r\nX-CSRF-Token: b\r\n"),
    "two If-Match": get(more=b'If-Match: "a"\r\nIf-Match: "b"\r\n'),
    "two Idempotency-Key": get(more=b"Idempotency-Key: a\r\nIdempotency-Key: b\r\n"),
    "folded field": get(more=b"X-A: 1\r\n 2\r\n"),
    "folded Host": get(host=b"Host: 127.0.0.1\r\n\t.example\r\n"),
    "folded Content-Length": post(b"Content-Length: 2\r\n 0\r\n", b"{}"),
    "space in a name": get(more=b"X A: 1\r\n"),
    "empty name": get(more=b": 1\r\n"),
    "control in a name": get(more=b"X\x01A: 1\r\n"),
    "NUL in a value": get(more=b"X-A: 1\x002\r\n"),
    "NUL in Host": get(host=b"Host: 127.0.0.1\x00.evil\r\n"),
    "control in a value": get(more=b"X-A: 1\x0b2\r\n"),
    "DEL in a value": get(more=b"X-A: 1\x7f2\r\n"),
    "NUL in the address": get(b"/healthz\x00x"),
    "%00": get(b"/healthz%00"),
    "%2f": get(b"/api%2fv1/session"),
    "%5c": get(b"/api%5cv1"),
    "%zz": get(b"/health%zz"),
    "half an escape": get(b"/healthz%2"),
    "%01": get(b"/healthz%01"),
    "dot segment": get(b"/./healthz"),
    "dot dot segment": get(b"/api/../healthz"),
    "escaped dots": get(b"/api/%2e%2e/healthz"),
    "half escaped dots": get(b"/api/.%2e/healthz"),
    "dots at the end": get(b"/api/.."),
    "overlong UTF-8": get(b"/%c0%af"),
    "surrogate": get(b"/%ed%a0%80"),
    "raw high byte": get(b"/\xff"),
    "backslash": get(b"/api\\v1"),
    "fragment": get(b"/healthz#a"),
    "absolute form": get(b"http://127.0.0.1/healthz"),
    "CONNECT": get(b"127.0.0.1:443", method=b"CONNECT"),
    "query twice": get(b"/healthz?a=1&a=2"),
    "odd method": get(method=b"G<T"),
    "HTTP/1.2": get(version=b"HTTP/1.2"),
    "unknown Expect": post(b"Expect: 200-ok\r\nContent-Length: 2\r\n", b"{}"),
    "body on GET": get(more=b"Content-Length: 5\r\n") + b"hello",
    "chunked body on GET": get(more=b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n",
    "bare LF between fields": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\nX-A: 1\r\n\r\n",
    "too many fields": get(more=b"".join(b"X-%d: 1\r\n" % i for i in range(80))),
}

# The library answers these before it asks us: 400 as well, and it closes.
BY_LIBRARY = {
    "negative length": post(b"Content-Length: -1\r\n"),
    "length with a sign": post(b"Content-Length: +2\r\n", b"{}"),
    "length in hex": post(b"Content-Length: 0x2\r\n", b"{}"),
    "length as a list": post(b"Content-Length: 2, 2\r\n", b"{}"),
    "line without colon": get(more=b"XA\r\n"),
    "NUL in a name": get(more=b"X\x00A: 1\r\n"),
}

# Not a request at all: no answer of ours.
CLOSED = {
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 40 + b"\r\n\r\n",
    "garbage": b"\x00\x01\x02\x03\r\n\r\n",
    "too large a head": get(more=b"X-A: " + b"a" * 200000 + b"\r\n"),
    "too long an address": get(b"/" + b"a" * 200000),
}


class FramingTest(harness.Case):

    def test_what_could_be_read_in_two_ways_is_refused(self):
        for name, request in REFUSED.items():
            with self.subTest(name):
                data, is_closed = self.site.raw(request, timeout=2.0)
                answers = harness.raw_answers(data)
                self.assertEqual(len(answers), 1, data)
                self.assertProblem(answers[0], 400, "invalid-request")
                self.assertTrue(is_closed, "the connection stays open")
                self.assertEqual(answers[0].headers["connection"], "close")

    def test_nothing_behind_a_refused_request_is_answered(self):
        for name, request in REFUSED.items():
            with self.subTest(name):
                data, _ = self.site.raw(request + SMUGGLED, timeout=2.0)
                self.assertEqual(data.count(b"HTTP/1.1 400 "), 1, data)
                self.assertNotIn(b"200 OK", data)

    def test_what_the_library_refuses(self):
        for name, request in BY_LIBRARY.items():
            with self.subTest(name):
                data, is_closed = self.site.raw(request + SMUGGLED, timeout=2.0)
                self.assertTrue(data.startswith(b"HTTP/1.1 400 "), data)
                self.assertNotIn(b" 200 OK", data)
                self.assertTrue(is_closed)

    def test_what_is_not_http_gets_no_answer_of_ours(self):
        for name, request in CLOSED.items():
            with self.subTest(name):
                data, _ = self.site.raw(request, timeout=2.0, half_close=True)
                self.assertNotIn(b" 200 ", data)
                self.assertNotIn(b" 500 ", data)

    def test_sound_requests_pass(self):
        sound = {
            "plain": get(),
            "HTTP/1.0 without Host": get(host=b"", version=b"HTTP/1.0"),
            "localhost": get(host=b"Host: localhost:1234\r\n"),
            "v6 address": get(host=b"Host: [::1]:80\r\n"),
            "blanks around a value": get(more=b"X-A:   \t 1 2\t  \r\n"),
            "no blank": get(more=b"X-A:1\r\n"),
            "empty value": get(more=b"X-A:\r\nX-B: \r\nX-C: 1\r\n"),
            "high bytes in a value": get(more=b"X-A: \xc3\xa9\r\n"),
            "a repeated field that may": get(more=b"Accept: a\r\nAccept: b\r\n"),
            "escaped letters": get(b"/%68ealthz"),
            "length of nothing": get(more=b"Content-Length: 0\r\n"),
            "large head": get(more=b"X-A: " + b"a" * 8000 + b"\r\nX-B: " + b"b" * 8000
                              + b"\r\n"),
            "many fields": get(more=b"".join(b"X-%d: 1\r\n" % i for i in range(50))),
        }
        for name, request in sound.items():
            with self.subTest(name):
                data, _ = self.site.raw(request, timeout=1.0, half_close=True)
                answers = harness.raw_answers(data)
                self.assertEqual([a.status for a in answers], [200], data)

    def test_pipelined_requests_are_answered_in_order(self):
        data, _ = self.site.raw(get() + get(b"/nothing") + get(), timeout=1.5)
        self.assertEqual([a.status for a in harness.raw_answers(data)], [200, 404, 200])

    def test_bytes_one_by_one(self):
        with socket.create_connection((self.site.host, self.site.port), timeout=5) as s:
            for byte in get(more=b"X-A: 1\r\n"):
                s.sendall(bytes([byte]))
            data, _ = harness.read_all(s, 1.0)
        self.assertEqual([a.status for a in harness.raw_answers(data)], [200])

    def test_unknown_methods_are_problems_with_allow(self):
        for method in (b"TRACE", b"PROPFIND", b"get", b"BREW"):
            with self.subTest(method):
                data, _ = self.site.raw(get(method=method), timeout=1.0)
                (answer,) = harness.raw_answers(data)
                self.assertProblem(answer, 405, "method-not-allowed")
                self.assertEqual(answer.headers["allow"], "GET, HEAD, OPTIONS")

    def test_connection_survives_an_ordinary_refusal(self):
        connection = http.client.HTTPConnection(self.site.host, self.site.port, timeout=5)
        for path, status in (("/nothing", 404), ("/api/v1/jobs", 401), ("/healthz", 200)):
            connection.request("GET", path)
            got = connection.getresponse()
            got.read()
            self.assertEqual(got.status, status)
            self.assertNotEqual(got.getheader("Connection"), "close")
        connection.close()

    def test_head_is_get_without_body(self):
        nobody = self.site.nobody()
        for path in ("/healthz", "/", "/nothing", "/api/v1/jobs"):
            with self.subTest(path):
                got, head = nobody.get(path), nobody.call("HEAD", path)
                self.assertEqual(head.status, got.status)
                self.assertEqual(head.body, b"")
                self.assertEqual(head.headers["content-length"], str(len(got.body)))
                self.assertEqual(head.headers["content-type"], got.headers["content-type"])

    def test_options_lists_methods(self):
        answer = self.site.nobody().call("OPTIONS", "/api/v1/tokens/tok_x")
        self.assertEqual(answer.status, 204)
        self.assertEqual(answer.headers["allow"], "DELETE, OPTIONS")


class BodyTest(harness.Case):

    def test_too_long_a_body_is_refused_before_it_comes(self):
        start = time.monotonic()
        data, _ = self.site.raw(post(b"Content-Length: 10000000\r\n"), timeout=3.0)
        (answer,) = harness.raw_answers(data)
        self.assertProblem(answer, 413, "payload-too-large")
        self.assertLess(time.monotonic() - start, 8.0)

    def test_a_client_that_sends_all_of_it_still_reads_the_answer(self):
        answer = self.site.nobody().call("POST", "/api/v1/session", b"x" * 20_000_000,
                                         type="application/json")
        self.assertProblem(answer, 413, "payload-too-large")

    def test_a_chunked_body_has_the_same_limit(self):
        chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
        data, _ = self.site.raw(post(b"Transfer-Encoding: chunked\r\n",
                                     chunk * 16 + b"0\r\n\r\n"), timeout=3.0)
        (answer,) = harness.raw_answers(data)
        self.assertProblem(answer, 413, "payload-too-large")

    def test_a_chunked_body_without_end_is_cut(self):
        chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
        with socket.create_connection((self.site.host, self.site.port), timeout=5) as s:
            s.sendall(post(b"Transfer-Encoding: chunked\r\n"))
            with self.assertRaises(OSError):
                for _ in range(4000):
                    s.sendall(chunk)

    def test_a_chunked_body_is_read(self):
        data, _ = self.site.raw(post(b"Transfer-Encoding: chunked\r\n",
                                     b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"), timeout=3.0)
        (answer,) = harness.raw_answers(data)
        self.assertProblem(answer, 400, "invalid-request")

    def test_bad_chunks_are_not_a_body(self):
        for chunk in (b"-1\r\n", b"zz\r\n", b"1\r\nab"):
            with self.subTest(chunk):
                data, _ = self.site.raw(post(b"Transfer-Encoding: chunked\r\n", chunk
                                             + b"\r\n0\r\n\r\n") + SMUGGLED, timeout=2.0)
                self.assertNotIn(b" 200 ", data)
                self.assertNotIn(b" 201 ", data)

    def test_media_types(self):
        nobody = self.site.nobody()
        for type in ("text/plain", "application/x-www-form-urlencoded", "text/csv",
                     "application/jsonx", "multipart/form-data; boundary=a", None):
            with self.subTest(type):
                answer = nobody.call("POST", "/api/v1/session", b"{}", type=type)
                self.assertProblem(answer, 415, "unsupported-media-type")
        answer = nobody.call("POST", "/api/v1/session", b"{}",
                             type="application/json; charset=utf-8")
        self.assertProblem(answer, 400, "invalid-request")

    def test_json_that_is_none(self):
        nobody = self.site.nobody()
        for body in (b"", b"{", b"[]", b"null", b'"x"', b"{} {}", b'{"email":"\xff"}',
                     b'{"email":"a","email":"b","password":"x"}', b"[" * 40 + b"]" * 40,
                     b'{"email":"a\\u0000b","password":"x"}', b"\xef\xbb\xbf{}",
                     b'{"email":1,"password":"x"}', b'{"password":"x"}',
                     b'{"email":"a@b.c","password":"x","more":1}'):
            with self.subTest(body):
                answer = nobody.call("POST", "/api/v1/session", body,
                                     type="application/json")
                self.assertProblem(answer, 400, "invalid-request")

    def test_expect_continue(self):
        request = post(b"Expect: 100-continue\r\nContent-Length: 2\r\n")
        with socket.create_connection((self.site.host, self.site.port), timeout=5) as s:
            s.sendall(request)
            self.assertTrue(s.recv(4096).startswith(b"HTTP/1.1 100 "))
            s.sendall(b"{}")
            self.assertIn(b"HTTP/1.1 400 ", s.recv(4096))

    def test_unknown_query_parameters_are_named(self):
        answer = self.site.nobody().get("/healthz?verbose=1")
        problem = self.assertProblem(answer, 400, "invalid-request")
        self.assertEqual(problem["errors"][0]["pointer"], "/query/verbose")


class HeaderTest(harness.Case):

    def test_every_answer_carries_the_protecting_headers(self):
        nobody = self.site.nobody()
        for path in ("/", "/healthz", "/nothing", "/api/v1/jobs", "/icon.svg"):
            with self.subTest(path):
                headers = nobody.get(path).headers
                self.assertEqual(headers["x-content-type-options"], "nosniff")
                self.assertIn("default-src 'none'", headers["content-security-policy"])
                self.assertNotIn("unsafe", headers["content-security-policy"])
                self.assertIn("frame-ancestors 'none'", headers["content-security-policy"])
                self.assertEqual(headers["referrer-policy"], "no-referrer")
                self.assertEqual(headers["cross-origin-opener-policy"], "same-origin")
                self.assertEqual(headers["cross-origin-resource-policy"], "same-origin")
                self.assertRegex(headers["x-request-id"], "^req_[0-9A-Z]{26}$")

    def test_the_api_is_never_cached(self):
        for path in ("/api/v1/jobs", "/api/v1/nothing", "/api/v1/openapi.json"):
            headers = self.site.nobody().get(path).headers
            self.assertEqual(headers["cache-control"], "no-store")

    def test_pages(self):
        nobody = self.site.nobody()
        page = nobody.get("/")
        if page.status == 404:
            self.skipTest("the pages are not built")
        self.assertEqual(page.type, "text/html")
        for path in ("/login", "/inbox", "/jobs/job_x", "/datasets/a/budget"):
            self.assertEqual(nobody.get(path).body, page.body)
        again = nobody.get("/", headers={"If-None-Match": page.etag})
        self.assertEqual((again.status, again.body), (304, b""))
        for path in ("/api", "/api/v1", "/apix", "/nothing.html", "/jobs.js", "/jobsx",
                     "/index.html/", "/web/dist/index.html", "/schema/openapi.json"):
            with self.subTest(path):
                self.assertProblem(nobody.get(path), 404, "not-found")
        self.assertProblem(nobody.post("/"), 405, "method-not-allowed")


class RateTest(harness.Case):
    config = {"requests_per_s": 5}

    def test_too_many_requests_of_an_address(self):
        nobody = self.site.nobody()
        answers = [nobody.get("/healthz") for _ in range(40)]
        late = [a for a in answers if a.status == 429]
        self.assertGreater(len(late), 0)
        self.assertEqual(answers[0].status, 200)
        self.assertProblem(late[0], 429, "rate-limited")
        self.assertGreaterEqual(int(late[0].headers["retry-after"]), 1)


if __name__ == "__main__":
    unittest.main()
