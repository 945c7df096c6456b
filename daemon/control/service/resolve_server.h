// SPDX-License-Identifier: MIT
/// ResolveServer: looks up next-hops that the answerer has never heard of.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/sources/live_lookup.h"
#include "policy/result.h"

namespace tlspact {

/// The other end of lookup/resolve_client.h, on the executor's thread. Equal questions are one; 256
/// are in work at once, 10,000 wait at most, and what is more is answered at once as if nothing had
/// come of it. A lost connection takes its questions along, but not the work for them.
class ResolveServer {
 public:
  struct Hooks {
    /// What is known of the next-hop. On the executor's thread.
    std::function<KnownStates(const PolicyKey&)> known;
    /// Keeps a finding, and publishes what follows from it if it says something; then calls `done`,
    /// from any thread.
    std::function<void(LiveFinding, std::function<void()> done)> keep;
  };

  [[nodiscard]] static Result<std::unique_ptr<ResolveServer>> listen(
      const boost::asio::any_io_executor& executor, const std::filesystem::path& socket,
      const std::shared_ptr<const Config>& config, Hooks hooks);
  ~ResolveServer();
  ResolveServer(const ResolveServer&) = delete;
  ResolveServer& operator=(const ResolveServer&) = delete;
  ResolveServer(ResolveServer&&) = delete;
  ResolveServer& operator=(ResolveServer&&) = delete;

  /// After a reload.
  void use(const std::shared_ptr<const Config>& config);

 private:
  struct Connection;
  ResolveServer(const boost::asio::any_io_executor& executor, std::filesystem::path socket,
                const std::shared_ptr<const Config>& config, Hooks hooks);
  [[nodiscard]] boost::asio::awaitable<void> accept();
  [[nodiscard]] boost::asio::awaitable<void> serve(std::shared_ptr<Connection> connection);
  [[nodiscard]] boost::asio::awaitable<void> resolve(std::string key);
  void ask(const std::string& line, const std::shared_ptr<Connection>& connection);
  void begin_more();
  void finish(const std::string& key, const std::string& answer);

  boost::asio::any_io_executor executor_;
  std::filesystem::path path_;
  Hooks hooks_;
  std::shared_ptr<LiveLookup> lookup_;
  std::string greeting_;  ///< how long to wait
  std::vector<std::weak_ptr<Connection>> connections_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  /// Who waits for a key that waits itself, or is in work.
  std::map<std::string, std::vector<std::weak_ptr<Connection>>> askers_;
  std::deque<std::string> waiting_;
  std::size_t in_work_ = 0;
};

}  // namespace tlspact
