// SPDX-License-Identifier: MIT
#include "daemon/control/drill/mta_word.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>
#include <utility>

namespace tlspact {
namespace {

using Fate = MtaWord::Fate;

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

void each_line(std::string_view text, const std::function<void(std::string_view)>& take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// What stands between two texts; nullopt: one of them is not there.
std::optional<std::string_view> between(std::string_view line, std::string_view begin,
                                        std::string_view end) {
  const std::size_t from = line.find(begin);
  if (from == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(from + begin.size());
  const std::size_t to = rest.find(end);
  if (to == std::string_view::npos) return std::nullopt;
  return rest.substr(0, to);
}

Fate postfix_fate(std::string_view status) {
  if (status == "sent") return Fate::sent;
  return status == "deferred" ? Fate::deferred : Fate::bounced;
}

void take_postfix_line(std::string_view line, MtaWords& out) {
  const auto recipient = between(line, ": to=<", ">, ");
  const auto status = between(line, ", status=", " (");
  if (!recipient || !status) return;
  std::string_view reason = line.substr(line.find(", status=") + 9 + status->size() + 2);
  if (reason.ends_with(')')) reason.remove_suffix(1);
  out[lower(*recipient)] = {postfix_fate(*status), std::string{reason}};
}

/// "… 1uXyZa-000000001Ab-2Cd3", also of older versions: what stands behind it is Exim's own word,
/// and not a server's or a sender's.
bool ends_with_identifier(std::string_view text) {
  const std::string_view word = text.substr(std::min(text.rfind(' ') + 1, text.size()));
  const auto letter = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; };
  return std::ranges::count(word, '-') == 2 && std::ranges::all_of(word, letter);
}

void take_exim_line(std::string_view line, MtaWords& out) {
  constexpr std::pair<std::string_view, Fate> kMarks[] = {{" => ", Fate::sent},
                                                          {" -> ", Fate::sent},
                                                          {" == ", Fate::deferred},
                                                          {" ** ", Fate::bounced}};
  for (const auto& [mark, fate] : kMarks) {
    const std::size_t at = line.find(mark);
    if (at == std::string_view::npos || !ends_with_identifier(line.substr(0, at))) continue;
    const std::string_view rest = line.substr(at + mark.size());
    const std::string_view recipient = rest.substr(0, rest.find_first_of(" :"));
    if (!recipient.contains('@')) return;
    std::string_view reason = rest.substr(recipient.size());
    reason.remove_prefix(std::min(reason.find_first_not_of(" :"), reason.size()));
    out[lower(recipient)] = {fate, std::string{reason}};
    return;
  }
}

}  // namespace

MtaWords postfix_words(std::string_view log) {
  MtaWords out;
  each_line(log, [&](std::string_view line) { take_postfix_line(line, out); });
  return out;
}

MtaWords exim_words(std::string_view log) {
  MtaWords out;
  each_line(log, [&](std::string_view line) { take_exim_line(line, out); });
  return out;
}

}  // namespace tlspact
