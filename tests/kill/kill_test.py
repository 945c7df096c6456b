# SPDX-License-Identifier: MIT
"""SIGKILL at every system call of an install: each map is the old or the new one, the next run heals, and nothing
temporary is left.

The machine goes on from kill to kill, as a real one would: what was installed, and what is in the history, has its true
inodes and times. Before each kill the input is the other of two; the maps that belong to either are known from runs
that nobody disturbed. Two machines at once, each for its half of the calls.

KILL_ALL=1 kills at really every system call, not only before those that can change something (kill_at.cc).
"""
import concurrent.futures
import os
import sys
import unittest

from killed_machine import KilledMachine

MACHINES = 2
EVERYTHING = bool(os.environ.get("KILL_ALL"))


class Scenario:
    """One half of the kills of one command; `change` makes the input that of a side."""

    def __init__(self, test, half, change, *command):
        self.test, self.half, self.change, self.command = test, half, change, command
        self.rolls_back = command[0] == "rollback"
        self.kills, self.most, self.old, self.new, self.names = 0, 0, 0, 0, set()

    def run(self):
        with KilledMachine() as machine:
            wanted = {}
            for side in "abab":
                self.generate(machine, side, "undisturbed")
                wanted[side] = machine.maps()
            self.test.assertNotEqual(wanted["a"], wanted["b"])
            self.test.assertEqual(machine.temporary(), [])
            number, sides, outcome = self.half + 1, "ab", "killed"
            while outcome == "killed":
                outcome = self.kill(machine, number, wanted, *sides)
                number, sides = number + MACHINES, sides[::-1]
        return self

    def generate(self, machine, side, what):
        if side: self.change(machine, side)
        result = machine.run("generate")
        self.test.assertEqual(result.returncode, 0, f"{what}: {result.stdout}{result.stderr}")
        self.test.assertNotIn("damaged", result.stderr, what)

    def kill(self, machine, number, wanted, old, new):
        """Maps are those of `old`, and the command is to make them those of `new`."""
        self.generate(machine, old, "before")
        self.test.assertEqual(machine.maps(), wanted[old], "before")
        if not self.rolls_back: self.change(machine, new)
        _, _, total, outcome, name = machine.strike(number, *self.command, everything=EVERYTHING)
        what = f"{' '.join(self.command)} {outcome} at {name}, call {number}"
        self.look(machine, wanted[old], wanted[new], what)
        self.heal(machine, wanted[old if self.rolls_back else new], what)
        if self.rolls_back: self.generate(machine, new, "before the next")
        if outcome == "killed":
            self.kills += 1
            self.names.add(name)
        self.most = max(self.most, total)
        return outcome

    def look(self, machine, old, new, what):
        """What the mail servers meet right after the kill."""
        now = machine.maps()
        for name, its_bytes in now.items():
            self.test.assertIn(its_bytes, (old[name], new[name]), f"{what}: {name} is neither old nor new")
            self.test.assertEqual((machine.state / name).stat().st_mode & 0o777, 0o644, f"{what}: {name}")
        self.old += now == old
        self.new += now == new
        for manifest in machine.state.glob("history/*/manifest"):
            self.test.assertRegex(manifest.read_text(), r"(?s)^tlspact generation 1\n.*\nend\n$", what)

    def heal(self, machine, wanted, what):
        if self.rolls_back: self.test.assertIn(machine.run("rollback", "--release").returncode, (0, 1), what)
        self.generate(machine, None, f"after {what}")
        self.test.assertEqual(machine.maps(), wanted, f"after {what}: not healed")
        self.test.assertEqual((machine.root / "loaded").read_bytes(), wanted["postfix/tls_policy"],
                              f"after {what}: Postfix was not reloaded")
        self.test.assertEqual(machine.temporary(), [], f"after {what}")
        self.test.assertEqual(len([each for each in (machine.state / "tlspact.db.lists").iterdir() if not each.suffix]), 1, f"after {what}: lists")


def agree(machine, side):
    machine.agree(side)


def agree_and_publish(machine, side):
    machine.agree(side)
    machine.publish(side)


class KillTest(unittest.TestCase):
    """Each command, from its first call to its last."""

    def scenario(self, change, *command, at_least):
        with concurrent.futures.ThreadPoolExecutor(MACHINES) as pool:
            halves = list(pool.map(lambda half: Scenario(self, half, change, *command).run(), range(MACHINES)))
        kills, old, new = (sum(getattr(half, what) for half in halves) for what in ("kills", "old", "new"))
        print(f"{self._testMethodName}: {kills} kills, of up to {max(half.most for half in halves)} calls; all maps old "
              f"{old} times, all new {new} times, some of each {kills + MACHINES - old - new} times", file=sys.stderr)
        self.assertGreater(kills, at_least)
        self.assertGreater(old, at_least // 4)
        self.assertGreater(new, MACHINES)
        self.assertGreater(kills + MACHINES, old + new, "never between two maps")
        names = set().union(*(half.names for half in halves))
        self.assertLessEqual({"write", "fsync", "copy_file_range", "rename"}, names)

    def test_an_agreement_changes(self):
        self.scenario(agree, "generate", at_least=100)

    def test_an_agreement_and_a_signed_list_change(self):
        self.scenario(agree_and_publish, "generate", at_least=100)

    def test_rollback(self):
        self.scenario(agree, "rollback", at_least=60)


if __name__ == "__main__":
    unittest.main()
