// SPDX-License-Identifier: MIT
/// What a certificate says whom it is for.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <vector>

#include "policy/mx_pattern.h"

namespace tlspact {

/// The DNS names of the subjectAltName, lower-case, as they stand there; those with a NUL or
/// another byte that no name has are left out.
[[nodiscard]] std::vector<std::string> dns_names_of(const X509* certificate);

/// RFC 6125 section 6.4, RFC 8461 section 4.2: a DNS name counts, the common name never does, and
/// "*" only as the whole left-most label. A wildcard pattern is met by the same wildcard, and by
/// any one name directly below its suffix.
[[nodiscard]] bool certificate_meets(X509* certificate, const std::vector<std::string>& dns_names,
                                     const MxPattern& pattern);

}  // namespace tlspact
