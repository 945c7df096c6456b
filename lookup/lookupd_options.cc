// SPDX-License-Identifier: MIT
#include "lookup/lookupd_options.h"

#include <getopt.h>

#include <array>
#include <charconv>

namespace tlspact {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kUsage =
    R"(tlspact-lookupd answers Postfix (socketmap) and Exim (readsocket) from the published snapshot.

  --snapshot FILE      the snapshot to answer from (/var/lib/tlspact/snapshot)
  --resolve SOCKET     the daemon's socket for domains that nobody knows yet
                       (/run/tlspact/resolve); "": they are answered as not found
  --wait TIME          how long an answer waits for the daemon (as [live] wait says)
  --socketmap ADDRESS  where Postfix asks (inet:127.0.0.1:8642); "": off
  --readsocket ADDRESS where Exim asks (unix:/run/tlspact/exim); "": off
  --help, --version

ADDRESS is inet:127.0.0.1:8642, inet:[::1]:8642 or unix:/path. The defaults hold where neither
address is given and systemd passes no socket (named socketmap or readsocket).
)";

std::unexpected<Error> bad_usage(const std::string& text) {
  return fail(Errc::usage, text + "; see tlspact-lookupd --help");
}

enum Option : int { snapshot = 1, resolve, wait, socketmap, readsocket, help, version };

constexpr std::array<option, 8> kOptions{{{"snapshot", required_argument, nullptr, snapshot},
                                          {"resolve", required_argument, nullptr, resolve},
                                          {"wait", required_argument, nullptr, wait},
                                          {"socketmap", required_argument, nullptr, socketmap},
                                          {"readsocket", required_argument, nullptr, readsocket},
                                          {"help", no_argument, nullptr, help},
                                          {"version", no_argument, nullptr, version},
                                          {nullptr, 0, nullptr, 0}}};

Result<void> take(LookupdOptions& options, int which, const std::string& value) {
  switch (which) {
    case snapshot:
      options.server.snapshot = value;
      return {};
    case resolve:
      options.server.resolve = value;
      return {};
    case wait: {
      const auto time = parse_wait(value);
      if (!time) return bad_usage("\"" + value + "\" is no time up to a minute, such as 3s");
      options.server.wait = *time;
      return {};
    }
    case socketmap:
      options.socketmap = value;
      return {};
    case readsocket:
      options.readsocket = value;
      return {};
    case help:
      options.help = true;
      return {};
    case version:
      options.version = true;
      return {};
    default:
      return bad_usage("an option is unknown, or its value is missing");
  }
}

}  // namespace

std::optional<milliseconds> parse_wait(std::string_view text) {
  constexpr milliseconds kMost{60'000};
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc{} || count < 0 || count > kMost.count()) return std::nullopt;
  const std::string_view unit{rest, static_cast<std::size_t>(end - rest)};
  milliseconds out{count};
  if (unit == "s") out *= 1000;
  if (unit == "m") out *= 60'000;
  if ((unit != "ms" && unit != "s" && unit != "m") || out > kMost) return std::nullopt;
  return out;
}

Result<LookupdOptions> read_lookupd_options(int count, char* const* words) {
  LookupdOptions out{
      .server = {.snapshot = "/var/lib/tlspact/snapshot", .resolve = "/run/tlspact/resolve"},
      .socketmap = {},
      .readsocket = {}};
  optind = 0;
  opterr = 0;
  for (int which = 0; (which = ::getopt_long(count, words, "", kOptions.data(), nullptr)) != -1;) {
    if (auto taken = take(out, which, optarg == nullptr ? "" : optarg); !taken)
      return std::unexpected(taken.error());
  }
  if (optind < count) return bad_usage("\"" + std::string{words[optind]} + "\" is no option");
  return out;
}

std::string_view lookupd_usage() {
  return kUsage;
}

}  // namespace tlspact
