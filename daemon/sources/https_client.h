// SPDX-License-Identifier: MIT
/// The HTTPS client for files that are named by a URL: lists and their signatures.
#pragma once

#include <chrono>
#include <filesystem>
#include <stop_token>
#include <string>

#include "policy/result.h"

namespace tlspact {

struct HttpsRequest {
  std::string url;  ///< https:// only
  /// For a conditional request; empty: none.
  std::string etag;
  std::string last_modified;
  std::size_t max_bytes = 0;              ///< of the body; more is refused, not cut off
  std::chrono::milliseconds deadline{0};  ///< for everything together
  std::string ca_file;                    ///< PEM; empty: the system's store
  std::stop_token stop = {};              ///< ends the request with an error
};

struct HttpsResponse {
  bool not_changed = false;  ///< 304; then no body was written
  std::string etag;
  std::string last_modified;
};

/// GETs into `body`, a file that must not exist. TLS 1.2 or later, the certificate's name and chain
/// verified, no compression. At most 3 redirects, to the same host and port only. Errors
/// (unavailable): names that do not resolve, refused connections, bad certificates, statuses other
/// than 200 and 304, a passed deadline, a body over the limit or cut off. Blocks. Name resolution
/// is the system's and has the system's time limits.
[[nodiscard]] Result<HttpsResponse> https_get(const HttpsRequest& request,
                                              const std::filesystem::path& body);

}  // namespace tlspact
