// SPDX-License-Identifier: MIT
#include "daemon/control/http/http_server.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <set>

#include "daemon/control/http/dashboard.h"
#include "daemon/control/http/metrics.h"
#include "daemon/control/http/status_json.h"

namespace tlspact {
namespace {

namespace net = Poco::Net;

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return text;
}

struct Page {
  net::HTTPResponse::HTTPStatus status = net::HTTPResponse::HTTP_OK;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

/// Healthy: the last run did not fail, or none has ended yet.
Page health(const ServiceStatus& status) {
  if (status.last_error.empty()) return {.body = "ok\n"};
  return {.status = net::HTTPResponse::HTTP_SERVICE_UNAVAILABLE,
          .body = "the last run failed: " + status.last_error + "\n"};
}

Page page_of(const std::string& path, const ServiceStatus& status) {
  if (path == "/healthz") return health(status);
  if (path == "/metrics")
    return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text(status)};
  if (path == "/api/status")
    return {.type = "application/json", .body = boost::json::serialize(status_json(status)) + "\n"};
  if (path == "/") return {.type = "text/html; charset=utf-8", .body = dashboard_page(status)};
  return {.status = net::HTTPResponse::HTTP_NOT_FOUND, .body = "there is nothing of that name\n"};
}

void answer(net::HTTPServerResponse& response, const Page& page, bool with_body) {
  response.setStatusAndReason(page.status);
  response.setContentType(page.type);
  response.setContentLength(static_cast<std::streamsize>(page.body.size()));
  response.set("Cache-Control", "no-store");
  response.set("Content-Security-Policy",
               "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
               "frame-ancestors 'none'; base-uri 'none'");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  std::ostream& out = response.send();
  if (with_body) out << page.body;
}

class Handler : public net::HTTPRequestHandler {
 public:
  Handler(const StatusBoard& board, const std::set<std::string>& hosts)
      : board_(board), hosts_(hosts) {}

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
    const bool head = request.getMethod() == net::HTTPRequest::HTTP_HEAD;
    if (!head && request.getMethod() != net::HTTPRequest::HTTP_GET) {
      response.set("Allow", "GET, HEAD");
      return answer(response,
                    {.status = net::HTTPResponse::HTTP_METHOD_NOT_ALLOWED, .body = "GET or HEAD\n"},
                    true);
    }
    if (!is_ours(request.has("Host") ? request.getHost() : ""))
      return answer(response,
                    {.status = net::HTTPResponse::HTTP_MISDIRECTED_REQUEST,
                     .body = "this name is not one of [http] hosts\n"},
                    !head);
    const std::string& target = request.getURI();
    const std::string path = target.substr(0, target.find('?'));
    if (path == "/style.css")
      return answer(response, {.type = "text/css; charset=utf-8", .body = dashboard_style()},
                    !head);
    answer(response, page_of(path, *board_.get()), !head);
  }

 private:
  /// The name in front of the port.
  [[nodiscard]] bool is_ours(std::string host) const {
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.rfind(':');
    if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket))
      host.resize(colon);
    host = lower_case(std::move(host));
    return hosts_.contains(host);
  }

  const StatusBoard& board_;
  const std::set<std::string>& hosts_;
};

class Factory : public net::HTTPRequestHandlerFactory {
 public:
  Factory(const StatusBoard& board, std::set<std::string> hosts)
      : board_(board), hosts_(std::move(hosts)) {}
  net::HTTPRequestHandler* createRequestHandler(
      const net::HTTPServerRequest& /*request*/) override {
    return new Handler{board_, hosts_};
  }

 private:
  const StatusBoard& board_;
  std::set<std::string> hosts_;
};

std::set<std::string> hosts_of(const Config& config, const std::string& address) {
  std::set<std::string> out{"localhost", "127.0.0.1", "[::1]", address, "[" + address + "]"};
  for (const std::string& each : config.http.hosts)
    out.insert(lower_case(each));
  return out;
}

}  // namespace

struct HttpServer::Parts {
  Poco::ThreadPool threads{2, 4};
  std::unique_ptr<net::HTTPServer> server;
};

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

HttpServer::~HttpServer() {
  parts_->server->stopAll(true);
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const Config& config,
                                                      const StatusBoard& board) {
  if (config.http.listen.empty()) return nullptr;
  const auto [address, port] = split_server(config.http.listen);
  try {
    constexpr int kBacklog = 64;
    const net::ServerSocket socket{net::SocketAddress{address, port}, kBacklog};
    net::HTTPServerParams::Ptr limits = new net::HTTPServerParams;
    constexpr int kSeconds = 10;
    limits->setMaxQueued(kBacklog);
    limits->setMaxThreads(4);
    limits->setTimeout(Poco::Timespan{kSeconds, 0});
    limits->setKeepAliveTimeout(Poco::Timespan{kSeconds, 0});
    auto parts = std::make_unique<Parts>();
    parts->server = std::make_unique<net::HTTPServer>(new Factory{board, hosts_of(config, address)},
                                                      parts->threads, socket, limits);
    parts->server->start();
    return std::unique_ptr<HttpServer>{new HttpServer{std::move(parts)}};
  } catch (const Poco::Exception& exception) {
    return fail(Errc::io, config.http.listen + ": cannot be listened on ([http] listen): " +
                              exception.displayText());
  }
}

}  // namespace tlspact
