// SPDX-License-Identifier: MIT
#include "smtp/session/message.h"

#include <algorithm>

#include "policy/utf8.h"

namespace tlspact {
namespace {

bool is_eight_bit(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 127; });
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

/// Counts fields of the header. The field must stand exactly once (RFC 8689 section 5).
class HeaderReader {
 public:
  void take(std::string_view line, MessageFacts& facts) {
    if (done_) return;
    if (line.empty()) {
      done_ = true;
      return;
    }
    if (is_eight_bit(line)) facts.utf8_header = true;
    const std::size_t colon = std::min(line.find(':'), line.size());
    if (lower(line.substr(0, colon)) != "tls-required") return;
    ++fields_;
    const std::string value = lower(trimmed(line.substr(std::min(colon + 1, line.size()))));
    facts.tls_required_no = fields_ == 1 && value == "no";
  }
  [[nodiscard]] bool done() const { return done_; }

 private:
  bool done_ = false;
  int fields_ = 0;
};

std::string why_unfit(std::string_view line, bool in_header) {
  if (line.contains('\r')) return "a CR that does not end a line";
  if (line.contains('\0')) return "a NUL";
  if (in_header && valid_utf8(line) != line) return "bytes in the header that are not UTF-8";
  return {};
}

}  // namespace

Result<Message> Message::parse(std::string_view bytes) {
  if (bytes.empty()) return fail(Errc::bad_input, "the message is empty");
  Message message;
  message.text_.reserve(bytes.size() + bytes.size() / 32 + 2);
  HeaderReader header;
  std::size_t number = 0;
  for (std::size_t from = 0; from < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', from), bytes.size());
    std::string_view line = bytes.substr(from, end - from);
    if (end < bytes.size() && line.ends_with('\r')) line.remove_suffix(1);
    from = end + 1;
    ++number;
    if (const std::string why = why_unfit(line, !header.done()); !why.empty())
      return fail(Errc::bad_input, "line " + std::to_string(number) + " of the message: " + why +
                                       " cannot be sent by SMTP");
    header.take(line, message.facts_);
    message.facts_.longest_line = std::max<std::uint64_t>(message.facts_.longest_line, line.size());
    message.text_ += line;
    message.text_ += "\r\n";
  }
  message.facts_.size = message.text_.size();
  message.facts_.eight_bit = is_eight_bit(message.text_);
  return message;
}

std::string Message::stuffed() const {
  std::string result;
  result.reserve(text_.size() + text_.size() / 64 + 8);
  for (std::size_t from = 0; from < text_.size();) {
    const std::size_t end = text_.find("\r\n", from) + 2;
    if (text_[from] == '.') result += '.';
    result.append(text_, from, end - from);
    from = end;
  }
  return result + ".\r\n";
}

}  // namespace tlspact
