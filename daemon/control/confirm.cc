// SPDX-License-Identifier: MIT
#include "daemon/control/confirm.h"

#include <sstream>
#include <string>

#include "generators/process/subprocess.h"

namespace tlspact {
namespace {

/// The first line that is not a warning, such as that of a parameter that main.cf sets twice.
std::string complaint_of(const CommandOutput& output) {
  std::istringstream lines{output.err};
  for (std::string line; std::getline(lines, line);) {
    if (!line.contains(": warning: ")) return line;
  }
  return {};
}

Result<std::string> ask(const std::vector<std::string>& argv) {
  auto output = run_command({.argv = argv, .input = {}, .deadline = std::chrono::seconds{30}});
  if (!output) return std::unexpected(output.error());
  // postmap -q exits 1 for "not found" and prints nothing; an error prints something.
  if (const std::string complaint = complaint_of(*output);
      output->exit_code != 0 && !complaint.empty())
    return fail(Errc::io, argv.front() + " failed: " + complaint);
  std::string answer = std::move(output->out);
  while (answer.ends_with('\n'))
    answer.pop_back();
  return answer;
}

/// The key holds only letters, digits, dots and hyphens (Exim has no others), so that it is safe
/// in an expansion.
std::string exim_expansion(const std::string& key, const std::string& path) {
  return "${lookup{" + key + "}cdb{" + path + "}{$value}{}}";
}

Result<void> confirm_one(const StagedArtifact& artifact, const RowChange& change,
                         const MtaFacts& facts) {
  const std::string path = artifact.artifact.lookup_path().string();
  const auto answer =
      artifact.artifact.mta == "Postfix"
          ? ask({"postmap", "-q", change.key,
                 std::string{table_type_name(*artifact.artifact.table_type())} + ":" + path})
          : ask({facts.exim.program, "-be", exim_expansion(change.key, path)});
  if (!answer) return std::unexpected(answer.error());
  if (*answer != change.after.value_or(""))
    return fail(Errc::io, artifact.target.string() + ": " + artifact.artifact.mta +
                              " does not read the new entry of " + change.key + " from it, but \"" +
                              *answer + "\"");
  return {};
}

}  // namespace

Result<void> confirm_installed(std::span<const StagedArtifact> artifacts,
                               std::span<const std::optional<RowChange>> changes,
                               const MtaFacts& facts, Notices& notices) {
  for (std::size_t i = 0; i < artifacts.size(); ++i) {
    if (!changes[i]) continue;
    const std::string& mta = artifacts[i].artifact.mta;
    const bool installed = mta == "Postfix" ? facts.postfix.installed : facts.exim.installed;
    if (!installed) {
      notices.push_back({Severity::note, artifacts[i].target.string(),
                         mta + " is not installed here, so it could not be asked to confirm"});
      continue;
    }
    if (auto confirmed = confirm_one(artifacts[i], *changes[i], facts); !confirmed)
      return confirmed;
  }
  return {};
}

}  // namespace tlspact
