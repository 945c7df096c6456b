// SPDX-License-Identifier: MIT
/// Transcripts for people: a dialogue with times, and what came of it.
#pragma once

#include <string>

#include "smtp/delivery/delivery.h"
#include "smtp/transcript/transcript.h"

namespace tlspact {

/// Several lines, all of printable ASCII; each line of the dialogue has the seconds since the
/// session began, and ">" for what was sent, "<" for what came.
[[nodiscard]] std::string transcript_text(const Transcript& transcript);

/// "starttls: absent (negative evidence): STARTTLS is not offered".
[[nodiscard]] std::string outcome_text(const Outcome& outcome);

}  // namespace tlspact
