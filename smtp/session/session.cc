// SPDX-License-Identifier: MIT
#include "smtp/session/session.h"

#include <algorithm>
#include <utility>

#include "smtp/session/mail_transaction.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;

/// What takes longer than this is worth a note: such servers greet slowly on purpose.
constexpr std::chrono::seconds kSlow{20};

std::string_view lack_text(Lack lack) {
  switch (lack) {
    case Lack::none:
      return "";
    case Lack::size:
      return "the message is larger than the server takes";
    case Lack::eight_bit_mime:
      return "the server does not offer 8BITMIME, which the message needs";
    case Lack::smtputf8:
      return "the server does not offer SMTPUTF8, which the message needs";
    case Lack::requiretls:
      return "the server does not offer REQUIRETLS";
  }
  return "";
}

/// One session. Each step returns whether the next one may follow; if not, the outcome stands.
class Session {
 public:
  Session(SessionChannel& channel, const SessionRequest& request, const TrustStore& trusted,
          Time now)
      : channel_(channel), request_(request), trusted_(trusted), now_(now) {}

  asio::awaitable<SessionResult> run() {
    const bool ready = co_await open();
    if (ready) co_await work();
    co_await leave();
    settle_recipients();
    co_return std::move(result_);
  }

 private:
  [[nodiscard]] asio::awaitable<bool> open();
  [[nodiscard]] asio::awaitable<bool> connect();
  [[nodiscard]] asio::awaitable<bool> read_banner();
  [[nodiscard]] asio::awaitable<bool> greet();
  [[nodiscard]] asio::awaitable<bool> greet_with_helo(Reply refusal);
  [[nodiscard]] bool go_on_in_clear();
  [[nodiscard]] asio::awaitable<bool> start_tls();
  [[nodiscard]] asio::awaitable<bool> ask_for_tls();
  [[nodiscard]] asio::awaitable<bool> shake_hands();
  [[nodiscard]] bool check();
  [[nodiscard]] asio::awaitable<bool> greet_under_tls();
  [[nodiscard]] asio::awaitable<void> work();
  [[nodiscard]] asio::awaitable<void> leave();
  [[nodiscard]] asio::awaitable<Answer> ask(std::string command, Stage stage);
  [[nodiscard]] asio::awaitable<Answer> answer_of(Stage stage);

  bool stop(Stage stage, OutcomeClass outcome, EvidenceKind evidence, std::string detail);
  bool stop(Stage stage, const ChannelFault& fault);
  bool stop(Stage stage, const Reply& reply);
  void late_rejection();
  void no_tls();
  void settle_recipients();

  [[nodiscard]] bool must_have_tls() const { return requires_tls(request_.policy.demand); }
  [[nodiscard]] bool probing() const { return !request_.envelope; }

  SessionChannel& channel_;
  const SessionRequest& request_;
  const TrustStore& trusted_;
  Time now_;
  SessionResult result_;
  EvidenceKind evidence_ = EvidenceKind::inconclusive;
  bool usable_ = false;  ///< the connection can take another command
  bool by_helo_ = false;
};

bool Session::stop(Stage stage, OutcomeClass outcome, EvidenceKind evidence, std::string detail) {
  result_.outcome = {stage, outcome, evidence, printable(detail)};
  return false;
}

bool Session::stop(Stage stage, const ChannelFault& fault) {
  usable_ = false;
  return stop(stage, outcome_of(fault.kind), EvidenceKind::inconclusive, fault.text);
}

bool Session::stop(Stage stage, const Reply& reply) {
  return stop(stage, outcome_of(reply), EvidenceKind::inconclusive, reply.text());
}

asio::awaitable<Answer> Session::answer_of(Stage stage) {
  const Micros before = channel_.elapsed();
  Answer answer = co_await read_reply(channel_);
  const Micros took = channel_.elapsed() - before;
  if (took >= kSlow)
    result_.notes.push_back(
        std::string{stage_name(stage)} + ": slow, the answer took " +
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(took).count()) + " s");
  co_return answer;
}

asio::awaitable<Answer> Session::ask(std::string command, Stage stage) {
  channel_.begin_step(request_.deadlines.command);
  const ChannelResult<void> written = co_await channel_.write(std::move(command));
  if (!written) co_return std::unexpected(written.error());
  co_return co_await answer_of(stage);
}

asio::awaitable<bool> Session::open() {
  const bool connected = co_await connect();
  if (!connected) co_return false;
  const bool greeted = co_await read_banner();
  if (!greeted) co_return false;
  const bool known = co_await greet();
  if (!known) co_return false;
  if (request_.policy.demand == TlsDemand::none || request_.in_clear) co_return true;
  if (!result_.offered_in_clear.starttls) co_return go_on_in_clear();
  co_return co_await start_tls();
}

asio::awaitable<bool> Session::connect() {
  channel_.begin_step(request_.deadlines.connect);
  const ChannelResult<void> connected = co_await channel_.connect(request_.endpoint);
  if (!connected) co_return stop(Stage::connect, connected.error());
  usable_ = true;
  co_return true;
}

asio::awaitable<bool> Session::read_banner() {
  channel_.begin_step(request_.deadlines.banner);
  const Answer banner = co_await answer_of(Stage::banner);
  if (!banner) co_return stop(Stage::banner, banner.error());
  result_.banner = banner->text();
  if (banner->code != 220) co_return stop(Stage::banner, *banner);
  // RFC 5321 section 4.3.1: one greeting, and nothing behind it before EHLO.
  if (channel_.input_waiting())
    result_.notes.emplace_back("banner: the server spoke on before it was spoken to");
  co_return true;
}

asio::awaitable<bool> Session::greet() {
  Answer answer = co_await ask("EHLO " + request_.helo + "\r\n", Stage::ehlo);
  if (!answer) co_return stop(Stage::ehlo, answer.error());
  if (answer->permanent() && !sounds_like_policy_block(*answer))
    co_return co_await greet_with_helo(*std::move(answer));
  if (answer->code != 250) co_return stop(Stage::ehlo, *answer);
  result_.offered_in_clear = Extensions::parse(*answer);
  result_.helo_of_server = answer->lines.front().substr(0, answer->lines.front().find(' '));
  result_.helo_of_server = printable(result_.helo_of_server, 255);
  co_return true;
}

/// RFC 5321 section 3.2: for servers without ESMTP, which cannot do STARTTLS.
asio::awaitable<bool> Session::greet_with_helo(Reply refusal) {
  if (must_have_tls() || probing()) co_return stop(Stage::ehlo, refusal);
  if (!request_.clear_allowed) {
    result_.downgrade = true;
    co_return stop(Stage::ehlo, refusal);
  }
  by_helo_ = true;
  const Answer answer = co_await ask("HELO " + request_.helo + "\r\n", Stage::ehlo);
  if (!answer) co_return stop(Stage::ehlo, answer.error());
  if (answer->code != 250) co_return stop(Stage::ehlo, *answer);
  result_.notes.emplace_back("ehlo: refused, HELO taken");
  co_return true;
}

/// STARTTLS is not offered.
bool Session::go_on_in_clear() {
  const bool struck_out = result_.offered_in_clear.struck_out;
  evidence_ = struck_out || by_helo_ ? EvidenceKind::inconclusive : EvidenceKind::negative;
  if (!probing() && !must_have_tls() && request_.clear_allowed) {
    result_.notes.emplace_back("starttls: not offered, going on in clear");
    return true;
  }
  result_.downgrade = !request_.clear_allowed;
  if (struck_out)
    return stop(Stage::starttls, OutcomeClass::local, evidence_,
                "something on the way strikes STARTTLS out (XXXXXXXA)");
  return stop(Stage::starttls, OutcomeClass::absent, evidence_, "STARTTLS is not offered");
}

/// An opportunistic session failed at TLS: whether a new one may do without.
void Session::no_tls() {
  if (must_have_tls()) {
    result_.downgrade = !request_.clear_allowed;
    return;
  }
  result_.retry_in_clear = request_.clear_allowed;
  result_.downgrade = !request_.clear_allowed;
}

asio::awaitable<bool> Session::start_tls() {
  const bool granted = co_await ask_for_tls();
  if (!granted) co_return false;
  const bool shaken = co_await shake_hands();
  if (!shaken) co_return false;
  if (!check()) co_return false;
  co_return co_await greet_under_tls();
}

asio::awaitable<bool> Session::ask_for_tls() {
  const Answer answer = co_await ask("STARTTLS\r\n", Stage::starttls);
  if (!answer) {
    no_tls();
    co_return stop(Stage::starttls, answer.error());
  }
  if (answer->code != 220) {
    // RFC 7672 section 2.2, RFC 8461 section 5: no reason to return mail, whatever the code.
    no_tls();
    co_return stop(Stage::starttls, *answer);
  }
  if (channel_.input_waiting()) {
    // RFC 3207 section 4.2: what came before the handshake would be taken for words under TLS.
    usable_ = false;
    co_return stop(Stage::starttls, OutcomeClass::protocol, EvidenceKind::inconclusive,
                   "bytes came between the answer to STARTTLS and the handshake: an injection");
  }
  co_return true;
}

asio::awaitable<bool> Session::shake_hands() {
  channel_.begin_step(request_.deadlines.handshake);
  ChannelResult<TlsFacts> facts = co_await channel_.start_tls(request_.policy);
  if (facts) {
    result_.facts = *std::move(facts);
    co_return true;
  }
  usable_ = false;
  using Kind = ChannelFault::Kind;
  const ChannelFault& fault = facts.error();
  if (fault.kind == Kind::local) co_return stop(Stage::handshake, fault);
  no_tls();
  late_rejection();
  const auto evidence =
      fault.kind == Kind::tls ? EvidenceKind::negative : EvidenceKind::inconclusive;
  co_return stop(Stage::handshake, outcome_of(fault.kind), evidence, fault.text);
}

bool Session::check() {
  result_.certificate =
      check_certificate(result_.facts->chain, request_.policy, request_.host, trusted_, now_);
  if (result_.certificate->satisfied) return true;
  return stop(Stage::verify, OutcomeClass::mismatch, EvidenceKind::negative,
              result_.certificate->text);
}

/// Client certificates are turned down during the handshake, behind it (TLS 1.3), or in words.
void Session::late_rejection() {
  const bool shown = result_.facts ? result_.facts->client_certificate
                                   : !request_.policy.client_certificate.empty();
  result_.client_certificate_rejected = shown;
}

asio::awaitable<bool> Session::greet_under_tls() {
  const Answer answer = co_await ask("EHLO " + request_.helo + "\r\n", Stage::ehlo_tls);
  if (!answer) {
    late_rejection();
    using Kind = ChannelFault::Kind;
    const Kind kind = answer.error().kind;
    if (kind == Kind::tls || kind == Kind::closed || kind == Kind::reset) no_tls();
    // RFC 8446 section 4.4.2.4: an alert that comes here is one about the handshake.
    if (kind != Kind::tls) co_return stop(Stage::ehlo_tls, answer.error());
    usable_ = false;
    co_return stop(Stage::handshake, OutcomeClass::crypto, EvidenceKind::negative,
                   answer.error().text);
  }
  if (answer->code != 250) {
    if (answer->code == 403 || answer->enhanced().starts_with("4.7.")) late_rejection();
    co_return stop(Stage::ehlo_tls, *answer);
  }
  result_.offered_under_tls = Extensions::parse(*answer);
  result_.tls = true;
  evidence_ = EvidenceKind::positive;
  co_return true;
}

asio::awaitable<void> Session::work() {
  if (probing()) {
    result_.outcome = {Stage::quit, OutcomeClass::ok, evidence_, "TLS as asked for"};
    co_return;
  }
  const Extensions& offered = result_.tls ? result_.offered_under_tls : result_.offered_in_clear;
  MailTransaction transaction{channel_, request_, offered};
  result_.lack = transaction.lack();
  if (result_.lack == Lack::none && request_.envelope->requiretls && !result_.tls)
    result_.lack = Lack::requiretls;
  if (result_.lack != Lack::none) {
    stop(Stage::mail, OutcomeClass::absent, evidence_, std::string{lack_text(result_.lack)});
    co_return;
  }
  result_.recipients = co_await transaction.run();
  usable_ = transaction.usable();
  result_.outcome = transaction.failure().value_or(
      Outcome{Stage::quit, OutcomeClass::ok, evidence_,
              result_.tls ? "delivered by TLS" : "delivered in clear"});
  result_.outcome.evidence = evidence_;
}

/// Says good-bye where it can be heard: servers take offence at clients that hang up.
asio::awaitable<void> Session::leave() {
  channel_.begin_step(request_.deadlines.quit);
  if (usable_) {
    const ChannelResult<void> written = co_await channel_.write("QUIT\r\n");
    if (written) co_await read_reply(channel_);
  }
  co_await channel_.close();
}

void Session::settle_recipients() {
  if (probing() || !result_.recipients.empty()) return;
  for (const std::string& address : request_.envelope->recipients) {
    RecipientResult result;
    result.address = address;
    result.stage = result_.outcome.stage;
    result.text = result_.outcome.detail;
    result_.recipients.push_back(std::move(result));
  }
}

}  // namespace

std::string_view fate_name(Fate fate) {
  switch (fate) {
    case Fate::delivered:
      return "delivered";
    case Fate::deferred:
      return "deferred";
    case Fate::refused:
      return "refused";
  }
  return "";
}

asio::awaitable<SessionResult> run_session(SessionChannel& channel, const SessionRequest& request,
                                           const TrustStore& trusted, Time now) {
  Session session{channel, request, trusted, now};
  co_return co_await session.run();
}

}  // namespace tlspact
