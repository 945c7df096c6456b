# SPDX-License-Identifier: MIT
"""tlspact init and check where agreements ask something of mail to us: the program runs inside the server's root, and
mail is offered from the little internet."""

from inbound_tests import BANK, CERTIFICATE, CLINIC, ENCRYPTION, RECIPIENT, STRANGER, agreement
from lab import certs, client
from wiring_tests import WiringTest

SENDER = "someone@stranger.test"
AGREEMENTS = "etc/tlspact/agreements.d"


class InboundWiringTest(WiringTest):
    """An agreement on TLS (bank) and one on a certificate (clinic), besides those on mail from us."""

    @classmethod
    def setUpClass(cls):
        client.add_networks()
        work = cls.lab.work / f"{cls.__name__}-partners"
        work.mkdir()
        cls.certificates = {name: certs.self_signed(work, f"{name}.test") for name in ("clinic", "nobody", "server")}
        super().setUpClass()

    @classmethod
    def make_root(cls):
        """With a certificate for the server."""
        root = super().make_root()
        server = cls.certificates["server"]
        root.write("etc/lab.pem", server.certificate.read_text(encoding="ascii")
                   + server.key.read_text(encoding="ascii"))
        return root

    @classmethod
    def agree(cls, *names):
        """Those, and the two on mail to us."""
        super().agree(*names)
        cls.agree_inbound("bank", "clinic")

    @classmethod
    def agree_inbound(cls, *partners):
        """These partners promise something for mail to us, and no other."""
        pin = f"sha256:{cls.certificates['clinic'].sha256()}"
        texts = {"bank": agreement("bank", ["198.51.100.0/26"], ["bank.test"]),
                 "clinic": agreement("clinic", ["198.51.100.64/26"], fingerprints=[pin]),
                 "other": agreement("other", ["198.51.100.128/26"], fingerprints=[pin])}
        cls.root.write(f"{AGREEMENTS}/inbound.toml", "# no other\n" + "".join(texts[partner] for partner in partners))

    def offer(self, source, sender=SENDER, **how):
        """One session; `certificate` is a partner's name."""
        if "certificate" in how:
            how["certificate"] = self.certificates[how["certificate"]]
        return client.offer(source, sender, RECIPIENT, **how)

    def assert_refused_saying(self, saying, *args, **how):
        """For now, with the reason."""
        reply = self.offer(*args, **how)
        self.assertTrue(reply.temporary, reply)
        self.assertIn(saying, reply.text.lower())


class InboundInitTests:
    """What init and check owe on every server."""

    def test_inbound_init_apply_connects_and_check_is_content(self):
        self.connect()
        said = self.tlspact("check")
        for word in ("alert", "warning"):
            self.assertNotIn(word, said)
        self.listen()
        self.assert_refused_saying(ENCRYPTION, BANK, tls=False)
        self.assert_refused_saying(ENCRYPTION, STRANGER, "a@bank.test", tls=False)
        self.assertTrue(self.offer(BANK).accepted)
        self.assert_refused_saying(CERTIFICATE, CLINIC)
        self.assert_refused_saying(CERTIFICATE, CLINIC, certificate="nobody")
        self.assertTrue(self.offer(CLINIC, certificate="clinic").accepted)
        self.assertTrue(self.offer(STRANGER, tls=False).accepted)

    def test_inbound_init_apply_again_changes_nothing(self):
        self.connect()
        before = self.identities()
        self.assertIn("nothing to do", self.tlspact("init", "--apply"))
        self.assertEqual(self.identities(), before)

    def test_inbound_init_undo_gives_everything_back_byte_for_byte(self):
        before = self.snapshot()
        self.connect()
        self.tlspact("init", "--undo")
        self.assertEqual(self.snapshot(), before)

    def test_inbound_agreements_that_change_between_two_applies(self):
        before = self.snapshot()
        self.agree_inbound("bank")
        self.connect()
        self.agree_inbound("clinic", "other")
        self.tlspact("generate")
        self.tlspact("init", "--apply")
        self.tlspact("generate")
        self.tlspact("check")
        self.agree_inbound("other")
        self.connect()
        self.tlspact("check")
        self.agree_inbound()
        self.connect()
        self.tlspact("check")
        self.tlspact("init", "--undo")
        self.assertEqual(self.snapshot(), before)

    def test_inbound_a_refused_file_is_told(self):
        self.connect()
        self.root.write(f"{AGREEMENTS}/inbound.toml", "nonsense")
        said = self.tlspact("init", "--apply", expect=1)
        self.assertIn("inbound.toml", said)
        self.assertIn("mend the file", said)
        self.assertIn("mend the file", self.tlspact("init"))
        self.tlspact("check", expect=65)

    def test_inbound_check_names_each_fault_and_its_remedy(self):
        self.connect()
        connected = self.save("connected")
        for name, (change, text, remedy, severity, run) in self.broken.items():
            with self.subTest(name):
                self.restore(connected)
                self.root.run("sh", "-ec", change)
                finding = self.expect_finding(text, remedy, severity)
                if run:
                    self.mend(run if isinstance(run, str) else finding["remedy"])
                    self.assertFalse([each for each in self.findings() if text in each["text"]], name)

    def test_inbound_no_finding_without_an_agreement_on_it(self):
        self.root.write(f"{AGREEMENTS}/inbound.toml", "")
        self.connect()
        self.spoil()
        said = self.tlspact("check")
        self.assertNotIn("alert", said)
        self.assertNotIn("warning", said)
