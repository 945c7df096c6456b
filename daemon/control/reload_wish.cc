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

std::optional<Notice> wish_notice(const Config& config, Time now) {
  const std::filesystem::path file = file_of(config);
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  const Time since{Seconds{status.st_mtim.tv_sec}};
  const bool unheard = now - since >= kSoon;
  return Notice{unheard ? Severity::alert : Severity::warning, "Postfix",
                "a table that it reads only when it starts has changed at " + format_time(since) +
                    ", and this user can neither see whether it runs nor reload it: " +
                    (unheard ? "nobody has heard the wish for it" : "it is wished for") +
                    ". tlspact-postfix-reload.path does it where it is enabled; else say \"postfix "
                    "reload\" as root and remove " +
                    file.string() + ", run tlspact as root, or use the table type cdb or lmdb",
                0};
}

}  // namespace tlspact
