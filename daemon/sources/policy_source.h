// SPDX-License-Identifier: MIT
/// PolicySource: one place that policies come from.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/store/store.h"
#include "policy/notice.h"
#include "policy/policy_inputs.h"

namespace tlspact {

/// How a fetch ended. Whatever the state, what is in force was added to the inputs.
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
};

/// A plug-in point. fetch() never lets one source's fault touch another: it reports it, and adds
/// the last good batch of its own.
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
  [[nodiscard]] virtual FetchReport fetch(const FetchContext& context, PolicyInputs& inputs) = 0;
};

/// Every source that `config` asks for, in order of rank.
[[nodiscard]] std::vector<std::unique_ptr<PolicySource>> policy_sources(const Config& config);

}  // namespace tlspact
