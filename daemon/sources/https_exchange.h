// SPDX-License-Identifier: MIT
/// One GET over HTTPS with addresses that are given: what the client for lists (https_client.h) and
/// the one for MTA-STS policies (sts_fetcher.h) share. It follows no redirect, caches nothing, and
/// resolves nothing.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/result.h"

namespace tlspact {

/// How a client verifies servers: TLS 1.2 or later, chain to `ca_file` (PEM; empty: the system's
/// store). Loading it costs milliseconds: share one. Errors (unavailable): a file that cannot be
/// read or holds no certificate.
[[nodiscard]] Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(
    const std::string& ca_file);

struct HttpsExchange {
  /// For SNI, the Host header, and the certificate's name: a DNS-ID (RFC 6125 section 6.4), where
  /// "*" may only be the whole left-most label and the common name counts for nothing. An address
  /// is looked for among the certificate's addresses, and gets no SNI.
  std::string host;
  std::uint16_t port = 443;
  std::string target = "/";  ///< path and query
  std::vector<std::pair<std::string, std::string>> headers;
  /// Tried in turn until one accepts and proves to be the host. Each gets an equal share of the
  /// time that is left, at most 10 s unless it is the last.
  std::vector<boost::asio::ip::tcp::endpoint> endpoints;
  std::shared_ptr<boost::asio::ssl::context> context;
  std::size_t max_bytes = 0;                       ///< of the body; more is refused, not cut off
  std::chrono::steady_clock::time_point deadline;  ///< for everything together
};

struct HttpsAnswer {
  int status = 0;
  std::string content_type;  ///< empty: none, or more than one
  std::string etag;
  std::string last_modified;
  std::string location;
};

struct HttpsFault {
  /// In the order in which an exchange meets them.
  enum class Kind : std::uint8_t {
    connect,      ///< no address accepted
    tls,          ///< the handshake failed
    certificate,  ///< the certificate is not the host's, or not trusted
    deadline,
    http,       ///< what came is no HTTP
    cut_off,    ///< the answer ended before its end
    too_large,  ///< more than max_bytes
    sink,       ///< the body could not be put where it belongs
  };
  Kind kind = Kind::connect;
  std::string text;  ///< for people, without the URL: one line
};

/// Takes the next bytes of a body. False: they cannot be kept, and the exchange ends.
using BodySink = std::function<bool(std::string_view)>;

/// The body is read and handed on only with status 200; it is whole: its length, the last chunk, or
/// TLS's own end (close_notify) was seen. Interim answers (1xx) are passed over. Does not throw
/// but for cancellation and lack of memory. On the executor of the awaiting coroutine; any number
/// at once.
[[nodiscard]] boost::asio::awaitable<std::expected<HttpsAnswer, HttpsFault>> exchange_https(
    HttpsExchange request, BodySink sink);

}  // namespace tlspact
