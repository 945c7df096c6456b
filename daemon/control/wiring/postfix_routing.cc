// SPDX-License-Identifier: MIT
#include "daemon/control/wiring/postfix_routing.h"

#include <algorithm>
#include <cctype>

namespace tlspact {
namespace {

/// Where mail for a domain goes, and which setting says so.
struct Way {
  std::string transport;
  std::string nexthop;  ///< empty: the recipient's domain
  std::string cause;
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// The keys that transport(5) is asked for: the domain, ".parent" upward, "*". Of a pattern:
/// itself, and so on.
std::vector<std::string> transport_keys(const PolicyKey& key) {
  std::vector<std::string> out{key.text()};
  std::string rest = key.domain().text();
  for (std::size_t dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
    out.push_back(rest.substr(dot));
    rest.erase(0, dot + 1);
  }
  out.emplace_back("*");
  return out;
}

class Router {
 public:
  Router(const PostfixInstance& instance, const PostfixExpectation& expected)
      : instance_(instance), expected_(expected) {}

  /// Error: a table cannot be asked.
  [[nodiscard]] Result<Way> way_of(const PolicyKey& key) const {
    const auto own = split_postfix_list(instance_.value("mydestination"));
    if (std::ranges::find(own, key.text()) != own.end()) return Way{"local", "", "mydestination"};
    const PostfixRoute standard = parse_postfix_route(instance_.value("default_transport"));
    const auto listed = from_transport_maps(key);
    if (!listed) return std::unexpected(listed.error());
    const std::string transport = standard.transport.empty() ? "smtp" : standard.transport;
    if (*listed && (!(*listed)->transport.empty() || !(*listed)->nexthop.empty()))
      return Way{(*listed)->transport.empty() ? transport : (*listed)->transport,
                 (*listed)->nexthop, "transport_maps"};
    const std::string relayhost = instance_.value("relayhost");
    if (!relayhost.empty()) return Way{transport, lower(relayhost), "relayhost"};
    return Way{transport, standard.nexthop, "default_transport"};
  }

 private:
  [[nodiscard]] Result<std::optional<PostfixRoute>> from_transport_maps(
      const PolicyKey& key) const {
    const auto tables = split_postfix_list(instance_.value("transport_maps"));
    if (tables.empty()) return std::nullopt;
    for (const std::string& each : transport_keys(key)) {
      for (const std::string& table : tables) {
        const auto answer = expected_.query(each, table);
        if (!answer) return std::unexpected(answer.error());
        if (*answer) return parse_postfix_route(**answer);
      }
    }
    return std::nullopt;
  }

  const PostfixInstance& instance_;
  const PostfixExpectation& expected_;
};

bool is_agreed(const std::string& nexthop, const Agreements& agreements) {
  return std::ranges::any_of(agreements, [&](const auto& agreement) {
    return std::ranges::any_of(agreement->domains, [&](const Agreement::Covered& each) {
      return each.key.text() == nexthop;
    });
  });
}

/// nullptr: main.cf names a transport that master.cf does not have.
const PostfixService* service_of(const PostfixInstance& instance, const std::string& transport) {
  const auto found = std::ranges::find_if(instance.services, [&](const PostfixService& each) {
    return each.name == transport && each.type == "unix";
  });
  return found == instance.services.end() ? nullptr : &*found;
}

void judge(const PolicyKey& key, const Way& way, const PostfixInstance& instance,
           const PostfixExpectation& expected, Findings& out) {
  const std::string remedy = "add \"" + key.text() +
                             " smtp:\" to a table of transport_maps, so that its MX hosts are "
                             "used";
  const PostfixService* service = service_of(instance, way.transport);
  if (service == nullptr || service->program != "smtp") {
    out.push_back(
        {Severity::alert, key.text(),
         "its agreement never applies in " + instance.subject() + ": " + way.cause +
             " hands the mail to the transport " + way.transport +
             (service == nullptr ? ", which master.cf does not have"
                                 : ", which is " + service->program + "(8), not smtp(8)"),
         way.cause == "mydestination" ? "take " + key.text() + " out of mydestination" : remedy});
    return;
  }
  if (way.nexthop.empty() || way.nexthop == key.text()) return;
  if (is_agreed(way.nexthop, expected.agreements)) {
    out.push_back({Severity::note,
                   key.text(),
                   "mail for it goes to " + way.nexthop + " (" + way.cause +
                       "), whose own agreement holds instead",
                   {}});
    return;
  }
  out.push_back({Severity::alert, key.text(),
                 "its agreement never applies in " + instance.subject() + ": " + way.cause +
                     " sends its mail to " + way.nexthop +
                     ", and that is what Postfix looks the policy up for",
                 "add \"" + way.nexthop + "\" to the domains of an agreement, or " + remedy});
}

/// A next-hop such as "[relay.example]:587" is asked for only where a setting names it.
void judge_nexthop(const std::string& nexthop, const PostfixInstance& instance, Findings& out) {
  for (const char* name : {"relayhost", "smtp_fallback_relay"})
    for (const std::string& each : split_postfix_list(lower(instance.value(name))))
      if (each == nexthop) return;
  for (const char* name : {"default_transport", "relay_transport"})
    if (parse_postfix_route(instance.value(name)).nexthop == nexthop) return;
  const bool may_be = !instance.value("transport_maps").empty() ||
                      !instance.value("sender_dependent_relayhost_maps").empty() ||
                      !instance.value("sender_dependent_default_transport_maps").empty();
  if (may_be) {
    out.push_back({Severity::note,
                   nexthop,
                   instance.subject() + " asks for this next-hop only if a line of transport_maps "
                                        "or a sender_dependent_* table names it exactly so",
                   {}});
    return;
  }
  out.push_back(
      {Severity::warning, nexthop,
       "its agreement never applies in " + instance.subject() + ": no setting names this next-hop",
       instance.set("relayhost", nexthop) + " (or name it in transport_maps)"});
}

void note_sender_dependent(const PostfixInstance& instance, Findings& out) {
  for (const char* name :
       {"sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"}) {
    if (instance.value(name).empty()) continue;
    out.push_back({Severity::note,
                   instance.subject(),
                   std::string{name} + " is set: mail of senders in it goes to next-hops that "
                                       "need agreements of their own",
                   {}});
  }
}

/// Without agreements nothing else would say it of the entries of lists.
void note_one_way_for_all(const PostfixInstance& instance, Findings& out) {
  const std::string relayhost = instance.value("relayhost");
  const std::string gate = parse_postfix_route(instance.value("default_transport")).nexthop;
  if (relayhost.empty() && gate.empty()) return;
  out.push_back({Severity::note,
                 instance.subject(),
                 (relayhost.empty() ? "default_transport" : "relayhost") +
                     std::string{" sends all mail to "} + (relayhost.empty() ? gate : relayhost) +
                     ": policies of recipients' domains do not apply, only one of that next-hop",
                 {}});
}

}  // namespace

PostfixRoute parse_postfix_route(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {std::string{text}, {}};
  return {std::string{text.substr(0, colon)}, lower(std::string{text.substr(colon + 1)})};
}

Findings check_routing(const PostfixInstance& instance, const PostfixExpectation& expected) {
  Findings out;
  const Router router{instance, expected};
  if (expected.agreements.empty()) note_one_way_for_all(instance, out);
  for (const auto& agreement : expected.agreements) {
    for (const Agreement::Covered& each : agreement->domains) {
      if (!each.key.by_domain()) {
        judge_nexthop(each.key.text(), instance, out);
        continue;
      }
      const auto way = router.way_of(each.key);
      if (!way) {
        out.push_back({Severity::warning, instance.subject(),
                       "transport_maps cannot be asked: " + way.error().text,
                       instance.command("postfix") + " check"});
        note_sender_dependent(instance, out);
        return out;
      }
      judge(each.key, *way, instance, expected, out);
    }
  }
  note_sender_dependent(instance, out);
  return out;
}

}  // namespace tlspact
