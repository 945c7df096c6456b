// SPDX-License-Identifier: MIT
#include "daemon/probe/public_suffixes.h"

#include <libpsl.h>

namespace tlspact {

/// Debian's package publicsuffix where it is installed and newer, else what libpsl was built with.
PublicSuffixes::PublicSuffixes()
    : list_(psl_latest("/usr/share/publicsuffix/public_suffix_list.dafsa"),
            [](const void* list) { psl_free(static_cast<psl_ctx_t*>(const_cast<void*>(list))); }) {}

std::string PublicSuffixes::operator_of(const std::string& host) const {
  if (list_ == nullptr || host.starts_with('[')) return host;
  const char* const domain =
      psl_registrable_domain(static_cast<const psl_ctx_t*>(list_.get()), host.c_str());
  return domain == nullptr ? host : domain;
}

}  // namespace tlspact
