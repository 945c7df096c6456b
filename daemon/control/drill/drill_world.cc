// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill_world.h"

#include <chrono>

namespace tlspact {
namespace {

using std::chrono::days;
using std::chrono::hours;

constexpr std::uint8_t kFirstHost = 10;

CertificateOrder order_for(std::string name, Time now) {
  return {
      .names = {std::move(name)}, .common_name = {}, .begin = now - hours{1}, .end = now + days{2}};
}

/// What its receiver shows.
Credential credential_of(const DrillCase& drilled, const Credential& authority, Time now) {
  CertificateOrder order = order_for(drilled.mx().text(), now);
  switch (drilled.fault) {
    case DrillFault::expired:
      order.begin = now - days{60};
      order.end = now - days{1};
      break;
    case DrillFault::wrong_name:
      order.names = {"another-host." + std::string{drill_zone_name()}};
      break;
    case DrillFault::unknown_authority:
      return issued_by(make_drill_authority(now), order, true);
    default:
      break;
  }
  const bool trusted = drilled.level == Level::secure;
  return trusted ? issued_by(authority, order) : self_signed(order);
}

ReceiverScript script_of(const DrillCase& drilled, const Credential& credential) {
  ReceiverScript out;
  out.name = drilled.mx().text();
  if (drilled.fault != DrillFault::no_starttls) out.credential = credential;
  switch (drilled.fault) {
    case DrillFault::stripped:
      out.offer_starttls = false;
      out.extensions.emplace_back("XXXXXXXX");
      break;
    case DrillFault::starttls_4xx:
      out.starttls = Say{.bytes = "454 4.7.0 TLS not available due to temporary reason\r\n"};
      break;
    case DrillFault::starttls_5xx:
      out.starttls = Say{.bytes = "502 5.5.1 command not implemented\r\n"};
      break;
    case DrillFault::injection:
      out.starttls = Say{.bytes = "220 2.0.0 go ahead\r\n250-" + out.name + "\r\n250 SIZE 1\r\n"};
      break;
    default:
      break;
  }
  return out;
}

}  // namespace

Credential make_drill_authority(Time now) {
  return self_signed({.names = {},
                      .common_name = "tlspact drill",
                      .begin = now - days{90},
                      .end = now + days{2},
                      .authority = true});
}

DrillWorld DrillWorld::make(std::span<const DrillCase> cases, const Credential& authority,
                            bool validates, Time now) {
  DrillWorld out{DrillZone{validates}, {}};
  for (const DrillCase& each : cases) {
    const Credential credential = credential_of(each, authority, now);
    DrillReceiver receiver{kDrillNetwork, script_of(each, credential)};
    receiver.address[3] = static_cast<std::uint8_t>(kFirstHost + out.receivers.size());
    const std::string mx = each.mx().text();
    out.zone.add_mx(each.domain().text(), mx);
    out.zone.add_address(mx, receiver.address);
    if (each.needs_dane()) {
      const bool mismatch = each.fault == DrillFault::tlsa_mismatch;
      const Credential other = self_signed(order_for(mx, now));
      out.zone.add_tlsa(mx, (mismatch ? other : credential).tlsa(3, 1, 1));
    }
    out.receivers.push_back(std::move(receiver));
  }
  return out;
}

}  // namespace tlspact
