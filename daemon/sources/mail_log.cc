// SPDX-License-Identifier: MIT
#include "daemon/sources/mail_log.h"

#include <algorithm>
#include <array>

namespace tlspact {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The part of an address behind its last @, without brackets that Postfix and Exim put around it.
std::optional<std::string> domain_of(std::string_view address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos || at + 1 == address.size()) return std::nullopt;
  std::string domain{address.substr(at + 1)};
  std::ranges::transform(domain, domain.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return domain;
}

/// "…smtp[123]:" — the delivery agent, whatever the instance (syslog_name) is called; smtpd and
/// lmtp are others.
std::size_t behind_postfix_agent(std::string_view line) {
  constexpr std::string_view kAgent = "/smtp[";
  const std::size_t agent = line.find(kAgent);
  if (agent == std::string_view::npos) return agent;
  std::size_t end = agent + kAgent.size();
  while (end < line.size() && is_digit(line[end]))
    ++end;
  constexpr std::string_view kEnd = "]: ";
  return line.substr(end).starts_with(kEnd) ? end + kEnd.size() : std::string_view::npos;
}

std::optional<std::string> postfix_domain(std::string_view line) {
  const std::size_t message = behind_postfix_agent(line);
  if (message == std::string_view::npos) return std::nullopt;
  const std::string_view text = line.substr(message);
  // "4F1b2c3D: to=<user@example.com>, relay=…": only in that place, for the remote server's words
  // follow behind.
  constexpr std::string_view kTo = ": to=<";
  const std::size_t to = text.find(kTo);
  if (to == std::string_view::npos || text.substr(0, to).contains(' ')) return std::nullopt;
  const std::string_view rest = text.substr(to + kTo.size());
  const std::size_t end = rest.find(">, ");
  return end == std::string_view::npos ? std::nullopt : domain_of(rest.substr(0, end));
}

/// The next word, and what follows it.
std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

/// "1abcDE-0001Fg-2H", or the longer form of Exim 4.97 and later.
bool is_exim_id(std::string_view word) {
  return (word.size() == 16 || word.size() == 23) &&
         std::ranges::all_of(word,
                             [](char c) {
                               return is_digit(c) || (c >= 'a' && c <= 'z') ||
                                      (c >= 'A' && c <= 'Z') || c == '-';
                             }) &&
         std::ranges::count(word, '-') == 2;
}

/// Among the fields of a delivery line, before anything that the remote server said: it went, or
/// should have gone, by SMTP to another host.
bool is_remote(std::string_view fields) {
  while (!fields.empty()) {
    const std::string_view word = take_word(fields);
    if (word.starts_with("H=")) return true;
    if (word.starts_with("T=")) return word.contains("smtp");
    if (word.starts_with("C=") || word.ends_with(':')) return false;
  }
  return false;
}

std::optional<std::string> exim_domain(std::string_view line) {
  constexpr std::array<std::string_view, 4> kMarks{"=>", "->", "==", "**"};
  constexpr int kWordsBefore = 5;  // date, time, zone, process id, message id
  std::string_view rest = line;
  bool has_id = false;
  for (int i = 0; i <= kWordsBefore; ++i) {
    const std::string_view word = take_word(rest);
    if (has_id) {
      if (std::ranges::find(kMarks, word) == kMarks.end()) return std::nullopt;
      std::string_view recipient = take_word(rest);
      if (recipient.ends_with(':')) recipient.remove_suffix(1);  // "** user@example.com: reason"
      return is_remote(rest) ? domain_of(recipient) : std::nullopt;
    }
    has_id = is_exim_id(word);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> recipient_domain(std::string_view line) {
  if (auto domain = postfix_domain(line)) return domain;
  return exim_domain(line);
}

}  // namespace tlspact
