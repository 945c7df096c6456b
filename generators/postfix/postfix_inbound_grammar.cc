// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_inbound_grammar.h"

#include <algorithm>
#include <utility>

namespace tlspact {
namespace {

constexpr std::string_view kLabel = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view kClass = "tlspact_";

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::bad_input, "Postfix would misread it: " + std::string{what});
}

/// One restriction, no list: what follows a comma would be reached only by chance.
Result<void> check_action(std::string_view action) {
  if (action == "reject_plaintext_session") return {};
  const std::string_view slug = action.substr(std::min(action.size(), kClass.size()));
  if (!action.starts_with(kClass) || slug.empty() ||
      slug.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string_view::npos)
    return bad("the action is neither reject_plaintext_session nor a class of ours");
  return {};
}

/// Pattern and action; the pattern holds no space.
Result<std::pair<std::string_view, std::string_view>> split(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == 0 || space == std::string_view::npos) return bad("not PATTERN ACTION");
  if (auto good = check_action(line.substr(space + 1)); !good) return std::unexpected(good.error());
  return std::pair{line.substr(0, space), line.substr(space + 1)};
}

}  // namespace

Result<PostfixNetworkLine> read_postfix_network_line(std::string_view line) {
  const auto parts = split(line);
  if (!parts) return std::unexpected(parts.error());
  const auto network = Network::parse(parts->first);
  if (!network) return std::unexpected(network.error());
  return PostfixNetworkLine{*network, std::string{parts->second}};
}

Result<PostfixSenderLine> read_postfix_sender_line(std::string_view line) {
  constexpr std::string_view kBegin = "/@";
  constexpr std::string_view kEnd = "\\.?$/";
  const auto parts = split(line);
  if (!parts) return std::unexpected(parts.error());
  std::string_view pattern = parts->first;
  if (!pattern.starts_with(kBegin) || !pattern.ends_with(kEnd) ||
      pattern.size() < kBegin.size() + kEnd.size())
    return bad("not an anchored pattern");
  pattern.remove_prefix(kBegin.size());
  pattern.remove_suffix(kEnd.size());
  std::string name;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool escaped_dot = pattern.substr(i).starts_with("\\.");
    if (!escaped_dot && !kLabel.contains(pattern[i]))
      return bad("a character that means more than itself");
    name += escaped_dot ? pattern[++i] : pattern[i];
  }
  auto domain = Domain::parse(name);
  if (!domain) return std::unexpected(domain.error());
  return PostfixSenderLine{*std::move(domain), std::string{parts->second}};
}

Result<void> check_postfix_fingerprint(std::string_view key) {
  constexpr std::size_t kLength = 32 * 3 - 1;
  if (key.size() != kLength) return bad("a fingerprint has 32 bytes");
  for (std::size_t i = 0; i < key.size(); ++i) {
    const std::string_view allowed = i % 3 == 2 ? ":" : "0123456789abcdef";
    if (!allowed.contains(key[i])) return bad("a fingerprint is lower-case hex with colons");
  }
  return {};
}

}  // namespace tlspact
