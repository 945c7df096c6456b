// SPDX-License-Identifier: MIT
#include "daemon/config/toml_reader.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace tlspact {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string locate(const std::string& file, const toml::source_position& position) {
  return FilePosition{file, position.line, position.column}.text();
}

}  // namespace

Result<TomlDocument> TomlDocument::parse(std::string_view text, const std::string& file,
                                         Errc code) {
  try {
    return TomlDocument{toml::parse(text, std::string_view{file}), file, code};
  } catch (const toml::parse_error& error) {
    // The description may quote the file's bytes.
    std::string description;
    for (const char c : error.description())
      description += c >= 0x20 && c < 0x7f ? c : '?';
    return fail(code, locate(file, error.source().begin) + ": not TOML: " + description);
  }
}

FilePosition TomlDocument::position(const toml::node& node) const {
  const toml::source_position begin = node.source().begin;
  return {file_, begin.line, begin.column};
}

std::unexpected<Error> TomlDocument::fault(const toml::node& node, std::string_view text) const {
  return fail(code_, position(node).text() + ": " + std::string{text});
}

Result<void> TomlDocument::only(const toml::table& table,
                                const std::vector<std::string_view>& known) const {
  for (const auto& [key, node] : table) {
    if (std::ranges::find(known, key.str()) != known.end()) continue;
    const std::string_view guess = nearest(key.str(), known);
    std::string text = "unknown key " + quote(key.str());
    if (!guess.empty()) text += ", did you mean \"" + std::string{guess} + "\"?";
    return fail(code_, locate(file_, key.source().begin) + ": " + text);
  }
  return {};
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view each : known) {
    const std::size_t distance = edit_distance(word.substr(0, 64), each);
    if (distance < best_distance) {
      best_distance = distance;
      best = each;
    }
  }
  return best;
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  long count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  constexpr long kMaxSeconds = 100L * 366 * 86400;
  if (error != std::errc{} || count < 0 || count > kMaxSeconds || unit.size() != 1)
    return std::nullopt;
  constexpr std::pair<char, long> kUnits[] = {
      {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
  for (const auto& [name, seconds] : kUnits) {
    if (unit.front() == name && count <= kMaxSeconds / seconds)
      return std::chrono::seconds{count * seconds};
  }
  return std::nullopt;
}

}  // namespace tlspact
