// SPDX-License-Identifier: MIT
/// Listener: a socket on which MTAs connect.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "lookup/unique_fd.h"
#include "policy/result.h"

namespace tlspact {

enum class Protocol : std::uint8_t { socketmap, readsocket };

/// Not blocking. One that it made of a path removes the path with itself, unless another socket
/// stands there by then.
class Listener {
 public:
  /// `address` as ListenAddress::parse takes it. TCP is with SO_REUSEPORT, so that several
  /// processes of one user share the work. A path gets mode 0666 and is put in place whole, over a
  /// socket where nobody listens. Errors: usage, it is no address; io, it cannot be had.
  [[nodiscard]] static Result<Listener> open(Protocol protocol, std::string_view address);

  /// A socket that somebody else made and keeps. io: it does not listen.
  [[nodiscard]] static Result<Listener> passed(Protocol protocol, int fd);

  Listener(Listener&& other) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] Protocol protocol() const { return protocol_; }
  /// As open() takes it, with the port that was chosen.
  [[nodiscard]] std::string address() const;

 private:
  Listener(Protocol protocol, UniqueFd fd) : protocol_(protocol), fd_(std::move(fd)) {}
  Protocol protocol_;
  UniqueFd fd_;
  std::filesystem::path path_;  ///< that it made; empty: none
  ino_t inode_ = 0;             ///< of the path
};

}  // namespace tlspact
