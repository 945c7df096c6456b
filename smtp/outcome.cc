// SPDX-License-Identifier: MIT
#include "smtp/outcome.h"

#include <algorithm>
#include <array>

namespace tlspact {
namespace {

constexpr std::array<std::string_view, 16> kStages{
    "dns-mx", "dns-address", "dns-tlsa",    "policy", "connect",  "banner",
    "ehlo",   "starttls",    "handshake",   "verify", "ehlo-tls", "mail",
    "rcpt",   "data",        "end-of-data", "quit"};

constexpr std::array<std::string_view, 13> kClasses{
    "ok",       "absent", "refused",  "tempfail", "policy-block", "timeout", "reset",
    "protocol", "crypto", "mismatch", "bogus",    "insecure",     "local"};

template <class Enum, std::size_t Count>
std::optional<Enum> position(const std::array<std::string_view, Count>& names,
                             std::string_view name) {
  const auto* const found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view stage_name(Stage stage) {
  return kStages.at(static_cast<std::size_t>(stage));
}

std::optional<Stage> parse_stage(std::string_view name) {
  return position<Stage>(kStages, name);
}

std::string_view outcome_class_name(OutcomeClass outcome) {
  return kClasses.at(static_cast<std::size_t>(outcome));
}

std::optional<OutcomeClass> parse_outcome_class(std::string_view name) {
  return position<OutcomeClass>(kClasses, name);
}

}  // namespace tlspact
