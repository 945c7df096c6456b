// SPDX-License-Identifier: MIT
#include <boost/asio/ip/address.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "smtp/transcript/binary_text.h"
#include "smtp/transcript/transcript_json.h"

namespace tlspact {
namespace {

namespace json = boost::json;

/// Reads members of one object; the first fault is kept and everything after it is empty.
class Members {
 public:
  Members(const json::object& object, std::string where, std::string& fault)
      : object_(object), where_(std::move(where)), fault_(fault) {}

  [[nodiscard]] std::string text(std::string_view name) const {
    const json::value* const value = find(name);
    if (value == nullptr) return {};
    if (!value->is_string()) return refuse(name, "is no string");
    return std::string{value->get_string()};
  }
  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t most = INT64_MAX) const {
    const json::value* const value = find(name);
    if (value == nullptr) return 0;
    boost::system::error_code error;
    const auto result = value->to_number<std::uint64_t>(error);
    if (error || result > most) {
      refuse(name, "is no number in its range");
      return 0;
    }
    return result;
  }
  [[nodiscard]] bool flag(std::string_view name) const {
    const json::value* const value = find(name);
    if (value == nullptr) return false;
    if (!value->is_bool()) refuse(name, "is neither true nor false");
    return value->is_bool() && value->get_bool();
  }
  [[nodiscard]] const json::object& object(std::string_view name) const {
    static const json::object kEmpty;
    const json::value* const value = find(name);
    if (value == nullptr) return kEmpty;
    if (value->is_object()) return value->get_object();
    refuse(name, "is no object");
    return kEmpty;
  }
  [[nodiscard]] const json::array& array(std::string_view name) const {
    static const json::array kEmpty;
    const json::value* const value = find(name);
    if (value == nullptr) return kEmpty;
    if (value->is_array()) return value->get_array();
    refuse(name, "is no array");
    return kEmpty;
  }
  [[nodiscard]] Members in(std::string_view name) const {
    return {object(name), where_ + std::string{name} + ".", fault_};
  }
  /// What `read` makes of a text; its own nothing is a fault.
  template <class Read>
  [[nodiscard]] auto read(std::string_view name, const Read& reader) const {
    auto value = reader(text(name));
    using Value = std::remove_cvref_t<decltype(*value)>;
    if (!value) refuse(name, "has a value that is not known");
    return value ? *std::move(value) : Value{};
  }
  [[nodiscard]] bool has(std::string_view name) const { return object_.contains(name); }
  std::string refuse(std::string_view name, std::string_view why) const {
    if (fault_.empty()) fault_ = where_ + std::string{name} + " " + std::string{why};
    return {};
  }

 private:
  [[nodiscard]] const json::value* find(std::string_view name) const {
    const json::value* const value = object_.if_contains(name);
    if (value == nullptr) refuse(name, "is missing");
    return value;
  }

  const json::object& object_;
  std::string where_;
  std::string& fault_;
};

/// Each element, which must be an object.
template <class Take>
void each_object(const Members& members, std::string_view name, std::string& fault,
                 const Take& take) {
  std::size_t number = 0;
  for (const json::value& each : members.array(name)) {
    const std::string where = std::string{name} + "[" + std::to_string(number++) + "].";
    if (!each.is_object()) {
      members.refuse(name, "has an element that is no object");
      return;
    }
    take(Members{each.get_object(), where, fault});
  }
}

std::vector<std::string> strings(const Members& members, std::string_view name) {
  std::vector<std::string> result;
  for (const json::value& each : members.array(name)) {
    if (!each.is_string()) {
      members.refuse(name, "has an element that is no string");
      break;
    }
    result.emplace_back(each.get_string());
  }
  return result;
}

std::vector<std::string> ders(const Members& members, std::string_view name, std::string& fault) {
  std::vector<std::string> result;
  each_object(members, name, fault,
              [&](const Members& each) { result.push_back(each.read("der", from_base64)); });
  return result;
}

HostPolicy policy_of(const Members& members, std::string& fault) {
  HostPolicy policy;
  policy.demand = members.read("demand", parse_tls_demand);
  policy.reason = members.text("reason");
  policy.sni = members.text("sni");
  for (const std::string& each : strings(members, "names")) {
    if (auto pattern = MxPattern::parse(each)) {
      policy.names.push_back(*std::move(pattern));
    } else {
      members.refuse("names", "has one that is no host name");
    }
  }
  for (const std::string& each : strings(members, "pins")) {
    if (auto pin = Fingerprint::parse(each)) {
      policy.pins.push_back(*pin);
    } else {
      members.refuse("pins", "has one that is no fingerprint");
    }
  }
  each_object(members, "tlsa", fault, [&](const Members& each) {
    constexpr std::uint64_t kByte = 255;
    policy.tlsa.push_back(
        {.usage = static_cast<std::uint8_t>(each.number("usage", kByte)),
         .selector = static_cast<std::uint8_t>(each.number("selector", kByte)),
         .matching_type = static_cast<std::uint8_t>(each.number("matching_type", kByte)),
         .data = each.read("data", from_hex)});
  });
  policy.ca_file = members.text("ca_file");
  policy.client_certificate = members.text("client_certificate");
  policy.client_key = members.text("client_key");
  if (members.has("min_tls")) policy.min_tls = members.read("min_tls", parse_tls_version);
  if (members.has("ciphers")) policy.ciphers = members.read("ciphers", parse_cipher_grade);
  return policy;
}

SessionRequest request_of(const Members& members, std::string& fault) {
  SessionRequest request;
  request.host = members.text("host");
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(members.text("address"), error);
  if (error) members.refuse("address", "is no IP address");
  request.endpoint = {address, static_cast<std::uint16_t>(members.number("port", 65'535))};
  request.helo = members.text("helo");
  request.policy = policy_of(members.in("policy"), fault);
  request.clear_allowed = members.flag("clear_allowed");
  request.in_clear = members.flag("in_clear");
  if (!members.has("envelope")) return request;
  const Members envelope = members.in("envelope");
  request.envelope = Envelope{.sender = envelope.text("sender"),
                              .recipients = strings(envelope, "recipients"),
                              .requiretls = envelope.flag("requiretls"),
                              .notify = envelope.text("notify"),
                              .chunking = envelope.flag("chunking")};
  const Members message = members.in("message");
  request.message = {.size = message.number("size"),
                     .eight_bit = message.flag("eight_bit"),
                     .utf8_header = message.flag("utf8_header"),
                     .tls_required_no = message.flag("tls_required_no"),
                     .longest_line = message.number("longest_line")};
  return request;
}

TlsFacts facts_of(const Members& members, std::string& fault) {
  std::vector<SentCertificate> chain;
  for (std::string& der : ders(members, "chain", fault))
    chain.emplace_back(std::move(der));
  return {.version = members.read("version", parse_tls_version),
          .cipher = members.text("cipher"),
          .group = members.text("group"),
          .sni = members.text("sni"),
          .client_certificate = members.flag("client_certificate"),
          .chain = std::move(chain)};
}

TranscriptEvent event_of(const Members& members, std::string& fault) {
  TranscriptEvent event;
  event.kind = members.read("event", parse_transcript_event);
  event.at = Micros{static_cast<std::int64_t>(members.number("us"))};
  if (members.has("line_base64")) {
    event.line = members.read("line_base64", from_base64);
  } else if (members.has("line")) {
    event.line = members.text("line");
  }
  if (members.has("more")) event.more = members.flag("more");
  if (members.has("tls")) event.facts = facts_of(members.in("tls"), fault);
  if (members.has("fault")) {
    const Members why = members.in("fault");
    event.fault = ChannelFault{why.read("kind", parse_channel_fault), why.text("text")};
  }
  return event;
}

}  // namespace

Result<StoredTranscript> parse_transcript(const json::value& document) {
  if (!document.is_object()) return fail(Errc::bad_input, "a transcript is a JSON object");
  std::string fault;
  const Members members{document.get_object(), "", fault};
  if (members.text("format") != "tlspact transcript 1")
    return fail(Errc::bad_input, "format is not \"tlspact transcript 1\"");
  StoredTranscript stored;
  stored.transcript.started = members.read("started", parse_rfc3339);
  stored.transcript.request = request_of(members.in("request"), fault);
  each_object(members, "events", fault, [&](const Members& each) {
    stored.transcript.events.push_back(event_of(each, fault));
  });
  stored.transcript.anchors = ders(members, "anchors", fault);
  stored.result = json::serialize(members.object("result"));
  if (!fault.empty()) return fail(Errc::bad_input, fault);
  return stored;
}

}  // namespace tlspact
