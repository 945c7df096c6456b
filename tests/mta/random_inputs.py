# SPDX-License-Identifier: MIT
"""Agreements and lists made up at random: every level and attribute, long and odd names, and broken copies of them."""

import datetime
import json

import cases

ZONE = "lines.test"    # every name below it has the MX host of cases.LINES
CIPHERS, VERSIONS = ("", "medium", "high"), ("", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
U_LABELS = ("b\u00fccher", "\u4f8b\u3048", "\u043f\u0440\u0438\u043c\u0435\u0440", "stra\u00dfe", "BU\u0308RO")
NASTY = ("hostname", "nexthop", "{", "}", "{ a = b }", "=", ",", " ", "\n", "\r", "\t", "\0", "\x1b", "$", "|", ":", "!",
         "match=", " none", "\u202e", "\ufffd", "\\", '"', "'", "#", "*", "..", "192.0.2.1", "[192.0.2.1]", "x" * 70)


class RandomInputs:
    """`random` is seeded by the caller."""

    def __init__(self, random):
        self.random = random

    def domain(self, number):
        """A domain of its own, below ZONE."""
        label = f"d{number}" + self.random.choice(("", "-x", "-y--z", "-0", "Z", ".Sub", ".xn--bcher-kva"))
        kind = self.random.randrange(10)
        if kind == 0:
            label = f"{self.random.choice(U_LABELS)}.{label}"
        if kind == 1:    # 253 bytes in all
            label = f"{label}." + ".".join(["l" * 59] * 3)
            label += "." + "m" * (253 - len(label) - len(ZONE) - 2)
        return f"{label}.{ZONE}" + self.random.choice(("", "."))

    def mx(self):
        """An MX pattern, sometimes the right one."""
        name = self.random.choice(("mx.lines.test", "MX.lines.test.", f"mx{self.random.randrange(1000)}.other.test",
                                   f"{self.random.choice(U_LABELS)}.test", ".".join(["n" * 49] * 5) + ".tt",
                                   "a-b--c.1.2.x9.test", "9.9.9.test"))
        return "*." + name if self.random.random() < 0.2 and len(name) < 240 else name

    def mxs(self):
        """Up to 100 different ones; names that are equal once written the same way would be refused."""
        count = self.random.choice((1, 1, 2, 5, 100))
        numbered = [f"mx{i}.many{self.random.randrange(10)}.test" for i in range(count - 1)]
        return list(dict.fromkeys([self.mx(), *numbered]))

    def agreement(self, number):
        """One agreement as TOML: valid, or it is a fault of tlspact to refuse it."""
        level = self.random.choice(("encrypt", "secure", "secure", "fingerprint", "dane-only"))
        fields = {"partner": f"Partner {number} {{}} = , '\"", "domains": [self.domain(number)], "level": level,
                  "min_tls": self.random.choice(VERSIONS), "ciphers": self.random.choice(CIPHERS)}
        if self.random.random() < 0.2:
            fields["domains"].append(f".d{number}-deep.{ZONE}")
        if level == "secure" or self.random.random() < 0.3:
            fields["mx"] = self.mxs()
        if level == "secure" and self.random.random() < 0.3:
            fields["match"] = self.mxs()
        if level == "secure" and self.random.random() < 0.3:
            fields["ca_file"] = cases.PARTNER_CA
        if level == "fingerprint":
            fields["fingerprints"] = [self.fingerprint() for _ in range(self.random.choice((1, 2, 20)))]
        if self.random.random() < 0.1:
            fields |= {"client_certificate": cases.CLIENT_CERTIFICATE, "client_key": cases.CLIENT_KEY}
        lines = [f"{name} = {json.dumps(value)}" for name, value in fields.items() if value]
        return "\n".join(["[[agreement]]", *lines, ""])

    def fingerprint(self):
        """Of a certificate or a key, in any of the ways to write it."""
        digits = f"{self.random.getrandbits(256):064x}"
        if self.random.random() < 0.5:
            digits = ":".join(digits[i:i + 2] for i in range(0, 64, 2)).upper()
        return self.random.choice(("sha256:", "spki-sha256:")) + digits

    def list_json(self, numbers):
        """A list with a domain for each number."""
        now = datetime.datetime.now(datetime.timezone.utc)
        listed = {self.domain(number): {"mode": self.random.choice(("enforce", "testing")),
                                        "mxs": [name.removeprefix("*") for name in self.mxs()]} for number in numbers}
        return json.dumps({
            "version": "0.1", "timestamp": (now - datetime.timedelta(hours=1)).isoformat(),
            "expires": (now + datetime.timedelta(weeks=4)).isoformat(), "policy-aliases": {}, "policies": listed},
            ensure_ascii=self.random.random() < 0.5).encode()

    def mutated(self, data):
        """A broken copy: bytes changed, something nasty put in or a piece taken out, once or a few times."""
        data = bytearray(data)
        for _ in range(self.random.choice((1, 1, 2, 5))):
            place = self.random.randrange(len(data))
            how = self.random.randrange(4)
            if how == 0:
                data[place] = self.random.randrange(256)
            elif how == 1:
                nasty = self.random.choice(NASTY)
                data[place:place] = self.random.choice((nasty, json.dumps(nasty)[1:-1])).encode()
            elif how == 2:
                data[place] = self.random.choice(b"abcxyz0189-.")
            else:
                del data[place:place + self.random.randrange(1, 20)]
        return bytes(data)
