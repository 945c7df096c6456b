// SPDX-License-Identifier: MIT
/// EximMachine: how the Exim of this machine is configured, as exim itself reports it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "generators/exim/exim_report.h"
#include "policy/result.h"

namespace tlspact {

/// A value; made by read_exim_machine(), or by hand in tests.
struct EximMachine {
  /// How the configuration is put together.
  enum class Layout {
    debian_split,     ///< update-exim4.conf, from the files of conf.d
    debian_template,  ///< update-exim4.conf, from exim4.conf.template (Debian's default)
    single_file,      ///< one file that the administrator writes
  };
  std::string program = "exim4";
  Layout layout = Layout::single_file;
  std::filesystem::path configure_file;  ///< what exim reads
  std::filesystem::path etc = "/etc/exim4";
  std::map<std::string, std::string> answers;  ///< of update-exim4.conf.conf; empty: not Debian's
  std::string fault;  ///< what `exim -bV` says against the configuration; empty: nothing
  std::vector<std::string> routers;
  EximDump our_router;     ///< of tlspact_mx; empty: there is none
  EximDump our_transport;  ///< of tlspact_smtp
  std::map<std::string, EximDump> authenticators;
  std::string auth_advertise_hosts;
  EximDump inbound;    ///< of the main options that mail to us depends on
  bool drill = false;  ///< the macro TLSPACT_DRILL is set

  /// Whether mail goes straight to the MX hosts: always outside of Debian's own layouts, else if
  /// the type is "internet".
  [[nodiscard]] bool sends_to_mx() const;
  /// "smarthost" and so on; empty if not Debian's.
  [[nodiscard]] std::string type() const;
  [[nodiscard]] bool is_debian() const { return layout != Layout::single_file; }
};

/// Asks `program` (exim4 or exim). Error: it cannot be run.
[[nodiscard]] Result<EximMachine> read_exim_machine(const std::string& program);

/// `exim -bt` for the addresses: looks up MX hosts in the DNS. Error: it cannot be run.
[[nodiscard]] Result<std::vector<EximRoute>> ask_exim_routes(
    const std::string& program, const std::vector<std::string>& addresses);

}  // namespace tlspact
