// SPDX-License-Identifier: MIT
#include "daemon/control/service/resolve_server.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "daemon/control/service/unix_listener.h"
#include "daemon/dns/idna.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::local::stream_protocol;

constexpr std::size_t kInWork = 256;
constexpr std::size_t kWaiting = 10'000;
constexpr std::size_t kMaxLine = 1024;
constexpr std::size_t kMaxUnsent = 1UL << 20;

/// See lookup/resolve_client.h.
std::string wait_line(const Config& config) {
  return "wait " + std::to_string(std::chrono::milliseconds{config.live.wait}.count()) + "\n";
}

}  // namespace

/// One answerer. What it does not read is kept up to kMaxUnsent; then it is given up.
struct ResolveServer::Connection : std::enable_shared_from_this<Connection> {
  explicit Connection(stream_protocol::socket accepted) : socket(std::move(accepted)) {}

  void say(const std::string& line) {
    if (unsent.size() + line.size() > kMaxUnsent) {
      boost::system::error_code ignored;
      static_cast<void>(socket.close(ignored));
      return;
    }
    unsent += line;
    if (!writing) write();
  }

  void write() {
    writing = true;
    auto bytes = std::make_shared<std::string>(std::exchange(unsent, {}));
    asio::async_write(socket, asio::buffer(*bytes),
                      [self = shared_from_this(), bytes](const boost::system::error_code& error,
                                                         std::size_t /*size*/) {
                        self->writing = false;
                        if (!error && !self->unsent.empty()) self->write();
                      });
  }

  stream_protocol::socket socket;
  std::string unsent;
  bool writing = false;
};

ResolveServer::ResolveServer(const asio::any_io_executor& executor, fs::path socket,
                             const std::shared_ptr<const Config>& config, Hooks hooks)
    : executor_(executor),
      path_(std::move(socket)),
      hooks_(std::move(hooks)),
      lookup_(std::make_shared<LiveLookup>(executor, config)),
      greeting_(wait_line(*config)),
      acceptor_(executor) {}

ResolveServer::~ResolveServer() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

void ResolveServer::use(const std::shared_ptr<const Config>& config) {
  greeting_ = wait_line(*config);
  lookup_ = std::make_shared<LiveLookup>(executor_, config);
  std::erase_if(connections_, [](const auto& each) { return each.expired(); });
  for (const std::weak_ptr<Connection>& each : connections_) {
    if (const auto connection = each.lock()) connection->say(greeting_);
  }
}

Result<std::unique_ptr<ResolveServer>> ResolveServer::listen(
    const asio::any_io_executor& executor, const fs::path& socket,
    const std::shared_ptr<const Config>& config, Hooks hooks) {
  std::unique_ptr<ResolveServer> server{
      new ResolveServer{executor, socket, config, std::move(hooks)}};
  // The answerer is of the same group at least: strangers do not choose what is looked up. That no
  // other service is at work the control socket has seen.
  constexpr mode_t kGroup = 0660;
  if (auto done = listen_at(server->acceptor_, socket, kGroup); !done)
    return std::unexpected(done.error());
  asio::co_spawn(executor, server->accept(), asio::detached);
  return server;
}

asio::awaitable<void> ResolveServer::accept() {
  for (;;) {
    stream_protocol::socket accepted = co_await next_connection(acceptor_);
    if (!accepted.is_open()) co_return;
    auto connection = std::make_shared<Connection>(std::move(accepted));
    std::erase_if(connections_, [](const auto& each) { return each.expired(); });
    connections_.push_back(connection);
    connection->say(greeting_);
    asio::co_spawn(executor_, serve(std::move(connection)), asio::detached);
  }
}

asio::awaitable<void> ResolveServer::serve(std::shared_ptr<Connection> connection) {
  std::string input;
  auto buffer = asio::dynamic_buffer(input, kMaxLine);
  for (;;) {
    boost::system::error_code error;
    const std::size_t size = co_await asio::async_read_until(
        connection->socket, buffer, '\n', asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    ask(input.substr(0, size - 1), connection);
    input.erase(0, size);
  }
}

void ResolveServer::ask(const std::string& line, const std::shared_ptr<Connection>& connection) {
  constexpr std::string_view kAsk = "resolve ";
  if (!line.starts_with(kAsk)) return;
  const std::string key = line.substr(kAsk.size());
  const auto parsed = parse_policy_key(key);
  const bool good = parsed && parsed->text() == key && !parsed->pattern.subdomains;
  const auto known = askers_.find(key);
  if (!good || (known == askers_.end() && waiting_.size() >= kWaiting)) {
    connection->say("done " + key + "\n");
    return;
  }
  askers_[key].push_back(connection);
  if (known != askers_.end()) return;
  waiting_.push_back(key);
  begin_more();
}

void ResolveServer::begin_more() {
  while (in_work_ < kInWork && !waiting_.empty()) {
    ++in_work_;
    std::string key = std::move(waiting_.front());
    waiting_.pop_front();
    asio::co_spawn(executor_, resolve(std::move(key)), asio::detached);
  }
}

asio::awaitable<void> ResolveServer::resolve(std::string key) {
  const std::shared_ptr<LiveLookup> lookup = lookup_;
  PolicyKey next_hop = PolicyKey::from_normal_form(key);
  KnownStates known = hooks_.known(next_hop);
  std::optional<LiveFinding> finding =
      co_await lookup->look_up(std::move(next_hop), std::move(known));
  --in_work_;
  begin_more();
  if (!finding) {
    finish(key, "done " + key + "\n");
    co_return;
  }
  if (!finding->says_something)
    finish(key, "done " + key + " none-until " +
                    std::to_string(finding->none_until.time_since_epoch().count()) + "\n");
  const bool answered = !finding->says_something;
  hooks_.keep(*std::move(finding), [this, key, answered, executor = executor_] {
    if (!answered) asio::post(executor, [this, key] { finish(key, "done " + key + "\n"); });
  });
}

void ResolveServer::finish(const std::string& key, const std::string& answer) {
  const auto waiting = askers_.extract(key);
  if (waiting.empty()) return;  // a negative answer went out before
  for (const std::weak_ptr<Connection>& each : waiting.mapped()) {
    if (const auto connection = each.lock()) connection->say(answer);
  }
}

}  // namespace tlspact
