// SPDX-License-Identifier: MIT
#include "generators/postfix/main_cf.h"

#include <algorithm>

#include "generators/postfix/postconf_text.h"

namespace tlspact {
namespace {

constexpr std::string_view kBlank = " \t\r";

/// A physical line of the text: [begin, end), its newline included.
struct Line {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view text;  ///< without newline
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t newline = text.find('\n', begin);
    const std::size_t end = newline == std::string_view::npos ? text.size() : newline + 1;
    const std::size_t length = (newline == std::string_view::npos ? text.size() : newline) - begin;
    out.push_back({begin, end, text.substr(begin, length)});
    begin = end;
  }
  return out;
}

/// Postfix passes over these wherever they stand, also between a line and its continuation.
bool is_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kBlank);
  return first == std::string_view::npos || line[first] == '#';
}

bool continues(std::string_view line) {
  return !line.empty() && kBlank.contains(line.front()) && !is_comment(line);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

/// The comment, and the empty line, that add() writes before a parameter.
void erase_comment_before(std::string& text, std::size_t at) {
  const std::vector<Line> lines = lines_of(std::string_view{text}.substr(0, at));
  if (lines.empty() || !lines.back().text.starts_with("# tlspact: ")) return;
  std::size_t from = lines.back().begin;
  if (lines.size() > 1 && trimmed(lines[lines.size() - 2].text).empty())
    from = lines[lines.size() - 2].begin;
  text.erase(from, at - from);
}

std::string joined(const std::vector<std::string>& elements) {
  std::string out;
  for (const std::string& each : elements)
    out += (out.empty() ? "" : ", ") + each;
  return out;
}

/// What stands in the list `longer` before or behind `shorter`; empty if that is not how it grew.
std::string added_part(const std::string& shorter, const std::string& longer) {
  const std::vector<std::string> old = split_postfix_list(shorter);
  std::vector<std::string> all = split_postfix_list(longer);
  const auto found = std::ranges::search(all, old);
  if (all.size() <= old.size() || (!old.empty() && found.empty())) return {};
  all.erase(found.begin(), found.end());
  return joined(all);
}

std::string list_without(const std::string& list, const std::string& part) {
  std::vector<std::string> all = split_postfix_list(list);
  const auto found = std::ranges::search(all, split_postfix_list(part));
  all.erase(found.begin(), found.end());
  return joined(all);
}

}  // namespace

std::optional<MainCf::Definition> MainCf::find(std::string_view name) const {
  std::optional<Definition> found;
  const std::vector<Line> lines = lines_of(text_);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = lines[i].text;
    if (is_comment(line) || continues(line)) continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || trimmed(line.substr(0, equals)) != name) continue;
    Definition definition{lines[i].begin, lines[i].begin + equals + 1, lines[i].end};
    for (std::size_t next = i + 1; next < lines.size(); ++next) {
      if (continues(lines[next].text)) {
        definition.end = lines[next].end;
      } else if (!is_comment(lines[next].text)) {
        break;
      }
    }
    found = definition;
  }
  return found;
}

std::string MainCf::value_of(const Definition& definition) const {
  std::string out;
  const std::string_view whole{text_};
  for (const Line& line :
       lines_of(whole.substr(definition.value, definition.end - definition.value))) {
    const std::string_view part = trimmed(line.text);
    if (part.empty() || (line.begin > 0 && is_comment(line.text))) continue;
    out += (out.empty() ? "" : " ") + std::string{part};
  }
  return out;
}

std::optional<std::string> MainCf::value(std::string_view name) const {
  const auto definition = find(name);
  if (!definition) return std::nullopt;
  return value_of(*definition);
}

std::string_view MainCf::newline() const {
  const std::size_t end = text_.find('\n');
  return end != std::string::npos && end > 0 && text_[end - 1] == '\r' ? "\r\n" : "\n";
}

bool MainCf::apply(const PostfixSetting& setting, const std::string& effective) {
  const auto definition = find(setting.name);
  const std::string now = definition ? value_of(*definition) : effective;
  const bool is_list =
      setting.how == PostfixSetting::How::append || setting.how == PostfixSetting::How::prepend;
  if (setting.how == PostfixSetting::How::if_empty && (!now.empty() || !effective.empty()))
    return false;
  if (now == setting.value) return false;
  // `effective` has what the file names by $parameters.
  if (is_list &&
      (postfix_list_holds(now, setting.value) || postfix_list_holds(effective, setting.value)))
    return false;
  if (!definition) {
    const bool first = setting.how == PostfixSetting::How::prepend;
    const bool whole = !is_list || now.empty();
    add(setting, whole   ? setting.value
                 : first ? setting.value + ", " + now
                         : now + ", " + setting.value);
  } else if (!is_list || now.empty()) {
    replace(*definition, setting.value);
  } else if (setting.how == PostfixSetting::How::append) {
    append_to(*definition, setting.value);
  } else {
    prepend_to(*definition, setting.value);
  }
  return true;
}

void MainCf::add(const PostfixSetting& setting, const std::string& value) {
  const std::string eol{newline()};
  if (!text_.empty() && !text_.ends_with('\n')) text_ += eol;
  text_ += eol + "# tlspact: " + setting.why + eol + setting.name + " = " + value + eol;
}

void MainCf::replace(const Definition& definition, const std::string& value) {
  const std::string_view whole{text_};
  std::string out;
  for (const Line& line :
       lines_of(whole.substr(definition.value, definition.end - definition.value))) {
    const bool ends = line.text.size() < line.end - line.begin;
    const std::string_view eol = !ends ? "" : line.text.ends_with('\r') ? "\r\n" : "\n";
    if (line.begin == 0) {
      out += " " + value + std::string{eol};
    } else if (is_comment(line.text)) {
      out += std::string{line.text} + (ends ? "\n" : "");
    }
  }
  text_.replace(definition.value, definition.end - definition.value, out);
}

void MainCf::append_to(const Definition& definition, const std::string& value) {
  const std::size_t last = text_.find_last_not_of(" \t\r\n,", definition.end - 1);
  text_.insert(last + 1, ", " + value);
}

void MainCf::prepend_to(const Definition& definition, const std::string& value) {
  const std::size_t first = text_.find_first_not_of(" \t", definition.value);
  const bool on_first_line = text_[first] != '\r' && text_[first] != '\n';
  text_.insert(on_first_line ? first : definition.value,
               (on_first_line ? "" : " ") + value + (on_first_line ? ", " : ","));
}

std::vector<std::string> MainCf::names() const {
  std::vector<std::string> out;
  for (const Line& line : lines_of(text_)) {
    const std::size_t equals = line.text.find('=');
    if (is_comment(line.text) || continues(line.text) || equals == std::string_view::npos) continue;
    const std::string name{trimmed(line.text.substr(0, equals))};
    if (std::ranges::find(out, name) == out.end()) out.push_back(name);
  }
  return out;
}

void MainCf::take_back(const MainCf& original, const MainCf& written) {
  for (const std::string& name : written.names()) {
    const auto value = written.value(name);
    if (value && value != original.value(name)) take_back_one(name, original, *value);
  }
}

void MainCf::take_back_one(const std::string& name, const MainCf& original,
                           const std::string& written) {
  const auto here = find(name);
  if (!here) return;
  const auto there = original.find(name);
  const std::string now = value_of(*here);
  const std::string added = added_part(original.value(name).value_or(""), written);
  if (now == written && there) {
    text_.replace(here->begin, here->end - here->begin,
                  original.text_.substr(there->begin, there->end - there->begin));
    return;
  }
  const bool holds = !added.empty() && postfix_list_holds(now, added);
  const std::string rest = holds ? list_without(now, added) : now;
  if (!there && (now == written || rest.empty())) {
    text_.erase(here->begin, here->end - here->begin);
    erase_comment_before(text_, here->begin);
  } else if (holds) {
    replace(*here, rest);
  }
}

bool postfix_list_holds(std::string_view list, std::string_view part) {
  const std::vector<std::string> all = split_postfix_list(list);
  const std::vector<std::string> wanted = split_postfix_list(part);
  return !wanted.empty() && !std::ranges::search(all, wanted).empty();
}

}  // namespace tlspact
