// SPDX-License-Identifier: MIT
/// What the store keeps of the domains that are looked up, one row each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/sts_cache.h"
#include "policy/time.h"

namespace tlspact {

/// A cached policy comes back as its text is read today: one that is no policy any more is left
/// out.
struct StoredSts {
  std::string domain;
  StsState state;

  friend bool operator==(const StoredSts&, const StoredSts&) = default;
};

/// See Store::sts_ending().
struct EndingSts {
  std::vector<StoredSts> first;
  std::size_t count = 0;
};

struct StoredDane {
  std::string domain;
  std::string memory;  ///< opaque here: its owner encodes and decodes it
  Time next_look;

  friend bool operator==(const StoredDane&, const StoredDane&) = default;
};

/// A domain that mail goes to.
struct StoredCorrespondent {
  std::string domain;
  Time first_seen;
  Time last_seen;
  std::string origin;  ///< where it was met, for people

  friend bool operator==(const StoredCorrespondent&, const StoredCorrespondent&) = default;
};

/// How far a log was read. A value-initialised one: not at all.
struct LogPosition {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t offset = 0;  ///< in bytes, behind the last whole line
  std::string cursor;        ///< of the systemd journal

  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

struct StoredLogPosition {
  std::string path;
  LogPosition position;

  friend bool operator==(const StoredLogPosition&, const StoredLogPosition&) = default;
};

}  // namespace tlspact
