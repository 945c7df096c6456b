// SPDX-License-Identifier: MIT
/// Message: what is to be delivered, ready for the wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace tlspact {

/// What a server must be able to take, which is all that a transcript keeps of a message.
struct MessageFacts {
  std::uint64_t size = 0;          ///< bytes with CRLF, without dot-stuffing (RFC 1870 section 3)
  bool eight_bit = false;          ///< bytes above 127 anywhere
  bool utf8_header = false;        ///< bytes above 127 in the header: SMTPUTF8 (RFC 6531)
  bool tls_required_no = false;    ///< "TLS-Required: No" (RFC 8689 section 5), alone and exact
  std::uint64_t longest_line = 0;  ///< bytes without CRLF; above 998 it is beyond RFC 5322's limit

  friend bool operator==(const MessageFacts&, const MessageFacts&) = default;
};

class Message {
 public:
  /// A file as people keep them: lines end with LF or CRLF, the last one may have no end. Errors
  /// (bad_input), which name the line: a CR alone or a NUL, which SMTP cannot carry (RFC 5321
  /// sections 2.3.8, 4.1.2: BINARYMIME is not supported); nothing at all; a header in something
  /// that is not UTF-8.
  [[nodiscard]] static Result<Message> parse(std::string_view bytes);

  [[nodiscard]] const MessageFacts& facts() const { return facts_; }
  /// Lines with CRLF, for BDAT.
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Dot-stuffed and with the dot that ends it, for DATA (RFC 5321 section 4.5.2).
  [[nodiscard]] std::string stuffed() const;

 private:
  std::string text_;
  MessageFacts facts_;
};

}  // namespace tlspact
