// SPDX-License-Identifier: MIT
/// PolicySource: one place that policies come from.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/store/store.h"
#include "policy/notice.h"
#include "policy/policy_inputs.h"

namespace tlspact {

/// How a fetch ended. Whatever the state, load() adds what is in force.
enum class SourceState {
  fresh,        ///< a new good batch
  not_changed,  ///< the batch is the last one
  kept,         ///< this fetch failed or was refused: the last good batch stays in force
  never_good,   ///< and there never was a good one
};

struct FetchReport {
  SourceState state = SourceState::fresh;
  /// A local or signed input was refused (exit code 65).
  bool refused = false;
  Notices notices;
};

struct FetchContext {
  Store& store;
  Time now;
  bool offline = false;       ///< no network: what is remote counts as not changed
  bool keep_in_store = true;  ///< false: the store is only read
  /// Where private copies are made meanwhile; empty: in the system's temporary directory.
  std::filesystem::path scratch = {};
  /// Next-hops that are looked up now, due or not, and are correspondents from now on.
  std::set<std::string> look_up_now = {};
  /// The same for everything that is known.
  bool look_up_everything = false;
  /// Also add what cannot change a decision, for somebody who wants to see it.
  bool tell_everything = false;
  bool probe = true;          ///< false: probes are somebody else's
  std::stop_token stop = {};  ///< what is looked up ends, with what is known by then
  /// Called while look-ups go on; empty: nobody looks.
  std::function<void(std::size_t done, std::size_t total)> progress = {};
};

/// A plug-in point, for one run: fetch(), and then, unless everything is as it was, load(). Neither
/// lets one source's fault touch another: it is reported, and the last good batch is used.
class PolicySource {
 public:
  PolicySource() = default;
  PolicySource(const PolicySource&) = delete;
  PolicySource& operator=(const PolicySource&) = delete;
  PolicySource(PolicySource&&) = delete;
  PolicySource& operator=(PolicySource&&) = delete;
  virtual ~PolicySource() = default;

  /// For messages: "agreements", "list community".
  [[nodiscard]] virtual std::string name() const = 0;

  /// Brings what is new and judges it; what is not new is not even parsed.
  [[nodiscard]] virtual FetchReport fetch(const FetchContext& context) = 0;

  /// Adds what is in force to `inputs`, which the sources before this one have filled. After
  /// fetch().
  [[nodiscard]] virtual FetchReport load(const FetchContext& context, PolicyInputs& inputs) = 0;

  /// After fetch(), and anew after load(): two runs with equal fingerprints load the same.
  [[nodiscard]] virtual std::string fingerprint() const = 0;

  /// After fetch(): the first moment after `now` at which something of this begins or ceases to
  /// hold; nullopt: none.
  [[nodiscard]] virtual std::optional<Time> next_change(Time now) const = 0;
};

/// Every source that `config` asks for, in order of rank.
[[nodiscard]] std::vector<std::unique_ptr<PolicySource>> policy_sources(const Config& config);

}  // namespace tlspact
