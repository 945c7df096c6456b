// SPDX-License-Identifier: MIT
#include "daemon/cli/transcript_text.h"

#include <array>
#include <cstdio>
#include <sstream>

#include "smtp/session/reply.h"

namespace tlspact {
namespace {

constexpr std::size_t kLineShown = 200;

std::string seconds(Micros at) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%10.3f", static_cast<double>(at.count()) / 1e6);
  return text.data();
}

std::string said(const TranscriptEvent& event) {
  using Kind = TranscriptEvent::Kind;
  switch (event.kind) {
    case Kind::connect:
      return "connected";
    case Kind::read:
      return "< " + printable(event.line, kLineShown);
    case Kind::message:
      return "> (the message, by " + event.line + ")";
    case Kind::start_tls:
      return event.facts ? "TLS: " + std::string{tls_version_name(event.facts->version)} + ", " +
                               event.facts->cipher +
                               (event.facts->client_certificate ? ", client certificate shown" : "")
                         : "TLS";
    case Kind::write:
      break;
  }
  return {};
}

std::string dialogue(const TranscriptEvent& event) {
  const std::string at = seconds(event.at) + "  ";
  if (event.fault && event.kind != TranscriptEvent::Kind::write)
    return at + "failed: " + printable(event.fault->text, kLineShown) + "\n";
  if (event.kind != TranscriptEvent::Kind::write) return at + said(event) + "\n";
  std::string text;
  std::istringstream commands{event.line};
  for (std::string line; std::getline(commands, line);) {
    if (line.ends_with('\r')) line.pop_back();
    text += at + "> " + printable(line, kLineShown) + "\n";
  }
  if (event.fault) text += at + "failed: " + printable(event.fault->text, kLineShown) + "\n";
  return text;
}

std::string certificate_text(const CertificateVerdict& verdict) {
  std::string text = "  certificate: " + printable(verdict.text) + "\n";
  for (const TlsaVerdict& each : verdict.tlsa)
    text += "    TLSA " + each.record.text() + ": " + printable(each.text) + "\n";
  return text;
}

}  // namespace

std::string outcome_text(const Outcome& outcome) {
  return std::string{stage_name(outcome.stage)} + ": " +
         std::string{outcome_class_name(outcome.outcome)} + " (" +
         std::string{evidence_kind_name(outcome.evidence)} + " evidence): " + outcome.detail;
}

std::string transcript_text(const Transcript& transcript) {
  const SessionRequest& request = transcript.request;
  const SessionResult& result = transcript.result;
  std::string text = request.host + " [" + request.endpoint.address().to_string() +
                     "]:" + std::to_string(request.endpoint.port()) + ", TLS " +
                     std::string{tls_demand_name(request.policy.demand)} +
                     (request.in_clear ? ", second try in clear" : "") + ": " +
                     printable(request.policy.reason) + "\n";
  for (const TranscriptEvent& event : transcript.events)
    text += dialogue(event);
  if (result.certificate) text += certificate_text(*result.certificate);
  for (const std::string& note : result.notes)
    text += "  note: " + printable(note) + "\n";
  text += "  " + outcome_text(result.outcome) + "\n";
  return text;
}

}  // namespace tlspact
