# SPDX-License-Identifier: MIT
"""What has to become of mail to domains that publish DANE and MTA-STS, whichever server sends it."""

import json

import lookup_cases
import lookup_world
from lab import dns
from lab.inside import Inside
from mta_test import MtaTest

# What an entry begins with, in Postfix and in Exim; None: there is none.
ENTRIES = {
    **{case.name: ("dane-only", "level=dane-only") for case in lookup_cases.DANE_FULL},
    **{case.name: ("dane", "level=dane") for case in lookup_cases.DANE_SOME + lookup_cases.UNSIGNED_MX},
    **{case.name: ("secure match=", "level=secure mxre=") for case in lookup_cases.STS},
    **{case.name: ("secure match=", "level=dane-or-secure mxre=") 
       for case in lookup_cases.MIXED + lookup_cases.MIXED_UNSIGNED_MX},
    **{case.name: (None, None) for case in lookup_cases.NOT_ENFORCED + lookup_cases.FAILING},
    **{case.name: ("dane-only", "level=dane-or-secure mxre=") for case in lookup_cases.MIXED_ALIAS},
    "dane-alias-own": ("dane-only", "level=dane-or-encrypt"),    # Exim does not find TLSA at an alias
    "attacked": ("secure match=mx.attacked.test", "level=dane-or-secure mxre=^(?:mx\\.attacked\\.test)$"),
    "attacked-beside": ("secure match=mx.attacked-beside.test", "level=dane-or-secure mxre="),
    "later-dane": ("dane-only", "level=dane-only"),
    "later-sts": ("secure match=mx.later-sts.test", "level=secure mxre="),
    "withdrawn": ("dane-only", "level=dane-only"),
    "tightened": (None, None),
}

# The lab's other name server has a root of its own that is not signed; and nobody is at this address.
NOT_VALIDATING = dns.RESOLV_CONF + "options trust-ad\n"
NOBODY = "nameserver 127.0.0.77\noptions trust-ad\n"


class LookupsTest(MtaTest):
    """A mail server on a machine of its own, connected as the manual tells: generate, init --apply, generate."""

    by_name = lookup_cases.BY_NAME
    world = None    # set by the module of the tests
    resolv_confs = ("etc/resolv.conf",)    # that the mail server reads
    without_dane = None                    # what levels() are where nothing validates

    @classmethod
    def setUpClass(cls):
        cls.root = cls.lab.root(cls.kind, cls.__name__)
        cls.world.make_known_in(cls.root)
        cls.program = Inside(cls.root, cls.lab.tlspact.program)
        cls.mta = cls.make_mta(cls.root)
        cls.tlspact("generate")
        cls.tlspact("init", "--apply")
        cls.said = cls.tlspact("generate")
        cls.world.forget()
        cls.mta.start()
        cls.addClassCleanup(cls.mta.stop)
        for case in lookup_cases.BATCH:
            cls.mta.send(case.sender, case.recipient)

    @classmethod
    def tlspact(cls, *arguments):
        """Runs the program inside the root, as root; returns all that it said."""
        done = cls.program.attempt(*arguments)
        if done.returncode != 0:
            raise AssertionError(f"tlspact {arguments}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def look_up_again(self):
        """As after a while, and into the map."""
        self.tlspact("refresh", "--all")
        self.tlspact("generate")

    def entries(self):
        """Domain -> what the mail server's own reader finds in the map, "" for none."""
        raise NotImplementedError

    def assert_delivered_to(self, name, host, tls=True):
        """The mail to a case arrived at that host, by TLS or in clear."""
        mail = self.assert_delivered(name)
        self.assertEqual(mail.receiver, host, self.outcome_of(self.by_name[name]).text)
        self.assertEqual(mail.tls is not None, tls, f"{name}: TLS")
        return mail


class PublishedTests:
    """What both servers owe."""

    place = None    # in the rows of ENTRIES

    def test_generate_is_content(self):
        for word in ("alert", "warning"):
            self.assertNotIn(word, self.said)

    def test_check_is_content(self):
        said = self.tlspact("check")
        for word in ("alert", "warning"):
            self.assertNotIn(word, said)

    # Whether the mail server's own resolver validates

    def use_resolver(self, resolv_conf):
        """The mail server asks this one, until the end of the test."""
        for case in lookup_cases.BATCH:
            self.outcome_of(case)    # nobody uses the resolver any more
        for path in self.resolv_confs:
            self.root.write(path, resolv_conf)

    def use_good_resolver_at_the_end(self):
        """And all is as it was."""
        self.addCleanup(self.tlspact, "generate")
        self.addCleanup(self.use_resolver, lookup_world.RESOLV_CONF)    # before that

    def levels(self):
        """What the map says of a domain with DANE in full, with DANE at some host, and with DANE beside a policy."""
        entries = self.entries()
        return [entries[f"{name}.test"].split(" ")[0] for name in ("dane-311", "some", "mixed-dane-right")]

    def test_check_names_a_resolver_that_does_not_validate(self):
        self.use_good_resolver_at_the_end()
        self.use_resolver(NOT_VALIDATING)
        done = self.program.attempt("--json", "check")
        self.assertEqual(done.returncode, 1, done.stderr)
        findings = [each for each in json.loads(done.stdout)["findings"] if "does not validate" in each["text"]]
        told = [each for each in findings if f"/{self.resolv_confs[-1]}" in each["remedy"]]
        self.assertEqual([each["severity"] for each in told], ["alert"], findings)
        self.assertIn("127.0.0.1, the first name server of", told[0]["text"])
        self.assertIn("apt install unbound", told[0]["remedy"])
        self.assertIn("does not validate", self.program.attempt("check").stdout)

    def test_without_validation_no_dane_level_is_written(self):
        self.use_good_resolver_at_the_end()
        before = self.entries()
        self.use_resolver(NOT_VALIDATING)
        self.assertIn("does not validate", self.tlspact("generate"))
        self.assertEqual(self.levels(), self.without_dane)
        self.assertIn("does not validate", self.tlspact("generate"), "a second run is silent")
        self.assertIn("does not validate", self.tlspact("explain", "dane-311.test"))
        self.use_resolver(lookup_world.RESOLV_CONF)
        self.tlspact("generate")
        self.assertEqual(self.entries(), before)

    def test_a_resolver_that_does_not_answer_changes_no_map(self):
        self.use_good_resolver_at_the_end()
        before = self.entries()
        self.use_resolver(NOBODY)
        self.assertNotIn("validate", self.tlspact("generate"))
        self.assertEqual(self.entries(), before)
        self.assertIn("did not tell whether it validates", self.tlspact("check"))
        self.use_resolver(NOT_VALIDATING)
        self.tlspact("generate")
        self.use_resolver(NOBODY)
        self.tlspact("generate")
        self.assertEqual(self.levels(), self.without_dane)

    def test_every_entry_is_as_the_table_of_decisions_says(self):
        entries = self.entries()
        for case in lookup_cases.ALL:
            wanted, entry = ENTRIES[case.name][self.place], entries[case.domain]
            with self.subTest(case.name):
                if wanted is None:
                    self.assertEqual(entry, "")
                else:
                    self.assertTrue(f"{entry} ".startswith(wanted if wanted[-1] == "=" else f"{wanted} "), entry)
                self.assertNotIn("TEMP", entry)

    # DANE at every MX host

    def test_dane_only_trusts_the_tlsa_record_and_no_ca(self):
        self.assert_delivered_to("dane-311", "a.dane-311.test")
        self.assert_delivered_to("dane-301", "mx.dane-301.test")
        self.assert_delivered_to("dane-310", "mx.dane-310.test")
        self.assert_delivered_to("dane-211", "mx.dane-211.test")

    def test_dane_does_not_care_about_dates(self):
        """RFC 7671 section 5.1."""
        self.assert_delivered_to("dane-expired", "mx.dane-expired.test")

    def test_dane_refuses_a_certificate_of_a_public_ca_that_tlsa_does_not_name(self):
        self.assert_refused("dane-wrong")

    def test_dane_refuses_no_starttls(self):
        self.assert_refused("dane-plain")

    def test_dane_goes_on_to_the_next_mx_host(self):
        self.assert_delivered_to("dane-wrong-first", "b.dane-wrong-first.test")
        self.assert_delivered_to("dane-dead", "b.dane-dead.test")

    def test_dane_without_mx_records(self):
        self.assert_delivered_to("dane-implicit", "dane-implicit.test")

    def test_dane_by_an_alias_of_the_tlsa_record(self):
        self.assert_delivered_to("dane-tlsa-alias", "mx.dane-tlsa-alias.test")

    def test_dane_where_the_mx_host_is_an_alias(self):
        """RFC 7672 section 2.2.2: TLSA at the end of the chain."""
        self.assert_delivered_to("dane-alias", "mx.dane-alias.test")

    def test_dane_where_the_mx_host_is_an_alias_and_tlsa_at_its_own_name(self):
        """The same: or else at the name in the MX record."""
        self.assert_delivered_to("dane-alias-own", "mx.dane-alias-own.test")
        self.assert_delivered_to("mixed-alias-own", "mx.mixed-alias-own.test")
        self.assert_refused("mixed-alias-own-wrong")

    # DANE at some

    def test_dane_at_one_host_of_two(self):
        self.assert_delivered_to("some", "a.some.test")
        self.assert_refused("some-wrong")
        self.assert_refused("some-plain")

    def test_mx_host_without_tlsa_beside_one_with_is_opportunistic(self):
        self.assert_delivered_to("some-open", "b.some-open.test")

    def test_mx_host_whose_zone_is_bogus_costs_that_host_only(self):
        self.assert_delivered_to("some-lost", "b.some-lost.test")

    def test_tlsa_behind_an_unsigned_mx_is_obeyed(self):
        self.assert_delivered_to("unsigned-mx", "unsigned-mx.signed.test")
        self.assert_refused("unsigned-mx-wrong")
        self.assert_refused("unsigned-mx-plain")

    def test_mx_hosts_behind_an_unsigned_mx_are_tried_by_preference(self):
        self.assert_delivered_to("unsigned-mx-order", "order-9.signed.test")
        self.assert_delivered_to("unsigned-mx-next", "next-c.signed.test")

    def test_mx_host_without_tlsa_behind_an_unsigned_mx_is_opportunistic(self):
        self.assert_delivered_to("unsigned-mx-open", "open-b.elsewhere.test", tls=False)

    def test_mx_host_behind_an_unsigned_mx_whose_zone_is_bogus_costs_that_host_only(self):
        self.assert_delivered_to("unsigned-mx-lost", "lost-b.signed.test")

    def test_tlsa_of_an_mx_host_whose_alias_ends_in_an_unsigned_zone_is_obeyed(self):
        self.assert_delivered_to("alias-out", "mx.alias-out.test")
        self.assert_refused("alias-out-wrong")

    def test_unusable_tlsa_means_tls_without_authentication(self):
        self.assert_delivered_to("unusable", "mx.unusable.test")
        self.assert_refused("unusable-plain")

    # MTA-STS

    def test_sts_is_delivered_with_sni(self):
        mail = self.assert_delivered_to("sts-right", "mx.sts-right.test")
        self.assertEqual(mail.tls.server_name, "mx.sts-right.test")
        self.assert_delivered_to("sts-suffix", "a.pool.sts-suffix.test")

    def test_sts_goes_on_to_the_third_mx_host_after_two_dead_ones(self):
        self.assert_delivered_to("sts-dead", "c.sts-dead.test")

    def test_sts_refuses_bad_certificates(self):
        for name in ("sts-wrong-name", "sts-expired", "sts-self-signed"):
            with self.subTest(name):
                self.assert_refused(name)

    def test_sts_refuses_no_starttls(self):
        self.assert_refused("sts-plain")

    def test_sts_refuses_an_mx_host_outside_the_policy(self):
        self.assert_refused("sts-rogue")
        if self.binds_mx():
            self.assertEqual(self.connections_to("sts-rogue"), 0, "refused only after connecting")

    def test_sts_binds_the_mx_host_whatever_names_its_certificate_has(self):
        if not self.binds_mx():
            self.skipTest("this version checks the certificate, not the name of the MX host")
        self.assert_refused("sts-rogue-good-name")
        self.assertEqual(self.connections_to("sts-rogue-good-name"), 0)

    def test_an_attackers_own_signed_zone_does_not_cancel_sts(self):
        self.assert_refused("attacked")
        self.assert_delivered_to("attacked-beside", "mx.attacked-beside.test")
        if self.binds_mx():
            self.assertEqual(self.connections_to("attacked") + self.connections_to("attacked-beside"), 0)

    def test_policy_in_force_is_never_less_on_any_host(self):
        """One host with TLSA, one without; each is wrong in its own way."""
        for name in ("mixed-pkix-wrong", "mixed-pkix-outside", "mixed-dane-outside"):
            with self.subTest(name):
                self.assert_refused(name)

    def test_unusable_tlsa_does_not_replace_the_policy(self):
        self.assert_delivered_to("mixed-unusable", "mx.mixed-unusable.test")
        self.assert_refused("mixed-unusable-wrong")

    def test_tlsa_behind_an_unsigned_mx_does_not_replace_the_policy(self):
        """RFC 8461 section 2: neither for better nor for worse."""
        self.assert_delivered_to("mixed-unsigned-mx", "mixed.signed.test")
        self.assert_refused("mixed-unsigned-mx-wrong")

    # Everybody else

    def test_testing_and_none_are_delivered_as_without_a_policy(self):
        self.assert_delivered_to("testing", "mx.testing.test")
        self.assert_delivered_to("testing-plain", "mx.testing-plain.test", tls=False)
        self.assert_delivered_to("mode-none", "mx.mode-none.test", tls=False)

    def test_policy_that_cannot_be_fetched_is_none(self):
        self.assert_delivered_to("no-policy-host", "mx.no-policy-host.test", tls=False)

    def test_domain_that_publishes_nothing_is_delivered_in_clear(self):
        self.assert_delivered_to("nothing", "mx.nothing.test", tls=False)
        self.assert_delivered_to("nothing-unsigned", "mx.nothing-unsigned.test", tls=False)

    def test_dns_that_fails_makes_mail_wait(self):
        self.assert_refused("bogus")
        self.assert_refused("servfail")

    def test_dns_that_begins_to_fail_changes_no_entry(self):
        before = self.entries()
        dane, sts = (self.by_name[name] for name in ("later-dane", "later-sts"))
        self.world.break_zone(dane, "bogus")
        self.world.break_zone(sts, "missing")
        try:
            self.look_up_again()
            self.assertEqual(self.entries(), before)
            for case in (dane, sts):
                self.mta.send(case.sender, case.recipient)
                self.assert_refused(case.name)
        finally:
            self.world.mend(dane)
            self.world.mend(sts)
        mark = self.mta.mark()
        self.mta.flush()
        for case in (dane, sts):
            self.assertIsNotNone(self.assert_delivered(case.name, since=mark).tls)

    # What changes

    def test_tlsa_that_is_withdrawn_holds_mail_until_the_next_look(self):
        case = self.by_name["withdrawn"]
        self.addCleanup(self.look_up_again)
        self.addCleanup(self.world.mend, case)    # before that
        self.world.withdraw_tlsa(case)
        self.mta.send(case.sender, case.recipient)
        self.assert_refused(case.name)
        self.look_up_again()
        mark = self.mta.mark()
        self.mta.flush()
        self.assert_delivered(case.name, since=mark)

    def test_policy_that_changes_holds_for_the_next_message(self):
        case = self.by_name["tightened"]
        self.addCleanup(self.look_up_again)
        self.addCleanup(self.world.mend, case)    # before that
        self.mta.send(case.sender, case.recipient)
        self.assert_delivered(case.name)
        self.world.change_policy(case, "enforce", 2)
        self.look_up_again()
        sender = "tightened-enforce@lab.test"
        self.mta.send(sender, case.recipient)
        self.assert_refused(case.name, sender)
        self.world.change_policy(case, "none", 3)
        self.look_up_again()
        mark = self.mta.mark()
        self.mta.flush()
        self.assert_delivered(case.name, sender, since=mark)
