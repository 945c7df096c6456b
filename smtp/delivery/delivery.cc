// SPDX-License-Identifier: MIT
#include "smtp/delivery/delivery.h"

#include <algorithm>
#include <utility>

namespace tlspact {
namespace {

namespace asio = boost::asio;

class Delivery {
 public:
  Delivery(const DeliveryPlan& plan, Envelope envelope, MessageFacts message,
           const TrustStore& trusted, const DeliveryOptions& options)
      : plan_(plan),
        envelope_(std::move(envelope)),
        message_(message),
        trusted_(trusted),
        options_(options) {}

  asio::awaitable<DeliveryReport> run() {
    begin();
    for (const DeliveryAttempt& attempt : plan_.attempts) {
      if (open().empty()) break;
      co_await try_with_certificate(attempt);
    }
    for (const DeliveryAttempt* attempt : std::exchange(in_clear_, {})) {
      if (open().empty()) break;
      SessionRequest request = request_for(*attempt);
      request.in_clear = true;
      co_await hold(std::move(request));
    }
    conclude();
    co_return std::move(report_);
  }

 private:
  void begin();
  [[nodiscard]] std::vector<std::string> open() const;
  [[nodiscard]] SessionRequest request_for(const DeliveryAttempt& attempt) const;
  [[nodiscard]] asio::awaitable<void> try_with_certificate(const DeliveryAttempt& attempt);
  [[nodiscard]] asio::awaitable<void> hold(SessionRequest request);
  void absorb(const SessionResult& result);
  void note_downgrade(const SessionRequest& request, const SessionResult& result);
  void conclude();

  const DeliveryPlan& plan_;
  Envelope envelope_;
  MessageFacts message_;
  const TrustStore& trusted_;
  const DeliveryOptions& options_;
  DeliveryReport report_;
  std::vector<const DeliveryAttempt*> in_clear_;  ///< to try again without TLS
  bool other_failure_ = false;  ///< something else than a lack of an extension went wrong
  Lack lack_ = Lack::none;
};

void Delivery::begin() {
  report_.passed_over = plan_.passed_over;
  for (const std::string& address : envelope_.recipients) {
    RecipientResult result;
    result.address = address;
    result.fate = plan_.permanent ? Fate::refused : Fate::deferred;
    if (!plan_.passed_over.empty()) {
      result.stage = plan_.passed_over.front().stage;
      result.text = plan_.passed_over.front().detail;
    }
    report_.recipients.push_back(std::move(result));
  }
}

std::vector<std::string> Delivery::open() const {
  std::vector<std::string> result;
  for (const RecipientResult& each : report_.recipients) {
    if (each.fate == Fate::deferred) result.push_back(each.address);
  }
  return result;
}

SessionRequest Delivery::request_for(const DeliveryAttempt& attempt) const {
  SessionRequest request;
  request.host = attempt.host;
  request.endpoint = {attempt.address, options_.port};
  request.helo = options_.helo;
  request.policy = attempt.policy;
  request.clear_allowed = !options_.did_tls || !options_.did_tls(request.host, attempt.address);
  request.envelope = envelope_;
  request.envelope->recipients = open();
  request.message = message_;
  request.deadlines = options_.deadlines;
  return request;
}

asio::awaitable<void> Delivery::try_with_certificate(const DeliveryAttempt& attempt) {
  co_await hold(request_for(attempt));
  const bool rejected = report_.sessions.back().result.client_certificate_rejected;
  if (rejected && !open().empty()) {
    SessionRequest request = request_for(attempt);
    request.policy.client_certificate.clear();
    request.policy.client_key.clear();
    co_await hold(std::move(request));
  }
  if (report_.sessions.back().result.retry_in_clear) in_clear_.push_back(&attempt);
}

asio::awaitable<void> Delivery::hold(SessionRequest request) {
  const std::unique_ptr<SessionChannel> channel = options_.connect(request);
  Transcript transcript =
      co_await record_session(*channel, std::move(request), trusted_, options_.now());
  absorb(transcript.result);
  note_downgrade(transcript.request, transcript.result);
  report_.sessions.push_back(std::move(transcript));
}

void Delivery::absorb(const SessionResult& result) {
  if (result.lack == Lack::none) {
    other_failure_ = true;
  } else {
    lack_ = result.lack;
  }
  for (const RecipientResult& each : result.recipients) {
    const auto kept =
        std::ranges::find(report_.recipients, each.address, &RecipientResult::address);
    if (kept != report_.recipients.end()) *kept = each;
  }
}

void Delivery::note_downgrade(const SessionRequest& request, const SessionResult& result) {
  if (!result.downgrade) return;
  report_.alarms.push_back(request.host + " (" + request.endpoint.address().to_string() +
                           ") did TLS before, and now: " + result.outcome.detail +
                           "; nothing is sent in clear");
}

/// A host that was passed over lacks what REQUIRETLS asks for, or was of no use for another reason.
bool lacks_authentication(const Outcome& outcome) {
  return outcome.stage == Stage::policy && outcome.outcome == OutcomeClass::insecure;
}

void Delivery::conclude() {
  const bool all_lack = !other_failure_ &&
                        std::ranges::all_of(plan_.passed_over, lacks_authentication) &&
                        (lack_ != Lack::none || !plan_.passed_over.empty());
  if (plan_.permanent || !all_lack) return;
  for (RecipientResult& each : report_.recipients) {
    if (each.fate == Fate::deferred) each.fate = Fate::refused;
  }
}

}  // namespace

asio::awaitable<DeliveryReport> deliver(const DeliveryPlan& plan, Envelope envelope,
                                        MessageFacts message, const TrustStore& trusted,
                                        const DeliveryOptions& options) {
  Delivery delivery{plan, std::move(envelope), message, trusted, options};
  co_return co_await delivery.run();
}

const TlsPolicy* policy_for_message(const TlsPolicy* policy, bool is_agreement,
                                    const MessageFacts& message, bool requiretls) {
  const bool waived = message.tls_required_no && !requiretls && !is_agreement;
  return waived ? nullptr : policy;
}

}  // namespace tlspact
