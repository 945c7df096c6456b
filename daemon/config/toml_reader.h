// SPDX-License-Identifier: MIT
/// Reading TOML tables with errors that name file, line and column. Used by the configuration and
/// by the agreement files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "policy/agreement.h"
#include "policy/result.h"

namespace tlspact {

/// A TOML document and the faults found while reading it. toml++'s exceptions end here.
class TomlDocument {
 public:
  /// `code` is what every Error of this document carries.
  [[nodiscard]] static Result<TomlDocument> parse(std::string_view text, const std::string& file,
                                                  Errc code);

  [[nodiscard]] const toml::table& root() const { return root_; }
  [[nodiscard]] FilePosition position(const toml::node& node) const;

  /// "FILE:LINE:COLUMN: TEXT".
  [[nodiscard]] std::unexpected<Error> fault(const toml::node& node, std::string_view text) const;

  /// An Error for the first key of `table` that is not in `known`, with the nearest known one.
  [[nodiscard]] Result<void> only(const toml::table& table,
                                  const std::vector<std::string_view>& known) const;

 private:
  TomlDocument(toml::table root, std::string file, Errc code)
      : root_(std::move(root)), file_(std::move(file)), code_(code) {}
  toml::table root_;
  std::string file_;
  Errc code_;
};

/// Whether there is nothing in a file, not even a comment: as a full disk, or an editor that was
/// cut off, leaves it.
[[nodiscard]] bool is_blank(std::string_view text);

/// The element of `known` with the least edit distance to `word`, if it is near enough to be a
/// misspelling; empty otherwise.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& known);

/// "90s", "15m", "6h", "14d", "2w"; nullopt for anything else, or more than 100 years.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace tlspact
