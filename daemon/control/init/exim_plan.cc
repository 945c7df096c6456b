// SPDX-License-Identifier: MIT
#include <algorithm>
#include <sstream>

#include "daemon/control/init/init_plan.h"
#include "generators/exim/exim_template.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSplit = "/etc/exim4/conf.d/";
constexpr std::string_view kSingle = "/etc/exim4/tlspact/";

/// Pieces in the order in which they depend on each other: routers name transports, those the ACL,
/// all the macros. So what is written so far always works.
std::vector<SettingsFile> pieces_below(const std::vector<SettingsFile>& all,
                                       std::string_view directory) {
  const auto rank = [&](const SettingsFile& file) {
    const std::string name = file.path.string().substr(directory.size());
    constexpr const char* kOrder[] = {"main", "acl", "transport", "router"};
    return std::ranges::find_if(kOrder, [&](const char* each) { return name.starts_with(each); }) -
           std::begin(kOrder);
  };
  std::vector<SettingsFile> out;
  for (const SettingsFile& file : all)
    if (file.path.string().starts_with(directory)) out.push_back(file);
  std::ranges::stable_sort(out, {}, rank);
  return out;
}

Result<void> plan_template(const EximMachine& machine, const std::vector<SettingsFile>& pieces,
                           InitPlan& plan) {
  const fs::path path = machine.etc / "exim4.conf.template";
  const auto now = read_file_state(path);
  if (!now) return std::unexpected(now.error());
  std::string text = now->bytes;
  for (const SettingsFile& piece : pieces) {
    auto with = with_exim_piece(text, {piece.path.string().substr(kSplit.size()), piece.text});
    if (!with) return fail(with.error().code, path.string() + ": " + with.error().text);
    text = *std::move(with);
  }
  return add_change({path, std::move(text), {"the pieces of conf.d, between their marks"}}, plan);
}

/// Not within a comment.
bool has_line(const std::string& text, const std::string& line) {
  std::istringstream lines{text};
  for (std::string each; std::getline(lines, each);) {
    const std::size_t first = each.find_first_not_of(" \t");
    if (first == std::string::npos) continue;
    const std::size_t last = each.find_last_not_of(" \t\r");
    if (std::string_view{each}.substr(first, last - first + 1) == line) return true;
  }
  return false;
}

/// An administrator's own file is not edited: only he knows where his sections begin.
Result<void> plan_single_file(const EximMachine& machine, const std::vector<SettingsFile>& pieces,
                              InitPlan& plan) {
  const auto now = read_file_state(machine.configure_file);
  if (!now) return std::unexpected(now.error());
  for (const SettingsFile& piece : pieces) {
    const fs::path path = machine.configure_file.parent_path() / "tlspact" / piece.path.filename();
    if (auto added = add_change({path, piece.text, {piece.purpose}}, plan); !added) return added;
    const std::string line = ".include " + path.string();
    if (has_line(now->bytes, line)) continue;
    plan.findings.push_back({Severity::warning, "Exim",
                             machine.configure_file.string() +
                                 " is written by hand, and does not name " + path.string() + " (" +
                                 piece.purpose + ")",
                             "add the line: " + line});
  }
  return {};
}

}  // namespace

Result<void> plan_exim(const std::vector<SettingsFile>& all, InitPlan& plan) {
  const EximMachine& machine = *plan.exim;
  if (!machine.fault.empty())
    return fail(Errc::config, "Exim's configuration is broken as it is: " + machine.fault + " (" +
                                  machine.program + " -bV); mend it first");
  if (!machine.sends_to_mx()) {
    plan.findings.push_back({Severity::warning, "Exim",
                             "it is of Debian's type \"" + machine.type() +
                                 "\": all mail goes to a smart host or stays here, so no policy "
                                 "applies and nothing is changed",
                             "dpkg-reconfigure exim4-config (type \"internet site\"), then "
                             "tlspact init --apply; or set enabled = false in [exim], if it is to "
                             "stay so"});
    return {};
  }
  if (!machine.is_debian()) return plan_single_file(machine, pieces_below(all, kSingle), plan);
  const std::vector<SettingsFile> pieces = pieces_below(all, kSplit);
  for (const SettingsFile& piece : pieces) {
    const fs::path path = machine.etc / piece.path.lexically_relative("/etc/exim4");
    if (auto added = add_change({path, piece.text, {piece.purpose}}, plan); !added) return added;
  }
  if (machine.layout == EximMachine::Layout::debian_template)
    return plan_template(machine, pieces, plan);
  return {};
}

}  // namespace tlspact
