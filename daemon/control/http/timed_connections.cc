// SPDX-License-Identifier: MIT
#include "daemon/control/http/timed_connections.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPServerConnection.h>

#include <algorithm>
#include <utility>

namespace tlspact {
namespace {

namespace net = Poco::Net;

/// The one who reads from it, or writes, sees its end.
void end(net::StreamSocket& socket) {
  try {
    socket.shutdown();
  } catch (const Poco::Exception&) {
    // It has ended already.
  }
}

}  // namespace

class TimedConnections::Connection : public net::HTTPServerConnection {
 public:
  Connection(TimedConnections& all, const net::StreamSocket& socket,
             net::HTTPServerParams::Ptr params, net::HTTPRequestHandlerFactory::Ptr handlers)
      : net::HTTPServerConnection(socket, std::move(params), std::move(handlers)), all_(all) {
    const std::lock_guard lock{all_.mutex_};
    all_.open_.emplace(this, Open{socket, Clock::now() + all_.longest_});
    all_.wake_.notify_one();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&&) = delete;
  Connection& operator=(Connection&&) = delete;
  ~Connection() override {
    const std::lock_guard lock{all_.mutex_};
    all_.open_.erase(this);
  }

 private:
  TimedConnections& all_;
};

class TimedConnections::Factory : public net::TCPServerConnectionFactory {
 public:
  Factory(TimedConnections& all, net::HTTPServerParams::Ptr params,
          net::HTTPRequestHandlerFactory::Ptr handlers)
      : all_(all), params_(std::move(params)), handlers_(std::move(handlers)) {}

  net::TCPServerConnection* createConnection(const net::StreamSocket& socket) override {
    return new Connection{all_, socket, params_, handlers_};
  }

 private:
  TimedConnections& all_;
  net::HTTPServerParams::Ptr params_;
  net::HTTPRequestHandlerFactory::Ptr handlers_;
};

TimedConnections::TimedConnections(std::chrono::milliseconds longest)
    : longest_(longest), watcher_([this] { watch(); }) {}

TimedConnections::~TimedConnections() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  wake_.notify_one();
  watcher_.join();
}

net::TCPServerConnectionFactory* TimedConnections::factory(
    net::HTTPServerParams::Ptr params, net::HTTPRequestHandlerFactory::Ptr handlers) {
  return new Factory{*this, std::move(params), std::move(handlers)};
}

void TimedConnections::end_all() {
  const std::lock_guard lock{mutex_};
  for (auto& [connection, open] : open_)
    end(open.socket);
}

void TimedConnections::watch() {
  std::unique_lock lock{mutex_};
  while (!stopping_) {
    auto next = Clock::now() + longest_;
    for (auto& [connection, open] : open_) {
      if (open.end <= Clock::now()) {
        end(open.socket);
      } else {
        next = std::min(next, open.end);
      }
    }
    wake_.wait_until(lock, next);
  }
}

}  // namespace tlspact
