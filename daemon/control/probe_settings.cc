// SPDX-License-Identifier: MIT
#include "daemon/control/probe_settings.h"

#include <unistd.h>

#include <array>
#include <chrono>

#include "daemon/config/clock.h"
#include "daemon/sources/lookup_settings.h"

namespace tlspact {
namespace {

std::vector<std::string> normal_forms(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (const auto domain = Domain::parse(name)) out.push_back(domain->text());
  }
  return out;
}

/// Shorter than a delivery's: a probe that comes to nothing costs nobody a message.
SessionDeadlines probe_deadlines() {
  SessionDeadlines out;
  out.banner = std::chrono::minutes{1};
  out.command = std::chrono::seconds{30};
  out.handshake = std::chrono::seconds{30};
  out.whole = std::chrono::minutes{2};
  return out;
}

}  // namespace

std::string helo_name(const Config& config) {
  if (!config.smtp.helo.empty()) return config.smtp.helo;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

LearnRules learn_rules(const Config& config) {
  return {.confirmations = config.learn.confirmations,
          .over = config.learn.over,
          .decay = config.learn.decay};
}

ProbeOptions probe_options(const Config& config) {
  ProbeOptions out;
  out.dns = dns_options(config);
  out.ca_file = config.tls.ca_file;
  out.helo = helo_name(config);
  out.port = static_cast<std::uint16_t>(config.smtp.port);
  out.at_once = config.probe.concurrency;
  out.politeness = {.per_operator = config.probe.per_operator_concurrency,
                    .per_address_interval = config.probe.per_address_interval};
  out.canaries = normal_forms(config.probe.canaries);
  out.opt_out = normal_forms(config.probe.opt_out);
  out.private_addresses = config.probe.private_addresses;
  out.rules = learn_rules(config);
  out.interval = config.probe.interval;
  out.deadlines = probe_deadlines();
  out.clock = clock_now;
  return out;
}

}  // namespace tlspact
