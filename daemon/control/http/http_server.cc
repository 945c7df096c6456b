// SPDX-License-Identifier: MIT
#include "daemon/control/http/http_server.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/ThreadPool.h>

#include <algorithm>
#include <set>

#include "daemon/control/http/site.h"
#include "daemon/control/http/timed_connections.h"

namespace tlspact {
namespace {

namespace net = Poco::Net;

/// Whoever drips has a thread for so long, and then the next one has it.
constexpr std::chrono::seconds kLongestConnection{20};

std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return text;
}

void answer(net::HTTPServerResponse& response, const Page& page, bool with_body) {
  response.setStatusAndReason(static_cast<net::HTTPResponse::HTTPStatus>(page.status));
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

bool has_several_hosts(const net::HTTPServerRequest& request) {
  return std::ranges::count_if(
             request, [](const auto& header) { return lower_case(header.first) == "host"; }) > 1;
}

class Handler : public net::HTTPRequestHandler {
 public:
  Handler(Site& site, const std::set<std::string>& hosts) : site_(site), hosts_(hosts) {}

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
    const bool head = request.getMethod() == net::HTTPRequest::HTTP_HEAD;
    if (!head && request.getMethod() != net::HTTPRequest::HTTP_GET) {
      response.set("Allow", "GET, HEAD");
      return answer(response,
                    {.status = net::HTTPResponse::HTTP_METHOD_NOT_ALLOWED, .body = "GET or HEAD\n"},
                    true);
    }
    if (has_several_hosts(request))  // RFC 9112 section 3.2
      return answer(response, {.status = net::HTTPResponse::HTTP_BAD_REQUEST, .body = "one Host\n"},
                    !head);
    if (!is_ours(request.has("Host") ? request.getHost() : ""))
      return answer(response,
                    {.status = net::HTTPResponse::HTTP_MISDIRECTED_REQUEST,
                     .body = "this name is not one of [http] hosts\n"},
                    !head);
    answer(response, site_.answer(request.getURI()), !head);
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

  Site& site_;
  const std::set<std::string>& hosts_;
};

class Factory : public net::HTTPRequestHandlerFactory {
 public:
  Factory(Site& site, std::set<std::string> hosts) : site_(site), hosts_(std::move(hosts)) {}
  net::HTTPRequestHandler* createRequestHandler(
      const net::HTTPServerRequest& /*request*/) override {
    return new Handler{site_, hosts_};
  }

 private:
  Site& site_;
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
  Parts(const StatusBoard& status, const OverviewBoard& overview) : site(status, overview) {}

  Site site;
  Poco::ThreadPool threads{2, 4};
  TimedConnections connections{kLongestConnection};
  std::unique_ptr<net::TCPServer> server;
};

HttpServer::HttpServer(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

HttpServer::~HttpServer() {
  parts_->server->stop();
  parts_->connections.end_all();
  parts_->threads.joinAll();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const Config& config,
                                                      const StatusBoard& status,
                                                      const OverviewBoard& overview) {
  if (config.http.listen.empty()) return nullptr;
  const auto [address, port] = split_server(config.http.listen);
  try {
    constexpr int kBacklog = 64;
    // Not shared (SO_REUSEPORT, which Poco's constructor sets) with tlspact-lookupd, which shares
    // with others of its kind: look-ups would end here.
    net::ServerSocket socket;
    socket.bind(net::SocketAddress{address, port}, true, false);
    socket.listen(kBacklog);
    net::HTTPServerParams::Ptr limits = new net::HTTPServerParams;
    constexpr int kSeconds = 10;
    limits->setMaxQueued(kBacklog);
    limits->setMaxThreads(4);
    limits->setTimeout(Poco::Timespan{kSeconds, 0});
    limits->setKeepAliveTimeout(Poco::Timespan{kSeconds, 0});
    auto parts = std::make_unique<Parts>(status, overview);
    net::HTTPRequestHandlerFactory::Ptr handlers =
        new Factory{parts->site, hosts_of(config, address)};
    parts->server = std::make_unique<net::TCPServer>(
        parts->connections.factory(limits, std::move(handlers)), parts->threads, socket, limits);
    parts->server->start();
    return std::unique_ptr<HttpServer>{new HttpServer{std::move(parts)}};
  } catch (const Poco::Exception& exception) {
    return fail(Errc::io, config.http.listen + ": cannot be listened on ([http] listen): " +
                              exception.displayText());
  }
}

}  // namespace tlspact
