// SPDX-License-Identifier: MIT
/// What the command line and the running service say to each other: one line of JSON each way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tlspact {

/// A command as it was typed, and whether its result is wanted as JSON.
struct ControlRequest {
  std::vector<std::string> words;
  bool json = false;
  std::uint32_t uid = 0;  ///< of the caller, as the kernel says; not part of the message

  friend bool operator==(const ControlRequest&, const ControlRequest&) = default;
};

/// What a process that changed something says to the service beside it: run now. Behind it the
/// subjects and texts of alerts that it noticed, in turn.
inline constexpr const char* kRunCommand = "run";

/// What the command line prints.
struct ControlReply {
  int exit_code = 0;
  std::string out;
  std::string err;

  friend bool operator==(const ControlReply&, const ControlReply&) = default;
};

inline constexpr std::size_t kMaxControlRequest = 64UL << 10;
inline constexpr std::size_t kMaxControlReply = 64UL << 20;

/// Without the newline.
[[nodiscard]] std::string control_line(const ControlRequest& request);
[[nodiscard]] std::string control_line(const ControlReply& reply);

/// nullopt: it is no such message.
[[nodiscard]] std::optional<ControlRequest> parse_control_request(std::string_view line);
[[nodiscard]] std::optional<ControlReply> parse_control_reply(std::string_view line);

}  // namespace tlspact
