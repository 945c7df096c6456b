// SPDX-License-Identifier: MIT
/// A BIO over a socket that does not block. OpenSSL's own writes with write(2), and a peer that is
/// gone then ends the whole process with SIGPIPE.
#pragma once

#include <openssl/bio.h>

namespace tlspact {

/// Does not own the socket. Throws std::bad_alloc.
[[nodiscard]] BIO* new_socket_bio(int socket);

}  // namespace tlspact
