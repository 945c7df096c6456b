# SPDX-License-Identifier: MIT
"""What became of one recipient of one message, as the mail server's own log tells it."""

import dataclasses

SENT, DEFERRED, BOUNCED = "sent", "deferred", "bounced"


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The last that the log says of a recipient."""

    status: str
    text: str     # the log line, for reasons and for messages of failed tests
