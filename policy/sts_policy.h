// SPDX-License-Identifier: MIT
/// StsPolicy: the policy that a domain publishes at its policy host (RFC 8461 section 3.2).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/candidate.h"
#include "policy/mx_pattern.h"
#include "policy/result.h"

namespace tlspact {

/// A body of more bytes is refused, not cut off (RFC 8461 section 3.3 suggests the figure).
inline constexpr std::size_t kMaxStsPolicyBytes = 65536;
/// As many patterns as a list may give a domain. A policy with more is refused.
inline constexpr std::size_t kMaxStsMxPatterns = 100;
/// 31557600 seconds, about a year (section 3.2). More is taken as this.
inline constexpr Seconds kMaxStsAge{31'557'600};

/// A value. Its version is STSv1; there is no other.
struct StsPolicy {
  Mode mode = Mode::none;
  std::vector<MxPattern> mx;  ///< in their order; at least one unless the mode is none
  Seconds max_age{0};         ///< 0 to kMaxStsAge, counted from the fetch
  /// Fields that this version does not know, in their order (section 3.2 keeps the door open). The
  /// values may hold any bytes but control characters.
  std::vector<std::pair<std::string, std::string>> extensions;
  /// As it was served, for TLSRPT (RFC 8460 section 4.3.1). Hostile: never to a map, a log or a
  /// page but through sts_policy_lines.
  std::string text;
  /// What was passed over, for people: the first 20, each one line without control bytes.
  std::vector<std::string> remarks;

  friend bool operator==(const StsPolicy&, const StsPolicy&) = default;
};

/// Reads a body. An Error (bad_input) names the rule that is broken, without the body's source. The
/// rules and where the RFC leaves a choice are in docs/mta-sts.md.
[[nodiscard]] Result<StsPolicy> parse_sts_policy(std::string_view body);

/// The lines of a policy as reports and Postfix's policy_string give them: no line ends, no empty
/// lines, no white space at the ends, every byte outside printable ASCII as "?". Braces and quotes
/// stay: quoting them is the renderer's business. At most 150 lines of at most 300 bytes, and
/// 32 KiB together; what is beyond is left out.
[[nodiscard]] std::vector<std::string> sts_policy_lines(std::string_view text);

/// Whether a Content-Type is that of a policy: text/plain, in any case, whatever its parameters
/// (RFC 8461 section 3.2: "All parameters other than charset=utf-8 or charset=us-ascii are
/// ignored"). An empty one is not.
[[nodiscard]] bool is_sts_media_type(std::string_view content_type);

}  // namespace tlspact
