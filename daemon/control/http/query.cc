// SPDX-License-Identifier: MIT
#include "daemon/control/http/query.h"

#include <algorithm>

namespace tlspact {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEF";

std::optional<unsigned> digit_of(char c) {
  const char upper = c >= 'a' && c <= 'f' ? static_cast<char>(c - ('a' - 'A')) : c;
  const std::size_t value = kDigits.find(upper);
  if (value == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(value);
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = digit_of(text[i + 1]);
    const auto low = digit_of(text[i + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

}  // namespace

std::optional<Query> Query::parse(std::string_view text) {
  if (text.size() > kMaxBytes) return std::nullopt;
  Query out;
  while (!text.empty()) {
    const std::string_view each = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), each.size() + 1));
    if (each.empty()) continue;
    const std::size_t equals = std::min(each.find('='), each.size());
    auto name = decoded(each.substr(0, equals));
    auto value = decoded(each.substr(std::min(equals + 1, each.size())));
    if (!name || !value || out.parameters_.size() == kMaxParameters) return std::nullopt;
    out.parameters_.emplace_back(*std::move(name), *std::move(value));
  }
  return out;
}

std::optional<std::string> Query::get(std::string_view name) const {
  const auto found = std::ranges::find(
      parameters_, name, [](const auto& each) { return std::string_view{each.first}; });
  if (found == parameters_.end()) return std::nullopt;
  return found->second;
}

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';  // RFC 3986 section 2.3
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte / 16];
    out += kDigits[byte % 16];
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

}  // namespace tlspact
