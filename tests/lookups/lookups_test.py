# SPDX-License-Identifier: MIT
"""From zones and policies to the lines of Postfix and Exim: every row of the table in docs/decision.md, with real DNS
and real HTTPS, and the reasons that `explain` gives."""

import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.lab.internet import UNUSABLE, USABLE, Internet, PolicyHost, host, mx, policy, sts  # noqa: E402

MANY = [f"m{number}" for number in range(11)]
ENFORCE = "secure match=mx.{0}.test"

# name (below .test): the zone, its policy host (or None), and what comes of it. `postfix` and `exim` are how the
# entries begin, None: there is none; `why` is a part of what explain says.
DOMAINS = {
    # DANE alone, the right column of the table
    "full": (dict(records=[*mx("a", "b"), *host("a", USABLE), *host("b", USABLE)]), None,
             "dane-only", "level=dane-only", "a.full.test usable TLSA, b.full.test usable TLSA"),
    "unsigned-mx": (dict(kind="insecure", records=mx("full.mail.test")), None,
                    "dane", "level=dane", "full.mail.test usable TLSA"),
    "unusable": (dict(records=[*mx("a"), *host("a", UNUSABLE)]), None,
                 "dane", "level=dane", "a.unusable.test unusable TLSA"),
    "half": (dict(records=[*mx("a", "b"), *host("a", USABLE), *host("b")]), None,
             "dane", "level=dane", "b.half.test no TLSA"),
    "one-dead": (dict(records=mx("full.mail.test", "dead.broken.test", "two.mail.test")), None,
                 "dane", "level=dane", "dead.broken.test"),
    "many": (dict(records=[*mx(*MANY), *(line for each in MANY for line in host(each, USABLE))]), None,
             "dane", "level=dane", "m0.many.test usable TLSA"),
    "implicit": (dict(records=["@ A 127.0.0.1", f"_25._tcp TLSA {USABLE}"]), None,
                 "dane-only", "level=dane-only", "implicit.test usable TLSA"),
    "null-mx": (dict(records=["@ MX 0 ."]), None, None, None, "the domain takes no mail"),
    "nothing": (dict(records=[*mx("a"), *host("a")]), None, None, None, "no MX host has a secure TLSA"),
    "insecure": (dict(kind="insecure", records=[*mx("a"), *host("a", USABLE)]), None,
                 None, None, "no MX host has a secure TLSA"),
    "optout": (dict(kind="insecure", records=[*mx("a"), *host("a", USABLE)]), None,
               None, None, "no MX host has a secure TLSA"),
    "bogus": (dict(kind="bogus", records=[*mx("a"), *host("a", USABLE)]), None, None, None, "state unknown"),
    "expired": (dict(kind="expired", records=[*mx("a"), *host("a", USABLE)]), None, None, None, "state unknown"),
    "servfail": (dict(kind="missing", records=[]), None, None, None, "state unknown"),
    "tlsa-into-insecure": (dict(records=[*mx("a"), "a A 127.0.0.1", "_25._tcp.a CNAME tlsa.unsigned.test."]), None,
                           None, None, "no TLSA"),
    "host-alias": (dict(records=[*mx("a"), "a CNAME full.mail.test."]), None,
                   "dane-only", "level=dane-only", "a.host-alias.test usable TLSA"),
    # Exim does not look at the name of an alias (RFC 7672 section 2.2.2)
    "alias-own": (dict(records=[*mx("a"), "a CNAME alias-own.mail.test.", f"_25._tcp.a TLSA {USABLE}"]), None,
                  "dane-only", "level=dane-or-encrypt", "a.alias-own.test usable TLSA at its own name (it is an alias)"),
    # MTA-STS, the left column
    "sts": (dict(kind="insecure", records=[*mx("mx"), *host("mx"), *sts()]), PolicyHost(text=policy(mx=["mx.sts.test"])),
            ENFORCE.format("sts"), "level=secure", "MTA-STS: in force"),
    "sts-full": (dict(records=[*mx("mx"), *host("mx", USABLE), *sts()]), PolicyHost(text=policy(mx=["mx.sts-full.test"])),
                 "dane-only", "level=dane-only", "DANE authenticates every MX host"),
    "sts-alias-own": (dict(records=[*mx("mx"), "mx CNAME alias-own.mail.test.", f"_25._tcp.mx TLSA {USABLE}", *sts()]),
                      PolicyHost(text=policy(mx=["mx.sts-alias-own.test"])),
                      "dane-only", "level=dane-or-secure", "dane-or-secure is used instead of dane-only"),
    "sts-some": (dict(kind="insecure", records=[*mx("mx", "full.mail.test"), *host("mx"), *sts()]),
                 PolicyHost(text=policy(mx=["mx.sts-some.test", "full.mail.test"])),
                 "secure match=mx.sts-some.test:full.mail.test", "level=dane-or-secure",
                 "DANE on the MX hosts that have TLSA records"),
    "sts-bogus-mx": (dict(records=[*mx("dead.broken.test"), *sts()]), PolicyHost(text=policy(mx=["dead.broken.test"])),
                     "secure match=dead.broken.test", "level=secure", "MTA-STS: in force"),
    # An attacker answers the unsigned MX question with a host of his own signed zone.
    "attacked": (dict(kind="insecure", records=[*mx("full.mail.test"), *sts()]),
                 PolicyHost(text=policy(mx=["mx.attacked.test"])),
                 "secure match=mx.attacked.test", "level=dane-or-secure", "MTA-STS: in force"),
    "testing": (dict(kind="insecure", records=[*mx("mx"), *host("mx"), *sts()]),
                PolicyHost(text=policy("testing", ["mx.testing.test"])), None, None, "mode testing"),
    "mode-none": (dict(kind="insecure", records=[*mx("mx"), *sts()]), PolicyHost(text=policy("none", [])),
                  None, None, "mode none"),
    "testing-dane": (dict(records=[*mx("mx"), *host("mx", USABLE), *sts()]),
                     PolicyHost(text=policy("testing", ["other.test"])), "dane-only", "level=dane-only", "mode testing"),
    "no-record": (dict(kind="insecure", records=["mta-sts A 127.0.0.1"]), PolicyHost(), None, None, ""),
    "bad-record": (dict(kind="insecure", records=['_mta-sts TXT "v=STSv1; id=a-b"', "mta-sts A 127.0.0.1"]),
                   PolicyHost(), None, None, ""),
    "pieces": (dict(kind="insecure", records=['_mta-sts TXT "v=STSv1; " "id=12" "34;"', "mta-sts A 127.0.0.1"]),
               PolicyHost(text=policy(mx=["*.pieces.test"])), "secure match=.pieces.test", "level=secure", "(1234)"),
    **{f"fetch-{kind}": (dict(kind="insecure", records=[*mx("mx"), *sts()]), PolicyHost(kind), None, None, "")
       for kind in ("expired", "self-signed", "wrong-name", "cn-only", "redirect", "404", "html", "oversized", "cut-off",
                    "old-tls", "drip-body")},
}
SHARED = {
    "mail.test": dict(records=[*host("full", USABLE), *host("two", USABLE), *host("alias-own")]),
    "unsigned.test": dict(kind="insecure", records=[f"tlsa TLSA {USABLE}"]),
    "broken.test": dict(kind="bogus", records=host("dead", USABLE)),
}
LISTED = dict(kind="insecure", records=mx("mx"))


class Table(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        zones = {f"{name}.test": row[0] for name, row in DOMAINS.items()}
        policies = {f"{name}.test": row[1] for name, row in DOMAINS.items() if row[1]}
        cls.internet = cls.enterClassContext(Internet({**zones, **SHARED}, policies))
        cls.internet.name(*(f"{name}.test" for name in DOMAINS))
        cls.said = cls.internet.run("generate")
        cls.map = cls.internet.postfix()

    def test_generate_is_content(self):
        self.assertEqual(self.said.returncode, 0, self.said.stderr)
        self.assertNotIn("alert", self.said.stderr)

    def test_every_row(self):
        for name, (_zone, _policy, postfix, exim, why) in DOMAINS.items():
            domain = f"{name}.test"
            with self.subTest(domain):
                entry, for_exim = self.map.get(domain), self.internet.exim(domain)
                if postfix is None:
                    self.assertIsNone(entry)
                    self.assertIsNone(for_exim)
                else:
                    self.assertEqual((entry or "").split(" ")[:len(postfix.split(" "))], postfix.split(" "))
                    self.assertIn(exim, (for_exim or "").split(" "))
                self.assertIn(why, self.internet.explain(domain))

    def test_nothing_is_temporary(self):
        for name in DOMAINS:
            self.assertNotIn("TEMP", self.internet.run("lookup", f"{name}.test").stdout)

    def test_a_second_run_asks_nobody(self):
        before = sum(each.requests for each in self.internet.policies.values())
        self.internet.dns.silence(True)
        self.addCleanup(self.internet.dns.silence, False)
        said = self.internet.run("generate")
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        self.assertEqual(sum(each.requests for each in self.internet.policies.values()), before)
        self.assertEqual(self.internet.postfix(), self.map)


class OverTime(unittest.TestCase):
    """What is known stays, and until when."""

    def setUp(self):
        zone = dict(kind="insecure", records=[*mx("mx"), *host("mx"), *sts()])
        dane = dict(records=[*mx("mx"), *host("mx", USABLE)])
        self.policy = PolicyHost(text=policy(mx=["mx.sts.test"], max_age=86400))
        self.internet = self.enterContext(Internet({"sts.test": zone, "dane.test": dane}, {"sts.test": self.policy}))
        self.internet.name("sts.test", "dane.test")
        self.generate()
        self.first = self.internet.postfix()
        self.assertEqual(sorted(self.first), ["dane.test", "sts.test"])

    def generate(self, expected=0):
        said = self.internet.run("generate")
        self.assertEqual(said.returncode, expected, said.stderr)
        return said.stderr

    def refresh(self, *arguments):
        """Looks everything up again, and installs."""
        said = self.internet.run("refresh", *(arguments or ["--all"]))
        self.assertEqual(said.returncode, 0, said.stderr)
        self.generate()
        return said.stderr

    def change(self, *records, domain="sts.test", kind="insecure"):
        self.internet.dns.replace(domain, dict(kind=kind, records=[*mx("mx"), *host("mx"), *records]))

    def fetched(self):
        return self.internet.stored("SELECT fetched, id, mode FROM sts WHERE domain = 'sts.test'")[0]

    def test_a_changed_id_with_a_failing_fetch_keeps_the_policy(self):
        self.change(*sts("2"))
        self.policy.behaviour = "500"
        self.refresh()
        self.assertEqual(self.internet.postfix(), self.first)
        self.assertEqual(self.fetched()[1], "1")
        self.policy.behaviour = "good"
        requests = self.policy.requests
        self.refresh()
        self.assertEqual(self.policy.requests, requests, "not before its back-off of five minutes (RFC 8461 3.3)")

    def test_a_changed_id_brings_the_new_policy(self):
        self.change(*sts("2"))
        self.policy.text = policy(mx=["other.sts.test"])
        self.refresh()
        self.assertIn("match=other.sts.test", self.internet.postfix()["sts.test"])
        self.assertEqual(self.fetched()[1], "2")

    def test_an_unchanged_id_does_not_extend_max_age(self):
        before = self.fetched()
        self.refresh()
        self.assertEqual(self.fetched(), before)
        self.assertEqual(self.policy.requests, 1)
        self.internet.stored("UPDATE sts SET fetched = fetched - 86400")
        said = self.internet.explain("sts.test")
        self.assertIn("no entry", said)
        self.assertIn("MTA-STS: it has expired", said)

    def test_a_record_that_has_gone_does_not_cancel(self):
        self.change()
        self.refresh()
        self.assertEqual(self.internet.postfix(), self.first)

    def test_mode_none_replaces_at_once(self):
        self.change(*sts("2"))
        self.policy.text = policy("none", [])
        self.assertIn("", self.refresh())
        self.assertNotIn("sts.test", self.internet.postfix())

    def test_names_servers_that_say_nothing_change_nothing(self):
        self.internet.dns.silence(True)
        try:
            said = self.refresh()
        finally:
            self.internet.dns.silence(False)
        self.assertIn("nothing was looked up", said)
        self.assertEqual(self.internet.postfix(), self.first)

    def test_servfail_and_bogus_keep_the_last_good_state_for_max_stale(self):
        self.internet.dns.replace("dane.test", dict(kind="bogus", records=[*mx("mx"), *host("mx", USABLE)]))
        self.internet.dns.replace("sts.test", dict(kind="missing", records=[]))
        self.refresh()
        self.assertEqual(self.internet.postfix(), self.first)
        self.assertIn("state unknown", self.internet.explain("dane.test"))
        # Then as `some`, because TLSA was seen: an attacker who blocks DNS does not switch DANE off.
        self.internet.configure(extra='', **{})
        config = self.internet.config.read_text().replace("[mta_sts]", 'max_stale = "0s"\n[mta_sts]')
        self.internet.config.write_text(config)
        # Older than 0 s by a clock of whole seconds: it may be the same second still.
        for _ in range(20):
            self.refresh()
            if self.internet.postfix() != self.first: break
        self.assertEqual(self.internet.postfix()["dane.test"].split(" ")[0], "dane")

    def test_tlsa_that_is_gone_with_proof_is_gone(self):
        self.change(domain="dane.test", kind="secure")
        said = self.internet.run("refresh", "--all")
        self.assertIn("", said.stderr)
        told = self.generate()
        self.assertNotIn("dane.test", self.internet.postfix())
        self.assertIn("dane.test: is less strict than before: no entry instead of dane-only", told)

    def test_a_store_that_is_noise_is_set_aside(self):
        store = self.internet.work / "var/tlspact.db"
        for spoil in (lambda whole: whole[:len(whole) // 2], lambda whole: b"noise" * (len(whole) // 5)):
            for suffix in ("-wal", "-shm"):
                store.with_name(store.name + suffix).unlink(missing_ok=True)
            store.write_bytes(spoil(store.read_bytes()))
            said = self.generate()
            self.assertIn("damaged", said)
            self.assertEqual(self.internet.postfix(), self.first, "looked up anew")

    def test_a_domain_that_nothing_names_any_more_is_forgotten_after_90_days(self):
        self.internet.name("dane.test")
        self.generate()
        self.assertIn("sts.test", self.internet.postfix())
        self.internet.stored("UPDATE correspondent SET last_seen = last_seen - 91 * 86400")
        self.generate()
        self.assertEqual(sorted(self.internet.postfix()), ["dane.test"])
        self.assertEqual(self.internet.stored("SELECT domain FROM sts"), [("dane.test",)])

    def test_by_a_clock_that_is_wrong_nothing_is_looked_up(self):
        record = self.internet.work / "var/run.json"
        record.write_text(re.sub(r'("decided_at"\s*:\s*")20', r'\g<1>21', record.read_text()))
        before = self.fetched()
        said = self.internet.run("refresh", "--all")
        self.assertEqual((said.returncode, "clock" in said.stderr), (75, True), said.stderr)
        self.assertIn("alert: clock", self.generate())
        self.assertEqual(self.fetched(), before)

    def test_forget(self):
        said = self.internet.run("forget", "sts.test")
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertEqual(self.internet.stored("SELECT count(*) FROM sts WHERE domain = 'sts.test'"), [(0,)])


class WithOthers(unittest.TestCase):
    """Agreements and lists beside what is published."""

    @classmethod
    def setUpClass(cls):
        full = dict(records=[*mx("mx"), *host("mx", USABLE), f"_587._tcp.relay TLSA {USABLE}", "relay A 127.0.0.1"])
        enforce = dict(kind="insecure", records=[*mx("mx"), *sts()])
        zones = {"full.test": full, "sts.test": enforce, "preloaded.test": LISTED, "listed-testing.test": enforce,
                 "unsigned-mx.test": dict(kind="insecure", records=mx("mx.full.test"))}
        policies = {"sts.test": PolicyHost(text=policy(mx=["mx.sts.test"])),
                    "listed-testing.test": PolicyHost(text=policy("testing", ["mx.listed-testing.test"]))}
        cls.internet = cls.enterClassContext(Internet(zones, policies))
        cls.internet.publish_list(preloaded_test=("enforce", ["mx.preloaded.test"]),
                                  **{"listed-testing_test": ("enforce", ["mx.listed-testing.test"]),
                                     "sts_test": ("enforce", ["old.sts.test"])})
        cls.internet.agree("""
[[agreement]]
partner = "Weaker"
domains = ["full.test", "unsigned-mx.test"]
level = "encrypt"
[[agreement]]
partner = "Relay"
domains = ["[relay.full.test]:587"]
level = "encrypt"
""")
        cls.said = cls.internet.run("generate")
        cls.map = cls.internet.postfix()

    def test_what_is_listed_or_agreed_is_looked_up(self):
        self.assertEqual(self.said.returncode, 0, self.said.stderr)
        self.assertTrue(self.map["preloaded.test"].startswith("secure match=mx.preloaded.test"), self.map)

    def test_the_domains_own_policy_goes_before_a_list(self):
        self.assertTrue(self.map["sts.test"].startswith("secure match=mx.sts.test "))
        self.assertNotIn("listed-testing.test", self.map)

    def test_an_agreement_never_lowers_what_is_published(self):
        self.assertEqual(self.map["full.test"].split(" ")[0], "dane-only")
        self.assertEqual(self.map["unsigned-mx.test"].split(" ")[0], "encrypt")
        self.assertIn("level=dane-or-encrypt", self.internet.exim("unsigned-mx.test"))

    def test_a_smart_host_has_its_tlsa_at_its_port(self):
        self.assertEqual(self.map["[relay.full.test]:587"].split(" ")[0], "dane-only")


class Faults(unittest.TestCase):
    """Name servers and files that are not as they should be."""

    def setUp(self):
        zones = {"dane.test": dict(records=[*mx("mx"), *host("mx", USABLE)]),
                 "sts.test": dict(kind="insecure", records=[*mx("mx"), *sts()])}
        self.internet = self.enterContext(Internet(zones, {"sts.test": PolicyHost(text=policy(mx=["mx.sts.test"]))}))
        self.internet.name("dane.test", "sts.test")

    def test_a_missing_trust_anchor_switches_dane_off_and_says_so(self):
        self.internet.configure(anchor="/nonexistent/root.key")
        said = self.internet.run("generate")
        self.assertEqual(said.returncode, 0)
        self.assertIn("alert: DNS: ", said.stderr)
        self.assertIn("/nonexistent/root.key", said.stderr)
        self.assertEqual(sorted(self.internet.postfix()), ["sts.test"])

    def test_the_wrong_trust_anchor_is_named(self):
        wrong = self.internet.work / "wrong.key"
        wrong.write_text(". IN DS 20326 8 2 " + "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n")
        self.internet.configure(anchor=wrong)
        said = self.internet.run("generate")
        self.assertIn("alert: DNS: ", said.stderr)
        self.assertIn("DANE is not looked up", said.stderr)
        self.assertEqual(sorted(self.internet.postfix()), ["sts.test"])

    def test_private_policy_hosts_are_refused_unless_allowed(self):
        text = self.internet.config.read_text().replace("private_addresses = true", "private_addresses = false")
        self.internet.config.write_text(text)
        self.internet.run("generate")
        self.assertEqual(sorted(self.internet.postfix()), ["dane.test"])
        self.assertEqual(self.internet.policies["sts.test"].requests, 0)

    def test_a_bad_line_among_the_correspondents_is_named_and_passed_over(self):
        (self.internet.work / "correspondents").write_text("dane.test # a comment\n\nnot a domain\n")
        said = self.internet.run("generate")
        self.assertIn("correspondents:3", said.stderr)
        self.assertEqual(sorted(self.internet.postfix()), ["dane.test"])

    def test_logs_are_correspondents(self):
        self.internet.name()
        log = self.internet.work / "mail.log"
        log.write_text("Nov 24 10:00:01 mail postfix/smtp[7]: ABC: to=<u@dane.test>, relay=none, x\n")
        self.internet.config.write_text(self.internet.config.read_text().replace(
            "[correspondents]\n", f'[correspondents]\nlogs = ["{log}"]\n'))
        self.internet.run("generate")
        self.assertEqual(sorted(self.internet.postfix()), ["dane.test"])
        log.rename(log.with_name("mail.log.1"))
        log.write_text("2026-11-24 10:00:01 1tF3aB-000001-2c => u@sts.test R=dnslookup T=remote_smtp H=mx [192.0.2.1]\n")
        self.internet.run("generate")
        self.assertEqual(sorted(self.internet.postfix()), ["dane.test", "sts.test"])


if __name__ == "__main__":
    unittest.main()
