// SPDX-License-Identifier: MIT
/// machine_has_ipv6(): whether hosts with IPv6 addresses alone could be reached at all.
#pragma once

namespace tlspact {

/// Whether an interface has an IPv6 address that is neither loopback nor link-local, as
/// AI_ADDRCONFIG asks (RFC 3493 section 6.1). True where that cannot be told. Some system calls.
[[nodiscard]] bool machine_has_ipv6();

}  // namespace tlspact
