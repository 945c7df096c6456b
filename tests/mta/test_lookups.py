# SPDX-License-Identifier: MIT
"""From what domains publish to what becomes of mail: `tlspact generate` looks up DANE and MTA-STS in a signed DNS and
on policy hosts, and a real Postfix and a real Exim deliver by the maps that it wrote."""

import re

import lookup_cases
import lookup_world
from lab import outcome
from lab.exim import Exim
from lab.postfix import Postfix
from lookup_tests import LookupsTest, PublishedTests
from mta_test import MtaTest

POSTFIX_MAP = "cdb:/var/lib/tlspact/postfix/tls_policy"
EXIM_MAP = "/var/lib/tlspact/exim/tls_policy.cdb"
BINDS_MX = (3, 10, 5)     # smtp_tls_enforce_sts_mx_patterns
TLSRPT = (3, 10)

POSTFIX_SETTINGS = "smtp_dns_support_level = dnssec\n"
POSTFIX_TLSRPT = "smtp_tlsrpt_enable = yes\nsmtp_tlsrpt_socket_name = tlsrpt/lab\n"

# RFC 8460 section 4.3, as numbered by libtlsrpt
STARTTLS_NOT_SUPPORTED, HOST_MISMATCH, DANE, STS = 201, 202, 1, 2


def setUpModule():    # pylint: disable=invalid-name
    """One world for both mail servers."""
    LookupsTest.world = lookup_world.LookupWorld(MtaTest.lab.work).start()


def tearDownModule():    # pylint: disable=invalid-name
    """Ends its servers."""
    LookupsTest.world.stop()


class PostfixLookupsTest(PublishedTests, LookupsTest):
    """Postfix, and from 3.10 on its reports."""

    kind = "postfix"
    place = 0
    resolv_confs = ("etc/resolv.conf", "var/spool/postfix/etc/resolv.conf")    # smtp(8) runs in a chroot
    without_dane = ["encrypt", "", "secure"]
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

    def test_init_makes_postfix_obey_tlsa_behind_an_unsigned_mx(self):
        """In Postfix 3.7 it is "may" unless the level of everybody is "dane", whatever the map says."""
        self.assertEqual(self.root.run("postconf", "-hx", "smtp_tls_dane_insecure_mx_policy").strip(), "dane")

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
    without_dane = ["level=encrypt", "", "level=secure"]

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

    def test_what_is_asked_where_tlsa_is_at_the_own_name_of_an_alias(self):
        """A limit of Exim: it looks at the end of the chain only, and dane-only would make this mail wait for ever."""
        for name, level, how in (("dane-alias-own", "dane-or-encrypt", "no"), ("mixed-alias-own", "dane-or-secure", "yes")):
            with self.subTest(name):
                self.assert_delivered_to(name, f"mx.{name}.test")
                self.assert_verified(name, how)
                said = self.tlspact("explain", f"{name}.test")
                self.assertIn(f"{level} is used instead of dane-only", said)
                self.assertIn(f"mx.{name}.test usable TLSA at its own name (it is an alias)", said)
                line = self.entries()[f"{name}.test"]
                self.assertEqual(self.tlspact("lookup", "--exim", f"{name}.test").strip(), line)
        self.assert_refused("mixed-alias-own-wrong")

    def test_tlsa_of_an_mx_host_whose_alias_ends_in_an_unsigned_zone_is_obeyed(self):
        """A limit of Exim: it is not, and mail is delivered as without DANE."""
        for name in ("alias-out", "alias-out-wrong"):
            self.assert_delivered_to(name, f"mx.{name}.test")
            self.assert_verified(name, "no")

    def test_exim_has_to_be_told_to_believe_its_resolver(self):
        """A limit of the C library, which takes the AD bit off otherwise; check says so."""
        secure = "${lookup dnsdb{dnssec_strict,defer_never,mx=dane-311.test}{yes}{no}}"
        self.assertEqual(self.root.run("exim4", "-be", secure).strip(), "yes")
        self.use_good_resolver_at_the_end()
        self.use_resolver(lookup_world.RESOLV_CONF.replace(" trust-ad", ""))
        self.assertEqual(self.root.run("exim4", "-be", secure).strip(), "no")
        said = self.program.attempt("check").stdout
        self.assertIn('does not say "options trust-ad"', said)
        self.tlspact("generate")
        self.assertEqual(self.levels(), self.without_dane)

    def test_dane_on_the_host_that_has_tlsa(self):
        self.assert_delivered_to("mixed-dane-right", "a.mixed-dane-right.test")
        self.assert_verified("mixed-dane-right", "dane")

    def test_wrong_tlsa_is_not_saved_by_a_public_ca(self):
        self.assert_refused("mixed-dane-wrong")

    def test_sts_on_the_host_that_has_none(self):
        self.assert_delivered_to("mixed-pkix-right", "b.mixed-pkix-right.test")
        self.assert_verified("mixed-pkix-right", "yes")

    def test_exim_verified_where_it_had_to(self):
        for name, how in (("dane-311", "dane"), ("dane-211", "dane"), ("some", "dane"), ("sts-right", "yes"),
                          ("unsigned-mx", "dane"), ("unsigned-mx-lost", "dane"), ("unsigned-mx-next", "dane"),
                          ("unsigned-mx-order", "dane")):
            with self.subTest(name):
                self.assert_verified(name, how)

    def test_exim_has_nothing_to_complain_of(self):
        for case in lookup_cases.BATCH:
            self.assertNotEqual(self.outcome_of(case).status, outcome.BOUNCED)
        self.assertEqual(self.mta.complaints(), [])

    def test_which_router_takes_the_mail_behind_an_unsigned_mx(self):
        """Only what rests on TLSA records alone may go past the security of the MX answer."""
        for name, router in (("unsigned-mx", "tlspact_unsigned_mx"), ("some", "tlspact_mx"),
                             ("mixed-unsigned-mx", "tlspact_mx"), ("dane-311", "tlspact_mx")):
            with self.subTest(name):
                said = self.root.run("exim4", "-bt", self.by_name[name].recipient)
                self.assertIn(f"router = {router},", said)


def version_of(postfix):
    """As numbers, to compare."""
    return tuple(int(part) for part in postfix.version.split("."))
