// SPDX-License-Identifier: MIT
/// The subcommands of tlspact: one file each, one line each in commands().
#pragma once

#include <Poco/JSON/Object.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/clock.h"
#include "daemon/config/config.h"
#include "policy/notice.h"
#include "policy/result.h"
#include "policy/time.h"

namespace tlspact {

struct GlobalOptions {
  std::string config_file = "/etc/tlspact/tlspact.toml";
  bool config_given = false;
  bool json = false;
  /// Of tlspactd, where it runs the command: that file is not read again, and the maps follow by
  /// themselves.
  std::shared_ptr<const Config> running = nullptr;
};

/// How a command ended. With --json, `json` is printed and nothing else.
struct CommandResult {
  int exit_code = 0;
  std::string text;
  Poco::JSON::Object::Ptr json;
  std::string document;  ///< a JSON document that is written already; empty: `json` is it
  Notices notices;       ///< alerts and warnings go to standard error
};

struct Subcommand {
  std::string_view name;     ///< "list verify"
  std::string_view summary;  ///< one line for `tlspact --help`
  Result<CommandResult> (*run)(const std::vector<std::string>& arguments,
                               const GlobalOptions& global);
};

[[nodiscard]] std::span<const Subcommand> subcommands();

Result<CommandResult> run_generate(const std::vector<std::string>& arguments,
                                   const GlobalOptions& global);
Result<CommandResult> run_explain(const std::vector<std::string>& arguments,
                                  const GlobalOptions& global);
Result<CommandResult> run_lookup(const std::vector<std::string>& arguments,
                                 const GlobalOptions& global);
Result<CommandResult> run_list_verify(const std::vector<std::string>& arguments,
                                      const GlobalOptions& global);
Result<CommandResult> run_check(const std::vector<std::string>& arguments,
                                const GlobalOptions& global);
Result<CommandResult> run_init(const std::vector<std::string>& arguments,
                               const GlobalOptions& global);
Result<CommandResult> run_history(const std::vector<std::string>& arguments,
                                  const GlobalOptions& global);
Result<CommandResult> run_rollback(const std::vector<std::string>& arguments,
                                   const GlobalOptions& global);
Result<CommandResult> run_accept(const std::vector<std::string>& arguments,
                                 const GlobalOptions& global);
Result<CommandResult> run_refresh(const std::vector<std::string>& arguments,
                                  const GlobalOptions& global);
Result<CommandResult> run_forget(const std::vector<std::string>& arguments,
                                 const GlobalOptions& global);
Result<CommandResult> run_status(const std::vector<std::string>& arguments,
                                 const GlobalOptions& global);
Result<CommandResult> run_probe(const std::vector<std::string>& arguments,
                                const GlobalOptions& global);
Result<CommandResult> run_deliver(const std::vector<std::string>& arguments,
                                  const GlobalOptions& global);
Result<CommandResult> run_drill(const std::vector<std::string>& arguments,
                                const GlobalOptions& global);
Result<CommandResult> run_replay(const std::vector<std::string>& arguments,
                                 const GlobalOptions& global);
Result<CommandResult> run_manual(const std::vector<std::string>& arguments,
                                 const GlobalOptions& global);

/// Who brings a change of the store into the maps: "tlspactd" or "\"tlspact generate\"".
[[nodiscard]] std::string who_follows(const GlobalOptions& global);

/// The default file may be absent; one named with --config may not.
[[nodiscard]] Result<Config> load_config(const GlobalOptions& global);

}  // namespace tlspact
