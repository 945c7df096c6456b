# SPDX-License-Identifier: MIT
"""tlspact generate as on the mail server's own machine: it asks the server what it is, and has it confirm."""

import os
import pathlib
import re
import shutil
import subprocess

CONFIG = """
[dane]
enabled = false

[mta_sts]
enabled = false

[service]
state_dir = "{state}"

[agreements]
directory = "{agreements}"

[postfix]
{postfix}
"""

AGREEMENTS = """
[[agreement]]
partner = "Partner"
domains = ["partner.test"]
level   = "secure"
mx      = ["mx.partner.test"]

[[agreement]]
partner = "Signed"
domains = ["signed.test"]
level   = "dane-only"
"""


class InstallTests:
    """For a subclass of MtaTest. `programs` are the server's own, run in its root by small wrappers in PATH."""

    programs = ()

    def setUp(self):
        work = self.lab.work / f"{type(self).__name__}-{self._testMethodName}"
        self.state, self.tools, self.agreements = work / "state", work / "tools", work / "agreements.d"
        for directory in (self.state, self.tools, self.agreements, self.root / work):
            directory.mkdir(parents=True)
        # The same path inside and outside, as on one machine.
        subprocess.run(["mount", "--bind", work, self.root / work], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.root / work], check=True)
        for program in self.programs:
            self.wrap(program)
        (self.agreements / "a.toml").write_text(AGREEMENTS, encoding="utf-8")
        self.config = work / "tlspact.toml"
        self.configure()

    def wrap(self, program, before=""):
        """Puts a program of the root into PATH; `before` is shell that runs first. PATH holds inside the root too,
        hence the full path."""
        wrapper = self.tools / program
        wrapper.write_text(f'#!/bin/sh\necho "$0 $*" >> {self.tools}/log\n{before}\n'
                           f'exec chroot {self.root.path} /usr/sbin/{program} "$@"\n', encoding="utf-8")
        wrapper.chmod(0o755)

    def configure(self, postfix=""):
        """Writes the configuration; everything that it does not say is asked of the server."""
        self.config.write_text(CONFIG.format(state=self.state, agreements=self.agreements, postfix=postfix),
                               encoding="utf-8")

    def on_machine(self, *arguments, expect=0):
        """Runs the program as on the server's machine."""
        done = subprocess.run([self.lab.tlspact.program, "--config", self.config, *arguments], check=False,
                              capture_output=True, text=True, timeout=120,
                              env=dict(os.environ, PATH=f"{self.tools}:{os.environ['PATH']}"))
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def log(self):
        """Which programs of the server were run."""
        return (self.tools / "log").read_text(encoding="utf-8")

    def lines(self):
        """What the installed policy says, by the program's own lookup."""
        return self.on_machine("lookup", "partner.test")


class PostfixInstallTests(InstallTests):
    """With Postfix."""

    programs = ("postconf", "postmap", "postfix")

    def setUp(self):
        super().setUp()
        # What postconf says, with the one path in it that tlspact looks at as it is seen from outside of the root.
        self.wrap("postconf", f'chroot {self.root.path} /usr/sbin/postconf "$@" |'
                              f" sed 's|^smtp_tls_CAfile = /|&{str(self.root.path)[1:]}/|'; exit")

    def test_install_follows_what_postconf_says_and_postmap_confirms(self):
        self.on_machine("generate")
        value = self.mta.query_all(["partner.test"], f"cdb:{self.state}/postfix/tls_policy")["partner.test"]
        self.assertEqual(self.lines(), f"OK {value}\n")
        self.assertTrue(value.startswith("secure match=mx.partner.test "), value)
        binds = tuple(int(part) for part in self.mta.version.split(".")) >= (3, 10, 5)
        self.assertEqual("mx_host_pattern=mx.partner.test" in value, binds)
        self.assertIn(f"postmap -q partner.test cdb:{self.state}/postfix/tls_policy", self.log())
        self.assertNotIn("reload", self.log())

    def test_install_without_dnssec_writes_no_dane(self):
        said = self.on_machine("generate")
        self.assertIn("smtp_dns_support_level is not dnssec", said)
        self.assertTrue(self.on_machine("lookup", "signed.test").startswith("OK encrypt"))

    def test_install_without_a_ca_store_writes_encrypt(self):
        self.wrap("postconf", 'case "$*" in *CAfile*) chroot %s /usr/sbin/postconf "$@" | grep -v CAfile; exit;; esac'
                  % self.root.path)
        said = self.on_machine("generate")
        self.assertIn("no usable CA store", said)
        self.assertTrue(self.lines().startswith("OK encrypt"))

    def test_install_of_a_text_table_reloads(self):
        self.configure('types = ["texthash"]')
        self.on_machine("generate")
        self.assertIn("postfix reload", self.log())
        before = self.log().count("postfix reload")
        self.on_machine("generate")
        self.assertEqual(self.log().count("postfix reload"), before, "reloaded though nothing had changed")

    def test_the_unit_that_reloads_for_a_service_without_root(self):
        """systemd does not run here: its commands are run."""
        unit = (pathlib.Path(__file__).parents[2] / "systemd/tlspact-postfix-reload.service").read_text(encoding="utf-8")
        commands = re.findall(r"^ExecStart=-?(.*)$", unit, re.M)
        self.assertEqual(commands[-1], "/usr/sbin/postfix reload")
        wish = self.root / "var/lib/tlspact/reload-postfix"
        wish.parent.mkdir(parents=True, exist_ok=True)
        wish.touch()
        since = len(self.mta.log_bytes())
        for command in commands:
            self.root.run(*command.split())
        self.assertFalse(wish.exists())
        self.assertIn("refreshing the Postfix mail system", self.mta.log_bytes(since).decode())

    def test_install_that_the_server_does_not_confirm_is_an_error(self):
        self.wrap("postmap", 'case "$1" in -q) echo "something else"; exit 0;; esac')
        for _ in range(2):
            self.assertIn("does not read the new entry", self.on_machine("generate", expect=74))
            self.assertEqual(list((self.state / "postfix").iterdir()), [])

    def test_install_is_confirmed_though_postmap_warns(self):
        """Of a parameter that main.cf sets twice, for example."""
        self.on_machine("generate")
        self.wrap("postmap", 'echo "postmap: warning: overriding earlier entry" >&2')
        (self.agreements / "a.toml").write_text(AGREEMENTS.replace("partner.test", "partner.example"), encoding="utf-8")
        self.on_machine("generate")
        self.assertEqual(self.mta.query_all(["partner.test"], f"cdb:{self.state}/postfix/tls_policy"), {})

    def test_install_of_every_table_type_in_any_order(self):
        for types in (["texthash", "hash", "cdb", "lmdb"], ["hash", "texthash"], ["texthash", "hash"]):
            with self.subTest(types):
                shutil.rmtree(self.state / "postfix", ignore_errors=True)
                self.configure(f"types = {types}".replace("'", '"'))
                self.on_machine("generate")
                for table_type in types:
                    found = self.mta.query_all(["partner.test"], f"{table_type}:{self.state}/postfix/tls_policy")
                    self.assertIn("partner.test", found, table_type)

    def test_check_names_a_table_type_that_is_not_there(self):
        self.configure('types = ["lmdb"]')
        self.wrap("postconf", 'case "$1" in -m) echo cdb; exit;; esac')
        self.assertIn("postfix-lmdb", self.on_machine("check", expect=1))

    def test_install_that_cannot_be_reloaded_puts_the_old_map_back(self):
        self.configure('types = ["texthash"]')
        self.on_machine("generate")
        before = (self.state / "postfix/tls_policy").read_text(encoding="utf-8")
        (self.agreements / "b.toml").write_text(AGREEMENTS.replace(".test", ".example"), encoding="utf-8")
        self.wrap("postfix", 'case "$1" in reload) echo "postfix: fatal: no" >&2; exit 1;; esac')
        for _ in range(2):
            self.assertIn("the previous maps are back", self.on_machine("generate", expect=74))
            self.assertEqual((self.state / "postfix/tls_policy").read_text(encoding="utf-8"), before)

    def test_a_server_that_cannot_be_asked_is_an_error_and_nothing_is_written(self):
        self.wrap("postconf", "echo 'postconf: fatal: bad main.cf' >&2; exit 1")
        self.assertIn("bad main.cf", self.on_machine("generate", expect=74))
        self.assertFalse((self.state / "postfix").exists())


class EximInstallTests(InstallTests):
    """With Exim."""

    programs = ("exim4",)

    def test_install_is_confirmed_by_exim(self):
        self.on_machine("generate")
        self.assertIn("exim4 -be ${lookup{", self.log())
        value = self.root.run("exim4", "-be", "${lookup{partner.test}cdb{%s/exim/tls_policy.cdb}{$value}{none}}"
                              % self.state).strip()
        self.assertTrue(value.startswith("level=secure mxre="), value)
        self.assertEqual(self.on_machine("lookup", "--exim", "partner.test"), value + "\n")

    def test_install_that_exim_does_not_confirm_is_an_error(self):
        self.wrap("exim4", 'case "$1" in -be) echo "something else"; exit 0;; esac')
        self.assertIn("does not read the new entry", self.on_machine("generate", expect=74))
