// SPDX-License-Identifier: MIT
/// Fetching policies from a real HTTPS server: whom the fetcher trusts, what it takes, how long it
/// waits (RFC 8461 section 3.3).
#include <Poco/Net/ServerSocket.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>

#include "daemon/sources/sts_fetcher.h"
#include "tests/daemon/https_server.h"
#include "tests/support/catch.h"
#include "tests/support/coroutines.h"
#include "tests/support/policies.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using test::answer;
using test::CertificateAuthority;
using test::Connection;
using test::HttpsServer;

const std::string kPolicy = "version: STSv1\nmode: enforce\nmx: mx.a.example\nmax_age: 86400\n";
const std::string kText = "Content-Type: text/plain\r\n";
const asio::ip::address kLoopback = asio::ip::make_address("127.0.0.1");

/// All for the policy host of a.example, mta-sts.a.example, unless the name says otherwise.
const CertificateAuthority& authority() {
  static const CertificateAuthority ca = [] {
    const std::string host = "mta-sts.a.example";
    CertificateAuthority made;
    made.issue("good", host);
    made.issue("expired", host, true);
    made.issue("other", "mta-sts.b.example");
    made.issue("domain", "a.example");
    made.issue("cn-only", host, "", false);
    made.issue("cn-beside", host, "DNS:other.example", false);
    made.issue("wildcard", "x", "DNS:*.a.example", false);
    made.issue("second", "x", "DNS:other.example,DNS:" + host, false);
    made.issue("upper", "x", "DNS:MTA-STS.A.Example", false);
    made.issue("middle", "x", "DNS:mta-sts.*.example", false);
    made.issue("partial", "x", "DNS:mta-*.a.example", false);
    made.issue("two-labels", "x", "DNS:*.example", false);
    made.issue("double", "x", "DNS:*.*.example", false);
    made.issue("star", "x", "DNS:*", false);
    made.issue("address", "x", "IP:127.0.0.1", false);
    made.self_sign("self", host);
    return made;
  }();
  return ca;
}

HttpsServer serve(HttpsServer::Handler handler, const std::string& certificate = "good") {
  return {authority(), certificate, std::move(handler)};
}
HttpsServer serve(std::string text) {
  return serve([text = std::move(text)](Connection& connection) { connection.send(text); });
}
void say_policy(Connection& connection) {
  connection.send(answer("200 OK", kText, kPolicy));
}

StsFetchOptions options(std::uint16_t port) {
  StsFetchOptions out;
  out.port = port;
  out.timeout = std::chrono::seconds{20};
  out.private_addresses = true;
  out.ca_file = authority().ca_file();
  return out;
}

StsFetched fetch(const StsFetchOptions& given,
                 std::vector<asio::ip::address> addresses = {kLoopback},
                 const std::string& domain = "a.example") {
  asio::io_context io{1};
  StsFetcher fetcher{io.get_executor(), given};
  return test::run(io, fetcher.fetch(test::domain(domain), std::move(addresses)));
}

void check_failed(const StsFetched& fetched, StsFault fault, const std::string& words) {
  CHECK_FALSE(fetched);
  if (fetched) return;
  INFO(fetched.error().text);
  CHECK(fetched.error().fault == fault);
  CHECK(fetched.error().text.starts_with("https://mta-sts.a.example/.well-known/mta-sts.txt: "));
  CHECK(fetched.error().text.contains(words));
  CHECK(fetched.error().text.find_first_of("\r\n") == std::string::npos);
}

TEST_CASE("sts fetch: the policy comes as it is, asked for by SNI and Host (RFC 8461 3.3, 7.1)") {
  const auto server = serve(say_policy);
  const auto fetched = fetch(options(server.port()));
  INFO((fetched ? "" : fetched.error().text));
  REQUIRE(fetched);
  CHECK(fetched->mode == Mode::enforce);
  CHECK(fetched->text == kPolicy);
  CHECK(server.server_names() == std::vector<std::string>{"mta-sts.a.example"});
  REQUIRE(server.requests().size() == 1);
  const std::string request = server.requests()[0];
  CHECK(request.starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\n"));
  CHECK(request.contains("Host: mta-sts.a.example:" + std::to_string(server.port()) + "\r\n"));
  CHECK_FALSE(request.contains("If-"));  // section 3.3: HTTP caching MUST NOT be used
}

TEST_CASE("sts fetch: which certificates are the policy host's (RFC 8461 3.3, RFC 6125 6.4)") {
  struct Row {
    const char* certificate;
    bool accepted;
    const char* why;
  };
  const Row rows[] = {
      {"good", true, "its name"},
      {"wildcard", true, "a whole left-most label"},
      {"second", true, "its name, not the first"},
      {"upper", true, "names have no case"},
      {"expired", false, "out of its time"},
      {"self", false, "vouched for by nobody"},
      {"other", false, "another policy host"},
      {"domain", false, "the policy domain is not its policy host"},
      {"cn-only", false, "a common name is no DNS-ID"},
      {"cn-beside", false, "nor beside other names"},
      {"middle", false, "a wildcard in the middle"},
      {"partial", false, "a wildcard for part of a label"},
      {"two-labels", false, "a wildcard is one label"},
      {"double", false, "two wildcards"},
      {"star", false, "a wildcard for everything"},
      {"address", false, "the address is not what was asked for"},
  };
  for (const Row& row : rows) {
    INFO(row.certificate << ": " << row.why);
    const auto server = serve(say_policy, row.certificate);
    const auto fetched = fetch(options(server.port()));
    CHECK(fetched.has_value() == row.accepted);
    if (row.accepted) continue;
    check_failed(fetched, StsFault::webpki_invalid, "the certificate is not accepted");
    CHECK(server.requests().empty());
  }
  const auto server = serve(say_policy);
  StsFetchOptions system = options(server.port());
  system.ca_file = "";
  check_failed(fetch(system), StsFault::webpki_invalid, "the certificate is not accepted");
}

TEST_CASE("sts fetch: our own CA file that cannot be read is no fault of the domain's") {
  const auto server = serve(say_policy);
  StsFetchOptions broken = options(server.port());
  broken.ca_file = authority().path("none.pem");
  check_failed(fetch(broken), StsFault::ours, "none.pem");
  CHECK(server.server_names().empty());
}

TEST_CASE("sts fetch: TLS before 1.2 is refused") {
  const HttpsServer server{authority(), "good", say_policy, true};
  check_failed(fetch(options(server.port())), StsFault::fetch_error, "TLS");
  CHECK(server.requests().empty());
}

TEST_CASE("sts fetch: only 200 counts, and no redirect is followed (RFC 8461 3.3)") {
  const auto elsewhere = serve(say_policy);
  for (const std::string code : {"201", "204", "206", "300", "301", "302", "303", "304", "307",
                                 "308", "400", "401", "403", "404", "410", "429", "500", "503"}) {
    CAPTURE(code);
    const std::string headers =
        kText + "Location: https://mta-sts.a.example:" + std::to_string(elsewhere.port()) +
        "/.well-known/mta-sts.txt\r\n";
    const auto server = serve(answer(code + " Whatever", headers, kPolicy));
    check_failed(fetch(options(server.port())), StsFault::fetch_error, "answers " + code);
    CHECK(server.requests().size() == 1);
  }
  CHECK(elsewhere.server_names().empty());
  // A long page of an error is not read.
  const auto long_page = serve(answer("404 Not Found", kText, std::string(100'000, 'x')));
  check_failed(fetch(options(long_page.port())), StsFault::fetch_error, "answers 404");
}

TEST_CASE("sts fetch: interim answers are passed over") {
  const auto server =
      serve("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer("200 OK", kText, kPolicy));
  CHECK(fetch(options(server.port())));
}

TEST_CASE("sts fetch: the Content-Type is text/plain, once (RFC 8461 3.2)") {
  struct Row {
    std::string headers;
    bool accepted;
  };
  const Row rows[] = {
      {"Content-Type: text/plain\r\n", true},
      {"content-type: TEXT/plain; charset=utf-8\r\n", true},
      {"", false},
      {"Content-Type:\r\n", false},
      {"Content-Type: text/html\r\n", false},
      {"Content-Type: text/plain+x\r\n", false},
      {"Content-Type: application/octet-stream\r\n", false},
      {"Content-Type: text/plain\r\nContent-Type: text/html\r\n", false},
      {"Content-Type: text/html\r\nContent-Type: text/plain\r\n", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.headers);
    const auto server = serve(answer("200 OK", row.headers, kPolicy));
    const auto fetched = fetch(options(server.port()));
    CHECK(fetched.has_value() == row.accepted);
    if (!row.accepted) check_failed(fetched, StsFault::fetch_error, "Content-Type");
  }
}

TEST_CASE("sts fetch: 64 KiB is the limit, refused and not cut off (RFC 8461 3.3)") {
  const std::string fits = kPolicy + "x: " + std::string(65536 - kPolicy.size() - 3, 'x');
  const std::string head = "HTTP/1.1 200 OK\r\n" + kText + "Connection: close\r\n";
  const auto chunked = [&](const std::string& body) {
    std::string out = head + "Transfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body.size(); at += 0x1000) {
      const std::string piece = body.substr(at, 0x1000);
      char size[16];
      std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
      out += size + piece + "\r\n";
    }
    return out + "0\r\n\r\n";
  };
  struct Row {
    const char* why;
    std::string answer;
    bool accepted;
  };
  const Row rows[] = {
      {"with a length, fits", answer("200 OK", kText, fits), true},
      {"in chunks, fits", chunked(fits), true},
      {"without a length, fits", head + "\r\n" + fits, true},
      {"with a length, too large", answer("200 OK", kText, fits + "x"), false},
      {"in chunks, too large", chunked(fits + "x"), false},
      {"without a length, too large", head + "\r\n" + fits + "x", false},
      {"a length that is too much alone", head + "Content-Length: 65537\r\n\r\n", false},
      {"one chunk that promises too much", head + "Transfer-Encoding: chunked\r\n\r\nFFFFFFF\r\nx",
       false},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const auto server = serve(row.answer);
    const auto fetched = fetch(options(server.port()));
    INFO((fetched ? "" : fetched.error().text));
    CHECK(fetched.has_value() == row.accepted);
    if (row.accepted && fetched) CHECK((fetched->text == fits));
    if (!row.accepted) check_failed(fetched, StsFault::fetch_error, "is larger than 65536 bytes");
  }
}

TEST_CASE("sts fetch: an answer that is cut off or lies about its length is refused") {
  const std::string head = "HTTP/1.1 200 OK\r\n" + kText;
  const std::string longer = "Content-Length: " + std::to_string(kPolicy.size() + 1) + "\r\n\r\n";
  struct Row {
    const char* why;
    std::string answer;
  };
  const Row rows[] = {
      {"shorter than its length", head + longer + kPolicy},
      {"no last chunk", head + "Transfer-Encoding: chunked\r\n\r\n3e\r\n" + kPolicy},
      {"no body", head + longer},
      {"inside the headers", head + "Content-Le"},
      {"nothing", ""},
      {"two lengths", head + "Content-Length: 1\r\nContent-Length: 62\r\n\r\n" + kPolicy},
      {"a length below zero", head + "Content-Length: -1\r\n\r\n" + kPolicy},
      {"no HTTP", "220 mail.example ESMTP\r\n"},
      {"headers without end", "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const auto server = serve(row.answer);
    check_failed(fetch(options(server.port())), StsFault::fetch_error, "answer");
  }
  // A shorter length than what is sent ends the body there; the rest is nobody's.
  const auto short_length = serve(head + "Content-Length: " + std::to_string(kPolicy.size()) +
                                  "\r\n\r\n" + kPolicy + "mode: none\n");
  const auto fetched = fetch(options(short_length.port()));
  REQUIRE(fetched);
  CHECK(fetched->text == kPolicy);
}

TEST_CASE("sts fetch: a body that is no policy is the policy's fault (RFC 8460 4.3.2.2)") {
  const auto server = serve(answer("200 OK", kText, "<html>\x1B[31m"));
  check_failed(fetch(options(server.port())), StsFault::policy_invalid, "control");
}

TEST_CASE("sts fetch: the deadline is for everything together") {
  const auto late = [](HttpsServer::Handler handler) {
    const auto server = serve(std::move(handler));
    StsFetchOptions given = options(server.port());
    given.timeout = milliseconds{300};
    const auto began = std::chrono::steady_clock::now();
    check_failed(fetch(given), StsFault::fetch_error, "no whole answer within 300 ms");
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(took >= given.timeout);
    CHECK(took < std::chrono::seconds{10});
  };
  SECTION("no answer") {
    late([](Connection& connection) { connection.wait(); });
  }
  SECTION("a header that drips") {
    late([](Connection& connection) {
      connection.send("HTTP/1.1 200 OK\r\nX-Drip: ");
      connection.drip("x");
    });
  }
  SECTION("a body that drips") {
    late([](Connection& connection) {
      connection.send("HTTP/1.1 200 OK\r\n" + kText + "Content-Length: 60000\r\n\r\n");
      connection.drip("x");
    });
  }
  SECTION("interim answers without end") {
    late([](Connection& connection) { connection.drip("HTTP/1.1 100 Continue\r\n\r\n"); });
  }
  SECTION("TLS that never begins") {
    const Poco::Net::ServerSocket silent{Poco::Net::SocketAddress{"127.0.0.1", 0}};
    StsFetchOptions given = options(silent.address().port());
    given.timeout = milliseconds{300};
    check_failed(fetch(given), StsFault::fetch_error, "no whole answer within 300 ms");
  }
}

TEST_CASE("sts fetch: every address is tried until one is the policy host") {
  const auto server = serve(say_policy);
  const auto dead = asio::ip::make_address("127.0.0.2");
  SECTION("the first refuses") {
    CHECK(fetch(options(server.port()), {dead, kLoopback}));
  }
  SECTION("the first has another family that this machine may not have") {
    CHECK(fetch(options(server.port()), {asio::ip::make_address("::1"), kLoopback}));
  }
  SECTION("the first accepts and is silent") {
    const Poco::Net::ServerSocket silent{Poco::Net::SocketAddress{"127.0.0.2", server.port()}};
    StsFetchOptions given = options(server.port());
    given.timeout = std::chrono::seconds{2};
    CHECK(fetch(given, {dead, kLoopback}));
  }
  SECTION("none is there") {
    const auto fetched = fetch(options(server.port()), {dead, asio::ip::make_address("127.0.0.3")});
    check_failed(fetched, StsFault::fetch_error, "127.0.0.3: ");
  }
  SECTION("a bad certificate is told, whoever came last") {
    const auto bad = serve(say_policy, "expired");
    check_failed(fetch(options(bad.port()), {kLoopback, dead}), StsFault::webpki_invalid,
                 "127.0.0.1: the certificate is not accepted");
  }
}

TEST_CASE("sts fetch: addresses that are not public are not connected to, unless it is allowed") {
  const auto server = serve(say_policy);
  StsFetchOptions given = options(server.port());
  given.private_addresses = false;
  for (const char* text : {"127.0.0.1", "10.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254",
                           "fe80::1", "2002:7f00:1::1", "64:ff9b::7f00:1"}) {
    CAPTURE(text);
    check_failed(fetch(given, {asio::ip::make_address(text)}), StsFault::fetch_error,
                 "no public address");
  }
  check_failed(fetch(given, {}), StsFault::fetch_error, "no address");
  CHECK(server.server_names().empty());
}

/// Accepts without a word, and knows how many connections are open at once.
class Counter {
 public:
  explicit Counter(asio::io_context& io, std::size_t expected)
      : acceptor_(io, {asio::ip::address_v4::loopback(), 0}), expected_(expected) {
    asio::co_spawn(io, count(), asio::detached);
  }
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::size_t most = 0;

 private:
  asio::awaitable<void> count() {
    for (std::size_t seen = 0; seen < expected_; ++seen) {
      open_.push_back(co_await acceptor_.async_accept(asio::use_awaitable));
      // Whoever else may come comes now.
      for (int turn = 0; turn < 200; ++turn)
        co_await asio::post(acceptor_.get_executor(), asio::use_awaitable);
      most = std::max(most, open_.size() + waiting());
      open_.erase(open_.begin());
    }
  }
  /// Connections that the kernel has accepted already.
  std::size_t waiting() {
    acceptor_.non_blocking(true);
    boost::system::error_code none;
    std::size_t more = 0;
    for (;;) {
      asio::ip::tcp::socket socket{acceptor_.get_executor()};
      acceptor_.accept(socket, none);
      if (none) return more;
      ++more;
      --expected_;
    }
  }

  asio::ip::tcp::acceptor acceptor_;
  std::size_t expected_;
  std::vector<asio::ip::tcp::socket> open_;
};

TEST_CASE("sts fetch: no more at once from one address than is allowed, and in all") {
  struct Row {
    std::size_t per_address;
    std::size_t at_once;
    std::size_t most;
  };
  for (const Row& row : {Row{1, 64, 1}, Row{3, 64, 3}, Row{64, 2, 2}}) {
    CAPTURE(row.per_address, row.at_once);
    asio::io_context io{1};
    constexpr std::size_t kFetches = 8;
    Counter counter{io, kFetches};
    StsFetchOptions given = options(counter.port());
    given.per_address = row.per_address;
    given.at_once = row.at_once;
    StsFetcher fetcher{io.get_executor(), given};
    std::size_t failed = 0;
    for (std::size_t i = 0; i < kFetches; ++i) {
      asio::co_spawn(io, fetcher.fetch(test::domain("a.example"), {kLoopback}),
                     [&](const std::exception_ptr& thrown, const StsFetched& fetched) {
                       CHECK_FALSE(thrown);
                       if (!fetched) ++failed;
                     });
    }
    io.run();
    CHECK(failed == kFetches);
    CHECK(counter.most <= row.most);
  }
}

TEST_CASE("sts fetch: who waits for a busy address gives up, and it is nobody's fault") {
  const auto server = serve([](Connection& connection) { connection.wait(); });
  asio::io_context io{1};
  StsFetchOptions given = options(server.port());
  given.per_address = 1;
  given.timeout = milliseconds{200};
  StsFetcher fetcher{io.get_executor(), given};
  std::vector<StsFault> faults;
  for (int i = 0; i < 3; ++i) {
    asio::co_spawn(io, fetcher.fetch(test::domain("a.example"), {kLoopback}),
                   [&](const std::exception_ptr&, const StsFetched& fetched) {
                     faults.push_back(fetched ? StsFault::none : fetched.error().fault);
                   });
  }
  io.run();
  CHECK(faults.size() == 3);
  CHECK(std::ranges::count(faults, StsFault::ours) >= 1);
  CHECK(std::ranges::count(faults, StsFault::fetch_error) >= 1);
}

TEST_CASE("sts fetch: one that is cancelled frees its place; the end of everything is clean") {
  const auto silent = serve([](Connection& connection) { connection.wait(); });
  const auto server = serve(say_policy);
  asio::io_context io{1};
  StsFetchOptions given = options(silent.port());
  given.per_address = 1;
  auto fetcher = std::make_unique<StsFetcher>(io.get_executor(), given);
  asio::cancellation_signal signal;
  bool thrown_out = false;
  asio::co_spawn(io, fetcher->fetch(test::domain("a.example"), {kLoopback}),
                 asio::bind_cancellation_slot(
                     signal.slot(), [&](const std::exception_ptr& thrown, const StsFetched& got) {
                       thrown_out = thrown || !got;
                     }));
  while (silent.requests().empty())
    io.poll();
  signal.emit(asio::cancellation_type::terminal);
  io.restart();
  io.run();
  CHECK(thrown_out);
  // Left behind as they are: one under way, one waiting.
  for (int i = 0; i < 2; ++i)
    asio::co_spawn(io, fetcher->fetch(test::domain("a.example"), {kLoopback}), asio::detached);
  io.restart();
  while (silent.requests().size() < 2)
    io.poll();
}

}  // namespace
}  // namespace tlspact
