// SPDX-License-Identifier: MIT
#include "daemon/control/tlsrpt_events.h"

#include <algorithm>
#include <utility>

namespace tlspact {
namespace {

namespace asio = boost::asio;

/// The character strings of a TXT record, joined (RFC 8460 section 3); "" if they are cut off.
std::string joined_strings(std::string_view rdata) {
  std::string text;
  while (!rdata.empty()) {
    const auto length = static_cast<std::size_t>(static_cast<unsigned char>(rdata.front()));
    if (length >= rdata.size()) return {};
    text += rdata.substr(1, length);
    rdata.remove_prefix(1 + length);
  }
  return text;
}

/// RFC 8460 section 3: not exactly one such record is as good as none.
std::string tlsrpt_record(const DnsAnswer& answer) {
  std::string found;
  for (const std::string& rdata : answer.rdata) {
    std::string text = joined_strings(rdata);
    if (!text.starts_with("v=TLSRPTv1")) continue;
    if (!found.empty()) return {};
    found = std::move(text);
  }
  return found;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

/// By MTA-STS, unless the host is authenticated by DANE.
void name_policy(TlsrptEvent& event, const Decision& decision) {
  event.policy_domain = event.domain;
  const Candidate* const winner = decision.winner();
  if (winner == nullptr || winner->source != Source::mta_sts || !decision.policy) return;
  event.policy_type = TlsrptPolicyType::sts;
  if (decision.policy_lines) event.policy_lines = lines_of(*decision.policy_lines);
  for (const MxPattern& each : decision.policy->mx)
    event.mx_patterns.push_back(each.text());
}

void name_dane(TlsrptEvent& event, const HostPolicy& policy) {
  if (policy.demand != TlsDemand::dane) return;
  event.policy_type = TlsrptPolicyType::tlsa;
  event.policy_domain = policy.sni;
  event.mx_patterns.clear();
  event.policy_lines.clear();
  for (const TlsaRecord& each : policy.tlsa)
    event.policy_lines.push_back(each.text());
}

TlsrptFailureDetail detail_of(TlsrptFailure failure, const Transcript& session) {
  return {.failure = failure,
          .receiving_host = session.request.host,
          .receiving_helo = session.result.helo_of_server,
          .receiving_address = session.request.endpoint.address().to_string(),
          .additional = session.result.outcome.detail};
}

}  // namespace

std::vector<TlsrptEvent> tlsrpt_events(const std::string& domain, const std::string& record,
                                       const Decision& decision, const DeliveryReport& report) {
  TlsrptEvent blank;
  blank.domain = domain;
  blank.record = record;
  name_policy(blank, decision);
  std::vector<TlsrptEvent> events;
  for (const Transcript& session : report.sessions) {
    const auto failure = tlsrpt_failure(session.request, session.result);
    if (!failure && !session.result.tls) continue;
    TlsrptEvent event = blank;
    name_dane(event, session.request.policy);
    event.delivered_by_tls = !failure;
    if (failure) event.failures.push_back(detail_of(*failure, session));
    events.push_back(std::move(event));
  }
  for (const Outcome& passed : report.passed_over) {
    const auto failure = tlsrpt_failure(passed);
    if (!failure) continue;
    TlsrptEvent event = blank;
    event.failures.push_back({.failure = *failure,
                              .receiving_host = "",
                              .receiving_helo = "",
                              .receiving_address = "",
                              .additional = passed.detail});
    events.push_back(std::move(event));
  }
  return events;
}

asio::awaitable<void> tell_tlsrpt(Resolver& resolver, std::string socket, PolicyKey key,
                                  const Decision& decision, const DeliveryReport& report,
                                  Notices& notices) {
  const std::string domain = key.domain().text();
  const DnsAnswer answer = co_await resolver.query("_smtp._tls." + domain, RecordType::txt);
  const std::string record = tlsrpt_record(answer);
  if (record.empty()) co_return;
  for (const TlsrptEvent& event : tlsrpt_events(domain, record, decision, report)) {
    const Result<void> sent = send_tlsrpt(socket, tlsrpt_datagram(event));
    if (!sent) notices.push_back({Severity::warning, sent.error().text});
  }
}

}  // namespace tlspact
