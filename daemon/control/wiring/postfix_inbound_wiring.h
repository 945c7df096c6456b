// SPDX-License-Identifier: MIT
/// Whether smtpd(8) enforces what agreements promise for mail to us. Only where there are such
/// agreements, and only at the services that take mail from other servers (port 25): submission is
/// for people who log in.
#pragma once

#include "daemon/control/wiring/postfix_wiring.h"

namespace tlspact {

/// All that follows. Looks at files (tables, certificates), changes nothing.
[[nodiscard]] Findings check_inbound(const PostfixInstance& instance,
                                     const PostfixExpectation& expected);

/// Without a certificate Postfix offers no STARTTLS, and an agreed network cannot send any more.
[[nodiscard]] Findings check_server_certificate(const PostfixInstance& instance);

}  // namespace tlspact
