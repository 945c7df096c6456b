// SPDX-License-Identifier: MIT
#include "generators/postfix/postfix_grammar.h"

#include <algorithm>
#include <array>
#include <optional>

#include "policy/mx_pattern.h"
#include "policy/policy_key.h"

namespace tlspact {
namespace {

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::bad_input, "Postfix would refuse it: " + std::string{what});
}

/// CHARS_COMMA_SP
bool is_separator(char c) {
  return c == ' ' || c == ',' || c == '\t' || c == '\r' || c == '\n';
}
constexpr PostfixVersion kBraces{3, 10, 0};

/// From 3.10 Postfix counts braces in every word and nests them, without any way to quote one: a
/// lone "{" swallows all the words behind it. tlspact writes none but those around an attribute.
bool has_brace(std::string_view text) {
  return text.find_first_of("{}") != std::string_view::npos;
}

/// The words of `text` between separators; "{ … }" is one word from 3.10.
Result<std::vector<std::string_view>> split_words(std::string_view text, PostfixVersion version) {
  std::vector<std::string_view> words;
  words.reserve(8);
  for (auto at = text.begin();;) {
    at = std::find_if_not(at, text.end(), is_separator);
    if (at == text.end()) return words;
    auto end = std::find_if(at, text.end(), is_separator);
    if (*at == '{' && version >= kBraces) {
      end = std::find(at, text.end(), '}');
      if (end == text.end()) return bad("a brace is not closed");
      if (has_brace({at + 1, end})) return bad("a brace within braces");
      ++end;
      if (end != text.end() && !is_separator(*end)) return bad("text behind a brace");
    } else if (version >= kBraces && has_brace({at, end})) {
      return bad("a brace within a word");
    }
    words.emplace_back(at, end);
    at = end;
  }
}

std::string_view trim(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

using Attribute = std::pair<std::string_view, std::string_view>;

Result<Attribute> split_attribute(std::string_view word) {
  const bool braced = word.front() == '{' && word.ends_with('}');
  if (braced) word = trim(word.substr(1, word.size() - 2));
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return bad("missing '=' after attribute name");
  std::string_view name = word.substr(0, equals);
  std::string_view value = word.substr(equals + 1);
  if (braced) {
    name = trim(name);
    value = trim(value);
  }
  if (name.empty()) return bad("an attribute without a name");
  if (value.empty()) return bad("attribute \"" + std::string{name} + "\" has an empty value");
  return Attribute{name, value};
}

/// Calls `each` on the parts of `list` between `separator`; false as soon as one is refused.
template <class Check>
bool all_parts(std::string_view list, char separator, Check each) {
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t end = std::min(list.find(separator, from), list.size());
    if (!each(list.substr(from, end - from))) return false;
    from = end + 1;
  }
  return true;
}

/// Names as match= of secure takes them: literal, or ".suffix".
bool is_match_name(std::string_view name) {
  return Domain::is_normal_form(name.starts_with('.') ? name.substr(1) : name);
}

/// Upper-case hex pairs with colons, as many as SHA-256 has.
bool is_match_digest(std::string_view digest) {
  constexpr std::size_t kLength = 32 * 3 - 1;
  if (digest.size() != kLength) return false;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char c = digest[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
    if (i % 3 == 2 ? c != ':' : !hex) return false;
  }
  return true;
}

bool is_protocol(std::string_view name) {
  constexpr std::array kNames{"SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};
  return std::ranges::find(kNames, name) != kNames.end();
}

bool is_protocols(std::string_view list, PostfixVersion version) {
  constexpr PostfixVersion kRanges{3, 6, 0};
  return all_parts(list, ':', [&](std::string_view part) {
    if (part.starts_with(">=")) return version >= kRanges && is_protocol(part.substr(2));
    return is_protocol(part.starts_with('!') ? part.substr(1) : part);
  });
}

bool is_absolute_path(std::string_view path) {
  return path.starts_with('/');
}

/// Which attributes there are, since when, where, how often, and what they take.
struct Rule {
  std::string_view name;
  PostfixVersion since;
  bool repeatable;
  bool (*allowed_at)(Level level);
  bool (*accepts)(std::string_view value, Level level, PostfixVersion version);
};

bool with_tls(Level level) {
  return level != Level::none;
}
bool at_secure(Level level) {
  return level == Level::secure;
}
bool with_match(Level level) {
  return level == Level::secure || level == Level::fingerprint;
}

constexpr std::array kRules{
    Rule{"match",
         {2, 3, 0},
         true,
         with_match,
         [](std::string_view value, Level level, PostfixVersion) {
           return level == Level::fingerprint ? all_parts(value, '|', is_match_digest)
                                              : all_parts(value, ':', is_match_name);
         }},
    Rule{"servername",
         {3, 4, 0},
         false,
         with_tls,
         [](std::string_view value, Level, PostfixVersion) { return value == "hostname"; }},
    Rule{"protocols",
         {2, 3, 0},
         false,
         with_tls,
         [](std::string_view value, Level, PostfixVersion version) {
           return is_protocols(value, version);
         }},
    // Postfix finds a wrong grade only at the handshake.
    Rule{"ciphers",
         {2, 3, 0},
         false,
         with_tls,
         [](std::string_view value, Level, PostfixVersion) {
           return parse_cipher_grade(value).has_value();
         }},
    Rule{"tafile",
         {2, 11, 0},
         false,
         at_secure,
         [](std::string_view value, Level, PostfixVersion) { return is_absolute_path(value); }},
    Rule{"policy_type", kBraces, false, at_secure,
         [](std::string_view value, Level, PostfixVersion) { return value == "sts"; }},
    Rule{"policy_domain", kBraces, false, at_secure,
         [](std::string_view value, Level, PostfixVersion) {
           return Domain::parse(value).has_value();
         }},
    Rule{"mx_host_pattern", kBraces, true, at_secure,
         [](std::string_view value, Level, PostfixVersion) {
           return !value.starts_with('.') && MxPattern::parse(value).has_value();
         }},
    Rule{"policy_string", kBraces, true, at_secure,
         [](std::string_view, Level, PostfixVersion) { return true; }},
};

Result<void> check_attribute(const Attribute& attribute, Level level, PostfixVersion version,
                             bool repeated) {
  const auto& [name, value] = attribute;
  const auto rule = std::ranges::find(kRules, name, &Rule::name);
  if (rule == kRules.end() || version < rule->since)
    return bad("invalid attribute name: " + quote(name));
  if (repeated && !rule->repeatable)
    return bad("attribute " + quote(name) + " is specified multiple times");
  if (!rule->allowed_at(level))
    return bad("attribute " + quote(name) + " invalid at security level \"" +
               std::string{level_name(level)} + "\"");
  if (!rule->accepts(value, level, version))
    return bad("attribute " + quote(name) + " has an unexpected value: " + quote(value));
  return {};
}

bool has(const std::vector<Attribute>& attributes, std::string_view name) {
  return std::ranges::find(attributes, name, &Attribute::first) != attributes.end();
}

/// What one attribute asks of the others.
Result<void> check_together(const PostfixPolicyLine& line) {
  // Without match=, Postfix checks the next-hop's name, or defers (fingerprint).
  if (with_match(line.level) && !has(line.attributes, "match")) return bad("no match attribute");
  // 3.10.0 to 3.10.5 with TLSRPT can crash without either of the two.
  const bool group = has(line.attributes, "policy_type");
  for (const char* name : {"policy_domain", "mx_host_pattern", "policy_string"}) {
    if (has(line.attributes, name) != group) return bad("the policy_type group is not whole");
  }
  return {};
}

}  // namespace

Result<PostfixPolicyLine> read_postfix_value(std::string_view value, PostfixVersion version) {
  if (value.size() > kMaxPostfixValue) return bad("the value is too long");
  if (!std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; }))
    return bad("a byte that is not printable ASCII");
  const auto words = split_words(value, version);
  if (!words) return std::unexpected(words.error());
  if (words->empty()) return bad("empty string result");
  const auto level = parse_level(words->front());
  if (!level) return bad("invalid security level " + quote(words->front()));
  PostfixPolicyLine line{.level = *level, .attributes = {}};
  line.attributes.reserve(words->size());
  for (std::size_t i = 1; i < words->size(); ++i) {
    const auto attribute = split_attribute((*words)[i]);
    if (!attribute) return std::unexpected(attribute.error());
    const bool repeated = has(line.attributes, attribute->first);
    if (auto good = check_attribute(*attribute, *level, version, repeated); !good)
      return std::unexpected(good.error());
    line.attributes.push_back(*attribute);
  }
  if (auto good = check_together(line); !good) return std::unexpected(good.error());
  return line;
}

Result<void> check_postfix_key(std::string_view key) {
  if (Domain::is_normal_form(key)) return {};
  const auto parsed = PolicyKey::parse(key);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->text() != key) return bad("the key is not in its normal form: " + quote(key));
  return {};
}

}  // namespace tlspact
