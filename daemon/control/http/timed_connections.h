// SPDX-License-Identifier: MIT
/// TimedConnections: HTTP connections that end by a deadline of their own, however slowly the other
/// side talks. Poco's timeout is one for each read, and who sends a byte before it passes keeps a
/// thread for as long as he likes.
#pragma once

#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/TCPServerConnectionFactory.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace tlspact {

/// For any thread; outlives the connections.
class TimedConnections {
 public:
  /// `longest`: of a connection, all its requests together. A client comes back for more.
  explicit TimedConnections(std::chrono::milliseconds longest);
  /// Ends all that are open.
  ~TimedConnections();
  TimedConnections(const TimedConnections&) = delete;
  TimedConnections& operator=(const TimedConnections&) = delete;
  TimedConnections(TimedConnections&&) = delete;
  TimedConnections& operator=(TimedConnections&&) = delete;

  /// For a TCPServer, which owns it.
  [[nodiscard]] Poco::Net::TCPServerConnectionFactory* factory(
      Poco::Net::HTTPServerParams::Ptr params, Poco::Net::HTTPRequestHandlerFactory::Ptr handlers);
  /// Ends all that are open, so that a server can stop.
  void end_all();

 private:
  using Clock = std::chrono::steady_clock;
  struct Open {
    Poco::Net::StreamSocket socket;
    Clock::time_point end;
  };
  class Connection;
  class Factory;

  void watch();

  const std::chrono::milliseconds longest_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<const Connection*, Open> open_;
  bool stopping_ = false;
  std::thread watcher_;  ///< last: it uses the others
};

}  // namespace tlspact
