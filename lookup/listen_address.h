// SPDX-License-Identifier: MIT
/// ListenAddress: where MTAs connect, as it is configured.
#pragma once

#include <sys/socket.h>

#include <string>
#include <string_view>

#include "policy/result.h"

namespace tlspact {

struct ListenAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  std::string path;  ///< of a UNIX socket; empty: TCP

  /// "inet:127.0.0.1:8642", "inet:[::1]:8642" (a numeric address; port 0: any that is free) or
  /// "unix:/path". Errors: usage, it is none of them.
  [[nodiscard]] static Result<ListenAddress> parse(std::string_view text);
  /// The same of a UNIX socket's absolute path.
  [[nodiscard]] static Result<ListenAddress> of_path(const std::string& path);

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};

/// As parse() takes it, of an Internet address.
[[nodiscard]] std::string inet_text(const sockaddr_storage& address);

}  // namespace tlspact
