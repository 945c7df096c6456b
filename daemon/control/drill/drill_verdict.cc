// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill_verdict.h"

#include <algorithm>
#include <cctype>

namespace tlspact {
namespace {

using Happened = DrillVerdict::Happened;

/// Whoever listens on the way learns from these who writes to whom.
bool reveals(const std::string& command) {
  std::string verb = command.substr(0, 4);
  std::ranges::transform(verb, verb.begin(), [](unsigned char c) { return std::toupper(c); });
  return verb == "MAIL" || verb == "RCPT";
}

Happened happened(const DrillCase& drilled, const DrillSight& sight, const MtaWord& word) {
  const std::span<const Conversation> seen = sight.seen;
  const auto in_clear = [](const Conversation& each) { return each.message_in_clear; };
  const auto any = [](const Conversation& each) { return !each.messages.empty(); };
  const auto told = [](const Conversation& each) {
    return std::ranges::any_of(each.in_clear, reveals);
  };
  if (std::ranges::any_of(seen, in_clear)) return Happened::delivered_clear;
  if (std::ranges::any_of(seen, any)) return Happened::delivered;
  if (std::ranges::any_of(seen, told)) return Happened::revealed;
  if (word.fate == MtaWord::Fate::silent) return Happened::unknown;
  // Where the MX host is the fault, the best answer is not to connect. No server has words of its
  // own for that, so that others were reached has to show that this one could have been.
  const bool may_stay_away = drilled.fault == DrillFault::wrong_mx && sight.others_reached;
  if (seen.empty() && !may_stay_away) return Happened::not_tried;
  // The injected reply limits the size of messages to one byte: who obeys it sends it back.
  if (drilled.fault == DrillFault::injection && word.fate == MtaWord::Fate::bounced)
    return Happened::obeyed_injection;
  return word.fate == MtaWord::Fate::bounced ? Happened::returned : Happened::refused;
}

bool is_right(DrillExpectation expected, Happened happened, MtaWord::Fate fate) {
  const bool kept = happened == Happened::refused || happened == Happened::returned;
  const bool arrived = happened == Happened::delivered && fate == MtaWord::Fate::sent;
  switch (expected) {
    case DrillExpectation::refused:
      return kept && fate != MtaWord::Fate::sent;
    case DrillExpectation::delivered:
      return arrived;
    case DrillExpectation::unharmed:
      return (kept && fate != MtaWord::Fate::sent) || arrived;
  }
  return false;
}

}  // namespace

std::string_view happened_text(Happened happened) {
  switch (happened) {
    case Happened::refused:
      return "refused, the message waits";
    case Happened::returned:
      return "refused, the message went back to its sender";
    case Happened::delivered:
      return "delivered by TLS";
    case Happened::delivered_clear:
      return "DELIVERED IN CLEAR";
    case Happened::revealed:
      return "sender and recipient told in clear";
    case Happened::obeyed_injection:
      return "the injected reply was obeyed";
    case Happened::not_tried:
      return "never reached the receiver";
    case Happened::unknown:
      return "no word of it in time";
  }
  return "";
}

DrillVerdict judge_drill(const DrillCase& drilled, const DrillSight& sight, const MtaWord& word) {
  const Happened what = happened(drilled, sight, word);
  return {what, is_right(drilled.expected, what, word.fate)};
}

}  // namespace tlspact
