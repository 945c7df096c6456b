// SPDX-License-Identifier: MIT
/// QueryKey: what an MTA asks for, brought to the form in which a snapshot keeps it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tlspact {

/// Postfix does not lower-case the keys of a socketmap, and people type into both MTAs. Nothing is
/// converted to A-labels here: a key that is not ASCII is not found, as in the maps.
class QueryKey {
 public:
  enum class Kind : std::uint8_t {
    junk,      ///< an address literal, a single label, what is no name: it has no policy
    parent,    ///< ".example.com", which is found or not, and never resolved
    next_hop,  ///< a domain, "[host]", "domain:25" or "[host]:25"
  };

  /// Lower-cases and drops one trailing dot. Allocates nothing for domains and parents.
  explicit QueryKey(std::string_view asked);

  [[nodiscard]] Kind kind() const { return kind_; }
  /// The text of a PolicyKey; empty for junk.
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

 private:
  void take_next_hop(std::string_view asked);

  Kind kind_ = Kind::junk;
  std::size_t size_ = 0;
  std::array<char, 272> text_;  ///< "[", 253 bytes, ".", "]:65535"
};

}  // namespace tlspact
