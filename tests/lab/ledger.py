# SPDX-License-Identifier: MIT
"""What became of every message, read from the server's log as it grows: thousands of messages, each line read once."""

import threading

from .wait import until


class Ledger:
    """By sender, so each message needs a sender of its own. Safe to use from every thread."""

    def __init__(self, mta):
        self._mta = mta
        self._lock = threading.Lock()
        self._offset = len(mta.log_bytes())
        self._senders = {}     # by the server's identifier of the message
        self._outcomes = {}    # by sender, oldest first

    def outcomes(self, sender):
        """All that became of this sender's message so far, oldest first."""
        with self._lock:
            self._read_on()
            return list(self._outcomes.get(sender, ()))

    def wait_for(self, sender, nth=1):
        """The nth outcome of this sender's message."""
        def seen():
            known = self.outcomes(sender)
            return known[nth - 1] if len(known) >= nth else None
        return until(seen, f"outcome {nth} of the message of {sender}")

    def _read_on(self):
        new = self._mta.log_bytes(self._offset)
        whole = new[:new.rfind(b"\n") + 1]
        self._offset += len(whole)
        for identifier, sender, outcome in self._mta.events(whole.decode("utf-8", "replace")):
            if sender is not None:
                self._senders[identifier] = sender
            elif identifier in self._senders:
                self._outcomes.setdefault(self._senders[identifier], []).append(outcome)
