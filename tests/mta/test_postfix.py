# SPDX-License-Identifier: MIT
"""Postfix with tlspact's maps, all policies at once."""

import cases
from delivery_tests import AgreementTests, ListedTests, MapTests, NoPolicyTests, SharedMxTests
from install_tests import PostfixInstallTests
from lab.postfix import Postfix
from mta_test import MtaTest

MAP = "/var/lib/tlspact/postfix/tls_policy"
TABLE_TYPES = ("cdb", "lmdb", "hash", "texthash")
BINDS_MX = (3, 10, 5)    # smtp_tls_enforce_sts_mx_patterns


class PostfixTest(PostfixInstallTests, ListedTests, AgreementTests, NoPolicyTests, SharedMxTests, MapTests,
                  MtaTest):
    """All of it, and what only Postfix can."""

    kind = "postfix"

    @classmethod
    def make_root(cls):
        """The same, and the partner's CA where the administrator puts it for smtp(8), which runs in a chroot."""
        root = super().make_root()
        root.write(f"var/spool/postfix/{cases.PARTNER_CA}", root.read(cases.PARTNER_CA))
        return root

    @classmethod
    def make_mta(cls, root):
        postfix = Postfix(root)
        postfix.configure(root.read("etc/postfix/tlspact.main.cf"))
        return postfix

    @classmethod
    def postfix_version(cls, root):
        return Postfix(root).version

    def map_file(self):
        """The one that main.cf names."""
        return self.root / f"{MAP}.cdb"

    def require_mx_binding(self):
        """Skips where Postfix can bind the certificate only, not the MX host itself."""
        version = self.mta.version
        if tuple(int(part) for part in version.split(".")) < BINDS_MX:
            self.skipTest(f"Postfix {version} checks the certificate, not the name of the MX host")

    def test_wrong_key_pin_is_deferred(self):
        self.assert_refused("key-pin-wrong")

    def test_listed_mx_binds_a_rogue_with_a_good_certificate(self):
        self.require_mx_binding()
        self.assert_refused("rogue-mx-good-name")
        self.assertEqual(self.connections_to("rogue-mx-good-name"), 0)

    def test_agreed_mx_binds_a_rogue_with_a_good_certificate(self):
        self.require_mx_binding()
        self.assert_refused("secure-rogue-mx")
        self.assertEqual(self.connections_to("secure-rogue-mx"), 0)

    def test_client_certificate_partner_is_delivered_without_one(self):
        """Postfix has no client certificate in a policy; the domain keeps its level."""
        self.assert_delivered_by_tls("client-certificate")

    def test_all_table_types_answer_the_same(self):
        text = self.root.read(MAP).splitlines()
        lines = dict(line.split(" ", 1) for line in text if not line.startswith("#"))
        self.assertIn("right.test", lines)
        for table_type in TABLE_TYPES:
            with self.subTest(table_type):
                self.assertEqual(self.mta.query_all(lines, f"{table_type}:{MAP}"), lines, table_type)

    def test_postfix_accepts_every_line(self):
        """Each case got its mail, and so each line of the map was read by smtp(8)."""
        for case in cases.BATCH:
            self.outcome_of(case)
        self.assertEqual(self.mta.complaints(), [])
