// SPDX-License-Identifier: MIT
/// DrillWorld: everything outside of the mail server, made for one drill: an authority of its own,
/// the receivers' scripts and addresses, and the DNS that names them.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "daemon/control/drill/drill_case.h"
#include "daemon/control/drill/drill_zone.h"
#include "smtp/receiver/certificates.h"
#include "smtp/receiver/script.h"

namespace tlspact {

struct DrillReceiver {
  std::array<std::uint8_t, 4> address{};
  ReceiverScript script;
};

struct DrillWorld {
  DrillZone zone;
  std::vector<DrillReceiver> receivers;  ///< one for each case, in their order

  /// Throws std::runtime_error if OpenSSL cannot make a certificate. `validates`: see DrillZone.
  [[nodiscard]] static DrillWorld make(std::span<const DrillCase> cases,
                                       const Credential& authority, bool validates, Time now);
};

/// The authority that the mail server is to trust in the drill.
[[nodiscard]] Credential make_drill_authority(Time now);

/// Where receivers listen: not in 127.0.0.0/8, which Exim takes for itself and Debian's routers
/// leave out, but in 192.0.2.0/24 (RFC 5737), which is nobody's.
inline constexpr std::array<std::uint8_t, 4> kDrillNetwork{192, 0, 2, 0};
inline constexpr std::uint8_t kDrillOwnHost = 254;

}  // namespace tlspact
