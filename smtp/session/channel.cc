// SPDX-License-Identifier: MIT
#include "smtp/session/channel.h"

#include <algorithm>
#include <array>

namespace tlspact {
namespace {

constexpr std::array<std::string_view, 7> kFaults{"timeout", "closed", "reset", "unreachable",
                                                  "garbage", "tls",    "local"};

}  // namespace

std::string_view channel_fault_name(ChannelFault::Kind kind) {
  return kFaults.at(static_cast<std::size_t>(kind));
}

std::optional<ChannelFault::Kind> parse_channel_fault(std::string_view name) {
  const auto* const found = std::ranges::find(kFaults, name);
  if (found == kFaults.end()) return std::nullopt;
  return static_cast<ChannelFault::Kind>(found - kFaults.begin());
}

}  // namespace tlspact
