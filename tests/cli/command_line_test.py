# SPDX-License-Identifier: MIT
"""The command line beside generate: exit codes, help, explain, lookup, check, init, list verify."""
import json
import pathlib
import sqlite3
import subprocess
import unittest

from machine import TLSPACT, Machine, utc


def tlspact(*arguments):
    return subprocess.run([TLSPACT, *arguments], check=False, capture_output=True, text=True,
                          timeout=60)


class UsageTest(unittest.TestCase):
    def test_help_and_version(self):
        result = tlspact("--help")
        self.assertEqual(result.returncode, 0)
        commands = ["generate", "explain", "lookup", "check", "init", "list verify", "manual"]
        for command in commands:
            self.assertIn(f"\n  {command} ", result.stdout)
            help_text = tlspact(*command.split(), "--help")
            self.assertEqual(help_text.returncode, 0, command)
            self.assertIn(f"Usage: tlspact {command}", help_text.stdout)
        self.assertRegex(tlspact("--version").stdout, r"^tlspact \d+\.\d+\.\d+\n$")

    def test_usage_errors_are_64_and_say_what_is_wrong(self):
        for arguments, word in [((), "Usage"), (("frobnicate",), "frobnicate"),
                                (("--frob",), "--frob"), (("explain",), "DOMAIN"),
                                (("explain", "a.example", "b.example"), "too many"),
                                (("generate", "--frob"), "frob"), (("--config",), "--config"),
                                (("explain", "--at", "yesterday", "a.example"), "yesterday"),
                                (("init", "--apply", "--undo"), "exclude"),
                                (("init", "--undo", "--output", "x"), "exclude"),
                                (("lookup", "--exim", "--postfix", "3.7.0", "a.example"), "exclude"),
                                (("list", "verify", "--key", "k", "l"), "--signature")]:
            result = tlspact(*arguments)
            self.assertEqual(result.returncode, 64, arguments)
            self.assertIn(word, result.stderr)
            self.assertEqual(result.stdout, "")

    def test_a_missing_configuration_that_was_named_is_66(self):
        self.assertEqual(tlspact("--config", "/nonexistent.toml", "check").returncode, 66)

    def test_errors_are_json_too(self):
        document = json.loads(tlspact("--json", "frobnicate").stdout)
        self.assertEqual(document["exit_code"], 64)

    def test_a_closed_output_is_an_error(self):
        result = subprocess.run(f"{TLSPACT} --help > /dev/full", shell=True, check=False,
                                stderr=subprocess.DEVNULL)
        self.assertEqual(result.returncode, 74)


class MachineTest(unittest.TestCase):
    def setUp(self):
        self.machine = self.enterContext(Machine())

    def run_ok(self, *arguments, expect=0):
        result = self.machine.run(*arguments)
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result.stdout

    def test_an_empty_configuration_runs(self):
        self.machine.config.write_text(
            f'[service]\nstate_dir = "{self.machine.root}/state"\n'
            f'[agreements]\ndirectory = "{self.machine.root}/none"\n')
        self.assertIn("there are no agreements", self.run_ok("check", expect=1))
        self.machine.path("/none").mkdir()
        self.run_ok("check")

    def test_configuration_errors_are_78_with_position_and_remedy(self):
        self.machine.config.write_text("[postfix]\nversoin = \"3.7\"\n")
        result = self.machine.run("check")
        self.assertEqual(result.returncode, 78)
        self.assertIn('tlspact.toml:2:1: unknown key "versoin", did you mean "version"?',
                      result.stderr)

    def test_explain_names_winner_and_losers(self):
        text = self.run_ok("explain", "clinic.example")
        self.assertIn("clinic.example: secure\n", text)
        self.assertIn("agreement University Clinic: in force", text)
        self.assertIn("list community: composed into the winner", text)
        document = self.machine.json("explain", "clinic.example")
        self.assertEqual([c["wins"] for c in document["candidates"]], [True, False])

    def test_explain_says_why_there_is_no_entry(self):
        self.assertIn("mode testing is accounted for", self.run_ok("explain", "newcomer.example"))
        self.assertIn("it has expired", self.run_ok("explain", "--at", utc(30), "university.example"))
        self.assertIn("No source says anything", self.run_ok("explain", "other.example"))

    def test_explain_of_a_covered_subdomain_shows_the_key_that_is_looked_up(self):
        self.assertIn("\n  .acme.example secure ", self.run_ok("explain", "x.acme.example"))

    def test_explain_takes_names_as_people_write_them(self):
        self.assertIn("university.example: secure", self.run_ok("explain", "University.Example."))
        self.assertIn("xn--bcher-kva.example: no entry", self.run_ok("explain", "Bücher.example"))
        self.run_ok("explain", "192.0.2.1", expect=65)
        self.run_ok("explain", "a b", expect=65)

    def test_lookup_is_the_map_line(self):
        self.run_ok("generate")
        for key, value in self.machine.lines().items():
            self.assertEqual(self.run_ok("lookup", key), f"OK {value}\n")
        for key in ["other.example", "x.acme.example", "newcomer.example", "[192.0.2.1]", ".com",
                    "b\u00fccher", "a b", ""]:
            self.assertEqual(self.run_ok("lookup", key, expect=1), "NOTFOUND \n", key)

    def test_lookup_names_the_parent_that_postfix_asks_for_next(self):
        (self.machine.agreements / "parent.toml").write_text(
            '[[agreement]]\npartner = "P"\ndomains = [".parent.example"]\nlevel = "encrypt"\n')
        said = self.machine.run("lookup", "sub.parent.example")
        self.assertEqual((said.returncode, said.stdout), (1, "NOTFOUND \n"))
        self.assertIn("tlspact lookup .parent.example", said.stderr)
        self.assertNotIn("parent", self.machine.run("lookup", "sub.nobody.example").stderr)

    def test_forgetting_what_is_not_known_is_1(self):
        said = self.machine.run("forget", "never.example")
        self.assertEqual((said.returncode, said.stdout), (1, "nothing is known of never.example\n"), said.stderr)

    def test_status_without_a_service_tells_of_no_service(self):
        self.machine.run("generate")
        status = self.machine.json("status")
        self.assertFalse(status["running"])
        self.assertNotIn("started", status)
        self.assertEqual([each["name"] for each in status["lists"]], ["community"])

    def test_check_says_what_the_last_run_noticed_and_it_cannot_see(self):
        self.machine.configure(extra='\n[alert]\ncommand = "/nonexistent/page"\n')
        self.machine.run("generate")
        database = self.machine.path("/var/lib/tlspact/tlspact.db")
        with sqlite3.connect(database) as sql:
            sql.execute("INSERT INTO alert VALUES ('x', 'DNS', 'no trust anchor', 1, 1, 0, 0)")
            sql.execute("INSERT INTO alert VALUES ('y', 'DNS', 'mended since', 1, 1, 0, 2)")
        said = self.machine.run("check")
        self.assertIn("no trust anchor (noticed by the run of", said.stdout)
        self.assertNotIn("mended since", said.stdout)
        self.assertIn("/nonexistent/page: No such file", said.stdout)
        self.assertEqual(said.returncode, 1)

    def test_lookup_by_version_and_for_exim(self):
        self.assertIn("protocols=!SSLv2",
                      self.run_ok("lookup", "--postfix", "3.5.0", "university.example"))
        self.assertIn("mx_host_pattern=mail.university.example",
                      self.run_ok("lookup", "--postfix", "3.10.13", "university.example"))
        self.assertTrue(self.run_ok("lookup", "--exim", "x.acme.example").startswith("level=secure "))
        self.assertEqual(self.run_ok("lookup", "--exim", "other.example", expect=1),
                         "level=default\n")

    def test_lookup_agrees_with_the_exim_map(self):
        out = self.machine.path("/out")
        self.run_ok("generate", "--output", str(out))
        rows = self.machine.json("generate", "--diff")["files"]
        exim = next(file for file in rows if file["mta"] == "Exim" and file["rows"])
        for change in exim["changes"]:
            if change["key"].startswith("."):
                continue
            found = self.machine.run("lookup", "--exim", change["key"]).stdout
            self.assertEqual(found, change["after"] + "\n")

    def test_check_changes_nothing_and_finds_what_cannot_be_expressed(self):
        self.run_ok("check")
        self.assertFalse(self.machine.path("/var").exists())
        bank = self.machine.agreements / "bank.toml"
        bank.write_text(bank.read_text() + 'client_certificate = "/nonexistent/us.pem"\n'
                        'client_key = "/nonexistent/us.key"\n')
        text = self.run_ok("check", expect=1)
        self.assertIn("/nonexistent/us.pem: the agreement names this file", text)
        self.assertIn("/nonexistent/us.pem", self.machine.run("generate", "--check").stderr)
        self.assertIn("Postfix cannot choose a client certificate", text)

    def test_check_of_a_bad_agreement_is_65(self):
        (self.machine.agreements / "x.toml").write_text("[[agreement]]\n")
        self.assertIn("x.toml:1:1: the agreement has no partner",
                      self.run_ok("check", expect=65))

    def test_init_prints_the_settings(self):
        text = self.run_ok("init")
        self.assertIn(f"smtp_tls_policy_maps = cdb:{self.machine.text_map}\n", text)
        self.assertIn("/etc/exim4/conf.d/router/190_tlspact", text)
        files = self.machine.json("init")["files"]
        self.assertEqual(len(files), 9)
        self.assertLess(len(text.splitlines()), 30, "nobody reads more")
        self.assertNotIn("smtpd_", text)

    def test_init_prints_what_agreements_on_mail_to_us_need(self):
        (self.machine.agreements / "in.toml").write_text(
            '[[agreement]]\npartner = "Lab"\ndomains = ["lab.example"]\nlevel = "encrypt"\n[agreement.inbound]\n'
            'networks = ["192.0.2.0/24"]\nrequire = "client-certificate"\n'
            f'fingerprints = ["sha256:{"ab" * 32}"]\n')
        text = self.run_ok("init")
        for line in ("smtpd_restriction_classes = tlspact_lab\n", "smtpd_tls_ask_ccert = yes\n",
                     "\nsmtpd_client_restrictions = check_client_access cidr:", "acl/51_tlspact_inbound"):
            self.assertIn(line, text)
        self.assertEqual(len(self.machine.json("init")["files"]), 13)

    def test_init_where_no_mail_server_is_says_so(self):
        said = self.run_ok("init", "--apply", expect=1)
        self.assertIn("neither Postfix nor Exim is installed here\n  remedy: ", said)
        self.assertIn("nothing to undo", self.run_ok("init", "--undo"))

    def test_list_verify_names_what_it_saw(self):
        arguments = ["list", "verify", "--signature", f"{self.machine.list}.asc", "--key",
                     str(self.machine.key), str(self.machine.list)]
        text = self.run_ok(*arguments)
        for word in ["signature  good", self.machine.fingerprint, "domains    5: 4 enforce, 1 testing",
                     "expires    "]:
            self.assertIn(word, text)
        self.run_ok(*arguments, "--at", utc(30), expect=1)
        self.run_ok("list", "verify", str(self.machine.list), expect=1)
        self.machine.list.write_text(self.machine.list.read_text() + " ")
        self.run_ok(*arguments, expect=65)
        self.run_ok("list", "verify", "/nonexistent", expect=66)

    def test_hostile_text_does_not_reach_the_terminal(self):
        text = self.machine.sample_list().replace("The community list", "\\u001b[31m\\nred")
        self.machine.sign(text)
        result = self.machine.run("list", "verify", str(self.machine.list))
        self.assertNotIn("\x1b", result.stdout + result.stderr)

    def test_binary_and_armored_keys_both_serve(self):
        binary = subprocess.run(["gpg", "--homedir", self.machine.home, "--export"], check=True,
                                capture_output=True).stdout
        pathlib.Path(self.machine.key).write_bytes(binary)
        self.run_ok("generate")


if __name__ == "__main__":
    unittest.main()
