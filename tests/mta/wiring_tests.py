# SPDX-License-Identifier: MIT
"""tlspact init and check on the mail server's own machine: the program runs inside its root, as root."""

import json
import random
import shutil
import signal
import subprocess

import cases
import generator
import policies
from lab.inside import Inside
from mta_test import MtaTest

CONFIG = f"""
[dane]
enabled = false

[mta_sts]
enabled = false

[tls]
ca_file = "{generator.CA_FILE}"
"""

STATE = "var/lib/tlspact"
AGREED = ("secure", "secure-wrong-name", "own-ca")


class WiringTest(MtaTest):
    """A root without anything of ours but the program, its configuration and three agreements."""

    trees = ()    # what has to be as before after an undo

    @classmethod
    def setUpClass(cls):
        """Nothing is sent beforehand: each test sends what it needs."""
        cls.world = cls.lab.world
        cls.root = cls.make_root()
        cls.program = Inside(cls.root, cls.lab.tlspact.program)
        cls.root.write("etc/tlspact/tlspact.toml", CONFIG)
        cls.agree(*AGREED)
        cls.mta = cls.make_mta(cls.root)
        cls.world.forget()

    @classmethod
    def agree(cls, *names):
        """The agreements of these cases, and no other."""
        directory = cls.root / "etc/tlspact/agreements.d"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        for name in names:
            case = cases.BY_NAME[name]
            (directory / f"{name}.toml").write_text(
                policies.agreement_toml(case, cls.world.credential(case)), encoding="utf-8")

    def setUp(self):
        """Each test begins with the same configuration, whatever the one before did."""
        begin = self.save("begin")
        self.addCleanup(self.put_back, begin)

    def put_back(self, begin):
        """The trees as setUp found them, our state gone."""
        self.restore(begin)
        shutil.rmtree(self.root / STATE, ignore_errors=True)
        self.agree(*AGREED)

    def save(self, name):
        """A copy of the trees and of our state; returns what `restore` takes."""
        kept = self.lab.work / f"{type(self).__name__}-{self._testMethodName}-{name}"
        for tree in (*self.trees, STATE):
            if (self.root / tree).exists():
                copy(self.root / tree, kept / tree)
        return kept

    def restore(self, kept):
        """Makes the trees what they were."""
        for tree in (*self.trees, STATE):
            shutil.rmtree(self.root / tree, ignore_errors=True)
            if (kept / tree).exists():
                copy(kept / tree, self.root / tree)

    def tlspact(self, *arguments, expect=0, path=""):
        """Runs the program inside; returns all that it said."""
        done = self.program.attempt(*arguments, path=path)
        self.assertEqual(done.returncode, expect, f"{arguments}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def findings(self):
        """What check says, as its JSON document has it."""
        return json.loads(self.program.attempt("--json", "check").stdout)["findings"]

    def connect(self):
        """The way that the manual tells."""
        self.tlspact("generate")
        said = self.tlspact("init", "--apply")
        self.tlspact("generate")
        return said

    def snapshot(self):
        """Path -> owner, mode and bytes of everything in the trees."""
        out = {}
        for tree in self.trees:
            for path in sorted((self.root / tree).rglob("*")):
                status = path.lstat()
                data = path.read_bytes() if path.is_file() and not path.is_symlink() else None
                out[str(path)] = (status.st_uid, status.st_gid, status.st_mode, data)
        return out

    def identities(self):
        """Inode and modification time of everything: what a program that writes nothing leaves alone."""
        return {path: (path.lstat().st_ino, path.lstat().st_mtime_ns)
                for tree in self.trees for path in (self.root / tree).rglob("*")}

    def send(self, *names):
        """Sends mail of this test's own to cases; returns the sender."""
        sender = f"{self._testMethodName[:40]}@lab.test"
        for name in names:
            self.mta.send(sender, cases.BY_NAME[name].recipient)
        return sender

    def expect_finding(self, text, remedy, severity):
        """Exactly that finding is there, and the exit code that goes with it."""
        done = self.program.attempt("--json", "check")
        findings = json.loads(done.stdout)["findings"]
        found = [each for each in findings if text in each["text"]]
        found.sort(key=lambda each: not each["remedy"])
        self.assertTrue(found, f"no finding says {text!r}: {json.dumps(findings, indent=1)}")
        matters = any(each["severity"] != "note" for each in findings)
        self.assertEqual(done.returncode, 1 if matters else 0, done.stdout)
        self.assertIn(remedy, found[0]["remedy"], found[0])
        self.assertEqual(found[0]["severity"], severity, found[0])
        return found[0]

    def wrapper(self, program, shell):
        """A program that is found before the root's own; returns its directory, as seen inside."""
        self.root.write(f"opt/wrap/{program}", f"#!/bin/sh\n{shell}\nexec /usr/sbin/{program} \"$@\"\n", 0o755)
        self.addCleanup(shutil.rmtree, self.root / "opt/wrap", ignore_errors=True)
        return "/opt/wrap"


def copy(source, target):
    """All of a tree, owners and times included."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", source, target], check=True)


class InitTests:
    """What init owes on every server."""

    def test_init_apply_then_check_finds_nothing_and_mail_follows_the_maps(self):
        self.connect()
        said = self.tlspact("check")
        for word in ("alert", "warning"):
            self.assertNotIn(word, said)
        self.start_and_stop()
        sender = self.send("secure", "secure-wrong-name", "own-ca")
        self.assertIsNotNone(self.assert_delivered("secure", sender).tls)
        self.assert_refused("secure-wrong-name", sender)
        self.assertIsNotNone(self.assert_delivered("own-ca", sender).tls)

    def test_init_apply_again_changes_nothing(self):
        self.connect()
        before = self.identities()
        self.assertIn("nothing to do", self.tlspact("init", "--apply"))
        self.assertEqual(self.identities(), before)

    def test_init_undo_gives_everything_back_byte_for_byte(self):
        before = self.snapshot()
        self.connect()
        self.assertNotEqual(self.snapshot(), before)
        self.tlspact("init", "--undo")
        self.assertEqual(self.snapshot(), before)
        self.assertIn("nothing to undo", self.tlspact("init", "--undo"))
        self.assertFalse((self.root / "var/lib/tlspact/init-backup").exists())

    def test_init_apply_before_the_maps_are_there_is_refused(self):
        before = self.identities()
        self.assertIn("run tlspact generate first", self.tlspact("init", "--apply", expect=66))
        self.assertEqual(self.identities(), before)

    def test_init_killed_at_any_moment_leaves_a_configuration_that_works_and_can_be_undone(self):
        before = self.snapshot()
        self.tlspact("generate")
        moments = random.Random(1)
        left = set()
        for _ in range(12):
            with subprocess.Popen(self.program.command("init", "--apply"), env=self.program.environment(), cwd="/",
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
                try:
                    running.wait(moments.uniform(0.0, self.apply_seconds))
                except subprocess.TimeoutExpired:
                    running.send_signal(signal.SIGKILL)
            left.add(running.returncode)
            self.assert_configuration_works()
            if moments.random() < 0.5:
                self.tlspact("init", "--undo")
                self.assertEqual(self.without_leftovers(self.snapshot()), before)
        self.assertIn(-signal.SIGKILL, left)
        self.tlspact("init", "--apply")
        self.tlspact("check")
        self.tlspact("init", "--undo")
        self.assertEqual(self.snapshot(), before)

    @staticmethod
    def without_leftovers(snapshot):
        """A file that was being written when the program was killed is no configuration."""
        return {path: state for path, state in snapshot.items() if not path.endswith(".tlspact-new")}

    def test_init_and_check_where_our_state_belongs_to_another_user(self):
        state = self.root / STATE
        state.mkdir()
        shutil.chown(state, 8, 8)    # "mail"
        before = self.snapshot()
        self.connect()
        self.tlspact("check")
        self.assertEqual((state / "init-backup").stat().st_uid, 0, "whoever owns it could have root write anywhere")
        self.assertEqual((state / "tlspact.db").stat().st_uid, 8)
        self.assertIn("nothing to do", self.tlspact("init", "--apply"))
        self.tlspact("init", "--undo")
        self.assertEqual(self.snapshot(), before)

    def test_init_refuses_a_backup_that_belongs_to_somebody_else(self):
        self.tlspact("generate")
        backup = self.root / "var/lib/tlspact/init-backup"
        backup.mkdir()
        shutil.chown(backup, 65534, 65534)
        before = self.identities()
        self.assertIn("belongs to this user alone", self.tlspact("init", "--apply", expect=74))
        self.assertIn("belongs to this user alone", self.tlspact("init", "--undo", expect=74))
        self.assertEqual(self.identities(), before)
