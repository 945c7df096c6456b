# SPDX-License-Identifier: MIT
"""Mail goes on while our processes do not: real Postfix asks the map, then the answerer, while a sender loops, the
service is killed, stays away, comes back with a store that nobody can read, and the answerer is killed and replaced.

TLSPACT_OUTAGE=600 keeps the service away for so many seconds rather than for some messages.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import lookup_cases
import lookup_world
from lab import outcome
from lab.inside import Inside
from lab.ledger import Ledger
from lab.postfix import Postfix
from lab.wait import until
from lookup_tests import LookupsTest
from mta_test import MtaTest
from swap_tests import Stream

MAP = "cdb:/var/lib/tlspact/postfix/tls_policy"
PORT = 8642
LIVE = f"socketmap:inet:127.0.0.1:{PORT}:postfix"
AWAY_SECONDS = int(os.environ.get("TLSPACT_OUTAGE", "0"))
MESSAGES = 24    # of the stream, in each state of the outage
# By the map, and (the second delivery agent) by the live answers alone; and mail that has no policy at all.
BY_MAP = ("dane-311", "sts-right", "dane-plain", "sts-plain")
BY_ANSWERS = ("dane-301", "sts-suffix", "dane-wrong", "sts-wrong-name")
FREE = ("testing-plain", "mode-none")
DELIVERED = ("dane-311", "sts-right", "dane-301", "sts-suffix", *FREE)
# A refused destination is not left alone for a while: that would hide a wrong policy.
SETTINGS = f"""smtp_dns_support_level = dnssec
default_destination_concurrency_failed_cohort_limit = 0
transport_maps = inline:{{ {', '.join(f'{name}.test=live:' for name in BY_ANSWERS)} }}
"""


def setUpModule():    # pylint: disable=invalid-name
    """A world of its own."""
    LookupsTest.world = lookup_world.LookupWorld(MtaTest.lab.work).start()


def tearDownModule():    # pylint: disable=invalid-name
    """Ends its servers."""
    LookupsTest.world.stop()


class PostfixOutageTest(LookupsTest):
    """The test is the service manager of both: it holds the socket that Postfix asks."""

    kind = "postfix"

    @classmethod
    def make_mta(cls, root):
        postfix = Postfix(root)
        postfix.configure(SETTINGS)
        return postfix

    def setUp(self):
        self.root.run("postconf", "-e", f"smtp_tls_policy_maps = {MAP}, {LIVE}")
        self.root.run("postconf", "-M", f"live/unix=live unix - - y - - smtp -o smtp_tls_policy_maps={LIVE}")
        self.root.run("postfix", "reload")
        self.listener = socket.create_server(("127.0.0.1", PORT), backlog=512)
        self.addCleanup(self.listener.close)
        self.log = self.enterContext(open(self.lab.work / "outage.log", "w+", encoding="utf-8"))
        programs = pathlib.Path(self.lab.tlspact.program).parent
        self.tlspactd = Inside(self.root, programs / "tlspactd", place="opt/service")
        # An upgrade replaces the file.
        self.lookupd = [shutil.copy(programs / "tlspact-lookupd", self.lab.work / f"lookupd-{each}") for each in "ab"]
        self.service = self.answerer = None
        self.start_service()
        self.start_answerer(0)
        self.ledger = Ledger(self.mta)
        self.world.forget()

    def started(self, command, **variables):
        process = subprocess.Popen(list(map(str, command)), stderr=self.log, stdout=self.log, cwd="/", **variables)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def start_service(self):
        self.service = self.started(self.tlspactd.command(), env=self.tlspactd.environment())

    def start_answerer(self, which):
        command = [self.lookupd[which], "--snapshot", self.root / "var/lib/tlspact/snapshot", "--resolve",
                   self.root / "run/tlspact/resolve"]
        # LISTEN_PID is that of the process itself: the shell, which becomes it.
        self.answerer = self.started(
            ["bash", "-c", f'LISTEN_PID=$$ exec "$@" 3<&{self.listener.fileno()}', "bash", *command],
            pass_fds=[self.listener.fileno()], env=dict(os.environ, LISTEN_FDS="1", LISTEN_FDNAMES="socketmap"))

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait()

    def has_run(self):
        """The service has come to the end of a run since it was started."""
        self.log.flush()
        record = self.root / "var/lib/tlspact/run.json"
        began = time.time()
        until(lambda: record.exists() and record.stat().st_mtime > began, self.our_log)

    def our_log(self):
        return pathlib.Path(self.log.name).read_text(encoding="utf-8")

    def some_mail(self, stream, seconds=0):
        """Goes on once so many more messages had their outcome, and so long has passed."""
        until_count, end = len(stream.sent) + MESSAGES, time.monotonic() + seconds
        until(lambda: stream.fault or (len(stream.sent) > until_count and time.monotonic() >= end),
              lambda: f"{len(stream.sent)} messages; {self.our_log()} {self.mta.log_bytes()[-3000:].decode()}", 60 + seconds)

    def test_mail_goes_on_while_our_processes_do_not(self):
        chosen = [lookup_cases.BY_NAME[name] for name in BY_MAP + BY_ANSWERS + FREE]
        stream = Stream(self.mta, self.ledger, chosen)
        stream.start()
        self.some_mail(stream)
        self.kill(self.service)
        self.some_mail(stream, AWAY_SECONDS)
        (self.root / "var/lib/tlspact/tlspact.db").write_bytes(os.urandom(1 << 16))
        self.start_service()
        self.has_run()
        self.some_mail(stream)
        self.kill(self.answerer)
        self.start_answerer(1)
        self.some_mail(stream)
        self.kill(self.service)
        self.kill(self.answerer)
        self.start_answerer(0)
        self.some_mail(stream)
        stream.finish()
        self.assert_judged_right(stream.sent)
        self.assertEqual(self.mta.complaints(), [])
        print(f"     {len(stream.sent)} messages", flush=True)

    def assert_judged_right(self, sent):
        """Each had one outcome, by its policy; none came twice, and none to a host that the policy does not allow."""
        mails = {mail.sender: mail for mail in self.world.mails.all()}
        for sender, case in sent.items():
            outcomes = self.ledger.outcomes(sender)
            wanted = outcome.SENT if case.name in DELIVERED else outcome.DEFERRED
            with self.subTest(f"{sender} to {case.name}"):
                self.assertEqual([each.status for each in outcomes], [wanted], [each.text for each in outcomes])
                self.assertEqual(sender in mails, wanted == outcome.SENT)
                if sender in mails and case.name not in FREE: self.assertIsNotNone(mails[sender].tls)
        self.assertEqual(len([mail for mail in self.world.mails.all() if mail.sender in sent and mail.text]),
                         sum(case.name in DELIVERED for case in sent.values()))
