// SPDX-License-Identifier: MIT
#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/URI.h>

#include "daemon/control/alerts/notifier.h"
#include "daemon/control/probe_settings.h"

namespace tlspact {
namespace {

namespace net = Poco::Net;

constexpr int kTimeoutSeconds = 10;

class WebhookNotifier : public Notifier {
 public:
  WebhookNotifier(std::string url, std::string ca_file, std::string host)
      : url_(std::move(url)), ca_file_(std::move(ca_file)), host_(std::move(host)) {}

  [[nodiscard]] std::string name() const override { return "webhook"; }

  [[nodiscard]] Result<void> tell(const AlertEvent& event) override {
    try {
      const Poco::URI uri{url_};
      const std::unique_ptr<net::HTTPClientSession> session = connect(uri);
      session->setTimeout(Poco::Timespan{kTimeoutSeconds, 0});
      const int status = post(*session, uri, alert_json(event, host_));
      if (status / 100 == 2) return {};
      return fail(Errc::unavailable, url_ + ": answers " + std::to_string(status));
    } catch (const Poco::Exception& exception) {
      return fail(Errc::unavailable, url_ + ": " + exception.displayText());
    }
  }

 private:
  [[nodiscard]] std::unique_ptr<net::HTTPClientSession> connect(const Poco::URI& uri) const {
    if (uri.getScheme() == "http")
      return std::make_unique<net::HTTPClientSession>(uri.getHost(), uri.getPort());
    const net::Context::Ptr context =
        new net::Context(net::Context::TLS_CLIENT_USE, "", "", ca_file_,
                         net::Context::VERIFY_STRICT, 9, ca_file_.empty());
    return std::make_unique<net::HTTPSClientSession>(uri.getHost(), uri.getPort(), context);
  }

  static int post(net::HTTPClientSession& session, const Poco::URI& uri, const std::string& body) {
    net::HTTPRequest request{net::HTTPRequest::HTTP_POST,
                             uri.getPathAndQuery().empty() ? "/" : uri.getPathAndQuery(),
                             net::HTTPRequest::HTTP_1_1};
    request.setContentType("application/json");
    request.setContentLength(static_cast<std::streamsize>(body.size()));
    session.sendRequest(request) << body;
    net::HTTPResponse response;
    session.receiveResponse(response);
    return response.getStatus();
  }

  std::string url_;
  std::string ca_file_;
  std::string host_;
};

}  // namespace

std::unique_ptr<Notifier> webhook_notifier(const Config& config) {
  return std::make_unique<WebhookNotifier>(config.alert.webhook, config.tls.ca_file,
                                           helo_name(config));
}

}  // namespace tlspact
