// SPDX-License-Identifier: MIT
#include <algorithm>

#include "daemon/control/drill/drilled_mta.h"
#include "daemon/control/drill/private_mounts.h"
#include "daemon/control/wiring/exim_wiring.h"
#include "generators/process/subprocess.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLog = 64U << 20U;
constexpr std::chrono::seconds kDeadline{60};

/// The element of log_file_path that is a file; empty: only syslog.
fs::path log_file(std::string_view path, const fs::path& spool) {
  if (path.empty()) return spool / "log/%slog";
  while (!path.empty()) {
    std::string_view element = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(element.size() + 1, path.size()));
    const std::size_t begin = std::min(element.find_first_not_of(' '), element.size());
    const std::size_t end = element.find_last_not_of(' ');
    element = element.substr(begin, end == std::string_view::npos ? 0 : end + 1 - begin);
    if (element.starts_with('/')) return element;
    if (element.empty()) return spool / "log/%slog";
  }
  return {};
}

/// Its configuration is used as it is: what it writes goes to directories of the drill's own.
class DrilledExim final : public DrilledMta {
 public:
  DrilledExim(const DrillSurroundings& surroundings, const EximMachine& machine)
      : surroundings_(surroundings), machine_(machine), work_(surroundings.work / "exim") {}

  [[nodiscard]] std::string name() const override { return "Exim"; }

  [[nodiscard]] std::string without_dane_because() const override {
    const EximOptions& options = surroundings_.settings.exim.options;
    if (!options.dane) return options.no_dane_because;
    const bool known =
        surroundings_.config.exim.dane || surroundings_.subjects.facts.exim.resolver_fault;
    return known ? "" : "its resolver did not tell whether it validates DNSSEC";
  }

  [[nodiscard]] Generated render(const Snapshot& snapshot) const override {
    return render_exim(snapshot, surroundings_.settings);
  }

  [[nodiscard]] Result<void> start() override {
    const std::string& program = machine_.program;
    const auto output =
        run_command({{program, "-bP", "spool_directory", "log_file_path"}, {}, kDeadline});
    if (!output) return std::unexpected(output.error());
    EximDump dump = parse_exim_dump(output->out);
    const fs::path spool = dump["spool_directory"];
    const fs::path log = log_file(dump["log_file_path"], spool).parent_path();
    if (spool.empty() || log.empty())
      return fail(Errc::unavailable,
                  program +
                      ": its log goes to syslog alone, where the drill cannot read it; set "
                      "log_file_path = /var/log/exim4/%slog");
    auto done = make_like(spool, work_ / "spool");
    if (done) done = show_at(work_ / "spool", spool);
    if (!done) return done;
    if (log.lexically_relative(spool).native().starts_with("..")) {
      done = make_like(log, work_ / "log");
      if (done) done = show_at(work_ / "log", log);
      logs_ = work_ / "log";
    } else {
      logs_ = log;
    }
    return done;
  }

  [[nodiscard]] Result<void> send(const DrillCase& drilled) override {
    const auto sent =
        run_command({{machine_.program, "-odf", "-i", "-f", drill_sender(), drilled.recipient()},
                     drill_message(drilled),
                     kDeadline});
    if (!sent) return std::unexpected(sent.error());
    if (sent->exit_code != 0)
      return fail(Errc::unavailable,
                  machine_.program + " does not take the drill's message: " + first_line(*sent));
    return {};
  }

  [[nodiscard]] MtaWords words() const override {
    std::string text;
    std::error_code error;
    for (const auto& each : fs::directory_iterator{logs_, error}) {
      const std::string file = each.path().filename().string();
      if (!file.contains("reject") && !file.contains("panic"))
        text += read_file(each.path(), kMaxLog).value_or("");
    }
    return exim_words(text);
  }

  [[nodiscard]] Findings findings(std::span<const DrillCase> cases) const override {
    EximMachine outbound = machine_;
    outbound.authenticators.clear();  // passwords of people are not what is drilled
    return exim_wiring(outbound, {surroundings_.settings.exim, drill_agreements(cases),
                                  surroundings_.config.tls.ca_file,
                                  [this](const std::vector<std::string>& addresses) {
                                    return ask_exim_routes(machine_.program, addresses);
                                  }});
  }

  void stop() override {}

 private:
  const DrillSurroundings& surroundings_;
  const EximMachine& machine_;
  fs::path work_;
  fs::path logs_;
};

}  // namespace

std::unique_ptr<DrilledMta> drilled_exim(const DrillSurroundings& surroundings,
                                         const EximMachine& machine) {
  return std::make_unique<DrilledExim>(surroundings, machine);
}

}  // namespace tlspact
