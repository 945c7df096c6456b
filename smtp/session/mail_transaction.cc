// SPDX-License-Identifier: MIT
#include "smtp/session/mail_transaction.h"

#include <algorithm>
#include <utility>

namespace tlspact {
namespace {

namespace asio = boost::asio;

/// RFC 5321 section 4.5.3.1.10: "too many recipients", which old servers say with 552.
bool is_too_many_recipients(const Reply& reply) {
  return reply.code == 452 || reply.code == 552;
}

Fate fate_of(const Reply& reply) {
  if (reply.positive()) return Fate::delivered;
  return reply.permanent() ? Fate::refused : Fate::deferred;
}

bool is_ascii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) > 127; });
}

/// RFC 6531 section 3.2: for an address or a header that is not ASCII.
bool needs_smtputf8(const SessionRequest& request) {
  return request.message.utf8_header || !is_ascii(request.envelope->sender) ||
         !std::ranges::all_of(request.envelope->recipients, is_ascii);
}

std::string text_of(const Answer& answer) {
  return answer ? answer->text() : answer.error().text;
}

}  // namespace

OutcomeClass outcome_of(ChannelFault::Kind kind) {
  switch (kind) {
    case ChannelFault::Kind::timeout:
      return OutcomeClass::timeout;
    case ChannelFault::Kind::closed:
    case ChannelFault::Kind::reset:
    case ChannelFault::Kind::unreachable:
      return OutcomeClass::reset;
    case ChannelFault::Kind::garbage:
      return OutcomeClass::protocol;
    case ChannelFault::Kind::tls:
      return OutcomeClass::crypto;
    case ChannelFault::Kind::local:
      return OutcomeClass::local;
  }
  return OutcomeClass::local;
}

OutcomeClass outcome_of(const Reply& reply) {
  if (!reply.transient() && !reply.permanent()) return OutcomeClass::protocol;
  if (sounds_like_policy_block(reply)) return OutcomeClass::policy_block;
  return reply.transient() ? OutcomeClass::tempfail : OutcomeClass::refused;
}

asio::awaitable<Answer> read_reply(SessionChannel& channel) {
  ReplyReader reader;
  while (true) {
    ChannelResult<std::string> line = co_await channel.read_line();
    if (!line) co_return std::unexpected(std::move(line.error()));
    Result<std::optional<Reply>> reply = reader.take(*line);
    if (!reply) {
      ChannelFault fault{ChannelFault::Kind::garbage, std::move(reply.error().text)};
      co_return std::unexpected(std::move(fault));
    }
    if (*reply) co_return *std::move(*reply);
  }
}

Lack MailTransaction::lack() const {
  const MessageFacts& message = request_.message;
  if (request_.envelope->requiretls && !offered_.requiretls) return Lack::requiretls;
  if (needs_smtputf8(request_) && !offered_.smtputf8) return Lack::smtputf8;
  if (message.eight_bit && !offered_.eight_bit_mime) return Lack::eight_bit_mime;
  if (offered_.size_limit && message.size > *offered_.size_limit) return Lack::size;
  return Lack::none;
}

std::string MailTransaction::mail_command() const {
  const Envelope& envelope = *request_.envelope;
  std::string command = "MAIL FROM:<" + envelope.sender + ">";
  if (offered_.size) command += " SIZE=" + std::to_string(request_.message.size);
  if (request_.message.eight_bit && offered_.eight_bit_mime) command += " BODY=8BITMIME";
  if (needs_smtputf8(request_)) command += " SMTPUTF8";
  if (envelope.requiretls) command += " REQUIRETLS";
  return command + "\r\n";
}

std::string MailTransaction::rcpt_command(const std::string& recipient) const {
  std::string command = "RCPT TO:<" + recipient + ">";
  if (offered_.dsn && !request_.envelope->notify.empty())
    command += " NOTIFY=" + request_.envelope->notify;
  return command + "\r\n";
}

asio::awaitable<std::vector<RecipientResult>> MailTransaction::run() {
  for (const std::string& recipient : request_.envelope->recipients) {
    RecipientResult result;
    result.address = recipient;
    result.stage = Stage::mail;
    results_.push_back(std::move(result));
  }
  accepted_.assign(results_.size(), false);
  const bool opened = co_await open();
  if (opened) {
    const bool named = co_await name_recipients();
    if (named && any_accepted()) co_await send_message();
  }
  co_return std::move(results_);
}

/// MAIL; with PIPELINING all RCPT as well, which are answered whatever MAIL's answer is.
asio::awaitable<bool> MailTransaction::open() {
  channel_.begin_step(request_.deadlines.command);
  std::string commands = mail_command();
  if (offered_.pipelining) {
    for (const RecipientResult& each : results_)
      commands += rcpt_command(each.address);
  }
  Answer answer = Reply{};
  const ChannelResult<void> written = co_await channel_.write(std::move(commands));
  if (written) {
    answer = co_await read_reply(channel_);
  } else {
    answer = std::unexpected(written.error());
  }
  if (answer && answer->positive()) co_return true;
  decide_rest(Stage::mail, answer);
  if (!answer) usable_ = false;
  for (std::size_t i = 0; offered_.pipelining && usable_ && i < results_.size(); ++i) {
    const Answer rest = co_await read_reply(channel_);
    usable_ = rest.has_value();
  }
  co_return false;
}

/// False: the connection is of no use any more.
asio::awaitable<bool> MailTransaction::name_recipients() {
  for (std::size_t i = 0; i < results_.size(); ++i) {
    channel_.begin_step(request_.deadlines.command);
    if (!offered_.pipelining) {
      const ChannelResult<void> written =
          co_await channel_.write(rcpt_command(results_[i].address));
      if (!written) {
        usable_ = false;
        decide_rest(Stage::rcpt, std::unexpected(written.error()));
        co_return false;
      }
    }
    const Answer answer = co_await read_reply(channel_);
    if (!answer) {
      usable_ = false;
      decide_rest(Stage::rcpt, answer);
      co_return false;
    }
    accepted_[i] = answer->positive();
    decide_recipient(results_[i], answer);
  }
  co_return true;
}

asio::awaitable<void> MailTransaction::send_message() {
  const Answer answer = co_await send_body();
  if (!answer) usable_ = false;
  decide_rest(asked_in_vain_ ? Stage::data : Stage::end_of_data, answer);
}

/// The answer to the message, or the one that came instead of leave to send it.
asio::awaitable<Answer> MailTransaction::send_body() {
  const bool bdat = offered_.chunking && request_.envelope->chunking;
  if (!bdat) {
    channel_.begin_step(request_.deadlines.command);
    const ChannelResult<void> asked = co_await channel_.write("DATA\r\n");
    if (!asked) co_return std::unexpected(asked.error());
    Answer leave = co_await read_reply(channel_);
    if (!leave || leave->code != 354) {
      asked_in_vain_ = true;
      // RFC 5321 section 4.3.2: only 354 is leave. A 2xx here is out of order.
      if (leave && leave->positive())
        co_return std::unexpected(
            ChannelFault{ChannelFault::Kind::garbage, "DATA was answered " + leave->text()});
      co_return leave;
    }
  }
  channel_.begin_step(request_.deadlines.message);
  const ChannelResult<void> sent =
      co_await channel_.write_message(bdat ? Framing::bdat : Framing::data);
  if (!sent) co_return std::unexpected(sent.error());
  channel_.begin_step(request_.deadlines.end_of_data);
  co_return co_await read_reply(channel_);
}

void MailTransaction::decide_recipient(RecipientResult& recipient, const Answer& answer) {
  recipient.stage = Stage::rcpt;
  recipient.code = answer->code;
  recipient.text = answer->text();
  if (answer->positive()) return;
  recipient.fate = is_too_many_recipients(*answer) ? Fate::deferred : fate_of(*answer);
  note_failure(Stage::rcpt, answer);
}

/// Everybody who has no fate of his own yet.
void MailTransaction::decide_rest(Stage stage, const Answer& answer) {
  if (!answer || !answer->positive()) note_failure(stage, answer);
  for (std::size_t i = 0; i < results_.size(); ++i) {
    RecipientResult& each = results_[i];
    const bool open =
        stage == Stage::mail || accepted_[i] || (stage == Stage::rcpt && each.code == 0);
    if (!open) continue;
    each.stage = stage;
    each.code = answer ? answer->code : 0;
    each.fate = answer ? fate_of(*answer) : Fate::deferred;
    each.text = text_of(answer);
  }
}

void MailTransaction::note_failure(Stage stage, const Answer& answer) {
  if (failure_) return;
  failure_ = Outcome{.stage = stage,
                     .outcome = answer ? outcome_of(*answer) : outcome_of(answer.error().kind),
                     .evidence = EvidenceKind::inconclusive,
                     .detail = text_of(answer)};
}

bool MailTransaction::any_accepted() const {
  return std::ranges::find(accepted_, true) != accepted_.end();
}

}  // namespace tlspact
