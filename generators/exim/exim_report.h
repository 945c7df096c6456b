// SPDX-License-Identifier: MIT
/// What `exim -bP`, `exim -bt` and Debian's update-exim4.conf.conf say, as values. Reads their text
/// only, runs nothing.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tlspact {

/// Option -> value, of `exim -bP`, `-bP router NAME` and so on: "name = value", and for switches
/// "name" ("yes") or "no_name" (name: "no").
using EximDump = std::map<std::string, std::string>;

[[nodiscard]] EximDump parse_exim_dump(std::string_view text);

/// `exim -bP router_list`: one name a line.
[[nodiscard]] std::vector<std::string> parse_exim_names(std::string_view text);

/// What `exim -bt` says of one address.
struct EximRoute {
  std::string address;
  std::string router;     ///< empty: no router took it
  std::string transport;  ///< empty: none
  std::string said;       ///< the reason, where it is not routed
};

[[nodiscard]] std::vector<EximRoute> parse_exim_routes(std::string_view text);

/// The answers of Debian's exim4-config package, quotes taken off: dc_eximconfig_configtype,
/// dc_use_split_config and so on. Later ones win, as the shell would have it.
[[nodiscard]] std::map<std::string, std::string> parse_debian_exim_answers(std::string_view text);

}  // namespace tlspact
