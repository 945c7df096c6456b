// SPDX-License-Identifier: MIT
#include "daemon/probe/way_out.h"

#include <algorithm>
#include <map>
#include <set>

namespace tlspact {
namespace {

constexpr std::size_t kManyOperators = 5;
constexpr std::size_t kSameGreeting = 3;

std::optional<std::string> canary_fault(const std::vector<ProbeSighting>& sightings) {
  bool any = false;
  bool positive = false;
  for (const ProbeSighting& each : sightings) {
    if (!each.canary) continue;
    any = true;
    positive = positive || each.evidence.kind == EvidenceKind::positive;
    if (each.evidence.kind == EvidenceKind::negative && !each.evidence.tls)
      return "the canary " + each.evidence.host + " does no TLS as seen from here (" +
             each.evidence.detail +
             "): something on the way takes it out, or [probe] canaries names a wrong host";
  }
  if (!any || positive) return std::nullopt;
  return "none of the [probe] canaries could be reached and did TLS: see that this machine may "
         "connect to port 25 of other servers";
}

std::optional<std::string> blocked_fault(const std::vector<ProbeSighting>& sightings) {
  std::set<std::string> operators;
  for (const ProbeSighting& each : sightings) {
    if (each.canary || each.evidence.stage != "connect") return std::nullopt;
    operators.insert(each.operator_name);
  }
  if (operators.size() < kManyOperators) return std::nullopt;
  return "no server could be connected to, of " + std::to_string(operators.size()) +
         " operators: outgoing connections to port 25 seem to be blocked; see that this machine "
         "may "
         "make them, or set [probe] enabled = false";
}

std::optional<WayOutFault> interception_fault(const std::vector<ProbeSighting>& sightings) {
  std::map<std::string, std::set<std::string>> operators;  // by greeting
  for (const ProbeSighting& each : sightings) {
    const bool no_tls = each.evidence.kind == EvidenceKind::negative && !each.evidence.tls;
    if (no_tls && !each.greeting.empty() && !each.greeting.contains(each.operator_name))
      operators[each.greeting].insert(each.operator_name);
  }
  for (const auto& [greeting, names] : operators) {
    if (names.size() < kSameGreeting) continue;
    std::string told;
    for (const std::string& name : names) {
      if (told.size() < 60) told += (told.empty() ? "" : ", ") + name;
    }
    return WayOutFault{"the servers of " + told + " all greet with \"" + greeting.substr(0, 80) +
                           "\" and offer no STARTTLS: something on the way answers port 25 in "
                           "their place",
                       greeting};
  }
  return std::nullopt;
}

}  // namespace

std::optional<WayOutFault> way_out_fault(const std::vector<ProbeSighting>& sightings) {
  if (auto fault = canary_fault(sightings)) return WayOutFault{*std::move(fault), {}};
  if (auto fault = interception_fault(sightings)) return fault;
  if (sightings.empty()) return std::nullopt;
  if (auto fault = blocked_fault(sightings)) return WayOutFault{*std::move(fault), {}};
  return std::nullopt;
}

}  // namespace tlspact
