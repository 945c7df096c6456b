// SPDX-License-Identifier: MIT
#include "daemon/store/evidence_json.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace tlspact {
namespace {

namespace json = boost::json;

std::int64_t number(Time time) {
  return time.time_since_epoch().count();
}

void put(json::object& to, const char* name, const std::optional<Time>& time) {
  if (time) to[name] = number(*time);
}

/// The object's member of that type; throws boost::system::system_error if there is another.
std::string text_of(const json::object& from, const char* name) {
  const json::value* const value = from.if_contains(name);
  return value == nullptr ? std::string{} : std::string{value->as_string()};
}
std::optional<Time> time_of(const json::object& from, const char* name) {
  const json::value* const value = from.if_contains(name);
  if (value == nullptr) return std::nullopt;
  return Time{Seconds{value->as_int64()}};
}
bool flag_of(const json::object& from, const char* name) {
  const json::value* const value = from.if_contains(name);
  return value != nullptr && value->as_bool();
}

json::object object_of(const Evidence& evidence) {
  json::object out{{"host", evidence.host},     {"address", evidence.address},
                   {"at", number(evidence.at)}, {"kind", evidence_kind_name(evidence.kind)},
                   {"stage", evidence.stage},   {"class", evidence.outcome},
                   {"detail", evidence.detail}};
  if (evidence.tls) {
    out["tls"] = tls_version_name(*evidence.tls);
    out["chain_trusted"] = evidence.chain_trusted;
    out["names_host"] = evidence.names_host;
    out["certificate"] = evidence.certificate_sha256;
    out["public_key"] = evidence.public_key_sha256;
    json::array names;
    for (const std::string& each : evidence.names)
      names.emplace_back(each);
    out["names"] = std::move(names);
  }
  if (evidence.dane) out["dane"] = *evidence.dane;
  put(out, "certificate_end", evidence.certificate_end);
  return out;
}

std::optional<Evidence> evidence_of(const json::object& from) {
  Evidence out;
  out.host = text_of(from, "host");
  out.address = text_of(from, "address");
  out.at = time_of(from, "at").value_or(Time{});
  const auto kind = parse_evidence_kind(text_of(from, "kind"));
  if (!kind) return std::nullopt;
  out.kind = *kind;
  out.stage = text_of(from, "stage");
  out.outcome = text_of(from, "class");
  out.detail = text_of(from, "detail");
  out.tls = parse_tls_version(text_of(from, "tls"));
  out.chain_trusted = flag_of(from, "chain_trusted");
  out.names_host = flag_of(from, "names_host");
  if (const json::value* const dane = from.if_contains("dane")) out.dane = dane->as_bool();
  out.certificate_end = time_of(from, "certificate_end");
  out.certificate_sha256 = text_of(from, "certificate");
  out.public_key_sha256 = text_of(from, "public_key");
  if (const json::value* const names = from.if_contains("names")) {
    for (const json::value& each : names->as_array()) {
      if (out.names.size() < kMaxEvidenceNames) out.names.emplace_back(each.as_string());
    }
  }
  return out;
}

std::optional<Evidence> evidence_in(const json::object& from, const char* name) {
  const json::value* const value = from.if_contains(name);
  return value == nullptr ? std::nullopt : evidence_of(value->as_object());
}

EndpointMemory endpoint_of(const json::object& from) {
  EndpointMemory out;
  out.host = text_of(from, "host");
  out.address = text_of(from, "address");
  out.last = evidence_in(from, "last");
  out.conclusive = evidence_in(from, "conclusive");
  for (const json::value& each : from.at("sightings").as_array()) {
    const json::array& pair = each.as_array();
    if (out.sightings.size() < kMaxSightings)
      out.sightings.push_back({Time{Seconds{pair.at(0).as_int64()}}, pair.at(1).as_bool()});
  }
  out.did_tls = time_of(from, "did_tls");
  out.confirmed = time_of(from, "confirmed");
  out.alarm = time_of(from, "alarm");
  out.failures = static_cast<unsigned>(
      std::clamp<std::int64_t>(from.at("failures").as_int64(), 0, 16));  // EndpointMemory::failures
  out.probe_again = time_of(from, "probe_again").value_or(Time{});
  return out;
}

LearnedDomain domain_of(const json::object& from) {
  LearnedDomain out;
  out.domain = text_of(from, "domain");
  for (const json::value& each : from.at("hosts").as_array())
    out.hosts.emplace_back(each.as_string());
  for (const json::value& each : from.at("supporters").as_array())
    out.supporters.emplace_back(each.as_string());
  out.learned = time_of(from, "learned");
  out.supported = time_of(from, "supported").value_or(Time{});
  out.look_again = time_of(from, "look_again").value_or(Time{});
  return out;
}

/// nullopt where `read` finds something else than it looks for.
template <class Read>
auto parsed(std::string_view text, Read read) -> std::optional<decltype(read(json::object{}))> {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  try {
    return read(value.get_object());
  } catch (const std::exception&) {  // boost::system::system_error, std::out_of_range
    return std::nullopt;
  }
}

}  // namespace

std::string evidence_json(const Evidence& evidence) {
  return json::serialize(object_of(evidence));
}

std::string endpoint_json(const EndpointMemory& memory) {
  json::array sightings;
  for (const Sighting& each : memory.sightings)
    sightings.push_back(json::array{number(each.at), each.tls});
  json::object out{{"host", memory.host},
                   {"address", memory.address},
                   {"sightings", std::move(sightings)},
                   {"failures", static_cast<std::int64_t>(memory.failures)},
                   {"probe_again", number(memory.probe_again)}};
  if (memory.last) out["last"] = object_of(*memory.last);
  if (memory.conclusive) out["conclusive"] = object_of(*memory.conclusive);
  put(out, "did_tls", memory.did_tls);
  put(out, "confirmed", memory.confirmed);
  put(out, "alarm", memory.alarm);
  return json::serialize(out);
}

std::string learned_domain_json(const LearnedDomain& domain) {
  json::array hosts;
  for (const std::string& each : domain.hosts)
    hosts.emplace_back(each);
  json::object out{{"domain", domain.domain},
                   {"hosts", std::move(hosts)},
                   {"supported", number(domain.supported)},
                   {"look_again", number(domain.look_again)}};
  json::array supporters;
  for (const std::string& each : domain.supporters)
    supporters.emplace_back(each);
  out["supporters"] = std::move(supporters);
  put(out, "learned", domain.learned);
  return json::serialize(out);
}

std::optional<Evidence> parse_evidence_json(std::string_view text) {
  return parsed(text, evidence_of).value_or(std::nullopt);
}

std::optional<EndpointMemory> parse_endpoint_json(std::string_view text) {
  return parsed(text, endpoint_of);
}

std::optional<LearnedDomain> parse_learned_domain_json(std::string_view text) {
  return parsed(text, domain_of);
}

}  // namespace tlspact
