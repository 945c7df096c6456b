# SPDX-License-Identifier: MIT
"""The partners of the lab: for each, what its receiver does and what was agreed or listed.

What has to become of mail to them stands in the tests, by the name of the case.
"""

import dataclasses
import ssl

from policies import Agreement, Listed, enforce, testing

PARTNER_CA = "/etc/tlspact-partner-ca.pem"
CLIENT_CERTIFICATE = "/etc/tlspact-client.crt"
CLIENT_KEY = "/etc/tlspact-client.key"

RIGHT, WRONG_NAME, EXPIRED = "right", "wrong-name", "expired"
UNKNOWN_CA, SELF_SIGNED, NO_STARTTLS = "unknown-ca", "self-signed", "no-starttls"


@dataclasses.dataclass(frozen=True)
class Case:
    """A domain NAME.test with the MX host mx.NAME.test, unless it says otherwise."""

    name: str
    certificate: str
    listed: Listed | None = None
    agreement: Agreement | None = None
    domain: str = ""
    host: str = ""
    names: tuple = ()      # the certificate is for these, not for the MX host
    newest_tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    asks_client_certificate: bool = False

    def __post_init__(self):
        object.__setattr__(self, "domain", self.domain or f"{self.name}.test")
        object.__setattr__(self, "host", self.host or f"mx.{self.domain}")

    @property
    def recipient(self):
        """Mail goes to."""
        return f"someone@{self.domain}"

    @property
    def sender(self):
        """Mail comes from: each case has its own, so that its mail is found again everywhere."""
        return f"{self.name}@lab.test"


WRONG_PIN = "ab" * 32

LISTED = (
    Case("right", RIGHT, listed=enforce("mx.right.test")),
    Case("right-by-alias", RIGHT, listed=enforce("mx.right-by-alias.test", alias="group")),
    Case("suffix", RIGHT, listed=enforce(".pool.suffix.test"), host="a.pool.suffix.test"),
    Case("wildcard-certificate", RIGHT, listed=enforce("mx.wildcard-certificate.test"),
         names=("*.wildcard-certificate.test",)),
    Case("alias-mx", RIGHT, listed=enforce("mx.alias-mx.test"),
         names=("mx.alias-mx.test", "real.alias-mx.test")),
    Case("second-mx", RIGHT, listed=enforce("mx.second-mx.test")),
    Case("wrong-name", WRONG_NAME, listed=enforce("mx.wrong-name.test")),
    Case("expired", EXPIRED, listed=enforce("mx.expired.test")),
    Case("unknown-ca", UNKNOWN_CA, listed=enforce("mx.unknown-ca.test")),
    Case("no-starttls", NO_STARTTLS, listed=enforce("mx.no-starttls.test")),
    Case("rogue-mx", RIGHT, listed=enforce("mx.listed.test"), host="mx.rogue.test"),
    Case("rogue-mx-good-name", RIGHT, listed=enforce("mx.listed.test"), host="mx.rogue-good-name.test",
         names=("mx.rogue-good-name.test", "mx.listed.test")),
    Case("testing-wrong-name", WRONG_NAME, listed=testing("mx.testing-wrong-name.test")),
    Case("testing-no-starttls", NO_STARTTLS, listed=testing("mx.testing-no-starttls.test")),
)

AGREED = (
    Case("encrypt-self-signed", SELF_SIGNED, agreement=Agreement("encrypt")),
    Case("encrypt-no-starttls", NO_STARTTLS, agreement=Agreement("encrypt")),
    Case("secure", RIGHT, agreement=Agreement("secure", mx=("mx.secure.test",))),
    Case("secure-wrong-name", WRONG_NAME, agreement=Agreement("secure", mx=("mx.secure-wrong-name.test",))),
    Case("secure-rogue-mx", RIGHT, agreement=Agreement("secure", mx=("mx.agreed.test",)),
         host="mx.secure-rogue.test", names=("mx.secure-rogue.test", "mx.agreed.test")),
    Case("own-ca", UNKNOWN_CA, agreement=Agreement("secure", mx=("mx.own-ca.test",), ca_file=PARTNER_CA)),
    Case("own-ca-only", RIGHT, agreement=Agreement("secure", mx=("mx.own-ca-only.test",), ca_file=PARTNER_CA)),
    Case("match", RIGHT, agreement=Agreement("secure", match=("mail.partner.test",)),
         names=("mail.partner.test",)),
    Case("match-only", RIGHT, agreement=Agreement("secure", match=("mail.partner.test",))),
    Case("pin", SELF_SIGNED, agreement=Agreement("fingerprint", fingerprints=("sha256:{sha256}",))),
    Case("pin-second", SELF_SIGNED,
         agreement=Agreement("fingerprint", fingerprints=(f"sha256:{WRONG_PIN}", "sha256:{sha256}"))),
    Case("pin-wrong", RIGHT, agreement=Agreement("fingerprint", fingerprints=(f"sha256:{WRONG_PIN}",))),
    Case("key-pin", SELF_SIGNED, agreement=Agreement("fingerprint", fingerprints=("spki-sha256:{spki}",))),
    Case("key-pin-wrong", RIGHT, agreement=Agreement("fingerprint", fingerprints=(f"spki-sha256:{WRONG_PIN}",))),
    Case("key-pin-no-starttls", NO_STARTTLS,
         agreement=Agreement("fingerprint", fingerprints=(f"spki-sha256:{WRONG_PIN}",))),
    Case("newest-tls", RIGHT, agreement=Agreement("encrypt", min_tls="TLSv1.3")),
    Case("newest-tls-missing", RIGHT, agreement=Agreement("encrypt", min_tls="TLSv1.3"),
         newest_tls=ssl.TLSVersion.TLSv1_2),
    Case("client-certificate", RIGHT, asks_client_certificate=True,
         agreement=Agreement("secure", mx=("mx.client-certificate.test",),
                             client_certificate=CLIENT_CERTIFICATE, client_key=CLIENT_KEY)),
    Case("exception-none", WRONG_NAME, listed=enforce("mx.exception-none.test"),
         agreement=Agreement("none", exception=True)),
    Case("stronger-than-list", WRONG_NAME, listed=enforce("mx.stronger-than-list.test"),
         agreement=Agreement("encrypt")),
)

# One agreement on .corp.test: the apex has none.
CORP = (
    Case("subdomain", NO_STARTTLS, domain="sub.corp.test", agreement=Agreement("encrypt", domains=(".corp.test",))),
    Case("subdomain-deep", NO_STARTTLS, domain="a.b.corp.test"),
    Case("subdomain-tls", SELF_SIGNED, domain="tls.corp.test"),
    Case("apex", NO_STARTTLS, domain="corp.test"),
)

WITHOUT_POLICY = (
    Case("plain", NO_STARTTLS),
    Case("plain-self-signed", SELF_SIGNED),
    Case("plain-expired", EXPIRED),
)

# Sent to by single tests: no policy on the refused MX host of "rogue-mx"; domains of entries made by hand.
OTHERS = (
    Case("beside-rogue", RIGHT, host="mx.rogue.test"),
    Case("closed-1", NO_STARTTLS),
    Case("closed-2", NO_STARTTLS),
    Case("closed-3", NO_STARTTLS),
    Case("smarthost", NO_STARTTLS),
)
SMARTHOST = "mx.smarthost.test"

# Three domains on one MX host whose certificate is for another name.
SHARED_HOST = "mx.shared.test"
SHARED = (
    Case("shared-open", WRONG_NAME, host=SHARED_HOST),
    Case("shared-encrypt", WRONG_NAME, host=SHARED_HOST, agreement=Agreement("encrypt")),
    Case("shared-secure", WRONG_NAME, host=SHARED_HOST, agreement=Agreement("secure", mx=(SHARED_HOST,))),
)

# Gets its agreement while the mail server runs.
REPLACED = Case("replaced", NO_STARTTLS)
REPLACED_AGREED = dataclasses.replace(REPLACED, agreement=Agreement("encrypt"))

# Their agreements change all the time (swap_tests.py), those of SWAPPED between one that delivers and one that does not.
# CLEAR has one always; without it, its mail would go in clear.
SWAPPED = (Case("swap", SELF_SIGNED), Case("swap-lmdb", SELF_SIGNED))
CLEAR = Case("swap-clear", NO_STARTTLS)

# Every name below lines.test has the same MX host: domains made up by the hundred (line_tests.py).
LINES = Case("lines", RIGHT, domain="*.lines.test", host="mx.lines.test")

BATCH = LISTED + AGREED + CORP + WITHOUT_POLICY
ALL = BATCH + OTHERS + SHARED + SWAPPED + (REPLACED, CLEAR, LINES)
BY_NAME = {case.name: case for case in ALL}

# Hosts that stand before the case's own in its MX records: right certificates, but not in its policy.
EARLIER_MX = {"second-mx": "mx.rogue-first.test"}

# MX hosts that are a CNAME of another name. (Postfix checks the certificate for the first, Exim for the second.)
ALIASES = {"mx.alias-mx.test": "real.alias-mx.test"}
