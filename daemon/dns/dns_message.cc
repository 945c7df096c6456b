// SPDX-License-Identifier: MIT
#include "daemon/dns/dns_message.h"

#include <algorithm>

#include "smtp/dns_records.h"

namespace tlspact {

namespace {

constexpr std::uint16_t kNs = 2;
constexpr std::uint16_t kCname = 5;
constexpr std::uint16_t kSoa = 6;
constexpr std::uint16_t kMx = 15;
constexpr std::size_t kMaxName = 255;  // RFC 1035 section 2.3.4

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// A name's bytes, lower-case. The length bytes stay what they are: none is a capital (63 at most).
std::string lowered(std::string wire) {
  std::transform(wire.begin(), wire.end(), wire.begin(), lower);
  return wire;
}

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::size_t at() const { return at_; }

  std::uint16_t u16() {
    if (!has(2)) return 0;
    at_ += 2;
    return static_cast<std::uint16_t>(bytes_[at_ - 2] << 8 | bytes_[at_ - 1]);
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  std::string raw(std::size_t size) {
    if (!has(size)) return {};
    at_ += size;
    return {reinterpret_cast<const char*>(bytes_.data()) + (at_ - size), size};
  }
  /// Uncompressed, with the final zero. Pointers lead backwards only, so it ends.
  std::string name() {
    std::string out;
    std::size_t at = at_;
    std::size_t limit = at;  // pointers go before this
    bool jumped = false;
    while (good_) {
      if (at >= bytes_.size()) return fail();
      const unsigned length = bytes_[at];
      if ((length & 0xC0U) == 0xC0U) {
        if (at + 1 >= bytes_.size()) return fail();
        const std::size_t target = (length & 0x3FU) << 8 | bytes_[at + 1];
        if (target >= limit) return fail();
        if (!jumped) at_ = at + 2;
        jumped = true;
        at = limit = target;
        continue;
      }
      if (length > 63 || at + 1 + length > bytes_.size()) return fail();
      out.append(reinterpret_cast<const char*>(bytes_.data()) + at, length + 1);
      if (out.size() > kMaxName) return fail();
      at += length + 1;
      if (length == 0) break;
    }
    if (!jumped) at_ = at;
    return out;
  }

 private:
  bool has(std::size_t size) {
    if (good_ && bytes_.size() - at_ >= size) return true;
    good_ = false;
    return false;
  }
  std::string fail() {
    good_ = false;
    return {};
  }

  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

/// Compressed names occur in these types only (RFC 3597 section 4).
std::string read_rdata(Reader& reader, std::uint16_t type, std::size_t size) {
  switch (type) {
    case kNs:
    case kCname:
      return reader.name();
    case kMx: {
      const std::string preference = reader.raw(2);
      return preference + reader.name();
    }
    case kSoa: {
      std::string names = reader.name();
      names += reader.name();
      return names + reader.raw(20);
    }
    default:
      return reader.raw(size);
  }
}

bool read_records(Reader& reader, unsigned count, std::vector<DnsRecord>& out) {
  while (count-- > 0 && reader.good()) {
    DnsRecord record{.owner = lowered(reader.name())};
    record.type = reader.u16();
    reader.u16();  // the class: a question of class IN has answers of class IN
    record.ttl = reader.u32();
    const std::size_t size = reader.u16();
    const std::size_t begin = reader.at();
    record.rdata = read_rdata(reader, record.type, size);
    if (!reader.good() || reader.at() != begin + size) return false;
    out.push_back(std::move(record));
  }
  return reader.good();
}

/// Of a denial (RFC 2308 section 5); 0 without an SOA: then it is not to be kept.
std::uint32_t negative_ttl(const DnsMessage& message) {
  std::optional<std::uint32_t> out;
  for (const DnsRecord& record : message.authority) {
    if (record.type != kSoa || record.rdata.size() < 20) continue;
    const std::string minimum = record.rdata.substr(record.rdata.size() - 4);
    Reader reader{{reinterpret_cast<const std::uint8_t*>(minimum.data()), minimum.size()}};
    out = std::min({out.value_or(record.ttl), record.ttl, reader.u32()});
  }
  return out.value_or(0);
}

/// RFC 2181 section 8: a TTL with the highest bit set is 0.
std::uint32_t sane(std::uint32_t ttl) {
  return ttl > 0x7FFFFFFFU ? 0 : ttl;
}

/// Where the CNAMEs of the answer lead from `name`; `ttl` becomes the least of theirs.
std::string follow(const DnsMessage& message, std::string name, std::uint32_t& ttl) {
  // As many links as there are records: a loop ends.
  for (std::size_t links = 0; links < message.answer.size(); ++links) {
    const auto link = std::ranges::find_if(message.answer, [&](const DnsRecord& record) {
      return record.type == kCname && record.owner == name;
    });
    if (link == message.answer.end()) break;
    ttl = std::min(ttl, sane(link->ttl));
    name = lowered(link->rdata);
  }
  return name;
}

}  // namespace

std::optional<DnsMessage> read_message(std::span<const std::uint8_t> bytes) {
  Reader reader{bytes};
  DnsMessage message;
  reader.u16();  // the identifier
  const unsigned flags = reader.u16();
  const unsigned questions = reader.u16();
  const unsigned answers = reader.u16();
  const unsigned authorities = reader.u16();
  reader.u16();
  constexpr unsigned kResponse = 0x8000;
  if (!reader.good() || (flags & kResponse) == 0 || questions != 1) return std::nullopt;
  message.authoritative = (flags & 0x0400U) != 0;
  message.truncated = (flags & 0x0200U) != 0;
  message.authentic = (flags & 0x0020U) != 0;
  message.rcode = flags & 0xFU;
  message.question = lowered(reader.name());
  reader.u32();  // type and class
  if (!read_records(reader, answers, message.answer) ||
      !read_records(reader, authorities, message.authority))
    return std::nullopt;
  return message;
}

DnsAnswer to_answer(const DnsMessage& message, RecordType type) {
  constexpr unsigned kNoError = 0;
  constexpr unsigned kNxDomain = 3;
  DnsAnswer answer;
  std::uint32_t ttl = 0x7FFFFFFFU;
  const std::string end =
      type == RecordType::cname ? message.question : follow(message, message.question, ttl);
  answer.canonical_name = parse_dns_name(end).value_or("");
  if (message.rcode != kNoError && message.rcode != kNxDomain) return answer;
  for (const DnsRecord& record : message.answer) {
    if (record.type != static_cast<std::uint16_t>(type) || record.owner != end) continue;
    answer.rdata.push_back(record.rdata);
    ttl = std::min(ttl, sane(record.ttl));
  }
  if (message.rcode == kNxDomain) {
    answer.outcome = DnsOutcome::nx_domain;
  } else {
    answer.outcome = answer.rdata.empty() ? DnsOutcome::no_data : DnsOutcome::records;
  }
  if (answer.outcome != DnsOutcome::records) ttl = std::min(ttl, sane(negative_ttl(message)));
  answer.ttl = Seconds{ttl};
  return answer;
}

}  // namespace tlspact
