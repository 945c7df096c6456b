# SPDX-License-Identifier: MIT
"""Generations, rollback, the guards and the shortcut for unchanged inputs, as an administrator meets them."""
import fcntl
import json
import os
import re
import unittest

from machine import Machine, utc

AGREEMENT = """
[[agreement]]
partner = "Another"
domains = ["{domain}"]
level   = "encrypt"
"""


class MachineTest(unittest.TestCase):
    """What the tests of a run share."""

    def setUp(self):
        self.machine = self.enterContext(Machine())
        self.history = self.machine.path("/var/lib/tlspact/history")

    def run_it(self, *arguments, expect=0):
        result = self.machine.run(*arguments)
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result.stdout + result.stderr

    def agree(self, domain):
        (self.machine.agreements / f"{domain}.toml").write_text(AGREEMENT.format(domain=domain))

    def numbers(self):
        return [each["number"] for each in self.machine.json("history")["generations"]]


class HistoryTest(MachineTest):
    """Generations and going back to one."""

    def test_every_install_that_changes_something_is_a_generation(self):
        self.assertIn("nothing was installed", self.run_it("history"))
        self.run_it("generate")
        self.run_it("generate")
        self.assertEqual(self.numbers(), [1])
        self.agree("one.example")
        self.run_it("generate")
        self.assertEqual(self.numbers(), [1, 2])
        said = self.run_it("history")
        self.assertRegex(said, r"(?m)^1  \d{4}-.*Z  generate, \d+ of \d+ files new$")
        generation = self.machine.json("history")["generations"][1]
        origins = {os.path.basename(each["path"]): each["origin"] for each in generation["files"]}
        self.assertEqual(origins["tls_policy.cdb"], 2)
        self.assertEqual(origins["no_ca.pem"], 1, "an unchanged file was copied")

    def test_rollback_puts_the_old_maps_back_and_holds_them(self):
        self.run_it("generate")
        before = self.machine.map.read_bytes()
        self.agree("one.example")
        self.run_it("generate")
        after = self.machine.map.read_bytes()
        self.assertIn("held at generation 1", self.run_it("rollback"))
        self.assertEqual(self.machine.map.read_bytes(), before)
        self.assertNotIn("one.example", self.machine.lines())
        for _ in range(2):
            self.assertIn("held at generation 1", self.run_it("generate"))
            self.assertEqual(self.machine.map.read_bytes(), before)
        self.assertIn("held", self.run_it("history"))
        self.assertEqual(self.machine.json("history")["held_at"], 1)
        self.run_it("rollback", "--release")
        self.run_it("rollback", "--release", expect=1)
        self.run_it("generate")
        self.assertEqual(self.machine.map.read_bytes(), after)
        self.assertEqual(self.numbers(), [1, 2, 3, 4])
        self.run_it("rollback", "2")
        self.assertEqual(self.machine.map.read_bytes(), after)

    def test_one_rollback_after_the_other_goes_further_back(self):
        for domain in ("one.example", "two.example", "three.example"):
            self.agree(domain)
            self.run_it("generate")
        self.assertIn("held at generation 2", self.run_it("rollback"))
        self.assertIn("held at generation 1", self.run_it("rollback"))
        self.assertIn("no earlier generation", self.run_it("rollback", expect=66))
        self.run_it("rollback", "2")
        self.run_it("rollback", "--release")
        self.assertIn("held at generation 1", self.run_it("rollback"), "what is in force is generation 2")

    def test_a_rollback_to_the_oldest_generation_kept_keeps_it(self):
        self.machine.config.write_text(self.machine.config.read_text().replace("[service]\n", "[service]\nhistory = 3\n"))
        self.run_it("generate")
        snapshot = self.machine.path("/var/lib/tlspact/snapshot")
        for domain in ("one.example", "two.example", "three.example"):
            self.agree(domain)
            self.run_it("generate")
        self.assertEqual(self.numbers(), [1, 2, 3, 4])
        said = self.run_it("rollback", "1")
        self.assertNotIn("live look-ups", said)
        self.assertNotIn(b"one.example", snapshot.read_bytes())
        self.assertIn(1, self.numbers(), "the generation held must stay")
        self.assertIn("no earlier generation", self.run_it("rollback", expect=66))
        self.assertNotIn("one.example", self.machine.lines())

    def test_a_second_rollback_that_was_killed_is_finished(self):
        for domain in ("one.example", "two.example", "three.example"):
            self.agree(domain)
            self.run_it("generate")
        self.run_it("rollback")    # to 2
        hold, snapshot = self.history / "hold", self.machine.path("/var/lib/tlspact/snapshot")
        held, published = hold.read_text(), snapshot.read_bytes()
        self.run_it("rollback")    # to 1
        hold.write_text(held)      # as if killed before both
        snapshot.unlink()
        snapshot.write_bytes(published)
        (self.history / "rollback").write_text("1\n")
        self.assertIn("held at generation 1", self.run_it("rollback"))
        self.assertNotIn(b"two.example", snapshot.read_bytes())
        self.assertFalse((self.history / "rollback").exists())

    def test_what_was_found_in_place_is_not_where_a_rollback_goes_by_itself(self):
        self.run_it("generate")
        before = self.machine.map.read_bytes()
        self.agree("one.example")
        self.run_it("generate")
        with self.machine.map.open("r+b") as file:
            file.seek(2060)
            file.write(b"noise")
        self.run_it("generate")
        self.assertIn("found in place", self.run_it("history"))
        said = self.run_it("rollback")
        self.assertIn("held at generation 1", said, "neither the noise, nor 2, whose map it was")
        self.assertNotIn("one.example", self.machine.lines())

    def test_a_kept_copy_that_has_changed_is_not_put_back(self):
        self.run_it("generate")
        self.agree("one.example")
        self.run_it("generate")
        after = self.machine.map.read_bytes()
        kept = next(each for each in (self.history / "1").iterdir() if each.name.endswith("postfix-tls_policy.cdb"))
        bytes_ = kept.read_bytes()
        kept.write_bytes(bytes_.replace(b"secure match", b"encryp match", 1))
        self.assertIn("is not what it was when it was kept", self.run_it("rollback", expect=65))
        self.assertEqual(self.machine.map.read_bytes(), after)
        kept.write_bytes(bytes_)
        self.run_it("rollback")

    def test_live_findings_are_not_of_the_generation_before_them(self):
        """Its snapshot is kept when it is installed, not when it is replaced."""
        self.run_it("generate")
        before = self.machine.path("/var/lib/tlspact/snapshot").read_bytes()
        kept = self.history / "1/snapshot"
        self.assertEqual(kept.read_bytes(), before)
        self.agree("one.example")
        self.run_it("generate")
        self.assertEqual(kept.read_bytes(), before)

    def test_a_rollback_that_changes_no_byte_counts_as_well(self):
        self.run_it("generate")
        self.agree("one.example")
        self.run_it("generate")
        self.agree("two.example")
        self.run_it("generate")
        (self.machine.agreements / "two.example.toml").unlink()
        self.run_it("generate")    # 4, as 2 is
        self.run_it("rollback", "2")
        self.assertIn("held at generation 1", self.run_it("rollback"))

    def test_a_snapshot_that_goes_while_held_is_put_back(self):
        self.run_it("generate")
        snapshot = self.machine.path("/var/lib/tlspact/snapshot")
        before = snapshot.read_bytes()
        self.agree("one.example")
        self.run_it("generate")
        self.run_it("rollback")
        snapshot.unlink()
        self.assertIn("it is put back", self.run_it("generate"))
        self.assertEqual(snapshot.read_bytes(), before)

    def test_while_held_what_is_said_to_be_in_force_is(self):
        self.run_it("generate")
        entries = self.machine.json("status")["entries"]["all"]
        self.agree("one.example")
        self.run_it("generate")
        self.assertEqual(self.machine.json("status")["entries"]["all"], entries + 1)
        self.run_it("rollback")
        said = self.run_it("status", expect=1)
        self.assertIn("the maps are held at generation 1", said)
        status = json.loads(self.machine.run("--json", "status").stdout)
        self.assertEqual((status["entries"]["all"], status["held_at"]), (entries, 1))
        self.assertIn(f"{entries} entries in force", self.run_it("generate"))
        self.assertIn("NOTFOUND", self.run_it("lookup", "one.example", expect=1))
        self.assertIn("held at generation 1", self.machine.run("lookup", "one.example").stderr)
        explained = self.run_it("explain", "one.example")
        self.assertIn("what is decided here is not in force", explained)
        self.assertIn("released: the next", self.run_it("rollback", "--release"))
        self.run_it("generate")
        self.run_it("lookup", "one.example")
        self.assertNotIn("held", self.run_it("explain", "one.example"))

    def test_live_answers_go_back_with_the_maps(self):
        snapshot = self.machine.path("/var/lib/tlspact/snapshot")
        self.run_it("generate")
        before = snapshot.read_bytes()
        self.agree("one.example")
        self.run_it("generate")
        after = snapshot.read_bytes()
        self.assertNotEqual(after, before)
        self.assertNotIn("live look-ups", self.run_it("rollback"))
        self.assertEqual(snapshot.read_bytes(), before)
        self.run_it("generate")
        self.assertEqual(snapshot.read_bytes(), before, "held")
        self.run_it("rollback", "2")
        self.assertEqual(snapshot.read_bytes(), after)
        self.run_it("rollback", "1")
        self.assertEqual(snapshot.read_bytes(), before)
        self.run_it("rollback", "--release")
        self.run_it("generate")
        self.assertIn(b"one.example", snapshot.read_bytes())

    def test_a_rollback_that_was_killed_is_finished_by_the_next(self):
        """Not taken for the generation to flee from."""
        self.run_it("generate")
        before = self.machine.map.read_bytes()
        snapshot = self.machine.path("/var/lib/tlspact/snapshot")
        good = snapshot.read_bytes()
        self.agree("one.example")
        self.run_it("generate")
        bad = snapshot.read_bytes()
        self.run_it("rollback")
        (self.history / "hold").unlink()    # as if killed before the end
        (self.history / "rollback").write_text("1\n")
        snapshot.unlink()
        snapshot.write_bytes(bad)
        self.assertIn("held at generation 1", self.run_it("rollback"))
        self.assertEqual(self.machine.map.read_bytes(), before)
        self.assertEqual(snapshot.read_bytes(), good)

    def test_live_answers_of_another_version_are_not_put_back(self):
        snapshot = self.machine.path("/var/lib/tlspact/snapshot")
        self.run_it("generate")
        self.agree("one.example")
        self.run_it("generate")
        after = snapshot.read_bytes()
        (self.history / "1/snapshot").write_bytes(b"tlspact snapshot 1\n")
        self.assertIn("what answers live look-ups stays as it is", self.run_it("rollback"))
        self.assertEqual(snapshot.read_bytes(), after)

    def test_check_says_that_the_maps_are_held(self):
        self.run_it("generate")
        self.agree("one.example")
        self.run_it("generate")
        before = self.machine.run("check").stdout
        self.assertNotIn("rollback", before)
        self.run_it("rollback", "1")
        said = self.run_it("check", expect=1)
        self.assertRegex(said, "alert: rollback: the maps are held at generation 1 since 20.*\n"
                               "  remedy: tlspact rollback --release")
        held = [each for each in self.machine.json("check")["findings"]
                if each["subject"] == "rollback"]
        self.assertEqual([each["severity"] for each in held], ["alert"])
        self.run_it("rollback", "--release")
        self.assertEqual(self.machine.run("check").stdout, before)

    def test_check_says_that_an_install_was_cut_off(self):
        self.run_it("generate")
        (self.history / "unfinished").touch()
        lock = self.machine.path("/var/lib/tlspact/lock")
        with open(lock, "r+", encoding="ascii") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.assertNotIn("cut off", self.machine.run("check").stdout)
        self.assertIn("alert: generate: the last install was cut off", self.run_it("check", expect=1))
        self.run_it("generate")
        self.assertNotIn("cut off", self.machine.run("check").stdout)

    def with_a_postfix_that_answers_nonsense(self):
        """An environment. What is reloaded is told in the file "reloaded"."""
        programs = self.machine.path("/usr/sbin")
        programs.mkdir(parents=True)
        for name, script in {"postconf": "case $1 in -m) echo cdb;; *) echo mail_version = 3.7.11;; esac",
                             "postmap": "echo nonsense", "postfix": f"echo $1 >> {programs}/reloaded"}.items():
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)
        return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}, programs / "reloaded"

    def test_an_installation_that_was_taken_back_is_over(self):
        self.machine.configure(types='["cdb"]')
        self.run_it("generate")
        before = self.machine.map.read_bytes()
        self.agree("one.example")
        environment, reloaded = self.with_a_postfix_that_answers_nonsense()
        for _ in range(3):
            said = self.machine.run("generate", env=environment)
            self.assertIn("the previous maps are back in place", said.stderr)
            self.assertEqual(self.machine.map.read_bytes(), before)
            self.assertFalse((self.history / "unfinished").exists())
        self.assertFalse(reloaded.exists(), "a cdb needs no reload")
        self.assertNotIn("cut off", self.machine.run("check").stdout)

    def test_a_generation_whose_manifest_is_damaged_lends_nobody_its_number(self):
        for domain in ("one.example", "two.example"):
            self.agree(domain)
            self.run_it("generate")
        for manifest in self.history.glob("*/manifest"):
            manifest.write_text("")
        found = self.machine.map.read_bytes()
        self.agree("three.example")
        self.run_it("generate")
        self.assertEqual(self.numbers(), [3, 4])
        self.run_it("rollback", "3")
        self.assertEqual(self.machine.map.read_bytes(), found, "an older copy was taken for this one's")

    def test_rollback_to_what_is_not_there_changes_nothing(self):
        self.run_it("generate")
        before = self.machine.map.stat()
        self.assertIn("no generation 7", self.run_it("rollback", "7", expect=66))
        self.assertIn("no earlier generation", self.run_it("rollback", expect=66))
        self.run_it("rollback", "x", expect=64)
        self.run_it("rollback", "--release", "1", expect=64)
        self.assertEqual(self.machine.map.stat().st_ino, before.st_ino)

    def test_rollback_refuses_a_damaged_copy(self):
        self.run_it("generate")
        self.agree("one.example")
        self.run_it("generate")
        copy = next(self.history.glob("1/*tls_policy.cdb"))
        copy.write_bytes(copy.read_bytes()[:-1])
        before = self.machine.map.read_bytes()
        said = self.run_it("rollback", "1", expect=65)
        self.assertIn("is not what it was when it was kept", said)
        self.assertIn(f"{copy} is damaged", said)
        self.assertIn("choose another generation, tlspact history lists them", said)
        self.assertEqual(self.machine.map.read_bytes(), before)
        self.assertEqual(list(self.machine.map.parent.glob(".*")), [])

    def test_a_map_that_somebody_else_changed_is_kept_as_found(self):
        self.run_it("generate")
        found = self.machine.text_map.read_text() + "hand.example encrypt\n"
        self.machine.text_map.write_text(found)
        self.run_it("generate")
        self.assertNotIn("hand.example", self.machine.lines())
        causes = [each["cause"] for each in self.machine.json("history")["generations"]]
        self.assertEqual(causes, ["generate", "found in place", "generate"])
        self.run_it("rollback", "2")
        self.assertEqual(self.machine.text_map.read_text(), found)

    def test_history_is_as_long_as_configured_and_forgets_what_nobody_needs(self):
        text = self.machine.config.read_text().replace("[service]\n", "[service]\nhistory = 2\n")
        self.machine.config.write_text(text)
        for number in range(6):
            self.agree(f"d{number}.example")
            self.run_it("generate")
        self.assertEqual(self.numbers(), [4, 5, 6])
        # 1 is the origin of what never changed since.
        left = sorted(int(each.name) for each in self.history.iterdir())
        self.assertEqual(left, [1, 4, 5, 6])
        self.run_it("rollback", "4")
        self.assertNotIn("d4.example", self.machine.lines())
        self.assertIn("d3.example", self.machine.lines())

    def test_copies_are_no_links(self):
        """Postfix notices a new map by the link count of the file that it holds open."""
        self.run_it("generate")
        old = os.open(self.machine.map, os.O_RDONLY)
        self.addCleanup(os.close, old)
        self.agree("one.example")
        self.run_it("generate")
        self.assertEqual(os.fstat(old).st_nlink, 0)
        self.assertEqual(self.machine.map.stat().st_nlink, 1)
        self.assertFalse(self.machine.map.is_symlink())

    def test_mode_and_owner_of_a_map_are_kept(self):
        self.run_it("generate")
        self.machine.map.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(self.machine.map, 0, 12345)
        self.agree("one.example")
        self.run_it("generate")
        status = self.machine.map.stat()
        self.assertEqual(status.st_mode & 0o777, 0o640)
        if os.geteuid() == 0:
            self.assertEqual(status.st_gid, 12345)


class ShortcutTest(MachineTest):
    """A run on unchanged inputs says the same as the first, and notices every change that matters."""

    def setUp(self):
        super().setUp()
        self.first = self.run_it("generate")

    def test_the_same_is_said_again(self):
        again = self.run_it("generate")
        self.assertEqual(re.sub("created", "unchanged", self.first), again)
        document = self.machine.json("generate")
        self.assertFalse(document["changed"])
        self.assertGreater(document["entries"], 0)

    def test_a_map_that_was_changed_or_lost_is_written_again(self):
        good = self.machine.map.read_bytes()
        for damage in (lambda: self.machine.map.write_bytes(good[:-1]), self.machine.map.unlink):
            damage()
            self.run_it("generate")
            self.assertEqual(self.machine.map.read_bytes(), good)

    def test_a_changed_setting_is_noticed(self):
        self.machine.configure(types='["texthash"]')
        text = self.machine.config.read_text().replace("[postfix]\n", '[postfix]\nversion = "3.3.0"\n')
        self.machine.config.write_text(text)
        self.run_it("generate")
        self.assertNotIn("servername", self.machine.text_map.read_text())

    def test_alerts_are_said_each_time(self):
        (self.machine.agreements / "ca.toml").write_text(
            AGREEMENT.format(domain="ca.example").replace("encrypt", "secure") +
            'mx = ["mx.ca.example"]\nca_file = "/nowhere/ca.pem"\n')
        for _ in range(3):
            self.assertIn("/nowhere/ca.pem", self.run_it("generate"))

    def test_a_damaged_record_costs_time_only(self):
        record = self.machine.path("/var/lib/tlspact/run.json")
        for bad in ("", "{", "[]", '{"inputs": 1}', "\0" * 100):
            record.write_text(bad)
            self.assertEqual(self.run_it("generate"), re.sub("created", "unchanged", self.first))
            json.loads(record.read_text())

    def test_an_expiry_in_between_ends_the_shortcut(self):
        record = self.machine.path("/var/lib/tlspact/run.json")
        document = json.loads(record.read_text())
        self.assertGreater(document["until"], utc(1))
        self.assertLess(document["until"], utc(400))


class ClockTest(unittest.TestCase):
    """A clock that goes back would bring expired policies back."""

    def setUp(self):
        self.machine = self.enterContext(Machine())
        self.assertEqual(self.machine.run("generate").returncode, 0)
        self.record = self.machine.path("/var/lib/tlspact/run.json")

    def test_a_run_before_the_last_one_installs_nothing(self):
        document = json.loads(self.record.read_text())
        document["decided_at"] = utc(2)
        self.record.write_text(json.dumps(document))
        self.machine.map.unlink()
        result = self.machine.run("generate")
        self.assertIn("alert: clock:", result.stderr)
        self.assertFalse(self.machine.map.exists())
        self.assertEqual(self.machine.run("accept", "clock").returncode, 0)
        self.assertNotIn("clock", self.machine.run("generate").stderr)
        self.assertTrue(self.machine.map.exists())


class ShrinkTest(unittest.TestCase):
    """A list that gives up too much is held back until an operator accepts it."""

    def setUp(self):
        self.machine = self.enterContext(Machine())
        self.publish(300, days=-3)
        self.generate()

    def publish(self, count, days, mode="enforce", name="d"):
        policies = {f"{name}{n:03}.example": {"mode": mode, "mxs": [f"mx.{name}{n:03}.example"]}
                    for n in range(count)}
        self.machine.sign(json.dumps({"version": "0.1", "author": "x", "timestamp": utc(days),
                                      "expires": utc(20), "policy-aliases": {}, "policies": policies}))

    def generate(self, expect=0):
        result = self.machine.run("generate")
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)
        return result.stderr

    def listed(self):
        return sum(1 for key in self.machine.lines() if re.match(r"[de]\d{3}\.example", key))

    def accept(self, expect=0):
        result = self.machine.run("accept", "community")
        self.assertEqual(result.returncode, expect, result.stdout + result.stderr)

    def test_a_little_less_is_taken_and_every_downgrade_is_told(self):
        self.publish(250, days=-2)
        said = self.generate()
        self.assertEqual(self.listed(), 250)
        self.assertIn("and 47 more: is less strict than before: no entry instead of secure by list "
                      "community (it is not named there any more)", said)
        self.assertNotIn("less strict", self.generate())

    def test_much_less_is_held_back_until_it_is_accepted(self):
        self.publish(200, days=-2)
        for _ in range(2):
            self.assertIn("held back", self.generate(expect=65))
            self.assertEqual(self.listed(), 300)
        self.accept()
        self.generate()
        self.assertEqual(self.listed(), 200)
        self.accept(expect=1)

    def test_an_acceptance_covers_no_greater_loss(self):
        self.publish(200, days=-2)
        self.generate(expect=65)
        self.accept()
        self.publish(100, days=-1)
        self.assertIn("gives up 200 of 300", self.generate(expect=65))
        self.assertEqual(self.listed(), 300)

    def test_the_same_number_of_other_domains_is_a_loss_of_all(self):
        self.publish(300, days=-2, name="e")
        self.assertIn("gives up 300 of 300", self.generate(expect=65))

    def test_enforce_that_becomes_testing_is_a_loss(self):
        self.publish(300, days=-2, mode="testing")
        self.assertIn("gives up 300 of 300 enforced domains and 0 of all 300", self.generate(expect=65))
        self.assertEqual(self.listed(), 300)

    def test_under_fifty_is_no_matter(self):
        self.publish(255, days=-2)
        self.generate()
        self.machine.configure()
        text = self.machine.config.read_text().replace("[[list]]\n", '[[list]]\nmax_shrink = "0%"\n')
        self.machine.config.write_text(text)
        self.publish(206, days=-1.5)
        self.generate()
        self.publish(156, days=-1)
        self.assertIn("held back", self.generate(expect=65))

    def test_what_cannot_be_accepted(self):
        self.accept(expect=1)
        self.assertEqual(self.machine.run("accept", "nobody").returncode, 66)
        self.assertEqual(self.machine.run("accept").returncode, 64)


if __name__ == "__main__":
    unittest.main()
