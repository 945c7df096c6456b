// SPDX-License-Identifier: MIT
/// StsRecord: what a domain says at `_mta-sts.DOMAIN` (RFC 8461 section 3.1). Only that there is a
/// policy, and which version of it; the policy itself is fetched over HTTPS.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tlspact {

struct StsRecord {
  /// 1 to 32 letters and digits. Compared for equality only: it has no order.
  std::string id;

  friend bool operator==(const StsRecord&, const StsRecord&) = default;
};

/// All but `valid` mean "no MTA-STS policy available" (section 3.1).
enum class StsRecordOutcome : std::uint8_t {
  valid,
  none,     ///< no TXT record begins with v=STSv1
  several,  ///< more than one does
  invalid,  ///< one does and breaks the grammar
};

struct StsRecordFinding {
  StsRecordOutcome outcome = StsRecordOutcome::none;
  StsRecord record;    ///< only of a valid one
  std::string reason;  ///< of an invalid one, for people: one line without control bytes
};

/// Joins the character-strings of one TXT record, without anything between them (RFC 8461 section
/// 3.1, RFC 7208 section 3.3). nullopt: the bytes are no sequence of character-strings (RFC 1035
/// section 3.3), or there is none.
[[nodiscard]] std::optional<std::string> join_character_strings(std::string_view rdata);

/// `rdata`: of every TXT record at `_mta-sts.DOMAIN`, as on the wire. No limit on their number or
/// size but that of a DNS message.
[[nodiscard]] StsRecordFinding find_sts_record(std::span<const std::string> rdata);

/// The same of one text that is known to be alone.
[[nodiscard]] StsRecordFinding parse_sts_record(std::string_view text);

}  // namespace tlspact
