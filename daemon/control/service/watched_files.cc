// SPDX-License-Identifier: MIT
#include "daemon/control/service/watched_files.h"

#include "daemon/control/report.h"
#include "generators/install/history.h"
#include "policy/notice.h"

namespace tlspact {

namespace fs = std::filesystem;

std::vector<fs::path> files_that_decide(const Config& config, const std::string& config_file) {
  std::vector<fs::path> out{config_file, config.agreements.directory};
  if (!config.correspondents.file.empty()) out.emplace_back(config.correspondents.file);
  for (const ListConfig& list : config.lists) {
    for (const std::string& each : {list.url, list.signature, list.key}) {
      if (each.starts_with('/')) out.emplace_back(each);
    }
  }
  return out;
}

std::string changed_text(const std::set<fs::path>& changed) {
  std::string out;
  if (!changed.empty()) out = shown(changed.begin()->string());
  return out + and_more(changed.empty() ? 0 : changed.size() - 1) + " has changed";
}

std::vector<fs::path> installed_files(const Config& config) {
  std::vector<fs::path> out{config.state_path("snapshot")};
  const History history = History::open(config.state_path("history"), config.service.history);
  if (!history.generations().empty()) {
    for (const InstalledGeneration::File& each : history.generations().back().files)
      out.push_back(each.path);
  }
  return out;
}

}  // namespace tlspact
