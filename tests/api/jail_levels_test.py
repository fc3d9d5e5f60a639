"""jail_levels_test.py -- the jail as root, as an ordinary user, and where the kernel
grants no namespaces, as the usual container profiles do. Skips what this machine has not."""
import ctypes
import json
import os
import platform
import shutil
import struct
import subprocess
import tempfile
import unittest

import harness

PROGRAMS = ("datasite", "datasite-runner", "datasite-worker")
ORDINARY = 65534
CLONE_NEWUSER = 0x10000000
SYS_CLONE = 56  # x86_64


def refuse_namespaces():
    """A filter that answers EPERM to clone with a user namespace."""
    def op(code, k, true=0, false=0):
        return struct.pack("HBBI", code, true, false, k)

    program = b"".join((
        op(0x20, 0), op(0x15, SYS_CLONE, 0, 3),         # the call's number
        op(0x20, 16), op(0x45, CLONE_NEWUSER, 0, 1),    # its flags
        op(0x06, 0x00050001), op(0x06, 0x7fff0000)))    # EPERM; allow
    room = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(room))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, header, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def can_be_ordinary():
    """Root can become somebody else, who can then start programs at all."""
    return os.geteuid() == 0 and bool(os.stat(os.devnull).st_mode & 0o004)


def become_ordinary():
    os.setgroups([])
    os.setresgid(ORDINARY, ORDINARY, ORDINARY)
    os.setresuid(ORDINARY, ORDINARY, ORDINARY)


class LevelsTest(unittest.TestCase):

    def setUp(self):
        """The programs where an ordinary user can reach them."""
        self.folder = tempfile.mkdtemp(prefix="datasite-test-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        os.chmod(self.folder, 0o755)
        for name in PROGRAMS:
            os.chmod(shutil.copy(harness.program(name), self.folder), 0o755)

    def run_it(self, *words, before=None):
        return subprocess.run([os.path.join(self.folder, "datasite"), *words],
                              capture_output=True, text=True, timeout=60, cwd="/",
                              preexec_fn=before)

    def jail(self, before=None):
        answer = self.run_it("doctor", before=before)
        line = next(l for l in answer.stdout.splitlines() if " jail " in l)
        self.assertTrue(line.startswith("ok"), line + answer.stderr)
        self.assertEqual(answer.returncode, 0, answer)
        self.assertIn("seccomp", line)
        return line

    def test_as_whoever_runs_the_tests(self):
        self.jail()

    @unittest.skipUnless(can_be_ordinary(), "no root, or /dev/null is for root alone")
    def test_as_an_ordinary_user(self):
        self.jail(become_ordinary)

    @unittest.skipUnless(platform.machine() == "x86_64", "the filter is for x86_64")
    def test_without_namespaces(self):
        self.assertNotIn("namespaces", self.jail(refuse_namespaces))

    @unittest.skipUnless(platform.machine() == "x86_64" and can_be_ordinary(),
                         "the filter is for x86_64; no root, or /dev/null is for root alone")
    def test_as_an_ordinary_user_without_namespaces(self):
        def before():
            become_ordinary()
            refuse_namespaces()

        self.assertNotIn("namespaces", self.jail(before))

    @unittest.skipUnless(platform.machine() == "x86_64", "the filter is for x86_64")
    def test_serve_refuses_less_than_the_site_asks_for(self):
        config = os.path.join(self.folder, "config.json")
        with open(config, "w", encoding="utf-8") as f:
            json.dump({"jail_minimum": "namespaces"}, f)
        answer = self.run_it("serve", "--data", os.path.join(self.folder, "site"),
                             "--listen", "127.0.0.1:0", "--config", config,
                             before=refuse_namespaces)
        self.assertEqual(answer.returncode, 2, answer)
        self.assertIn("jail_minimum asks for namespaces", answer.stderr)


if __name__ == "__main__":
    unittest.main()
