// SPDX-License-Identifier: MIT
#include "daemon/dns/idna.h"

#include <idn2.h>

#include <algorithm>
#include <string>

namespace tlspact {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

Result<std::string> to_a_labels(std::string_view name) {
  // Longer than any name can be, and idn2 takes a C string.
  constexpr std::size_t kMaxName = 1024;
  if (name.size() > kMaxName || name.contains('\0'))
    return fail(Errc::bad_input, quote(name) + " is not a domain name");
  const std::string input{name};
  std::uint8_t* output = nullptr;
  const int status = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(input.c_str()), &output,
                                    IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  if (status != IDN2_OK)
    return fail(Errc::bad_input,
                quote(name) + " is not an internationalized domain name: " + idn2_strerror(status));
  std::string out{reinterpret_cast<const char*>(output)};
  idn2_free(output);
  return out;
}

/// Converts the name in `text` and leaves what stands around it: "*.", ".", brackets, a port.
Result<std::string> ascii_form(std::string_view text) {
  const std::size_t begin = text.find_first_not_of("[*.");
  if (begin == std::string_view::npos) return std::string{text};
  const std::size_t end = std::min(text.find_first_of("]:", begin), text.size());
  auto name = to_a_labels(text.substr(begin, end - begin));
  if (!name) return name;
  return std::string{text.substr(0, begin)} + *name + std::string{text.substr(end)};
}

template <class T>
Result<T> parse_ascii_form(std::string_view text) {
  if (is_ascii(text)) return T::parse(text);
  const auto ascii = ascii_form(text);
  if (!ascii) return std::unexpected(ascii.error());
  return T::parse(*ascii);
}

}  // namespace

Result<Domain> parse_domain(std::string_view text) {
  return parse_ascii_form<Domain>(text);
}

Result<MxPattern> parse_mx_pattern(std::string_view text) {
  return parse_ascii_form<MxPattern>(text);
}

Result<PolicyKey> parse_policy_key(std::string_view text) {
  return parse_ascii_form<PolicyKey>(text);
}

}  // namespace tlspact
