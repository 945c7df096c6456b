// SPDX-License-Identifier: MIT
/// What a mail server's log tells about where its mail goes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tlspact {

/// The recipient domain of a delivery, or of an attempt at one, to another host, as it stands in
/// one line of a log: of Postfix (`postfix/smtp[123]: ID: to=<...>`, any instance and service name,
/// with the time stamps of syslog, RFC 3339 or journalctl), or of Exim's main log (`=>`, `->`, `==`
/// and `**`, by an smtp transport, with any log_selector). In lower case, not judged otherwise: it
/// may be no domain at all. nullopt: the line tells of none. Local deliveries, and mail to us, are
/// none.
[[nodiscard]] std::optional<std::string> recipient_domain(std::string_view line);

}  // namespace tlspact
