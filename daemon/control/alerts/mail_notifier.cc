// SPDX-License-Identifier: MIT
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>

#include "daemon/config/clock.h"
#include "daemon/control/alerts/notifier.h"
#include "daemon/control/probe_settings.h"
#include "smtp/session/session.h"
#include "smtp/session/socket_channel.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;

/// One line of printable ASCII: what was read from a stranger must not make another field.
std::string header_text(std::string text) {
  constexpr std::size_t kLongest = 200;
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text.substr(0, kLongest);
}

/// RFC 5322 section 3.3.
std::string date_text(Time now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S +0000", &parts);
  return {text.data(), size};
}

class MailNotifier : public Notifier {
 public:
  MailNotifier(std::string to, asio::ip::tcp::endpoint server, std::string host)
      : to_(std::move(to)), server_(std::move(server)), host_(std::move(host)) {}

  [[nodiscard]] std::string name() const override { return "mail"; }

  [[nodiscard]] Result<void> tell(const AlertEvent& event) override {
    const auto message = Message::parse(text_of(event));
    if (!message) return std::unexpected(message.error());
    SessionResult result;
    try {
      result = send(*message);
    } catch (const std::exception& exception) {
      return fail(Errc::unavailable, "mail to " + to_ + ": " + exception.what());
    }
    const bool delivered =
        !result.recipients.empty() && result.recipients.front().fate == Fate::delivered;
    if (delivered) return {};
    return fail(Errc::unavailable, "mail to " + to_ + " by " + server_.address().to_string() +
                                       ": " + std::string{stage_name(result.outcome.stage)} + ": " +
                                       result.outcome.detail);
  }

 private:
  /// RFC 3834: nobody is to answer it.
  [[nodiscard]] std::string text_of(const AlertEvent& event) const {
    const AlertRecord& record = event.record;
    const bool over = event.kind == AlertEvent::Kind::ended;
    const Time now = clock_now();
    std::string out =
        "From: tlspact <tlspact@" + host_ + ">\nTo: " + to_ + "\nSubject: [tlspact] " +
        (over ? "over: " : "alert: ") + header_text(record.subject) + "\nDate: " + date_text(now) +
        "\nMessage-ID: <" +
        std::to_string(std::chrono::system_clock::now().time_since_epoch().count()) + "@" + host_ +
        ">\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n";
    out += (over ? "This is over:\n\n" : "") + record.subject + ": " + record.text +
           "\n\nIt began at " + format_time(record.since) + " on " + host_ +
           (over ? ", and was last noticed at " + format_time(record.seen) : "") + ".\n";
    return out;
  }

  [[nodiscard]] SessionResult send(const Message& message) const {
    SessionRequest request;
    request.host = "localhost";
    request.endpoint = server_;
    request.helo = host_;
    request.policy.reason = "an alert to this machine's own mail server";
    request.envelope = Envelope{.sender = "tlspact@" + host_, .recipients = {to_}, .notify = ""};
    request.message = message.facts();
    request.deadlines.whole = std::chrono::seconds{30};
    asio::io_context io;
    const TlsClient tls;
    SocketChannel channel{io.get_executor(), tls, request.deadlines.whole, &message};
    const TrustStore nobody = TrustStore::of({});
    SessionResult result;
    std::exception_ptr thrown;
    asio::co_spawn(io, run_session(channel, request, nobody, Time{}),
                   [&](const std::exception_ptr& exception, SessionResult done) {
                     thrown = exception;
                     result = std::move(done);
                   });
    io.run();
    if (thrown) std::rethrow_exception(thrown);
    return result;
  }

  std::string to_;
  asio::ip::tcp::endpoint server_;
  std::string host_;
};

}  // namespace

std::unique_ptr<Notifier> mail_notifier(const Config& config) {
  // "127.0.0.1", "127.0.0.1:2525", "[::1]:25"; the configuration was validated.
  const auto [address, port] = split_server(config.alert.mail_server);
  return std::make_unique<MailNotifier>(
      config.alert.mail_to, asio::ip::tcp::endpoint{asio::ip::make_address(address), port},
      helo_name(config));
}

}  // namespace tlspact
