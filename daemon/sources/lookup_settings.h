// SPDX-License-Identifier: MIT
/// What the configuration says of asking DNS and of fetching MTA-STS policies.
#pragma once

#include "daemon/config/config.h"
#include "daemon/dns/dns_options.h"
#include "daemon/sources/sts_fetcher.h"

namespace tlspact {

/// Without a trust anchor where [dane] is off: then nothing that is validated matters.
[[nodiscard]] DnsOptions dns_options(const Config& config);

/// The same for what domains publish: a question that is not answered within 5 s is asked again in
/// a later run.
[[nodiscard]] DnsOptions source_dns_options(const Config& config);

[[nodiscard]] StsFetchOptions sts_fetch_options(const Config& config);

}  // namespace tlspact
