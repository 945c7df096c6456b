# SPDX-License-Identifier: MIT
"""Live answers instead of maps: real Postfix and Exim ask tlspact-lookupd, as the manual connects them, and as users of
postfix-tlspol and postfix-mta-sts-resolver have it in their main.cf."""

import pathlib
import re
import subprocess

import lookup_cases
import lookup_world
from lab.exim import Exim
from lab.postfix import Postfix
from lookup_tests import LookupsTest
from mta_test import MtaTest

MAP = "cdb:/var/lib/tlspact/postfix/tls_policy"
EXIM_MAP = "/var/lib/tlspact/exim/tls_policy.cdb"
TLSPOL = "socketmap:inet:127.0.0.1:8642:QUERYwithTLSRPT"
RESOLVER = "socketmap:inet:127.0.0.1:8461:postfix"
EXIM_SOCKET = "/run/tlspact-live"
DELIVERED = ("dane-311", "sts-right", "some")
REFUSED = ("dane-plain", "sts-plain", "sts-wrong-name")


def setUpModule():    # pylint: disable=invalid-name
    """One world for both mail servers."""
    LookupsTest.world = lookup_world.LookupWorld(MtaTest.lab.work).start()


def tearDownModule():    # pylint: disable=invalid-name
    """Ends its servers."""
    LookupsTest.world.stop()


class LiveTest(LookupsTest):
    """The snapshot is that of a real run; the answerer needs nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_answerers()
        cls.connect()

    @classmethod
    def start_answerers(cls):
        """In the lab's network, on the snapshot inside the root."""
        for words in cls.addresses():
            process = subprocess.Popen([pathlib.Path(cls.lab.tlspact.program).with_name("tlspact-lookupd"), "--resolve", "",
                                        "--snapshot", cls.root / "var/lib/tlspact/snapshot", *words],
                                       stderr=subprocess.PIPE, text=True)
            cls.addClassCleanup(process.wait)
            cls.addClassCleanup(process.kill)
            while "listening on" not in process.stderr.readline():
                assert process.poll() is None, "tlspact-lookupd ended"

    @classmethod
    def addresses(cls):
        """The words of each process."""
        raise NotImplementedError

    @classmethod
    def connect(cls):
        """The mail server asks the answerer, and nothing else."""
        raise NotImplementedError

    def send_and_check(self):
        """The same mail as by the maps has the same end."""
        since = self.mta.mark()
        for name in DELIVERED + REFUSED:
            self.mta.send(f"live-{name}@sender.test", self.by_name[name].recipient)
        for name in DELIVERED:
            with self.subTest(name):
                self.assert_delivered(name, sender=f"live-{name}@sender.test", since=since)
        for name in REFUSED:
            with self.subTest(name):
                self.assert_refused(name, sender=f"live-{name}@sender.test", since=since)


class PostfixLiveTest(LiveTest):
    """Both on the ports that the peers have."""

    kind = "postfix"

    @classmethod
    def make_mta(cls, root):
        postfix = Postfix(root)
        postfix.configure("smtp_dns_support_level = dnssec\n")
        return postfix

    @classmethod
    def addresses(cls):
        return [["--socketmap", "inet:127.0.0.1:8642"], ["--socketmap", "inet:127.0.0.1:8461"]]

    @classmethod
    def connect(cls):
        cls.root.run("postconf", "-e", f"smtp_tls_policy_maps = {TLSPOL}")
        cls.root.run("postfix", "reload")

    def test_live_answers_are_the_lines_of_the_map(self):
        domains = [case.domain for case in lookup_cases.ALL]
        lines = self.mta.query_all(domains, MAP)
        self.assertGreater(len(lines), 10)
        for table in (TLSPOL, RESOLVER):
            with self.subTest(table):
                self.assertEqual(self.mta.query_all(domains, table), lines)

    def test_query_has_no_report(self):
        table = TLSPOL.replace("QUERYwithTLSRPT", "QUERY")
        lines = self.mta.query_all([case.domain for case in lookup_cases.ALL], table)
        self.assertGreater(len(lines), 10)
        for line in lines.values():
            self.assertNotIn("policy_type", line)

    def test_mail_by_live_answers(self):
        self.send_and_check()
        self.assertEqual(self.mta.complaints(), [])


class EximLiveTest(LiveTest):
    """By a macro, as the manual tells."""

    kind = "exim"

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        exim.configure_split()
        return exim

    @classmethod
    def addresses(cls):
        return [["--readsocket", f"unix:{cls.root / EXIM_SOCKET}"]]

    @classmethod
    def connect(cls):
        cls.root.write("etc/exim4/conf.d/main/001_tlspact_live",
                       f"TLSPACT_ENTRY == ${{readsocket{{{EXIM_SOCKET}}}{{get TLSPACT_KEY\\n}}{{5s}}{{ }}}}\n")
        cls.root.run("update-exim4.conf")
        cls.mta.stop()
        cls.mta.start()

    def expand(self, form):
        """Domain -> what Exim makes of it."""
        domains = [case.domain for case in lookup_cases.ALL]
        said = self.root.run("exim4", "-be", text_in="".join(f"[{form.replace('KEY', each)}]\n" for each in domains))
        values = re.findall(r"^(?:> )?\[(.*?) ?\]$", said, re.M)
        self.assertEqual(len(values), len(domains), said)
        return dict(zip(domains, values, strict=True))

    def test_live_answers_are_the_values_of_the_map(self):
        live = self.expand(f"${{readsocket{{{EXIM_SOCKET}}}{{get KEY\\n}}{{5s}}{{ }}}}")
        by_map = self.expand(f"${{lookup{{KEY}}partial1(.)cdb{{{EXIM_MAP}}}{{$value}}{{level=default}}}}")
        self.assertEqual(live, by_map)
        self.assertGreater(len(set(live.values())), 10)

    def test_mail_by_live_answers(self):
        self.send_and_check()
