// SPDX-License-Identifier: MIT
#include "daemon/sources/https_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/RejectCertificateHandler.h>
#include <Poco/Net/SSLManager.h>
#include <Poco/Timespan.h>
#include <Poco/URI.h>

#include <array>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <string_view>
#include <thread>

#include "policy/domain.h"

namespace tlspact {
namespace {

using Poco::Net::Context;
using Clock = std::chrono::steady_clock;

Poco::Timespan timespan(std::chrono::milliseconds duration) {
  return {static_cast<Poco::Timespan::TimeDiff>(
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count())};
}

Context::Ptr make_context(const std::string& ca_file) {
  constexpr int kDepth = 9;
  Context::Ptr context = new Context(Context::TLS_CLIENT_USE, ca_file, Context::VERIFY_STRICT,
                                     kDepth, ca_file.empty());
  context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
  // Without a handler of its own, Poco asks on the console.
  Poco::Net::SSLManager::instance().initializeClient(
      nullptr, new Poco::Net::RejectCertificateHandler(false), context);
  return context;
}

/// Ends a session's waits when the deadline passes. Poco's own time limits are for each read, and a
/// peer that drips bytes never meets them.
class Watchdog {
 public:
  Watchdog(Poco::Net::HTTPSClientSession& session, Clock::time_point deadline)
      : thread_([this, &session, deadline] {
          std::unique_lock lock{mutex_};
          if (stopped_.wait_until(lock, deadline, [this] { return stop_; })) return;
          barked_ = true;
          try {
            session.abort();
          } catch (const Poco::Exception&) {  // it was not connected
          }
        }) {}
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  Watchdog(Watchdog&&) = delete;
  Watchdog& operator=(Watchdog&&) = delete;
  ~Watchdog() { stop(); }

  /// Whether the deadline had passed.
  bool stop() {
    {
      const std::scoped_lock lock{mutex_};
      stop_ = true;
    }
    stopped_.notify_one();
    if (thread_.joinable()) thread_.join();
    return barked_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  bool barked_ = false;
  std::thread thread_;
};

/// One exchange, without following redirects.
class Exchange {
 public:
  Exchange(const HttpsRequest& request, const std::filesystem::path& body,
           Clock::time_point deadline)
      : request_(request), body_(body), deadline_(deadline) {}

  Result<HttpsResponse> get(const Poco::URI& uri, Poco::Net::HTTPResponse& response) {
    Poco::Net::HTTPSClientSession session{uri.getHost(), uri.getPort(),
                                          make_context(request_.ca_file)};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now());
    if (left.count() <= 0) return timed_out();
    session.setTimeout(timespan(left));
    Watchdog watchdog{session, deadline_};
    try {
      auto result = run(session, uri, response);
      if (watchdog.stop()) return timed_out();
      return result;
    } catch (const Poco::Exception& exception) {
      if (watchdog.stop() || Clock::now() >= deadline_) return timed_out();
      return fail(Errc::unavailable, request_.url + ": " + exception.displayText());
    }
  }

 private:
  [[nodiscard]] std::unexpected<Error> timed_out() const {
    return fail(Errc::unavailable, request_.url + ": no whole answer within " +
                                       std::to_string(request_.deadline.count()) + " ms");
  }

  Result<HttpsResponse> run(Poco::Net::HTTPSClientSession& session, const Poco::URI& uri,
                            Poco::Net::HTTPResponse& response) {
    std::string path = uri.getPathAndQuery();
    if (path.empty()) path = "/";
    Poco::Net::HTTPRequest get{Poco::Net::HTTPRequest::HTTP_GET, path,
                               Poco::Net::HTTPMessage::HTTP_1_1};
    get.set("User-Agent", "tlspact");
    get.set("Accept-Encoding", "identity");
    if (!request_.etag.empty()) get.set("If-None-Match", request_.etag);
    if (!request_.last_modified.empty()) get.set("If-Modified-Since", request_.last_modified);
    session.sendRequest(get);
    std::istream& stream = session.receiveResponse(response);
    HttpsResponse out{
        .not_changed = response.getStatus() == Poco::Net::HTTPResponse::HTTP_NOT_MODIFIED,
        .etag = response.get("ETag", ""),
        .last_modified = response.get("Last-Modified", "")};
    if (response.getStatus() != Poco::Net::HTTPResponse::HTTP_OK) return out;
    if (auto copied = copy(stream, response); !copied) return std::unexpected(copied.error());
    return out;
  }

  Result<void> copy(std::istream& stream, const Poco::Net::HTTPResponse& response) const {
    std::ofstream out{body_, std::ios::binary | std::ios::trunc};
    std::array<char, 65536> buffer{};
    std::size_t total = 0;
    while (stream) {
      stream.read(buffer.data(), buffer.size());
      total += static_cast<std::size_t>(stream.gcount());
      if (total > request_.max_bytes)
        return fail(Errc::unavailable, request_.url + ": is larger than " +
                                           std::to_string(request_.max_bytes) + " bytes");
      out.write(buffer.data(), stream.gcount());
    }
    out.close();
    if (!out) return fail(Errc::io, body_.string() + ": cannot be written");
    // Poco ends a body that was cut off like a whole one.
    if (response.hasContentLength() &&
        total != static_cast<std::size_t>(response.getContentLength64()))
      return fail(Errc::unavailable, request_.url + ": the answer was cut off");
    return {};
  }

  const HttpsRequest& request_;
  const std::filesystem::path& body_;
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
  const auto deadline = Clock::now() + request.deadline;
  try {
    Poco::URI uri{request.url};
    if (uri.getScheme() != "https")
      return fail(Errc::unavailable, request.url + ": only https:// is fetched");
    for (int hop = 0; hop <= kMaxRedirects; ++hop) {
      Poco::Net::HTTPResponse response;
      auto out = Exchange{request, body, deadline}.get(uri, response);
      if (!out) return out;
      const int status = response.getStatus();
      if (status == 200 || status == 304) return out;
      if (!is_redirect(status))
        return fail(Errc::unavailable,
                    request.url + ": the server answers " + std::to_string(status));
      auto next = follow(uri, response.get("Location", ""), request.url);
      if (!next) return std::unexpected(next.error());
      uri = *next;
    }
  } catch (const Poco::Exception& exception) {
    return fail(Errc::unavailable, request.url + ": " + exception.displayText());
  }
  return fail(Errc::unavailable, request.url + ": redirects more than 3 times");
}

}  // namespace tlspact
