# SPDX-License-Identifier: MIT
"""`tlspact deliver` hands messages to real mail servers, and they keep them byte for byte."""

import json
import os
import subprocess
import unittest

from lab import certs
from lab.wait import until

CONFIG = """
[dane]
enabled = false
[mta_sts]
enabled = false
[service]
state_dir = "{work}/state"
[agreements]
directory = "{work}/agreements.d"
[smtp]
helo = "sender.lab.test"
[postfix]
enabled = false
[exim]
enabled = false
"""

# With these, no server adds fields of its own behind the ones that trace the delivery.
FIELDS = (b"From: a@sender.lab.test\nTo: b@lab.test\nDate: Tue, 24 Nov 2026 12:00:00 +0000\n"
          b"Message-ID: <test@sender.lab.test>\n")

# Names, 8-bit text, dots at the beginning of lines, a long line, no line end at the end.
BODIES = {
    "plain": b"Subject: plain\n\nhello\n",
    "dots": b"Subject: dots\n\n.\n..\n.x\nx.\n",
    "eight-bit": "Subject: eight bit\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
                 "Content-Transfer-Encoding: 8bit\n\nGrüße, καλημέρα\n".encode(),
    "long": b"Subject: long\n\n" + b"x" * 990 + b"\n" + b"".join(b"line %d\n" % n for n in range(5000)),
}


class InteropTest(unittest.TestCase):
    """One server for a class: subclasses start it, listening on 127.0.0.1:25 for lab.test, and find its mail."""

    lab = None
    kind = None
    extensions = ()    # that it offers, and that must be used
    key = "ecdsa"      # of its certificate
    suites = ("bookworm", "trixie")

    @classmethod
    def setUpClass(cls):
        cls.work = cls.lab.work / cls.__name__
        cls.root = cls.lab.root(cls.kind, f"{cls.__name__}-root")
        for name in ("state", "agreements.d"):
            (cls.work / name).mkdir(parents=True)
        (cls.work / "tlspact.toml").write_text(CONFIG.format(work=cls.work), encoding="ascii")
        authority = certs.Authority(cls.work, "authority")
        cls.authority = authority
        cls.credentials = {"ecdsa": authority.issue("mx.lab.test"), "rsa": authority.issue_rsa("mx.lab.test")}
        cls.use(cls.key)
        cls.start()

    @classmethod
    def use(cls, key):
        """Puts a certificate where the server reads it."""
        credential = cls.credentials[key]
        for name, source in (("lab.crt", credential.certificate), ("lab.key", credential.key)):
            cls.root.write(f"etc/{name}", source.read_text(encoding="ascii"), mode=0o640 if name == "lab.key" else 0o644)

    def deliver(self, body, *options):
        """Sends one message; returns the exit code and the JSON document."""
        file = self.work / "message"
        file.write_bytes(FIELDS + body)
        done = subprocess.run(
            [self.lab.tlspact.program, "--config", self.work / "tlspact.toml", "--json", "deliver", "--from",
             "a@sender.lab.test", "--to", "b@lab.test", "--mx", "mx.lab.test=127.0.0.1", "--ca-file",
             self.authority.certificate, *options, file],
            capture_output=True, text=True, check=False, timeout=120, env=dict(os.environ, LC_ALL="C"))
        self.assertTrue(done.stdout, done.stderr)
        return done.returncode, json.loads(done.stdout), done.stdout

    def assert_kept(self, body):
        """The server has it, byte for byte, behind the fields that it added."""
        wanted = FIELDS + body
        until(lambda: any(stored.endswith(wanted) for stored in self.stored()),
              lambda: f"not stored: {body[:60]}; stored: {[s[-200:] for s in self.stored()][:5]}")

    @classmethod
    def stored(cls):
        """All messages that the server keeps."""
        return [path.read_bytes() for path in (cls.root / "var/vmail").rglob("*")
                if path.is_file() and path.parent.name in ("new", "cur")]

    def assert_delivered(self, body, *options):
        """Returns the last session's result and commands."""
        code, document, text = self.deliver(body, *options)
        self.assertEqual(code, 0, text)
        self.assert_kept(body)
        session = document["deliveries"][0]["transcripts"][-1]
        said = "".join(event.get("line", "") for event in session["events"] if event["event"] == "write")
        return session, said

    def test_every_body_under_tls_1_3(self):
        for name, body in BODIES.items():
            with self.subTest(name):
                session, _said = self.assert_delivered(body, "--level", "secure")
                self.assertEqual(session["result"]["session"]["version"], "TLSv1.3")
                self.assertTrue(session["result"]["certificate"]["satisfied"])

    def test_without_chunking(self):
        for name, body in BODIES.items():
            with self.subTest(name):
                body = body.replace(b"Subject: ", b"Subject: by DATA ")
                _session, said = self.assert_delivered(body, "--level", "secure", "--no-chunking")
                self.assertIn("DATA\r\n", said)

    def test_offered_extensions_are_used(self):
        session, said = self.assert_delivered(b"Subject: extensions\n\nx\n", "--level", "secure")
        offered = session["result"]["offered_under_tls"]
        for extension in self.extensions:
            self.assertIn(extension, offered)
        if "CHUNKING" in self.extensions:
            self.assertNotIn("DATA", said)
            self.assertIn("bdat", [event.get("line") for event in session["events"]])
        if "PIPELINING" in self.extensions:
            self.assertTrue(any("MAIL FROM" in event.get("line", "") and "RCPT TO" in event.get("line", "")
                                for event in session["events"]))

    def test_in_clear(self):
        session, said = self.assert_delivered(b"Subject: in clear\n\nx\n", "--level", "none")
        self.assertNotIn("STARTTLS", said)
        self.assertFalse(session["result"]["tls"])

    def test_replay_gives_the_same_verdict(self):
        _code, _document, text = self.deliver(b"Subject: replay\n\nx\n", "--level", "secure")
        file = self.work / "transcript.json"
        file.write_text(text, encoding="ascii")
        done = subprocess.run([self.lab.tlspact.program, "replay", file], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("the same verdict", done.stdout)

    def test_unknown_recipient_is_refused(self):
        code, document, text = self.deliver(b"Subject: x\n\nx\n", "--to", "nobody@elsewhere.test")
        self.assertEqual(code, 69, text)
        fates = {each["address"]: each["fate"] for delivery in document["deliveries"]
                 for each in delivery["recipients"]}
        self.assertEqual(fates["nobody@elsewhere.test"], "refused", text)
        self.assertEqual(fates["b@lab.test"], "delivered", text)

    def test_other_keys_and_versions(self):
        for key, version in (("rsa", "1.3"), ("rsa", "1.2"), ("ecdsa", "1.2")):
            with self.subTest(f"{key} TLS {version}"):
                self.use(key)
                self.restart(version)
                body = f"Subject: {key} {version}\n\nx\n".encode()
                session, _said = self.assert_delivered(body, "--level", "secure")
                self.assertEqual(session["result"]["session"]["version"], f"TLSv{version}")
        self.use("ecdsa")
        self.restart("1.3")


POSTFIX = """
compatibility_level = 3.6
myhostname = mx.lab.test
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = /var/log/postfix.log
mynetworks =
virtual_mailbox_domains = lab.test
virtual_mailbox_maps = static:b/
virtual_mailbox_base = /var/vmail
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_relay_restrictions = reject_unauth_destination
smtpd_tls_chain_files = /etc/lab.key /etc/lab.crt
smtpd_tls_security_level = may
smtpd_tls_mandatory_protocols = >=TLSv1.2
smtpd_tls_protocols = {protocols}
"""


class PostfixInteropTest(InteropTest):
    """Postfix's smtpd and its virtual delivery."""

    kind = "postfix"
    extensions = ("PIPELINING", "CHUNKING", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")

    @classmethod
    def start(cls):
        from lab.postfix import Postfix
        cls.mta = Postfix(cls.root)
        vmail = cls.root / "var/vmail"
        vmail.mkdir()
        os.chown(vmail, 65534, 65534)
        cls.root.write("etc/postfix/main.cf", POSTFIX.format(protocols=">=TLSv1.2"))
        cls.mta.start()
        cls.addClassCleanup(cls.mta.stop)

    def restart(self, version):
        protocols = ">=TLSv1.2" if version == "1.3" else "TLSv1.2"
        self.root.write("etc/postfix/main.cf", POSTFIX.format(protocols=protocols))
        self.mta.stop()
        self.mta.start()


EXIM = """
primary_hostname = mx.lab.test
log_file_path = /var/log/exim4/%slog
domainlist local_domains = lab.test
tls_advertise_hosts = *
tls_certificate = /etc/lab.crt
tls_privatekey = /etc/lab.key
tls_require_ciphers = {ciphers}
smtputf8_advertise_hosts = *
acl_smtp_rcpt = rcpt
acl_smtp_data = taken
local_interfaces = 127.0.0.1
accept_8bitmime = true
begin acl
rcpt:
  accept domains = +local_domains
  deny message = relay not permitted
taken:
  accept
begin routers
mailbox:
  driver = accept
  domains = +local_domains
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = /var/vmail/b
  maildir_format
  create_directory
  user = nobody
  group = nogroup
"""


class EximInteropTest(InteropTest):
    """An Exim daemon of Debian's, with GnuTLS."""

    kind = "exim"
    extensions = ("PIPELINING", "CHUNKING", "8BITMIME", "SMTPUTF8")

    @classmethod
    def start(cls):
        cls.root.run("sh", "-c", "mkdir -p /var/vmail && chown nobody:nogroup /var/vmail && "
                     "usermod -a -G nogroup Debian-exim")
        cls.daemon = None
        cls.configure("1.3")
        cls.addClassCleanup(lambda: cls.daemon.terminate())

    @classmethod
    def configure(cls, version):
        """Starts the daemon anew."""
        versions = "+VERS-TLS1.3:+VERS-TLS1.2" if version == "1.3" else "+VERS-TLS1.2"
        cls.root.write("etc/exim4/exim4.conf", EXIM.format(ciphers=f"NORMAL:-VERS-ALL:{versions}"))
        cls.root.run("sh", "-c", "chown root:Debian-exim /etc/lab.key /etc/exim4/exim4.conf")
        if cls.daemon is not None:
            cls.daemon.terminate()
            cls.daemon.wait()
        cls.daemon = subprocess.Popen(["chroot", str(cls.root.path), "exim4", "-bdf", "-q1h"])
        wait_for_smtp()

    def restart(self, version):
        self.configure(version)


OPENSMTPD = """
pki mx.lab.test cert "/etc/lab.crt"
pki mx.lab.test key "/etc/lab.key"
table users {{ "@" = "nobody" }}
listen on 127.0.0.1 port 25 tls pki mx.lab.test {protocols} hostname mx.lab.test
action "keep" maildir "/var/vmail/b" virtual <users>
match from any for domain "lab.test" action "keep"
"""


class OpenSmtpdInteropTest(InteropTest):
    """OpenSMTPD. Debian 12's build cannot do TLS (its private keys are lost on OpenSSL 3): Debian 13's is what is
    tried under TLS, and both in clear."""

    kind = "opensmtpd"
    extensions = ("8BITMIME", "DSN", "ENHANCEDSTATUSCODES")
    suites = ("trixie",)

    @classmethod
    def start(cls):
        cls.root.run("sh", "-c", "mkdir -p /var/vmail && chown nobody:nogroup /var/vmail")
        # It does not start without a store, also where it verifies nobody.
        cls.root.write("etc/ssl/certs/ca-certificates.crt", cls.authority.certificate.read_text(encoding="ascii"))
        cls.daemon = None
        cls.configure("1.3")
        cls.addClassCleanup(lambda: cls.daemon.terminate())

    @classmethod
    def configure(cls, version):
        """Starts the daemon anew."""
        cls.root.write("etc/smtpd.conf", OPENSMTPD.format(protocols=cls.protocols(version)))
        (cls.root / "etc/lab.key").chmod(0o600)
        if cls.daemon is not None:
            cls.daemon.terminate()
            cls.daemon.wait()
        cls.daemon = subprocess.Popen(["chroot", str(cls.root.path), "smtpd", "-d"], stdout=subprocess.DEVNULL,
                                      stderr=open(cls.work / "smtpd.log", "ab"))
        wait_for_smtp()

    @classmethod
    def protocols(cls, version):
        return 'protocols "tlsv1.2"' if version == "1.2" else ""

    def restart(self, version):
        self.configure(version)

    def test_every_body_in_clear(self):
        for name, body in BODIES.items():
            with self.subTest(name):
                self.assert_delivered(body, "--level", "none")


class OldOpenSmtpdInteropTest(OpenSmtpdInteropTest):
    """The one of Debian 12, in clear."""

    suites = ("bookworm",)
    test_every_body_under_tls_1_3 = test_without_chunking = test_offered_extensions_are_used = None
    test_other_keys_and_versions = None

    @classmethod
    def protocols(cls, version):
        return ""


def wait_for_smtp():
    """Returns when 127.0.0.1:25 greets."""
    import socket

    def greets():
        try:
            with socket.create_connection(("127.0.0.1", 25), timeout=5) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False
    until(greets, "no server at 127.0.0.1:25")
