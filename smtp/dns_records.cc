// SPDX-License-Identifier: MIT
#include "smtp/dns_records.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace tlspact {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kMaxName = 255;  // RFC 1035 section 2.3.4, on the wire
constexpr std::size_t kMaxLabel = 63;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

void append_label(std::string& out, std::string_view label) {
  for (const char c : label) {
    if (c == '.' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c > ' ' && c <= '~') {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;  // RFC 4343
    } else {
      std::array<char, 5> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\%03u",
                    unsigned{static_cast<std::uint8_t>(c)});
      out += escaped.data();
    }
  }
}

template <class Address>
ip::address read_address(std::string_view rdata) {
  typename Address::bytes_type bytes;
  std::ranges::transform(rdata, bytes.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return Address{bytes};
}

}  // namespace

Result<std::string> parse_dns_name(std::string_view wire) {
  if (wire.size() > kMaxName) return fail(Errc::bad_input, "a name of more than 255 bytes");
  std::string out;
  while (!wire.empty()) {
    const std::size_t size = byte_at(wire, 0);
    wire.remove_prefix(1);
    if (size == 0) {
      if (!wire.empty()) return fail(Errc::bad_input, "a name with something behind it");
      return out;
    }
    // The two high bits mark compression (RFC 1035 section 4.1.4), which has no meaning here.
    if (size > kMaxLabel) return fail(Errc::bad_input, "a name with a compressed label");
    if (size > wire.size()) return fail(Errc::bad_input, "a name that is cut off");
    if (!out.empty()) out += '.';
    append_label(out, wire.substr(0, size));
    wire.remove_prefix(size);
  }
  return fail(Errc::bad_input, "a name that is cut off");
}

Result<MxRecord> MxRecord::parse(std::string_view rdata) {
  constexpr std::size_t kPreference = 2;
  if (rdata.size() <= kPreference) return fail(Errc::bad_input, "an MX record that is cut off");
  auto exchange = parse_dns_name(rdata.substr(kPreference));
  if (!exchange) return fail(Errc::bad_input, "an MX record with " + exchange.error().text);
  const auto preference = static_cast<std::uint16_t>(byte_at(rdata, 0) << 8U | byte_at(rdata, 1));
  return MxRecord{preference, *std::move(exchange)};
}

Result<ip::address> parse_address(std::string_view rdata) {
  if (rdata.size() == ip::address_v4::bytes_type{}.size())
    return read_address<ip::address_v4>(rdata);
  if (rdata.size() == ip::address_v6::bytes_type{}.size())
    return read_address<ip::address_v6>(rdata);
  return fail(Errc::bad_input, "an address record of " + std::to_string(rdata.size()) + " bytes");
}

}  // namespace tlspact
