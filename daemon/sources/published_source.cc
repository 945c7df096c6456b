// SPDX-License-Identifier: MIT
#include "daemon/sources/published_source.h"

#include <Poco/DigestEngine.h>
#include <Poco/SHA2Engine.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "daemon/sources/correspondents.h"
#include "daemon/sources/lookup_settings.h"

namespace tlspact {
namespace {

/// A look that is due after more than this was planned by a clock that was wrong.
constexpr Seconds kLongestWait = std::chrono::days{2};

bool sts_is_due(const StsState& state, Time now) {
  return state.next_look <= now || state.next_look > now + kLongestWait;
}

/// "mx1.example usable TLSA, mx2.example no TLSA, mx3.example usable TLSA at its own name (it is an
/// alias)".
std::string hosts_text(const DaneMemory& memory) {
  std::string out;
  for (const HostMemory& each : memory.hosts) {
    out += (out.empty() ? "" : ", ") + each.host + " " + std::string{host_dane_text(each.dane)};
    if (each.tlsa_at_alias) out += " at its own name (it is an alias)";
  }
  if (!memory.reason.empty()) out += (out.empty() ? "" : "; ") + memory.reason;
  return out;
}

Candidate dane_candidate(const DaneMemory& memory, const DaneFacts& facts) {
  Candidate out;
  out.source = Source::dane;
  out.dane = facts;
  const std::string hosts = hosts_text(memory);
  out.provenance.where = "DNS" + (hosts.empty() ? "" : ": " + hosts);
  out.provenance.fetched = memory.looked_at;
  out.provenance.serial = format_time(memory.looked_at);
  return out;
}

/// Brings what a batch of look-ups has changed into the store.
void keep(Store& store, const PublishedStates& changed, Notices& notices) {
  std::vector<StoredSts> sts;
  sts.reserve(changed.sts.size());
  for (const auto& [domain, state] : changed.sts)
    sts.push_back({domain, state});
  note_fault(store.keep_sts(sts), notices);
  std::vector<StoredDane> dane;
  dane.reserve(changed.dane.size());
  for (const auto& [key, memory] : changed.dane)
    dane.push_back({key, encode_dane_memory(memory), memory.look_again_at});
  note_fault(store.keep_dane(dane), notices);
}

/// The run's time, as it goes on while the run does.
std::function<Time()> clock_from(Time now) {
  return [now, began = std::chrono::steady_clock::now()] {
    return now + std::chrono::floor<Seconds>(std::chrono::steady_clock::now() - began);
  };
}

}  // namespace

PublishedSource::PublishedSource(const Config& config)
    : config_(config), dane_(config.dane.enabled && !config.dns.trust_anchor.empty()) {}

FetchReport PublishedSource::fetch(const FetchContext& context) {
  FetchReport report;
  now_ = context.now;
  if (!dane_ && !config_.mta_sts.enabled) return report;
  read_store(context, report.notices);
  if (context.offline) return report;
  read_files(context, report.notices);
  look_up(context, correspondents_, report.notices);
  return report;
}

void PublishedSource::read_store(const FetchContext& context, Notices& notices) {
  if (config_.mta_sts.enabled)
    note_fault(context.store.each_sts(
                   [&](StoredSts row) { states_.sts[row.domain] = std::move(row.state); }),
               notices);
  if (dane_)
    note_fault(context.store.each_dane([&](const StoredDane& row) {
      // One that cannot be read is looked at anew.
      if (auto memory = decode_dane_memory(row.memory)) states_.dane[row.domain] = *memory;
    }),
               notices);
  const auto known = context.store.correspondents();
  if (!known) notices.push_back({Severity::alert, "store", known.error().text});
  for (const StoredCorrespondent& each : known.value_or(std::vector<StoredCorrespondent>{}))
    (each.last_seen + kForgottenAfter < now_ ? stale_ : correspondents_).insert(each.domain);
  if (!known) return;
  for (std::string& each : surplus_correspondents(
           *known, [this](const std::string& text) { return has_policy(text); },
           kMostCorrespondents)) {
    correspondents_.erase(each);
    stale_.insert(std::move(each));
  }
}

bool PublishedSource::has_policy(const std::string& text) const {
  const auto dane = states_.dane.find(text);
  if (dane != states_.dane.end() && says_something(facts(dane->second, now_))) return true;
  const auto sts = states_.sts.find(PolicyKey::from_normal_form(text).domain().text());
  return sts != states_.sts.end() && sts->second.cached.has_value();
}

void PublishedSource::read_files(const FetchContext& context, Notices& notices) {
  const auto positions = context.store.log_positions();
  if (!positions) notices.push_back({Severity::alert, "store", positions.error().text});
  CorrespondentReading read = read_correspondents(
      config_, positions.value_or(std::vector<StoredLogPosition>{}), context.now);
  std::ranges::move(read.notices, std::back_inserter(notices));
  for (const std::string& each : context.look_up_now)
    read.named.push_back({each, now_, now_, "tlspact refresh"});
  for (const StoredCorrespondent& each : read.named) {
    correspondents_.insert(each.domain);
    stale_.erase(each.domain);
  }
  if (!context.keep_in_store) return;
  // First the domains: a position that is lost costs time, a domain would be missed.
  const auto kept = context.store.keep_correspondents(read.named);
  note_fault(kept, notices);
  if (kept) note_fault(context.store.keep_log_positions(read.positions), notices);
}

LookupOptions PublishedSource::options(const FetchContext& context, Notices& notices) const {
  LookupOptions out;
  out.dns = source_dns_options(config_);
  out.fetch = sts_fetch_options(config_);
  out.times.refresh = config_.mta_sts.refresh;
  out.max_stale = config_.dns.max_stale;
  out.clock = clock_from(context.now);
  out.progress = context.progress;
  out.stop = context.stop;
  if (context.keep_in_store)
    out.keep = [&context, &notices](const PublishedStates& changed) {
      keep(context.store, changed, notices);
    };
  return out;
}

void PublishedSource::look_up(const FetchContext& context, const std::set<std::string>& keys,
                              Notices& notices) {
  LookupWork work;
  for (const std::string& text : keys) {
    const PolicyKey key = PolicyKey::from_normal_form(text);
    if (key.pattern.subdomains) continue;
    const bool wanted_now = context.look_up_everything || context.look_up_now.contains(text);
    const std::string& domain = key.domain().text();
    const auto dane = states_.dane.find(text);
    if (dane_ && (wanted_now || dane == states_.dane.end() || look_is_due(dane->second, now_)) &&
        looked_up_.insert("DANE " + text).second)
      work.dane.push_back(key);
    const auto sts = states_.sts.find(domain);
    if (config_.mta_sts.enabled &&
        (wanted_now || sts == states_.sts.end() || sts_is_due(sts->second, now_)) &&
        looked_up_.insert("MTA-STS " + domain).second)
      work.sts.push_back(key.domain());
  }
  std::ranges::move(look_up_domains(work, options(context, notices), states_),
                    std::back_inserter(notices));
}

FetchReport PublishedSource::load(const FetchContext& context, PolicyInputs& inputs) {
  FetchReport report;
  if (!dane_ && !config_.mta_sts.enabled) return report;
  std::set<std::string> named;
  for (const auto& [text, key] : inputs.own_keys())
    named.insert(text);
  if (!context.offline) {
    // What fetch() has looked up is not due again.
    std::set<std::string> keys = named;
    for (const PublishedList& list : inputs.lists()) {
      for (const PolicyList::Entry& entry : list.list->entries)
        keys.emplace(list.list->domain(entry));
    }
    look_up(context, keys, report.notices);
    forget(context, keys, report.notices);
  }
  if (config_.mta_sts.enabled) add_sts(context, inputs, report.notices);
  if (dane_) add_dane(context, inputs);
  return report;
}

void PublishedSource::forget(const FetchContext& context, const std::set<std::string>& wanted,
                             Notices& notices) {
  std::set<std::string> hosts;  // policy domains of next-hops with brackets or a port
  for (const std::string& text : wanted)
    if (!PolicyKey::is_by_domain(text))
      hosts.insert(PolicyKey::from_normal_form(text).domain().text());
  const auto unwanted = [&](const std::string& text) {
    return !wanted.contains(text) && !correspondents_.contains(text) && !hosts.contains(text);
  };
  std::set<std::string> gone = stale_;
  for (const auto& [domain, state] : states_.sts)
    if (unwanted(domain)) gone.insert(domain);
  for (const auto& [key, memory] : states_.dane)
    if (unwanted(key)) gone.insert(key);
  std::erase_if(gone, [&](const std::string& text) { return !unwanted(text); });
  for (const std::string& text : gone) {
    stale_.erase(text);
    states_.sts.erase(text);
    states_.dane.erase(text);
  }
  if (context.keep_in_store && !gone.empty())
    note_fault(context.store.forget_domains(std::vector<std::string>(gone.begin(), gone.end())),
               notices);
}

void PublishedSource::add_sts(const FetchContext& context, PolicyInputs& inputs,
                              Notices& notices) const {
  NoticeTally tally;
  for (const auto& [text, state] : states_.sts) {
    const Domain domain = Domain::from_normal_form(text);
    for (const Notice& each : sts_notices(state, domain, config_.service.warn_before, context.now))
      tally.add(each);
    inputs.looked_up(text, state.next_look);
    if (auto candidate = sts_candidate(state, domain))
      inputs.add(PolicyKey::of(domain), *std::move(candidate));
  }
  std::ranges::move(tally.take(), std::back_inserter(notices));
}

void PublishedSource::add_dane(const FetchContext& context, PolicyInputs& inputs) const {
  for (const auto& [text, memory] : states_.dane) {
    const DaneFacts known = facts(memory, context.now);
    inputs.looked_up(text, memory.look_again_at);
    if (context.tell_everything || says_something(known))
      inputs.add(PolicyKey::from_normal_form(text), dane_candidate(memory, known));
  }
}

std::string PublishedSource::fingerprint() const {
  Poco::SHA2Engine digest{Poco::SHA2Engine::SHA_256};
  const auto add = [&](const std::string& text) { digest.update(text + "\n"); };
  for (const Seconds each : {config_.dns.max_stale, config_.service.warn_before})
    add(std::to_string(each.count()));
  for (const std::string& each : stale_)  // a run has to see whether anything else names it
    add("stale " + each);
  for (const auto& [domain, state] : states_.sts) {
    if (!state.cached) continue;
    add(domain + " " + state.cached->id + " " + format_time(state.cached->fetched));
    add(state.cached->policy.text);
    // A notice comes and goes with it.
    if (state.fault_since) add(format_time(*state.fault_since) + state.last_error);
  }
  for (const auto& [key, memory] : states_.dane) {
    const DaneFacts known = facts(memory, now_);
    if (!says_something(known)) continue;
    add(key + " " + std::string{dane_state_name(known.state)} + " " +
        (known.last_good ? std::string{dane_state_name(*known.last_good)} : "") + " " +
        (known.tlsa_ever_seen ? "seen" : "") + (known.tlsa_at_alias ? " alias" : ""));
    // How long it is ago matters where nothing newer is known.
    if (known.state == DaneState::unknown) add(format_time(known.last_good_at));
  }
  return name() + " " + Poco::DigestEngine::digestToHex(digest.digest());
}

std::optional<Time> PublishedSource::next_change(Time now) const {
  std::optional<Time> next;
  const auto consider = [&](Time at) {
    if (at > now && (!next || at < *next)) next = at;
  };
  for (const auto& [domain, state] : states_.sts) {
    if (!state.cached) continue;
    consider(state.cached->expires());
    consider(state.cached->expires() - config_.service.warn_before);
  }
  constexpr Seconds kOverdue = std::chrono::hours{1};
  for (const auto& [key, memory] : states_.dane) {
    if (!says_something(facts(memory, now))) continue;
    consider(memory.look_again_at + kOverdue);
    consider(memory.last_good_at + config_.dns.max_stale + Seconds{1});
  }
  return next;
}

}  // namespace tlspact
