# SPDX-License-Identifier: MIT
"""Domains that publish DANE and MTA-STS, rightly and wrongly: for each, its zone, its MX hosts and its policy.

What has to become of mail to them stands in test_lookups.py, by the name of the case.
"""

import dataclasses

from cases import EXPIRED, NO_STARTTLS, RIGHT, SELF_SIGNED, WRONG_NAME

CHAIN = "chain"                  # of an authority that only TLSA records vouch for
WRONG_TLSA = "3 1 1 " + "ab" * 32
UNUSABLE_TLSA = "1 1 1 " + "ab" * 32    # RFC 7672 section 3.1.3


@dataclasses.dataclass(frozen=True)
class Host:
    """An MX host. `tlsa`: a kind such as "3 1 1", for its own certificate, or a whole record."""

    name: str
    certificate: str = RIGHT
    tlsa: str = ""
    listens: bool = True
    also: tuple = ()             # more names in its certificate
    alias_of: str = ""           # where its address is
    tlsa_at: str = ""            # where its TLSA record is, if not below the end of that
    preference: int = 0          # of its MX record; 0: ten times its place


@dataclasses.dataclass(frozen=True)
class Case:
    """A domain NAME.test. MX hosts are the first preferred; their names are whole."""

    name: str
    kind: str                    # of its zone: signed_dns.py
    hosts: tuple
    mode: str = ""               # of its MTA-STS policy, if it has one
    mx: tuple = ()
    policy_host: str = "good"    # policy_host.py
    has_mx: bool = True          # else the one host has the domain's own name

    @property
    def domain(self):
        """Mail goes to this domain."""
        return f"{self.name}.test"

    @property
    def recipient(self):
        """Mail goes to."""
        return f"someone@{self.domain}"

    @property
    def sender(self):
        """Mail comes from: each case has its own, so that its mail is found again everywhere."""
        return f"{self.name}@lab.test"

    @property
    def host(self):
        """The first MX host."""
        return self.hosts[0].name


def signed(name, *hosts):
    """A domain whose zone is signed."""
    return Case(name, "secure", hosts)


def unsigned(name, *hosts):
    """A domain whose zone is not."""
    return Case(name, "insecure", hosts)


def enforced(name, *hosts, mx=()):
    """An unsigned domain with an MTA-STS policy in force; without `mx` it names the hosts."""
    return Case(name, "insecure", hosts, "enforce", mx or tuple(host.name for host in hosts))


def mixed(name, *hosts, mx=()):
    """The same, but signed."""
    return dataclasses.replace(enforced(name, *hosts, mx=mx), kind="secure")


# Hosts below signed.test have a signed zone of their own, those below evil.test that of somebody else, those below
# elsewhere.test an unsigned one, and those below broken.test one that does not validate.
DANE_FULL = (
    signed("dane-311", Host("a.dane-311.test", SELF_SIGNED, "3 1 1"), Host("b.dane-311.test", SELF_SIGNED, "3 1 1")),
    signed("dane-301", Host("mx.dane-301.test", SELF_SIGNED, "3 0 1")),
    signed("dane-310", Host("mx.dane-310.test", SELF_SIGNED, "3 1 0")),
    signed("dane-211", Host("mx.dane-211.test", CHAIN, "2 1 1")),
    signed("dane-expired", Host("mx.dane-expired.test", EXPIRED, "3 1 1")),
    signed("dane-wrong", Host("mx.dane-wrong.test", RIGHT, WRONG_TLSA)),
    signed("dane-plain", Host("mx.dane-plain.test", NO_STARTTLS, WRONG_TLSA)),
    signed("dane-wrong-first", Host("a.dane-wrong-first.test", RIGHT, WRONG_TLSA),
           Host("b.dane-wrong-first.test", SELF_SIGNED, "3 1 1")),
    signed("dane-dead", Host("a.dane-dead.test", SELF_SIGNED, "3 1 1", listens=False),
           Host("b.dane-dead.test", SELF_SIGNED, "3 1 1"), Host("c.dane-dead.test", SELF_SIGNED, "3 1 1")),
    Case("dane-implicit", "secure", (Host("dane-implicit.test", SELF_SIGNED, "3 1 1"),), has_mx=False),
    signed("dane-tlsa-alias", Host("mx.dane-tlsa-alias.test", SELF_SIGNED, "3 1 1", tlsa_at="tlsa.signed.test")),
    signed("dane-alias", Host("mx.dane-alias.test", SELF_SIGNED, "3 1 1", alias_of="alias.signed.test")),
    signed("dane-alias-own", Host("mx.dane-alias-own.test", SELF_SIGNED, "3 1 1", alias_of="alias-own.signed.test",
                                  tlsa_at="_25._tcp.mx.dane-alias-own.test")),
)

DANE_SOME = (
    signed("some", Host("a.some.test", SELF_SIGNED, "3 1 1"), Host("b.some.test", NO_STARTTLS)),
    signed("some-wrong", Host("a.some-wrong.test", RIGHT, WRONG_TLSA), Host("b.some-wrong.test", listens=False)),
    signed("some-plain", Host("a.some-plain.test", NO_STARTTLS, WRONG_TLSA), Host("b.some-plain.test", listens=False)),
    signed("some-open", Host("a.some-open.test", RIGHT, WRONG_TLSA), Host("b.some-open.test", SELF_SIGNED)),
    signed("some-lost", Host("some-lost.broken.test", SELF_SIGNED, WRONG_TLSA),
           Host("b.some-lost.test", SELF_SIGNED, "3 1 1"), Host("c.some-lost.test", SELF_SIGNED, "3 1 1")),
    signed("alias-out", Host("mx.alias-out.test", SELF_SIGNED, "3 1 1", alias_of="alias-out.elsewhere.test",
                             tlsa_at="_25._tcp.mx.alias-out.test")),
    signed("alias-out-wrong", Host("mx.alias-out-wrong.test", RIGHT, WRONG_TLSA, alias_of="alias-wrong.elsewhere.test",
                                   tlsa_at="_25._tcp.mx.alias-out-wrong.test")),
    signed("unusable", Host("mx.unusable.test", SELF_SIGNED, UNUSABLE_TLSA)),
    signed("unusable-plain", Host("mx.unusable-plain.test", NO_STARTTLS, UNUSABLE_TLSA)),
)

# TLSA at the host that an unsigned MX answer names.
UNSIGNED_MX = (
    unsigned("unsigned-mx", Host("unsigned-mx.signed.test", SELF_SIGNED, "3 1 1")),
    unsigned("unsigned-mx-wrong", Host("unsigned-mx-wrong.signed.test", RIGHT, WRONG_TLSA)),
    unsigned("unsigned-mx-plain", Host("unsigned-mx-plain.signed.test", NO_STARTTLS, WRONG_TLSA)),
    unsigned("unsigned-mx-order", Host("order-10.signed.test", SELF_SIGNED, "3 1 1", preference=10),
             Host("order-9.signed.test", SELF_SIGNED, "3 1 1", preference=9)),
    unsigned("unsigned-mx-next", Host("next-a.signed.test", SELF_SIGNED, "3 1 1", listens=False),
             Host("next-b.signed.test", RIGHT, WRONG_TLSA), Host("next-c.signed.test", SELF_SIGNED, "3 1 1")),
    unsigned("unsigned-mx-open", Host("open-a.signed.test", RIGHT, WRONG_TLSA),
             Host("open-b.elsewhere.test", NO_STARTTLS)),
    unsigned("unsigned-mx-lost", Host("lost-a.broken.test", SELF_SIGNED, WRONG_TLSA),
             Host("lost-b.signed.test", SELF_SIGNED, "3 1 1")),
)

STS = (
    enforced("sts-right", Host("mx.sts-right.test")),
    enforced("sts-suffix", Host("a.pool.sts-suffix.test"), mx=("*.pool.sts-suffix.test",)),
    enforced("sts-wrong-name", Host("mx.sts-wrong-name.test", WRONG_NAME)),
    enforced("sts-expired", Host("mx.sts-expired.test", EXPIRED)),
    enforced("sts-self-signed", Host("mx.sts-self-signed.test", SELF_SIGNED)),
    enforced("sts-plain", Host("mx.sts-plain.test", NO_STARTTLS)),
    enforced("sts-rogue", Host("rogue.elsewhere.test"), mx=("mx.sts-rogue.test",)),
    enforced("sts-rogue-good-name", Host("good-name.elsewhere.test", also=("mx.sts-rogue-good-name.test",)),
             mx=("mx.sts-rogue-good-name.test",)),
    enforced("sts-dead", Host("a.sts-dead.test", listens=False), Host("b.sts-dead.test", listens=False),
             Host("c.sts-dead.test")),
)

# The first MX host has TLSA, the second none, and a policy is in force.
MIXED = (
    mixed("mixed-dane-right", Host("a.mixed-dane-right.test", SELF_SIGNED, "3 1 1"),
          Host("b.mixed-dane-right.test", WRONG_NAME)),
    mixed("mixed-dane-wrong", Host("a.mixed-dane-wrong.test", RIGHT, WRONG_TLSA),
          Host("b.mixed-dane-wrong.test", WRONG_NAME)),
    mixed("mixed-pkix-right", Host("a.mixed-pkix-right.test", RIGHT, WRONG_TLSA), Host("b.mixed-pkix-right.test")),
    mixed("mixed-pkix-wrong", Host("a.mixed-pkix-wrong.test", SELF_SIGNED, "3 1 1", listens=False),
          Host("b.mixed-pkix-wrong.test", WRONG_NAME)),
    mixed("mixed-pkix-outside", Host("a.mixed-pkix-outside.test", SELF_SIGNED, "3 1 1", listens=False),
          Host("b.mixed-pkix-outside.test"), mx=("a.mixed-pkix-outside.test",)),
    mixed("mixed-dane-outside", Host("a.mixed-dane-outside.test", RIGHT, "3 1 1"),
          Host("b.mixed-dane-outside.test", listens=False), mx=("b.mixed-dane-outside.test",)),
    mixed("mixed-unusable", Host("mx.mixed-unusable.test", RIGHT, UNUSABLE_TLSA)),
    mixed("mixed-unusable-wrong", Host("mx.mixed-unusable-wrong.test", SELF_SIGNED, UNUSABLE_TLSA)),
)

# TLSA at the own name of an MX host that is an alias, and a policy is in force.
MIXED_ALIAS = (
    mixed("mixed-alias-own", Host("mx.mixed-alias-own.test", RIGHT, "3 1 1", alias_of="mixed-alias.signed.test",
                                  tlsa_at="_25._tcp.mx.mixed-alias-own.test")),
    mixed("mixed-alias-own-wrong", Host("mx.mixed-alias-own-wrong.test", SELF_SIGNED, WRONG_TLSA,
                                        alias_of="mixed-alias-wrong.signed.test",
                                        tlsa_at="_25._tcp.mx.mixed-alias-own-wrong.test")),
)

# The same behind an unsigned MX answer.
MIXED_UNSIGNED_MX = (
    enforced("mixed-unsigned-mx", Host("mixed.signed.test", RIGHT, WRONG_TLSA)),
    enforced("mixed-unsigned-mx-wrong", Host("mixed-wrong.signed.test", WRONG_NAME, "3 1 1")),
    # An attacker answers the unsigned MX question with a host that he has all certificates and records for.
    enforced("attacked", Host("mx.evil.test", RIGHT, "3 1 1"), mx=("mx.attacked.test",)),
    enforced("attacked-beside", Host("beside.evil.test", RIGHT, "3 1 1"), Host("mx.attacked-beside.test"),
             mx=("mx.attacked-beside.test",)),
)

NOT_ENFORCED = (
    Case("testing", "insecure", (Host("mx.testing.test", WRONG_NAME),), "testing", ("mx.testing.test",)),
    Case("testing-plain", "insecure", (Host("mx.testing-plain.test", NO_STARTTLS),), "testing", ("other.test",)),
    Case("mode-none", "insecure", (Host("mx.mode-none.test", NO_STARTTLS),), "none"),
    Case("no-policy-host", "insecure", (Host("mx.no-policy-host.test", NO_STARTTLS),), "enforce",
         ("mx.no-policy-host.test",), policy_host="404"),
    signed("nothing", Host("mx.nothing.test", NO_STARTTLS)),
    unsigned("nothing-unsigned", Host("mx.nothing-unsigned.test", NO_STARTTLS)),
)

# DNS fails from the beginning.
FAILING = (
    Case("bogus", "bogus", (Host("mx.bogus.test", SELF_SIGNED, "3 1 1"),)),
    Case("servfail", "missing", (Host("mx.servfail.test", SELF_SIGNED),)),
)

# What they publish changes, or their DNS fails, while a test runs; nothing is sent to them before.
LATER = (
    signed("later-dane", Host("mx.later-dane.test", SELF_SIGNED, "3 1 1")),
    enforced("later-sts", Host("mx.later-sts.test")),
    signed("withdrawn", Host("mx.withdrawn.test", NO_STARTTLS, WRONG_TLSA)),
    Case("tightened", "insecure", (Host("mx.tightened.test", WRONG_NAME),), "testing", ("mx.tightened.test",)),
)

BATCH = DANE_FULL + DANE_SOME + UNSIGNED_MX + STS + MIXED + MIXED_ALIAS + MIXED_UNSIGNED_MX + NOT_ENFORCED + FAILING
ALL = BATCH + LATER
BY_NAME = {case.name: case for case in ALL}
