// SPDX-License-Identifier: MIT
// The text form of a DaneMemory:
//
//   dane 1
//   full full@1761955200 1761955200 0 1761955200 1761958800
//   host mx1.acme.example usable secure 1761955200
//   reason mx2.acme.example: no answer in time
//
// A host line ends in " alias" where the TLSA records are at the name of an alias.
//
// The second line: state, last good state and when, when TLSA was seen, failures, when it was
// looked, when to look again. "-" for what there is not. No reason line for an empty reason.
#include <algorithm>
#include <array>
#include <charconv>

#include "policy/dane_memory.h"

namespace tlspact {
namespace {

constexpr std::string_view kVersion = "dane 1\n";
constexpr std::string_view kAtAlias = " alias";
constexpr std::array<std::string_view, 3> kHostDane{"usable", "unusable", "none"};
constexpr std::array<DaneState, 4> kStates{DaneState::full, DaneState::some, DaneState::unknown,
                                           DaneState::none};
constexpr std::int64_t kLastSecond = 253402300799;  // of the year 9999
constexpr std::int64_t kMaxFailures = 16;
constexpr std::size_t kMaxReason = 200;

std::string number(Time time) {
  return std::to_string(time.time_since_epoch().count());
}

/// Up to `end`, which is taken off too; nullopt without it.
std::optional<std::string_view> take(std::string_view& rest, char end) {
  const std::size_t at = rest.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return taken;
}

std::optional<std::int64_t> read_number(std::string_view text, std::int64_t last) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > last)
    return std::nullopt;
  return value;
}

std::optional<Time> read_time(std::string_view text) {
  const auto seconds = read_number(text, kLastSecond);
  return seconds ? std::optional{Time{Seconds{*seconds}}} : std::nullopt;
}

std::optional<DaneState> read_state(std::string_view text) {
  const auto* const found = std::ranges::find(kStates, text, dane_state_name);
  return found == kStates.end() ? std::nullopt : std::optional{*found};
}

bool read_last_good(std::string_view text, DaneMemory& out) {
  if (text == "-") return true;
  const auto name = take(text, '@');
  out.last_good = name ? read_state(*name) : std::nullopt;
  const auto at = read_time(text);
  if (!out.last_good || *out.last_good == DaneState::unknown || !at) return false;
  out.last_good_at = *at;
  return true;
}

bool read_summary(std::string_view line, DaneMemory& out) {
  std::array<std::string_view, 6> words;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto word = take(line, ' ');
    if (!word) return false;
    words.at(i) = *word;
  }
  words.back() = line;
  const auto state = read_state(words[0]);
  const auto failures = read_number(words[3], kMaxFailures);
  const auto looked_at = read_time(words[4]);
  const auto look_again_at = read_time(words[5]);
  if (!state || !failures || !looked_at || !look_again_at) return false;
  out.state = *state;
  out.failures = static_cast<unsigned>(*failures);
  out.looked_at = *looked_at;
  out.look_again_at = *look_again_at;
  out.tlsa_seen_at = read_time(words[2]);
  return (out.tlsa_seen_at || words[2] == "-") && read_last_good(words[1], out);
}

std::optional<HostMemory> read_host(std::string_view line) {
  const bool at_alias = line.ends_with(kAtAlias);
  if (at_alias) line.remove_suffix(kAtAlias.size());
  const auto host = take(line, ' ');
  const auto dane = take(line, ' ');
  const auto security = take(line, ' ');
  const auto at = read_time(line);
  if (!host || !dane || !security || !at || !Domain::is_normal_form(*host)) return std::nullopt;
  const auto* const found = std::ranges::find(kHostDane, *dane);
  if (found == kHostDane.end()) return std::nullopt;
  return HostMemory{std::string{*host}, static_cast<HostDane>(found - kHostDane.begin()),
                    *security == "secure", *at, at_alias};
}

bool read_line(std::string_view line, DaneMemory& out) {
  constexpr std::string_view kHost = "host ";
  constexpr std::string_view kReason = "reason ";
  if (line.starts_with(kHost)) {
    auto host = read_host(line.substr(kHost.size()));
    if (!host || out.hosts.size() == kMaxMxHosts) return false;
    out.hosts.push_back(*std::move(host));
    return true;
  }
  if (!line.starts_with(kReason)) return false;
  out.reason = line.substr(kReason.size());
  return out.reason.size() <= kMaxReason &&
         std::ranges::all_of(out.reason, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::string encode_dane_memory(const DaneMemory& memory) {
  std::string out{kVersion};
  out += dane_state_name(memory.state);
  out += ' ';
  out += memory.last_good
             ? std::string{dane_state_name(*memory.last_good)} + '@' + number(memory.last_good_at)
             : "-";
  out += ' ' + (memory.tlsa_seen_at ? number(*memory.tlsa_seen_at) : "-") + ' ' +
         std::to_string(memory.failures) + ' ' + number(memory.looked_at) + ' ' +
         number(memory.look_again_at) + '\n';
  for (const HostMemory& each : memory.hosts) {
    out += "host " + each.host + ' ';
    out += kHostDane.at(static_cast<std::size_t>(each.dane));
    out += each.addresses_secure ? " secure " : " insecure ";
    out += number(each.at);
    if (each.tlsa_at_alias) out += kAtAlias;
    out += '\n';
  }
  if (!memory.reason.empty()) out += "reason " + memory.reason + '\n';
  return out;
}

std::optional<DaneMemory> decode_dane_memory(std::string_view text) {
  if (!text.starts_with(kVersion)) return std::nullopt;
  std::string_view rest = text.substr(kVersion.size());
  DaneMemory out;
  const auto summary = take(rest, '\n');
  if (!summary || !read_summary(*summary, out)) return std::nullopt;
  while (!rest.empty()) {
    const auto line = take(rest, '\n');
    if (!line || !read_line(*line, out)) return std::nullopt;
  }
  // Leading zeros, lines in another order, a word in place of "insecure": nobody of ours wrote it.
  if (encode_dane_memory(out) != text) return std::nullopt;
  return out;
}

}  // namespace tlspact
