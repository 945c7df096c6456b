# SPDX-License-Identifier: MIT
"""What can go wrong in an install: the old maps stay, the same files; the cause is said once, with its remedy; the exit
code is the documented one; nothing temporary is left; and once the fault is gone, the next run installs."""
import ctypes
import errno
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import unittest

from killed_machine import KilledMachine, TLSPACT

ROOT = os.geteuid() == 0
NOBODY = 65534
EXIM = r"""case "$1" in -bV) echo 'Support for: crypteq IPv6 GnuTLS';; *) @BE@;; esac"""


def private_mounts():
    """What is mounted from here on goes with this process."""
    if not ROOT: return False
    clone_newns = 0x20000
    return (ctypes.CDLL(None).unshare(clone_newns) == 0 and
            subprocess.run(["mount", "--make-rprivate", "/"], check=False, capture_output=True).returncode == 0)


PRIVATE_MOUNTS = private_mounts()


class FaultTest(unittest.TestCase):
    """Side a is installed; side b is what a run with a fault would install."""

    def setUp(self):
        self.machine = self.enterContext(KilledMachine())

    def install(self):
        self.machine.agree("a")
        self.assertEqual(self.machine.run("generate").returncode, 0)
        self.maps, self.identities = self.machine.maps(), self.machine.identities()
        self.machine.agree("b")

    def faulty(self, cause, remedy, code=74, same_files=True, **options):
        result = self.machine.run("generate", **options)
        said = result.stdout + result.stderr
        self.assertEqual(result.returncode, code, said)
        self.assertEqual(len(re.findall(cause, result.stderr)), 1, said)
        self.assertRegex(result.stderr, remedy)
        self.assertEqual(self.machine.maps(), self.maps, said)
        if same_files: self.assertEqual(self.machine.identities(), self.identities, said)
        # SQLite's own log of a write that failed: the next run, which opens it, is done with it.
        left = [path for path in self.machine.temporary() if not path.endswith(("tlspact.db-wal", "tlspact.db-shm"))]
        self.assertEqual(left, [], said)
        return said

    def heals(self):
        result = self.machine.run("generate")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("b.example", self.machine.lines())
        self.assertNotIn("a.example", self.machine.lines())
        self.assertEqual(self.machine.temporary(), [])

    def small_disk(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", directory], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", directory], check=True)

    @unittest.skipUnless(PRIVATE_MOUNTS, "needs mounts of its own")
    def test_a_full_disk(self):
        for place in ("postfix", "exim", "history", ""):
            with self.subTest(place), KilledMachine() as self.machine:
                self.small_disk(self.machine.state / place)
                self.install()
                filler = self.machine.state / place / "filler"
                with self.assertRaises(OSError), open(filler, "wb", buffering=0) as file:
                    while True: file.write(bytes(4096))
                self.faulty("No space left on device|the store failed", "make room|there is room")
                filler.unlink()
                self.heals()

    @unittest.skipUnless(PRIVATE_MOUNTS, "needs mounts of its own")
    def test_a_read_only_file_system(self):
        for place in ("postfix", "exim", "history", ""):
            with self.subTest(place), KilledMachine() as self.machine:
                self.small_disk(self.machine.state / place)
                self.install()
                subprocess.run(["mount", "-o", "remount,ro", self.machine.state / place], check=True)
                self.faulty("Read-only file system|the store failed", "mount that file system writable|may write there")
                subprocess.run(["mount", "-o", "remount,rw", self.machine.state / place], check=True)
                self.heals()

    @unittest.skipUnless(ROOT, "only root can give files away")
    def test_a_lost_permission(self):
        for place in ("postfix", "exim", "history", "tlspact.db", "lock"):
            with self.subTest(place), KilledMachine() as self.machine:
                self.machine.root.chmod(0o755)
                self.machine.state.mkdir(parents=True)
                for path in (self.machine.state, self.machine.temp, self.machine.root):
                    os.chown(path, NOBODY, NOBODY)
                self.install()
                lost = self.machine.state / place
                os.chown(lost, 0, 0)
                lost.chmod(0o700)
                if place in ("postfix", "exim"): lost.chmod(0o755)
                self.faulty("Permission denied", "run tlspact as root or as the owner of")
                os.chown(lost, NOBODY, NOBODY)
                self.heals()

    def test_a_missing_directory_is_made_again(self):
        for place in ("postfix", "exim", "history", "tlspact.db.lists", ""):
            with self.subTest(place), KilledMachine() as self.machine:
                self.install()
                shutil.rmtree(self.machine.state / place)
                self.heals()

    def test_something_else_in_place_of_a_map(self):
        def directory(path): path.mkdir()
        def pipe(path): os.mkfifo(path)
        for make in (directory, pipe):
            with self.subTest(make.__name__), KilledMachine() as self.machine:
                self.install()
                path = self.machine.path("/var/lib/tlspact/exim/tls_policy.cdb")
                path.rename(self.machine.root / "aside")
                make(path)
                result = self.machine.run("generate")
                self.assertEqual(result.returncode, 74, result.stderr)
                self.assertEqual(result.stderr.count("is not a regular file, remove it"), 1, result.stderr)
                self.assertEqual(self.machine.map.read_bytes(), self.maps["postfix/tls_policy.cdb"])
                if path.is_dir(): path.rmdir()
                else: path.unlink()
                self.heals()

    def test_a_symbolic_link_in_place_of_a_map_becomes_a_file(self):
        for there in (True, False):
            with self.subTest(there), KilledMachine() as self.machine:
                self.install()
                aside = self.machine.root / "aside"
                self.machine.map.rename(aside)
                self.machine.map.symlink_to(aside)
                if not there: aside.unlink()
                self.heals()
                self.assertFalse(self.machine.map.is_symlink())

    def test_two_runs_at_once(self):
        self.install()
        runs = [subprocess.Popen([TLSPACT, "--config", self.machine.config, "generate"], env=self.machine.environment,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        said = [run.communicate(timeout=60) for run in runs]
        self.assertEqual([run.returncode for run in runs], [0, 0], said)
        self.assertEqual(len(self.machine.json("history")["generations"]), 2)
        self.heals()

    def test_a_postmap_that_fails(self):
        self.install()
        good = (self.machine.tools / "postmap").read_text()
        for fault, cause in (("-*) ;; *) echo 'postmap: fatal: unsupported' >&2; exit 1", "unsupported"),
                             ("-*) ;; *) cp /dev/null \"${1#hash:}.db\"; exit 0", "does not read back"),
                             ("-q) echo 'postmap: fatal: broken' >&2; exit 1", "broken"),
                             ("-q) echo something else; exit 0", "something else")):
            with self.subTest(fault):
                (self.machine.tools / "postmap").write_text(
                    good.replace("#!/bin/sh\n", f'#!/bin/sh\ncase "$1" in {fault};; esac\n'))
                self.faulty(cause, "see that|run again|disk|previous maps are back", same_files=not fault.startswith("-q"))
        (self.machine.tools / "postmap").write_text(good)
        self.heals()

    def test_a_reload_that_fails(self):
        self.install()
        good = (self.machine.tools / "postfix").read_text()
        self.machine.stub("postfix", 'case "$1" in reload) echo "postfix: fatal: no" >&2; exit 1;; esac')
        self.faulty("fatal: no", "see that it works.*the previous maps are back", same_files=False)
        (self.machine.tools / "postfix").write_text(good)
        self.heals()
        self.assertEqual((self.machine.root / "loaded").read_bytes(), self.machine.maps()["postfix/tls_policy"])

    def test_an_exim_that_fails(self):
        self.machine.stub("exim4", EXIM.replace("@BE@", f"cat {self.machine.root}/answer"))
        (self.machine.root / "answer").write_text("")
        # Its maps are never confirmed, so that none is installed.
        self.assertEqual(self.machine.run("generate").returncode, 74)
        (self.machine.tools / "exim4").unlink()
        self.install()
        for fault, cause in (("echo 'exim: broken' >&2; exit 1", "broken"), ("echo something else", "something else")):
            with self.subTest(fault):
                self.machine.stub("exim4", EXIM.replace("@BE@", fault))
                self.faulty(cause, "the previous maps are back", same_files=False)
        (self.machine.tools / "exim4").unlink()
        self.heals()

    def test_a_limit_on_the_size_of_files(self):
        self.install()
        for limit in (1024, 8192, 30000):
            with self.subTest(limit):
                self.faulty("File too large|the store failed", "ulimit -f",
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        self.heals()

    @unittest.skipUnless(ROOT, "a user other than root is made by root")
    def test_who_may_not_reload_is_told(self):
        self.machine.root.chmod(0o755)
        self.machine.state.mkdir(parents=True)
        for path in (self.machine.state, self.machine.temp, self.machine.root):
            os.chown(path, NOBODY, NOBODY)
        self.machine.stub("postfix", "echo 'postfix: fatal: the postfix command is reserved for the superuser' >&2; exit 1")
        self.machine.agree("b")
        result = self.machine.run("generate", user=NOBODY, group=NOBODY)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr.count("warning: Postfix: a table that it reads only when it starts"), 1, result.stderr)
        self.assertIn('say "postfix reload" as root', result.stderr)
        wish = self.machine.state / "reload-postfix"
        self.assertEqual(wish.stat().st_uid, NOBODY)
        result = self.machine.run("generate", user=NOBODY, group=NOBODY)
        self.assertIn("warning: Postfix", result.stderr, "somebody may be about to do it")
        os.utime(wish, (time.time() - 90, time.time() - 90))
        result = self.machine.run("generate", user=NOBODY, group=NOBODY)
        self.assertIn("alert: Postfix: a table that it reads only when it starts has changed", result.stderr)
        self.assertIn("tlspact-postfix-reload.path does it where it is enabled", result.stderr)
        wish.unlink()
        result = self.machine.run("generate", user=NOBODY, group=NOBODY)
        self.assertNotIn("Postfix", result.stderr, "it was heard")
        self.heals()

    def test_any_call_that_fails(self):
        """One after the other, each with the next of some errors. A run either installs all, or nothing with 74."""
        self.install()
        errors = (errno.ENOSPC, errno.EIO, errno.EINTR, errno.EACCES)
        codes, number, sides, outcome = {}, 1, "ab", "failed"
        while outcome == "failed":
            old, new = sides
            self.machine.agree(old)
            self.assertEqual(self.machine.run("generate").returncode, 0)
            before = self.machine.maps()
            self.machine.agree(new)
            error = errors[number % len(errors)]
            result, _, _, outcome, name = self.machine.strike(number, "generate", errno=error)
            what = f"{name}, call {number}, {errno.errorcode[error]}: {result.stderr}"
            codes[result.returncode] = codes.get(result.returncode, 0) + 1
            # A thread that cannot be begun ends the process in good order, before anything is replaced.
            self.assertIn(result.returncode, (0, 65, 74, 70) if "clone" in name else (0, 65, 74), what)
            if result.returncode == 74: self.assertEqual(self.machine.maps(), before, what)
            self.assertEqual(self.machine.run("generate").returncode, 0, what)
            self.assertIn(f"{new}.example", self.machine.lines(), what)
            self.assertEqual(self.machine.temporary(), [], what)
            number, sides = number + 3, new + old
        print(f"{self._testMethodName}: calls up to {number}, exit codes {codes}", file=sys.stderr)
        self.assertGreater(codes[74], 10)


if __name__ == "__main__":
    unittest.main()
