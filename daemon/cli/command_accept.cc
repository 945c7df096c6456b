// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include "daemon/cli/arguments.h"
#include "daemon/cli/changing_store.h"
#include "daemon/cli/command.h"
#include "daemon/control/keep_evidence.h"
#include "daemon/control/report.h"
#include "daemon/dns/idna.h"
#include "daemon/store/store.h"

namespace tlspact {
namespace {

/// "list community" as the messages have it, or "community".
std::string list_name(const std::string& source) {
  constexpr std::string_view kPrefix = "list ";
  return source.starts_with(kPrefix) ? source.substr(kPrefix.size()) : source;
}

bool is_list(const Config& config, const std::string& name) {
  return std::ranges::find(config.lists, name, &ListConfig::name) != config.lists.end();
}

Result<std::string> accept_list(Store& store, const std::string& name, const std::string& who) {
  auto held = store.held_list(name);
  if (!held) return std::unexpected(held.error());
  if (!*held) return std::string{};
  (*held)->accepted = true;
  if (auto kept = store.keep_held_list(**held); !kept) return std::unexpected(kept.error());
  return "list " + name + ": the version of " + format_time((*held)->timestamp) + " may give up " +
         std::to_string((*held)->lost_enforced) + " enforced domains and " +
         std::to_string((*held)->lost_domains) + " in all; " + who +
         " takes it now, or a later one that gives up no more\n";
}

/// The policies of this next-hop that wait.
Result<std::string> accept_held(Store& store, const std::string& key) {
  auto held = store.held_policies();
  if (!held) return std::unexpected(held.error());
  std::string text;
  for (HeldPolicy& each : *held) {
    if (each.domain != key || each.accepted) continue;
    each.accepted = true;
    text += key + ": what a " +
            std::string{each.source == Source::list ? "list asks for" : "probe has learned"} +
            " is enforced with the next run, whatever its MX hosts do\n";
  }
  if (text.empty()) return text;
  if (auto kept = store.keep_only_held_policies(*held); !kept) return std::unexpected(kept.error());
  return text;
}

/// The alarms of this MX host, which other domains may share: only its own name will do.
Result<std::string> accept_alarms(Store& store, const std::string& host) {
  auto states = read_probe_states(store);
  if (!states) return std::unexpected(states.error());
  std::vector<EndpointMemory> quiet;
  std::string text;
  for (const EndpointMemory* memory : states->endpoints.of_host(host)) {
    if (!memory->alarm) continue;
    quiet.push_back(accept_as_it_is(*memory));
    text += memory->host + " (" + memory->address + "): that it does no TLS is in order\n";
  }
  std::vector<LearnedDomain> unlearned;
  for (auto& [key, domain] : states->domains) {
    const bool concerned = std::ranges::find(domain.hosts, host) != domain.hosts.end() ||
                           std::ranges::find(domain.supporters, host) != domain.supporters.end();
    if (quiet.empty() || !concerned || !domain.learned) continue;
    domain.learned.reset();
    unlearned.push_back(domain);
    text += key + ": that mail to it has TLS is no longer taken for known\n";
  }
  if (auto kept = store.keep_endpoints(quiet); !kept) return std::unexpected(kept.error());
  if (auto kept = store.keep_learned_domains(unlearned); !kept)
    return std::unexpected(kept.error());
  return text;
}

/// Of a domain's MX hosts that stand under alarm, what to say instead; empty: none does.
Result<std::string> alarmed_hosts(Store& store, const std::string& key) {
  const auto states = read_probe_states(store);
  if (!states) return std::unexpected(states.error());
  const auto domain = states->domains.find(key);
  std::string out;
  if (domain == states->domains.end()) return out;
  for (const std::string& host : domain->second.hosts) {
    const auto endpoints = states->endpoints.of_host(host);
    if (std::ranges::any_of(endpoints,
                            [](const EndpointMemory* each) { return each->alarm.has_value(); }))
      out += (out.empty() ? "" : " or ") + std::string{"tlspact accept "} + host;
  }
  return out;
}

Result<std::string> accept_next_hop(Store& store, const std::string& given) {
  const auto key = parse_policy_key(given);
  if (!key)
    return fail(Errc::no_input,
                shown(given) + " is neither a configured list, nor a domain, nor \"clock\"");
  // A policy that waits for a host that fails is one word, that the host is in order another.
  auto held = accept_held(store, key->text());
  if (!held || !held->empty()) return held;
  auto alarms = accept_alarms(store, key->text());
  if (!alarms || !alarms->empty()) return alarms;
  const auto hosts = alarmed_hosts(store, key->text());
  if (!hosts) return std::unexpected(hosts.error());
  if (!hosts->empty())
    return fail(Errc::no_input,
                "an alarm is accepted by the name of the MX host, because other "
                "domains may share it: " +
                    *hosts);
  return std::string{};
}

}  // namespace

Result<CommandResult> run_accept(const std::vector<std::string>& given,
                                 const GlobalOptions& global) {
  Arguments arguments{
      {.synopsis = "tlspact accept SOURCE",
       .description =
           "The operator's word on a change that a guard holds back. SOURCE is the name of a list "
           "whose\nnew version shrinks by more than max_shrink; a domain or next-hop whose policy "
           "waits, because\nits MX hosts do not meet it: it is enforced all the same; an MX "
           "host that did TLS and does\nnot any more: that is in order; or \"clock\": the time "
           "of "
           "this machine is right, though it went back\nor nothing keeps it so.\n\n"
           "Exit codes: 0 accepted; 1 nothing is held back; 65 neither a list nor a domain name; "
           "75 "
           "another\nrun is at work.",
       .positional = "source"},
      {}};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto source = arguments.positional();
  if (!source) return std::unexpected(source.error());
  auto open = open_changing_store(global, clock_now());
  if (!open) return std::unexpected(open.error());
  CommandResult result{.notices = std::move(open->notices)};
  if (*source == "clock") {
    if (auto kept = open->store.accept_clock(clock_now()); !kept)
      return std::unexpected(kept.error());
    result.text = "the clock is taken to be right for a day\n";
  } else {
    auto text = is_list(open->config, list_name(*source))
                    ? accept_list(open->store, list_name(*source), who_follows(global))
                    : accept_next_hop(open->store, *source);
    if (!text) return std::unexpected(text.error());
    result.exit_code = text->empty() ? 1 : 0;
    result.text =
        text->empty() ? "nothing of " + shown(*source) + " is held back\n" : *std::move(text);
  }
  result.json = new Poco::JSON::Object;
  result.json->set("accepted", result.exit_code == 0);
  result.json->set("text", result.text);
  return result;
}

}  // namespace tlspact
