// SPDX-License-Identifier: MIT
#include "daemon/control/overview/overview_keeper.h"

#include <utility>

#include "daemon/config/clock.h"

namespace tlspact {

OverviewKeeper::OverviewKeeper(std::shared_ptr<const Config> config) {
  Overview first;
  first.config = std::move(config);
  board_.put(std::move(first));
}

OverviewKeeper::~OverviewKeeper() {
  ending_ = true;
}

void OverviewKeeper::renew(std::shared_ptr<const Config> config) {
  const std::lock_guard lock{mutex_};
  if (std::exchange(next_, std::move(config)) == nullptr) worker_.add([this] { make(); });
}

void OverviewKeeper::make() {
  std::shared_ptr<const Config> config;
  {
    const std::lock_guard lock{mutex_};
    config = std::exchange(next_, nullptr);
  }
  board_.put(make_overview(std::move(config), *board_.get(), clock_now(),
                           [this] { return !ending_.load(); }));
}

}  // namespace tlspact
