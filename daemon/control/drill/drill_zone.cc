// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill_zone.h"

#include <algorithm>
#include <optional>

namespace tlspact {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeNs = 2;
constexpr std::uint16_t kTypeSoa = 6;
constexpr std::uint16_t kTypeMx = 15;
constexpr std::uint16_t kTypeOpt = 41;
constexpr std::uint16_t kTypeTlsa = 52;
constexpr std::uint16_t kTypeAny = 255;
constexpr std::uint16_t kClassIn = 1;
constexpr unsigned kNoError = 0;
constexpr unsigned kNxDomain = 3;
constexpr std::uint16_t kResponse = 0x8000;
constexpr std::uint16_t kRecursionDesired = 0x0100;
constexpr std::uint16_t kRecursionAvailable = 0x0080;
constexpr std::uint16_t kAuthentic = 0x0020;
constexpr std::uint16_t kCheckingDisabled = 0x0010;
constexpr std::uint16_t kQuestionName = 0xC00C;  // a pointer to offset 12

void put16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value >> 8U);
  out += static_cast<char>(value & 0xFFU);
}

std::uint16_t get16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>((static_cast<std::uint8_t>(bytes[at]) << 8U) |
                                    static_cast<std::uint8_t>(bytes[at + 1]));
}

std::string wire_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out += static_cast<char>(label.size());
    out += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return out + '\0';
}

struct Question {
  std::string name;  ///< lower case, without a dot at the end
  std::uint16_t type = 0;
  std::string_view bytes;
};

std::optional<Question> read_question(std::string_view query) {
  if (query.size() < kHeader || (get16(query, 2) & kResponse) != 0 || get16(query, 4) != 1)
    return std::nullopt;
  Question out;
  std::size_t at = kHeader;
  while (at < query.size() && query[at] != '\0') {
    const auto length = static_cast<std::uint8_t>(query[at]);
    if (length > 63 || at + 1 + length >= query.size()) return std::nullopt;
    if (!out.name.empty()) out.name += '.';
    out.name += query.substr(at + 1, length);
    at += 1U + length;
  }
  if (at + 5 > query.size()) return std::nullopt;
  std::ranges::transform(out.name, out.name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  out.type = get16(query, at + 1);
  out.bytes = query.substr(kHeader, at + 5 - kHeader);
  return out;
}

/// What a server that takes large answers says of itself (RFC 6891), with the DO bit.
std::string opt_record() {
  std::string out(1, '\0');
  put16(out, kTypeOpt);
  put16(out, 4096);
  put16(out, 0);
  put16(out, kCheckingDisabled << 11U);  // DO is the highest bit of the flags
  put16(out, 0);
  return out;
}

std::string resource(std::uint16_t type, std::string_view rdata) {
  constexpr std::uint16_t kSeconds = 60;
  std::string out;
  put16(out, kQuestionName);
  put16(out, type);
  put16(out, kClassIn);
  put16(out, 0);
  put16(out, kSeconds);
  put16(out, static_cast<std::uint16_t>(rdata.size()));
  return out.append(rdata);
}

/// By the root mail servers try whether their resolver validates.
std::string root_rdata(std::uint16_t type) {
  std::string out = wire_name("ns.drill.tlspact.invalid");
  if (type == kTypeNs) return out;
  out += wire_name("drill.tlspact.invalid") + std::string(20, '\1');
  return out;
}

}  // namespace

void DrillZone::add_mx(const std::string& domain, const std::string& host) {
  std::string rdata;
  put16(rdata, 10);
  records_.emplace(domain, Record{kTypeMx, rdata + wire_name(host)});
}

void DrillZone::add_address(const std::string& host, const std::array<std::uint8_t, 4>& address) {
  records_.emplace(host, Record{kTypeA, std::string{address.begin(), address.end()}});
}

void DrillZone::add_tlsa(const std::string& host, const TlsaRecord& record) {
  std::string rdata;
  for (const std::uint8_t byte : {record.usage, record.selector, record.matching_type})
    rdata += static_cast<char>(byte);
  records_.emplace("_25._tcp." + host, Record{kTypeTlsa, rdata + record.data});
}

bool DrillZone::exists(const std::string& name) const {
  return name.empty() || std::ranges::any_of(records_, [&](const auto& each) {
           return each.first == name || each.first.ends_with("." + name);
         });
}

std::string DrillZone::answer(std::string_view query) const {
  const auto question = read_question(query);
  if (!question) return {};
  std::string records;
  std::uint16_t count = 0;
  const auto [begin, end] = records_.equal_range(question->name);
  for (auto each = begin; each != end; ++each) {
    if (each->second.type != question->type && question->type != kTypeAny) continue;
    records += resource(each->second.type, each->second.rdata);
    ++count;
  }
  if (question->name.empty() && (question->type == kTypeNs || question->type == kTypeSoa)) {
    records += resource(question->type, root_rdata(question->type));
    ++count;
  }
  const bool extended = get16(query, 10) > 0;
  const unsigned asked = get16(query, 2);
  std::string out{query.substr(0, 2)};
  put16(out,
        static_cast<std::uint16_t>(kResponse | (asked & (kRecursionDesired | kCheckingDisabled)) |
                                   kRecursionAvailable | (validates_ ? kAuthentic : 0U) |
                                   (exists(question->name) ? kNoError : kNxDomain)));
  for (const unsigned each : {1U, unsigned{count}, 0U, extended ? 1U : 0U})
    put16(out, static_cast<std::uint16_t>(each));
  return out.append(question->bytes) + records + (extended ? opt_record() : std::string{});
}

}  // namespace tlspact
