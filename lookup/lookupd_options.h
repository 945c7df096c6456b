// SPDX-License-Identifier: MIT
/// The command line of tlspact-lookupd. It reads no configuration file: what starts it (the units)
/// gives it the few settings that it has, and the daemon says how long to wait.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lookup/server.h"
#include "policy/result.h"

namespace tlspact {

struct LookupdOptions {
  ServerOptions server;
  std::optional<std::string> socketmap;   ///< address; empty: off; nullopt: not given
  std::optional<std::string> readsocket;  ///< the same
  bool help = false;
  bool version = false;
};

/// Errors: usage.
[[nodiscard]] Result<LookupdOptions> read_lookupd_options(int count, char* const* words);

/// "3s", "500ms", "1m"; at most a minute.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_wait(std::string_view text);

[[nodiscard]] std::string_view lookupd_usage();

}  // namespace tlspact
