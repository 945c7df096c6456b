# SPDX-License-Identifier: MIT
"""Mail goes on while the maps change: nothing is lost, and nothing is sent by a policy that was in neither map."""

import collections
import itertools
import threading
import time

import cases
from lab import outcome
from lab.ledger import Ledger
from wiring_tests import WiringTest

SWAPS = 200
IN_FORCE_SECONDS = 1.0
AGREEMENTS = "etc/tlspact/agreements.d/swap.toml"

# The receivers' certificates are self-signed. What becomes of mail under each of the two policies:
DELIVERS, REFUSES = 'level = "encrypt"', 'level = "secure"\nmx = ["mx.elsewhere.test"]'
EXPECTED = {DELIVERS: outcome.SENT, REFUSES: outcome.DEFERRED}
# Neither delivers, as CLEAR's receiver has no TLS; "no policy" would.
NEVER_CLEAR = {DELIVERS: 'level = "secure"\nmx = ["mx.one.test"]', REFUSES: 'level = "secure"\nmx = ["mx.two.test"]'}


def agreement(domain, body):
    """One agreement as TOML."""
    return f'[[agreement]]\npartner = "{domain}"\ndomains = ["{domain}"]\n{body}\n'


class Stream(threading.Thread):
    """Sends one message after the other, to each case in turn, until told to stop; each by a sender of its own."""

    def __init__(self, mta, ledger, some_cases):
        super().__init__(daemon=True)
        self._mta, self._ledger, self._cases = mta, ledger, itertools.cycle(some_cases)
        self._over = threading.Event()
        self.sent = {}       # case by sender
        self.fault = None    # what ended it early

    def run(self):
        try:
            while not self._over.is_set():
                case = next(self._cases)
                sender = f"stream-{len(self.sent)}@lab.test"
                self.sent[sender] = case
                self._mta.send(sender, case.recipient)
                self._ledger.wait_for(sender)
        except Exception as fault:    # pylint: disable=broad-except
            self.fault = fault

    def finish(self):
        """Ends it, after the message that is on its way."""
        self._over.set()
        self.join()
        if self.fault:
            raise self.fault


class SwapTests(WiringTest):
    """For a subclass that says which server; `swapped` are the cases whose policy changes."""

    swapped = ()
    figures = ""

    def setUp(self):
        super().setUp()
        self.connect()
        self.start_server()
        self.install(DELIVERS)
        self.ledger = Ledger(self.mta)
        self.world.forget()

    def start_server(self):
        """What the server needs beyond `connect`."""

    def install(self, policy, clear=True):
        """The agreements, all of this policy, and one run of the program; returns when that ended."""
        text = "".join(agreement(case.domain, policy) for case in cases.SWAPPED)
        if clear:
            text += agreement(cases.CLEAR.domain, NEVER_CLEAR[policy])
        self.root.write(AGREEMENTS, text)
        self.tlspact("generate")
        return time.monotonic()

    def probe(self, name, policy, installed):
        """Messages to every swapped case until each was treated by the policy; returns their cases by sender."""
        sent, late = {}, set(self.swapped)
        for attempt in itertools.count():
            began = time.monotonic()
            batch = {f"probe-{name}-{attempt}-{case.name}@lab.test": case for case in sorted(late, key=str)}
            for sender, case in batch.items():
                self.mta.send(sender, case.recipient)
            for sender, case in batch.items():
                if self.ledger.wait_for(sender).status == EXPECTED[policy]:
                    late.discard(case)
            sent.update(batch)
            if not late:
                return sent
            self.stale += len(late)
            self.assertLess(began - installed, IN_FORCE_SECONDS, f"swap {name}: {late} still by the old map")

    def test_maps_that_change_200_times_lose_no_mail_and_misjudge_none(self):
        self.stale, waited, sent = 0, [], {}
        stream = Stream(self.mta, self.ledger, (*self.swapped, cases.CLEAR))
        stream.start()
        began = time.monotonic()
        for number in range(SWAPS):
            policy = (REFUSES, DELIVERS)[number % 2]
            installed = self.install(policy)
            sent.update(self.probe(number, policy, installed))
            waited.append(time.monotonic() - installed)
        took = time.monotonic() - began
        stream.finish()
        sent.update(stream.sent)
        self.assert_nothing_went_in_clear()
        self.assert_all_arrive_once(sent)
        self.assert_no_complaint()
        print(f"     {SWAPS} swaps in {took:.0f} s, {len(sent)} messages ({len(stream.sent)} of the stream); after an"
              f" install the new policy was seen after {max(waited):.2f} s at most, {sorted(waited)[SWAPS // 2]:.2f} s in"
              f" the middle, {self.stale} messages by the old map", flush=True)

    def assert_nothing_went_in_clear(self):
        """Nor did CLEAR get anything at all."""
        mails = self.world.mails.all()
        self.assertTrue(mails)
        self.assertEqual([mail for mail in mails if mail.tls is None], [])
        self.assertEqual([mail for mail in mails if mail.receiver == cases.CLEAR.host], [])

    def assert_all_arrive_once(self, sent):
        """With policies that deliver, what was refused goes out, too; and nothing comes twice."""
        known = {sender: len(self.ledger.outcomes(sender)) for sender in sent}
        self.assertEqual([sender for sender, count in known.items() if count != 1], [], "outcomes before the flush")
        waiting = {sender for sender in sent if self.ledger.outcomes(sender)[0].status == outcome.DEFERRED}
        self.assertGreaterEqual(len(waiting), SWAPS // 2)
        self.install(DELIVERS, clear=False)
        self.mta.flush()
        for sender in waiting:
            self.assertEqual(self.ledger.wait_for(sender, 2).status, outcome.SENT, sender)
        arrived = collections.Counter((mail.sender, *mail.recipients) for mail in self.world.mails.all() if mail.text)
        self.assertEqual(arrived, collections.Counter((sender, case.recipient) for sender, case in sent.items()))

    def assert_no_complaint(self):
        """No error, no panic, and nobody told the server to read its configuration anew."""
        self.assertEqual(self.mta.complaints(), [])
        log = self.mta.log_bytes().decode("utf-8", "replace")
        for word in ("open database", "reload", "refresh"):
            self.assertNotIn(word, log)
