# SPDX-License-Identifier: MIT
"""./quickstart ends with both processes at work, and Ctrl-C ends them: on a terminal, as a person starts it."""
import os
import pathlib
import pty
import re
import select
import signal
import time
import unittest
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ["TLSPACT"]).resolve().parent
CTRL_C = b"\x03"
DEADLINE = 120


class Terminal:
    """A program whose terminal this is."""

    def __init__(self, *command):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(command[0], command)

    def read(self, until):
        """What came, once it matches; None if the program has ended before."""
        end = time.monotonic() + DEADLINE
        while not (found := re.search(until, self.text)):
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            if not ready: raise TimeoutError(self.text)
            try:
                some = os.read(self.fd, 65536)
            except OSError:    # the terminal of a program that has ended
                some = b""
            if not some: return None
            self.text += some.decode().replace("\r\n", "\n")
        return found

    def press(self, key):
        os.write(self.fd, key)

    def end(self):
        """Reads to the end; the exit code."""
        self.read(r"\Z.")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def processes(word):
    """Those with that word in their command line."""
    out = []
    for each in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word in each.read_text(): out.append(int(each.parent.name))
        except OSError:    # it has just ended
            pass
    return out


class QuickstartTest(unittest.TestCase):

    def setUp(self):
        self.terminal = Terminal(str(TOP / "quickstart"), "--with", str(PROGRAMS))
        self.addCleanup(self.kill_all)

    def kill_all(self):
        for pid in processes(str(TOP / "build/quickstart")):
            os.kill(pid, signal.SIGKILL)

    def test_it_runs_until_ctrl_c(self):
        found = self.terminal.read(r"Both processes run until Ctrl-C")
        self.assertIsNotNone(found, self.terminal.text)
        text = self.terminal.text
        self.assertRegex(text, r"7 entries in force: 4 by agreement, 0 by DANE, 0 by MTA-STS, 3 by list")
        self.assertRegex(text, r"socketmap: postfix clinic\.example -> OK secure match=")
        page = re.search(r"^Dashboard: +(\S+)$", text, re.M)[1]
        with urllib.request.urlopen(page, timeout=10) as answer:
            self.assertIn("tlspact", answer.read().decode())
        self.assertEqual(len(processes(str(TOP / "build/quickstart/var/snapshot"))), 1)
        self.assertEqual(len(processes("tlspactd\0--config\0" + str(TOP / "build/quickstart"))), 1)
        self.terminal.press(CTRL_C)
        self.assertEqual(self.terminal.end(), 0, self.terminal.text)
        self.assertIn("Both have ended.", self.terminal.text)
        self.assertEqual(processes(str(TOP / "build/quickstart")), [])

    def test_ctrl_c_in_the_midst_of_it(self):
        self.terminal.read(r"== Sample")
        self.terminal.press(CTRL_C)    # before there is anything to stop
        self.assertNotEqual(self.terminal.end(), 0)
        self.assertEqual(processes(str(TOP / "build/quickstart")), [])


if __name__ == "__main__":
    unittest.main()
