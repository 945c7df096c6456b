// SPDX-License-Identifier: MIT
#include "daemon/control/reload_wish.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

namespace tlspact {
namespace {

constexpr Seconds kSoon = std::chrono::minutes{1};

std::filesystem::path file_of(const Config& config) {
  return config.state_path("reload-postfix");
}

}  // namespace

Result<void> wish_for_reload(const Config& config) {
  const std::filesystem::path file = file_of(config);
  std::error_code unknown;
  if (std::filesystem::exists(file, unknown)) return {};
  if (std::ofstream{file}.flush()) return {};
  return fail(Errc::io, file.string() + ": cannot be made");
}

void forget_reload_wish(const Config& config) {
  std::error_code none;
  std::filesystem::remove(file_of(config), none);
}

std::optional<Notice> unheard_wish(const Config& config, Time now) {
  const std::filesystem::path file = file_of(config);
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  const Time since{Seconds{status.st_mtim.tv_sec}};
  if (now - since < kSoon) return std::nullopt;
  return Notice{Severity::alert, "Postfix",
                "a table that it reads only when it starts has changed at " + format_time(since) +
                    ", and nobody has reloaded it: enable tlspact-postfix-reload.path, or say "
                    "\"postfix reload\" as root and remove " +
                    file.string(),
                0};
}

}  // namespace tlspact
