// SPDX-License-Identifier: MIT
/// Query: the parameters of a request, behind its question mark.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tlspact {

/// As a form sends them (application/x-www-form-urlencoded): "domain=acme.example&x=a+b%2Fc".
class Query {
 public:
  static constexpr std::size_t kMaxBytes = 2048;
  static constexpr std::size_t kMaxParameters = 16;

  /// nullopt: longer than kMaxBytes, more than kMaxParameters, or a % without two hexadecimal
  /// digits behind it. What a name or value consists of is its reader's to judge.
  [[nodiscard]] static std::optional<Query> parse(std::string_view text);

  /// The first one of that name; nullopt: there is none.
  [[nodiscard]] std::optional<std::string> get(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

/// `text` as a value in a query.
[[nodiscard]] std::string percent_encoded(std::string_view text);

/// Without spaces, tabs and line ends around it, as people paste them.
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace tlspact
