// SPDX-License-Identifier: MIT
/// check_tlsa(): each record of a TLSA RRset held against what a server presented.
#pragma once

#include <openssl/x509.h>

#include <string>
#include <vector>

#include "policy/time.h"
#include "smtp/tls/certificate_check.h"

namespace tlspact {

/// `chain` is parsed, the server's own certificate first; not empty. Only records that
/// tlsa_to_match() leaves can match; DANE-TA is judged by OpenSSL's own DANE verification, a
/// record at a time, with `names` and the time.
[[nodiscard]] std::vector<TlsaVerdict> check_tlsa(const std::vector<TlsaRecord>& records,
                                                  const std::vector<X509*>& chain,
                                                  const std::vector<MxPattern>& names, Time now);

}  // namespace tlspact
