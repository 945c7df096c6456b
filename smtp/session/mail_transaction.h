// SPDX-License-Identifier: MIT
/// MailTransaction: MAIL, RCPT, and the message, over a session that is ready for them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "smtp/session/session.h"

namespace tlspact {

/// What an SMTP client knows when a command has been answered, or not.
using Answer = ChannelResult<Reply>;

/// Reads one reply within the step that has begun. What is no reply is a fault of kind `garbage`.
[[nodiscard]] boost::asio::awaitable<Answer> read_reply(SessionChannel& channel);

/// One transaction. With PIPELINING, MAIL and all RCPT go out at once (RFC 2920); DATA never
/// before the answers to RCPT, so that no message goes to nobody.
class MailTransaction {
 public:
  MailTransaction(SessionChannel& channel, const SessionRequest& request, const Extensions& offered)
      : channel_(channel), request_(request), offered_(offered) {}

  /// What the message needs and the server lacks. Before run().
  [[nodiscard]] Lack lack() const;

  /// A result for every recipient.
  [[nodiscard]] boost::asio::awaitable<std::vector<RecipientResult>> run();

  /// After run(): nullopt if every recipient got it, else where it first went wrong and how.
  [[nodiscard]] const std::optional<Outcome>& failure() const { return failure_; }
  /// Whether the connection can take another command.
  [[nodiscard]] bool usable() const { return usable_; }

 private:
  [[nodiscard]] boost::asio::awaitable<bool> open();
  [[nodiscard]] boost::asio::awaitable<bool> name_recipients();
  [[nodiscard]] boost::asio::awaitable<void> send_message();
  [[nodiscard]] boost::asio::awaitable<Answer> send_body();
  [[nodiscard]] std::string mail_command() const;
  [[nodiscard]] std::string rcpt_command(const std::string& recipient) const;
  void decide_recipient(RecipientResult& recipient, const Answer& answer);
  void decide_rest(Stage stage, const Answer& answer);
  void note_failure(Stage stage, const Answer& answer);
  [[nodiscard]] bool any_accepted() const;

  SessionChannel& channel_;
  const SessionRequest& request_;
  const Extensions& offered_;
  std::vector<RecipientResult> results_;
  std::vector<bool> accepted_;
  std::optional<Outcome> failure_;
  bool asked_in_vain_ = false;  ///< DATA got no 354
  bool usable_ = true;
};

/// Of a fault: timeout, reset, protocol, crypto or local.
[[nodiscard]] OutcomeClass outcome_of(ChannelFault::Kind kind);
/// Of a reply that is not the one hoped for: policy_block, tempfail, refused, or protocol.
[[nodiscard]] OutcomeClass outcome_of(const Reply& reply);

}  // namespace tlspact
