// SPDX-License-Identifier: MIT
// tlspact-lookupd: the main.
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <utility>
#include <vector>

#include "lookup/log.h"
#include "lookup/lookupd_options.h"
#include "lookup/service_manager.h"

namespace tlspact {
namespace {

Result<void> take_passed(std::vector<Listener>& out) {
  for (const PassedSocket& each : take_passed_sockets()) {
    if (each.name != "socketmap" && each.name != "readsocket")
      return fail(Errc::config, "a passed socket is named \"" + each.name +
                                    "\": FileDescriptorName= must be socketmap or readsocket");
    auto listener = Listener::passed(
        each.name == "socketmap" ? Protocol::socketmap : Protocol::readsocket, each.fd);
    if (!listener) return std::unexpected(listener.error());
    out.push_back(*std::move(listener));
  }
  return {};
}

Result<std::vector<Listener>> listeners(LookupdOptions options) {
  std::vector<Listener> out;
  if (auto taken = take_passed(out); !taken) return std::unexpected(taken.error());
  if (out.empty() && !options.socketmap && !options.readsocket) {
    options.socketmap = "inet:127.0.0.1:8642";
    options.readsocket = "unix:/run/tlspact/exim";
  }
  for (const auto& [protocol, address] : {std::pair{Protocol::socketmap, options.socketmap},
                                          std::pair{Protocol::readsocket, options.readsocket}}) {
    if (!address || address->empty()) continue;
    auto listener = Listener::open(protocol, *address);
    if (!listener) return std::unexpected(listener.error());
    out.push_back(*std::move(listener));
  }
  if (out.empty()) return fail(Errc::usage, "there is no address to listen on");
  return out;
}

/// 1,024 connections and what else is open are more than the usual soft limit.
void allow_descriptors() {
  constexpr rlim_t kWanted = 1200;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kWanted) return;
  limit.rlim_cur = std::min(limit.rlim_max, kWanted);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// They come through the loop.
void block_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP})
    ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

Result<void> run(int count, char* const* words) {
  block_signals();
  auto options = read_lookupd_options(count, words);
  if (!options) return std::unexpected(options.error());
  if (options->help) std::fputs(lookupd_usage().data(), stdout);
  if (options->version) std::puts("tlspact-lookupd " TLSPACT_VERSION);
  if (options->help || options->version) return {};
  auto open = listeners(*options);
  if (!open) return std::unexpected(open.error());
  allow_descriptors();
  Server{std::move(options->server), *std::move(open)}.run();
  return {};
}

}  // namespace
}  // namespace tlspact

int main(int count, char** words) {
  try {
    const auto done = tlspact::run(count, words);
    if (done) return 0;
    tlspact::log_line(tlspact::LogLevel::error, done.error().text);
    return static_cast<int>(done.error().code);
  } catch (const std::exception& error) {
    tlspact::log_line(tlspact::LogLevel::error, error.what());
    return static_cast<int>(tlspact::Errc::io);
  }
}
