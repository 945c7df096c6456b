// SPDX-License-Identifier: MIT
#include "daemon/cli/command.h"

#include <array>

namespace tlspact {

std::span<const Subcommand> subcommands() {
  static constexpr std::array kCommands{
      Subcommand{"generate", "read every source, decide, install the maps", run_generate},
      Subcommand{"status", "what is in force, and which alerts stand", run_status},
      Subcommand{"refresh", "look up what domains publish, now", run_refresh},
      Subcommand{"explain", "why one domain is treated as it is", run_explain},
      Subcommand{"lookup", "the exact reply that the MTA gets for one key", run_lookup},
      Subcommand{"check", "validate configuration, agreements and lists", run_check},
      Subcommand{"init", "the settings that connect Postfix and Exim", run_init},
      Subcommand{"history", "the generations of maps that were installed", run_history},
      Subcommand{"rollback", "go back to an earlier generation and stay there", run_rollback},
      Subcommand{"accept", "let a change pass that a guard holds back", run_accept},
      Subcommand{"forget", "forget what was looked up of one domain", run_forget},
      Subcommand{"list verify", "verify and lint a published list", run_list_verify},
      Subcommand{"probe", "look at the TLS of a domain's MX hosts, now", run_probe},
      Subcommand{"deliver", "send one message by the reference delivery path", run_deliver},
      Subcommand{"drill", "prove that the mail servers here refuse what they must", run_drill},
      Subcommand{"replay", "hold the sessions of a transcript again, offline", run_replay},
      Subcommand{"manual", "print the manual page of the configuration", run_manual},
  };
  return kCommands;
}

std::string who_follows(const GlobalOptions& global) {
  return global.running != nullptr ? "tlspactd" : "\"tlspact generate\"";
}

Result<Config> load_config(const GlobalOptions& global) {
  if (global.running != nullptr) return *global.running;
  return load_config(global.config_file, !global.config_given);
}

}  // namespace tlspact
