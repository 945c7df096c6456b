// SPDX-License-Identifier: MIT
/// Sessions of the reference SMTP path, measured: the programs that bench/sessions.py runs.
///
///   bench_sessions serve DIRECTORY          a receiver; writes ca.pem, prints "SMTP-PORT TLS-PORT"
///   bench_sessions probe COUNT AT-ONCE PORT    handshakes with EHLO and QUIT
///   bench_sessions deliver COUNT AT-ONCE PORT  small messages, a connection each
///   bench_sessions crowd COUNT              sessions at once, a third of them with tarpits
///
/// Each prints "COUNT WALL-SECONDS CPU-SECONDS".
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "smtp/receiver/certificates.h"
#include "smtp/receiver/receiver.h"
#include "smtp/session/byte_stream.h"
#include "smtp/session/session.h"
#include "smtp/session/socket_channel.h"

namespace {

using namespace tlspact;
namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

const tcp::endpoint kAnywhere{asio::ip::address_v4::loopback(), 0};

Time now() {
  return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Credential credential(const std::string& ca_file) {
  CertificateOrder order;
  order.common_name = "bench root";
  order.authority = true;
  order.begin = now() - std::chrono::days{1};
  order.end = now() + std::chrono::days{30};
  const Credential root = self_signed(order);
  if (!ca_file.empty()) std::ofstream{ca_file} << root.chain_pem();
  order.authority = false;
  order.common_name.clear();
  order.names = {"mx.example"};
  return issued_by(root, order);
}

/// TLS from the first byte: what `openssl s_time` speaks.
asio::awaitable<void> serve_tls(tcp::acceptor& acceptor, SSL_CTX* context) {
  while (true) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(
        acceptor.get_executor(),
        [](tcp::socket accepted, SSL_CTX* shared) -> asio::awaitable<void> {
          ByteStream stream{std::move(accepted)};
          stream.set_deadline(Clock::now() + std::chrono::seconds{10});
          SslPtr ssl{SSL_new(shared)};
          SSL_set_accept_state(ssl.get());
          const auto shaken = co_await stream.shake_hands(std::move(ssl));
          char byte = 0;
          if (shaken) static_cast<void>(co_await stream.read_some(&byte, 1));
          stream.close();
        }(std::move(socket), context),
        asio::detached);
  }
}

int serve(const std::string& directory) {
  asio::io_context io;
  const Credential own = credential(directory + "/ca.pem");
  ReceiverScript script;
  script.credential = own;
  Receiver receiver{io.get_executor(), kAnywhere, {script}};
  receiver.keep_nothing();
  const SslCtxPtr context{SSL_CTX_new(TLS_server_method())};
  const X509Ptr certificate = certificate_of(own.chain.front());
  SSL_CTX_use_certificate(context.get(), certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), own.key.get());
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  tcp::acceptor acceptor{io, kAnywhere};
  asio::co_spawn(io, serve_tls(acceptor, context.get()), asio::detached);
  std::cout << receiver.endpoint().port() << " " << acceptor.local_endpoint().port() << std::endl;
  io.run();
  return 0;
}

struct Load {
  asio::io_context io;
  TlsClient tls;
  TrustStore trusted = TrustStore::of({});
  Message message = Message::parse("Subject: bench\n\nhello\n").value();
  SessionRequest request;
  std::size_t left = 0;
  std::size_t good = 0;
};

asio::awaitable<void> work(Load& load) {
  while (load.left > 0) {
    --load.left;
    SocketChannel channel{load.io.get_executor(), load.tls, load.request.deadlines.whole,
                          &load.message};
    const SessionResult result = co_await run_session(channel, load.request, load.trusted, now());
    if (result.outcome.outcome == OutcomeClass::ok && result.tls) ++load.good;
  }
}

int run_load(bool deliver, std::size_t count, std::size_t at_once, unsigned short port) {
  Load load;
  load.request.host = "mx.example";
  load.request.helo = "bench.example";
  load.request.endpoint = {asio::ip::address_v4::loopback(), port};
  load.request.policy.demand = TlsDemand::encrypted;
  load.request.policy.sni = "mx.example";
  if (deliver) {
    load.request.envelope = Envelope{};
    load.request.envelope->sender = "a@bench.example";
    load.request.envelope->recipients = {"b@mx.example"};
    load.request.message = load.message.facts();
  }
  load.left = count;
  const auto begin = Clock::now();
  const double cpu = cpu_seconds();
  for (std::size_t i = 0; i < at_once; ++i)
    asio::co_spawn(load.io, work(load), asio::detached);
  load.io.run();
  const double wall = std::chrono::duration<double>(Clock::now() - begin).count();
  std::cout << load.good << " " << wall << " " << cpu_seconds() - cpu << std::endl;
  return load.good == count ? 0 : 1;
}

std::size_t resident_bytes() {
  std::ifstream file{"/proc/self/statm"};
  std::size_t whole = 0;
  std::size_t resident = 0;
  file >> whole >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// Sessions that are open at once towards a receiver in another process: a third of them drip.
int crowd(std::size_t count, unsigned short good_port, unsigned short drip_port) {
  Load load;
  std::vector<double> good;
  std::size_t late = 0;
  const auto session = [&](unsigned short port) -> asio::awaitable<void> {
    SessionRequest request;
    request.host = "mx.example";
    request.helo = "bench.example";
    request.endpoint = {asio::ip::address_v4::loopback(), port};
    request.policy.demand = TlsDemand::encrypted;
    request.deadlines.whole = std::chrono::seconds{20};
    SocketChannel channel{load.io.get_executor(), load.tls, request.deadlines.whole};
    const auto begin = Clock::now();
    const SessionResult result = co_await run_session(channel, request, load.trusted, now());
    const double took = std::chrono::duration<double>(Clock::now() - begin).count();
    if (result.outcome.outcome == OutcomeClass::ok) good.push_back(took);
    if (took > 20.5) ++late;
  };
  for (std::size_t i = 0; i < count; ++i)
    asio::co_spawn(load.io, session(i % 3 == 0 ? drip_port : good_port), asio::detached);
  load.io.run();
  std::ranges::sort(good);
  std::cout << good.size() << " " << (good.empty() ? 0 : good.back()) << " " << late << std::endl;
  return 0;
}

/// How much memory a session takes that is open under TLS: all of them wait in EHLO.
int held(std::size_t count, unsigned short port) {
  Load load;
  const std::size_t before = resident_bytes();
  const auto session = [&]() -> asio::awaitable<void> {
    SessionRequest request;
    request.host = "mx.example";
    request.helo = "bench.example";
    request.endpoint = {asio::ip::address_v4::loopback(), port};
    request.policy.demand = TlsDemand::encrypted;
    request.deadlines.whole = std::chrono::seconds{15};
    SocketChannel channel{load.io.get_executor(), load.tls, request.deadlines.whole};
    static_cast<void>(co_await run_session(channel, request, load.trusted, now()));
  };
  for (std::size_t i = 0; i < count; ++i)
    asio::co_spawn(load.io, session(), asio::detached);
  asio::steady_timer timer{load.io, std::chrono::seconds{12}};
  std::size_t during = 0;
  timer.async_wait([&](const auto&) { during = resident_bytes(); });
  load.io.run();
  std::cout << count << " " << (during - before) / count << std::endl;
  return 0;
}

/// Receivers for crowd and held: prints "GOOD-PORT DRIP-PORT SILENT-PORT".
int serve_crowd() {
  asio::io_context io;
  ReceiverScript good;
  good.credential = credential("");
  ReceiverScript drip = good;
  drip.banner = Say{.bytes = "220 " + std::string(300, 'x') + "\r\n", .drip = true};
  ReceiverScript silent = good;
  silent.ehlo_under_tls = Say{.bytes = "", .then = Say::Then::silence};
  Receiver first{io.get_executor(), kAnywhere, {good}};
  Receiver second{io.get_executor(), kAnywhere, {drip}};
  Receiver third{io.get_executor(), kAnywhere, {silent}};
  for (Receiver* const each : {&first, &second, &third})
    each->keep_nothing();
  std::cout << first.endpoint().port() << " " << second.endpoint().port() << " "
            << third.endpoint().port() << std::endl;
  io.run();
  return 0;
}

int main_with(const std::vector<std::string>& words) {
  const auto number = [&](std::size_t at) { return std::stoul(words.at(at)); };
  const auto port = [&](std::size_t at) { return static_cast<unsigned short>(number(at)); };
  const std::string& what = words.at(0);
  if (what == "serve") return serve(words.at(1));
  if (what == "serve-crowd") return serve_crowd();
  if (what == "probe" || what == "deliver")
    return run_load(what == "deliver", number(1), number(2), port(3));
  if (what == "crowd") return crowd(number(1), port(2), port(3));
  if (what == "held") return held(number(1), port(2));
  return 64;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return main_with({argv + 1, argv + argc});
  } catch (const std::exception& exception) {
    std::cerr << "bench_sessions: " << exception.what() << "\n";
    return 70;
  }
}
