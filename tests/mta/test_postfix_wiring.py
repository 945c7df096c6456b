# SPDX-License-Identifier: MIT
"""tlspact init and check with Postfix."""

import cases
import generator
from lab import outcome
from lab.postfix import Postfix
from lab.wait import until
from wiring_tests import AGREED, InitTests, WiringTest

TEST_MAIN = "etc/postfix/main.cf"
CHROOT = "var/spool/postfix"

# Change (shell, inside) -> what check says, the remedy, its severity. "run": the remedy is run, and the finding is gone.
BROKEN = {
    "no map": ("postconf -e smtp_tls_policy_maps=", "does not name the map of tlspact", "tlspact init --apply",
               "alert", ""),
    "another type": ("postconf -e smtp_tls_policy_maps=hash:/var/lib/tlspact/postfix/tls_policy",
                     "which tlspact does not write", "tlspact init --apply", "alert", ""),
    "a table before": ("echo 'x.test may' > /etc/postfix/mine;"
                       " postconf -e 'smtp_tls_policy_maps = texthash:/etc/postfix/mine,"
                       " cdb:/var/lib/tlspact/postfix/tls_policy'",
                       "asks texthash:/etc/postfix/mine before the map of tlspact", "", "note", ""),
    "a table before with an entry": ("echo 'secure.test may' > /etc/postfix/mine;"
                                     " postconf -e 'smtp_tls_policy_maps = texthash:/etc/postfix/mine,"
                                     " cdb:/var/lib/tlspact/postfix/tls_policy'",
                                     'comes first and says "may"', "take secure.test out of /etc/postfix/mine",
                                     "alert", ""),
    "map gone": ("rm /var/lib/tlspact/postfix/tls_policy.cdb", "tls_policy.cdb does not exist", "tlspact generate",
                 "alert", ""),
    "relayhost": ("postconf -e 'relayhost = [relay.test]:587'", "relayhost sends its mail to [relay.test]:587",
                  'add "[relay.test]:587" to the domains of an agreement', "alert", ""),
    "default transport": ("postconf -e default_transport=smtp:[gate.test]",
                          "default_transport sends its mail to [gate.test]", 'add "[gate.test]"', "alert", ""),
    "default transport of another kind": ("postconf -e default_transport=lmtp:gate.test",
                                          "hands the mail to the transport lmtp, which is lmtp(8)",
                                          'smtp:" to a table of transport_maps', "alert", ""),
    "transport map": ("echo 'secure.test smtp:[inner.test]' > /etc/postfix/transport;"
                      " postconf -e transport_maps=texthash:/etc/postfix/transport",
                      "transport_maps sends its mail to [inner.test]", 'add "[inner.test]"', "alert", ""),
    "transport map by a parent": ("echo '.test lmtp:inner.test' > /etc/postfix/transport;"
                                  " postconf -e transport_maps=texthash:/etc/postfix/transport",
                                  "transport_maps hands the mail to the transport lmtp", "smtp:", "alert", ""),
    "transport map that is not there": ("postconf -e transport_maps=hash:/etc/postfix/nothing",
                                        "transport_maps cannot be asked", "postfix check", "warning", ""),
    "own domain": ("postconf -e mydestination=secure.test", "mydestination hands the mail to the transport local",
                   "take secure.test out of mydestination", "alert", ""),
    "sender dependent": ("postconf -e sender_dependent_relayhost_maps=texthash:/etc/postfix/main.cf",
                         "sender_dependent_relayhost_maps is set", "", "note", ""),
    "next-hop that nobody names": ("cd /etc/tlspact/agreements.d;"
                                   " sed 's/\"secure.test\"/\"[hop.test]:587\"/' secure.toml > hop.toml",
                                   "no setting names this next-hop", "relayhost = [hop.test]:587", "warning", "run"),
    "fallback relay": ("postconf -e 'smtp_fallback_relay = [far.test]'", "goes there instead",
                       "postconf -X smtp_fallback_relay", "warning", "run"),
    "level none": ("postconf -e smtp_tls_security_level=none", "smtp_tls_security_level is none",
                   "postconf -e 'smtp_tls_security_level = may'", "warning", "run"),
    "level empty": ("postconf -e smtp_tls_security_level=", "smtp_tls_security_level is not set",
                    "postconf -e 'smtp_tls_security_level = may'", "warning", "run"),
    "level none for one service": ("postconf -P relay/unix/smtp_tls_security_level=none",
                                   "master.cf, relay/unix: smtp_tls_security_level is none",
                                   "postconf -PX 'relay/unix/smtp_tls_security_level'", "warning", "run"),
    "no map for a service of another name": (
        "postconf -M 'slow/unix=slow unix - - y - - smtp -o smtp_tls_policy_maps='",
        "master.cf, slow/unix: smtp_tls_policy_maps does not name", "postconf -PX 'slow/unix/smtp_tls_policy_maps'",
        "alert", "run"),
    "digest": ("postconf -e smtp_tls_fingerprint_digest=md5; cd /etc/tlspact/agreements.d;"
               " sed 's/secure.test/pin.test/;/^mx/d;s/\"secure\"/\"fingerprint\"/' secure.toml > pin.toml;"
               f" echo 'fingerprints = [\"sha256:{cases.WRONG_PIN}\"]' >> pin.toml",
               "smtp_tls_fingerprint_digest is md5", "postconf -e 'smtp_tls_fingerprint_digest = sha256'", "alert",
               "run"),
    "dane without DNSSEC": ("cd /etc/tlspact/agreements.d;"
                            " sed 's/secure.test/dane.test/;/^mx/d;s/\"secure\"/\"dane-only\"/' secure.toml > dane.toml",
                            "smtp_dns_support_level is not dnssec", "postconf -e 'smtp_dns_support_level = dnssec'",
                            "alert", ""),
    "no DNS": ("postconf -e smtp_dns_support_level=disabled", "smtp_dns_support_level is disabled",
               "postconf -e 'smtp_dns_support_level = enabled'", "alert", "run"),
    "CA file missing": ("postconf -e smtp_tls_CAfile=/nonexistent", "smtp_tls_CAfile names /nonexistent",
                        f"postconf -e 'smtp_tls_CAfile = {generator.CA_FILE}'", "alert", "run"),
    "no CA": ("postconf -e smtp_tls_CAfile=; postconf -e smtp_tls_CApath=",
              "neither smtp_tls_CAfile nor smtp_tls_CApath is set", "smtp_tls_CAfile =", "alert", "run"),
    "CApath outside of the chroot": ("mkdir -p /etc/cas; touch /etc/cas/a; postconf -e smtp_tls_CAfile=;"
                                     " postconf -e smtp_tls_CApath=/etc/cas",
                                     "where smtp_tls_CApath, /var/spool/postfix/etc/cas, is empty or not there",
                                     "smtp_tls_CAfile =", "alert", ""),
    "partner's CA not in the chroot": (f"rm /{CHROOT}{cases.PARTNER_CA}", "does not exist: mail to the partner",
                                       f"install -D -m 644 {cases.PARTNER_CA} /{CHROOT}{cases.PARTNER_CA}", "alert",
                                       "run"),
    "partner's CA is another one": (f"echo >> /{CHROOT}{cases.PARTNER_CA}", "is not the same as outside", "install -D",
                                    "alert", "run"),
    "partner's CA unreadable": (f"chmod 600 /{CHROOT}{cases.PARTNER_CA}", "cannot be read by smtp(8)", "install -D",
                                "alert", "run"),
    "socket outside of the chroot": ("postconf -e 'smtp_tls_policy_maps = cdb:/var/lib/tlspact/postfix/tls_policy,"
                                     " socketmap:unix:/run/x.sock:postfix'",
                                     "finds no socket at /var/spool/postfix/run/x.sock",
                                     "proxy:socketmap:unix:/run/x.sock:postfix", "alert", ""),
    "per site": ("postconf -e smtp_tls_per_site=texthash:/etc/postfix/main.cf", "is not used any more",
                 "postconf -X smtp_tls_per_site", "warning", ""),
    "passwords in clear": ("postconf -e smtpd_sasl_auth_enable=yes", "smtp/inet lets people send their password",
                           "postconf -e 'smtpd_tls_auth_only = yes'", "warning", "run"),
    "passwords in clear at one service": (
        "postconf -M 'submission/inet=submission inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes"
        " -o smtpd_tls_auth_only=no'", "submission/inet lets people send their password",
        "postconf -P 'submission/inet/smtpd_tls_auth_only=yes'", "warning", "run"),
}

# Parameters that older versions do not have.
BROKEN_FROM_3_10 = {
    "TLS-Required header": ("postconf -e tls_required_enable=yes", 'header "TLS-Required: no" switches agreements off',
                            "postconf -e 'tls_required_enable = no'", "alert", "run"),
    "MX patterns off": ("postconf -e smtp_tls_enforce_sts_mx_patterns=no", "smtp_tls_enforce_sts_mx_patterns is no",
                        "postconf -e 'smtp_tls_enforce_sts_mx_patterns = yes'", "alert", "run"),
}

# How a CA store is unusable -> the change, and whether Postfix still has TLS. Where smtp_tls_CAfile cannot be loaded it has
# none at all: then what requires TLS waits, and only that.
CA_STORES = {
    "no store": ("postconf -e smtp_tls_CAfile= smtp_tls_CApath=", True),
    "CAfile missing": ("postconf -e smtp_tls_CAfile=/nonexistent", False),
    "CAfile empty": ("touch /etc/empty; postconf -e smtp_tls_CAfile=/etc/empty", False),
    "CAfile a directory": ("mkdir /etc/empty; postconf -e smtp_tls_CAfile=/etc/empty", False),
    "CApath empty": ("mkdir /etc/empty; postconf -e smtp_tls_CAfile= smtp_tls_CApath=/etc/empty", True),
}


class PostfixWiringTest(InitTests, WiringTest):
    """Debian's own master.cf; a main.cf with comments, as people have it."""

    kind = "postfix"
    trees = ("etc/postfix", f"{CHROOT}/etc")
    apply_seconds = 0.6

    @classmethod
    def make_mta(cls, root):
        postfix = Postfix(root)
        postfix.configure("\n# the administrator's own words\nbiff = no\n  # and more\n")
        root.run("postfix", "check")    # Debian 13's fills the chroot; init runs it, too
        return postfix

    def start_and_stop(self):
        """Postfix runs until the end of the test."""
        self.mta.start()
        self.addCleanup(self.mta.stop)

    def assert_configuration_works(self):
        """What the server says of it."""
        self.root.run("postfix", "check")

    def test_check_names_each_fault_and_its_remedy(self):
        version = tuple(int(part) for part in self.mta.version.split("."))
        table = dict(BROKEN, **(BROKEN_FROM_3_10 if version >= (3, 10, 5) else {}))
        self.connect()
        connected = self.save("connected")
        for name, (change, text, remedy, severity, run) in table.items():
            with self.subTest(name):
                self.restore(connected)
                self.agree(*AGREED)
                self.root.run("sh", "-ec", change)
                finding = self.expect_finding(text, remedy, severity)
                if run:
                    command = finding["remedy"].split(" (")[0].replace(" && postfix reload", "")
                    self.root.run("sh", "-ec", command)
                    self.assertFalse([each for each in self.findings() if text in each["text"]], name)

    def test_an_unusable_ca_store_gives_encrypt_and_an_alert_and_defers_nobody_else(self):
        self.connect()
        connected = self.save("connected")
        for name, (change, works) in CA_STORES.items():
            with self.subTest(name):
                self.restore(connected)
                self.root.run("sh", "-ec", f"rm -rf /etc/empty; {change}")
                self.assertIn("no usable CA store", self.tlspact("generate"))
                self.assertTrue(self.tlspact("lookup", "secure.test").startswith("OK encrypt"))
                self.assertIn("smtp_tls_CA", self.tlspact("check", expect=1))
                self.mta.start()
                try:
                    self.assert_only_secure_suffers(f"{name.replace(' ', '-').lower()}@lab.test", works)
                finally:
                    self.mta.stop()

    def assert_only_secure_suffers(self, sender, has_tls):
        """Mail without a policy goes; mail with one goes by TLS if Postfix has any, and waits if not."""
        for case in ("secure", "plain"):
            self.mta.send(sender, cases.BY_NAME[case].recipient)
        self.assert_delivered("plain", sender)
        if has_tls:
            self.assertIsNotNone(self.assert_delivered("secure", sender).tls)
        else:
            self.assertEqual(self.outcome_of(cases.BY_NAME["secure"], sender).status, outcome.DEFERRED)

    def test_check_says_what_postfix_really_does(self):
        """The findings about routing and levels, each seen in a delivery: mail to a domain whose agreement refuses it."""
        self.connect()
        connected = self.save("connected")
        open_host = cases.BY_NAME["plain"].host    # offers no TLS
        gate = f"[{open_host}]"
        for name, settings, receiver in (
                ("the agreement holds", (), None),
                ("a level of none does not undo it", ("smtp_tls_security_level=none",), None),
                ("a relayhost", (f"relayhost={gate}",), open_host),
                ("a default transport", (f"default_transport=smtp:{gate}",), open_host),
                ("a fallback relay", (f"smtp_fallback_relay={gate}",), open_host),
                ("a map that is asked before", ("smtp_tls_policy_maps=inline:{secure-wrong-name.test=may},"
                                                " cdb:/var/lib/tlspact/postfix/tls_policy",), "mx.secure-wrong-name.test")):
            with self.subTest(name):
                self.restore(connected)
                for setting in settings:
                    self.root.run("postconf", "-e", setting)
                self.mta.start()
                case = cases.BY_NAME["secure-wrong-name"]
                sender = f"{name.replace(' ', '-')}@lab.test"
                self.mta.send(sender, case.recipient)
                self.mta.wait_for(sender, case.recipient)
                self.mta.stop()
                taken = [mail.receiver for mail in self.world.mails.of(sender) if mail.text is not None]
                self.assertEqual(taken, [receiver] if receiver else [])

    def test_init_puts_our_map_behind_the_administrators_own(self):
        main = self.root / TEST_MAIN
        mine = main.read_text(encoding="utf-8") + ("smtp_tls_policy_maps =\n    # mine\n    texthash:/etc/postfix/mine,\n"
                                                   "    texthash:/etc/postfix/other\nlast = 1\n")
        main.write_text(mine, encoding="utf-8")
        for name in ("mine", "other"):
            self.root.write(f"etc/postfix/{name}", "")
        self.connect()
        self.assertIn("    # mine\n    texthash:/etc/postfix/mine,\n    texthash:/etc/postfix/other, "
                      "cdb:/var/lib/tlspact/postfix/tls_policy\nlast = 1\n", main.read_text(encoding="utf-8"))
        self.tlspact("init", "--undo")
        self.assertEqual(main.read_text(encoding="utf-8"), mine)

    def test_init_of_every_instance(self):
        self.root.run("postmulti", "-e", "init")
        self.root.run("postmulti", "-I", "postfix-out", "-e", "create")
        self.root.run("postconf", "-c", "/etc/postfix-out", "-e", "authorized_submit_users=root")
        self.root.run("postmulti", "-i", "postfix-out", "-e", "enable")
        for directory in ("etc/postfix-out", "var/spool/postfix-out", "var/lib/postfix-out"):
            self.addCleanup(lambda place: self.root.run("rm", "-rf", f"/{place}"), directory)
        before = self.root.read("etc/postfix-out/main.cf")
        self.connect()
        self.assertIn("smtp_tls_policy_maps", self.root.read("etc/postfix-out/main.cf"))
        self.tlspact("check")
        self.root.run("postconf", "-c", "/etc/postfix-out", "-e", "smtp_tls_policy_maps=")
        found = self.expect_finding("does not name the map", "tlspact init --apply", "alert")
        self.assertEqual(found["subject"], "Postfix (/etc/postfix-out)")
        self.tlspact("init", "--apply")
        self.tlspact("check")
        self.tlspact("init", "--undo")
        self.assertEqual(self.root.read("etc/postfix-out/main.cf"), before)

    def test_init_undo_keeps_what_was_edited_since(self):
        main = self.root / TEST_MAIN
        before = main.read_text(encoding="utf-8")
        self.connect()
        edited = main.read_text(encoding="utf-8").replace("biff = no", "biff = yes")
        main.write_text(edited, encoding="utf-8")
        self.assertIn("which is kept", self.tlspact("init", "--undo"))
        self.assertEqual(main.read_text(encoding="utf-8"), before.replace("biff = no", "biff = yes"))

    def test_init_apply_after_an_edit_can_still_be_undone_without_losing_it(self):
        main = self.root / TEST_MAIN
        before = main.read_text(encoding="utf-8")
        self.connect()
        main.write_text(main.read_text(encoding="utf-8").replace("biff = no", "biff = yes"), encoding="utf-8")
        self.root.run("postconf", "-e", "smtp_tls_policy_maps=texthash:/etc/postfix/mine")    # over a line of ours
        self.root.write("etc/postfix/mine", "")
        self.tlspact("init", "--apply")
        self.assertIn("texthash:/etc/postfix/mine, cdb:", main.read_text(encoding="utf-8"))
        self.tlspact("init", "--undo")
        after = main.read_text(encoding="utf-8")
        self.assertIn("biff = yes", after)
        self.assertIn("smtp_tls_policy_maps = texthash:/etc/postfix/mine\n", after)
        for line in before.splitlines():
            self.assertIn(line.replace("biff = no", "biff = yes"), after)
        self.assertNotIn("tlspact/postfix", after)
        self.assertNotIn("smtp_tls_CAfile", after)

    def test_init_undo_takes_our_map_out_of_a_list_that_was_edited(self):
        self.connect()
        ours = "cdb:/var/lib/tlspact/postfix/tls_policy"
        self.root.run("postconf", "-e", f"smtp_tls_policy_maps=texthash:/etc/postfix/a, {ours}, texthash:/etc/postfix/b")
        self.assertIn("which is kept", self.tlspact("init", "--undo"))
        self.assertEqual(self.root.run("postconf", "-h", "smtp_tls_policy_maps").strip(),
                         "texthash:/etc/postfix/a, texthash:/etc/postfix/b")

    def test_init_that_the_server_refuses_is_put_back(self):
        self.tlspact("generate")
        before = self.snapshot()
        path = self.wrapper("postfix", 'grep -q tls_policy_maps /etc/postfix/main.cf && case "$*" in *check*) '
                                       'echo "postfix: fatal: no" >&2; exit 1;; esac')
        self.assertIn("the configuration is as before", self.tlspact("init", "--apply", expect=74, path=path))
        self.assertEqual(self.snapshot(), before)
        self.assertIn("nothing to undo", self.tlspact("init", "--undo"))

    def test_init_of_a_server_that_is_broken_already_changes_nothing(self):
        self.tlspact("generate")
        before = self.identities()
        path = self.wrapper("postfix", 'case "$*" in *check*) echo "postfix: fatal: bad" >&2; exit 1;; esac')
        self.assertIn("nothing was changed", self.tlspact("init", "--apply", expect=74, path=path))
        self.assertEqual(self.identities(), before)

    def test_init_never_names_a_ca_file_that_is_not_there(self):
        """Postfix would switch TLS off."""
        self.tlspact("generate")
        before = self.identities()
        ca_file = self.root / generator.CA_FILE.lstrip("/")
        kept = ca_file.rename(ca_file.with_suffix(".kept"))
        self.addCleanup(kept.rename, ca_file)
        self.assertIn("Postfix would switch TLS off", self.tlspact("init", "--apply", expect=66))
        self.assertEqual(self.identities(), before)

    def test_init_does_not_silence_a_per_site_table(self):
        self.tlspact("generate")
        self.root.run("postconf", "-e", "smtp_tls_per_site=texthash:/etc/postfix/main.cf")
        if not self.root.run("postconf", "-h", "smtp_tls_per_site").strip():
            self.skipTest("this version has no smtp_tls_per_site")
        before = self.identities()
        self.assertIn("smtp_tls_per_site", self.tlspact("init", "--apply", expect=78))
        self.assertEqual(self.identities(), before)

    def test_init_reloads_a_server_that_runs(self):
        self.tlspact("generate")
        self.start_and_stop()
        self.tlspact("init", "--apply")
        # The command has returned; its server says so when it has the signal.
        until(lambda: "reload -- version" in self.root.read("var/log/postfix.log"), "the reload in Postfix's log")
