// SPDX-License-Identifier: MIT
#include "generators/exim/exim_grammar.h"

#include <algorithm>
#include <array>

namespace tlspact {
namespace {

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::bad_input, "Exim would misread it: " + std::string{what});
}

/// In the order in which they are written.
constexpr std::array<std::string_view, 10> kWords{"level", "mxre", "namechk", "san",     "pin",
                                                  "ca",    "cert", "key",     "ciphers", "sni"};

constexpr std::array<std::string_view, 10> kLevels{
    "none",           "may",         "encrypt", "dane",   "dane-only", "dane-or-encrypt",
    "dane-or-secure", "fingerprint", "secure",  "default"};

bool is_anchored(std::string_view regex) {
  return regex.starts_with("^(?:") && regex.ends_with(")$") && regex.size() > 6;
}

bool has(const EximWords& words, std::string_view name) {
  return std::ranges::any_of(words, [&](const auto& word) { return word.first == name; });
}

Result<void> check_word(std::string_view name, std::string_view value) {
  if (value.empty()) return bad(std::string{name} + " has no value");
  if (name == "level" && std::ranges::find(kLevels, value) == kLevels.end())
    return bad("unknown level");
  if ((name == "mxre" || name == "san") && !is_anchored(value))
    return bad(std::string{name} + " is not an anchored pattern");
  if ((name == "ca" || name == "cert" || name == "key") && !value.starts_with('/'))
    return bad(std::string{name} + " is not an absolute path");
  if (name == "namechk" && value != "san") return bad("namechk is not san");
  return {};
}

}  // namespace

Result<EximWords> read_exim_value(std::string_view value) {
  if (!std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f && c != '"'; }))
    return bad("a byte that is not printable ASCII, or a quote");
  EximWords words;
  words.reserve(kWords.size());
  auto next_known = kWords.begin();
  while (!value.empty()) {
    const std::string_view word = value.substr(0, value.find(' '));
    value.remove_prefix(std::min(word.size() + 1, value.size()));
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return bad("a word without =");
    const std::string_view name = word.substr(0, equals);
    const auto known = std::find(next_known, kWords.end(), name);
    if (known == kWords.end()) return bad("an unknown, repeated or misplaced word");
    next_known = known + 1;
    if (auto good = check_word(name, word.substr(equals + 1)); !good)
      return std::unexpected(good.error());
    words.emplace_back(name, word.substr(equals + 1));
  }
  if (words.empty() || words.front().first != "level") return bad("no level");
  if ((words.front().second == "fingerprint") != has(words, "pin"))
    return bad("pin and level=fingerprint go together");
  if (has(words, "namechk") != has(words, "san")) return bad("namechk and san go together");
  return words;
}

}  // namespace tlspact
