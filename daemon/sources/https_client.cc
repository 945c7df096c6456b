// SPDX-License-Identifier: MIT
#include "daemon/sources/https_client.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <optional>

#include "daemon/sources/https_exchange.h"
#include "policy/domain.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using Context = std::shared_ptr<asio::ssl::context>;

/// The system's resolver, which blocks.
Result<std::vector<tcp::endpoint>> resolve(const Poco::URI& uri, const std::string& url) {
  asio::io_context io{1};
  boost::system::error_code error;
  const auto found = tcp::resolver{io}.resolve(uri.getHost(), std::to_string(uri.getPort()), error);
  if (error)
    return fail(Errc::unavailable,
                url + ": " + quote(uri.getHost()) + " does not resolve: " + error.message());
  return std::vector<tcp::endpoint>{found.begin(), found.end()};
}

/// Runs one exchange to its end.
std::expected<HttpsAnswer, HttpsFault> run(HttpsExchange exchange, BodySink sink,
                                           const std::stop_token& stop) {
  asio::io_context io{1};
  const std::stop_callback when_stopped{stop, [&io] { io.stop(); }};
  std::optional<std::expected<HttpsAnswer, HttpsFault>> out;
  asio::co_spawn(io, exchange_https(std::move(exchange), std::move(sink)),
                 [&](const std::exception_ptr& thrown, std::expected<HttpsAnswer, HttpsFault> got) {
                   if (thrown) std::rethrow_exception(thrown);
                   out = std::move(got);
                 });
  io.run();
  if (!out) return std::unexpected(HttpsFault{HttpsFault::Kind::cut_off, "it was stopped"});
  return *std::move(out);
}

/// One exchange, without following redirects.
class Fetch {
 public:
  Fetch(const HttpsRequest& request, const std::filesystem::path& body, Context context)
      : request_(request),
        body_(body),
        context_(std::move(context)),
        deadline_(Clock::now() + request.deadline) {}

  Result<HttpsAnswer> get(const Poco::URI& uri) const {
    auto endpoints = resolve(uri, request_.url);
    if (!endpoints) return std::unexpected(endpoints.error());
    HttpsExchange exchange{.host = uri.getHost(),
                           .port = uri.getPort(),
                           .target = uri.getPathAndQuery(),
                           .headers = {},
                           .endpoints = *std::move(endpoints),
                           .context = context_,
                           .max_bytes = request_.max_bytes,
                           .deadline = deadline_};
    if (exchange.target.empty()) exchange.target = "/";
    if (!request_.etag.empty()) exchange.headers.emplace_back("If-None-Match", request_.etag);
    if (!request_.last_modified.empty())
      exchange.headers.emplace_back("If-Modified-Since", request_.last_modified);
    std::ofstream out;
    auto answer = run(
        std::move(exchange),
        [&](std::string_view bytes) {
          if (!out.is_open()) out.open(body_, std::ios::binary | std::ios::trunc);
          out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
          return out.good();
        },
        request_.stop);
    if (!answer) return failed(answer.error());
    constexpr int kOk = 200;
    // An empty body is a file as well.
    if (answer->status == kOk && !out.is_open())
      out.open(body_, std::ios::binary | std::ios::trunc);
    if (out.is_open()) out.close();
    if (!out) return failed({HttpsFault::Kind::sink, {}});
    return *std::move(answer);
  }

 private:
  [[nodiscard]] std::unexpected<Error> failed(const HttpsFault& fault) const {
    if (fault.kind == HttpsFault::Kind::sink)
      return fail(Errc::io, body_.string() + ": cannot be written");
    if (fault.kind == HttpsFault::Kind::deadline)
      return fail(Errc::unavailable, request_.url + ": no whole answer within " +
                                         std::to_string(request_.deadline.count()) + " ms");
    return fail(Errc::unavailable, request_.url + ": " + fault.text);
  }

  const HttpsRequest& request_;
  const std::filesystem::path& body_;
  Context context_;
  Clock::time_point deadline_;
};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<Poco::URI> follow(const Poco::URI& from, const std::string& location,
                         const std::string& url) {
  try {
    Poco::URI to{from, location};
    if (to.getScheme() != "https" || to.getHost() != from.getHost() ||
        to.getPort() != from.getPort())
      return fail(Errc::unavailable,
                  url + ": redirects to " + quote(location) + ", which is another host");
    return to;
  } catch (const Poco::Exception&) {
    return fail(Errc::unavailable, url + ": redirects to no valid address");
  }
}

}  // namespace

Result<HttpsResponse> https_get(const HttpsRequest& request, const std::filesystem::path& body) {
  constexpr int kMaxRedirects = 3;
  try {
    Poco::URI uri{request.url};
    if (uri.getScheme() != "https" || uri.getHost().empty())
      return fail(Errc::unavailable, request.url + ": only https:// is fetched");
    auto context = make_tls_context(request.ca_file);
    if (!context) return fail(Errc::unavailable, request.url + ": " + context.error().text);
    const Fetch fetch{request, body, *std::move(context)};
    for (int hop = 0; hop <= kMaxRedirects; ++hop) {
      const auto answer = fetch.get(uri);
      if (!answer) return std::unexpected(answer.error());
      if (answer->status == 200 || answer->status == 304)
        return HttpsResponse{answer->status == 304, answer->etag, answer->last_modified};
      if (!is_redirect(answer->status))
        return fail(Errc::unavailable,
                    request.url + ": the server answers " + std::to_string(answer->status));
      auto next = follow(uri, answer->location, request.url);
      if (!next) return std::unexpected(next.error());
      uri = *next;
    }
  } catch (const Poco::Exception& exception) {
    return fail(Errc::unavailable, request.url + ": " + exception.displayText());
  }
  return fail(Errc::unavailable, request.url + ": redirects more than 3 times");
}

}  // namespace tlspact
