// SPDX-License-Identifier: MIT
#include "policy/policy_key.h"

#include <charconv>

namespace tlspact {
namespace {

std::unexpected<Error> bad_key(std::string_view text, std::string_view why) {
  return fail(Errc::bad_input, quote(text) + " is not a next-hop: " + std::string{why});
}

/// 1 to 65535 without sign or leading zero.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (port == 0 || text.front() == '0') return std::nullopt;
  return port;
}

}  // namespace

Result<PolicyKey> PolicyKey::parse(std::string_view text) {
  std::string_view name = text;
  std::string_view port_text;
  const bool bracketed = name.starts_with('[');
  if (bracketed) {
    const std::size_t close = name.find(']');
    if (close == std::string_view::npos) return bad_key(text, "the bracket is not closed");
    port_text = name.substr(close + 1);
    name = name.substr(1, close - 1);
    if (!port_text.empty() && port_text.front() != ':')
      return bad_key(text, "only :port may follow the bracket");
  } else if (const std::size_t colon = name.find(':'); colon != std::string_view::npos) {
    port_text = name.substr(colon);
    name = name.substr(0, colon);
  }
  std::optional<std::uint16_t> port;
  if (!port_text.empty()) {
    port = parse_port(port_text.substr(1));
    if (!port) return bad_key(text, "the port is not a number from 1 to 65535");
  }
  auto pattern = DomainPattern::parse(name);
  if (!pattern) return std::unexpected(pattern.error());
  if (pattern->subdomains && (bracketed || port))
    return bad_key(text, "a pattern for subdomains takes neither brackets nor a port");
  return PolicyKey{*std::move(pattern), bracketed, port};
}

PolicyKey PolicyKey::from_normal_form(std::string_view text) {
  // Only domains and patterns have no bracket and no port, and they are what there are many of.
  if (!is_by_domain(text)) return parse(text).value();
  const bool subdomains = text.starts_with('.');
  return {{Domain::from_normal_form(text.substr(subdomains ? 1 : 0)), subdomains}, false, {}};
}

std::string PolicyKey::text() const {
  std::string out = bracketed ? "[" + pattern.text() + "]" : pattern.text();
  if (port) out += ":" + std::to_string(*port);
  return out;
}

}  // namespace tlspact
