"""jail_levels_test.py -- the jail as root, as an ordinary user, and where the kernel
grants no namespaces, as the usual container profiles do: what `doctor` says of it, that
attacks in machine code reach nobody, and that a whole site works. Skips what this machine
has not."""
import ctypes
import json
import os
import platform
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import unittest

import harness

PROGRAMS = ("datasite", "datasite-runner", "datasite-worker")
ATTACKS = ("unit-sandbox", "datasite-runner", "datasite-worker-attack")
ORDINARY = 65534
NAMESPACES = 0x7e020000
# x86_64: mount, umount2, pivot_root, unshare, setns, open_tree, move_mount, fsopen
REFUSED = (165, 166, 155, 272, 308, 428, 429, 430)
SYS_CLONE, SYS_CLONE3 = 56, 435
EPERM, ENOSYS, ALLOW = 0x00050001, 0x00050026, 0x7fff0000


def refuse_namespaces():
    """A filter that answers as the usual container profile does: EPERM to clone with a
    namespace, to unshare and to mounts; ENOSYS to clone3, whose flags it cannot see."""
    def op(code, k, true=0, false=0):
        return struct.pack("HBBI", code, true, false, k)

    rules = [op(0x20, 0)]                                      # the call's number
    for nr in REFUSED:
        rules += [op(0x15, nr, 0, 1), op(0x06, EPERM)]
    rules += [op(0x15, SYS_CLONE3, 0, 1), op(0x06, ENOSYS),
              op(0x15, SYS_CLONE, 0, 3), op(0x20, 16),         # its flags
              op(0x45, NAMESPACES, 0, 1), op(0x06, EPERM), op(0x06, ALLOW)]
    program = b"".join(rules)
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


def become_ordinary_contained():
    become_ordinary()
    refuse_namespaces()


IS_X86 = platform.machine() == "x86_64"
NOT_ROOT = "no root, or /dev/null is for root alone"
NOT_X86 = "the filter is for x86_64"


class Levels:
    """The tests of one level; `before` makes a process live in it."""
    before = None
    ordinary = False
    namespaces = None  # whether the level has them; None: as the machine grants them

    def setUp(self):
        """The programs where an ordinary user can reach them."""
        self.folder = tempfile.mkdtemp(prefix="datasite-test-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        os.chmod(self.folder, 0o755)
        for name in {*PROGRAMS, *ATTACKS}:
            if os.path.exists(harness.program(name)):
                os.chmod(shutil.copy(harness.program(name), self.folder), 0o755)

    def uid(self):
        return ORDINARY if self.ordinary else os.geteuid()

    def in_level(self):
        type(self).before()

    def run_it(self, *words):
        return subprocess.run([os.path.join(self.folder, words[0]), *words[1:]],
                              capture_output=True, text=True, timeout=120, cwd="/",
                              preexec_fn=self.in_level if self.before else None)

    def test_the_doctor_finds_it_well(self):
        answer = self.run_it("datasite", "doctor")
        line = next(l for l in answer.stdout.splitlines() if " jail " in l)
        self.assertTrue(line.startswith("ok"), line + answer.stderr)
        self.assertEqual(answer.returncode, 0, answer)
        self.assertIn("seccomp", line)
        if self.namespaces is not None:
            self.assertEqual("namespaces" in line, self.namespaces, line)
        layers = {words[1]: words[0] for words in
                  (l.split() for l in answer.stdout.splitlines())}
        self.assertEqual(layers["seccomp"], "ok")
        for name in ("user", "pid", "net", "ipc", "uts", "mount"):
            self.assertEqual(layers[name], "ok" if name in line else "none", line)
        self.assertIn("root" if self.uid() == 0 else f"number {self.uid()}",
                      answer.stdout)

    def test_attacks_in_machine_code_reach_nobody(self):
        if any(not os.path.exists(harness.program(name)) for name in ATTACKS):
            self.skipTest("the programs of the unit tests are not built")
        answer = self.run_it("unit-sandbox", "-j1", "--filter", "attack/*")
        said = re.sub(r"\033\[[0-9;]*m", "", answer.stdout + answer.stderr)
        self.assertEqual(answer.returncode, 0, said)
        self.assertRegex(said, r"Tested: [1-9]\d* \| Passing: [1-9]", said)
        self.assertRegex(said, r"Failing: 0 \| Crashing: 0", said)

    def test_a_site_runs_jobs(self):
        """The vault, the ledger and the jail together, as whoever this level is."""
        if not self.ordinary:
            self.skipTest("as root, other tests run whole sites")
        home = os.path.join(self.folder, "home")
        os.mkdir(home)
        os.chmod(home, 0o777)
        server = subprocess.Popen(
            [os.path.join(self.folder, "datasite"), "demo", "--listen",
             "127.0.0.1:0", "--exit"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=home,
            preexec_fn=self.in_level if self.before else None,
            env={**os.environ, "HOME": home, "TMPDIR": home})
        self.addCleanup(server.stdout.close)
        try:
            said, _ = server.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGKILL)
            said, _ = server.communicate()
            self.fail(said)
        self.assertEqual(server.returncode, 0, said)


class AsWhoeverRunsTheTests(Levels, unittest.TestCase):
    pass


@unittest.skipUnless(can_be_ordinary(), NOT_ROOT)
class AsAnOrdinaryUser(Levels, unittest.TestCase):
    before = staticmethod(become_ordinary)
    ordinary = True


@unittest.skipUnless(IS_X86, NOT_X86)
class Contained(Levels, unittest.TestCase):
    before = staticmethod(refuse_namespaces)
    namespaces = False

    def test_serve_refuses_less_than_the_site_asks_for(self):
        config = os.path.join(self.folder, "config.json")
        with open(config, "w", encoding="utf-8") as f:
            json.dump({"jail_minimum": "namespaces"}, f)
        answer = self.run_it("datasite", "serve", "--data", os.path.join(self.folder, "site"),
                             "--listen", "127.0.0.1:0", "--config", config)
        self.assertEqual(answer.returncode, 2, answer)
        self.assertIn("jail_minimum asks for namespaces", answer.stderr)


@unittest.skipUnless(IS_X86 and can_be_ordinary(), f"{NOT_X86}; {NOT_ROOT}")
class ContainedAsAnOrdinaryUser(Levels, unittest.TestCase):
    before = staticmethod(become_ordinary_contained)
    ordinary = True
    namespaces = False


@unittest.skipUnless(os.path.isdir("/proc/self/task"), "no /proc here")
class ServerTest(harness.Case):

    def test_its_threads_are_shut_in(self):
        """All but the runner's keeper, who must be able to start it again."""
        pid = self.site.process.pid
        free = []
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as f:
                status = dict(line.split() for line in f
                              if line.startswith(("Seccomp:", "NoNewPrivs:")))
            if (status["Seccomp:"], status["NoNewPrivs:"]) != ("2", "1"):
                free.append(task)
        self.assertEqual(len(free), 1, free)


if __name__ == "__main__":
    unittest.main()
