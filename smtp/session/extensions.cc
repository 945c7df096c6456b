// SPDX-License-Identifier: MIT
#include "smtp/session/extensions.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace tlspact {
namespace {

std::string upper(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return result;
}

/// 0 means that there is no limit, too (RFC 1870 section 4).
std::optional<std::uint64_t> size_limit(std::string_view parameter) {
  std::uint64_t limit = 0;
  const char* const end = parameter.data() + parameter.size();
  const auto [stop, error] = std::from_chars(parameter.data(), end, limit);
  if (error != std::errc{} || stop != end || limit == 0) return std::nullopt;
  return limit;
}

/// At least eight X and perhaps one letter behind them.
bool is_struck_out(std::string_view keyword) {
  return keyword.size() >= 8 && keyword.find_first_not_of('X') >= keyword.size() - 1;
}

void take(Extensions& into, std::string_view keyword, std::string_view parameter) {
  if (keyword == "STARTTLS") into.starttls = true;
  if (keyword == "PIPELINING") into.pipelining = true;
  if (keyword == "8BITMIME") into.eight_bit_mime = true;
  if (keyword == "SMTPUTF8") into.smtputf8 = true;
  if (keyword == "CHUNKING") into.chunking = true;
  if (keyword == "DSN") into.dsn = true;
  if (keyword == "ENHANCEDSTATUSCODES") into.enhanced_status_codes = true;
  if (keyword == "REQUIRETLS") into.requiretls = true;
  if (keyword == "SIZE") {
    into.size = true;
    into.size_limit = size_limit(parameter);
  }
  if (is_struck_out(keyword)) into.struck_out = true;
}

}  // namespace

Extensions Extensions::parse(const Reply& reply) {
  Extensions result;
  for (std::size_t i = 1; i < reply.lines.size(); ++i) {
    const std::string line = upper(reply.lines[i]);
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view rest{line.begin() + static_cast<std::ptrdiff_t>(end), line.end()};
    const std::size_t from = std::min(rest.find_first_not_of(' '), rest.size());
    std::string_view parameter = rest.substr(from);
    while (parameter.ends_with(' '))
      parameter.remove_suffix(1);
    take(result, std::string_view{line}.substr(0, end), parameter);
  }
  return result;
}

}  // namespace tlspact
