// SPDX-License-Identifier: MIT
#include "smtp/transcript/transcript_json.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "smtp/transcript/binary_text.h"

namespace tlspact {
namespace {

namespace json = boost::json;

json::array strings(const std::vector<std::string>& values) {
  json::array result;
  for (const std::string& each : values)
    result.emplace_back(each);
  return result;
}

json::array ders(const std::vector<std::string>& certificates) {
  json::array result;
  for (const std::string& der : certificates)
    result.push_back({{"sha256", sha256_hex(der)}, {"der", to_base64(der)}});
  return result;
}

json::array ders(const std::vector<SentCertificate>& chain) {
  std::vector<std::string> certificates;
  for (const SentCertificate& each : chain)
    certificates.push_back(each.der());
  return ders(certificates);
}

json::object fault(const ChannelFault& value) {
  return {{"kind", channel_fault_name(value.kind)}, {"text", value.text}};
}

/// Bytes that are no plain text do not fit into a JSON string.
void put_line(json::object& into, const std::string& line) {
  const bool text = printable_ascii(line);
  into[text ? "line" : "line_base64"] = text ? line : to_base64(line);
}

json::object facts(const TlsFacts& value) {
  return {{"version", tls_version_name(value.version)},
          {"cipher", value.cipher},
          {"group", value.group},
          {"sni", value.sni},
          {"client_certificate", value.client_certificate},
          {"chain", ders(value.chain)}};
}

json::object event(const TranscriptEvent& value) {
  json::object result{{"event", transcript_event_name(value.kind)}, {"us", value.at.count()}};
  using Kind = TranscriptEvent::Kind;
  const bool has_line = (value.kind == Kind::read && !value.fault) || value.kind == Kind::write ||
                        value.kind == Kind::message;
  if (has_line) put_line(result, value.line);
  if (value.more) result["more"] = true;
  if (value.facts) result["tls"] = facts(*value.facts);
  if (value.fault) result["fault"] = fault(*value.fault);
  return result;
}

json::array tlsa_records(const std::vector<TlsaRecord>& records) {
  json::array result;
  for (const TlsaRecord& each : records)
    result.push_back({{"usage", each.usage},
                      {"selector", each.selector},
                      {"matching_type", each.matching_type},
                      {"data", to_hex(each.data)}});
  return result;
}

std::string pin_text(const Fingerprint& pin) {
  const std::string bytes{pin.sha256.begin(), pin.sha256.end()};
  return (pin.of == Fingerprint::Of::certificate ? "sha256:" : "spki-sha256:") + to_hex(bytes);
}

json::object policy(const HostPolicy& value) {
  json::array names;
  for (const MxPattern& each : value.names)
    names.emplace_back(each.text());
  json::array pins;
  for (const Fingerprint& each : value.pins)
    pins.emplace_back(pin_text(each));
  json::object result{{"demand", tls_demand_name(value.demand)},
                      {"reason", value.reason},
                      {"sni", value.sni},
                      {"names", std::move(names)},
                      {"tlsa", tlsa_records(value.tlsa)},
                      {"pins", std::move(pins)},
                      {"ca_file", value.ca_file},
                      {"client_certificate", value.client_certificate},
                      {"client_key", value.client_key}};
  if (value.min_tls) result["min_tls"] = tls_version_name(*value.min_tls);
  if (value.ciphers) result["ciphers"] = cipher_grade_name(*value.ciphers);
  return result;
}

json::object envelope(const Envelope& value) {
  return {{"sender", value.sender},
          {"recipients", strings(value.recipients)},
          {"requiretls", value.requiretls},
          {"notify", value.notify},
          {"chunking", value.chunking}};
}

json::object message(const MessageFacts& value) {
  return {{"size", value.size},
          {"eight_bit", value.eight_bit},
          {"utf8_header", value.utf8_header},
          {"tls_required_no", value.tls_required_no},
          {"longest_line", value.longest_line}};
}

json::object request(const SessionRequest& value) {
  json::object result{{"host", value.host},
                      {"address", value.endpoint.address().to_string()},
                      {"port", value.endpoint.port()},
                      {"helo", value.helo},
                      {"policy", policy(value.policy)},
                      {"clear_allowed", value.clear_allowed},
                      {"in_clear", value.in_clear}};
  if (value.envelope) {
    result["envelope"] = envelope(*value.envelope);
    result["message"] = message(value.message);
  }
  return result;
}

json::object outcome(const Outcome& value) {
  return {{"stage", stage_name(value.stage)},
          {"class", outcome_class_name(value.outcome)},
          {"evidence", evidence_kind_name(value.evidence)},
          {"detail", value.detail}};
}

json::array extensions(const Extensions& value) {
  json::array result;
  const auto add = [&](bool offered, std::string_view name) {
    if (offered) result.emplace_back(name);
  };
  add(value.starttls, "STARTTLS");
  add(value.pipelining, "PIPELINING");
  add(value.eight_bit_mime, "8BITMIME");
  add(value.smtputf8, "SMTPUTF8");
  add(value.chunking, "CHUNKING");
  add(value.dsn, "DSN");
  add(value.enhanced_status_codes, "ENHANCEDSTATUSCODES");
  add(value.requiretls, "REQUIRETLS");
  add(value.struck_out, "XXXXXXXA");
  if (value.size)
    result.emplace_back(value.size_limit ? "SIZE " + std::to_string(*value.size_limit) : "SIZE");
  return result;
}

json::object certificate(const CertificateVerdict& value) {
  json::array tlsa;
  for (const TlsaVerdict& each : value.tlsa)
    tlsa.push_back({{"record", each.record.text()},
                    {"usability", tlsa_usability_text(each.usability)},
                    {"matches", each.matches},
                    {"text", each.text}});
  json::array names;
  for (const NameVerdict& each : value.names)
    names.push_back({{"name", each.pattern}, {"matches", each.matches}});
  json::array pins;
  for (const PinVerdict& each : value.pins)
    pins.push_back({{"pin", pin_text(each.pin)}, {"matches", each.matches}});
  json::array faults;
  for (const ChainFault& each : value.chain_faults)
    faults.push_back({{"depth", each.depth}, {"code", each.openssl_code}, {"text", each.text}});
  json::object result{{"satisfied", value.satisfied},
                      {"text", value.text},
                      {"chain_trusted", value.chain_trusted},
                      {"chain_faults", std::move(faults)},
                      {"name_matches", value.name_matches},
                      {"names", std::move(names)},
                      {"certificate_names", strings(value.certificate_names)},
                      {"tlsa", std::move(tlsa)},
                      {"pins", std::move(pins)}};
  if (value.certificate_end) result["not_after"] = format_time(*value.certificate_end);
  return result;
}

json::array recipients(const std::vector<RecipientResult>& values) {
  json::array result;
  for (const RecipientResult& each : values)
    result.push_back({{"address", each.address},
                      {"fate", fate_name(each.fate)},
                      {"stage", stage_name(each.stage)},
                      {"code", each.code},
                      {"text", each.text}});
  return result;
}

}  // namespace

json::object session_result_to_json(const SessionResult& value) {
  json::object result{{"outcome", outcome(value.outcome)},
                      {"tls", value.tls},
                      {"offered_in_clear", extensions(value.offered_in_clear)},
                      {"offered_under_tls", extensions(value.offered_under_tls)},
                      {"banner", value.banner},
                      {"helo", value.helo_of_server},
                      {"retry_in_clear", value.retry_in_clear},
                      {"client_certificate_rejected", value.client_certificate_rejected},
                      {"downgrade", value.downgrade},
                      {"notes", strings(value.notes)},
                      {"recipients", recipients(value.recipients)}};
  if (value.facts)
    result["session"] = {{"version", tls_version_name(value.facts->version)},
                         {"cipher", value.facts->cipher},
                         {"group", value.facts->group}};
  if (value.certificate) result["certificate"] = certificate(*value.certificate);
  return result;
}

json::object transcript_to_json(const Transcript& transcript) {
  json::array events;
  for (const TranscriptEvent& each : transcript.events)
    events.push_back(event(each));
  return {{"format", "tlspact transcript 1"},
          {"started", format_time(transcript.started)},
          {"request", request(transcript.request)},
          {"events", std::move(events)},
          {"anchors", ders(transcript.anchors)},
          {"result", session_result_to_json(transcript.result)}};
}

}  // namespace tlspact
