// SPDX-License-Identifier: MIT
#include "policy/tlsa_record.h"

#include <algorithm>
#include <array>
#include <optional>

namespace tlspact {
namespace {

constexpr std::uint8_t kDaneTa = 2;
constexpr std::uint8_t kDaneEe = 3;
constexpr std::uint8_t kCertificate = 0;
constexpr std::uint8_t kPublicKey = 1;
constexpr std::uint8_t kWhole = 0;
constexpr std::uint8_t kSha256 = 1;
constexpr std::uint8_t kSha512 = 2;
constexpr std::size_t kSha256Size = 32;
constexpr std::size_t kSha512Size = 64;

constexpr std::uint8_t kBitString = 0x03;
constexpr std::uint8_t kOid = 0x06;
constexpr std::uint8_t kSequence = 0x30;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

/// The elements of a DER encoding (X.690 section 10.1), one after the other.
class DerReader {
 public:
  explicit DerReader(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  /// The contents of the next element; nullopt if it is not one of `tag`, whole, with the shortest
  /// length there is.
  [[nodiscard]] std::optional<std::string_view> next(std::uint8_t tag) {
    if (rest_.size() < 2 || byte_at(rest_, 0) != tag) return std::nullopt;
    const auto length = take_length();
    if (!length || *length > rest_.size()) return std::nullopt;
    const std::string_view contents = rest_.substr(0, *length);
    rest_.remove_prefix(*length);
    return contents;
  }

 private:
  /// Leaves the contents in front.
  std::optional<std::size_t> take_length() {
    constexpr std::uint8_t kLongForm = 0x80;
    const std::uint8_t first = byte_at(rest_, 1);
    rest_.remove_prefix(2);
    if (first < kLongForm) return first;
    const std::size_t count = first & 0x7FU;
    // Two bytes count all that RDATA can hold, three are more than enough; none is the indefinite
    // form, which is not DER.
    if (count == 0 || count > 3 || count > rest_.size()) return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 0; i < count; ++i)
      length = length << 8U | byte_at(rest_, i);
    const std::size_t least = count == 1 ? kLongForm : std::size_t{1} << (8 * (count - 1));
    if (length < least) return std::nullopt;
    rest_.remove_prefix(count);
    return length;
  }

  std::string_view rest_;
};

/// The contents of the one SEQUENCE that `bytes` are.
std::optional<std::string_view> whole_sequence(std::string_view bytes) {
  DerReader reader{bytes};
  const auto contents = reader.next(kSequence);
  return reader.at_end() ? contents : std::nullopt;
}

bool looks_like_certificate(std::string_view bytes) {
  const auto contents = whole_sequence(bytes);
  if (!contents) return false;
  DerReader certificate{*contents};
  const auto to_be_signed = certificate.next(kSequence);
  const auto algorithm = certificate.next(kSequence);
  const auto signature = certificate.next(kBitString);
  return to_be_signed && !to_be_signed->empty() && algorithm && signature && !signature->empty() &&
         certificate.at_end();
}

bool looks_like_public_key(std::string_view bytes) {
  const auto contents = whole_sequence(bytes);
  if (!contents) return false;
  DerReader info{*contents};
  const auto algorithm = info.next(kSequence);
  const auto key = info.next(kBitString);
  return algorithm && DerReader{*algorithm}.next(kOid) && key && !key->empty() && info.at_end();
}

TlsaUsability usability_of_whole(const TlsaRecord& record) {
  if (record.selector == kCertificate) {
    return looks_like_certificate(record.data) ? TlsaUsability::usable
                                               : TlsaUsability::not_a_certificate;
  }
  return looks_like_public_key(record.data) ? TlsaUsability::usable
                                            : TlsaUsability::not_a_public_key;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out += kDigits[byte_at(bytes, i) >> 4U];
    out += kDigits[byte_at(bytes, i) & 0xFU];
  }
  return out;
}

}  // namespace

Result<TlsaRecord> TlsaRecord::parse(std::string_view rdata) {
  constexpr std::size_t kFields = 3;
  if (rdata.size() < kFields)
    return fail(Errc::bad_input, "a TLSA record of " + std::to_string(rdata.size()) +
                                     " bytes: usage, selector and matching type take three");
  return TlsaRecord{byte_at(rdata, 0), byte_at(rdata, 1), byte_at(rdata, 2),
                    std::string{rdata.substr(kFields)}};
}

std::string TlsaRecord::text() const {
  constexpr std::size_t kShown = 16;  // of data that is longer than any digest
  const std::string out = std::to_string(usage) + ' ' + std::to_string(selector) + ' ' +
                          std::to_string(matching_type) + ' ';
  if (data.size() <= kSha512Size) return out + hex(data);
  return out + hex(std::string_view{data}.substr(0, kShown)) + "… (" + std::to_string(data.size()) +
         " bytes)";
}

TlsaUsability tlsa_usability(const TlsaRecord& record) {
  // RFC 7672 section 3.1.3: without a user there is nobody to agree on the public CAs with.
  if (record.usage < kDaneTa) return TlsaUsability::pkix_usage;
  if (record.usage > kDaneEe) return TlsaUsability::unknown_usage;
  if (record.selector > kPublicKey) return TlsaUsability::unknown_selector;
  switch (record.matching_type) {
    case kWhole:
      return usability_of_whole(record);
    case kSha256:
      return record.data.size() == kSha256Size ? TlsaUsability::usable
                                               : TlsaUsability::digest_length;
    case kSha512:
      return record.data.size() == kSha512Size ? TlsaUsability::usable
                                               : TlsaUsability::digest_length;
    default:
      return TlsaUsability::unknown_matching_type;
  }
}

std::string_view tlsa_usability_text(TlsaUsability usability) {
  static constexpr std::array<std::string_view, 8> kTexts{
      "usable",
      "usage 0 or 1 (PKIX) is not for SMTP",
      "unknown usage",
      "unknown selector",
      "unknown matching type",
      "the data is not as long as its digest",
      "the data is not a certificate",
      "the data is not a public key",
  };
  return kTexts.at(static_cast<std::size_t>(usability));
}

std::vector<TlsaRecord> tlsa_to_match(const std::vector<TlsaRecord>& records) {
  std::vector<TlsaRecord> out;
  std::ranges::copy_if(records, std::back_inserter(out), [](const TlsaRecord& each) {
    return tlsa_usability(each) == TlsaUsability::usable;
  });
  // RFC 7671 section 9: a server must publish each key with every digest that it uses, so that
  // ignoring the weaker ones takes nothing from it, and takes a broken digest from an attacker.
  const std::vector<TlsaRecord> usable = out;
  std::erase_if(out, [&](const TlsaRecord& each) {
    return each.matching_type != kWhole &&
           std::ranges::any_of(usable, [&](const TlsaRecord& other) {
             return other.usage == each.usage && other.selector == each.selector &&
                    other.matching_type > each.matching_type;
           });
  });
  return out;
}

}  // namespace tlspact
