# SPDX-License-Identifier: MIT
"""tlspact generate, as an administrator runs it."""
import fcntl
import json
import os
import pathlib
import unittest

from machine import Machine, utc

EXIM_MAP = "/var/lib/tlspact/exim/tls_policy.cdb"


class GenerateTest(unittest.TestCase):
    def setUp(self):
        self.machine = self.enterContext(Machine())

    def generate(self, *arguments, expect=0):
        result = self.machine.run("generate", *arguments)
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result

    def test_what_an_expired_list_takes_from_an_agreement_is_told_with_its_cause(self):
        self.generate()
        self.machine.sign(self.machine.sample_list(timestamp=utc(-0.9), expires=utc(-0.01)))
        said = self.generate().stderr
        self.assertRegex(said, r"clinic\.example.*less strict than before: encrypt instead of secure by agreement "
                               r"\(it asks for less now, or list community does: it has expired\)")

    def test_without_a_service_alerts_are_told_once_and_kept(self):
        told = self.machine.path("/told")
        program = self.machine.path("/page")
        program.write_text(f"#!/bin/sh\ncat >> {told}\n")
        program.chmod(0o755)
        bad = self.machine.agreements / "bad.toml"
        bad.write_text("nonsense = 1\n")
        self.machine.configure(extra=f'\n[alert]\ncommand = "{program}"\n')
        for _ in range(2):
            self.assertEqual(self.machine.run("generate").returncode, 65)
        events = [json.loads(each) for each in told.read_text().splitlines()]
        self.assertEqual([each["event"] for each in events], ["began"])
        self.assertIn("bad.toml", events[0]["subject"] + events[0]["text"])
        said = self.machine.run("status")
        self.assertEqual((said.returncode, "bad.toml" in said.stdout), (1, True), said.stdout)
        bad.unlink()
        self.machine.run("generate")
        said = self.machine.run("status")
        self.assertEqual(said.returncode, 0, said.stdout)
        self.assertIn("not by the last run", said.stdout)

    def test_list_and_agreements_become_maps(self):
        self.generate()
        lines = self.machine.lines()
        self.assertEqual(lines["university.example"],
                         "secure match=mail.university.example servername=hostname "
                         "protocols=>=TLSv1.2")
        self.assertEqual(lines["[relay.provider.example]:587"],
                         "secure match=relay.provider.example servername=hostname "
                         "protocols=>=TLSv1.2")
        self.assertIn(".acme.example", lines)
        self.assertNotIn("newcomer.example", lines)
        self.assertTrue(self.machine.path(EXIM_MAP).stat().st_size > 2048)

    def test_a_second_run_changes_nothing(self):
        self.generate()
        before = self.machine.map.stat()
        result = self.generate()
        self.assertIn("unchanged", result.stdout)
        after = self.machine.map.stat()
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))

    def test_the_same_input_gives_the_same_bytes(self):
        self.generate()
        first = self.machine.map.read_bytes()
        self.machine.map.unlink()
        self.generate()
        self.assertEqual(first, self.machine.map.read_bytes())

    def test_check_writes_nothing_and_tells_by_its_exit_code(self):
        self.generate("--check", expect=1)
        self.assertFalse(self.machine.path("/var").exists())
        self.generate()
        self.generate("--check")
        (self.machine.agreements / "bank.toml").unlink()
        before = self.machine.map.read_bytes()
        self.generate("--check", expect=1)
        self.assertEqual(before, self.machine.map.read_bytes())

    def test_diff_shows_the_rows(self):
        self.generate()
        (self.machine.agreements / "bank.toml").unlink()
        result = self.generate("--diff", expect=1)
        self.assertIn("\n-acme.example secure ", result.stdout)
        self.assertIn("acme.example", self.machine.lines())

    def test_output_is_a_destdir_and_touches_nothing_else(self):
        out = self.machine.path("/out")
        self.generate("--output", str(out))
        inside = out / str(self.machine.map).lstrip("/")
        self.assertTrue(inside.exists())
        self.assertFalse(self.machine.path("/var").exists())

    def test_at_decides_as_of_that_time(self):
        out = self.machine.path("/out")
        self.generate("--output", str(out), "--at", utc(30))
        text = (out / str(self.machine.text_map).lstrip("/")).read_text()
        self.assertNotIn("university.example", text)
        self.assertIn("acme.example", text)
        self.assertIn("only with", self.machine.run("generate", "--help").stdout)
        self.generate("--at", utc(), expect=64)

    def test_an_expired_list_stops_enforcing_and_says_so(self):
        self.machine.sign(self.machine.sample_list(utc(-20), utc(-6)))
        result = self.generate()
        self.assertIn("alert: list community: expired on", result.stderr)
        self.assertNotIn("university.example", self.machine.lines())
        # What it had composed into an agreement is gone too, the agreement stays.
        self.assertEqual(self.machine.lines()["clinic.example"], "encrypt protocols=>=TLSv1.2")

    def test_a_list_that_expires_removes_its_entries_from_the_maps(self):
        self.generate()
        self.assertIn("university.example", self.machine.lines())
        self.machine.sign(self.machine.sample_list(utc(-0.5), utc(-0.1)))
        self.generate()
        self.assertNotIn("university.example", self.machine.lines())

    def test_early_adopters_enforce_what_is_testing(self):
        text = self.machine.config.read_text()
        self.machine.config.write_text(text.replace("[[list]]", "[[list]]\nearly_adopter = true"))
        self.generate()
        self.assertIn("newcomer.example", self.machine.lines())

    def test_a_refused_list_keeps_the_last_good_one(self):
        self.generate()
        before = self.machine.map.read_bytes()
        good = self.machine.list.read_text()
        other = self.machine.new_key("Somebody else <else@lists.example>")

        def changed_byte():
            self.machine.list.write_text(good.replace("bigmail.test", "bigmail.tesu"))

        def another_key():
            self.machine.sign(good, other)

        def no_signature():
            pathlib.Path(f"{self.machine.list}.asc").unlink()

        def signature_of_another_file():
            self.machine.sign(good + " ")
            self.machine.list.write_text(good)

        def older():
            self.machine.sign(self.machine.sample_list(utc(-3), utc(11)))

        def from_the_future():
            self.machine.sign(self.machine.sample_list(utc(2), utc(16)))

        for break_it in (changed_byte, another_key, no_signature, signature_of_another_file,
                         older, from_the_future):
            with self.subTest(break_it.__name__):
                self.machine.sign(good)
                break_it()
                result = self.generate(expect=65)
                self.assertIn("alert: list community: refused", result.stderr)
                self.assertIn("stays", result.stderr)
                self.assertEqual(before, self.machine.map.read_bytes())

    def test_a_bad_agreement_file_keeps_its_last_good_version(self):
        self.generate()
        bank = self.machine.agreements / "bank.toml"
        bank.write_text(bank.read_text().replace('level     = "secure"', 'level = "secured"'))
        (self.machine.agreements / "clinic.toml").unlink()
        result = self.generate(expect=65)
        self.assertRegex(result.stderr, r"bank\.toml:5:\d+: level must be")
        self.assertIn("acme.example", self.machine.lines())

    def test_without_anything_good_what_is_good_is_installed(self):
        self.machine.list.write_text("{}")
        result = self.generate(expect=65)
        self.assertIn("there is no earlier good list", result.stderr)
        self.assertIn("acme.example", self.machine.lines())

    def test_secure_that_names_nothing_is_refused_but_tls_is_required(self):
        (self.machine.agreements / "x.toml").write_text(
            '[[agreement]]\npartner = "X"\ndomains = ["x.example"]\nlevel = "secure"\n')
        result = self.generate(expect=65)
        self.assertIn("x.toml:3:12", result.stderr)
        self.assertEqual(self.machine.lines()["x.example"], "encrypt protocols=>=TLSv1.2")

    def test_a_list_that_cannot_be_fetched_and_never_was_is_69(self):
        text = self.machine.config.read_text()
        self.machine.config.write_text(
            text.replace(str(self.machine.list) + '"\nsignature', 'https://127.0.0.1:1/l"\nsignature'))
        result = self.generate(expect=69)
        self.assertIn("cannot be fetched", result.stderr)
        self.assertIn("acme.example", self.machine.lines())

    def test_a_remote_fault_with_a_last_good_list_is_a_warning(self):
        self.generate()
        text = self.machine.config.read_text()
        self.machine.config.write_text(
            text.replace(str(self.machine.list) + '"\nsignature', 'https://127.0.0.1:1/l"\nsignature'))
        result = self.generate()
        self.assertIn("warning: list community: cannot be fetched", result.stderr)
        self.assertIn("university.example", self.machine.lines())

    def test_a_list_is_forgotten_with_its_configuration(self):
        self.generate()
        text = self.machine.config.read_text()
        begin, end = text.index("[[list]]"), text.index("[postfix]")
        self.machine.config.write_text(text[:begin] + text[end:])
        self.generate()
        self.assertNotIn("university.example", self.machine.lines())

    def test_a_withdrawn_agreement_is_said(self):
        self.generate()
        (self.machine.agreements / "bank.toml").unlink()
        result = self.generate()
        self.assertIn("acme.example: the agreement in bank.toml was withdrawn", result.stderr)
        self.assertEqual(self.generate().stderr, "")

    def test_many_withdrawn_agreements_are_said_in_a_few_lines(self):
        directory = self.machine.agreements
        for n in range(40):
            (directory / f"p{n}.toml").write_text(
                f'[[agreement]]\npartner = "P {n}"\ndomains = ["d{n:02}.example"]\nlevel = "encrypt"\n')
        self.generate()
        for n in range(40):
            (directory / f"p{n}.toml").unlink()
        said = self.generate().stderr
        self.assertIn("d00.example, d01.example, d02.example and 37 more: is less strict than before: no "
                      "entry instead of encrypt by agreement (the agreement on it is gone)", said)
        self.assertIn("and 37 more: the agreement on it was withdrawn", said)
        self.assertLess(len(said.splitlines()), 5, said)

    def test_a_partner_does_not_go_with_another_that_moved(self):
        bank = self.machine.agreements / "bank.toml"
        clinic = (self.machine.agreements / "clinic.toml").read_text()
        (self.machine.agreements / "clinic.toml").unlink()
        both = bank.read_text() + clinic
        bank.write_text(both)
        self.generate()
        # The clinic moves to a file of its own, and the bank's gets a typing mistake.
        (self.machine.agreements / "a.toml").write_text(clinic)
        bank.write_text(bank.read_text().replace("partner ", "parnter ", 1))
        for _ in range(2):
            self.generate(expect=65)
            self.assertIn("acme.example", self.machine.lines())
            self.assertIn("clinic.example", self.machine.lines())

    def test_two_maps_in_one_place_are_refused(self):
        text = self.machine.config.read_text()
        self.machine.config.write_text(text.replace("[exim]\n", '[exim]\nmap = "/x/m/tls_policy.cdb"\n')
                                       .replace("[postfix]\n", '[postfix]\nmap = "/x/m/tls_policy"\n'))
        self.assertIn("/x/m/tls_policy.cdb", self.generate(expect=78).stderr)

    def test_another_run_at_work_is_75(self):
        self.generate()
        with open(self.machine.path("/var/lib/tlspact/lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            result = self.generate(expect=75)
        self.assertIn("another run", result.stderr)

    def test_what_cannot_be_written_is_74_and_nothing_changes(self):
        self.generate()
        before = self.machine.map.read_bytes()
        exim = self.machine.path("/var/lib/tlspact/exim")
        for file in exim.iterdir():
            file.unlink()
        exim.rmdir()
        exim.write_text("not a directory")
        (self.machine.agreements / "clinic.toml").unlink()
        result = self.generate(expect=74)
        self.assertIn("exim", result.stderr)
        self.assertEqual(before, self.machine.map.read_bytes())
        self.assertEqual([f for f in os.listdir(self.machine.map.parent) if f[0] == "."], [])

    @unittest.skipUnless(os.geteuid() == 0, "only root can give directories away")
    def test_root_takes_the_identity_of_the_owner(self):
        state = self.machine.path("/var/lib/tlspact")
        state.mkdir(parents=True)
        os.chown(state, 65534, 65534)
        os.chmod(self.machine.root, 0o755)
        self.generate()
        for path in [self.machine.map, state / "tlspact.db", state / "lock"]:
            self.assertEqual(path.stat().st_uid, 65534, path)

    def test_modes_do_not_follow_the_umask(self):
        result = self.machine.run("generate", preexec_fn=lambda: os.umask(0o077))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.machine.map.stat().st_mode & 0o777, 0o644)
        self.assertEqual(self.machine.path(EXIM_MAP).parent.stat().st_mode & 0o777, 0o755)
        store = self.machine.path("/var/lib/tlspact/tlspact.db")
        self.assertEqual(store.stat().st_mode & 0o777, 0o640)

    def test_a_damaged_store_is_set_aside_and_the_run_goes_on(self):
        self.generate()
        store = self.machine.path("/var/lib/tlspact/tlspact.db")
        store.write_bytes(os.urandom(5000))
        result = self.generate()
        self.assertIn("set aside", result.stderr)
        self.assertIn("university.example", self.machine.lines())

    def test_an_lmdb_that_was_cut_off_is_written_again(self):
        self.machine.configure(types='["lmdb", "texthash"]')
        self.generate()
        table = self.machine.map.with_suffix(".lmdb")
        good = table.read_bytes()
        for size in (0, 100, 5000, len(good) - 4096, len(good) - 1):
            table.write_bytes(good[:size])
            self.generate("--check", expect=1)
            self.generate("--diff", expect=1)
            self.generate()
            self.assertEqual(table.read_bytes(), good)
            self.assertEqual([f for f in os.listdir(table.parent) if f[0] == "."], [])

    def test_json_is_one_document(self):
        document = self.machine.json("generate", "--diff")
        self.assertTrue(document["changed"])
        paths = {file["path"]: file for file in document["files"]}
        changes = paths[str(self.machine.map)]["changes"]
        self.assertIn("acme.example", [change["key"] for change in changes])


if __name__ == "__main__":
    unittest.main()
