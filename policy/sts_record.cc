// SPDX-License-Identifier: MIT
#include "policy/sts_record.h"

#include <algorithm>

#include "policy/domain.h"
#include "policy/sts_words.h"

namespace tlspact {
namespace {

using sts::is_alnum;
using sts::trim_wsp_left;
using sts::trim_wsp_right;

// Case-sensitive by "%s" (RFC 7405), as "id=" is (RFC 8461 section 3.1).
constexpr std::string_view kVersion = "v=STSv1";

/// Whether it begins with sts-version and sts-field-delim. The prose says "v=STSv1;", the grammar
/// lets white space stand before the semicolon; "v=STSv10" is neither.
bool begins_as_sts(std::string_view text) {
  if (!text.starts_with(kVersion)) return false;
  text.remove_prefix(kVersion.size());
  return trim_wsp_left(text).starts_with(';');
}

/// sts-ext-value: printable, but no "=", ";" or space.
bool is_value(std::string_view value) {
  return !value.empty() && std::ranges::all_of(value, [](char c) {
    return c > 0x20 && c < 0x7F && c != '=' && c != ';';
  });
}

bool is_id(std::string_view value) {
  constexpr std::size_t kMaxId = 32;
  return !value.empty() && value.size() <= kMaxId && std::ranges::all_of(value, is_alnum);
}

StsRecordFinding invalid(std::string reason) {
  return {StsRecordOutcome::invalid, {}, std::move(reason)};
}

/// Goes through the fields behind the version. The first "id" counts: section 3.2 says so of a
/// policy's fields, section 3.1 nothing of a record's, and nobody can mean both.
StsRecordFinding read_fields(std::string_view rest) {
  std::optional<std::string_view> id;
  bool any = false;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    // Behind the last field the grammar has no white space without a semicolon; it harms nobody.
    const std::string_view field = trim_wsp_right(trim_wsp_left(rest.substr(0, end)));
    const bool last = end == rest.size();
    rest.remove_prefix(last ? end : end + 1);
    if (field.empty()) {
      if (last && any) break;  // the semicolon behind the last field
      return invalid("nothing stands between two semicolons");
    }
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return invalid(quote(field) + " has no \"=\"");
    const std::string_view name = field.substr(0, equals);
    const std::string_view value = field.substr(equals + 1);
    if (!sts::is_field_name(name)) return invalid(quote(name) + " is no name of a field");
    if (!is_value(value)) return invalid(quote(value) + " is no value of a field");
    any = true;
    if (name == "id" && !id) id = value;
  }
  if (!id) return invalid("it has no id");
  if (!is_id(*id)) return invalid("the id " + quote(*id) + " is not 1 to 32 letters and digits");
  return {StsRecordOutcome::valid, {std::string{*id}}, {}};
}

}  // namespace

std::optional<std::string> join_character_strings(std::string_view rdata) {
  if (rdata.empty()) return std::nullopt;
  std::string out;
  while (!rdata.empty()) {
    const std::size_t length = static_cast<unsigned char>(rdata.front());
    if (rdata.size() - 1 < length) return std::nullopt;
    out += rdata.substr(1, length);
    rdata.remove_prefix(1 + length);
  }
  return out;
}

StsRecordFinding parse_sts_record(std::string_view text) {
  if (!begins_as_sts(text)) return {};
  text.remove_prefix(kVersion.size());
  text = trim_wsp_left(text);
  text.remove_prefix(1);  // the semicolon
  return read_fields(text);
}

StsRecordFinding find_sts_record(std::span<const std::string> rdata) {
  std::optional<std::string> only;
  for (const std::string& each : rdata) {
    auto text = join_character_strings(each);
    // RFC 8461 section 3.1: those that do not begin with "v=STSv1;" are discarded.
    if (!text || !begins_as_sts(*text)) continue;
    if (only) return {StsRecordOutcome::several, {}, "there is more than one record"};
    only = std::move(text);
  }
  return only ? parse_sts_record(*only) : StsRecordFinding{};
}

}  // namespace tlspact
