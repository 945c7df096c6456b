// SPDX-License-Identifier: MIT
/// DaneMemory: what is kept of a next-hop's DANE state between two looks, so that DNS that fails,
/// or is made to fail, does not switch DANE off.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/dane_observation.h"

namespace tlspact {

/// Of a host of the MX set that was last seen.
struct HostMemory {
  std::string host;
  HostDane dane = HostDane::none;  ///< the last good one: never failed
  bool addresses_secure = false;
  Time at;
  bool tlsa_at_alias = false;  ///< see HostLook

  friend bool operator==(const HostMemory&, const HostMemory&) = default;
};

/// A default one: never looked at, a look is due.
struct DaneMemory {
  DaneState state = DaneState::unknown;  ///< by the last look, with kept hosts
  std::optional<DaneState> last_good;    ///< never unknown
  /// Of the oldest part that last_good rests on: a kept host speaks for max_stale, not for twice
  /// as long.
  Time last_good_at;
  std::optional<Time> tlsa_seen_at;  ///< the last look that saw TLSA; see remember()
  std::vector<HostMemory> hosts;     ///< at most kMaxMxHosts
  unsigned failures = 0;             ///< looks in a row with something that failed; stops at 16
  Time looked_at;
  Time look_again_at;
  std::string reason;  ///< for people: one line of printable ASCII, at most 200 bytes

  friend bool operator==(const DaneMemory&, const DaneMemory&) = default;
};

/// The memory after a look at `now`. Pure.
///
/// - A host that failed has its last good state if that is not older than `max_stale`; if every
///   host failed the state is unknown, whatever is kept. A host that is not in the MX set that was
///   seen is forgotten and speaks no more; a failing MX question forgets none.
/// - The last good state stays after an unknown look, and after a `none` that had to leave out a
///   failing host.
/// - TLSA counts as seen until a look proves that there is none: a secure MX answer with all its
///   hosts, none of which failed. An unsigned MX answer can be forged, so it proves this only after
///   30 days of looks without TLSA.
/// - The next look is due when the TTLs end, but not before 5 minutes (`none`: 30 minutes) and not
///   after 1 day. After a look in which something failed it is due after 5 minutes, doubled for
///   each such look in a row up to 1 hour; a `none` keeps its 30 minutes then too.
[[nodiscard]] DaneMemory remember(const DaneMemory& memory, const DaneObservation& observation,
                                  Seconds max_stale, Time now);

/// Whether it is time to look again; also if the last look lies in the future, after a clock that
/// was wrong.
[[nodiscard]] bool look_is_due(const DaneMemory& memory, Time now);

/// For decide(). A look that should have been repeated more than an hour ago is no longer what is
/// seen now: the state is unknown then, and the last good one stands in for as long as decide()
/// lets it.
[[nodiscard]] DaneFacts facts(const DaneMemory& memory, Time now);

/// Whether decide() could come to another result with it than without.
[[nodiscard]] bool says_something(const DaneFacts& facts);

/// A few lines of text, 100 bytes and 60 for each host; canonical.
[[nodiscard]] std::string encode_dane_memory(const DaneMemory& memory);

/// nullopt for anything that encode_dane_memory() did not make: another version, cut off, damaged.
[[nodiscard]] std::optional<DaneMemory> decode_dane_memory(std::string_view text);

}  // namespace tlspact
