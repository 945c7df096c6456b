// SPDX-License-Identifier: MIT
#include "daemon/sources/https_exchange.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <optional>

#include "smtp/tls/client_library.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Kind = HttpsFault::Kind;
template <class T>
using Outcome = std::expected<T, HttpsFault>;

std::unexpected<HttpsFault> fault(Kind kind, std::string text) {
  return std::unexpected(HttpsFault{kind, std::move(text)});
}

auto into(error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

/// nullopt: the time passed first, and `work` was cancelled.
template <class T>
asio::awaitable<std::optional<T>> until(Clock::time_point time, asio::awaitable<T> work) {
  using namespace asio::experimental::awaitable_operators;  // NOLINT(google-build-using-namespace)
  asio::steady_timer timer{co_await asio::this_coro::executor, time};
  auto first = co_await (std::move(work) || timer.async_wait(asio::use_awaitable));
  if (first.index() != 0) co_return std::nullopt;
  co_return std::get<0>(std::move(first));
}

/// A body that is handed on piece by piece.
struct SinkBody {
  using value_type = BodySink;
  class reader {  // NOLINT(readability-identifier-naming): Beast's name
   public:
    template <bool IsRequest, class Fields>
    reader(http::header<IsRequest, Fields>& /*header*/, value_type& sink) : sink_(sink) {}
    static void init(const boost::optional<std::uint64_t>& /*length*/, error_code& error) {
      error = {};
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      std::size_t taken = 0;
      for (const asio::const_buffer each : boost::beast::buffers_range_ref(buffers)) {
        if (!sink_({static_cast<const char*>(each.data()), each.size()})) {
          error = make_error_code(boost::system::errc::no_space_on_device);
          return taken;
        }
        taken += each.size();
      }
      return taken;
    }
    static void finish(error_code& error) { error = {}; }

   private:
    value_type& sink_;
  };
};

using Parser = http::response_parser<SinkBody>;

/// The value of a field that stands exactly once.
std::string only(const Parser::value_type& message, http::field field) {
  if (message.count(field) != 1) return {};
  return std::string{message[field]};
}

class Exchange {
 public:
  Exchange(const HttpsExchange& request, const BodySink& sink, asio::any_io_executor executor)
      : request_(request), sink_(sink), executor_(std::move(executor)) {}

  asio::awaitable<Outcome<HttpsAnswer>> run() {
    if (auto connected = co_await connect(); !connected)
      co_return std::unexpected(connected.error());
    auto answer = co_await until(request_.deadline, talk());
    if (!answer) co_return late();
    co_return *std::move(answer);
  }

 private:
  static std::unexpected<HttpsFault> late() { return fault(Kind::deadline, "the time is over"); }

  asio::awaitable<Outcome<void>> connect() {
    HttpsFault furthest{Kind::connect, "there is no address to connect to"};
    std::size_t left = request_.endpoints.size();
    for (const tcp::endpoint& endpoint : request_.endpoints) {
      const auto now = Clock::now();
      if (now >= request_.deadline) break;
      constexpr std::chrono::seconds kMostShare{10};
      const Clock::duration rest = request_.deadline - now;
      const Clock::duration share =
          left == 1 ? rest : std::min<Clock::duration>(rest / left, kMostShare);
      --left;
      const auto done = co_await until(now + share, connect_to(endpoint));
      if (done && *done) co_return Outcome<void>{};
      const std::string address = endpoint.address().to_string();
      const HttpsFault failed =
          done ? done->error() : HttpsFault{Kind::connect, "no answer in time"};
      if (failed.kind >= furthest.kind) furthest = {failed.kind, address + ": " + failed.text};
    }
    if (Clock::now() >= request_.deadline) co_return late();
    co_return std::unexpected(std::move(furthest));
  }

  asio::awaitable<Outcome<void>> connect_to(tcp::endpoint endpoint) {
    stream_ = std::make_unique<asio::ssl::stream<tcp::socket>>(executor_, *request_.context);
    error_code error;
    co_await stream_->lowest_layer().async_connect(endpoint, into(error));
    if (error) co_return fault(Kind::connect, error.message());
    // The request follows the end of the handshake, and must not wait for that to be acknowledged.
    stream_->next_layer().set_option(tcp::no_delay{true}, error);
    SSL* const ssl = stream_->native_handle();
    if (!name_peer(ssl)) co_return fault(Kind::tls, "the name does not fit into TLS");
    co_await stream_->async_handshake(asio::ssl::stream_base::client, into(error));
    if (!error) co_return Outcome<void>{};
    const long verdict = SSL_get_verify_result(ssl);
    if (verdict != X509_V_OK)
      co_return fault(Kind::certificate, std::string{"the certificate is not accepted: "} +
                                             X509_verify_cert_error_string(verdict));
    co_return fault(Kind::tls, "TLS: " + error.message());
  }

  /// What the certificate must be for, and the SNI (RFC 8461 section 7.1).
  bool name_peer(SSL* ssl) const {
    X509_VERIFY_PARAM* const param = SSL_get0_param(ssl);
    // RFC 8461 section 3.3: DNS-ID; "*" as the whole left-most label only; no CN-ID.
    X509_VERIFY_PARAM_set_hostflags(
        param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    error_code not_an_address;
    asio::ip::make_address(request_.host, not_an_address);
    if (!not_an_address) return X509_VERIFY_PARAM_set1_ip_asc(param, request_.host.c_str()) == 1;
    return X509_VERIFY_PARAM_set1_host(param, request_.host.data(), request_.host.size()) == 1 &&
           SSL_set_tlsext_host_name(ssl, request_.host.c_str()) == 1;
  }

  [[nodiscard]] std::string host_header() const {
    constexpr std::uint16_t kHttps = 443;
    const std::string host =
        request_.host.contains(':') ? "[" + request_.host + "]" : request_.host;
    return request_.port == kHttps ? host : host + ":" + std::to_string(request_.port);
  }

  asio::awaitable<Outcome<HttpsAnswer>> talk() {
    constexpr unsigned kHttp11 = 11;
    http::request<http::empty_body> get{http::verb::get, request_.target, kHttp11};
    get.set(http::field::host, host_header());
    get.set(http::field::user_agent, "tlspact");
    get.set(http::field::accept_encoding, "identity");
    get.set(http::field::connection, "close");
    for (const auto& [name, value] : request_.headers)
      get.set(name, value);
    error_code error;
    co_await http::async_write(*stream_, get, into(error));
    if (error) co_return fault(Kind::cut_off, "the request could not be sent: " + error.message());
    boost::beast::flat_buffer buffer;
    for (;;) {
      Parser parser;
      parser.header_limit(kMaxHeader);
      parser.body_limit(request_.max_bytes);
      parser.get().body() = sink_;
      co_await http::async_read_header(*stream_, buffer, parser, into(error));
      const unsigned status = parser.get().result_int();
      // A page of words about an error may be as long as it likes: it is not read.
      if (error && !(error == http::error::body_limit && status != kOk)) co_return failed(error);
      if (status / 100 == 1) continue;
      if (status == kOk) {
        co_await http::async_read(*stream_, buffer, parser, into(error));
        if (error) co_return failed(error);
      }
      co_return HttpsAnswer{static_cast<int>(status), only(parser.get(), http::field::content_type),
                            only(parser.get(), http::field::etag),
                            only(parser.get(), http::field::last_modified),
                            only(parser.get(), http::field::location)};
    }
  }

  [[nodiscard]] std::unexpected<HttpsFault> failed(error_code error) const {
    if (error == http::error::body_limit)
      return fault(Kind::too_large,
                   "is larger than " + std::to_string(request_.max_bytes) + " bytes");
    if (error == boost::system::errc::no_space_on_device)
      return fault(Kind::sink, "cannot be written");
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error == asio::error::eof || error == asio::ssl::error::stream_truncated)
      return fault(Kind::cut_off, "the answer was cut off");
    if (error.category() == make_error_code(http::error::bad_version).category())
      return fault(Kind::http, "the answer is no valid HTTP: " + error.message());
    return fault(Kind::cut_off, "the answer was cut off: " + error.message());
  }

  static constexpr unsigned kOk = 200;
  static constexpr std::uint32_t kMaxHeader = 32768;

  const HttpsExchange& request_;
  const BodySink& sink_;
  asio::any_io_executor executor_;
  std::unique_ptr<asio::ssl::stream<tcp::socket>> stream_;
};

}  // namespace

Result<std::shared_ptr<asio::ssl::context>> make_tls_context(const std::string& ca_file) {
  SSL_CTX* const handle = SSL_CTX_new_ex(client_library(), nullptr, TLS_client_method());
  if (handle == nullptr) return fail(Errc::unavailable, "OpenSSL makes no client for TLS");
  auto context = std::make_shared<asio::ssl::context>(handle);
  error_code error;
  SSL_CTX_set_min_proto_version(handle, TLS1_2_VERSION);
  SSL_CTX_set_mode(handle, SSL_MODE_RELEASE_BUFFERS);
  // All of OpenSSL's own, SHA-256 before SHA-384: processors have instructions for the former.
  SSL_CTX_set_ciphersuites(
      handle, "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256");
  context->set_verify_mode(asio::ssl::verify_peer, error);
  if (!error && ca_file.empty()) context->set_default_verify_paths(error);
  if (!error && !ca_file.empty()) context->load_verify_file(ca_file, error);
  if (error)
    return fail(Errc::unavailable,
                (ca_file.empty() ? std::string{"the system's certificates"} : ca_file) +
                    ": cannot be read as certificates: " + error.message());
  return context;
}

asio::awaitable<std::expected<HttpsAnswer, HttpsFault>> exchange_https(HttpsExchange request,
                                                                       BodySink sink) {
  Exchange exchange{request, sink, co_await asio::this_coro::executor};
  co_return co_await exchange.run();
}

}  // namespace tlspact
