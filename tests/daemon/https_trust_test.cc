// SPDX-License-Identifier: MIT
/// The HTTPS client and those it does not trust or wait for.
#include <Poco/Net/ServerSocket.h>

#include <string>

#include "daemon/sources/https_client.h"
#include "tests/daemon/https_server.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

namespace tlspact {
namespace {

using std::chrono::milliseconds;
using test::answer;
using test::CertificateAuthority;
using test::Connection;
using test::HttpsServer;

/// What the client says, or "fetched".
struct Said {
  std::string text;
  milliseconds took;
};

Said get(const std::string& url, const std::string& ca_file,
         milliseconds deadline = std::chrono::seconds{20}) {
  const TempDirectory directory = TempDirectory::make().value();
  const auto began = std::chrono::steady_clock::now();
  const auto response = https_get({.url = url,
                                   .etag = {},
                                   .last_modified = {},
                                   .max_bytes = 1UL << 20,
                                   .deadline = deadline,
                                   .ca_file = ca_file},
                                  directory.path() / "body");
  const auto took = std::chrono::steady_clock::now() - began;
  if (!response) CHECK(response.error().code == Errc::unavailable);
  return {response ? "fetched" : response.error().text,
          std::chrono::duration_cast<milliseconds>(took)};
}

void say_hello(Connection& connection) {
  connection.send(answer("200 OK", "", "hello"));
}

TEST_CASE("Only a certificate for the host, by a trusted authority, in its time, is accepted") {
  const CertificateAuthority ours;
  const CertificateAuthority stranger;
  ours.issue("good", "localhost");
  ours.issue("other", "other.example");
  ours.issue("expired", "localhost", true);
  ours.self_sign("self", "localhost");
  stranger.issue("good", "localhost");
  const auto fetch = [](const CertificateAuthority& authority, const std::string& certificate,
                        const std::string& ca_file, const std::string& host = "localhost") {
    const HttpsServer server{authority, certificate, say_hello};
    const Said said = get("https://" + host + ":" + std::to_string(server.port()) + "/", ca_file);
    if (said.text != "fetched") CHECK(server.requests().empty());
    return said.text;
  };
  CHECK(fetch(ours, "good", ours.ca_file()) == "fetched");
  CHECK(fetch(ours, "other", ours.ca_file()) != "fetched");
  CHECK(fetch(ours, "expired", ours.ca_file()) != "fetched");
  CHECK(fetch(ours, "self", ours.ca_file()) != "fetched");
  CHECK(fetch(stranger, "good", ours.ca_file()) != "fetched");
  CHECK(fetch(ours, "good", stranger.ca_file()) != "fetched");
  CHECK(fetch(ours, "good", "") != "fetched");  // not in the system's store
  CHECK(fetch(ours, "good", ours.path("none.pem")) != "fetched");
  CHECK(fetch(ours, "good", ours.ca_file(), "127.0.0.1") != "fetched");
  // One authority trusted before is not trusted after.
  CHECK(fetch(stranger, "good", stranger.ca_file()) == "fetched");
  CHECK(fetch(stranger, "good", ours.ca_file()) != "fetched");
}

TEST_CASE("TLS before 1.2 is refused") {
  const CertificateAuthority authority;
  authority.issue("good", "localhost");
  const HttpsServer server{authority, "good", say_hello, true};
  const auto old_client = run_command(
      {.argv = {"openssl", "s_client", "-connect", "127.0.0.1:" + std::to_string(server.port()),
                "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-quiet"},
       .input = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"});
  REQUIRE(old_client);
  if (server.requests().empty()) WARN("this OpenSSL has no TLS 1.1: the refusal may be its own");
  const std::size_t before = server.requests().size();
  CHECK(get(server.url(), authority.ca_file()).text != "fetched");
  CHECK(server.requests().size() == before);
}

TEST_CASE("An address that is not https, or none, is refused before anything is sent") {
  const CertificateAuthority authority;
  for (const std::string url :
       {"http://localhost/", "ftp://localhost/", "file:///etc/passwd", "localhost", "/etc/passwd",
        "", "https://", "https:///path", "https://localhost:0x1/", "https://localhost:99999/",
        "https://[::1/", "HTTP://localhost/"}) {
    CAPTURE(url);
    CHECK(get(url, authority.ca_file()).text != "fetched");
  }
}

TEST_CASE("A port where nobody listens and a name that does not exist are errors") {
  const CertificateAuthority authority;
  std::uint16_t port = 0;
  {
    const Poco::Net::ServerSocket socket{Poco::Net::SocketAddress{"127.0.0.1", 0}};
    port = socket.address().port();
  }
  const Said closed = get("https://localhost:" + std::to_string(port) + "/", authority.ca_file());
  CHECK(closed.text.contains("localhost"));
  CHECK(closed.text != "fetched");
  // A label of 64 bytes cannot even be asked for, so this needs no resolver.
  const std::string no_name = std::string(64, 'a') + ".example";
  CHECK(get("https://" + no_name + "/", authority.ca_file()).text != "fetched");
}

TEST_CASE("The deadline is for everything together") {
  const CertificateAuthority authority;
  authority.issue("good", "localhost");
  constexpr milliseconds kDeadline{1000};
  constexpr milliseconds kPatience{10'000};
  const auto check_late = [&](const std::string& url) {
    const Said said = get(url, authority.ca_file(), kDeadline);
    CHECK(said.text == url + ": no whole answer within 1000 ms");
    CHECK(said.took >= kDeadline);
    CHECK(said.took < kPatience);
  };
  const auto late = [&](HttpsServer::Handler handler) {
    const HttpsServer server{authority, "good", std::move(handler)};
    check_late(server.url());
    CHECK(server.requests().size() == 1);
  };
  SECTION("no answer") {
    late([](Connection& connection) { connection.wait(); });
  }
  SECTION("a body that stops") {
    late([](Connection& connection) {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
      connection.wait();
    });
  }
  SECTION("a body that drips") {
    late([](Connection& connection) {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
      connection.drip("x");
    });
  }
  SECTION("a body in chunks that drips") {
    late([](Connection& connection) {
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      connection.drip("1\r\nx\r\n");
    });
  }
  SECTION("a body without a length that drips") {
    late([](Connection& connection) {
      connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
      connection.drip("x");
    });
  }
  SECTION("a header that drips") {
    late([](Connection& connection) {
      connection.send("HTTP/1.1 200 OK\r\nX-Drip: ");
      connection.drip("x");
    });
  }
  SECTION("headers that drip") {
    late([](Connection& connection) {
      connection.send("HTTP/1.1 200 OK\r\n");
      connection.drip("A: b\r\n");
    });
  }
  SECTION("a status that drips") {
    late([](Connection& connection) {
      connection.send("HTTP/1.1 200 ");
      connection.drip("O");
    });
  }
  SECTION("interim answers without end") {
    late([](Connection& connection) { connection.drip("HTTP/1.1 100 Continue\r\n\r\n"); });
  }
  SECTION("redirects that each take their time") {
    const HttpsServer server{authority, "good", [](Connection& connection) {
                               connection.send(
                                   "HTTP/1.1 302 Found\r\nConnection: close\r\n"
                                   "Location: /next\r\nContent-Length: 0\r\n\r\n");
                               if (connection.path() == "/next") connection.wait();
                             }};
    const Said said = get(server.url(), authority.ca_file(), kDeadline);
    CHECK(said.text != "fetched");
    CHECK(said.took < kPatience);
  }
  SECTION("a server that accepts and never begins TLS") {
    const Poco::Net::ServerSocket silent{Poco::Net::SocketAddress{"127.0.0.1", 0}};
    check_late("https://localhost:" + std::to_string(silent.address().port()) + "/");
  }
}

TEST_CASE("A server that speaks something else than TLS is an error") {
  const CertificateAuthority authority;
  Poco::Net::ServerSocket plain{Poco::Net::SocketAddress{"127.0.0.1", 0}};
  std::thread server{[&plain] {
    try {
      Poco::Net::StreamSocket client = plain.acceptConnection();
      const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
      client.sendBytes(text.data(), static_cast<int>(text.size()));
      char bytes[4096];
      while (client.receiveBytes(bytes, sizeof bytes) > 0) {
      }
    } catch (const Poco::Exception&) {  // the client has gone
    }
  }};
  const Said said =
      get("https://localhost:" + std::to_string(plain.address().port()) + "/", authority.ca_file());
  CHECK(said.text != "fetched");
  server.join();
}

}  // namespace
}  // namespace tlspact
