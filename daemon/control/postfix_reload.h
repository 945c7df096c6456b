// SPDX-License-Identifier: MIT
/// `postfix reload`, which only root may do, for a process that has given up root.
#pragma once

#include <chrono>
#include <memory>

#include "policy/result.h"

namespace tlspact {

/// Made before the identity is given up: as root it keeps a small child process that can do this
/// one thing and nothing else. Otherwise it runs postfix itself.
class PostfixReloader {
 public:
  enum class Outcome { done, not_permitted };

  /// `deadline`: for each of postfix's commands.
  [[nodiscard]] static Result<PostfixReloader> prepare(
      std::chrono::milliseconds deadline = std::chrono::seconds{60});

  PostfixReloader(const PostfixReloader&) = delete;
  PostfixReloader& operator=(const PostfixReloader&) = delete;
  PostfixReloader(PostfixReloader&& other) noexcept;
  PostfixReloader& operator=(PostfixReloader&&) = delete;
  ~PostfixReloader();

  /// An Error (io) says what postfix said, or that it did not end within the deadline. A Postfix
  /// that does not run needs no reload (done): it will read the new files when it starts. Only root
  /// can tell (not_permitted).
  [[nodiscard]] Result<Outcome> reload();

 private:
  PostfixReloader(int socket, int child, std::chrono::milliseconds deadline)
      : socket_(socket), child_(child), deadline_(deadline) {}
  int socket_;  ///< to the child; -1: none
  int child_;
  std::chrono::milliseconds deadline_;
};

}  // namespace tlspact
