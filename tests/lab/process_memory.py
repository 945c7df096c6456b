# SPDX-License-Identifier: MIT
"""The memory of a program under test."""

import pathlib
import re


def own_memory(pid):
    """Bytes that are its own, beyond the page cache."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) * 1024


def is_sanitized(pid):
    """AddressSanitizer and ThreadSanitizer keep what is freed: memory then tells nothing."""
    return re.search(r"lib[at]san", pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="ascii")) is not None
