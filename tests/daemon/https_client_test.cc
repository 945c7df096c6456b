// SPDX-License-Identifier: MIT
#include "daemon/sources/https_client.h"

#include <Poco/Net/ServerSocket.h>

#include <string>

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

/// One authority for all: "good" is for localhost, the other names say what is wrong.
const CertificateAuthority& authority() {
  static const CertificateAuthority ca = [] {
    CertificateAuthority made;
    made.issue("good", "localhost");
    made.issue("other", "other.example");
    made.issue("expired", "localhost", true);
    made.self_sign("self", "localhost");
    return made;
  }();
  return ca;
}

struct Got {
  Result<HttpsResponse> response;
  std::string body;  ///< empty also if no file was made
  milliseconds took;
};

Got get(HttpsRequest request) {
  if (request.ca_file.empty()) request.ca_file = authority().ca_file();
  if (request.max_bytes == 0) request.max_bytes = 1UL << 20;
  if (request.deadline.count() == 0) request.deadline = std::chrono::seconds{20};
  const TempDirectory directory = TempDirectory::make().value();
  const auto file = directory.path() / "body";
  const auto began = std::chrono::steady_clock::now();
  Got out{https_get(request, file), {}, {}};
  out.took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  if (std::filesystem::exists(file)) out.body = test::read(file);
  return out;
}

void check_failed(const Got& got, const std::string& words) {
  CHECK_FALSE(got.response);
  if (got.response) return;
  INFO(got.response.error().text);
  CHECK(got.response.error().code == Errc::unavailable);
  CHECK(got.response.error().text.contains(words));
  CHECK(got.response.error().text.starts_with("http"));
  CHECK_FALSE(got.response.error().text.contains('\n'));
}

/// A server with the good certificate.
HttpsServer serve(HttpsServer::Handler handler) {
  return {authority(), "good", std::move(handler)};
}

TEST_CASE("A file is fetched whole, with what a later conditional request needs") {
  std::string body(300'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i)
    body[i] = static_cast<char>(i % 251);
  const auto server = serve([&](Connection& connection) {
    connection.send(answer(
        "200 OK", "ETag: \"abc\"\r\nLast-Modified: Sun, 01 Nov 2026 00:00:00 GMT\r\n", body));
  });
  const Got got = get({.url = server.url("/lists/policy.json?v=1")});
  INFO((got.response ? "" : got.response.error().text));
  REQUIRE(got.response);
  CHECK_FALSE(got.response->not_changed);
  CHECK(got.response->etag == "\"abc\"");
  CHECK(got.response->last_modified == "Sun, 01 Nov 2026 00:00:00 GMT");
  CHECK((got.body == body));
  REQUIRE(server.requests().size() == 1);
  const std::string request = server.requests().front();
  CHECK(request.starts_with("GET /lists/policy.json?v=1 HTTP/1.1\r\n"));
  CHECK(request.contains("Host: localhost:" + std::to_string(server.port()) + "\r\n"));
  CHECK(request.contains("Accept-Encoding: identity\r\n"));
  CHECK_FALSE(request.contains("If-None-Match"));
  CHECK_FALSE(request.contains("If-Modified-Since"));
}

TEST_CASE("An answer in chunks, without a length, or empty is whole as well") {
  struct Row {
    std::string answer;
    const char* body;
  };
  const Row rows[] = {
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
       "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
       "hello world"},
      {"HTTP/1.0 200 OK\r\n\r\nhello", "hello"},
      {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello", "hello"},
      {answer("200 OK", "", ""), ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.answer);
    const auto server = serve([&](Connection& connection) { connection.send(row.answer); });
    const Got got = get({.url = server.url()});
    INFO((got.response ? "" : got.response.error().text));
    REQUIRE(got.response);
    CHECK(got.body == row.body);
    CHECK(got.response->etag.empty());
    CHECK(got.response->last_modified.empty());
  }
}

TEST_CASE("Conditions are sent, and 304 means that nothing has changed") {
  const auto server = serve([](Connection& connection) {
    connection.send("HTTP/1.1 304 Not Modified\r\nETag: \"new\"\r\nConnection: close\r\n\r\n");
  });
  const Got got = get(
      {.url = server.url(), .etag = "\"abc\"", .last_modified = "Sun, 01 Nov 2026 00:00:00 GMT"});
  REQUIRE(got.response);
  CHECK(got.response->not_changed);
  CHECK(got.response->etag == "\"new\"");
  CHECK(got.body.empty());
  REQUIRE(server.requests().size() == 1);
  CHECK(server.requests()[0].contains("If-None-Match: \"abc\"\r\n"));
  CHECK(server.requests()[0].contains("If-Modified-Since: Sun, 01 Nov 2026 00:00:00 GMT\r\n"));
}

TEST_CASE("A redirect is followed on the same host and port") {
  for (const char* status : {"301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect",
                             "308 Permanent Redirect"}) {
    const auto server = serve([&](Connection& connection) {
      if (connection.path() == "/new?x=1") return connection.send(answer("200 OK", "", "moved"));
      connection.send(answer(status, "Location: /new?x=1\r\n", "not this"));
    });
    const Got got = get({.url = server.url(), .etag = "\"abc\""});
    REQUIRE(got.response);
    CHECK(got.body == "moved");
    REQUIRE(server.requests().size() == 2);
    CHECK(server.requests()[1].contains("If-None-Match: \"abc\"\r\n"));
  }
  const auto server = serve([](Connection& connection) {
    const std::string path = connection.path();
    if (path == "/3") return connection.send(answer("200 OK", "", "third"));
    const std::string next = path == "/policy.json" ? "1" : path == "/1" ? "2" : "3";
    const std::string base = "https://localhost:" + connection.port();
    connection.send(answer("302 Found", "Location: " + base + "/" + next + "\r\n", ""));
  });
  CHECK(get({.url = server.url()}).body == "third");
}

TEST_CASE("A redirect to anywhere else is refused, and nothing is asked there") {
  const auto elsewhere =
      serve([](Connection& connection) { connection.send(answer("200 OK", "", "elsewhere")); });
  // PORT is the port of the server that redirects.
  const std::vector<std::string> targets = {elsewhere.url(),
                                            "https://127.0.0.1:PORT/",
                                            "https://[::1]:PORT/",
                                            "https://localhost/",
                                            "http://localhost:PORT/",
                                            "file:///etc/passwd",
                                            "https://user@other.example:PORT/",
                                            "https://localhost:99999/",
                                            "javascript:x"};
  for (const std::string& target : targets) {
    CAPTURE(target);
    const auto server = serve([&target](Connection& connection) {
      std::string to = target;
      if (const std::size_t at = to.find("PORT"); at != std::string::npos)
        to.replace(at, 4, connection.port());
      connection.send(answer("302 Found", "Location: " + to + "\r\n", "<a>here</a>"));
    });
    const Got got = get({.url = server.url()});
    check_failed(got, "redirects to");
    CHECK(got.body.empty());
    CHECK(server.requests().size() == 1);
  }
  CHECK(elsewhere.requests().empty());
}

TEST_CASE("Redirects in a circle, or to nowhere, come to an end") {
  const auto circle = serve([](Connection& connection) {
    connection.send(answer("302 Found", "Location: /policy.json\r\n", ""));
  });
  check_failed(get({.url = circle.url()}), "redirects more than 3 times");
  CHECK(circle.requests().size() == 4);
  const auto nowhere =
      serve([](Connection& connection) { connection.send(answer("302 Found", "", "")); });
  CHECK_FALSE(get({.url = nowhere.url()}).response);
}

TEST_CASE("Any other status is an error that names it") {
  for (const std::string code :
       {"201", "204", "206", "300", "305", "400", "401", "403", "404", "429", "500", "503"}) {
    CAPTURE(code);
    const auto server = serve([&code](Connection& connection) {
      connection.send(answer(code + " Whatever", "", "a page of words"));
    });
    const Got got = get({.url = server.url()});
    check_failed(got, "the server answers " + code);
    CHECK(got.body.empty());
  }
}

TEST_CASE("A body over the limit is refused, not cut off") {
  const auto with_limit = [](const std::string& text) {
    const auto server = serve([&text](Connection& connection) { connection.send(text); });
    return get({.url = server.url(), .max_bytes = 100'000});
  };
  const std::string head = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
  const std::string fits(100'000, 'x');
  CHECK(with_limit(answer("200 OK", "", fits)).response);
  CHECK(with_limit(head + "\r\n" + fits).response);
  const char* const words = "is larger than 100000 bytes";
  check_failed(with_limit(answer("200 OK", "", fits + "x")), words);
  check_failed(with_limit(head + "\r\n" + fits + "x"), words);
  check_failed(
      with_limit(head + "Transfer-Encoding: chunked\r\n\r\n186A1\r\n" + fits + "x\r\n0\r\n\r\n"),
      words);
  // A length that promises too much is reason enough.
  CHECK_FALSE(with_limit(head + "Content-Length: 99999999999999\r\n\r\nx").response);
}

TEST_CASE("A body without end is refused at the limit") {
  const auto server = serve([](Connection& connection) {
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    const std::string piece(65536, 'x');
    for (;;)
      connection.send(piece);
  });
  check_failed(get({.url = server.url()}), "is larger than 1048576 bytes");
}

TEST_CASE("An answer that is cut off or is no HTTP is refused") {
  struct Row {
    std::string answer;
    const char* why;
  };
  const Row rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhello",
       "95 bytes short"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n", "no body"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "no last chunk"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "cut off in a chunk"},
      {"HTTP/1.1 200 OK\r\nContent-Le", "cut off inside the headers"},
      {"HTTP/1.1 2", "cut off inside the status"},
      {"", "nothing at all"},
      {"hello\n", "no HTTP"},
      {"220 mail.example ESMTP\r\n", "a mail server"},
      {std::string(100'000, 'x'), "no end of the status"},
      {"HTTP/1.1 200 OK\r\n" + std::string(1'000'000, 'x') + ": 1\r\n\r\n", "a header of 1 MB"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const auto server = serve([&](Connection& connection) { connection.send(row.answer); });
    check_failed(get({.url = server.url()}), "localhost");
  }
}

}  // namespace
}  // namespace tlspact
