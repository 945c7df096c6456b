# SPDX-License-Identifier: MIT
"""Whether a program under test was built with a sanitizer."""

import pathlib
import re


def is_sanitized(pid):
    """AddressSanitizer and ThreadSanitizer keep what is freed: memory then tells nothing."""
    return re.search(r"lib[at]san", pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="ascii")) is not None
