// SPDX-License-Identifier: MIT
/// Reply: what a server answers to a command (RFC 5321 section 4.2), and ReplyReader, which puts
/// it together line by line.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace tlspact {

/// design.md section 15. Longer lines and replies are no SMTP.
inline constexpr std::size_t kMaxReplyLine = 4096;
inline constexpr std::size_t kMaxReplyLines = 512;

struct Reply {
  int code = 0;
  std::vector<std::string> lines;  ///< without the code and the character behind it

  [[nodiscard]] bool positive() const { return code >= 200 && code < 300; }
  [[nodiscard]] bool intermediate() const { return code >= 300 && code < 400; }
  [[nodiscard]] bool transient() const { return code >= 400 && code < 500; }
  [[nodiscard]] bool permanent() const { return code >= 500 && code < 600; }

  /// "4.7.0" if the first line begins with an enhanced status code of the same class as the code
  /// (RFC 2034 section 4), else "".
  [[nodiscard]] std::string enhanced() const;

  /// "550 5.1.1 no such user" in printable ASCII: other bytes as \xHH, at most 300 characters.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Reply&, const Reply&) = default;
};

/// Whether its words name a block list, greylisting or a rate limit: the server judges who asks,
/// not what it can do. Only then does a 4xx or 5xx say nothing of the host itself.
[[nodiscard]] bool sounds_like_policy_block(const Reply& reply);

/// Remote bytes for a log line or a terminal: printable ASCII as it is, the rest as \xHH, and
/// never more than `limit` characters.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 300);

/// One reply. Take a new one for each.
class ReplyReader {
 public:
  /// `line`: without its end. nullopt: more lines follow. Errors: not a three-digit code from 200
  /// to 599 followed by a space, a hyphen or the end; a code that differs from the first line's
  /// (RFC 5321 section 4.2.1); a NUL; too many lines.
  [[nodiscard]] Result<std::optional<Reply>> take(std::string_view line);

 private:
  Reply reply_;
};

}  // namespace tlspact
