# SPDX-License-Identifier: MIT
"""tlspact init and check of agreements on mail to us, with Postfix and with Exim."""

from inbound_wiring_tests import InboundInitTests, InboundWiringTest
from lab.exim import Exim
from lab.postfix import Postfix

CLIENT = "check_client_access cidr:/var/lib/tlspact/postfix/tls_inbound_networks"
SENDER = "check_sender_access regexp:/var/lib/tlspact/postfix/tls_inbound_senders"

POSTFIX_MAIN = """
# the administrator's own words
mydestination = lab.test
local_recipient_maps =
local_transport = discard:
smtpd_tls_cert_file = /etc/lab.pem
smtpd_tls_key_file = /etc/lab.pem
smtpd_client_restrictions =
    # and more
    permit_mynetworks
"""

# Change (shell, inside) -> what check says, the remedy, its severity; True: the remedy is run, and the finding is gone.
POSTFIX_BROKEN = {
    "judged before STARTTLS": ("postconf -e smtpd_delay_reject=no", "smtpd_delay_reject is no",
                               "postconf -e 'smtpd_delay_reject = yes'", "alert", True),
    "judged before STARTTLS at one service": (
        "postconf -P smtp/inet/smtpd_delay_reject=no", "master.cf, smtp/inet: smtpd_delay_reject is no",
        "postconf -PX 'smtp/inet/smtpd_delay_reject'", "alert", True),
    "no STARTTLS": ("postconf -e smtpd_tls_security_level=none", "smtpd_tls_security_level is none",
                    "postconf -e 'smtpd_tls_security_level = may'", "alert", True),
    "no certificate": ("postconf -e smtpd_tls_cert_file=", "smtpd(8) has no certificate",
                       "smtpd_tls_chain_files = ", "alert", False),
    "certificate gone": ("postconf -e smtpd_tls_cert_file=/etc/gone.pem", "the certificate /etc/gone.pem does not exist",
                         "put the certificate there", "alert", False),
    "no client table": ("postconf -e smtpd_client_restrictions=permit_mynetworks",
                        "smtpd_client_restrictions does not ask the inbound table", "tlspact init --apply", "alert",
                        "tlspact init --apply"),
    "no sender table": ("postconf -e smtpd_sender_restrictions=",
                        "smtpd_sender_restrictions does not ask the inbound table", "tlspact init --apply", "alert",
                        "tlspact init --apply"),
    "a permit before": (f"postconf -e 'smtpd_client_restrictions = permit_mynetworks, {CLIENT}'",
                        "behind permit_mynetworks: what that permits", f"postconf -e 'smtpd_client_restrictions = {CLIENT}",
                        "alert", True),
    "a reject before": (f"postconf -e 'smtpd_sender_restrictions = reject_non_fqdn_sender {SENDER}'",
                        "behind reject_non_fqdn_sender", f"'smtpd_sender_restrictions = {SENDER}", "note", True),
    "tables dropped at one service": (
        "postconf -P smtp/inet/smtpd_client_restrictions=permit",
        "master.cf, smtp/inet: smtpd_client_restrictions does not ask",
        "postconf -PX 'smtp/inet/smtpd_client_restrictions'", "alert", True),
    "a content filter": ("postconf -M '127.0.0.1:10025/inet=127.0.0.1:10025 inet n - n - - smtpd -o content_filter='",
                         "127.0.0.1:10025/inet asks the inbound table of sender domains, too",
                         "postconf -P '127.0.0.1:10025/inet/smtpd_sender_restrictions='", "warning", True),
    "no certificate is asked for": ("postconf -e smtpd_tls_ask_ccert=no", "smtpd_tls_ask_ccert is no",
                                    "postconf -e 'smtpd_tls_ask_ccert = yes'", "alert", True),
    "another digest": ("postconf -e smtpd_tls_fingerprint_digest=md5", "smtpd_tls_fingerprint_digest is md5",
                       "postconf -e 'smtpd_tls_fingerprint_digest = sha256'", "alert", True),
    "class not listed": ("postconf -e smtpd_restriction_classes=", "smtpd_restriction_classes does not name tlspact_clinic",
                         "tlspact init --apply", "alert", "tlspact init --apply"),
    "class edited": ("postconf -e tlspact_clinic=permit", "tlspact_clinic is not what tlspact made it",
                     "tlspact init --apply", "alert", "tlspact init --apply"),
    "rows from before the class": (
        "sed -i 's/ tlspact_clinic/ reject_plaintext_session/' /var/lib/tlspact/postfix/tls_inbound_networks",
        "asks only for TLS where a client certificate is agreed", "tlspact generate", "warning", "tlspact generate"),
    "networks gone": ("rm /var/lib/tlspact/postfix/tls_inbound_networks", "tls_inbound_networks does not exist",
                      "tlspact generate", "alert", "tlspact generate"),
    "certificates gone": ("rm /var/lib/tlspact/postfix/tls_inbound_ccert_clinic.cdb",
                          "tls_inbound_ccert_clinic.cdb does not exist", "tlspact generate", "alert",
                          "tlspact generate"),
}

EXIM_MACROS = """MAIN_TLS_ENABLE = yes
MAIN_TLS_CERTKEY = /etc/lab.pem
"""

# As above; the configuration is built anew behind each change.
EXIM_BROKEN = {
    "no pieces": ("rm /etc/exim4/conf.d/main/000_tlspact_inbound /etc/exim4/conf.d/acl/51_tlspact_inbound",
                  "not tlspact_check_mail", "tlspact init --apply",
                  "alert", "tlspact init --apply"),
    "another ACL": ("echo 'MAIN_ACL_CHECK_MAIL == acl_check_mail' > /etc/exim4/conf.d/main/001_mine",
                    "acl_smtp_mail is acl_check_mail", "MAIN_ACL_CHECK_MAIL in /etc/exim4/conf.d/main/000_localmacros",
                    "alert", False),
    "no STARTTLS": ("echo MAIN_TLS_ADVERTISE_HOSTS = >> /etc/exim4/conf.d/main/000_localmacros",
                    "tls_advertise_hosts is empty", "MAIN_TLS_ENABLE = yes", "alert", False),
    "Debian's own TLS is off": ("rm /etc/exim4/conf.d/main/000_localmacros",
                                "tls_try_verify_hosts does not hold +tlspact_asked", "MAIN_TLS_ENABLE = yes", "alert",
                                False),
    "certificate gone": ("sed -i s/lab.pem/gone.pem/ /etc/exim4/conf.d/main/000_localmacros",
                         "/etc/gone.pem, which does not exist", "put the certificate there", "alert", False),
    "nobody is asked": ("echo 'MAIN_TLS_TRY_VERIFY_HOSTS == 192.0.2.1' > /etc/exim4/conf.d/main/001_mine",
                        "tls_try_verify_hosts does not hold +tlspact_asked", "MAIN_TLS_TRY_VERIFY_HOSTS in", "alert",
                        False),
    "a list gone": ("rm /var/lib/tlspact/exim/tls_inbound_senders", "tls_inbound_senders does not exist",
                    "tlspact generate", "alert", "tlspact generate"),
    "a list unreadable": ("chmod 600 /var/lib/tlspact/exim/tls_inbound_ccert", "cannot be read by Exim's user",
                          "chmod 644 /var/lib/tlspact/exim/tls_inbound_ccert", "alert", True),
    "a smart host": ("sed -i \"s/configtype='internet'/configtype='smarthost'/\" /etc/exim4/update-exim4.conf.conf",
                     "where init changes nothing", "dpkg-reconfigure exim4-config", "warning", False),
}


class PostfixInboundWiringTest(InboundInitTests, InboundWiringTest):
    """Debian's own master.cf."""

    kind = "postfix"
    trees = ("etc/postfix", "var/spool/postfix/etc")
    broken = POSTFIX_BROKEN

    @classmethod
    def make_mta(cls, root):
        postfix = Postfix(root)
        postfix.configure(POSTFIX_MAIN)
        root.run("postfix", "check")
        return postfix

    def listen(self):
        """Until the end of the test."""
        self.mta.start()
        self.addCleanup(self.mta.stop)

    def mend(self, remedy):
        """Does what the finding says."""
        if remedy.startswith("tlspact"):
            self.tlspact(*remedy.split()[1:])
        else:
            self.root.run("sh", "-ec", remedy.replace(" && postfix reload", ""))

    def spoil(self):
        """What agreements on mail to us would need."""
        self.root.run("postconf", "-e", "smtpd_delay_reject=no", "smtpd_tls_cert_file=", "smtpd_tls_security_level=none")

    def test_inbound_init_without_a_certificate_says_so(self):
        self.tlspact("generate")
        self.root.run("postconf", "-e", "smtpd_tls_cert_file=")
        self.assertIn("smtpd(8) has no certificate", self.tlspact("init", "--apply", expect=1))

    def test_inbound_init_before_the_tables_are_there_is_refused(self):
        self.tlspact("generate")
        before = self.identities()
        (self.root / "var/lib/tlspact/postfix/tls_inbound_ccert_clinic.cdb").unlink()
        self.assertIn("tls_inbound_ccert_clinic.cdb: does not exist", self.tlspact("init", "--apply", expect=66))
        self.assertEqual(self.identities(), before)

    def test_inbound_init_keeps_the_administrators_own_restrictions(self):
        self.connect()
        self.assertIn(f"smtpd_client_restrictions = {CLIENT},\n    # and more\n    permit_mynetworks\n",
                      self.root.read("etc/postfix/main.cf"))


class EximInboundWiringTest(InboundInitTests, InboundWiringTest):
    """Debian's conf.d."""

    kind = "exim"
    trees = ("etc/exim4", "var/lib/exim4")
    broken = {name: (f"{change}; update-exim4.conf", *rest) for name, (change, *rest) in EXIM_BROKEN.items()}

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        root.write("etc/exim4/conf.d/main/000_localmacros", EXIM_MACROS)
        exim.configure_split(local="lab.test", interfaces="127.0.0.1 ; ::1")
        return exim

    def listen(self):
        """Until the end of the test."""
        daemon = self.mta.listen()
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)

    def mend(self, remedy):
        """Does what the finding says."""
        if remedy.startswith("tlspact"):
            self.tlspact(*remedy.split()[1:])
        else:
            self.root.run("sh", "-ec", remedy)

    def spoil(self):
        """What agreements on mail to us would need."""
        self.root.run("sh", "-ec", "rm /etc/exim4/conf.d/main/000_localmacros; update-exim4.conf")
