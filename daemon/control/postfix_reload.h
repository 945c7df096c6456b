// SPDX-License-Identifier: MIT
/// `postfix reload`, which only root may do, for a process that has given up root.
#pragma once

#include <memory>

#include "policy/result.h"

namespace tlspact {

/// Made before the identity is given up: as root it keeps a small child process that can do this
/// one thing and nothing else. Otherwise it runs postfix itself.
class PostfixReloader {
 public:
  [[nodiscard]] static Result<PostfixReloader> prepare();

  PostfixReloader(const PostfixReloader&) = delete;
  PostfixReloader& operator=(const PostfixReloader&) = delete;
  PostfixReloader(PostfixReloader&& other) noexcept;
  PostfixReloader& operator=(PostfixReloader&&) = delete;
  ~PostfixReloader();

  /// An Error says what postfix said, or that it did not end within 60 s.
  [[nodiscard]] Result<void> reload();

 private:
  PostfixReloader(int socket, int child) : socket_(socket), child_(child) {}
  int socket_;  ///< to the child; -1: none
  int child_;
};

}  // namespace tlspact
