// SPDX-License-Identifier: MIT
/// DrilledMta: one mail server in a drill. It works on copies in the drill's own namespaces.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/control/drill/drill_case.h"
#include "daemon/control/drill/drill_subjects.h"
#include "daemon/control/drill/drill_trust.h"
#include "daemon/control/drill/mta_word.h"
#include "daemon/control/wiring/finding.h"
#include "generators/generator.h"

namespace tlspact {

/// What every server needs to know. All of it outlives the servers.
struct DrillSurroundings {
  const Config& config;
  const DrillSubjects& subjects;
  GeneratorSettings settings;
  std::filesystem::path work;
  DrillTrust& trust;
};

/// Calls come in the order of the members.
class DrilledMta {
 public:
  DrilledMta() = default;
  DrilledMta(const DrilledMta&) = delete;
  DrilledMta& operator=(const DrilledMta&) = delete;
  DrilledMta(DrilledMta&&) = delete;
  DrilledMta& operator=(DrilledMta&&) = delete;
  virtual ~DrilledMta() = default;

  /// "Postfix", "Postfix (/etc/postfix-out)", "Exim".
  [[nodiscard]] virtual std::string name() const = 0;
  /// Why DANE is not drilled; empty: it is.
  [[nodiscard]] virtual std::string without_dane_because() const = 0;
  /// Its maps for these entries, as the generator renders them. `snapshot` outlives the result.
  [[nodiscard]] virtual Generated render(const Snapshot& snapshot) const = 0;
  /// Puts its copies in place and starts it, if it is one that runs.
  [[nodiscard]] virtual Result<void> start() = 0;
  /// Hands it the message of a case.
  [[nodiscard]] virtual Result<void> send(const DrillCase& drilled) = 0;
  /// What its log says by now.
  [[nodiscard]] virtual MtaWords words() const = 0;
  /// What check says of its wiring where the partners are these cases.
  [[nodiscard]] virtual Findings findings(std::span<const DrillCase> cases) const = 0;
  virtual void stop() = 0;
};

[[nodiscard]] std::unique_ptr<DrilledMta> drilled_postfix(const DrillSurroundings& surroundings,
                                                          const PostfixInstance& instance);
[[nodiscard]] std::unique_ptr<DrilledMta> drilled_exim(const DrillSurroundings& surroundings,
                                                       const EximMachine& machine);

/// Who sends the messages.
[[nodiscard]] std::string drill_sender();

[[nodiscard]] std::string drill_message(const DrillCase& drilled);

/// `text` of a resolv.conf with one name server, that of the drill; its options stay.
[[nodiscard]] std::string drill_resolv_conf(std::string_view text);

}  // namespace tlspact
