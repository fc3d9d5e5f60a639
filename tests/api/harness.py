"""harness.py -- a real server of its own for each test class, and clients for it.

    class JobTest(harness.Case):
        def test_it(self):
            owner = self.site.person("owner")
            answer = owner.post("/api/v1/datasets", {...})
            self.assertEqual(answer.status, 201)

DATASITE_BUILD names the folder of the programs (default build/dev). Standard library only.
"""
import atexit
import http.client
import json
import os
import re
import secrets
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.abspath(os.path.join(ROOT, os.environ.get("DATASITE_BUILD", "build/dev")))
DATA = os.path.join(ROOT, "..", "shared", "data")
START_S = 30


def program(name="datasite"):
    return os.path.join(BUILD, name)


def private_file(name):
    """The path of a shared data file; skips the test where the repository stands alone."""
    path = os.path.join(DATA, name)
    if not os.path.exists(path):
        raise unittest.SkipTest(f"{name} is not beside this repository")
    return path


class Answer:
    """One answer: status, headers (names in lower case), body bytes and its JSON."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {k.lower(): v for k, v in headers}
        self.all_headers = [(k.lower(), v) for k, v in headers]
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def type(self):
        return self.headers.get("content-type", "").split(";")[0]

    @property
    def etag(self):
        return self.headers.get("etag")

    @property
    def slug(self):
        """The kind of a problem document: "not-found"; None when it is none."""
        if self.type != "application/problem+json":
            return None
        return self.json["type"].removeprefix("/problems/")

    def __repr__(self):
        return f"<{self.status} {self.type} {self.body[:400]!r}>"


class Client:
    """Calls the server as one person, by session (cookie and CSRF token), token, or nobody."""

    def __init__(self, site, email=None, password=None, token=None):
        self.site, self.email, self.password, self.token = site, email, password, token
        self.cookie = self.csrf = self.user = None
        if password is not None:
            self.sign_in()

    def sign_in(self):
        answer = self.call("POST", "/api/v1/session",
                           {"email": self.email, "password": self.password})
        assert answer.status == 201, answer
        self.cookie = answer.headers["set-cookie"].split(";")[0]
        self.csrf = answer.json["csrf_token"]
        self.user = answer.json["user"]

    def headers(self, method):
        out = {}
        if self.token:
            out["Authorization"] = "Bearer " + self.token
        elif self.cookie:
            out["Cookie"] = self.cookie
            if method not in ("GET", "HEAD", "OPTIONS"):
                out["X-CSRF-Token"] = self.csrf
        return out

    def call(self, method, path, body=None, headers=None, type=None, timeout=120):
        """body: a dict or list becomes JSON; bytes and text go as they are."""
        send = self.headers(method)
        if isinstance(body, (dict, list)):
            body, type = json.dumps(body), type or "application/json"
        if isinstance(body, str):
            body = body.encode("utf-8")
        if type:
            send["Content-Type"] = type
        send.update(headers or {})
        connection = http.client.HTTPConnection(self.site.host, self.site.port,
                                                timeout=timeout)
        try:
            connection.request(method, path, body=body,
                               headers={k: v for k, v in send.items() if v is not None})
            got = connection.getresponse()
            return Answer(got.status, got.getheaders(), got.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, {} if body is None else body, **more)

    def put(self, path, body=None, **more):
        return self.call("PUT", path, {} if body is None else body, **more)

    def patch(self, path, body, **more):
        return self.call("PATCH", path, body, **more)

    def delete(self, path, **more):
        return self.call("DELETE", path, **more)

    def put_csv(self, path, text, **more):
        return self.call("PUT", path, text, type="text/csv", **more)

    def wait(self, path, until, seconds=30):
        """Long-polls a resource until until(json) holds; gives the answer."""
        end = time.monotonic() + seconds
        answer = self.get(path)
        while answer.status == 200 and not until(answer.json):
            if time.monotonic() > end:
                raise AssertionError(f"{path} is still {answer}")
            got = self.get(path, headers={"If-None-Match": answer.etag or '"-"',
                                          "Prefer": "wait=5"})
            if got.status != 304:
                answer = got
        return answer

    def items(self, path):
        """All items of a list, page after page."""
        out, cursor = [], None
        while True:
            mark = "&" if "?" in path else "?"
            answer = self.get(path + (f"{mark}cursor={cursor}" if cursor else ""))
            assert answer.status == 200, answer
            out += answer.json["items"]
            cursor = answer.json["next_cursor"]
            if cursor is None:
                return out

    def events(self, last=None, timeout=10):
        return EventStream(self, last, timeout)


class EventStream:
    """An open GET /events; next() gives (id, kind, data)."""

    def __init__(self, client, last, timeout):
        headers = client.headers("GET")
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        self.connection = http.client.HTTPConnection(client.site.host, client.site.port,
                                                     timeout=timeout)
        self.connection.request("GET", "/api/v1/events", headers=headers)
        self.answer = self.connection.getresponse()

    def next(self):
        event = {}
        while True:
            line = self.answer.readline().decode("utf-8")
            if line == "":
                return None
            if line == "\n" and "data" in event:
                return event.get("id"), event.get("event"), json.loads(event["data"])
            name, _, value = line.rstrip("\n").partition(": ")
            if name:
                event[name] = value

    def close(self):
        self.answer.close()
        self.connection.close()


class Site:
    """A running server on a folder of its own."""

    def __init__(self, folder=None, config=None, listen="127.0.0.1:0"):
        self.folder = folder or tempfile.mkdtemp(prefix="datasite-test-")
        self.owns_folder = folder is None
        self.config = config
        self.listen = listen
        self.process = self.setup_link = None
        self.people = {}
        atexit.register(self.close)
        self.start()

    def start(self):
        command = [program(), "serve", "--data", self.folder, "--listen", self.listen]
        if self.config is not None:
            path = os.path.join(self.folder, "test-config.json")
            with open(path, "w", encoding="utf-8") as f:
                json.dump(self.config, f)
            command += ["--config", path]
        self.log = open(os.path.join(self.folder, "server.log"), "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log,
                                        stdin=subprocess.DEVNULL, start_new_session=True)
        self.url = self._ready_line()
        self.host, _, port = self.url.removeprefix("http://").rpartition(":")
        self.host, self.port = self.host.strip("[]"), int(port)

    def _ready_line(self):
        end, text = time.monotonic() + START_S, b""
        out = self.process.stdout
        while time.monotonic() < end:
            if not select.select([out], [], [], 0.2)[0]:
                continue
            piece = os.read(out.fileno(), 4096)
            if piece == b"":
                break
            text += piece
            link = re.search(rb"http\S+/setup#token=(\S+)", text)
            self.setup_link = link.group(1).decode() if link else self.setup_link
            ready = re.search(rb"^listening on (http://\S+)\n", text, re.M)
            if ready:
                return ready.group(1).decode()
        self.stop()
        raise AssertionError(f"the server did not start: {text!r}\n{self.server_log()}")

    def server_log(self):
        with open(os.path.join(self.folder, "server.log"), encoding="utf-8",
                  errors="replace") as f:
            return f.read()

    def stop(self):
        """SIGTERM; gives the exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the server does not stop")
        self._forget()
        return code

    def kill(self):
        """SIGKILL to the server alone; its runner must notice by itself."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._forget()

    def _forget(self):
        self.process.stdout.close()
        self.log.close()
        self.process = None

    def restart(self):
        self.stop()
        self.start()

    def close(self):
        if self.process is not None:
            self.kill()
        if self.owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, *words, input=None, timeout=120):
        """Runs `datasite WORDS`; gives the finished process."""
        return subprocess.run([program(), *words], input=input, capture_output=True,
                              text=True, timeout=timeout, check=False)

    def add_user(self, email, *roles, name=None, password=None):
        password = password or secrets.token_urlsafe(16)
        words = ["user", "add", email, "--name", name or email.split("@")[0],
                 "--password-stdin", "--data", self.folder]
        for role in roles:
            words += ["--role", role]
        done = self.command(*words, input=password)
        assert done.returncode == 0, done.stderr
        return password

    def person(self, *roles, name=None):
        """A signed-in client with these roles, made once for each name."""
        name = name or "-".join(roles)
        if name not in self.people:
            email = f"{name}@example.org"
            password = self.add_user(email, *roles, name=name)
            self.people[name] = Client(self, email, password)
        return self.people[name]

    def nobody(self):
        return Client(self)

    def raw(self, data, timeout=5.0, half_close=False):
        """Sends bytes and reads until the server closes or falls silent."""
        with socket.create_connection((self.host, self.port), timeout=timeout) as s:
            try:
                s.sendall(data)
                if half_close:
                    s.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the server closed first; what it said is still to be read
            return read_all(s, timeout)


def read_all(s, timeout):
    """(bytes, whether the server closed)."""
    out, end = b"", time.monotonic() + timeout
    while True:
        s.settimeout(max(0.01, end - time.monotonic()))
        try:
            piece = s.recv(65536)
        except (TimeoutError, socket.timeout):
            return out, False
        except ConnectionResetError:
            return out, True
        if piece == b"":
            return out, True
        out += piece


def raw_answers(data):
    """The answers in a byte stream: a list of Answer. HEAD is not for this."""
    out = []
    while data.startswith(b"HTTP/1."):
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = [tuple(line.split(": ", 1)) for line in lines[1:]]
        n = int(dict((k.lower(), v) for k, v in headers).get("content-length", "0"))
        out.append(Answer(int(lines[0].split(" ")[1]), headers, rest[:n]))
        data = rest[n:]
    return out


class Case(unittest.TestCase):
    """A test class with one site; config may be set in the subclass."""

    config = None

    @classmethod
    def setUpClass(cls):
        if not os.path.exists(program()):
            raise unittest.SkipTest(f"{program()} is not built")
        cls.site = Site(config=cls.config)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def assertProblem(self, answer, status, slug=None):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.type, "application/problem+json", answer)
        document = answer.json
        for member in ("type", "title", "status", "detail", "instance"):
            self.assertIn(member, document)
        self.assertEqual(document["status"], status)
        if slug is not None:
            self.assertEqual(answer.slug, slug, answer)
        return document
