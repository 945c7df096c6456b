// SPDX-License-Identifier: MIT
/// DrillVerdict: whether a mail server did what it owes, by the receiver's record and by its own
/// word. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "daemon/control/drill/drill_case.h"
#include "daemon/control/drill/mta_word.h"
#include "smtp/receiver/receiver.h"

namespace tlspact {

struct DrillVerdict {
  enum class Happened : std::uint8_t {
    refused,           ///< nothing was handed over, and the message waits
    returned,          ///< nothing was handed over, and the message went back to its sender
    delivered,         ///< under TLS
    delivered_clear,   ///< anybody on the way could read it
    revealed,          ///< sender or recipient were told in clear, the message was not handed over
    obeyed_injection,  ///< a reply in clear counted, although TLS was on
    not_tried,         ///< the receiver was never reached: nothing is proven
    unknown,           ///< the server did not say what became of it in time
  };
  Happened happened = Happened::unknown;
  bool as_expected = false;
};

/// "refused, the message waits" and so on.
[[nodiscard]] std::string_view happened_text(DrillVerdict::Happened happened);

/// What the receivers saw of a drill, as far as it matters to one case.
struct DrillSight {
  std::span<const Conversation> seen;  ///< by the receiver of this case, whole
  /// Receivers of other cases were reached: mail of the drill finds its way there.
  bool others_reached = false;
};

[[nodiscard]] DrillVerdict judge_drill(const DrillCase& drilled, const DrillSight& sight,
                                       const MtaWord& word);

}  // namespace tlspact
