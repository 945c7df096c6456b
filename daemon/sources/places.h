// SPDX-License-Identifier: MIT
/// Places: how many may do something at once, for each key, in the order in which they asked.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace tlspact {

/// For one thread, that of the executor. Places that are held may outlive it.
class Places {
 public:
  struct Shared;

  /// Frees the place at its end.
  class Place {
   public:
    Place(std::shared_ptr<Shared> shared, std::string key)
        : shared_(std::move(shared)), key_(std::move(key)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    std::shared_ptr<Shared> shared_;  ///< nullptr: moved from
    std::string key_;
  };

  /// `limit`: for each key, at least 1.
  Places(boost::asio::any_io_executor executor, std::size_t limit);

  /// Waits for a place; nullopt: there was none until `deadline`. Throws only if it is cancelled.
  [[nodiscard]] boost::asio::awaitable<std::optional<Place>> take(
      std::string key, std::chrono::steady_clock::time_point deadline);

  /// Keys that are held or waited for.
  [[nodiscard]] std::size_t keys() const;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace tlspact
