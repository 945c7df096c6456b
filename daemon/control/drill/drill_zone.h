// SPDX-License-Identifier: MIT
/// DrillZone: the DNS of a drill, as one small resolver answers it. Pure: bytes in, bytes out.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/tlsa_record.h"

namespace tlspact {

/// Everything that is not in it does not exist (NXDOMAIN), but for the root.
class DrillZone {
 public:
  /// `validates`: answers bear the AD bit, as those of a resolver that validates.
  explicit DrillZone(bool validates) : validates_(validates) {}

  void add_mx(const std::string& domain, const std::string& host);
  void add_address(const std::string& host, const std::array<std::uint8_t, 4>& address);
  /// For port 25.
  void add_tlsa(const std::string& host, const TlsaRecord& record);

  /// The reply to a query; empty: it is none.
  [[nodiscard]] std::string answer(std::string_view query) const;

 private:
  struct Record {
    std::uint16_t type = 0;
    std::string rdata;
  };
  [[nodiscard]] bool exists(const std::string& name) const;

  bool validates_;
  std::multimap<std::string, Record> records_;
};

}  // namespace tlspact
