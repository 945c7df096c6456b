// SPDX-License-Identifier: MIT
/// The resolver when servers are silent, broken or wrong, and when much is asked at once.
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <vector>

#include "daemon/dns/unbound_resolver.h"
#include "tests/daemon/dns_lab.h"
#include "tests/support/catch.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using test::DnsLab;
using test::FakeNameServer;
using test::run;

std::string silence(const std::string& /*question*/) {
  return {};
}

std::unique_ptr<UnboundResolver> made(asio::io_context& context, const DnsOptions& options) {
  return UnboundResolver::make(context.get_executor(), options).value();
}

/// An answer to a question without records and with this rcode.
std::string empty_answer(std::string question, char rcode) {
  question[2] = '\x81';
  question[3] = static_cast<char>('\x80' | rcode);
  question[10] = question[11] = 0;
  question.resize(question.find('\0', 12) + 5);
  return question;
}

/// "BASE0.ZONE" and so on, all asked at once; calls `seen` with each answer.
void ask_many(asio::io_context& context, Resolver& resolver, unsigned count,
              const std::string& zone, const std::function<void(DnsAnswer)>& seen) {
  for (unsigned at = 0; at < count; ++at) {
    asio::co_spawn(context, resolver.query("n" + std::to_string(at) + "." + zone, RecordType::a),
                   [seen](const std::exception_ptr& error, DnsAnswer answer) {
                     CHECK_FALSE(error);
                     seen(std::move(answer));
                   });
  }
}

TEST_CASE("a server that never answers costs the deadline and no more") {
  const FakeNameServer silent{silence};
  asio::io_context context;
  const auto resolver = made(context, {.servers = {silent.place()}, .deadline = 200ms});
  const auto begin = std::chrono::steady_clock::now();
  const DnsAnswer answer = run(context, resolver->query("mail.example", RecordType::mx));
  const auto spent = std::chrono::steady_clock::now() - begin;
  CHECK(answer.outcome == DnsOutcome::failed);
  CHECK(answer.security == DnsSecurity::indeterminate);
  CHECK(answer.reason == "no answer within 200 ms");
  CHECK(answer.ttl.count() == 0);
  CHECK(spent >= 200ms);
  CHECK(spent < 5s);
  CHECK(resolver->in_flight() == 0);
}

TEST_CASE("an answer that comes behind the deadline harms nobody, and serves the next question") {
  DnsLab lab{R"({"a.test": {"records": ["mx A 192.0.2.1"]}})"};
  asio::io_context context;
  DnsOptions options = lab.options();
  options.deadline = 300ms;
  const auto resolver = made(context, options);
  lab.tell(R"({"silent": true})");
  const auto first = run(context, resolver->query("mx.a.test", RecordType::a));
  CHECK(first.outcome == DnsOutcome::failed);
  lab.tell(R"({"silent": false})");
  // As a mail server does, it asks again.
  DnsAnswer answer;
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (answer.outcome == DnsOutcome::failed && std::chrono::steady_clock::now() < give_up)
    answer = run(context, resolver->query("mx.a.test", RecordType::a));
  CHECK(answer.outcome == DnsOutcome::records);
  CHECK(answer.security == DnsSecurity::secure);
}

TEST_CASE("servers that answer nonsense, REFUSED or SERVFAIL are failures") {
  struct Row {
    FakeNameServer::Handler handler;
    std::string why;
  };
  const std::vector<Row> rows{
      {[](const std::string&) { return std::string(40, 'x'); }, "no DNS at all"},
      {[](const std::string& question) { return question; }, "an echo"},
      {[](const std::string& question) { return question.substr(0, 12); }, "a header"},
      {[](const std::string& question) {
         std::string answer = empty_answer(question, 0);
         answer[7] = 9;  // records that are not there
         return answer;
       },
       "fewer records than it says"},
      {[](const std::string& question) { return empty_answer(question, 5); }, "REFUSED"},
      {[](const std::string& question) { return empty_answer(question, 2); }, "SERVFAIL"},
      {[](const std::string& question) { return empty_answer(question, 1); }, "FORMERR"}};
  for (const Row& row : rows) {
    INFO(row.why);
    const FakeNameServer server{row.handler};
    asio::io_context context;
    const auto resolver = made(context, {.servers = {server.place()}, .deadline = 1s});
    const DnsAnswer answer = run(context, resolver->query("mail.example", RecordType::mx));
    CHECK(answer.outcome == DnsOutcome::failed);
    CHECK(answer.security == DnsSecurity::indeterminate);
    CHECK_FALSE(answer.reason.empty());
    CHECK(server.questions() > 0);
  }
}

TEST_CASE("of two servers one is enough") {
  const DnsLab lab{R"({"a.test": {"records": ["mx A 192.0.2.1"]}})"};
  const FakeNameServer broken{
      [](const std::string& question) { return empty_answer(question, 2); }};
  asio::io_context context;
  DnsOptions options = lab.options();
  options.servers.insert(options.servers.begin(), broken.place());
  const auto resolver = made(context, options);
  CHECK(run(context, resolver->query("mx.a.test", RecordType::a)).security == DnsSecurity::secure);
}

TEST_CASE("an answer that needs TCP is fetched over TCP") {
  std::string records;
  for (int at = 0; at < 200; ++at)
    records += (at == 0 ? "" : ",") + std::string{"\"@ MX "} + std::to_string(at) + " host" +
               std::to_string(at) + ".with-a-long-name\"";
  const DnsLab lab{R"({"many.test": {"records": [)" + records + "]}}"};
  asio::io_context context;
  const auto resolver = made(context, lab.options());
  const DnsAnswer answer = run(context, resolver->query("many.test", RecordType::mx));
  CHECK(answer.rdata.size() == 200);
  CHECK(answer.security == DnsSecurity::secure);
}

TEST_CASE("2,000 questions at once are all answered, within the bound") {
  const DnsLab lab{R"({"wild.test": {"records": ["* A 192.0.2.1"]}})"};
  asio::io_context context;
  DnsOptions options = lab.options();
  options.max_queries = 50;
  options.deadline = 60s;
  const auto resolver = made(context, options);
  unsigned good = 0;
  std::size_t most = 0;
  ask_many(context, *resolver, 2000, "wild.test", [&](const DnsAnswer& answer) {
    if (answer.outcome == DnsOutcome::records && answer.security == DnsSecurity::secure) ++good;
  });
  while (context.run_one() > 0)
    most = std::max(most, resolver->in_flight());
  CHECK(good == 2000);
  CHECK(most == 50);
  CHECK(resolver->in_flight() == 0);
}

TEST_CASE("equal questions at once are asked once") {
  std::atomic<unsigned> asked = 0;
  const FakeNameServer server{[&](const std::string& question) {
    ++asked;
    return empty_answer(question, 3);
  }};
  asio::io_context context;
  const auto resolver = made(context, {.servers = {server.place()}});
  unsigned answered = 0;
  for (int at = 0; at < 20; ++at) {
    asio::co_spawn(context, resolver->query("same.example", RecordType::a),
                   [&](const std::exception_ptr&, const DnsAnswer& answer) {
                     if (answer.outcome == DnsOutcome::nx_domain) ++answered;
                   });
  }
  context.run();
  CHECK(answered == 20);
  CHECK(asked == 1);
}

TEST_CASE("questions that wait for their turn have the same deadline") {
  const FakeNameServer silent{silence};
  asio::io_context context;
  const auto resolver =
      made(context, {.servers = {silent.place()}, .deadline = 100ms, .max_queries = 2});
  unsigned failed = 0;
  ask_many(context, *resolver, 100, "example", [&](const DnsAnswer& answer) {
    if (answer.reason == "no answer within 100 ms") ++failed;
  });
  const auto begin = std::chrono::steady_clock::now();
  context.run();
  CHECK(failed == 100);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("questions that are open when the resolver ends are failures") {
  const FakeNameServer silent{silence};
  asio::io_context context;
  auto resolver = made(context, {.servers = {silent.place()}, .max_queries = 10});
  unsigned failed = 0;
  ask_many(context, *resolver, 30, "example", [&](const DnsAnswer& answer) {
    if (answer.reason == "the resolver is being stopped") ++failed;
  });
  while (resolver->in_flight() < 10)
    context.run_one();
  context.poll();
  resolver.reset();
  context.run();
  CHECK(failed == 30);
}

TEST_CASE("questions that are open when the context ends are forgotten") {
  const FakeNameServer silent{silence};
  auto context = std::make_unique<asio::io_context>();
  auto resolver = made(*context, {.servers = {silent.place()}});
  ask_many(*context, *resolver, 30, "example", [](const DnsAnswer&) { FAIL("was answered"); });
  context->poll();
  CHECK(resolver->in_flight() == 30);
  resolver.reset();
  context.reset();
}

TEST_CASE("a question that is cancelled ends at once") {
  using namespace asio::experimental::awaitable_operators;
  const FakeNameServer silent{silence};
  asio::io_context context;
  const auto resolver = made(context, {.servers = {silent.place()}, .deadline = 60s});
  const auto race = [&]() -> asio::awaitable<std::size_t> {
    asio::steady_timer timer{co_await asio::this_coro::executor, 10ms};
    const auto first = co_await (resolver->query("mail.example", RecordType::a) ||
                                 timer.async_wait(asio::as_tuple(asio::use_awaitable)));
    co_return first.index();
  };
  const auto begin = std::chrono::steady_clock::now();
  CHECK(run(context, race()) == 1);
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
  CHECK(resolver->in_flight() == 0);
}

TEST_CASE("what is no name is not asked for") {
  const FakeNameServer silent{silence};
  asio::io_context context;
  const auto resolver = made(context, {.servers = {silent.place()}});
  using std::string_literals::operator""s;
  for (const std::string& name :
       {"a b.example"s, "a\0b.example"s, "\xC3\xA4.example"s, "a..example"s,
        std::string(64, 'a') + ".example", std::string(2000, 'a')}) {
    INFO(name);
    const DnsAnswer answer = run(context, resolver->query(name, RecordType::a));
    CHECK(answer.outcome == DnsOutcome::failed);
    CHECK_FALSE(answer.reason.empty());
  }
  CHECK(silent.questions() == 0);
}

TEST_CASE("without servers of its own it asks those of resolv.conf") {
  const FakeNameServer server{
      [](const std::string& question) { return empty_answer(question, 3); }};
  const TempDirectory directory = TempDirectory::make().value();
  const std::string file = (directory.path() / "resolv.conf").string();
  std::ofstream{file} << "search example\nnameserver " << server.place() << "\n";
  asio::io_context context;
  const auto resolver = made(context, {.resolv_conf = file});
  const DnsAnswer answer = run(context, resolver->query("mail.example", RecordType::a));
  CHECK(answer.outcome == DnsOutcome::nx_domain);
  CHECK(server.questions() == 1);
}

TEST_CASE("options that cannot be, and what is said about them") {
  const TempDirectory directory = TempDirectory::make().value();
  const std::string file = (directory.path() / "not-an-anchor").string();
  std::ofstream{file} << "hello\n";
  const std::string damaged = (directory.path() / "damaged").string();
  std::ofstream{damaged} << ". IN DS what is this\n";
  struct Row {
    DnsOptions options;
    Errc code;
    std::string said;
  };
  const std::vector<Row> rows{
      {{.servers = {"dns.example"}}, Errc::config, "\"dns.example\" is not the address"},
      {{.servers = {"9.9.9.9"}, .trust_anchor = "/nowhere/root.key"},
       Errc::no_input,
       "/nowhere/root.key cannot be read: No such file or directory; install the package"},
      {{.servers = {"9.9.9.9"}, .trust_anchor = file},
       Errc::bad_input,
       "neither a DS nor a DNSKEY"},
      {{.servers = {"9.9.9.9"}, .trust_anchor = damaged}, Errc::config, damaged},
      {{.resolv_conf = "/nowhere/resolv.conf"}, Errc::no_input, "name them in [dns] servers"},
      {{.servers = {"9.9.9.9"}, .unbound = {{"no-such-option", "yes"}}},
       Errc::config,
       "libunbound refuses no-such-option: yes"}};
  for (const Row& row : rows) {
    INFO(row.said);
    asio::io_context context;
    const auto resolver = UnboundResolver::make(context.get_executor(), row.options);
    REQUIRE_FALSE(resolver);
    CHECK(resolver.error().code == row.code);
    INFO(resolver.error().text);
    CHECK(resolver.error().text.find(row.said) != std::string::npos);
    CHECK(resolver.error().text.find('\n') == std::string::npos);
  }
}

}  // namespace
}  // namespace tlspact
