// SPDX-License-Identifier: MIT
#include "daemon/control/configured_guard.h"

namespace tlspact {

Result<void> check_configured(const Config& config, Store& store) {
  if (!config.says_nothing) return {};
  const auto names = store.list_names();
  if (!names) return std::unexpected(names.error());
  if (names->empty()) return {};
  return fail(Errc::no_input,
              "the configuration file is not there, or empty, but lists were configured before (" +
                  names->front() +
                  "): nothing is changed. Put the file back; where the defaults are meant, put a "
                  "file with a comment in its place");
}

}  // namespace tlspact
