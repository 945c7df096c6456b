# SPDX-License-Identifier: MIT
"""Waiting for something to become true, never for time to pass."""

import time

POLL_SECONDS = 0.02


class Late(AssertionError):
    """What was waited for did not happen before its deadline."""


def until(observe, what, seconds=60):
    """Returns the first true value of `observe()`; raises Late, naming `what`, after the deadline.

    `what` may be a callable, so that the message can tell what was seen last.
    """
    deadline = time.monotonic() + seconds
    while True:
        seen = observe()
        if seen:
            return seen
        if time.monotonic() > deadline:
            told = what() if callable(what) else what
            raise Late(f"not within {seconds} s: {told}")
        time.sleep(POLL_SECONDS)
