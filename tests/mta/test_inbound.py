# SPDX-License-Identifier: MIT
"""Mail that comes in, with Postfix's smtpd and an Exim daemon."""

from inbound_tests import (BANK, CLINIC, ENCRYPTION, STRANGER, InboundChangeTests, InboundNetworkTests,
                           InboundSenderTests, InboundTest)
from lab.exim import LISTEN, Exim
from lab.postfix import Postfix

POSTFIX_SETTINGS = """
inet_protocols = all
mydestination = lab.test
local_recipient_maps =
local_transport = discard:
smtpd_tls_cert_file = /etc/lab.pem
smtpd_tls_key_file = /etc/lab.pem
smtpd_tls_security_level = may
# Without our tables in front, everybody could send.
smtpd_client_restrictions = {client}permit_mynetworks
smtpd_sender_restrictions = {sender}permit_mynetworks
"""

CLASSES = ("clinic", "inner", "keys", "shared", "works")
CLASS = ("tlspact_{slug} = reject_plaintext_session, check_ccert_access cdb:{maps}/tls_inbound_ccert_{slug}, "
         "check_client_access static:{{450 4.7.1 an agreed client certificate is required}}\n")

EXIM_OWN_MAIN = """
tls_advertise_hosts = *
tls_certificate = /etc/lab.pem
acl_smtp_rcpt = lab_rcpt
TLSPACT_OWN_MAIL_ACL = lab_mail
"""
EXIM_OWN_ACL = """
lab_rcpt:
  accept

lab_mail:
  deny   senders = refused@stranger.test
         message = refused by the administrator
  accept
"""
EXIM_SPLIT_MACROS = """
MAIN_TLS_ENABLE = yes
MAIN_TLS_CERTKEY = /etc/lab.pem
"""


class PostfixInboundTest(InboundNetworkTests, InboundSenderTests, InboundChangeTests, InboundTest):
    """Postfix, with the lines that tlspact init gives."""

    kind = "postfix"
    programs = ("postconf", "postmap", "postfix")

    @classmethod
    def start_server(cls):
        cls.mta = Postfix(cls.root)
        cls.configure(cls.settings())
        cls.on_machine("generate")
        cls.mta.start()
        cls.addClassCleanup(cls.mta.stop)

    @classmethod
    def settings(cls):
        """All that is appended to the lab's main.cf."""
        maps = cls.state / "postfix"
        return POSTFIX_SETTINGS.format(
            client=f"check_client_access cidr:{maps}/tls_inbound_networks, ",
            sender=f"check_sender_access regexp:{maps}/tls_inbound_senders, ") + cls.class_settings()

    @classmethod
    def class_settings(cls):
        """The classes, and what else certificates need."""
        lines = "smtpd_tls_ask_ccert = yes\nsmtpd_tls_fingerprint_digest = sha256\n"
        lines += "smtpd_restriction_classes = " + ", ".join(f"tlspact_{slug}" for slug in CLASSES) + "\n"
        return lines + "".join(CLASS.format(slug=slug, maps=cls.state / "postfix") for slug in CLASSES)

    @classmethod
    def configure(cls, settings):
        """Writes main.cf."""
        cls.mta.configure(settings)

    def reloads(self):
        """How often Postfix was reloaded by the program."""
        return (self.tools / "log").read_text(encoding="utf-8").count("postfix reload")

    def rows(self, table):
        """The lines of an inbound table that are no comments."""
        text = (self.state / "postfix" / f"tls_inbound_{table}").read_text(encoding="utf-8")
        return [line for line in text.splitlines() if not line.startswith("#")]

    def test_inbound_reloads_for_a_change_of_an_inbound_table_and_only_then(self):
        before = self.reloads()
        self.on_machine("generate")
        self.assertEqual(self.reloads(), before, "reloaded though nothing had changed")
        extra = self.agreements / "outbound.toml"
        self.addCleanup(extra.unlink)
        extra.write_text('[[agreement]]\npartner = "x"\ndomains = ["out.test"]\nlevel = "encrypt"\n', encoding="utf-8")
        self.on_machine("generate")
        self.assertEqual(self.reloads(), before, "reloaded for an outbound entry")
        self.change(clinic="nobody")
        self.assertEqual(self.reloads(), before, "reloaded for a fingerprint, which is in a cdb")
        self.change(bank=["203.0.113.64/26"])
        self.assertEqual(self.reloads(), before + 1, "not reloaded for a network")

    def test_inbound_a_class_that_is_missing_or_other_is_not_named(self):
        self.addCleanup(self.configure, self.settings())
        for settings in (
            self.settings().replace("tlspact_clinic,", ""),
            self.settings().replace("tlspact_clinic = reject", "tlspact_clinic = permit, reject"),
            self.settings().replace("smtpd_tls_ask_ccert = yes", ""),
            self.settings().replace("digest = sha256", "digest = md5"),
        ):
            self.configure(settings)
            said = self.on_machine("generate")
            self.assertIn("tlspact init --apply", said)
            self.assertIn("198.51.100.64/26 reject_plaintext_session", self.rows("networks"))
            until_plain = self.offer(BANK, tls=False)
            self.assertTrue(until_plain.temporary, until_plain)
            self.assertNotIn("configuration", until_plain.text)
        self.configure(self.settings())
        self.assertNotIn("tlspact init --apply", self.on_machine("generate"))
        self.assertIn("198.51.100.64/26 tlspact_clinic", self.rows("networks"))

    def test_inbound_postfix_reads_the_tables_as_we_do(self):
        maps = self.state / "postfix"
        asked = {"198.51.100.7": "reject_plaintext_session", "198.51.100.35": "tlspact_inner",
                 "203.0.113.5": "tlspact_shared", "2001:db8:1::9": "reject_plaintext_session"}
        self.assertEqual(self.mta.query_all([*asked, STRANGER], f"cidr:{maps}/tls_inbound_networks"), asked)
        senders = {"a@bank.test": "reject_plaintext_session", "A@WORKS.TEST": "tlspact_works"}
        self.assertEqual(self.mta.query_all([*senders, "a@x.bank.test"], f"regexp:{maps}/tls_inbound_senders"), senders)

    def test_inbound_postfix_has_nothing_to_complain_of(self):
        self.assertEqual([line for line in self.mta.complaints() if "smtpd" in line], [])


class EximInboundTests(InboundNetworkTests, InboundSenderTests, InboundChangeTests):
    """Exim, in any form of configuration."""

    kind = "exim"
    programs = ("exim4",)
    checks_keys = False

    @classmethod
    def start_server(cls):
        cls.mta = Exim(cls.root)
        cls.on_machine("generate")
        cls.on_machine("init", "--output", str(cls.root.path))
        cls.configure()
        daemon = cls.mta.listen()
        cls.addClassCleanup(daemon.wait)
        cls.addClassCleanup(daemon.terminate)

    def test_inbound_a_missing_list_fails_closed(self):
        for name in ("networks", "senders"):
            listed = self.state / "exim" / f"tls_inbound_{name}"
            kept = listed.rename(listed.with_suffix(".kept"))
            try:
                self.assertTrue(self.offer(CLINIC).temporary)
            finally:
                kept.rename(listed)

    def test_inbound_can_be_tried_by_hand(self):
        """As templates/exim/README.md tells."""
        session = "EHLO client.test\nMAIL FROM:<a@stranger.test>\nQUIT\n"
        self.assertIn(f"451 {ENCRYPTION}", self.root.run("exim4", "-bh", BANK, text_in=session).lower())
        self.assertNotIn(ENCRYPTION, self.root.run("exim4", "-bh", STRANGER, text_in=session).lower())

    def test_inbound_an_unknown_requirement_fails_closed(self):
        """tlspact never writes such a line; the ACL must not trust it."""
        listed = self.state / "exim/tls_inbound_networks"
        text = listed.read_text(encoding="utf-8")
        self.addCleanup(listed.write_text, text, encoding="utf-8")
        for value in ("", "encrypt", "require=certificate", "require=certificate fp="):
            with self.subTest(value):
                listed.write_text(f"203.0.113.64/26: {value}\n", encoding="utf-8")
                self.assertTrue(self.refuses(STRANGER, tls=False))
                self.assertTrue(self.refuses(STRANGER, certificate="clinic"))
                self.assertTrue(self.refuses(STRANGER))


class EximInboundSingleFileTest(EximInboundTests, InboundTest):
    """A configuration file of the administrator's own, who has an ACL at MAIL FROM already."""

    @classmethod
    def configure(cls):
        """With `.include` lines."""
        cls.mta.configure_single_file(
            {section: f"/etc/exim4/tlspact/inbound_{section}" for section in ("main", "acl")},
            EXIM_OWN_MAIN, EXIM_OWN_ACL)

    def test_inbound_the_administrators_own_acl_runs_too(self):
        reply = self.offer(STRANGER, "refused@stranger.test")
        self.assertEqual(reply.code, 550)
        self.assertIn("refused by the administrator", reply.text)
        self.assert_refused(BANK, "refused@stranger.test", tls=False, saying=ENCRYPTION)


    def test_inbound_without_an_acl_of_the_administrators(self):
        self.addCleanup(self.configure)
        pieces = {section: f"/etc/exim4/tlspact/inbound_{section}" for section in ("main", "acl")}
        self.mta.configure_single_file(pieces)
        session = "EHLO client.test\nMAIL FROM:<a@stranger.test>\nQUIT\n"
        self.assertIn(f"451 {ENCRYPTION}", self.root.run("exim4", "-bh", BANK, text_in=session).lower())
        self.assertIn("250 OK", self.root.run("exim4", "-bh", STRANGER, text_in=session))


class EximInboundSplitTest(EximInboundTests, InboundTest):
    """Debian's conf.d: files are added, none is changed."""

    macros = EXIM_SPLIT_MACROS

    @classmethod
    def configure(cls):
        """For an internet site that takes mail for lab.test."""
        cls.root.write("etc/exim4/conf.d/main/000_localmacros", cls.macros)
        cls.mta.configure_split(local="lab.test", interfaces=" ; ".join(LISTEN))

    def test_inbound_debians_own_acl_runs_too(self):
        self.assertIn("acl_smtp_mail = tlspact_check_mail", self.root.run("exim4", "-bP", "acl_smtp_mail"))


class EximInboundOwnMacrosTest(EximInboundSplitTest):
    """Debian's conf.d, with macros of the administrator's own for what the pieces set."""

    macros = EXIM_SPLIT_MACROS + """
MAIN_ACL_CHECK_MAIL = lab_mail
MAIN_TLS_TRY_VERIFY_HOSTS = <; 203.0.113.70 ; 2001:db8:2::7
"""

    @classmethod
    def configure(cls):
        cls.root.write("etc/exim4/conf.d/acl/90_lab", EXIM_OWN_ACL)
        super().configure()

    def test_inbound_the_administrators_own_acl_runs_too(self):
        self.assertEqual(self.offer(STRANGER, "refused@stranger.test").code, 550)

    def test_inbound_the_administrators_own_hosts_are_asked_too(self):
        """One that is asked and one that is not, by what Exim itself makes of the list."""
        hosts = self.root.run("exim4", "-bP", "tls_try_verify_hosts")
        self.assertIn("+tlspact_asked : +tlspact_asked_before", hosts)
