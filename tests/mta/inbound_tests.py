# SPDX-License-Identifier: MIT
"""Mail that comes in: what partners promised is refused where it is not kept, on a running mail server.

    198.51.100.0/26   bank      TLS               also its sender domain, and in IPv6
    198.51.100.32/28  inner     its certificate   inside of bank's network
    198.51.100.64/26  clinic    its certificate
    198.51.100.128/26 works     its certificate   also its sender domain
    198.51.100.192/26 keys      a public key
    203.0.113.0/28    shared    clinic and works: the certificate of either
    203.0.113.64/26             nobody
"""

import os
import subprocess

from lab import certs, client
from lab.wait import until
from mta_test import MtaTest

BANK, BANK_IPV6, INNER, CLINIC, WORKS, KEYS, SHARED, STRANGER, STRANGER_IPV6 = (
    "198.51.100.7", "2001:db8:1::7", "198.51.100.35", "198.51.100.70", "198.51.100.130", "198.51.100.200",
    "203.0.113.5", "203.0.113.70", "2001:db8:2::7")
RECIPIENT = "postmaster@lab.test"
SENDER = "someone@stranger.test"

CONFIG = """
[dane]
enabled = false

[mta_sts]
enabled = false

[service]
state_dir = "{state}"

[agreements]
directory = "{agreements}"
"""

AGREEMENT = """
[[agreement]]
partner = "{partner}"
domains = ["{partner}.test"]
level   = "encrypt"

[agreement.inbound]
networks = {networks}
sender_domains = {senders}
"""


def agreement(partner, networks, senders=(), fingerprints=()):
    """The text of one."""
    text = AGREEMENT.format(partner=partner, networks=toml(networks), senders=toml(senders))
    if fingerprints:
        text += f'require = "client-certificate"\nfingerprints = {toml(fingerprints)}\n'
    return text


def toml(texts):
    """An array."""
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


class InboundTest(MtaTest):
    """A mail server that takes mail from the little internet. Subclasses make it, and say how a new agreement
    takes effect."""

    programs = ()
    checks_keys = True     # whether this mail server can check the key of a certificate

    @classmethod
    def setUpClass(cls):
        client.add_networks(BANK_IPV6, STRANGER_IPV6)
        cls.work = cls.lab.work / cls.__name__
        cls.root = cls.lab.root(cls.kind, f"{cls.__name__}-root")
        cls.state, cls.tools, cls.agreements = (cls.work / name for name in ("state", "tools", "agreements.d"))
        for directory in (cls.state, cls.tools, cls.agreements, cls.root / cls.work):
            directory.mkdir(parents=True)
        # The same path inside and outside, as on one machine.
        subprocess.run(["mount", "--bind", cls.work, cls.root / cls.work], check=True)
        for program in cls.programs:
            cls.wrap(program)
        cls.make_certificates()
        cls.write_agreements()
        cls.config = cls.work / "tlspact.toml"
        cls.config.write_text(CONFIG.format(state=cls.state, agreements=cls.agreements), encoding="utf-8")
        cls.start_server()

    @classmethod
    def start_server(cls):
        """Configures and starts the mail server; registers what ends it."""
        raise NotImplementedError

    @classmethod
    def wrap(cls, program):
        """Puts a program of the root into PATH, and what it is asked into a log."""
        wrapper = cls.tools / program
        wrapper.write_text(f'#!/bin/sh\necho "{program} $*" >> {cls.tools}/log\n'
                           f'exec chroot {cls.root.path} /usr/sbin/{program} "$@"\n', encoding="utf-8")
        wrapper.chmod(0o755)

    @classmethod
    def make_certificates(cls):
        """Those of the partners, and the server's."""
        names = ("clinic", "works", "inner", "keys", "nobody", "server")
        cls.certificates = {name: certs.self_signed(cls.work, f"{name}.test") for name in names}
        server = cls.certificates["server"]
        cls.root.write("etc/lab.pem", server.certificate.read_text(encoding="ascii")
                       + server.key.read_text(encoding="ascii"))

    @classmethod
    def write_agreements(cls, bank=("198.51.100.0/26", "2001:db8:1::/48"), clinic="clinic", which=None):
        """All of them, or `which`; a test may move the bank, or give the clinic another certificate."""
        pins = {name: f"sha256:{credential.sha256()}" for name, credential in cls.certificates.items()}
        texts = (
            agreement("bank", bank, ["bank.test"]),
            agreement("inner", ["198.51.100.32/28"], fingerprints=[pins["inner"]]),
            agreement("clinic", ["198.51.100.64/26", "203.0.113.0/28"], fingerprints=[pins[clinic]]),
            agreement("works", ["198.51.100.128/26", "203.0.113.0/28"], ["works.test"], [pins["works"]]),
            agreement("keys", ["198.51.100.192/26"],
                      fingerprints=[f"spki-sha256:{cls.certificates['keys'].spki_sha256()}"]),
        )
        # A file with nothing in it would be taken for a mishap.
        (cls.agreements / "all.toml").write_text("# Agreements of the test\n" + "".join(texts if which is None else which), encoding="utf-8")

    @classmethod
    def on_machine(cls, *arguments):
        """Runs the program as on the server's machine; returns what it said."""
        done = subprocess.run([cls.lab.tlspact.program, "--config", cls.config, *arguments], check=False,
                              capture_output=True, text=True, timeout=120,
                              env=dict(os.environ, PATH=f"{cls.tools}:{os.environ['PATH']}"))
        if done.returncode != 0:
            raise AssertionError(f"tlspact {arguments}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def offer(self, source, sender=SENDER, tls=True, certificate=None):
        """One session; `certificate` is a partner's name."""
        return client.offer(source, sender, RECIPIENT, tls, self.certificates.get(certificate))

    def assert_accepted(self, *args, **kwargs):
        """The mail is taken."""
        reply = self.offer(*args, **kwargs)
        self.assertTrue(reply.accepted, reply)

    def assert_refused(self, *args, saying, **kwargs):
        """The mail is refused for now, with a reason."""
        reply = self.offer(*args, **kwargs)
        self.assertTrue(reply.temporary, reply)
        self.assertIn(saying, reply.text.lower())

    def refuses(self, *args, **kwargs):
        """Whether it is refused."""
        return not self.offer(*args, **kwargs).accepted


ENCRYPTION, CERTIFICATE = "session encryption is required", "an agreed client certificate is required"


class InboundNetworkTests:
    """Agreements on networks."""

    def test_inbound_plaintext_from_an_agreed_network_is_refused(self):
        self.assert_refused(BANK, tls=False, saying=ENCRYPTION)
        self.assert_refused(CLINIC, tls=False, saying=ENCRYPTION)

    def test_inbound_tls_from_an_agreed_network_is_accepted(self):
        self.assert_accepted(BANK)
        self.assert_accepted(BANK, certificate="nobody")

    def test_inbound_ipv6_networks_count_too(self):
        self.assert_refused(BANK_IPV6, tls=False, saying=ENCRYPTION)
        self.assert_accepted(BANK_IPV6)
        self.assert_accepted(STRANGER_IPV6, tls=False)

    def test_inbound_other_clients_are_not_affected(self):
        self.assert_accepted(STRANGER, tls=False)
        self.assert_accepted(STRANGER)
        self.assert_accepted(STRANGER, certificate="nobody")
        self.assert_accepted(STRANGER, certificate="clinic")
        self.assert_accepted(STRANGER, sender="", tls=False)

    def test_inbound_bounces_from_an_agreed_network_need_tls_too(self):
        self.assert_refused(BANK, sender="", tls=False, saying=ENCRYPTION)
        self.assert_accepted(BANK, sender="")

    def test_inbound_the_agreed_certificate_is_accepted(self):
        self.assert_accepted(CLINIC, certificate="clinic")
        self.assert_accepted(WORKS, certificate="works")

    def test_inbound_without_a_certificate_is_refused(self):
        self.assert_refused(CLINIC, saying=CERTIFICATE)

    def test_inbound_a_wrong_certificate_is_refused(self):
        self.assert_refused(CLINIC, certificate="nobody", saying=CERTIFICATE)

    def test_inbound_another_partners_certificate_is_refused(self):
        self.assert_refused(CLINIC, certificate="works", saying=CERTIFICATE)
        self.assert_refused(WORKS, certificate="clinic", saying=CERTIFICATE)

    def test_inbound_the_most_specific_network_wins(self):
        self.assert_refused(INNER, saying=CERTIFICATE)
        self.assert_refused(INNER, certificate="clinic", saying=CERTIFICATE)
        self.assert_accepted(INNER, certificate="inner")

    def test_inbound_either_certificate_passes_from_a_network_of_both(self):
        self.assert_accepted(SHARED, certificate="clinic")
        self.assert_accepted(SHARED, certificate="works")
        self.assert_refused(SHARED, certificate="inner", saying=CERTIFICATE)
        self.assert_refused(SHARED, saying=CERTIFICATE)

    def test_inbound_a_key_is_checked_or_at_least_tls(self):
        self.assert_refused(KEYS, tls=False, saying=ENCRYPTION)
        self.assert_accepted(KEYS, certificate="keys")
        if self.checks_keys:
            self.assert_refused(KEYS, certificate="clinic", saying=CERTIFICATE)
        else:
            self.assertIn("cannot check the public key", self.on_machine("generate"))


class InboundSenderTests:
    """Agreements on sender domains."""

    def test_inbound_sender_domain_in_plaintext_is_refused_from_anywhere(self):
        for sender in ("someone@bank.test", "Some.One+x@BANK.test", '"a b"@bank.test', "someone@works.test"):
            with self.subTest(sender):
                self.assert_refused(STRANGER, sender, tls=False, saying=ENCRYPTION)

    def test_inbound_a_dot_at_the_end_is_no_way_around(self):
        self.assertTrue(self.refuses(STRANGER, "someone@bank.test.", tls=False))

    def test_inbound_sender_domain_with_tls_is_accepted(self):
        self.assert_accepted(STRANGER, "someone@bank.test")
        self.assert_accepted(BANK, "someone@bank.test")

    def test_inbound_subdomains_and_lookalikes_are_other_domains(self):
        for sender in ("a@sub.bank.test", "a@notbank.test", "a@bank.test.example", "a@bankxtest.example",
                       "bank.test@stranger.test", '"a@bank.test"@stranger.test'):
            with self.subTest(sender):
                self.assert_accepted(STRANGER, sender, tls=False)

    def test_inbound_sender_domain_with_a_certificate(self):
        self.assert_refused(STRANGER, "a@works.test", saying=CERTIFICATE)
        self.assert_refused(STRANGER, "a@works.test", certificate="clinic", saying=CERTIFICATE)
        self.assert_accepted(STRANGER, "a@works.test", certificate="works")

    def test_inbound_sender_domain_and_network_must_both_hold(self):
        self.assert_refused(CLINIC, "a@works.test", certificate="clinic", saying=CERTIFICATE)
        self.assert_refused(CLINIC, "a@works.test", certificate="works", saying=CERTIFICATE)
        self.assert_accepted(WORKS, "a@works.test", certificate="works")


class InboundChangeTests:
    """An agreement changes, and tlspact generate is run."""

    def change(self, **what):
        """Other agreements (see write_agreements), in force at once, until the end of the test."""
        self.addCleanup(self.restore)
        self.write_agreements(**what)
        self.on_machine("generate")

    def restore(self):
        """The agreements are what they were, and in force."""
        self.write_agreements()
        self.on_machine("generate")
        until(lambda: self.refuses(BANK, tls=False) and not self.refuses(STRANGER, tls=False), "the old agreements")

    def test_inbound_a_network_that_moves_counts_at_its_new_place(self):
        self.change(bank=["203.0.113.64/26"])
        until(lambda: self.refuses(STRANGER, tls=False), "the new network is refused in plaintext")
        self.assert_accepted(STRANGER)
        self.assert_accepted(BANK, tls=False)
        self.assert_accepted(BANK_IPV6, tls=False)

    def test_inbound_a_new_certificate_passes_and_the_old_one_no_longer(self):
        self.change(clinic="nobody")
        until(lambda: not self.refuses(CLINIC, certificate="nobody"), "the new certificate passes")
        self.assert_refused(CLINIC, certificate="clinic", saying=CERTIFICATE)
        self.assert_accepted(WORKS, certificate="works")

    def test_inbound_an_agreement_that_ends_asks_nothing(self):
        self.change(which=())
        until(lambda: not self.refuses(BANK, tls=False), "plaintext is accepted")
        self.assert_accepted(CLINIC, tls=False)
        self.assert_accepted(STRANGER, "a@bank.test", tls=False)
