# SPDX-License-Identifier: MIT
"""tlspact drill: what the mail server of a machine really refuses, and that nothing of the machine is touched."""

import json
import os
import pathlib
import pty
import random
import shutil
import signal
import subprocess

import generator
import wiring_tests
from lab import dns
from lab.exim import Exim
from lab.postfix import Postfix
from lab.wait import until
from wiring_tests import WiringTest

BAD = {"no-starttls", "tls-required-no", "stripped", "starttls-454", "starttls-502", "expired", "wrong-name", "unknown-ca", "wrong-mx"}
EITHER = {"injection"}
GOOD = {"good-encrypt", "good-secure"}
DANE = {"tlsa-mismatch", "good-dane"}
IN_CLEAR = {"no-starttls", "tls-required-no", "stripped", "starttls-454", "starttls-502"}

# DANE levels are written, whatever the lab's resolver says of itself: so the drill's validates.
WITH_DANE = """
[postfix]
dane = true

[exim]
dane = true
"""


class DrillTest(WiringTest):
    """A server that tlspact init has wired."""

    places = ()    # what has to be byte for byte as before; paths inside

    # Those that hang on the server's version. The others are slow, and are tried on Debian 12 alone.
    everywhere = ("test_all_is_refused_that_must_be_and_good_ones_get_their_mail", "test_dane_where_it_is_done",
                  "test_without_the_map_it_shows_what_is_not_refused", "test_without_the_routers_it_shows_what_is_not_refused",
                  "test_levels_of_dane_without_dnssec", "test_a_header_that_switches_policies_off")

    def setUp(self):
        if self.lab.suite != "bookworm" and self._testMethodName not in self.everywhere:
            self.skipTest("tried on Debian 12")
        super().setUp()
        self.root.write("etc/resolv.conf", dns.RESOLV_CONF)
        self.root.write("etc/tlspact/tlspact.toml", wiring_tests.CONFIG)
        self.mounts = mounts()

    def drill(self, *arguments, expect=0):
        """Runs it; returns case -> what its JSON document says of it."""
        done = self.program.attempt("--json", "drill", *arguments)
        self.assertEqual(done.returncode, expect, f"{done.stdout}{done.stderr}")
        document = json.loads(done.stdout)
        self.assertEqual(document["as_expected"], expect == 0)
        self.assertEqual(len(document["servers"]), 1)
        return {case["case"]: case for case in document["servers"][0]["cases"]}

    def happened(self, cases, names):
        """What the drill saw for these cases, each once."""
        return {cases[name]["happened"] for name in names}

    def assert_wrong(self, cases, names, remedy):
        """Exactly these are not as expected, and each tells a remedy that begins so."""
        self.assertEqual({name for name, case in cases.items() if not case["as_expected"]}, set(names),
                         json.dumps(cases, indent=1))
        for name in names:
            told = [each["remedy"] for each in cases[name]["remedies"]]
            self.assertTrue(any(each.startswith(remedy) for each in told), cases[name])

    def whole(self):
        """Path -> identity, owner, mode, time and bytes of everything that a drill must not touch."""
        self.root.age_main_cf()    # as every command in the root does first
        out = {}
        for place in (*self.places, "etc/tlspact", "var/lib/tlspact", "var/log", "tmp"):
            for path in sorted((self.root / place).rglob("*")):
                status = path.lstat()
                data = path.read_bytes() if path.is_file() and not path.is_symlink() else None
                out[str(path)] = (status.st_ino, status.st_uid, status.st_gid, status.st_mode, status.st_mtime_ns, data)
        return out

    def assert_untouched(self, before):
        """All is as whole() said."""
        after = self.whole()
        self.assertEqual({path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}, set())

    def assert_nothing_is_left(self):
        """No process in another namespace than ours, no mount, no file."""
        self.assertEqual(processes_of_a_drill(), [])
        self.assertEqual(mounts(), self.mounts)
        self.assertEqual(list((self.root / "tmp").glob("tlspact-*")), [])

    def test_all_is_refused_that_must_be_and_good_ones_get_their_mail(self):
        self.connect()
        cases = self.drill()
        self.assertEqual(set(cases), BAD | EITHER | GOOD)
        self.assertLessEqual(self.happened(cases, BAD), {
            "refused, the message waits", "refused, the message went back to its sender"})
        self.assertEqual(self.happened(cases, BAD - {"starttls-502"}), {"refused, the message waits"})
        self.assertEqual(self.happened(cases, GOOD), {"delivered by TLS"})
        for name, word in self.reasons.items():
            self.assertIn(word, cases[name]["said"], cases[name])
        said = self.tlspact("drill")
        self.assertIn("12 of 12 cases as expected", said)
        self.assertIn("not tried: DANE (", said)

    def test_dane_where_it_is_done(self):
        self.root.write("etc/resolv.conf", dns.RESOLV_CONF.replace("options", "options trust-ad"))
        self.root.write("etc/tlspact/tlspact.toml", wiring_tests.CONFIG + WITH_DANE)
        self.let_do_dane()
        self.connect()
        cases = self.drill()
        self.assertEqual(set(cases), BAD | EITHER | GOOD | DANE)
        self.assertEqual(cases["tlsa-mismatch"]["happened"], "refused, the message waits")
        self.assertEqual(cases["good-dane"]["happened"], "delivered by TLS")

    def test_nothing_of_the_machine_is_touched(self):
        self.connect()
        self.run_beside()
        before = self.whole()
        self.drill()
        self.assert_untouched(before)
        self.assert_nothing_is_left()
        self.assert_still_runs()

    def test_an_end_by_a_signal_leaves_nothing(self):
        self.connect()
        self.run_beside()
        before = self.whole()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
            with self.start_drill() as running:
                until(self.drill_is_in_the_middle, "the drill is in the middle of it")
                running.send_signal(number)
                out, err = running.communicate(timeout=30)
            self.assertEqual(running.returncode, -number, f"{out}{err}")
            self.assertEqual(out, "")
            self.assert_nothing_is_left()
            self.assert_untouched(before)
        self.assert_still_runs()
        self.drill()

    def test_an_end_at_any_moment_leaves_nothing(self):
        self.connect()
        before = self.whole()
        moments = random.Random(2)
        for _ in range(10):
            with self.start_drill() as running:
                try:
                    running.wait(moments.uniform(0.0, 1.5))
                except subprocess.TimeoutExpired:
                    running.send_signal(signal.SIGTERM)
                running.communicate(timeout=30)
            self.assertIn(running.returncode, (0, -signal.SIGTERM))
            self.assert_nothing_is_left()
        self.assert_untouched(before)

    def test_killed_outright_it_leaves_an_empty_directory_and_no_process(self):
        self.connect()
        with self.start_drill() as running:
            until(self.drill_is_in_the_middle, "the drill is in the middle of it")
            running.kill()
            running.communicate(timeout=30)
        until(lambda: not processes_of_a_drill(), "the kernel ends all of the drill")
        left = list((self.root / "tmp").glob("tlspact-*"))
        self.assertEqual(len(left), 1)
        self.assertEqual(list(left[0].iterdir()), [])
        left[0].rmdir()

    def test_without_maps_it_says_so(self):
        done = self.program.attempt("drill")
        self.assertEqual(done.returncode, 66, done.stderr)
        self.assertIn("run tlspact generate first", done.stderr)
        self.assert_nothing_is_left()

    def test_where_namespaces_cannot_be_made_it_says_so(self):
        self.connect()
        for how in (("setpriv", "--bounding-set=-sys_admin"), ("setpriv", "--reuid=65534", "--clear-groups")):
            with self.subTest(how):
                chroot = self.program.command("drill")
                command = ["chroot", chroot[1], *how, *chroot[2:]]
                done = subprocess.run(command, env=self.program.environment(), cwd="/", capture_output=True, text=True,
                                      check=False, timeout=60)
                self.assertEqual(done.returncode, 69, done.stdout + done.stderr)
                self.assertIn("run tlspact drill as root", done.stderr)
        self.assert_nothing_is_left()

    def test_a_server_that_is_not_here(self):
        self.connect()
        other = {"postfix": "exim", "exim": "postfix"}[self.kind]
        self.assertIn("there is no mail server to drill", self.tlspact("drill", "--mta", other, expect=69))
        self.assertIn("--mta takes", self.tlspact("drill", "--mta", "sendmail", expect=64))
        self.drill("--mta", self.kind)

    def test_progress_is_for_terminals_alone(self):
        self.connect()
        self.assertEqual(self.program.attempt("drill").stderr, "")
        ours, theirs = pty.openpty()
        done = subprocess.run(self.program.command("drill"), env=self.program.environment(), cwd="/",
                              stdout=subprocess.PIPE, stderr=theirs, check=False, timeout=60)
        os.close(theirs)
        told = os.read(ours, 100000).decode()
        os.close(ours)
        self.assertEqual(done.returncode, 0)
        self.assertIn("step 1 of 24", told)
        self.assertTrue(told.endswith("\r\033[K"), told)

    def test_a_server_that_hangs_is_killed(self):
        self.connect()
        path = self.wrapper(self.hanging, f'case "$*" in {self.hanging_case}) sleep 1000;; esac')
        said = self.tlspact("drill", "--timeout", "3", expect=69, path=path)
        self.assertIn("still running after 3 s and was stopped", said)
        self.assert_nothing_is_left()

    def start_drill(self):
        """Its Popen."""
        return subprocess.Popen(self.program.command("drill"), env=self.program.environment(), cwd="/",
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


class PostfixDrillTest(DrillTest):
    """Debian's own master.cf, with its chroots."""

    kind = "postfix"
    trees = ("etc/postfix", "var/spool/postfix/etc")
    places = ("etc/postfix", "var/spool/postfix", "var/lib/postfix")
    reasons = {"no-starttls": "TLS is required, but was not offered", "starttls-454": "454",
               "expired": "not verified", "wrong-name": "not verified", "unknown-ca": "not verified"}
    hanging, hanging_case = "postfix", "*start"

    @classmethod
    def make_mta(cls, root):
        postfix = Postfix(root)
        postfix.configure("\n# the administrator's own words\nbiff = no\n")
        root.run("postfix", "check")
        return postfix

    def let_do_dane(self):
        """Postfix asks for DNSSEC."""
        self.root.run("postconf", "-e", "smtp_dns_support_level=dnssec")

    def run_beside(self):
        """The machine's own Postfix runs, with a message that waits."""
        self.root.run("postconf", "-e", "defer_transports=smtp")
        self.mta.start()
        self.addCleanup(self.mta.stop)
        self.mta.send("waits@lab.test", "someone@nowhere.test")
        until(lambda: self.mta.outcomes("waits@lab.test"), "the message is deferred")
        moving = [self.root / "var/spool/postfix" / name for name in ("maildrop", "incoming", "active")]
        until(lambda: not any(list(queue.iterdir()) for queue in moving), "the message lies in the queue")
        self.root.run("postconf", "-X", "defer_transports")

    def assert_still_runs(self):
        """It does, and has its message."""
        self.root.run("postfix", "status")
        self.assertTrue(self.mta.is_queued("waits@lab.test"))

    @staticmethod
    def drill_is_in_the_middle():
        """Its Postfix delivers."""
        return any(name == "smtp" for _, name in processes_of_a_drill())

    def test_without_the_map_it_shows_what_is_not_refused(self):
        self.connect()
        self.root.run("postconf", "-X", "smtp_tls_policy_maps")
        cases = self.drill(expect=1)
        self.assert_wrong(cases, BAD, "tlspact init --apply")
        self.assertEqual(self.happened(cases, IN_CLEAR), {"DELIVERED IN CLEAR"})
        self.assertEqual(self.happened(cases, BAD - IN_CLEAR), {"delivered by TLS"})
        said = self.tlspact("drill", expect=1)
        self.assertIn("remedy: tlspact init --apply (smtp_tls_policy_maps does not name the map of tlspact", said)
        self.assertIn("3 of 12 cases as expected", said)
        self.tlspact("init", "--apply")
        self.drill()

    def test_levels_of_dane_without_dnssec(self):
        self.root.write("etc/tlspact/tlspact.toml", wiring_tests.CONFIG + WITH_DANE)
        self.connect()
        cases = self.drill(expect=1)
        self.assert_wrong(cases, DANE, "postconf -e 'smtp_dns_support_level = dnssec' && postfix reload")
        self.assertEqual(self.happened(cases, DANE), {"never reached the receiver"})

    def test_a_header_that_switches_policies_off(self):
        """Postfix 3.10 and later obeys it, unless told not to."""
        self.connect()
        if not self.root.run("postconf", "tls_required_enable").strip():
            self.skipTest("this version does not know the header")
        self.root.run("postconf", "-e", "tls_required_enable=yes")
        cases = self.drill(expect=1)
        self.assert_wrong(cases, {"tls-required-no"}, "postconf -e 'tls_required_enable = no' && postfix reload")
        self.assertEqual(cases["tls-required-no"]["happened"], "DELIVERED IN CLEAR")

    def test_sending_from_the_machines_own_address(self):
        self.connect()
        run("ip", "addr", "add", "198.51.100.7/32", "dev", "lo")
        self.addCleanup(run, "ip", "addr", "del", "198.51.100.7/32", "dev", "lo")
        self.root.run("postconf", "-e", "smtp_bind_address=198.51.100.7")
        self.drill()

    def test_a_table_that_is_asked_before(self):
        self.connect()
        self.root.run("postconf", "-e", "smtp_tls_policy_maps=inline:{expired.drill.tlspact.invalid=may},"
                                        " cdb:/var/lib/tlspact/postfix/tls_policy")
        self.assertEqual(self.drill(expect=1)["expired"]["happened"], "delivered by TLS")

    def test_a_relay_host_takes_it_all(self):
        self.connect()
        self.root.run("postconf", "-e", "relayhost=[relay.test]:587")
        cases = self.drill(expect=1)
        self.assertEqual(self.happened(cases, BAD | EITHER | GOOD), {"never reached the receiver"})
        self.assertIn("[relay.test]:587", json.dumps(cases["good-secure"]["remedies"]))

    def test_a_ca_store_in_a_directory(self):
        self.root.run("postconf", "-e", "smtp_tls_CAfile=", "smtp_tls_CApath=/etc/cas")
        for directory in ("etc/cas", "var/spool/postfix/etc/cas"):
            (self.root / directory).mkdir()
            shutil.copyfile(self.root / generator.CA_FILE, self.root / directory / "some.pem")
            self.addCleanup(shutil.rmtree, self.root / directory)
        self.connect()
        self.root.run("postconf", "-e", "smtp_tls_CAfile=")
        self.drill()

    def test_no_ca_store(self):
        self.connect()
        self.root.run("postconf", "-e", "smtp_tls_CAfile=", "smtp_tls_CApath=")
        cases = self.drill(expect=1)
        wrong = {"expired", "wrong-name", "unknown-ca", "wrong-mx"}
        self.assertEqual({name for name, case in cases.items() if not case["as_expected"]} - {"wrong-mx"},
                         wrong - {"wrong-mx"})
        self.assertIn("smtp_tls_CAfile", json.dumps(cases["expired"]["remedies"]))

    def test_every_instance(self):
        self.root.run("postmulti", "-e", "init")
        self.root.run("postmulti", "-I", "postfix-out", "-e", "create")
        self.root.run("postmulti", "-i", "postfix-out", "-e", "enable")
        for directory in ("etc/postfix-out", "var/spool/postfix-out", "var/lib/postfix-out"):
            self.addCleanup(lambda place: self.root.run("rm", "-rf", f"/{place}"), directory)
        self.connect()
        self.root.run("postconf", "-c", "/etc/postfix-out", "-e", "smtp_tls_policy_maps=")
        document = json.loads(self.program.attempt("--json", "drill").stdout)
        self.assertEqual([server["mta"] for server in document["servers"]], ["Postfix", "Postfix (/etc/postfix-out)"])
        wrong = [[case["case"] for case in server["cases"] if not case["as_expected"]]
                 for server in document["servers"]]
        self.assertEqual(wrong[0], [])
        self.assertEqual(set(wrong[1]), BAD)


class EximDrillTest(DrillTest):
    """Debian's split configuration."""

    kind = "exim"
    trees = ("etc/exim4", "var/lib/exim4")
    places = ("etc/exim4", "var/lib/exim4", "var/spool/exim4")
    reasons = {"no-starttls": "a TLS session is required", "starttls-454": "TLS session",
               "wrong-mx": "no MX host of wrong-mx.drill.tlspact.invalid is allowed by its TLS policy"}
    hanging, hanging_case = "exim4", "-odf*"

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        exim.configure_split()
        return exim

    def let_do_dane(self):
        """It does."""

    def run_beside(self):
        """A message waits in the machine's own queue."""
        self.mta.send("waits@lab.test", "someone@nowhere.test", deliver=False)

    def assert_still_runs(self):
        """The message is there."""
        self.assertTrue(self.mta.is_queued("waits@lab.test"))

    @staticmethod
    def drill_is_in_the_middle():
        """Its Exim delivers."""
        return any(name == "exim4" for _, name in processes_of_a_drill())

    def test_without_the_routers_it_shows_what_is_not_refused(self):
        self.connect()
        self.root.run("rm", "/etc/exim4/conf.d/router/190_tlspact")
        self.root.run("update-exim4.conf")
        cases = self.drill(expect=1)
        self.assert_wrong(cases, BAD | EITHER, "tlspact init --apply")    # Exim gives up TLS where it is injected into
        self.assertEqual(self.happened(cases, IN_CLEAR | EITHER), {"DELIVERED IN CLEAR"})
        self.assertEqual(self.happened(cases, BAD - IN_CLEAR), {"delivered by TLS"})
        self.tlspact("init", "--apply")
        self.drill()

    def test_a_transport_that_does_not_require_tls(self):
        """Exim falls back to clear text where the certificate is refused."""
        self.connect()
        self.root.run("sed", "-i", "s/hosts_require_tls = .*/hosts_require_tls =/",
                      "/etc/exim4/conf.d/transport/25_tlspact")
        self.root.run("update-exim4.conf")
        cases = self.drill(expect=1)
        self.assertEqual({name for name, case in cases.items() if not case["as_expected"]},
                         (BAD | EITHER) - {"wrong-mx"})

    def test_a_smart_host_takes_it_all(self):
        self.connect()
        self.root.write("etc/exim4/update-exim4.conf.conf", self.root.read("etc/exim4/update-exim4.conf.conf").replace(
            "configtype='internet'", "configtype='smarthost'").replace("smarthost=''", "smarthost='relay.test'"))
        self.root.run("update-exim4.conf")
        cases = self.drill(expect=1)
        self.assertEqual(self.happened(cases, GOOD), {"never reached the receiver"})
        self.assertIn("dpkg-reconfigure exim4-config", json.dumps(cases["good-secure"]["remedies"]))


def run(*command):
    """Outside of the root."""
    subprocess.run(command, check=True)


def processes_of_a_drill():
    """(Number, name) of every process in a process namespace that is not this one's."""
    own = os.readlink("/proc/self/ns/pid")
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.readlink(entry / "ns/pid") != own:
                found.append((int(entry.name), (entry / "comm").read_text().strip()))
        except OSError:
            continue
    return found


def mounts():
    """Those of this mount namespace."""
    return pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
