# SPDX-License-Identifier: MIT
"""Maps that change under real Postfix (cdb and lmdb) and real Exim while mail goes on."""

import cases
import wiring_tests
from lab.exim import Exim
from lab.postfix import Postfix
from swap_tests import SwapTests

MAP = "/var/lib/tlspact/postfix/tls_policy"
# A refused destination is not left alone for minimal_backoff_time: that would hide which policy is in force.
SETTINGS = f"""
default_destination_concurrency_failed_cohort_limit = 0
transport_maps = inline:{{ {cases.SWAPPED[1].domain}=withlmdb: }}
"""


class PostfixSwapTest(SwapTests):
    """One Postfix with two delivery agents: smtp reads the cdb, withlmdb the lmdb of the same install."""

    kind = "postfix"
    trees = ("etc/postfix",)
    swapped = cases.SWAPPED

    @classmethod
    def make_mta(cls, root):
        root.write("etc/tlspact/tlspact.toml", wiring_tests.CONFIG + '[postfix]\ntypes = ["cdb", "lmdb"]\n')
        postfix = Postfix(root)
        postfix.configure(SETTINGS)
        root.run("postfix", "check")
        return postfix

    def start_server(self):
        self.assertIn(f"cdb:{MAP}", self.root.run("postconf", "-h", "smtp_tls_policy_maps"))
        self.root.run("postconf", "-M", "withlmdb/unix=withlmdb unix - - y - - smtp"
                      f" -o smtp_tls_policy_maps=lmdb:{MAP}")
        self.mta.start()
        self.addCleanup(self.mta.stop)


class EximSwapTest(SwapTests):
    """Debian's split configuration."""

    kind = "exim"
    trees = ("etc/exim4", "var/lib/exim4")
    swapped = cases.SWAPPED[:1]

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        exim.configure_split()
        return exim
