# SPDX-License-Identifier: MIT
"""The bugs of the generators that came before, each by name: they do not happen here.

Two more are rules of the decision and stand in tests/policy/decide_test.cc: a list entry beat DANE on the hosts that have it, and
a list beat the domain's own MTA-STS policy. That files were written in place stands in tests/generators/installer_test.cc.
"""
import json
import subprocess
import unittest

from machine import Machine, utc

GOOD = {"mode": "enforce", "mxs": ["mx.good.example"]}


class OlderGenerators(unittest.TestCase):
    def setUp(self):
        self.machine = self.enterContext(Machine())
        for agreement in self.machine.agreements.iterdir():
            agreement.unlink()

    def publish(self, policies, **fields):
        document = {"version": "0.1", "timestamp": utc(-1), "expires": utc(13),
                    "policy-aliases": {}, "policies": policies, **fields}
        self.machine.sign(json.dumps(document))
        return self.machine.run("generate")

    def assert_refused(self, policies, **fields):
        """The list is refused whole, with a reason, and the maps hold what they held."""
        self.assertEqual(self.publish({"good.example": GOOD}).returncode, 0)
        before = self.machine.text_map.read_bytes()
        result = self.publish(policies, **fields)
        self.assertEqual(result.returncode, 65, result.stderr)
        self.assertIn("refused: ", result.stderr)
        self.assertEqual(self.machine.text_map.read_bytes(), before)

    def test_an_empty_list_crashed(self):
        self.assertEqual(self.publish({}).returncode, 0)
        self.assertEqual(self.machine.lines(), {})

    def test_missing_or_empty_mxs_made_an_empty_match(self):
        self.assert_refused({"a.example": {"mode": "enforce"}})
        self.assert_refused({"a.example": {"mode": "enforce", "mxs": []}})

    def test_an_empty_name_stopped_the_validation_of_the_rest(self):
        self.assert_refused({"a.example": {"mode": "enforce", "mxs": ["", "hostname"]}})

    def test_mxs_as_a_text_became_one_name_a_letter(self):
        self.assert_refused({"a.example": {"mode": "enforce", "mxs": "abc"}})

    def test_the_keyword_hostname_trusted_the_name_from_dns(self):
        for keyword in ("hostname", "nexthop", "dot-nexthop", ".hostname"):
            self.assert_refused({"a.example": {"mode": "enforce", "mxs": [keyword]}})

    def test_an_mx_could_bring_attributes(self):
        self.assert_refused({"a.example": {"mode": "enforce", "mxs": ["mx protocols=SSLv3"]}})

    def test_a_domain_could_bring_a_line_of_its_own(self):
        self.assert_refused({"x.example\nevil.example none": GOOD})

    def test_the_version_was_not_looked_at(self):
        self.assert_refused({"good.example": GOOD}, version="99")

    def test_unknown_fields_were_set_on_the_object(self):
        self.assert_refused({"good.example": GOOD}, get_policy="x")

    def test_a_timestamp_in_the_future_was_accepted(self):
        self.assert_refused({"good.example": GOOD}, timestamp=utc(2), expires=utc(9))

    def test_names_were_written_as_they_came(self):
        self.publish({"B\u00fccher.Example.": {"mode": "enforce", "mxs": ["MX1.B\u00fccher.example."]}})
        self.assertIn("match=mx1.xn--bcher-kva.example ", self.machine.lines()["xn--bcher-kva.example"])

    def test_an_expired_list_stayed_in_the_compiled_table(self):
        self.publish({"good.example": GOOD})
        self.assertIn(b"good.example", self.machine.map.read_bytes())
        self.publish({"good.example": GOOD}, timestamp=utc(-0.5), expires=utc(-0.1))
        self.assertNotIn(b"good.example", self.machine.map.read_bytes())

    def test_entries_had_neither_sni_nor_a_least_tls_version(self):
        self.publish({"good.example": GOOD})
        self.assertIn(" servername=hostname protocols=>=TLSv1.2", self.machine.lines()["good.example"])

    def test_match_bound_the_certificate_and_not_the_mx_host(self):
        self.publish({"good.example": GOOD})
        bound = self.machine.run("lookup", "--postfix", "3.10.13", "good.example").stdout
        self.assertIn(" mx_host_pattern=mx.good.example ", bound)
        self.assertIn("not the MX host itself", self.machine.run("explain", "good.example").stdout)

    def test_a_suffix_matched_at_any_depth(self):
        self.publish({"good.example": {"mode": "enforce", "mxs": [".good.example"]}})
        bound = self.machine.run("lookup", "--postfix", "3.10.13", "good.example").stdout
        self.assertIn(" mx_host_pattern=*.good.example ", bound)
        exim = self.machine.run("lookup", "--exim", "good.example").stdout
        pattern = next(word for word in exim.split() if word.startswith("mxre="))[5:]
        for host, allowed in [("a.good.example", True), ("a.b.good.example", False),
                              ("good.example", False)]:
            found = subprocess.run(["grep", "-qP", pattern], input=host, text=True, check=False)
            self.assertEqual(found.returncode == 0, allowed, host)


if __name__ == "__main__":
    unittest.main()
