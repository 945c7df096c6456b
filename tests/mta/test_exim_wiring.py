# SPDX-License-Identifier: MIT
"""tlspact init and check with Exim, in each way that its configuration is put together."""

import socket

import cases
import generator
from lab.exim import SINGLE_FILE, Exim
from lab.wait import until
from wiring_tests import InitTests, WiringTest

ANSWERS = "etc/exim4/update-exim4.conf.conf"
TEMPLATE = "etc/exim4/exim4.conf.template"
SINGLE = "etc/exim4/exim4.conf"
REBUILD = "update-exim4.conf"

# Change (shell, inside; the configuration is built anew behind it) -> what check says, the remedy, its severity.
BROKEN = {
    "no routers": ("rm /etc/exim4/conf.d/router/190_tlspact", "has no router tlspact_mx", "tlspact init --apply",
                   "alert"),
    "several domains at once": ("sed -i 's/multi_domain = false/multi_domain = true/'"
                                " /etc/exim4/conf.d/transport/25_tlspact", "has multi_domain = yes",
                                "init --apply puts the shipped transport back", "alert"),
    "connections used again": ("sed -i 's/connection_max_messages = 1/connection_max_messages = 10/'"
                               " /etc/exim4/conf.d/transport/25_tlspact", "has connection_max_messages = 10",
                               "init --apply puts the shipped transport back", "alert"),
    "no event": ("sed -i '/event_action/d' /etc/exim4/conf.d/transport/25_tlspact", "does not call the ACL",
                 "init --apply puts the shipped transport back", "alert"),
    "another map": ("sed -i 's|^TLSPACT_MAP = .*|TLSPACT_MAP = /etc/exim4/other.cdb|'"
                    " /etc/exim4/conf.d/main/000_tlspact_macros; cp /var/lib/tlspact/exim/tls_policy.cdb"
                    " /etc/exim4/other.cdb", "does not read /var/lib/tlspact/exim/tls_policy.cdb",
                    "tlspact init --apply", "alert"),
    "map gone": ("rm /var/lib/tlspact/exim/tls_policy.cdb", "tls_policy.cdb does not exist", "tlspact generate",
                 "alert"),
    "no_ca gone": ("rm /var/lib/tlspact/exim/no_ca.pem", "no_ca.pem does not exist", "tlspact generate", "alert"),
    "a router before": ("printf 'mine:\\n driver = dnslookup\\n domains = secure.test\\n transport = remote_smtp\\n'"
                        " > /etc/exim4/conf.d/router/120_mine", "the router mine takes its mail",
                        'add "domains = ! secure.test" to the router mine', "alert"),
    "what comes before": ("true", "routers asked before the policy: hubbed_hosts", "", "note"),
    "local addresses": ("echo 'TLSPACT_DRILL = 1' > /etc/exim4/conf.d/main/000_localmacros", "TLSPACT_DRILL is set",
                        "take TLSPACT_DRILL out", "warning"),
    "passwords in clear": ("printf 'mine:\\n driver = plaintext\\n public_name = PLAIN\\n"
                           " server_condition = yes\\n server_prompts = :\\n' > /etc/exim4/conf.d/auth/31_mine",
                           "the authenticator mine is offered without TLS", "auth_advertise_hosts = ${if eq", "warning"),
    "a smart host": ("sed -i \"s/configtype='internet'/configtype='smarthost'/\" /etc/exim4/update-exim4.conf.conf",
                     'of Debian\'s type "smarthost"', "dpkg-reconfigure exim4-config", "warning"),
    "partner's CA unreadable": (f"chmod 600 {cases.PARTNER_CA}", "cannot be read by Exim's user",
                                f"chmod 644 {cases.PARTNER_CA}", "alert"),
    "CA file gone": ("mv /etc/tlspact-test-ca.pem /etc/tlspact-test-ca.gone", "tlspact-test-ca.pem ([tls] ca_file)",
                     "put the CA file there", "alert"),
}


class EximWiringTest(WiringTest):
    """What the layouts share."""

    kind = "exim"
    trees = ("etc/exim4", "var/lib/exim4")
    apply_seconds = 0.6
    split = True

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        exim.configure_split()
        if not cls.split:
            text = root.read(ANSWERS).replace("use_split_config='true'", "use_split_config='false'")
            root.write(ANSWERS, text)
            root.run(REBUILD)
        return exim

    def start_and_stop(self):
        """Nothing runs between messages."""

    def assert_configuration_works(self):
        """What the server says of it, also if Debian builds it anew from what lies there now."""
        self.root.run("exim4", "-bV")
        self.root.run(REBUILD, "--check", "-o", "/tmp/checked")


class EximSplitWiringTest(InitTests, EximWiringTest):
    """dc_use_split_config='true'."""

    def test_check_names_each_fault_and_its_remedy(self):
        self.connect()
        connected = self.save("connected")
        mend = ("sh", "-c", f"chmod 644 {cases.PARTNER_CA}; ! [ -e /etc/tlspact-test-ca.gone ] ||"
                            " mv /etc/tlspact-test-ca.gone /etc/tlspact-test-ca.pem")
        self.addCleanup(self.root.run, *mend)
        for name, (change, text, remedy, severity) in BROKEN.items():
            with self.subTest(name):
                self.restore(connected)
                self.root.run(*mend)
                self.root.run("sh", "-ec", f"{change}; {REBUILD}")
                self.expect_finding(text, remedy, severity)
                if "init --apply" in remedy:
                    self.tlspact("init", "--apply")
                    self.assertFalse([each for each in self.findings() if text in each["text"]], name)

    def test_a_missing_ca_store_is_an_alert_and_defers_nobody_without_a_policy(self):
        """What asks for an authenticated host waits until the next run, which writes `encrypt`."""
        # Hosts that no other test here sends to: Exim remembers a host that refused.
        self.agree("match", "secure-wrong-name", "encrypt-self-signed")
        self.connect()
        ca_file = self.root / generator.CA_FILE
        self.addCleanup(ca_file.chmod, 0o644)
        self.addCleanup(ca_file.write_bytes, ca_file.read_bytes())
        ca_file.unlink()
        self.expect_finding("([tls] ca_file)", "put the CA file there", "alert")
        sender = "without-ca@lab.test"
        names = ("plain", "match", "encrypt-self-signed")
        self.mta.send(sender, *(cases.BY_NAME[case].recipient for case in names))
        self.assert_delivered("plain", sender)
        self.assert_refused("match", sender)
        self.assertIsNotNone(self.assert_delivered("encrypt-self-signed", sender).tls)
        self.assertIn("Exim has no usable CA store", self.tlspact("generate"))
        again = "without-ca-again@lab.test"
        self.mta.send(again, cases.BY_NAME["secure-wrong-name"].recipient)
        self.assertIsNotNone(self.assert_delivered("secure-wrong-name", again).tls)

    def test_init_with_a_smart_host_says_that_nothing_applies(self):
        self.root.write(ANSWERS, self.root.read(ANSWERS).replace("configtype='internet'", "configtype='smarthost'"))
        self.root.run(REBUILD)
        self.tlspact("generate")
        before = self.identities()
        said = self.tlspact("init", "--apply", expect=1)
        self.assertIn("nothing is changed", said)
        self.assertIn("dpkg-reconfigure exim4-config", said)
        self.assertNotIn("nothing to do", said)
        self.assertEqual(self.identities(), before)

    def test_init_that_the_server_refuses_is_put_back(self):
        self.tlspact("generate")
        before = self.snapshot()
        path = self.wrapper("exim4", 'exim=/usr/sbin/exim4; [ "$1" = -bV ] && '
                            '$exim -bP router tlspact_mx >/dev/null 2>&1 && { echo "no" >&2; exit 1; }')
        self.assertIn("the configuration is as before", self.tlspact("init", "--apply", expect=74, path=path))
        self.assertEqual(self.snapshot(), before)

    def test_init_of_a_broken_configuration_changes_nothing(self):
        self.tlspact("generate")
        self.root.write("var/lib/exim4/config.autogenerated", "nonsense\n")
        before = self.identities()
        self.assertIn("broken as it is", self.tlspact("init", "--apply", expect=78))
        self.assertEqual(self.identities(), before)
        self.expect_finding("its configuration is broken", "exim4 -bV", "alert")

    def test_init_undo_refuses_an_edited_file_of_ours(self):
        self.connect()
        ours = self.root / "etc/exim4/conf.d/router/190_tlspact"
        ours.write_text(ours.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
        before = self.identities()
        self.assertIn("move it away", self.tlspact("init", "--undo", expect=75))
        self.assertEqual(self.identities(), before)
        ours.unlink()
        self.tlspact("init", "--undo")

    def test_init_reloads_a_daemon_that_runs(self):
        self.tlspact("generate")
        with self.root.start("exim4", "-bdf", "-oX", "2525", "-oP", "/run/exim4/exim.pid") as daemon:
            try:
                # Exim 4.96 says "daemon started" before it waits for its first connection, and a SIGHUP between the two
                # is seen only when the wait ends: one that greets has come so far.
                until(self.is_greeted, "the daemon answers")
                self.tlspact("init", "--apply")
                until(lambda: "SIGHUP received: re-exec daemon" in self.root.read("var/log/exim4/mainlog"), "a reload")
            finally:
                daemon.kill()    # SIGTERM is lost in a daemon that is about to run itself anew

    @staticmethod
    def is_greeted():
        """Whether a daemon on port 2525 answers."""
        try:
            with socket.create_connection(("127.0.0.1", 2525), timeout=10) as connection:
                return connection.makefile("rb").readline().startswith(b"220 ")
        except OSError:
            return False


class EximTemplateWiringTest(InitTests, EximWiringTest):
    """dc_use_split_config='false', Debian's default."""

    split = False

    def test_init_makes_of_the_shipped_template_what_debians_program_makes(self):
        """The lab's own file in conf.d is not in the template: it is made anew first."""
        self.root.run("update-exim4.conf.template", "-r", "--nobackup")
        self.connect()
        ours = self.root.read(TEMPLATE)
        self.root.run("update-exim4.conf.template", "-r", "--nobackup")
        self.assertEqual(ours, self.root.read(TEMPLATE))

    def test_init_into_a_template_without_marks(self):
        lines = [line for line in self.root.read(TEMPLATE).splitlines() if not line.startswith("#")]
        self.root.write(TEMPLATE, "\n".join(lines) + "\n")
        self.root.run(REBUILD)
        before = self.snapshot()
        self.connect()
        said = self.tlspact("check")
        self.assertNotIn("alert", said)
        sender = self.send("secure", "secure-wrong-name")
        self.assert_delivered("secure", sender)
        self.assert_refused("secure-wrong-name", sender)
        self.tlspact("init", "--undo")
        self.assertEqual(self.snapshot(), before)

    def test_init_undo_keeps_what_was_edited_since(self):
        self.root.run("update-exim4.conf.template", "-r", "--nobackup")
        before = self.root.read(TEMPLATE)
        self.connect()
        self.root.write(TEMPLATE, self.root.read(TEMPLATE) + "# mine\n")
        self.assertIn("which is kept", self.tlspact("init", "--undo"))
        self.assertEqual(self.root.read(TEMPLATE), before + "# mine\n")


class EximOwnFileWiringTest(EximWiringTest):
    """/etc/exim4/exim4.conf, which replaces all of Debian's."""

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        exim.configure_single_file()
        return exim

    def test_init_leaves_an_administrators_file_alone_and_says_what_to_add(self):
        self.tlspact("generate")
        before = self.root.read(SINGLE)
        said = self.tlspact("init", "--apply", expect=1)
        self.assertEqual(self.root.read(SINGLE), before)
        for section in ("main", "acl", "routers", "transports"):
            self.assertIn(f"add the line: .include /etc/exim4/tlspact/{section}\n", said)
        self.expect_finding("has no router tlspact_mx", "tlspact init --apply", "alert")
        self.mta.configure_single_file({section: f"/etc/exim4/tlspact/{section}"
                                        for section in ("main", "acl", "routers", "transports")})
        self.assertIn("nothing to do", self.tlspact("init", "--apply"))
        self.tlspact("check")
        sender = self.send("secure", "secure-wrong-name")
        self.assert_delivered("secure", sender)
        self.assert_refused("secure-wrong-name", sender)
        trees = self.snapshot()
        self.assertIn("the configuration is as before", self.tlspact("init", "--undo", expect=74))
        self.assertEqual(self.snapshot(), trees)
        self.root.write(SINGLE, before)
        self.tlspact("init", "--undo")
        self.assertFalse((self.root / "etc/exim4/tlspact").exists())
