# SPDX-License-Identifier: MIT
"""What the tests of both mail servers share: one server for a class, one batch of mail, a small vocabulary."""

import dataclasses
import os
import pathlib
import shutil
import subprocess
import unittest

import cases
import generator
import world as world_module
from lab import outcome
from lab.root import Root


@dataclasses.dataclass(frozen=True)
class Lab:
    """What the runner made before any test."""

    suite: str
    roots: pathlib.Path
    work: pathlib.Path
    world: world_module.World
    tlspact: generator.Tlspact
    shell: bool = False    # open one after the tests of a class

    def root(self, kind, name):
        """A fresh copy of the root SUITE-KIND."""
        return Root(self.roots / f"{self.suite}-{kind}", self.work / name)


class MtaTest(unittest.TestCase):
    """A mail server that uses tlspact's maps and settings.

    All mail of the batch is sent before the first test, so that the deliveries run together; each test then
    waits for those that it names. Subclasses say which server it is, in `make_mta`.
    """

    lab = None     # set by the runner
    kind = None    # the root: SUITE-KIND
    mta = None
    by_name = cases.BY_NAME

    @classmethod
    def make_mta(cls, root):
        """Returns the configured driver of the mail server in `root`, which has tlspact's files already."""
        raise NotImplementedError

    @classmethod
    def postfix_version(cls, root):
        """The version that tlspact is told; servers other than Postfix do not care."""
        return "3.7.11"

    @classmethod
    def setUpClass(cls):
        cls.world, cls.tlspact = cls.lab.world, cls.lab.tlspact
        cls.root = cls.make_root()
        cls.tlspact.write_agreements(cases.ALL)
        cls.generate()
        cls.tlspact.init(cls.root, cls.kind, cls.postfix_version(cls.root))
        cls.mta = cls.make_mta(cls.root)
        cls.world.forget()
        cls.mta.start()
        cls.addClassCleanup(cls.mta.stop)
        for case in cases.BATCH:
            cls.mta.send(case.sender, case.recipient)

    @classmethod
    def tearDownClass(cls):
        if cls.lab.shell:
            print(f"{cls.__name__}: a shell inside the lab; the server's root is $ROOT", flush=True)
            subprocess.run(["bash"], check=False, env=dict(os.environ, ROOT=str(cls.root.path)))

    @classmethod
    def make_root(cls):
        """The server's root, with the certificates where the configuration and the agreements name them."""
        root = cls.lab.root(cls.kind, cls.__name__)
        for source, target in (
            (cls.lab.world.authority.certificate, generator.CA_FILE),
            (cls.lab.world.stranger.certificate, cases.PARTNER_CA),
            (cls.lab.world.client.certificate, cases.CLIENT_CERTIFICATE),
            (cls.lab.world.client.key, cases.CLIENT_KEY),
        ):
            shutil.copyfile(source, root / target)
            (root / target).chmod(0o644)
        return root

    @classmethod
    def generate(cls):
        """One run of tlspact into the server's root."""
        cls.tlspact.generate(cls.root, cls.kind, cls.postfix_version(cls.root))

    def outcome_of(self, case, sender=None, since=0):
        """What became of the mail to a case; waits until the server knows."""
        return self.mta.wait_for(sender or case.sender, case.recipient, since=since)[case.recipient]

    def assert_delivered(self, name, sender=None, since=0):
        """The mail to a case arrived, once; returns the receiver's record of it."""
        case = self.by_name[name]
        seen = self.outcome_of(case, sender, since)
        self.assertEqual(seen.status, outcome.SENT, seen.text)
        arrived = [mail for mail in self.world.mails.of(sender or case.sender)
                   if mail.text is not None and case.recipient in mail.recipients]
        self.assertEqual(len(arrived), 1, f"{name}: arrived {len(arrived)} times")
        return arrived[0]

    def assert_delivered_by_tls(self, name):
        """The same, and not in clear."""
        mail = self.assert_delivered(name)
        self.assertIsNotNone(mail.tls, f"{name}: went in clear")
        return mail

    def assert_refused(self, name, sender=None, since=0):
        """The mail to a case is deferred and still queued, and no receiver was given anything of it."""
        case = self.by_name[name]
        seen = self.outcome_of(case, sender, since)
        self.assertEqual(seen.status, outcome.DEFERRED, seen.text)
        self.assertTrue(self.mta.is_queued(sender or case.sender), f"{name}: is no longer in the queue")
        offered = [mail for mail in self.world.mails.of(sender or case.sender)
                   if case.recipient in mail.recipients or not mail.recipients]
        self.assertEqual(offered, [], f"{name}: a receiver was given mail that must wait")
        return seen

    def connections_to(self, name):
        """How often anybody connected to the MX host of a case."""
        return self.world.receivers[self.by_name[name].host].connections
