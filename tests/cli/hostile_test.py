# SPDX-License-Identifier: MIT
"""Hostile lists and agreement files, through the whole program: they change nothing but their own well-formed entries,
never crash it, and never reach the terminal raw. The parsers' own tables stand in tests/daemon/*_refused_test.cc."""
import json
import os
import subprocess
import unittest

from machine import TLSPACT, Machine, utc

GOOD = {"mode": "enforce", "mxs": ["mx.good.example"]}
OWN = {"mode": "enforce", "mxs": ["mx.own.example"]}
DEEP, BIG = 100_000, 10_000_000
TIMESTAMP, EXPIRES = utc(-1), utc(13)    # the same in all, so that none is refused for being older
EXIM_MAP = "/var/lib/tlspact/exim/tls_policy.cdb"

# Where a name is expected, and what each would do in a map, a shell, or a terminal.
NO_NAMES = {
    "newline": "own.example\nevil.example none",
    "carriage return": "own.example\revil.example none",
    "space": "own.example none",
    "tab": "own.example\tnone",
    "keyword hostname": "hostname",
    "keyword nexthop": "nexthop",
    "keyword dot-nexthop": "dot-nexthop",
    "braces": "{own.example}",
    "empty braces": "{}",
    "equals sign": "own.example=x",
    "attribute": "protocols=SSLv3",
    "comma": "own.example,evil.example",
    "colon": "own.example:hostname",
    "expansion": "${run{/bin/id}}.example",
    "IPv4 address": "192.0.2.1",
    "IPv4 literal": "[192.0.2.1]",
    "IPv6 address": "2001:db8::1",
    "IPv6 literal": "[IPv6:2001:db8::1]",
    "label of 300 bytes": "a" * 300 + ".example",
    "10 MB": "a" * BIG,
    "U-label that is none": "\u2603.example",
    "right to left": "own.example\u202e",
    "escape": "own.example\x1b[31m\x1b]0;title\x07",
    "C1 control": "own.example\x9b31m",
    "NUL": "own\0.example",
    "DEL": "own.example\x7f",
    "empty": "",
    "no dots": "own",
    "wildcard inside": "mx.*.example",
}


def document(policies, **fields):
    """A list as Python has it."""
    return {"version": "0.1", "timestamp": TIMESTAMP, "expires": EXPIRES, "policy-aliases": {}, "policies": policies,
            **fields}


def listed(policies, **fields):
    """A list with good.example and these."""
    return json.dumps(document({"good.example": GOOD, **policies}, **fields)).encode()


def with_member(text):
    """A list with a further entry, written by hand."""
    return listed({}).replace(b'"policies": {', b'"policies": {' + text + b', ')


def refused_lists():
    """Attack -> the bytes of the list. Each is refused whole."""
    out = {}
    for name, text in NO_NAMES.items():
        out[f"domain: {name}"] = listed({text: OWN})
        out[f"MX: {name}"] = listed({"own.example": {"mode": "enforce", "mxs": [text]}})
    whole = listed({})
    out |= {
        "alias loop": listed({"own.example": {"policy-alias": "a"}}, **{"policy-aliases": {
            "a": {"policy-alias": "b"}, "b": {"policy-alias": "a"}}}),
        "alias of itself": listed({"own.example": {"policy-alias": "a"}}, **{"policy-aliases": {
            "a": {"policy-alias": "a"}}}),
        "alias that is not there": listed({"own.example": {"policy-alias": "\x1b[2J\n"}}),
        "duplicate domain": with_member(b'"good.example": {"mode": "testing", "mxs": ["mx.evil.example"]}'),
        "duplicate by case": listed({"GOOD.example": OWN}),
        "duplicate by dot": listed({"good.example.": OWN}),
        "duplicate key": with_member(b'"own.example": {"mode": "enforce", "mode": "testing", "mxs": ["mx.own.example"]}'),
        "duplicate policies": whole[:-1] + b', "policies": {}}',
        "wrong type of policies": json.dumps(document([])).encode(),
        "wrong type of a policy": listed({"own.example": "enforce"}),
        "wrong type of mxs": listed({"own.example": {"mode": "enforce", "mxs": "mx.own.example"}}),
        "wrong type of an MX": listed({"own.example": {"mode": "enforce", "mxs": [["mx.own.example"]]}}),
        "wrong type of a time": listed({}, expires=True),
        "mode with a control byte": listed({"own.example": {"mode": "\x1b[31menforce", "mxs": ["mx.own.example"]}}),
        "unknown member": listed({}, **{"\x1b[31m\nkey": 1}),
        "trailing garbage": whole + b"x",
        "second document": whole + whole,
        "BOM": b"\xef\xbb\xbf" + whole,
        "UTF-16": whole.decode().encode("utf-16"),
        "no UTF-8": whole.replace(b"good.example", b"good\xff.example", 1),
        "overlong UTF-8": whole.replace(b"good.example", b"good\xc0\xae.example", 1),
        "raw NUL": whole.replace(b"good.example", b"good\0.example", 1),
        "raw newline in a text": whole.replace(b"good.example", b"good.\nexample", 1),
        "half of it": whole[:len(whole) // 2],
        "nothing": b"",
        "zero bytes": b"\0" * 4096,
        "arrays in arrays": b"[" * DEEP,
        "objects in objects": b'{"a":' * DEEP,
        "deep MX": with_member(b'"own.example": {"mode": "enforce", "mxs": ' + b"[" * DEEP + b"]" * DEEP + b"}"),
        "huge number": listed({}).replace(b'"expires": "', b'"expires": 1e999999, "x": "'),
        "101 MX names": listed({"own.example": {"mode": "enforce",
                                                "mxs": [f"mx{i}.own.example" for i in range(101)]}}),
    }
    return out


# Attack -> (the list, its own keys): well-formed in the end, so only that entry comes.
ACCEPTED_LISTS = {
    "mixed case": (listed({"OwN.Example": OWN}), {"own.example"}),
    "dot at the end": (listed({"own.example.": OWN}), {"own.example"}),
    "U-label": (listed({"b\u00fccher.example": OWN}), {"xn--bcher-kva.example"}),
    "author with control bytes": (listed({"own.example": OWN}, author="\x1b[31m\n\0"), {"own.example"}),
    "author of 10 MB": (listed({"own.example": OWN}, author="a" * BIG), {"own.example"}),
    "253 bytes": (listed({".".join(["a" * 49] * 5) + ".a.z": OWN}), {".".join(["a" * 49] * 5) + ".a.z"}),
}


def agreement(domain="own.example", more=""):
    """An agreement file; texts are written in TOML as in JSON."""
    return (f'[[agreement]]\npartner = "Own"\nlevel = "encrypt"\ndomains = [{json.dumps(domain)}]\n{more}').encode()


def refused_agreements():
    """Attack -> the bytes of the file."""
    out = {f"domain: {name}": agreement(text) for name, text in NO_NAMES.items()}
    out |= {f"MX: {name}": agreement(more=f"mx = [{json.dumps(text)}]\n") for name, text in NO_NAMES.items()}
    whole = agreement()
    out |= {
        "duplicate key": whole + b'level = "secure"\n',
        "duplicate domain": agreement() + agreement(more='min_tls = "TLSv1.3"\n'),
        "wrong type": agreement(more="mx = 1\n"),
        "unknown key": agreement(more='"\\u001b[31m\\n" = 1\n'),
        "partner with a control byte": whole.replace(b'"Own"', b'"\\u001b[31m"'),
        "trailing garbage": whole + b"}",
        "no UTF-8": whole.replace(b"own.example", b"own\xff.example"),
        "raw NUL": whole.replace(b"own.example", b"own\0.example"),
        "UTF-16": whole.decode().encode("utf-16"),
        "half of it": whole[:len(whole) // 2],
        "arrays in arrays": b"agreement = " + b"[" * DEEP,
        "tables in tables": b"agreement = " + b"{a=" * DEEP,
        "a key of 100,000 parts": b"agreement" + b".a" * DEEP + b" = 1\n",
        "over 16 MiB": whole + b"#" * (16 << 20),
        "CA file with a newline": whole.replace(b"encrypt", b"secure") + b'mx = ["mx.own.example"]\n'
                                  b'ca_file = "/ca\\nevil.example none"\n',
    }
    return out


class HostileTests:
    """Shared by lists and agreements. For a unittest.TestCase."""

    def setUp(self):
        self.machine = self.enterContext(Machine())
        for file in self.machine.agreements.iterdir():
            file.unlink()

    def maps(self):
        """Every installed map, as bytes."""
        return [path.read_bytes() for path in (self.machine.text_map, self.machine.map, self.machine.path(EXIM_MAP))]

    def generate(self, expect):
        """One run that ends as expected, and says nothing that a terminal would obey."""
        done = self.machine.run("generate")
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, expect, said[:2000])
        self.assertEqual([each for each in said if each != "\n" and not each.isprintable()], [], said[:2000].encode())
        self.assertLess(len(said), 10_000)
        return said

    def assert_refused_each(self, attacks, place):
        """None of them changes a byte of the maps."""
        before = self.maps()
        for name, data in attacks.items():
            with self.subTest(name):
                place(data)
                said = self.generate(65)
                self.assertNotIn("older than", said)
                self.assertEqual(self.maps(), before)

    def assert_adds_only(self, attacks, place):
        """Each adds its own keys, and leaves the rest as it is."""
        before = self.machine.lines()
        for name, (data, keys) in attacks.items():
            with self.subTest(name):
                place(data)
                self.generate(0)
                lines = self.machine.lines()
                self.assertEqual(lines.keys() - before.keys(), keys)    # its own
                self.assertEqual({key: value for key, value in lines.items() if key not in keys}, before)


class HostileListTest(HostileTests, unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.publish(listed({}))
        self.generate(0)
        self.assertEqual(self.machine.lines().keys(), {"good.example"})

    def publish(self, data):
        """Signed by the right key: the publisher himself has turned bad."""
        self.machine.list.write_bytes(data)
        self.machine.gpg("--armor", "--local-user", self.machine.fingerprint, "--output", f"{self.machine.list}.asc",
                         "--detach-sign", str(self.machine.list))

    def test_a_hostile_list_changes_nothing(self):
        self.assert_refused_each(refused_lists(), self.publish)

    def test_an_odd_list_adds_only_its_own_entries(self):
        self.assert_adds_only(ACCEPTED_LISTS, self.publish)


class HostileUnsignedListTest(HostileListTest):
    """[[list]] unsigned = true."""

    def setUp(self):
        HostileTests.setUp(self)
        text = self.machine.config.read_text()
        lines = [line for line in text.splitlines() if not line.startswith(("signature ", "key "))]
        self.machine.config.write_text("\n".join(lines).replace("[[list]]", "[[list]]\nunsigned = true") + "\n")
        self.publish(listed({}))
        self.generate(0)

    def publish(self, data):
        self.machine.list.write_bytes(data)


class HostileAgreementTest(HostileTests, unittest.TestCase):
    def setUp(self):
        super().setUp()
        self.machine.sign(listed({}).decode())
        self.place(b"")
        self.generate(0)

    def place(self, data):
        """Beside one that is good."""
        (self.machine.agreements / "good.toml").write_bytes(agreement("partner.example"))
        (self.machine.agreements / "hostile.toml").write_bytes(data)

    def test_a_hostile_agreement_file_changes_nothing(self):
        self.assert_refused_each(refused_agreements(), self.place)

    def test_an_odd_agreement_adds_only_its_own_entries(self):
        self.assert_adds_only({
            "mixed case": (agreement("OwN.Example"), {"own.example"}),
            "dot at the end": (agreement("own.example."), {"own.example"}),
            "U-label": (agreement("b\u00fccher.example"), {"xn--bcher-kva.example"}),
            "BOM": (b"\xef\xbb\xbf" + agreement(), {"own.example"}),
            "text with everything": (agreement(more='reference = "{} = , ; $x <b>"\n'), {"own.example"}),
        }, self.place)

    def test_a_file_name_that_is_no_utf8_is_shown_as_far_as_it_is(self):
        agreement = b'[[agreement]]\npartner = "P"\ndomains = ["%b.example"]\nlevel = "encrypt"\n'
        directory = os.fsencode(self.machine.agreements)
        with open(os.path.join(directory, b"caf\xe9.toml"), "wb") as file:
            file.write(agreement % b"own")
        with open(os.path.join(directory, b"bad\xff\x9b.toml"), "wb") as file:
            file.write(b"garbage")
        for arguments in (["generate"], ["check"], ["explain", "own.example"]):
            for flags in ([], ["--json"], []):
                done = subprocess.run([TLSPACT, "--config", str(self.machine.config), *flags, *arguments],
                                      check=False, capture_output=True, timeout=60)
                said = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
                self.assertGreaterEqual(done.returncode, 0, said)
                if flags:
                    json.loads(said[0])
                if arguments == ["explain", "own.example"]:
                    self.assertIn("caf\ufffd.toml", said[0])
                else:
                    self.assertIn("bad\ufffd\ufffd.toml", "".join(said))
        json.loads(self.machine.path("/var/lib/tlspact/run.json").read_bytes().decode("utf-8"))

    def test_an_agreement_file_cut_off_anywhere_never_crashes(self):
        whole = agreement(more='reference = "x"\n')
        before, lines = self.machine.lines(), None
        for size in range(len(whole)):
            with self.subTest(size):
                self.place(whole[:size])
                done = self.machine.run("generate")
                self.assertIn(done.returncode, (0, 65), done.stderr)
                lines = self.machine.lines()
                self.assertEqual({key: value for key, value in lines.items() if key != "own.example"}, before)


if __name__ == "__main__":
    unittest.main()
