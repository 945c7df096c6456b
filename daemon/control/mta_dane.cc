// SPDX-License-Identifier: MIT
#include "daemon/control/mta_dane.h"

namespace tlspact {
namespace {

constexpr const char* kPostfix = "Postfix";
constexpr const char* kExim = "Exim";

bool asks_for_dane(const Snapshot& snapshot) {
  for (std::size_t i = 0; i < snapshot.size(); ++i) {
    const Level level = snapshot.ruling(i).level;
    if (level == Level::dane || level == Level::dane_only) return true;
  }
  return false;
}

std::string remedy(const std::string& mta, const MtaResolver& resolver) {
  std::string lines;
  const bool believed = resolver.trusts_ad || mta == kPostfix;
  if (resolver.ad == AdBit::clear ||
      (resolver.ad == AdBit::unknown && (believed || !resolver.loopback)))
    lines = "\"nameserver 127.0.0.1\" first (apt install unbound)";
  if (mta == kExim && !resolver.trusts_ad)
    lines += std::string{lines.empty() ? "" : " and "} +
             "\"options trust-ad\" (if that name server validates)";
  return lines + " in " + resolver.file.string() +
         (mta == kPostfix ? ", then postfix stop && postfix start" : "") +
         ", then tlspact generate";
}

/// For one mail server.
class Judge {
 public:
  Judge(std::string mta, const std::optional<MtaResolver>& resolver,
        const std::optional<std::string>& fault, bool forced, bool needed)
      : mta_(std::move(mta)),
        resolver_(resolver),
        fault_(fault),
        forced_(forced),
        needed_(needed) {}

  void add_to(Findings& out) const {
    if (!resolver_) return;
    if (fault_ && !fault_->empty()) {
      out.push_back({needed_ ? Severity::alert : Severity::note, mta_, *fault_ + ": " + effect(),
                     remedy(mta_, *resolver_)});
    } else if (resolver_->ad == AdBit::unknown) {
      out.push_back({Severity::note, mta_,
                     first_server() + " did not tell whether it validates DNSSEC, so what the last "
                                      "run found holds",
                     "dig @" + resolver_->server + " +dnssec . SOA must show the flag \"ad\""});
    } else if (!resolver_->loopback) {
      out.push_back({Severity::note, mta_,
                     first_server() + " is on another machine: whoever is on the way to it can "
                                      "forge what DANE rests on",
                     "a validating resolver on this machine (apt install unbound)"});
    }
  }

 private:
  [[nodiscard]] std::string first_server() const {
    return resolver_->server + ", the first name server of " + resolver_->file.string() + ",";
  }
  [[nodiscard]] std::string effect() const {
    return forced_ ? "mail to every dane-only domain waits, and dane is opportunistic"
                   : "no DANE level is written for " + mta_ + ", but what holds without DANE";
  }

  std::string mta_;
  const std::optional<MtaResolver>& resolver_;
  const std::optional<std::string>& fault_;
  bool forced_;
  bool needed_;
};

}  // namespace

void ask_resolvers(const Config& config, MtaFacts& facts) {
  PostfixFacts& postfix = facts.postfix;
  if (postfix.installed && postfix.validates_dnssec && config.postfix.enabled.value_or(true) &&
      config.postfix.dane.value_or(true)) {
    postfix.resolver = ask_mta_resolver(postfix.resolv_conf);
    postfix.resolver_fault = fault_for_postfix(*postfix.resolver);
  }
  EximFacts& exim = facts.exim;
  if (exim.asked && config.exim.enabled.value_or(true) && config.exim.dane.value_or(true)) {
    // Without trust-ad the answer would not matter.
    exim.resolver = read_mta_resolver(exim.resolv_conf);
    if (exim.resolver->trusts_ad) exim.resolver = ask_mta_resolver(exim.resolv_conf);
    exim.resolver_fault = fault_for_exim(*exim.resolver);
  }
}

void keep_conclusions(const std::optional<RunRecord>& last_run, MtaFacts& facts) {
  if (!last_run) return;
  const auto keep = [&](const char* mta, std::optional<std::string>& fault) {
    const auto known = last_run->resolver_faults.find(mta);
    if (!fault && known != last_run->resolver_faults.end()) fault = known->second;
  };
  keep(kPostfix, facts.postfix.resolver_fault);
  keep(kExim, facts.exim.resolver_fault);
}

ResolverFaults conclusions(const MtaFacts& facts) {
  ResolverFaults out;
  if (facts.postfix.resolver_fault) out[kPostfix] = *facts.postfix.resolver_fault;
  if (facts.exim.resolver_fault) out[kExim] = *facts.exim.resolver_fault;
  return out;
}

Findings resolver_findings(const Config& config, const MtaFacts& facts, const Snapshot& snapshot) {
  Findings out;
  const bool needed = asks_for_dane(snapshot);
  const auto& [postfix, exim] = facts;
  Judge{kPostfix, postfix.resolver, postfix.resolver_fault, config.postfix.dane.has_value(), needed}
      .add_to(out);
  Judge{kExim, exim.resolver, exim.resolver_fault, config.exim.dane.has_value(), needed}.add_to(
      out);
  return out;
}

}  // namespace tlspact
