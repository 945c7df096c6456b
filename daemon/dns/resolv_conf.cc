// SPDX-License-Identifier: MIT
#include "daemon/dns/resolv_conf.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstdint>

namespace tlspact {

namespace {

/// nullopt-like: 0 is no port.
std::uint16_t port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() ? port : std::uint16_t{0};
}

/// Takes the port off the end of `text`: "" if there is none, else what stands behind @ or :.
std::string_view split_port(std::string_view& text, bool& has_port) {
  const std::size_t bracket = text.rfind(']');
  std::size_t mark = text.rfind('@');
  if (mark == std::string_view::npos) {
    // A colon is a port's only behind a bracket or an IPv4 address.
    const std::size_t colon = text.rfind(':');
    const bool ours =
        bracket != std::string_view::npos ? colon == bracket + 1 : text.find(':') == colon;
    if (colon != std::string_view::npos && ours) mark = colon;
  }
  has_port = mark != std::string_view::npos;
  if (!has_port) return {};
  const std::string_view port = text.substr(mark + 1);
  text = text.substr(0, mark);
  return port;
}

bool is_loopback(const std::array<std::uint8_t, 16>& address, bool ipv6) {
  if (!ipv6) return address[0] == 127;
  constexpr std::array<std::uint8_t, 16> kLoopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  if (address == kLoopback) return true;
  for (std::size_t at = 0; at < 10; ++at) {
    if (address[at] != 0) return false;
  }
  return address[10] == 0xFF && address[11] == 0xFF && address[12] == 127;
}

std::string_view next_word(std::string_view& line) {
  const std::size_t begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

Result<NameServer> parse_name_server(std::string_view text) {
  const auto refused = [whole = std::string{text}] {
    return fail(Errc::config, "\"" + whole +
                                  "\" is not the address of a name server; write an IP address, "
                                  "with @ and the port if it is not 53");
  };
  bool has_port = false;
  const std::string_view port_text = split_port(text, has_port);
  const std::uint16_t port = has_port ? port_of(port_text) : std::uint16_t{53};
  if (port == 0) return refused();
  const bool bracketed = text.starts_with('[') && text.ends_with(']');
  if (bracketed) text = text.substr(1, text.size() - 2);
  const std::string address{text};
  // The zone of a link-local address is libunbound's to look up.
  const std::string bare = address.substr(0, address.find('%'));
  std::array<std::uint8_t, 16> bytes{};
  const bool ipv6 = address.find(':') != std::string::npos;
  if (!ipv6 && (bracketed || bare != address)) return refused();
  if (inet_pton(ipv6 ? AF_INET6 : AF_INET, bare.c_str(), bytes.data()) != 1) return refused();
  return NameServer{address + "@" + std::to_string(port), is_loopback(bytes, ipv6)};
}

std::vector<std::string> resolv_conf_servers(std::string_view text) {
  std::vector<std::string> servers;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    line = line.substr(0, line.find_first_of(";#"));
    if (next_word(line) != "nameserver") continue;
    const std::string_view address = next_word(line);
    if (parse_name_server(address)) servers.emplace_back(address);
  }
  if (servers.empty()) servers.emplace_back("127.0.0.1");
  return servers;
}

bool resolv_conf_trusts_ad(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.starts_with(' ') || line.starts_with('\t') || next_word(line) != "options") continue;
    for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
      if (word.starts_with("trust-ad")) return true;
    }
  }
  return false;
}

}  // namespace tlspact
