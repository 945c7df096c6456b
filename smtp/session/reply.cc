// SPDX-License-Identifier: MIT
#include "smtp/session/reply.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tlspact {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

/// 0: it is none.
int reply_code(std::string_view line) {
  if (line.size() < 3 || !std::ranges::all_of(line.substr(0, 3), is_digit)) return 0;
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  return code >= 200 && code <= 599 ? code : 0;
}

/// The length of up to three digits at `from`; 0: none.
std::size_t digits(std::string_view text, std::size_t from) {
  std::size_t length = 0;
  while (length < 3 && from + length < text.size() && is_digit(text[from + length]))
    ++length;
  return length;
}

}  // namespace

std::string Reply::enhanced() const {
  if (lines.empty()) return {};
  const std::string& line = lines.front();
  if (line.size() < 5 || line[0] != static_cast<char>('0' + code / 100) || line[1] != '.')
    return {};
  const std::size_t subject = digits(line, 2);
  if (subject == 0 || 2 + subject >= line.size() || line[2 + subject] != '.') return {};
  const std::size_t detail = digits(line, 3 + subject);
  const std::size_t end = 3 + subject + detail;
  if (detail == 0 || (end < line.size() && line[end] != ' ')) return {};
  return line.substr(0, end);
}

std::string Reply::text() const {
  std::string all = std::to_string(code);
  for (const std::string& line : lines) {
    if (!line.empty()) all += " " + line;
    if (all.size() > 400) break;
  }
  return printable(all);
}

bool sounds_like_policy_block(const Reply& reply) {
  static constexpr std::array<std::string_view, 17> kWords{"block",
                                                           "blacklist",
                                                           "denylist",
                                                           "dnsbl",
                                                           "rbl",
                                                           "spamhaus",
                                                           "greylist",
                                                           "graylist",
                                                           "rate limit",
                                                           "too many",
                                                           "throttl",
                                                           "reputation",
                                                           "try again l",
                                                           "listed",
                                                           "connection limit",
                                                           "policy restriction",
                                                           "not yet authorized"};
  for (const std::string& line : reply.lines) {
    const std::string words = lower(line);
    if (std::ranges::any_of(kWords, [&](std::string_view word) { return words.contains(word); }))
      return true;
  }
  return false;
}

std::string printable(std::string_view text, std::size_t limit) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte < 0x7f;
    if (result.size() + (plain ? 1 : 4) > limit) {
      result.resize(std::min(result.size(), limit - 3));
      return result + "...";
    }
    if (plain) {
      result += c;
    } else {
      result += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
    }
  }
  return result;
}

Result<std::optional<Reply>> ReplyReader::take(std::string_view line) {
  const int code = reply_code(line);
  const char next = line.size() > 3 ? line[3] : ' ';
  if (code == 0 || (next != ' ' && next != '-'))
    return fail(Errc::unavailable, "not an SMTP reply: \"" + printable(line, 80) + "\"");
  if (line.contains('\0')) return fail(Errc::unavailable, "a NUL in an SMTP reply");
  if (reply_.code != 0 && reply_.code != code)
    return fail(Errc::unavailable, "a reply that begins with " + std::to_string(reply_.code) +
                                       " goes on with " + std::to_string(code));
  if (reply_.lines.size() >= kMaxReplyLines)
    return fail(Errc::unavailable, "a reply of more than 512 lines");
  reply_.code = code;
  reply_.lines.emplace_back(line.size() > 4 ? line.substr(4) : "");
  if (next == '-') return std::optional<Reply>{};
  return std::optional<Reply>{std::move(reply_)};
}

}  // namespace tlspact
