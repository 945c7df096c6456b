// SPDX-License-Identifier: MIT
/// DrillNetwork: a DrillWorld that runs: receivers on port 25, its DNS on port 53.
#pragma once

#include <memory>
#include <vector>

#include "daemon/control/drill/drill_world.h"
#include "policy/result.h"
#include "smtp/receiver/receiver.h"

namespace tlspact {

/// Serves on a thread of its own until it goes. Only within the drill's own network namespace: the
/// ports are fixed.
class DrillNetwork {
 public:
  /// Error io: a port cannot be had.
  [[nodiscard]] static Result<DrillNetwork> start(DrillWorld world);

  DrillNetwork(DrillNetwork&&) noexcept;
  DrillNetwork(const DrillNetwork&) = delete;
  DrillNetwork& operator=(DrillNetwork&&) = delete;
  DrillNetwork& operator=(const DrillNetwork&) = delete;
  ~DrillNetwork();

  /// What the receiver of a case (by its place) has seen so far.
  [[nodiscard]] std::vector<Conversation> seen_by(std::size_t index) const;

 private:
  struct Core;
  explicit DrillNetwork(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace tlspact
