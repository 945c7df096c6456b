// SPDX-License-Identifier: MIT
/// The table of every configuration key: the parser, the man page and the checks read it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/config/config.h"

namespace tlspact {

/// Where a key's value goes, and by its type how it is written in TOML: text, true/false,
/// duration ("6h"), "auto"/true/false, list of texts, whole number.
using Slot = std::variant<std::string*, bool*, Seconds*, AutoBool*, std::vector<std::string>*,
                          std::uint32_t*>;

/// A key of a [section].
struct ConfigKey {
  std::string_view section;
  std::string_view name;
  Slot (*slot)(Config& config);
  std::string_view description;
  /// What is wrong with the value that was set, or nullptr.
  const char* (*fault)(const Config& config) = nullptr;
  /// The default in words, where it is derived from another key.
  std::string_view default_text;
};

/// A key of every [[list]].
struct ListKey {
  std::string_view name;
  Slot (*slot)(ListConfig& list);
  std::string_view description;
};

[[nodiscard]] std::span<const ConfigKey> config_keys();
[[nodiscard]] std::span<const ListKey> list_keys();

/// The value of a slot as TOML text, for the manual.
[[nodiscard]] std::string slot_text(const Slot& slot);

/// The manual page tlspact.toml(5) in mdoc.
[[nodiscard]] std::string config_manual();

}  // namespace tlspact
