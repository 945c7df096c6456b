// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill_network.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

namespace tlspact {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using boost::system::error_code;

constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint16_t kSmtpPort = 25;

/// `socket` and `zone` outlive it.
asio::awaitable<void> serve_dns(udp::socket& socket, const DrillZone& zone) {
  std::array<char, 4096> buffer{};
  while (socket.is_open()) {
    udp::endpoint from;
    error_code error;
    const asio::mutable_buffer place = asio::buffer(buffer);
    const std::size_t size = co_await socket.async_receive_from(
        place, from, asio::redirect_error(asio::use_awaitable, error));
    if (error) continue;
    const std::string reply = zone.answer({buffer.data(), size});
    const asio::const_buffer bytes = asio::buffer(reply);
    if (!reply.empty()) socket.send_to(bytes, from, 0, error);
  }
}

}  // namespace

struct DrillNetwork::Core {
  explicit Core(DrillWorld given)
      : world(std::move(given)),
        dns(io, udp::endpoint{asio::ip::address_v4::loopback(), kDnsPort}) {
    for (const DrillReceiver& each : world.receivers) {
      const tcp::endpoint endpoint{asio::ip::address_v4{each.address}, kSmtpPort};
      receivers.push_back(std::make_unique<Receiver>(io.get_executor(), endpoint,
                                                     std::vector<ReceiverScript>{each.script}));
    }
    asio::co_spawn(io, serve_dns(dns, world.zone), asio::detached);
    thread = std::thread{[this] { io.run(); }};
  }
  ~Core() {
    io.stop();
    thread.join();
  }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  Core(Core&&) = delete;
  Core& operator=(Core&&) = delete;

  DrillWorld world;
  asio::io_context io{1};
  udp::socket dns;
  std::vector<std::unique_ptr<Receiver>> receivers;
  std::thread thread;
};

Result<DrillNetwork> DrillNetwork::start(DrillWorld world) {
  try {
    return DrillNetwork{std::make_unique<Core>(std::move(world))};
  } catch (const boost::system::system_error& error) {
    return fail(Errc::io, std::string{"the drill's receivers cannot listen: "} + error.what());
  }
}

DrillNetwork::DrillNetwork(std::unique_ptr<Core> core) : core_(std::move(core)) {}
DrillNetwork::DrillNetwork(DrillNetwork&&) noexcept = default;
DrillNetwork::~DrillNetwork() = default;

std::vector<Conversation> DrillNetwork::seen_by(std::size_t index) const {
  return core_->receivers.at(index)->conversations();
}

}  // namespace tlspact
