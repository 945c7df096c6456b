// SPDX-License-Identifier: MIT
#include "smtp/tls/sent_certificate.h"

namespace tlspact {

SentCertificate::SentCertificate(X509* certificate) : der_(der_of(certificate)) {
  X509_up_ref(certificate);
  parsed_ = X509Ptr{certificate};
}

}  // namespace tlspact
