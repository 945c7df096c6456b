// SPDX-License-Identifier: MIT
#include "generators/exim/exim_inbound_grammar.h"

#include <utility>

namespace tlspact {
namespace {

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::bad_input, "Exim would misread it: " + std::string{what});
}

Result<void> check_fingerprints(std::string_view list) {
  constexpr std::size_t kDigits = 64;
  while (true) {
    const std::string_view one = list.substr(0, list.find(':'));
    if (one.size() != kDigits ||
        one.find_first_not_of("0123456789abcdef") != std::string_view::npos)
      return bad("a fingerprint is 64 lower-case hex digits");
    if (one.size() == list.size()) return {};
    list.remove_prefix(kDigits + 1);
  }
}

Result<void> check_value(std::string_view value) {
  constexpr std::string_view kCertificate = "require=certificate fp=";
  if (value == "ask" || value == "require=encrypt") return {};
  if (!value.starts_with(kCertificate)) return bad("an unknown requirement");
  return check_fingerprints(value.substr(kCertificate.size()));
}

/// Key, without its quotes, and value.
Result<std::pair<std::string, std::string>> split(std::string_view line) {
  const bool quoted = line.starts_with('"');
  if (quoted) line.remove_prefix(1);
  const std::string_view end = quoted ? "\": " : ": ";
  const std::size_t key_end = line.find(end);
  if (key_end == 0 || key_end == std::string_view::npos) return bad("not KEY: VALUE");
  const std::string_view key = line.substr(0, key_end);
  if (key.find_first_of(quoted ? "\"\\ #" : "\"\\: #") != std::string_view::npos)
    return bad("a character that ends the key");
  const std::string_view value = line.substr(key_end + end.size());
  if (auto good = check_value(value); !good) return std::unexpected(good.error());
  return std::pair{std::string{key}, std::string{value}};
}

}  // namespace

Result<EximNetworkLine> read_exim_network_line(std::string_view line) {
  auto parts = split(line);
  if (!parts) return std::unexpected(parts.error());
  const auto network = Network::parse(parts->first);
  if (!network) return std::unexpected(network.error());
  return EximNetworkLine{*network, std::move(parts->second)};
}

Result<EximSenderLine> read_exim_sender_line(std::string_view line) {
  auto parts = split(line);
  if (!parts) return std::unexpected(parts.error());
  auto domain = Domain::parse(parts->first);
  if (!domain) return std::unexpected(domain.error());
  return EximSenderLine{*std::move(domain), std::move(parts->second)};
}

}  // namespace tlspact
