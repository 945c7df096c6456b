# SPDX-License-Identifier: MIT
"""From what domains publish to what becomes of mail: `tlspact generate` looks up DANE and MTA-STS in a signed DNS and on
policy hosts, and a real Postfix and a real Exim deliver by the maps that it wrote."""

import re
import unittest

import lookup_cases
import lookup_world
from lab import outcome
from lab.exim import Exim
from lab.inside import Inside
from lab.postfix import Postfix
from mta_test import MtaTest

POSTFIX_MAP = "cdb:/var/lib/tlspact/postfix/tls_policy"
EXIM_MAP = "/var/lib/tlspact/exim/tls_policy.cdb"
BINDS_MX = (3, 10, 5)     # smtp_tls_enforce_sts_mx_patterns
TLSRPT = (3, 10)

# The second is for Postfix 3.7, where its default is "may" unless the level of everybody is "dane", whatever the map says.
POSTFIX_SETTINGS = "smtp_dns_support_level = dnssec\nsmtp_tls_dane_insecure_mx_policy = dane\n"
POSTFIX_TLSRPT = "smtp_tlsrpt_enable = yes\nsmtp_tlsrpt_socket_name = tlsrpt/lab\n"

# RFC 8460 section 4.3, as numbered by libtlsrpt
STARTTLS_NOT_SUPPORTED, HOST_MISMATCH, DANE, STS = 201, 202, 1, 2

# What an entry begins with, in Postfix and in Exim; None: there is none.
ENTRIES = {
    **{case.name: ("dane-only", "level=dane-only") for case in lookup_cases.DANE_FULL},
    **{case.name: ("dane", "level=dane") for case in lookup_cases.DANE_SOME + lookup_cases.UNSIGNED_MX},
    **{case.name: ("secure match=", "level=secure mxre=") for case in lookup_cases.STS},
    **{case.name: ("secure match=", "level=dane-or-secure mxre=") 
       for case in lookup_cases.MIXED + lookup_cases.MIXED_UNSIGNED_MX},
    **{case.name: (None, None) for case in lookup_cases.NOT_ENFORCED + lookup_cases.FAILING},
    "attacked": ("secure match=mx.attacked.test", "level=dane-or-secure mxre=^(?:mx\\.attacked\\.test)$"),
    "attacked-beside": ("secure match=mx.attacked-beside.test", "level=dane-or-secure mxre="),
    "later-dane": ("dane-only", "level=dane-only"),
    "later-sts": ("secure match=mx.later-sts.test", "level=secure mxre="),
}

WORLD = None


def setUpModule():    # pylint: disable=invalid-name
    """One world for both mail servers."""
    global WORLD      # pylint: disable=global-statement
    WORLD = lookup_world.LookupWorld(MtaTest.lab.work).start()


def tearDownModule():    # pylint: disable=invalid-name
    """Ends its servers."""
    WORLD.stop()


class LookupsTest(MtaTest):
    """A mail server on a machine of its own, connected as the manual tells: generate, init --apply, generate."""

    by_name = lookup_cases.BY_NAME

    @classmethod
    def setUpClass(cls):
        cls.world = WORLD
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

    # DANE at some

    def test_dane_at_one_host_of_two(self):
        self.assert_delivered_to("some", "a.some.test")
        self.assert_refused("some-wrong")
        self.assert_refused("some-plain")

    def test_mx_host_without_tlsa_beside_one_with_is_opportunistic(self):
        self.assert_delivered_to("some-open", "b.some-open.test")

    def test_mx_host_whose_zone_is_bogus_costs_that_host_only(self):
        self.assert_delivered_to("some-lost", "b.some-lost.test")

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
            self.tlspact("refresh", "--all")
            self.tlspact("generate")
            self.assertEqual(self.entries(), before)
            for case in (dane, sts):
                self.mta.send(case.sender, case.recipient)
                self.assert_refused(case.name)
        finally:
            self.world.mend_zone(dane)
            self.world.mend_zone(sts)
        mark = self.mta.mark()
        self.mta.flush()
        for case in (dane, sts):
            self.assertIsNotNone(self.assert_delivered(case.name, since=mark).tls)


class PostfixLookupsTest(PublishedTests, LookupsTest):
    """Postfix, and from 3.10 on its reports."""

    kind = "postfix"
    place = 0
    tlsrpt = None

    @classmethod
    def make_mta(cls, root):
        postfix = Postfix(root)
        settings = POSTFIX_SETTINGS
        if version_of(postfix) >= TLSRPT:
            settings += POSTFIX_TLSRPT
            cls.tlsrpt = lookup_world.TlsrptSocket(root)
        postfix.configure(settings)
        return postfix

    def entries(self):
        known = self.mta.query_all([case.domain for case in lookup_cases.ALL], POSTFIX_MAP)
        return {case.domain: known.get(case.domain, "") for case in lookup_cases.ALL}

    def binds_mx(self):
        """Whether this Postfix refuses MX hosts by their names, before connecting."""
        return version_of(self.mta) >= BINDS_MX

    def test_tlsa_behind_an_unsigned_mx_is_obeyed(self):
        self.assert_delivered_to("unsigned-mx", "unsigned-mx.signed.test")
        self.assert_refused("unsigned-mx-wrong")
        self.assert_refused("unsigned-mx-plain")

    def test_a_policy_in_force_goes_before_dane_on_single_hosts(self):
        """Postfix cannot do both on one entry: what decides is the certificate's name, on every host."""
        self.assert_delivered_to("mixed-dane-wrong", "a.mixed-dane-wrong.test")
        self.assert_delivered_to("mixed-pkix-right", "a.mixed-pkix-right.test")
        self.assert_refused("mixed-dane-right")

    def test_postfix_verified_where_it_had_to(self):
        """Not only delivered: its own log says so. It says "Trusted" where the name is an unsigned MX answer's."""
        for name, word in (("dane-311", "Verified"), ("dane-211", "Verified"), ("some", "Verified"),
                           ("unsigned-mx", "Trusted"), ("sts-right", "Verified")):
            case = self.by_name[name]
            self.outcome_of(case)
            with self.subTest(name):
                self.assertRegex(self.root.read("var/log/postfix.log"),
                                 rf"{word} TLS connection established to {re.escape(case.host)}\[")

    def test_postfix_accepts_every_line(self):
        for case in lookup_cases.BATCH:
            self.outcome_of(case)
        self.assertEqual(self.mta.complaints(), [])

    def require_tlsrpt(self):
        """Skips where Postfix knows nothing of it."""
        if self.tlsrpt is None:
            self.skipTest("this version sends no TLSRPT")

    def report_of(self, name):
        """What Postfix reported about the first handshake for a case: its policy, and the result type or None."""
        self.outcome_of(self.by_name[name])
        policy = self.tlsrpt.reports_of(f"{name}.test")[0]["policies"][0]
        failures = policy.get("failure-details", [{"c": None}])
        return policy, failures[0]["c"]

    def test_tlsrpt_names_the_sts_policy_and_what_failed(self):
        self.require_tlsrpt()
        for name, failure in (("sts-right", None), ("sts-wrong-name", HOST_MISMATCH),
                              ("sts-plain", STARTTLS_NOT_SUPPORTED)):
            with self.subTest(name):
                policy, result = self.report_of(name)
                self.assertEqual(policy["policy-type"], STS, policy)
                self.assertEqual(policy["policy-domain"], f"{name}.test")
                self.assertIn(f"mx.{name}.test", policy["mx-host"])
                self.assertEqual(result, failure)
                self.assertEqual(policy["f"], int(failure is not None))

    @unittest.expectedFailure    # "source: MTA-STS" stands there
    def test_tlsrpt_holds_the_policy_as_it_was_fetched(self):
        """RFC 8460 section 4.4, "policy-string"."""
        self.require_tlsrpt()
        policy, _result = self.report_of("sts-right")
        self.assertEqual(policy["policy-string"], ["version: STSv1", "mode: enforce", "mx: mx.sts-right.test",
                                                   "max_age: 86400"])

    def test_tlsrpt_of_dane_names_the_mx_host(self):
        self.require_tlsrpt()
        policy, result = self.report_of("dane-301")
        self.assertEqual((policy["policy-type"], policy["policy-domain"], result), (DANE, "mx.dane-301.test", None))
        policy, result = self.report_of("dane-wrong")
        self.assertEqual((policy["policy-type"], policy["policy-domain"]), (DANE, "mx.dane-wrong.test"))
        self.assertIsNotNone(result)


class EximLookupsTest(PublishedTests, LookupsTest):
    """Exim, in Debian's split configuration."""

    kind = "exim"
    place = 1

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        exim.configure_split()
        return exim

    def entries(self):
        domains = [case.domain for case in lookup_cases.ALL]
        lookups = "".join(f"[${{lookup{{{domain}}}cdb{{{EXIM_MAP}}}}}]\n" for domain in domains)
        said = self.root.run("exim4", "-be", text_in=lookups)
        return dict(zip(domains, re.findall(r"^(?:> )?\[(.*)\]$", said, re.M), strict=True))

    def binds_mx(self):
        """Exim always does."""
        return True

    def assert_verified(self, name, how):
        """Exim's log says how it verified: "dane", or "yes" for a certificate of a CA."""
        self.assertIn(f" CV={how} ", self.outcome_of(self.by_name[name]).text)

    def test_tlsa_behind_an_unsigned_mx_is_not_asked_for(self):
        """A limit of Exim: DANE wants the MX answer to be secure, too."""
        for name in ("unsigned-mx", "unsigned-mx-wrong"):
            self.assert_delivered_to(name, f"{name}.signed.test")
            self.assert_verified(name, "no")
        self.assert_delivered_to("unsigned-mx-plain", "unsigned-mx-plain.signed.test", tls=False)

    def test_dane_on_the_host_that_has_tlsa(self):
        self.assert_delivered_to("mixed-dane-right", "a.mixed-dane-right.test")
        self.assert_verified("mixed-dane-right", "dane")

    def test_wrong_tlsa_is_not_saved_by_a_public_ca(self):
        self.assert_refused("mixed-dane-wrong")

    def test_sts_on_the_host_that_has_none(self):
        self.assert_delivered_to("mixed-pkix-right", "b.mixed-pkix-right.test")
        self.assert_verified("mixed-pkix-right", "yes")

    def test_exim_verified_where_it_had_to(self):
        for name, how in (("dane-311", "dane"), ("dane-211", "dane"), ("some", "dane"), ("sts-right", "yes")):
            with self.subTest(name):
                self.assert_verified(name, how)

    def test_exim_has_nothing_to_complain_of(self):
        for case in lookup_cases.BATCH:
            self.assertNotEqual(self.outcome_of(case).status, outcome.BOUNCED)
        self.assertEqual(self.mta.complaints(), [])


def version_of(postfix):
    """As numbers, to compare."""
    return tuple(int(part) for part in postfix.version.split("."))
