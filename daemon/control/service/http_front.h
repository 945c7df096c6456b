// SPDX-License-Identifier: MIT
/// HttpFront: keeps the HTTP server where [http] wants it.
#pragma once

#include <memory>

#include "daemon/control/http/http_server.h"

namespace tlspact {

/// Of one thread. An address that cannot be had is no reason for the maps to go without a service.
class HttpFront {
 public:
  /// The boards must stay.
  HttpFront(const StatusBoard& status, const OverviewBoard& overview)
      : status_(status), overview_(overview) {}

  /// Listens as `config` says; at once done where it does so already. Error (io): the address
  /// cannot be listened on, and is to be tried again; what was listened on before stays, if it is
  /// another one.
  [[nodiscard]] Result<void> open(const Config& config);

  void close() { server_.reset(); }

 private:
  const StatusBoard& status_;
  const OverviewBoard& overview_;
  HttpConfig now_{.listen = "", .hosts = {}};
  std::unique_ptr<HttpServer> server_;
};

}  // namespace tlspact
