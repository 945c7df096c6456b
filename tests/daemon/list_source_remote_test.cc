// SPDX-License-Identifier: MIT
/// ListSource over https: conditions, faults of the network, what they leave in force.
#include <string>

#include "daemon/sources/list_source.h"
#include "tests/daemon/gpg_home.h"
#include "tests/daemon/https_server.h"
#include "tests/daemon/list_text.h"
#include "tests/daemon/source_fixture.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

using test::answer;
using test::Connection;
using test::list_for;
using test::Outcome;

/// A publisher's web site, whose files and status a test may change between two fetches.
class Fixture : public test::SourceFixture {
 public:
  Fixture() {
    authority_.issue("good", "localhost");
    key_ = home_.make_key("Remote <remote@publisher.example>");
    test::write(path("key.asc"), home_.key({key_}, true));
    config_.tls.ca_file = authority_.ca_file();
    list_.name = "remote";
    list_.key = path("key.asc");
    server_.emplace(authority_, "good", [this](Connection& connection) { serve(connection); });
    list_.url = server_->url("/policy.json");
    list_.signature = server_->url("/policy.json.asc");
  }

  void publish(const std::string& text, const std::string& etag) {
    const std::scoped_lock lock{mutex_};
    text_ = text;
    signature_ = home_.sign(key_, text, {"--armor"});
    etag_ = etag;
  }
  void fail_with(const std::string& status, const std::string& where = "/policy.json") {
    const std::scoped_lock lock{mutex_};
    status_ = status;
    failing_ = where;
  }
  Outcome fetch(Time now = test::now()) {
    ListSource source{list_, config_};
    return SourceFixture::fetch(source, now);
  }
  [[nodiscard]] std::string last_request(const std::string& path) const {
    std::string out;
    for (const std::string& each : server_->requests())
      if (each.starts_with("GET " + path + " ")) out = each;
    return out;
  }
  [[nodiscard]] std::size_t requests() const { return server_->requests().size(); }
  ListConfig& config() { return list_; }
  void stop_server() { server_.reset(); }

 private:
  void serve(Connection& connection) {
    const std::scoped_lock lock{mutex_};
    if (!status_.empty() && connection.path() == failing_)
      return connection.send(answer(status_, "", "sorry"));
    if (connection.path() == "/policy.json.asc")
      return connection.send(answer("200 OK", "ETag: \"signature\"\r\n", signature_));
    const std::string headers = "ETag: " + etag_ + "\r\n";
    if (connection.request().contains("If-None-Match: " + etag_ + "\r\n"))
      return connection.send("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n" + headers +
                             "\r\n");
    connection.send(answer("200 OK", headers, text_));
  }

  test::CertificateAuthority authority_;
  test::GpgHome home_;
  std::string key_;
  Config config_;
  ListConfig list_;
  std::mutex mutex_;
  std::string text_;
  std::string signature_;
  std::string etag_;
  std::string status_;
  std::string failing_;
  std::optional<test::HttpsServer> server_;
};

TEST_CASE("A list is fetched over https, and asked for with conditions the next time") {
  Fixture fixture;
  fixture.publish(list_for("one.example"), "\"1\"");
  const Outcome first = fixture.fetch();
  CHECK(first.notices() == "");
  CHECK(first.report.state == SourceState::fresh);
  CHECK(first.keys() == "one.example");
  CHECK_FALSE(fixture.last_request("/policy.json").contains("If-None-Match"));
  CHECK(fixture.store().list("remote").value()->etag == "\"1\"");

  const Time later = test::now() + std::chrono::hours{6};
  const Outcome second = fixture.fetch(later);
  CHECK(second.notices() == "");
  CHECK(second.report.state == SourceState::not_changed);
  CHECK(second.keys() == "one.example");
  CHECK(second.inputs.lists().front().fetched == later);
  CHECK(fixture.last_request("/policy.json").contains("If-None-Match: \"1\"\r\n"));
  CHECK(fixture.requests() == 3);  // no signature for what has not changed
  CHECK(fixture.store().list("remote").value()->fetched == later);

  fixture.publish(list_for("two.example", "2026-10-21T00:00:00Z"), "\"2\"");
  const Outcome third = fixture.fetch(later);
  CHECK(third.report.state == SourceState::fresh);
  CHECK(third.keys() == "two.example");
  CHECK_FALSE(fixture.last_request("/policy.json.asc").contains("If-None-Match"));
}

TEST_CASE("A fault of the network is a warning while there is a last good list") {
  Fixture fixture;
  fixture.publish(list_for("one.example"), "\"1\"");
  SECTION("without one it is an alert, and nothing was refused") {
    fixture.fail_with("503 Service Unavailable");
    const Outcome outcome = fixture.fetch();
    CHECK(outcome.report.state == SourceState::never_good);
    CHECK_FALSE(outcome.report.refused);
    CHECK(outcome.notices().starts_with("alert list remote: cannot be fetched: "));
    CHECK(outcome.notices().contains("503"));
  }
  SECTION("with one it stays") {
    REQUIRE(fixture.fetch().report.state == SourceState::fresh);
    fixture.publish(list_for("two.example", "2026-10-21T00:00:00Z"), "\"2\"");
    SECTION("the list answers 404") {
      fixture.fail_with("404 Not Found");
    }
    SECTION("the list answers 500") {
      fixture.fail_with("500 Internal Server Error");
    }
    SECTION("the signature answers 404") {
      fixture.fail_with("404 Not Found", "/policy.json.asc");
    }
    SECTION("nobody listens") {
      fixture.stop_server();
    }
    const Outcome outcome = fixture.fetch();
    CHECK(outcome.report.state == SourceState::kept);
    CHECK_FALSE(outcome.report.refused);
    CHECK(outcome.keys() == "one.example");
    CHECK(outcome.notices().starts_with("warning list remote: cannot be fetched: "));
    CHECK(outcome.inputs.lists().front().fetched == test::now());
  }
}

TEST_CASE("A list that came over https and is not what its publisher signed is refused") {
  Fixture fixture;
  fixture.publish(list_for("one.example"), "\"1\"");
  REQUIRE(fixture.fetch().report.state == SourceState::fresh);
  fixture.publish(list_for("two.example", "2026-10-21T00:00:00Z"), "\"2\"");
  fixture.config().signature = fixture.config().url;  // any file that is no signature of the list
  const Outcome outcome = fixture.fetch();
  CHECK(outcome.report.state == SourceState::kept);
  CHECK(outcome.report.refused);
  CHECK(outcome.keys() == "one.example");
  CHECK(outcome.notices().starts_with("alert list remote: refused: "));
  CHECK(fixture.store().list("remote").value()->etag == "\"1\"");
}

TEST_CASE("A new key asks for the list without conditions") {
  Fixture fixture;
  fixture.publish(list_for("one.example"), "\"1\"");
  REQUIRE(fixture.fetch().report.state == SourceState::fresh);
  const test::GpgHome next;
  test::write(fixture.path("key.asc"), next.key({next.make_key("Next <n@publisher.example>")}));
  const Outcome outcome = fixture.fetch();
  CHECK_FALSE(fixture.last_request("/policy.json").contains("If-None-Match"));
  CHECK(outcome.report.refused);
  CHECK(outcome.keys() == "");
}

}  // namespace
}  // namespace tlspact
