# SPDX-License-Identifier: MIT
"""Exim with tlspact's map and fragments: in a single file, in Debian's split files, and with a smart host."""

import shutil

import cases
from delivery_tests import AgreementTests, ListedTests, MapTests, NoPolicyTests, SharedMxTests
from install_tests import EximInstallTests
from lab.exim import Exim
from mta_test import MtaTest

MAP = "/var/lib/tlspact/exim/tls_policy.cdb"
PIECES = {section: f"/etc/exim4/tlspact/{section}" for section in ("main", "acl", "routers", "transports")}


class EximTests(ListedTests, AgreementTests, NoPolicyTests, SharedMxTests, MapTests):
    """All of it, and what only Exim can."""

    kind = "exim"

    def map_file(self):
        """The one that the fragments name."""
        return self.root / MAP

    def test_listed_mx_binds_a_rogue_with_a_good_certificate(self):
        self.assert_refused("rogue-mx-good-name")
        self.assertEqual(self.connections_to("rogue-mx-good-name"), 0, "refused only after connecting")

    def test_agreed_mx_binds_a_rogue_with_a_good_certificate(self):
        self.assert_refused("secure-rogue-mx")
        self.assertEqual(self.connections_to("secure-rogue-mx"), 0, "refused only after connecting")

    def test_key_pin_that_exim_cannot_check_means_at_least_encrypt(self):
        self.assert_delivered_by_tls("key-pin-wrong")

    def test_client_certificate_is_shown_to_the_partner_that_asks(self):
        mail = self.assert_delivered_by_tls("client-certificate")
        self.assertEqual(mail.tls.client_certificate, self.world.client.der())

    def test_exim_has_nothing_to_complain_of(self):
        for case in cases.BATCH:
            self.outcome_of(case)
        self.assertEqual(self.mta.complaints(), [])

    def test_entry_without_a_known_level_fails_closed(self):
        """tlspact never writes such an entry; the fragments must not trust it."""
        self.use_map_of({"closed-1.test": "mxre=^mx$", "closed-2.test": "level=secur", "closed-3.test": "x=y"})
        for name in ("closed-1", "closed-2", "closed-3"):
            case = cases.BY_NAME[name]
            self.mta.send(case.sender, case.recipient)
            self.assert_refused(name)

    def use_map_of(self, entries):
        """Puts another map in place until the end of the test; postmap of the other root makes it."""
        maker = self.lab.root("postfix", f"{type(self).__name__}-maker")
        maker.write("tmp/map", "".join(f"{key} {value}\n" for key, value in entries.items()))
        maker.run("postmap", "cdb:/tmp/map")
        target, kept = self.map_file(), self.root / "tmp/kept.cdb"
        shutil.copy2(target, kept)
        self.addCleanup(kept.rename, target)
        replacement = self.root / "tmp/replacement.cdb"
        shutil.copy(maker / "tmp/map.cdb", replacement)
        replacement.chmod(0o644)
        replacement.rename(target)


class EximSingleFileTest(EximInstallTests, EximTests, MtaTest):
    """A configuration file of the administrator's own, with `.include` lines."""

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        exim.configure_single_file(PIECES)
        return exim


class EximSplitTest(EximTests, MtaTest):
    """Debian's conf.d: files are added, none is changed."""

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        exim.configure_split()
        return exim


class EximSmarthostTest(MtaTest):
    """A machine that gives all mail to its smart host goes on doing so."""

    kind = "exim"

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        exim.configure_split(smarthost=cases.SMARTHOST)
        return exim

    def test_mail_to_a_policy_domain_goes_to_the_smart_host(self):
        mail = self.assert_delivered("wrong-name")
        self.assertEqual(mail.receiver, cases.SMARTHOST)

    def test_mail_to_other_domains_goes_to_the_smart_host(self):
        mail = self.assert_delivered("plain")
        self.assertEqual(mail.receiver, cases.SMARTHOST)
