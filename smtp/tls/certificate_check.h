// SPDX-License-Identifier: MIT
/// check_certificate(): whether what a server presented is what a HostPolicy asks for, with every
/// reason and not the first alone.
///
/// Pure but for the TrustStore: the same chain, policy, authorities and time give the same verdict,
/// which is how a transcript is replayed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/time.h"
#include "smtp/tls/host_policy.h"
#include "smtp/tls/sent_certificate.h"
#include "smtp/tls/trust_store.h"

namespace tlspact {

struct TlsaVerdict {
  TlsaRecord record;
  TlsaUsability usability = TlsaUsability::usable;
  bool matches = false;
  /// For people, one line: "matches the server's key", "not sent", "passed over: a stronger digest
  /// is there".
  std::string text;

  friend bool operator==(const TlsaVerdict&, const TlsaVerdict&) = default;
};

struct NameVerdict {
  std::string pattern;
  bool matches = false;

  friend bool operator==(const NameVerdict&, const NameVerdict&) = default;
};

struct PinVerdict {
  Fingerprint pin;
  bool matches = false;

  friend bool operator==(const PinVerdict&, const PinVerdict&) = default;
};

/// One thing that is wrong with the chain.
struct ChainFault {
  /// What RFC 8460 section 4.3.1 tells apart.
  enum class Kind : std::uint8_t { expired, untrusted, other };
  Kind kind = Kind::other;
  int depth = 0;         ///< 0: the server's own certificate
  int openssl_code = 0;  ///< X509_V_ERR_…
  std::string text;      ///< OpenSSL's words

  friend bool operator==(const ChainFault&, const ChainFault&) = default;
};

struct CertificateVerdict {
  bool satisfied = false;      ///< the demand of the policy is met; true where nothing is demanded
  bool chain_trusted = false;  ///< by PKIX, names apart
  bool name_matches = false;   ///< one of `names` does
  std::vector<TlsaVerdict> tlsa;
  std::vector<NameVerdict> names;
  std::vector<PinVerdict> pins;
  std::vector<ChainFault> chain_faults;  ///< by PKIX; empty with chain_trusted
  std::vector<std::string>
      certificate_names;                ///< DNS names in the server's certificate, 32 at most
  std::optional<Time> certificate_end;  ///< notAfter of the server's certificate
  /// Of the store, those that took part in the chain, DER: what a replay has to trust.
  std::vector<std::string> anchors;
  std::string text;  ///< for people, one line: why the demand is met or not

  friend bool operator==(const CertificateVerdict&, const CertificateVerdict&) = default;
};

/// `chain`: the server's own certificate first; empty: none was presented, nothing matches.
/// PKIX is judged whatever the policy demands; `names` are those of the policy, or of `host` if
/// there are none. With DANE-EE names and dates do not count (RFC 7672 section 3.1.1); with
/// DANE-TA they do (section 3.1.2).
[[nodiscard]] CertificateVerdict check_certificate(const std::vector<SentCertificate>& chain,
                                                   const HostPolicy& policy,
                                                   const std::string& host,
                                                   const TrustStore& trusted, Time now);

}  // namespace tlspact
