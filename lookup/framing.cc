// SPDX-License-Identifier: MIT
#include "lookup/framing.h"

#include <algorithm>

namespace tlspact {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

Frame first_netstring(std::string_view input) {
  using enum Frame::State;
  std::size_t length = 0;
  std::size_t at = 0;
  for (; at < input.size() && is_digit(input[at]); ++at) {
    if (at == 1 && input[0] == '0') return {.state = malformed};
    length = length * 10 + static_cast<std::size_t>(input[at] - '0');
    if (length > kMaxRequest) return {.state = too_long};
  }
  if (at == input.size()) return {};
  if (at == 0 || input[at] != ':') return {.state = malformed};
  const std::size_t begin = at + 1;
  const std::size_t comma = begin + length;
  if (input.size() <= comma) return {};
  if (input[comma] != ',') return {.state = malformed};
  return {.state = complete, .request = input.substr(begin, length), .size = comma + 1};
}

Frame first_line(std::string_view input, bool at_end) {
  using enum Frame::State;
  const std::size_t end = std::min(input.find('\n'), input.size());
  if (end > kMaxRequest) return {.state = too_long};
  if (end == input.size() && !(at_end && end > 0)) return {};
  std::string_view line = input.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return {.state = complete, .request = line, .size = std::min(end + 1, input.size())};
}

std::string as_netstring(std::string_view text) {
  std::string out = std::to_string(text.size());
  out.reserve(out.size() + text.size() + 2);
  out += ':';
  out += text;
  out += ',';
  return out;
}

MapRequest read_map_request(std::string_view request) {
  const std::size_t space = request.find(' ');
  if (space == std::string_view::npos || space == 0) return {};
  return {.good = true, .map = request.substr(0, space), .key = request.substr(space + 1)};
}

std::string_view read_line_request(std::string_view line) {
  constexpr std::string_view kGet = "get ";
  constexpr std::string_view kBlank = " \t";
  if (line.starts_with(kGet)) line.remove_prefix(kGet.size());
  const std::size_t begin = std::min(line.find_first_not_of(kBlank), line.size());
  line.remove_prefix(begin);
  return line.substr(0, line.find_last_not_of(kBlank) + 1);
}

}  // namespace tlspact
