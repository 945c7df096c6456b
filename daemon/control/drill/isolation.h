// SPDX-License-Identifier: MIT
/// run_isolated(): work in mount, network and process namespaces of its own, of which nothing is
/// left when it ends, however it ends.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

#include "policy/result.h"

namespace tlspact {

/// What is done inside; `work` is an empty directory in memory, the one place that can be written.
using IsolatedWork = std::function<Result<std::string>(const std::filesystem::path& work)>;

/// Error unavailable, with the remedy: this process is not root.
[[nodiscard]] Result<void> may_isolate();

/// Runs `work` in a child process that is process 1 of new namespaces: every file system is
/// read-only there, the network is a loopback interface that is up, with 192.0.2.0/24 on it, and
/// /proc is its own. Returns what it returned.
///
/// When the child ends, or is killed at `deadline` or by a signal to this process, the kernel ends
/// all that it started and drops its mounts. SIGINT, SIGTERM and SIGHUP take effect on this process
/// only after that. If this process is killed by SIGKILL, so is the child, and an empty directory
/// below TMPDIR stays.
///
/// Error unavailable: this process is not root, the kernel or a container does not let it make
/// namespaces (with the remedy), or the deadline passed. Precondition: no other thread runs.
[[nodiscard]] Result<std::string> run_isolated(const IsolatedWork& work,
                                               std::chrono::seconds deadline);

}  // namespace tlspact
