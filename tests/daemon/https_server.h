// SPDX-License-Identifier: MIT
/// An HTTPS server on the loopback interface that answers as a test tells it to, byte by byte, with
/// certificates made for the occasion.
#pragma once

#include <Poco/Net/Context.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <openssl/ssl.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "generators/process/subprocess.h"
#include "generators/process/temp_directory.h"

namespace tlspact::test {

/// A certificate authority in a directory of its own.
class CertificateAuthority {
 public:
  using Words = std::vector<std::string>;

  CertificateAuthority() {
    openssl(with_key({"req", "-x509", "-days", "30", "-subj", "/CN=Test CA"}, "ca"));
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return (directory_.path() / name).string();
  }
  [[nodiscard]] std::string ca_file() const { return path("ca.pem"); }

  /// Makes NAME.pem and NAME.key for `host`.
  void issue(const std::string& name, const std::string& host, bool expired = false) const {
    issue(name, host, "DNS:" + host, expired);
  }
  /// The same with a subjectAltName of its own, such as "DNS:a.example"; empty: none.
  void issue(const std::string& name, const std::string& common_name,
             const std::string& other_names, bool expired) const {
    Words request{"req", "-subj", "/CN=" + common_name, "-new"};
    if (!other_names.empty())
      request.insert(request.end(), {"-addext", "subjectAltName=" + other_names});
    openssl(with_key(request, name));
    const Words sign{"x509",
                     "-req",
                     "-in",
                     path(name + ".pem"),
                     "-CA",
                     path("ca.pem"),
                     "-CAkey",
                     path("ca.key"),
                     "-copy_extensions",
                     "copy",
                     "-out",
                     path(name + ".new")};
    const auto valid = [&](const Words& words) {
      Words all = sign;
      all.insert(all.end(), words.begin(), words.end());
      return all;
    };
    if (!expired) {
      openssl(valid({"-days", "30"}));
    } else if (!try_openssl(
                   valid({"-not_before", "20200101000000Z", "-not_after", "20210101000000Z"}))) {
      openssl(valid({"-days", "-1"}));  // before OpenSSL 3.4
    }
    std::filesystem::rename(path(name + ".new"), path(name + ".pem"));
  }
  void self_sign(const std::string& name, const std::string& host) const {
    openssl(with_key({"req", "-x509", "-days", "30", "-subj", "/CN=" + host, "-addext",
                      "subjectAltName=DNS:" + host},
                     name));
  }

 private:
  [[nodiscard]] Words with_key(Words words, const std::string& name) const {
    words.insert(words.end(),
                 {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                  path(name + ".key"), "-out", path(name + ".pem")});
    return words;
  }
  static bool try_openssl(Words words) {
    words.insert(words.begin(), "openssl");
    const auto output = run_command({.argv = std::move(words), .input = {}});
    return output && output->exit_code == 0;
  }
  static void openssl(const Words& words) {
    if (!try_openssl(words)) throw std::runtime_error("openssl " + words.front() + " failed");
  }

  TempDirectory directory_ = TempDirectory::make().value();
};

/// One connection to the server, after its request was read.
class Connection {
 public:
  Connection(Poco::Net::StreamSocket& socket, std::string request, const std::atomic<bool>& stop)
      : socket_(socket), request_(std::move(request)), stop_(stop) {}

  /// Request line and headers.
  [[nodiscard]] const std::string& request() const { return request_; }
  /// The path that was asked for.
  [[nodiscard]] std::string path() const {
    const std::size_t begin = request_.find(' ') + 1;
    return request_.substr(begin, request_.find(' ', begin) - begin);
  }
  /// The port of the server, as text.
  [[nodiscard]] std::string port() const { return std::to_string(socket_.address().port()); }
  void send(const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const int sent = socket_.sendBytes(bytes.data() + at, static_cast<int>(bytes.size() - at));
      if (sent <= 0) throw std::runtime_error("the client has gone");
      at += static_cast<std::size_t>(sent);
    }
  }
  /// Sends `byte` again and again, a little later each time, until the client or the test ends.
  void drip(const std::string& byte) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock{mutex};
    while (!stop_) {
      send(byte);
      never.wait_for(lock, std::chrono::milliseconds{10});
    }
  }
  /// Sends nothing until the client or the test ends.
  void wait() {
    while (!stop_) {
      if (!socket_.poll({0, 20'000}, Poco::Net::Socket::SELECT_READ)) continue;
      char byte = 0;
      if (socket_.receiveBytes(&byte, 1) <= 0) return;
    }
  }

 private:
  Poco::Net::StreamSocket& socket_;
  std::string request_;
  const std::atomic<bool>& stop_;
};

/// A whole answer with a Content-Length.
inline std::string answer(const std::string& status, const std::string& headers,
                          const std::string& body) {
  return "HTTP/1.1 " + status +
         "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

/// Serves one connection after the other on a free port of 127.0.0.1.
class HttpsServer {
 public:
  using Handler = std::function<void(Connection&)>;

  HttpsServer(const CertificateAuthority& authority, const std::string& certificate,
              Handler handler, bool old_tls = false)
      : handler_(std::move(handler)),
        server_names_(std::make_shared<ServerNames>()),
        socket_(bound(authority, certificate, old_tls, server_names_.get())) {
    thread_ = std::thread{[this] { serve(); }};
  }
  HttpsServer(const HttpsServer&) = delete;
  HttpsServer& operator=(const HttpsServer&) = delete;
  HttpsServer(HttpsServer&&) = delete;
  HttpsServer& operator=(HttpsServer&&) = delete;
  ~HttpsServer() {
    stop_ = true;
    try {
      Poco::Net::StreamSocket wake{socket_.address()};
    } catch (const Poco::Exception&) {  // it was not waiting
    }
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return socket_.address().port(); }
  [[nodiscard]] std::string url(const std::string& path = "/policy.json") const {
    return "https://localhost:" + std::to_string(port()) + path;
  }
  /// The SNI of each ClientHello; empty: it had none.
  [[nodiscard]] std::vector<std::string> server_names() const {
    const std::scoped_lock lock{server_names_->mutex};
    return server_names_->names;
  }
  [[nodiscard]] std::vector<std::string> requests() const {
    const std::scoped_lock lock{mutex_};
    return requests_;
  }

 private:
  struct ServerNames {
    std::mutex mutex;
    std::vector<std::string> names;
  };

  static int on_server_name(SSL* ssl, int* /*alert*/, void* seen) {
    auto* const names = static_cast<ServerNames*>(seen);
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const std::scoped_lock lock{names->mutex};
    names->names.emplace_back(name == nullptr ? "" : name);
    return SSL_TLSEXT_ERR_OK;
  }

  static Poco::Net::SecureServerSocket bound(const CertificateAuthority& authority,
                                             const std::string& certificate, bool old_tls,
                                             ServerNames* seen) {
    const Poco::Net::Context::Ptr context = new Poco::Net::Context(
        Poco::Net::Context::TLS_SERVER_USE, authority.path(certificate + ".key"),
        authority.path(certificate + ".pem"), "", Poco::Net::Context::VERIFY_NONE, 1, false,
        old_tls ? "ALL:@SECLEVEL=0" : "HIGH");
    if (old_tls) {
      SSL_CTX_set_min_proto_version(context->sslContext(), TLS1_VERSION);
      SSL_CTX_set_max_proto_version(context->sslContext(), TLS1_1_VERSION);
    }
    SSL_CTX_set_tlsext_servername_callback(context->sslContext(), on_server_name);
    SSL_CTX_set_tlsext_servername_arg(context->sslContext(), seen);
    return {Poco::Net::SocketAddress{"127.0.0.1", 0}, 64, context};
  }

  void serve() {
    while (!stop_) {
      try {
        Poco::Net::StreamSocket client = socket_.acceptConnection();
        if (stop_) return;
        client.setReceiveTimeout({10, 0});
        client.setSendTimeout({10, 0});
        serve_one(client);
      } catch (const std::exception&) {  // the client has gone, or did not like the certificate
      }
    }
  }
  void serve_one(Poco::Net::StreamSocket& client) {
    std::string request;
    while (!request.ends_with("\r\n\r\n")) {
      char byte = 0;
      if (client.receiveBytes(&byte, 1) <= 0) return;
      request += byte;
    }
    {
      const std::scoped_lock lock{mutex_};
      requests_.push_back(request);
    }
    Connection connection{client, request, stop_};
    handler_(connection);
    client.shutdown();
  }

  Handler handler_;
  std::shared_ptr<ServerNames> server_names_;
  Poco::Net::SecureServerSocket socket_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

}  // namespace tlspact::test
