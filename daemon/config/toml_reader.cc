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

/// The index behind the string that begins at `at`: single-line or multi-line, basic or literal.
/// One that does not end stops at the line's or the text's end; the parser refuses it.
std::size_t behind_string(std::string_view text, std::size_t at) {
  const char quote_mark = text[at];
  const bool multi_line = text.substr(at, 3) == std::string(3, quote_mark);
  const std::size_t width = multi_line ? 3 : 1;
  for (at += width; at < text.size(); ++at) {
    if (text.substr(at, width) == std::string(width, quote_mark)) {
      at += width;
      // The content of a multi-line string may itself end in one or two quote marks.
      for (int more = 0; multi_line && more < 2 && text.substr(at, 1) == std::string(1, quote_mark);
           ++more)
        ++at;
      return at;
    }
    if (text[at] == '\n' && !multi_line) return at;
    if (text[at] == '\\' && quote_mark == '"') ++at;
  }
  return text.size();
}

/// toml++ builds and destroys a dotted key by recursion, one frame a part, and has no limit for it.
/// The index of a key of more parts than anybody writes; nullopt: there is none.
std::optional<std::size_t> find_deep_key(std::string_view text) {
  constexpr unsigned kMaxParts = 32;
  unsigned dots = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = behind_string(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '.' && ++dots == kMaxParts) return at;
    if (std::string_view{"\n=,{}[]"}.contains(c)) dots = 0;
    ++at;
  }
  return std::nullopt;
}

}  // namespace

Result<TomlDocument> TomlDocument::parse(std::string_view text, const std::string& file,
                                         Errc code) {
  if (const auto deep = find_deep_key(text)) {
    const auto line = 1 + std::ranges::count(text.substr(0, *deep), '\n');
    return fail(code, locate(file, {static_cast<toml::source_index>(line), 1}) +
                          ": a key of more than 32 parts");
  }
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

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
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
