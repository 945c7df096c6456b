# SPDX-License-Identifier: MIT
"""Every line that comes out of random and of broken inputs is one that the mail server accepts."""

import os
import pathlib
import random

import generator
from lab import outcome
from lab.exim import Exim
from lab.postfix import Postfix
from mta_test import MtaTest
from random_inputs import ZONE, RandomInputs

AGREED, LISTED, MUTATIONS, DELIVERIES = 300, 100, 40, 300
SEED = "TLSPACT_SEED"    # in the environment: to see a failure again
MAP = "/var/lib/tlspact/postfix/tls_policy"
UNION = "/etc/postfix/union"    # the lines of all runs
HOSTILE = "/etc/postfix/hostile"    # policies of strangers: nothing in the lab serves MTA-STS
HOSTILE_LINES = pathlib.Path(__file__).resolve().parents[1] / "golden/postfix/hostile_lines-3.10.13"
EXIM_MAP = "/var/lib/tlspact/exim/tls_policy.cdb"


class LinesTest(MtaTest):
    """Runs the program on one large valid input, and on many small broken ones, of which some are accepted."""

    @classmethod
    def setUpClass(cls):
        cls.world, cls.tlspact = cls.lab.world, cls.lab.tlspact
        cls.root = cls.make_root()
        cls.seed = int(os.environ.get(SEED, random.SystemRandom().randrange(1 << 32)))
        cls.inputs = RandomInputs(random.Random(cls.seed))
        cls.addClassCleanup(cls.put_back)
        cls.generate_valid()
        cls.tlspact.init(cls.root, cls.kind, cls.postfix_version(cls.root))
        cls.mta = cls.make_mta(cls.root)
        cls.world.forget()
        cls.mta.start()
        cls.addClassCleanup(cls.mta.stop)

    @classmethod
    def put_back(cls):
        """The inputs that the other classes expect."""
        cls.tlspact.write_list()
        cls.tlspact.write_agreements(generator.cases.ALL)

    @classmethod
    def generate_valid(cls):
        """The large input. It must not be refused."""
        agreements = "".join(cls.inputs.agreement(number) for number in range(AGREED))
        cls.tlspact.write_agreement_file(agreements.encode())
        cls.tlspact.write_signed(cls.inputs.list_json(range(AGREED, AGREED + LISTED)))
        try:
            cls.generate()
        except generator.Failed as failed:
            raise AssertionError(f"seed {cls.seed}: {str(failed)[:3000]}") from failed

    @classmethod
    def try_mutations(cls, each):
        """Calls `each` after every run on a broken input that was accepted; returns how many were."""
        accepted = 0
        for number in range(MUTATIONS):
            base = 1000 + 10 * number
            agreements = "".join(cls.inputs.agreement(base + i) for i in range(3)).encode()
            listed = cls.inputs.list_json(range(base + 5, base + 8))
            hits_list = cls.inputs.random.random() < 0.5
            cls.tlspact.write_agreement_file(agreements if hits_list else cls.inputs.mutated(agreements))
            cls.tlspact.write_signed(cls.inputs.mutated(listed) if hits_list else listed)
            try:
                cls.generate()
            except generator.Failed as failed:
                assert failed.code == 65, f"seed {cls.seed}, mutation {number}: {str(failed)[:3000]}"
            else:
                accepted += 1
            each()
        return accepted

    def recipients(self, keys):
        """Of mail to which these entries apply, as many as are tried."""
        names = [f"deep{key}" if key.startswith(".") else key for key in sorted(keys)]
        names = [f"someone@{name}" for name in names if name.endswith(f".{ZONE}") and not name.startswith("[")]
        self.inputs.random.shuffle(names)
        return names[:DELIVERIES]

    def deliver(self, recipients):
        """One message to all; returns how many were sent, when the server knows of each."""
        sender = f"lines-{len(recipients)}@lab.test"
        self.mta.send(sender, *recipients)
        seen = self.mta.wait_for(sender, *recipients)
        for recipient, each in seen.items():
            self.assertIn(each.status, (outcome.SENT, outcome.DEFERRED), f"seed {self.seed}: {recipient}: {each.text}")
        complaints = self.mta.complaints()
        self.assertFalse(complaints, f"seed {self.seed}: {len(complaints)}\n" + "\n".join(complaints[:8]))
        return sum(each.status == outcome.SENT for each in seen.values())


class PostfixLinesTest(LinesTest):
    """postmap -q, and smtp(8)."""

    kind = "postfix"

    @classmethod
    def make_root(cls):
        root = super().make_root()
        partner = generator.cases.PARTNER_CA
        root.write(f"var/spool/postfix/{partner}", root.read(partner))
        return root

    @classmethod
    def make_mta(cls, root):
        settings = root.read("etc/postfix/tlspact.main.cf").replace(f"cdb:{MAP}", f"cdb:{UNION}, cdb:{HOSTILE}")
        postfix = Postfix(root)
        knows_lines = cls.knows_lines(postfix)
        root.write(HOSTILE, HOSTILE_LINES.read_text(encoding="ascii") if knows_lines else "")
        root.write(UNION, "")    # each test writes what it needs; Postfix must find both
        root.run("postmap", f"cdb:{HOSTILE}", f"cdb:{UNION}")
        # With --output the program cannot ask for this, and writes dane-only as for a server that validates.
        settings += "smtp_dns_support_level = dnssec\n"
        postfix.configure(settings + "default_destination_concurrency_failed_cohort_limit = 0\n")
        return postfix

    @classmethod
    def postfix_version(cls, root):
        return Postfix(root).version

    @staticmethod
    def knows_lines(postfix):
        """Whether this Postfix takes the lines of a policy."""
        return tuple(map(int, postfix.version.split(".")[:2])) >= (3, 10)

    def rows(self, table=MAP):
        """A text map, as the program wrote it."""
        text = self.root.read(table).splitlines()
        return dict(line.split(" ", 1) for line in text if not line.startswith("#"))

    def test_postfix_accepts_hostile_lines_of_policies(self):
        if not self.knows_lines(self.mta):
            self.skipTest("policy_string is new in Postfix 3.10")
        rows = self.rows(HOSTILE)
        self.assertGreater(len(rows), 10)
        self.assertEqual(self.mta.query_all(rows, f"cdb:{HOSTILE}"), rows)
        self.assertEqual(self.deliver([f"someone@{key}" for key in rows]), len(rows))

    def test_postfix_accepts_every_line_of_random_inputs(self):
        union = self.rows()
        self.assertGreater(len(union), AGREED)
        for table in ("cdb", "lmdb"):
            self.assertEqual(self.mta.query_all(union, f"{table}:{MAP}"), union, f"seed {self.seed}: {table}")
        accepted = self.try_mutations(lambda: union.update(self.rows()))
        self.root.write(UNION, "".join(f"{key} {value}\n" for key, value in union.items()))
        self.root.run("postmap", f"cdb:{UNION}")
        self.assertEqual(self.mta.query_all(union, f"cdb:{UNION}"), union, f"seed {self.seed}")
        recipients = self.recipients(union)
        sent = self.deliver(recipients)
        log = self.mta.log_bytes().decode("utf-8", "replace")
        suspect = [line for line in log.splitlines() if "invalid" in line.lower() or "policy table" in line]
        self.assertEqual(suspect, [], f"seed {self.seed}")
        self.assertGreater(sent, 10)
        print(f"     seed {self.seed}: {len(union)} lines, {accepted} of {MUTATIONS} broken inputs accepted,"
              f" {len(recipients)} domains tried, {sent} delivered", flush=True)


class EximLinesTest(LinesTest):
    """exim -be and -bt, and deliveries."""

    kind = "exim"

    @classmethod
    def make_mta(cls, root):
        exim = Exim(root)
        exim.configure_split()
        return exim

    def expand(self, lines):
        """What `exim4 -be` makes of each line."""
        answer = self.root.run("exim4", "-be", text_in="\n".join(lines) + "\n")
        out = [line.removeprefix("> ") for line in answer.splitlines()]
        return [line for line in out if line.strip()]

    def keys(self):
        """Those of the installed map."""
        return cdb_keys((self.root / EXIM_MAP).read_bytes())

    def check_values(self, keys):
        """Exim finds each, with a level, and compiles its pattern."""
        entry = "${lookup{%s}cdb{" + EXIM_MAP + "}}"
        match = "${extract{level}{%s}} ${if match{mx.lines.test}{${extract{mxre}{%s}{$value}{}}}{yes}{no}}" % (entry, entry)
        for key, said in zip(keys, self.expand([match % (key, key) for key in keys]), strict=True):
            self.assertRegex(said, r"^(encrypt|secure|fingerprint|dane-only|default|dane-or-\w+) (yes|no)$",
                             f"seed {self.seed}: {key}")

    def test_exim_accepts_every_line_of_random_inputs(self):
        keys = self.keys()
        self.assertGreater(len(keys), AGREED)
        self.check_values(keys)
        recipients = self.recipients(keys)
        routed = self.root.attempt("exim4", "-bt", *recipients)
        self.assertNotIn("expan", routed.stdout + routed.stderr, f"seed {self.seed}")
        # sendmail refuses addresses of more than 256 bytes
        sent = self.deliver([each for each in recipients if len(each) < 200][:100])
        accepted = self.try_mutations(lambda: self.check_values(self.keys()))
        print(f"     seed {self.seed}: {len(keys)} values, {accepted} of {MUTATIONS} broken inputs accepted, 100"
              f" domains tried, {sent} delivered", flush=True)


def cdb_keys(data):
    """The keys of a cdb, in the order of the file."""
    def number(at):
        return int.from_bytes(data[at:at + 4], "little")
    end = min((number(at) for at in range(0, 2048, 8) if number(at + 4)), default=2048)
    keys, at = [], 2048
    while at < end:
        keys.append(data[at + 8:at + 8 + number(at)].decode("ascii"))
        at += 8 + number(at) + number(at + 4)
    return keys
