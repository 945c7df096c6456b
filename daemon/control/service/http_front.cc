// SPDX-License-Identifier: MIT
#include "daemon/control/service/http_front.h"

#include <utility>

namespace tlspact {

Result<void> HttpFront::open(const Config& config) {
  if (config.http == now_) return {};
  if (config.http.listen == now_.listen) {  // the other hosts, on the same address
    close();
    now_ = {.listen = "", .hosts = {}};
  }
  auto server = HttpServer::start(config, status_, overview_);
  if (!server) return std::unexpected(server.error());
  server_ = *std::move(server);
  now_ = config.http;
  return {};
}

}  // namespace tlspact
