// SPDX-License-Identifier: MIT
/// InitPlan: what `init --apply` would do on this machine.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/control/init/config_file.h"
#include "daemon/control/mta_facts.h"
#include "daemon/control/wiring/agreed.h"
#include "daemon/control/wiring/exim_machine.h"
#include "daemon/control/wiring/finding.h"
#include "daemon/control/wiring/postfix_instance.h"
#include "generators/postfix/postfix_inbound.h"
#include "generators/postfix/postfix_setting.h"
#include "generators/settings.h"

namespace tlspact {

/// What connects the MTAs to the maps, whatever the machine looks like. What mail to us needs is
/// there only if there are agreements on it. It is not taken out again when the last of them ends:
/// tables without rows ask nothing of anybody, and undo knows what stood there before.
struct InitSettings {
  PostfixSettings postfix;
  std::vector<SettingsFile> exim;  ///< as mta_settings(): conf.d/ and the pieces of a single file
};

[[nodiscard]] InitSettings init_settings(const Config& config, const GeneratorSettings& settings,
                                         const InboundAgreements& inbound);

/// A value. The files in the order in which they have to be written, so that an MTA's configuration
/// works after each of them.
struct InitPlan {
  std::vector<FileChange> changes;  ///< only files that are not yet as they should be
  std::vector<PostfixInstance> postfix;
  std::optional<EximMachine> exim;
  Findings findings;  ///< what init does not do, with what is left to the administrator

  [[nodiscard]] bool is_whole() const;  ///< no finding that is more than a note
};

/// Reads the machine, changes nothing. Error: a map that the settings name is not there yet
/// (tlspact generate), a table type that Postfix cannot read, an MTA that cannot be asked, or whose
/// configuration is broken as it is.
[[nodiscard]] Result<InitPlan> plan_init(const Config& config, const MtaFacts& facts, Time now);

/// The part of Postfix: main.cf of every instance, and the agreements' CA files inside the chroots.
[[nodiscard]] Result<void> plan_postfix(const PostfixSettings& settings,
                                        const Agreements& agreements, InitPlan& plan);
/// The part of Exim, by the layout of its configuration.
[[nodiscard]] Result<void> plan_exim(const std::vector<SettingsFile>& pieces, InitPlan& plan);

/// Adds the change unless the file holds the text already.
[[nodiscard]] Result<void> add_change(FileChange change, InitPlan& plan);

}  // namespace tlspact
