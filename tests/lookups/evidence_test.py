# SPDX-License-Identifier: MIT
"""Probes, what is learned from them, and the guard before a policy becomes enforcing: with real DNS and MX hosts that
do TLS, do it badly, or stop doing it."""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.lab import certs  # noqa: E402
from tests.lab.internet import Internet, PolicyHost, mx, policy, sts  # noqa: E402
from tests.lab.mail_hosts import MailHosts  # noqa: E402
from tests.lab.receiver import Behaviour  # noqa: E402

HOSTS = {"mx.good.test": "127.0.1.1", "mx.other.test": "127.0.1.2", "mx.third.test": "127.0.1.3",
         "mx.canary.test": "127.0.1.4"}
LIST = '[[list]]\nname = "community"\nurl = "{work}/list.json"\nunsigned = true\n'
PROBE = """
[smtp]
port = {smtp}
helo = "client.test"
[probe]
{probe}
per_address_interval = "0s"
private_addresses = true
[learn]
over = "0s"
confirmations = 2
level = "{learn}"
"""
MESSAGE = "From: a@client.test\nTo: b@good.test\nSubject: hello\n\nhello\n"


def zone(name, *records):
    address = HOSTS[f"mx.{name}.test"]
    return dict(kind="insecure", records=[*mx("mx"), f"mx A {address}", *records])


class Evidence(unittest.TestCase):
    def setUp(self):
        zones = {f"{each}.test": zone(each) for each in ("good", "other", "third", "canary")}
        zones["sts.test"] = dict(kind="insecure", records=[*mx("mx.other.test"), *sts()])
        zones["testing.test"] = dict(kind="insecure", records=[*mx("mx.other.test"), *sts()])
        zones["both.test"] = dict(kind="insecure", records=mx("mx.good.test", "mx.other.test"))
        policies = {"sts.test": PolicyHost(text=policy(mx=["mx.other.test"])),
                    "testing.test": PolicyHost(text=policy("testing", ["mx.other.test"]))}
        self.internet = self.enterContext(Internet(zones, policies))
        self.mail = self.enterContext(MailHosts(self.internet.hosts.authority, HOSTS))
        self.configure()

    def configure(self, probe="enabled = false", learn="off", lists=""):
        self.internet.configure(extra=lists + PROBE, smtp=self.mail.port, probe=probe, learn=learn)

    def publish(self, **policies):
        self.internet.publish_list(**policies)
        self.configure("enabled = true", lists=LIST)

    def run_it(self, *arguments, expected=0):
        said = self.internet.run(*arguments)
        self.assertEqual(said.returncode, expected, f"{arguments}: {said.stdout}{said.stderr}")
        return said.stdout + said.stderr

    def generate(self):
        return self.run_it("generate")

    def due(self):
        """Makes every probe due, as if a day had gone by."""
        for table, column in (("endpoint", "memory"), ("learned_domain", "memory")):
            for (text,) in self.internet.stored(f"SELECT {column} FROM {table}"):
                memory = json.loads(text)
                memory.update({name: 0 for name in ("probe_again", "look_again") if name in memory})
                self.internet.stored(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", json.dumps(memory), text)

    def deliver(self, *to, expected=0):
        message = self.internet.work / "message"
        message.write_text(MESSAGE)
        recipients = [word for each in to for word in ("--to", each)]
        return self.run_it("deliver", "--from", "a@client.test", *recipients, str(message), expected=expected)


class Probes(Evidence):
    def test_a_good_host_and_one_without_starttls(self):
        self.mail.strip("mx.other.test")
        said = self.run_it("probe", "both.test", expected=1)
        self.assertRegex(said, r"mx.good.test 127.0.1.1: positive: TLSv1.3, the certificate is trusted, for the host")
        self.assertRegex(said, r"mx.other.test 127.0.1.2: negative: starttls: absent: STARTTLS is not offered")

    def test_json_has_the_facts(self):
        said = self.internet.run("--json", "probe", "good.test")
        document = json.loads(said.stdout)
        [target] = document["targets"]
        [endpoint] = target["endpoints"]
        self.assertEqual((target["next_hop"], target["hosts"]), ("good.test", ["mx.good.test"]))
        self.assertEqual((endpoint["kind"], endpoint["tls"], endpoint["names"]),
                         ("positive", "TLSv1.3", ["mx.good.test"]))

    def test_a_bad_certificate_is_tls_all_the_same(self):
        self.mail.become("mx.good.test", Behaviour(certs.self_signed(self.internet.work, "mx.good.test")))
        self.assertRegex(self.run_it("probe", "good.test"), "positive: .*the certificate is not trusted, for the host")

    def test_nobody_there_is_inconclusive(self):
        self.mail.stop("mx.good.test")
        self.assertIn("inconclusive: connect: reset", self.run_it("probe", "good.test", expected=75))

    def test_a_host_is_probed_once_for_all_its_domains(self):
        self.run_it("probe", "good.test", "both.test", "sts.test")
        self.assertEqual(self.mail.receivers["mx.good.test"].connections, 1)
        self.assertEqual(self.mail.receivers["mx.other.test"].connections, 1)

    def test_who_opted_out_is_left_alone(self):
        self.configure('enabled = true\nopt_out = ["other.test"]')
        said = self.run_it("probe", "both.test")
        self.assertIn("mx.other.test: opted out", said)
        self.assertEqual(self.mail.receivers["mx.other.test"].connections, 0)

    def test_a_private_address_is_not_connected_to(self):
        """Strangers choose what their MX records lead to."""
        self.configure()
        self.internet.config.write_text(self.internet.config.read_text().replace(
            'per_address_interval = "0s"\nprivate_addresses = true', 'per_address_interval = "0s"'))
        said = self.run_it("probe", "good.test", expected=75)
        self.assertIn("mx.good.test 127.0.1.1: is no public address, see [probe] private_addresses", said)
        self.assertEqual(self.internet.stored("SELECT count(*) FROM endpoint"), [(0,)])

    def test_forget_takes_the_evidence_along(self):
        self.run_it("probe", "good.test", "other.test")
        self.run_it("forget", "good.test")
        self.assertEqual(self.internet.stored("SELECT DISTINCT host FROM evidence"), [("mx.other.test",)])
        self.assertEqual(self.internet.stored("SELECT host FROM endpoint"), [("mx.other.test",)])


class Stripped(Evidence):
    def test_starttls_offered_yesterday_and_stripped_today(self):
        self.run_it("probe", "good.test")
        self.mail.strip("mx.good.test")
        said = self.deliver("b@good.test", expected=75)
        self.assertRegex(said, "alert: good.test: .*mx.good.test.*127.0.1.1")
        self.assertEqual(self.mail.log.all(), [], "nothing of it went in clear")

    def test_a_delivery_is_evidence_too(self):
        self.deliver("b@good.test")
        self.mail.strip("mx.good.test")
        self.deliver("b@good.test", expected=75)
        self.assertEqual(len(self.mail.log.all()), 1)

    def test_a_new_address_of_the_host_is_not_trusted_either(self):
        self.run_it("probe", "good.test")
        self.internet.dns.replace("good.test", dict(kind="insecure", records=[*mx("mx"), "mx A 127.0.1.3"]))
        self.mail.strip("mx.third.test")
        self.deliver("b@good.test", expected=75)

    def test_never_offered_goes_in_clear_and_the_transcript_says_so(self):
        self.mail.strip("mx.good.test")
        said = self.deliver("b@good.test")
        self.assertIn("STARTTLS: not offered, going on in clear".lower(), said.lower())
        self.assertIsNone(self.mail.log.all()[0].tls)

    def test_the_alarm_stands_until_the_operator_speaks(self):
        self.run_it("probe", "good.test")
        self.mail.strip("mx.good.test")
        self.assertIn("ALARM", self.run_it("probe", "good.test", expected=1))
        self.configure("enabled = true")
        self.assertRegex(self.generate(), r"alert: mx.good.test \(127.0.1.1\): did TLS until")
        self.assertIn("tlspact accept mx.good.test", self.run_it("accept", "good.test", expected=66))
        self.assertIn("is in order", self.run_it("accept", "mx.good.test"))
        self.assertNotIn("did TLS until", self.generate())
        self.deliver("b@good.test")
        self.run_it("accept", "mx.good.test", expected=1)

    def test_the_alarm_ends_when_tls_was_seen_twice(self):
        self.run_it("probe", "good.test")
        self.mail.strip("mx.good.test")
        self.run_it("probe", "good.test", expected=1)
        self.mail.become("mx.good.test", Behaviour(self.internet.hosts.authority.issue("mx.good.test")))
        self.assertIn("ALARM", self.run_it("probe", "good.test"))
        self.assertNotIn("ALARM", self.run_it("probe", "good.test"))


class RefusedStarttls(Evidence):
    def test_starttls_that_is_refused_again_and_again_is_an_alarm(self):
        """Another way of stripping it than not to offer it."""
        self.run_it("probe", "good.test")
        self.mail.become("mx.good.test", Behaviour(self.internet.hosts.authority.issue("mx.good.test"), refuses=True))
        self.assertNotIn("ALARM", self.run_it("probe", "good.test", expected=75))
        self.assertIn("ALARM", self.run_it("probe", "good.test", expected=75))
        self.deliver("b@good.test", expected=75)
        self.assertEqual(self.mail.log.all(), [])


class WayOut(Evidence):
    def test_a_canary_that_is_stripped_freezes_learning(self):
        self.configure('enabled = true\ncanaries = ["mx.canary.test"]')
        self.run_it("probe", "good.test")
        self.mail.strip(*HOSTS)
        said = self.run_it("probe", "good.test", expected=75)
        self.assertIn("the canary mx.canary.test does no TLS as seen from here", said)
        self.assertNotIn("ALARM", said)

    def test_a_canary_that_is_down_freezes_learning(self):
        self.configure('enabled = true\ncanaries = ["mx.canary.test"]')
        self.mail.stop("mx.canary.test")
        self.mail.strip("mx.good.test")
        self.assertIn("none of the [probe] canaries", self.run_it("probe", "good.test", expected=75))

    def test_the_same_greeting_everywhere_is_an_interception(self):
        for name in ("good", "other", "third"):
            self.mail.become(f"mx.{name}.test", Behaviour())
            self.mail.receivers[f"mx.{name}.test"].name = "proxy.isp.example"
        said = self.run_it("probe", "good.test", "other.test", "third.test", expected=75)
        self.assertIn("something on the way answers port 25 in their place", said)

    def test_a_greeting_that_others_share_does_not_hide_a_stripped_host(self):
        self.run_it("probe", "good.test")
        for name in ("good", "other", "third", "canary"):
            self.mail.become(f"mx.{name}.test", Behaviour())
            self.mail.receivers[f"mx.{name}.test"].name = "mail"
        said = self.run_it("probe", "good.test", "other.test", "third.test", "canary.test", expected=75)
        self.assertIn("ALARM", said)


class Guard(Evidence):
    def test_a_list_that_is_met_is_enforced_at_once(self):
        self.publish(good_test=("enforce", ["mx.good.test"]))
        self.generate()
        self.assertEqual(sorted(self.internet.postfix()), ["good.test"])

    def test_a_list_that_is_not_met_waits_for_the_operator(self):
        self.mail.become("mx.good.test", Behaviour(certs.self_signed(self.internet.work, "mx.good.test")))
        self.publish(good_test=("enforce", ["mx.good.test"]), other_test=("enforce", ["mx.other.test"]))
        said = self.generate()
        self.assertEqual(sorted(self.internet.postfix()), ["other.test"])
        self.assertRegex(said, "alert: good.test: is not enforced by list, .*its certificate is not trusted.*"
                               "tlspact accept good.test")
        self.assertIn("a guard holds it back: mail would wait", self.internet.explain("good.test"))
        self.assertIn("NOTFOUND", self.internet.run("lookup", "good.test").stdout)
        self.run_it("accept", "good.test")
        self.generate()
        self.assertEqual(sorted(self.internet.postfix()), ["good.test", "other.test"])

    def test_nothing_seen_is_enforced_after_seven_days_with_an_alert(self):
        self.mail.stop("mx.good.test")
        self.publish(good_test=("enforce", ["mx.good.test"]))
        self.assertIn("waits for a probe", self.run_it("generate"))
        self.assertEqual(self.internet.postfix(), {})
        self.internet.stored("UPDATE held_policy SET since = since - 7 * 86400")
        self.assertIn("without evidence", self.generate())
        self.assertEqual(sorted(self.internet.postfix()), ["good.test"])

    def test_what_was_enforced_before_stays(self):
        self.internet.publish_list(good_test=("enforce", ["mx.good.test"]))
        self.generate()
        self.mail.strip("mx.good.test")
        self.configure("enabled = true", lists=LIST)
        said = self.generate()
        self.assertEqual(sorted(self.internet.postfix()), ["good.test"])
        self.assertRegex(said, "alert: good.test: secure by list is not met, mail to these hosts waits: mx.good.test")

    def test_a_snapshot_that_is_lost_lets_nothing_go(self):
        self.publish(good_test=("enforce", ["mx.good.test"]))
        self.generate()
        self.mail.strip("mx.good.test")
        self.due()
        snapshot = self.internet.work / "var/snapshot"
        for spoil in (lambda: snapshot.write_bytes(b"noise" + snapshot.read_bytes()[5:]), snapshot.unlink):
            spoil()
            self.internet.run("generate")
            self.assertEqual(sorted(self.internet.postfix()), ["good.test"])

    def test_mx_hosts_that_the_list_does_not_name(self):
        self.publish(good_test=("enforce", ["mx.elsewhere.test"]))
        self.assertRegex(self.generate(), "the policy names none of the MX hosts")
        self.assertEqual(self.internet.postfix(), {})

    def test_agreements_and_mta_sts_never_wait_and_are_alarms(self):
        self.mail.strip("mx.good.test", "mx.other.test")
        self.internet.agree('[[agreement]]\npartner = "P"\ndomains = ["good.test"]\nlevel = "encrypt"\n')
        self.internet.name("sts.test", "testing.test")
        self.configure("enabled = true")
        said = self.generate()
        self.assertEqual(sorted(self.internet.postfix()), ["good.test", "sts.test"])
        self.assertRegex(said, "alert: good.test: encrypt by agreement is not met")
        self.assertRegex(said, "alert: sts.test: secure by MTA-STS is not met")
        self.assertRegex(self.internet.run("check").stdout,
                         "note: testing.test: mode testing of MTA-STS, would not be met by: mx.other.test")
        self.assertIn("MTA-STS in mode testing: mx.other.test: NOT met: 127.0.1.2: STARTTLS is not offered",
                      self.internet.explain("testing.test"))


class Learned(Evidence):
    def learn(self):
        self.internet.name("good.test")
        self.configure("enabled = true", learn="encrypt")
        self.generate()
        self.assertEqual(self.internet.postfix(), {}, "once proves nothing")
        self.due()
        self.generate()
        self.assertEqual(self.internet.postfix(), {"good.test": "encrypt"})

    def test_two_looks_teach(self):
        self.learn()
        self.assertIn("learned: in force", self.internet.explain("good.test"))

    def test_a_stripped_host_stays_protected(self):
        self.learn()
        self.mail.strip("mx.good.test")
        self.due()
        self.assertIn("did TLS until", self.generate())
        self.assertEqual(self.internet.postfix(), {"good.test": "encrypt"})
        self.run_it("accept", "mx.good.test")
        self.assertIn("is less strict than before", self.generate())
        self.assertEqual(self.internet.postfix(), {})

    def test_an_mx_set_that_changes_does_not_unlearn(self):
        self.learn()
        self.internet.dns.replace("good.test", dict(kind="insecure", records=mx("mx.other.test")))
        self.mail.strip("mx.other.test")
        self.due()
        self.assertRegex(self.generate(), "alert: good.test: encrypt by learned is not met")
        self.assertEqual(self.internet.postfix(), {"good.test": "encrypt"})

    def test_it_decays(self):
        self.learn()
        for table in ("endpoint", "learned_domain"):
            for (text,) in self.internet.stored(f"SELECT memory FROM {table}"):
                memory = json.loads(text)
                month = 31 * 86400
                for name in ("did_tls", "confirmed", "supported", "learned"):
                    if name in memory: memory[name] -= month
                for sighting in memory.get("sightings", []):
                    sighting[0] -= month
                self.internet.stored(f"UPDATE {table} SET memory = ?", json.dumps(memory))
        self.mail.stop("mx.good.test")
        self.generate()
        self.assertEqual(self.internet.postfix(), {})


if __name__ == "__main__":
    unittest.main()
