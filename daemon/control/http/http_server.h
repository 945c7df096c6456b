// SPDX-License-Identifier: MIT
/// HttpServer: metrics, health, status and dashboard of the service, for whoever can reach it.
#pragma once

#include <memory>

#include "daemon/config/config.h"
#include "daemon/control/overview/overview.h"
#include "daemon/control/service/service_status.h"
#include "policy/result.h"

namespace tlspact {

/// GET and HEAD of what a Site answers. A Host header that is neither a name of
/// loopback, nor the address listened on, nor one of [http] hosts gets 421: a page of a stranger
/// must not read this by a name of his own. Everything else is 404 or 405. Threads of its own, four
/// at most; 64 requests wait at most.
class HttpServer {
 public:
  /// nullptr: [http] listen is empty. Error (io): the address cannot be listened on. The
  /// boards live longer.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(const Config& config,
                                                                 const StatusBoard& status,
                                                                 const OverviewBoard& overview);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  HttpServer(HttpServer&&) = delete;
  HttpServer& operator=(HttpServer&&) = delete;

 private:
  struct Parts;
  explicit HttpServer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace tlspact
