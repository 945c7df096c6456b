// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drilled_mta.h"

#include <algorithm>

namespace tlspact {

std::string drill_sender() {
  return "drill@" + std::string{drill_zone_name()};
}

std::string drill_message(const DrillCase& drilled) {
  const std::string header = drilled.header.empty() ? "" : std::string{drilled.header} + "\n";
  return header +
         "Subject: tlspact drill\n\nA drill: this message stays on the machine that wrote it.\n";
}

std::string drill_resolv_conf(std::string_view text) {
  std::string out = "nameserver 127.0.0.1\n";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (!line.starts_with("nameserver")) out += std::string{line} + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace tlspact
