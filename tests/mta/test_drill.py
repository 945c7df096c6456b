# SPDX-License-Identifier: MIT
"""tlspact drill: what the mail server of a machine really refuses."""

import json

from lab.exim import Exim
from lab.postfix import Postfix
from wiring_tests import WiringTest


class DrillTest(WiringTest):
    """A server that tlspact init has wired."""

    def drill(self, *arguments, expect=0):
        """Runs it; returns its JSON document."""
        done = self.program.attempt("--json", "drill", *arguments)
        self.assertEqual(done.returncode, expect, f"{done.stdout}{done.stderr}")
        return json.loads(done.stdout)


class PostfixDrillTest(DrillTest):
    """Debian's own master.cf, with its chroots."""

    kind = "postfix"
    trees = ("etc/postfix", "var/spool/postfix/etc")

    @classmethod
    def make_mta(cls, root):
        postfix = Postfix(root)
        postfix.configure("\n# the administrator's own words\nbiff = no\n")
        root.run("postfix", "check")
        return postfix

    def test_all_is_refused_that_must_be(self):
        self.connect()
        done = self.program.attempt("drill")
        print(done.stdout, done.stderr)
        self.assertEqual(done.returncode, 0)


class EximDrillTest(DrillTest):
    """Debian's split configuration."""

    kind = "exim"
    trees = ("etc/exim4", "var/lib/exim4")

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        exim.configure_split()
        return exim

    def test_all_is_refused_that_must_be(self):
        self.connect()
        done = self.program.attempt("drill")
        print(done.stdout, done.stderr)
        self.assertEqual(done.returncode, 0)
