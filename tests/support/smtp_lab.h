// SPDX-License-Identifier: MIT
/// The engine against receivers that play a part, over real sockets and real TLS, on one thread.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "smtp/receiver/certificates.h"
#include "smtp/receiver/receiver.h"
#include "smtp/session/socket_channel.h"
#include "smtp/transcript/transcript.h"

namespace tlspact::test {

inline Time now() {
  return std::chrono::floor<Seconds>(std::chrono::system_clock::now());
}

/// Certificates that the tests need, made once: keys cost time.
class Certificates {
 public:
  static const Certificates& get() {
    static const Certificates made;
    return made;
  }

  [[nodiscard]] static CertificateOrder order(std::vector<std::string> names) {
    CertificateOrder result;
    result.names = std::move(names);
    result.begin = now() - std::chrono::days{1};
    result.end = now() + std::chrono::days{30};
    return result;
  }
  [[nodiscard]] static CertificateOrder authority(const std::string& name) {
    CertificateOrder result = order({});
    result.common_name = name;
    result.authority = true;
    return result;
  }

  Credential root = self_signed(authority("root"));
  Credential middle = issued_by(root, authority("intermediate"));
  Credential stranger = self_signed(authority("nobody knows this root"));
  Credential good = issued_by(root, order({"mx.example"}));

 private:
  Certificates() = default;
};

inline SessionRequest probe_of(TlsDemand demand = TlsDemand::opportunistic) {
  SessionRequest request;
  request.host = "mx.example";
  request.helo = "me.example";
  request.policy.demand = demand;
  request.policy.sni = "mx.example";
  return request;
}

inline SessionRequest delivery_of(TlsDemand demand = TlsDemand::opportunistic) {
  SessionRequest request = probe_of(demand);
  request.envelope = Envelope{};
  request.envelope->sender = "a@me.example";
  request.envelope->recipients = {"b@mx.example"};
  return request;
}

struct Held {
  Transcript transcript;
  std::vector<Conversation> conversations;

  [[nodiscard]] const SessionResult& result() const { return transcript.result; }
};

/// One session with one receiver that follows `script`; its address is put into the request.
inline Held hold(ReceiverScript script, SessionRequest request, const Message* message = nullptr,
                 const TrustStore& trusted = TrustStore::of(Certificates::get().root.chain)) {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::endpoint anywhere{boost::asio::ip::address_v4::loopback(), 0};
  Receiver receiver{io.get_executor(), anywhere, {std::move(script)}};
  request.endpoint = receiver.endpoint();
  if (message != nullptr) request.message = message->facts();
  const TlsClient tls;
  SocketChannel channel{io.get_executor(), tls, request.deadlines.whole, message};
  Held held;
  std::exception_ptr thrown;
  boost::asio::co_spawn(io, record_session(channel, std::move(request), trusted, now()),
                        [&](const std::exception_ptr& exception, Transcript done) {
                          thrown = exception;
                          held.transcript = std::move(done);
                          receiver.stop();
                        });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  held.conversations = receiver.conversations();
  return held;
}

}  // namespace tlspact::test
