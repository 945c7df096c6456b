// SPDX-License-Identifier: MIT
#include "smtp/receiver/receiver.h"

#include <openssl/err.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <mutex>
#include <new>
#include <set>
#include <utility>

#include "smtp/session/byte_stream.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::minutes kLongest{30};
constexpr std::size_t kMaxLine = 1U << 20;

std::string upper(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return result;
}

std::string address_in(std::string_view command) {
  const std::size_t from = std::min(command.find('<'), command.size());
  const std::size_t end = std::min(command.find('>', from), command.size());
  std::string result{command.substr(std::min(from + 1, end), end - std::min(from + 1, end))};
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

int version_number(TlsVersion version) {
  constexpr std::array kNumbers{TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
  return kNumbers.at(static_cast<std::size_t>(version));
}

void use_credential(SSL* ssl, const Credential& credential) {
  const X509Ptr own = certificate_of(credential.chain.front());
  SSL_use_certificate(ssl, own.get());
  SSL_use_PrivateKey(ssl, credential.key.get());
  SSL_clear_chain_certs(ssl);
  for (std::size_t i = 1; i < credential.chain.size(); ++i) {
    const X509Ptr each = certificate_of(credential.chain[i]);
    SSL_add1_chain_cert(ssl, each.get());
  }
}

int choose_by_sni(SSL* ssl, int* /*alert*/, void* /*unused*/) {
  const auto* const script = static_cast<const ReceiverScript*>(SSL_get_app_data(ssl));
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const auto found = script->credential_of.find(name);
  if (found != script->credential_of.end()) use_credential(ssl, found->second);
  return SSL_TLSEXT_ERR_OK;
}

int take_any(X509_STORE_CTX* /*context*/, void* /*unused*/) {
  return 1;
}

int take_none(int /*good*/, X509_STORE_CTX* context) {
  X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_REJECTED);
  return 0;
}

int take_all(int /*good*/, X509_STORE_CTX* /*context*/) {
  return 1;
}

SslCtxPtr make_context(const ReceiverScript& script) {
  SslCtxPtr context{SSL_CTX_new(TLS_server_method())};
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), version_number(script.oldest));
  SSL_CTX_set_max_proto_version(context.get(), version_number(script.newest));
  // Old versions are what some receivers are for.
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_tlsext_servername_callback(context.get(), choose_by_sni);
  using Wanted = ReceiverScript::ClientCertificate;
  switch (script.client_certificate) {
    case Wanted::ignored:
      break;
    case Wanted::asked:
    case Wanted::rejected_in_words:
      SSL_CTX_set_cert_verify_callback(context.get(), take_any, nullptr);
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, take_all);
      break;
    case Wanted::required:
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                         take_all);
      break;
    case Wanted::any_rejected:
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, take_none);
      break;
  }
  return context;
}

/// A script and what belongs to it for all of its connections.
struct Part {
  ReceiverScript script;
  SslCtxPtr context;
};

}  // namespace

class Receiver::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(const asio::any_io_executor& executor, const tcp::endpoint& endpoint,
       std::vector<ReceiverScript> scripts)
      : acceptor_(executor, endpoint) {
    for (ReceiverScript& script : scripts) {
      Part part{std::move(script), nullptr};
      part.context = make_context(part.script);
      parts_.push_back(std::move(part));
    }
  }

  asio::awaitable<void> accept() {
    const std::shared_ptr<Core> self = shared_from_this();
    while (acceptor_.is_open()) {
      error_code error;
      tcp::socket socket =
          co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error) {
        if (!acceptor_.is_open()) co_return;
        continue;
      }
      asio::co_spawn(acceptor_.get_executor(), serve(std::move(socket)), asio::detached);
    }
  }

  std::size_t begin() {
    const std::scoped_lock lock{mutex_};
    if (kept_) record_.emplace_back();
    return count_++;
  }

  /// Changes the record of a connection.
  template <class Change>
  void note(std::size_t number, const Change& change) {
    const std::scoped_lock lock{mutex_};
    if (kept_) change(record_.at(number));
  }

  asio::awaitable<void> serve(tcp::socket socket);

  tcp::acceptor acceptor_;
  std::vector<Part> parts_;
  std::set<ByteStream*> open_;
  mutable std::mutex mutex_;
  std::vector<Conversation> record_;
  std::size_t count_ = 0;
  bool kept_ = true;
};

namespace {

/// One connection.
template <class Core>
class Host {
 public:
  Host(Core& core, ByteStream& stream, std::size_t number)
      : core_(core),
        stream_(stream),
        number_(number),
        part_(core.parts_[std::min(number, core.parts_.size() - 1)]),
        script_(part_.script) {}

  asio::awaitable<void> run() {
    const Say greeting{.bytes = "220 " + script_.name + " ESMTP\r\n"};
    const Say first = script_.banner.value_or(greeting);
    bool going = co_await say(first);
    while (going) {
      std::optional<std::string> line = co_await read_line();
      if (!line) break;
      note_command(*line);
      going = co_await answer(*line);
    }
  }

 private:
  asio::awaitable<bool> answer(const std::string& line) {
    const std::string verb = upper(line.substr(0, line.find(' ')));
    if (verb == "EHLO") co_return co_await greet();
    if (verb == "STARTTLS") co_return co_await start_tls();
    if (verb == "MAIL") {
      const Say answer = script_.mail.value_or(ok());
      co_return co_await say(answer);
    }
    if (verb == "RCPT") {
      const auto found = script_.rcpt.find(address_in(line));
      const Say answer = found == script_.rcpt.end() ? ok() : found->second;
      co_return co_await say(answer);
    }
    if (verb == "DATA") co_return co_await take_data();
    if (verb == "BDAT") co_return co_await take_chunk(line);
    if (verb == "QUIT") {
      const Say bye{.bytes = "221 2.0.0 bye\r\n"};
      const Say last = script_.quit.value_or(bye);
      co_await say(last);
      co_return false;
    }
    const bool known = verb == "HELO" || verb == "RSET" || verb == "NOOP";
    const Say unknown{.bytes = "502 5.5.1 what?\r\n"};
    const Say answer = known ? ok() : unknown;
    co_return co_await say(answer);
  }

  static Say ok() { return {.bytes = "250 2.0.0 ok\r\n"}; }

  asio::awaitable<bool> greet() {
    const bool tls = stream_.ssl() != nullptr;
    if (!tls && script_.ehlo) co_return co_await say(*script_.ehlo);
    if (tls && script_.ehlo_under_tls) co_return co_await say(*script_.ehlo_under_tls);
    if (tls && shown_ &&
        script_.client_certificate == ReceiverScript::ClientCertificate::rejected_in_words) {
      const Say turned_down{.bytes = "403 4.7.0 your certificate is not accepted\r\n"};
      co_return co_await say(turned_down);
    }
    std::vector<std::string> lines{script_.name};
    const auto& extensions =
        tls ? script_.extensions_under_tls.value_or(script_.extensions) : script_.extensions;
    lines.insert(lines.end(), extensions.begin(), extensions.end());
    if (!tls && script_.credential && script_.offer_starttls) lines.emplace_back("STARTTLS");
    Say answer;
    for (std::size_t i = 0; i < lines.size(); ++i)
      answer.bytes += (i + 1 < lines.size() ? "250-" : "250 ") + lines[i] + "\r\n";
    co_return co_await say(answer);
  }

  asio::awaitable<bool> start_tls() {
    const Say go{.bytes = "220 2.0.0 go ahead\r\n"};
    const bool can = script_.credential && stream_.ssl() == nullptr;
    const Say cannot{.bytes = "502 5.5.1 no TLS here\r\n"};
    const Say answer = script_.starttls.value_or(can ? go : cannot);
    const bool said = co_await say(answer);
    if (!said || !answer.bytes.starts_with("220") || !can) co_return said;
    using Handshake = ReceiverScript::Handshake;
    switch (script_.handshake) {
      case Handshake::good:
      case Handshake::hang_up_after:
        break;
      case Handshake::silence: {
        const Say nothing{.bytes = "", .then = Say::Then::silence};
        co_await say(nothing);
        co_return false;
      }
      case Handshake::hang_up: {
        const auto hello = co_await stream_.read_some(buffer_.data(), buffer_.size());
        static_cast<void>(hello);
        co_return false;
      }
      case Handshake::plain_text: {
        const auto hello = co_await stream_.read_some(buffer_.data(), buffer_.size());
        static_cast<void>(hello);
        const Say words{.bytes = "454 4.7.0 TLS is not to be had after all\r\n",
                        .then = Say::Then::silence};
        co_await say(words);
        co_return false;
      }
    }
    input_.clear();
    const bool shaken = co_await shake_hands();
    co_return shaken&& script_.handshake != Handshake::hang_up_after;
  }

  asio::awaitable<bool> shake_hands() {
    SslPtr ssl{SSL_new(part_.context.get())};
    if (!ssl) throw std::bad_alloc();
    SSL_set_app_data(ssl.get(), const_cast<ReceiverScript*>(&script_));
    use_credential(ssl.get(), *script_.credential);
    SSL_set_accept_state(ssl.get());
    const auto shaken = co_await stream_.shake_hands(std::move(ssl));
    if (!shaken) co_return false;
    note_tls();
    co_return true;
  }

  void note_tls() {
    SSL* const now = stream_.ssl();
    const X509Ptr shown{SSL_get1_peer_certificate(now)};
    shown_ = shown != nullptr;
    const char* const sni = SSL_get_servername(now, TLSEXT_NAMETYPE_host_name);
    const int version = SSL_version(now);
    core_.note(number_, [&](Conversation& record) {
      record.tls = true;
      record.client_certificate = shown_;
      record.sni = sni != nullptr ? sni : "";
      for (const TlsVersion each :
           {TlsVersion::tls1_0, TlsVersion::tls1_1, TlsVersion::tls1_2, TlsVersion::tls1_3}) {
        if (version_number(each) == version) record.version = each;
      }
    });
  }

  asio::awaitable<bool> take_data() {
    const Say go{.bytes = "354 go on\r\n"};
    const Say answer = script_.data.value_or(go);
    const bool said = co_await say(answer);
    if (!said || !answer.bytes.starts_with("354")) co_return said;
    std::string message;
    while (true) {
      std::optional<std::string> line = co_await read_line();
      if (!line) co_return false;
      if (*line == ".") break;
      message += (line->starts_with('.') ? line->substr(1) : *line) + "\r\n";
    }
    note_message(std::move(message));
    const Say taken = script_.end_of_data.value_or(ok());
    co_return co_await say(taken);
  }

  asio::awaitable<bool> take_chunk(const std::string& line) {
    std::size_t size = 0;
    std::from_chars(line.data() + std::min<std::size_t>(5, line.size()), line.data() + line.size(),
                    size);
    while (input_.size() < size) {
      const bool more = co_await fill();
      if (!more) co_return false;
    }
    note_message(input_.substr(0, size));
    input_.erase(0, size);
    const Say taken = script_.end_of_data.value_or(ok());
    co_return co_await say(taken);
  }

  void note_message(std::string message) {
    const bool clear = stream_.ssl() == nullptr;
    core_.note(number_, [&](Conversation& record) {
      record.messages.push_back(std::move(message));
      record.message_in_clear = record.message_in_clear || clear;
    });
  }

  void note_command(const std::string& line) {
    const bool tls = stream_.ssl() != nullptr;
    core_.note(number_, [&](Conversation& record) {
      (tls ? record.under_tls : record.in_clear).push_back(line);
    });
  }

  /// False: this was the last word.
  /// `what` outlives the wait.
  asio::awaitable<bool> say(const Say& what) {
    if (what.drip) {
      const bool sent = co_await drip(what.bytes);
      if (!sent) co_return false;
    } else {
      const ChannelResult<void> written = co_await stream_.write(what.bytes);
      if (!written) co_return false;
    }
    if (what.then != Say::Then::silence) co_return what.then == Say::Then::go_on;
    while (true) {
      const bool more = co_await fill();
      if (!more) co_return false;
      input_.clear();
    }
  }

  asio::awaitable<bool> drip(const std::string& bytes) {
    asio::steady_timer timer{co_await asio::this_coro::executor};
    for (const char& byte : bytes) {
      timer.expires_after(std::chrono::seconds{1});
      error_code ignored;
      co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
      const std::string_view one{&byte, 1};
      const ChannelResult<void> written = co_await stream_.write(one);
      if (!written) co_return false;
    }
    co_return true;
  }

  asio::awaitable<bool> fill() {
    const auto got = co_await stream_.read_some(buffer_.data(), buffer_.size());
    if (!got) co_return false;
    input_.append(buffer_.data(), *got);
    co_return input_.size() <= kMaxLine * 16;
  }

  asio::awaitable<std::optional<std::string>> read_line() {
    std::size_t end = input_.find('\n');
    while (end == std::string::npos) {
      const bool more = co_await fill();
      if (!more || input_.size() > kMaxLine) co_return std::nullopt;
      end = input_.find('\n');
    }
    std::string line = input_.substr(0, end);
    input_.erase(0, end + 1);
    if (line.ends_with('\r')) line.pop_back();
    co_return line;
  }

  Core& core_;
  ByteStream& stream_;
  std::size_t number_;
  const Part& part_;
  const ReceiverScript& script_;
  std::array<char, 4096> buffer_{};
  std::string input_;
  bool shown_ = false;
};

}  // namespace

asio::awaitable<void> Receiver::Core::serve(tcp::socket socket) {
  const std::shared_ptr<Core> self = shared_from_this();
  const std::size_t number = begin();
  ByteStream stream{std::move(socket)};
  stream.set_deadline(ByteStream::Clock::now() + kLongest);
  open_.insert(&stream);
  Host<Core> host{*this, stream, number};
  co_await host.run();
  open_.erase(&stream);
  stream.close();
  note(number, [](Conversation& record) { record.ended = true; });
}

Receiver::Receiver(const asio::any_io_executor& executor, const tcp::endpoint& endpoint,
                   std::vector<ReceiverScript> scripts)
    : core_(std::make_shared<Core>(executor, endpoint, std::move(scripts))) {
  asio::co_spawn(executor, core_->accept(), asio::detached);
}

Receiver::~Receiver() = default;

tcp::endpoint Receiver::endpoint() const {
  return core_->acceptor_.local_endpoint();
}

std::vector<Conversation> Receiver::conversations() const {
  const std::scoped_lock lock{core_->mutex_};
  return core_->record_;
}

void Receiver::keep_nothing() {
  const std::scoped_lock lock{core_->mutex_};
  core_->kept_ = false;
}

void Receiver::stop() {
  error_code ignored;
  core_->acceptor_.close(ignored);
  for (ByteStream* const stream : core_->open_)
    stream->set_deadline(ByteStream::Clock::now());
}

}  // namespace tlspact
