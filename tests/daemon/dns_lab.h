// SPDX-License-Identifier: MIT
/// The laboratory of DNS (tests/lab/signed_dns.py) for a test in C++, and name servers that
/// misbehave.
#pragma once

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/DatagramSocket.h>
#include <Poco/Net/NetException.h>
#include <Poco/Pipe.h>
#include <Poco/PipeStream.h>
#include <Poco/Process.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "daemon/dns/dns_options.h"
#include "generators/process/temp_directory.h"
#include "tests/support/coroutines.h"

namespace tlspact::test {

/// The servers live as long as this.
class DnsLab {
 public:
  /// `zones`: the JSON object of zones that signed_dns.py describes.
  /// `with_validating`: with a resolver that validates, which needs a signed root.
  explicit DnsLab(const std::string& zones, bool with_validating = false) {
    const std::string file = (directory_.path() / "spec.json").string();
    std::ofstream{file} << R"({"zones": )" << zones << "}";
    Poco::Process::Args arguments{"-B", "-m", "tests.lab.signed_dns", "--spec", file};
    if (with_validating) arguments.emplace_back("--validating");
    process_.emplace(
        Poco::Process::launch("python3", arguments, TLSPACT_SOURCE, &input_, &output_, nullptr));
    out_.emplace(input_);
    in_.emplace(output_);
    const auto places = next_line();
    server_ = places->getValue<std::string>("server");
    authority_ = places->getValue<std::string>("authority");
    if (with_validating) validating_ = places->getValue<std::string>("validating");
    trust_anchor_ = places->getValue<std::string>("trust_anchor");
  }
  DnsLab(const DnsLab&) = delete;
  DnsLab& operator=(const DnsLab&) = delete;
  DnsLab(DnsLab&&) = delete;
  DnsLab& operator=(DnsLab&&) = delete;
  ~DnsLab() {
    out_->close();
    input_.close();
    process_->wait();
  }

  /// "127.0.0.1@PORT": of the resolver that recurses and does not validate.
  [[nodiscard]] const std::string& server() const { return server_; }
  /// Of the one that validates; empty without it.
  [[nodiscard]] const std::string& validating() const { return validating_; }
  /// Of NSD.
  [[nodiscard]] const std::string& authority() const { return authority_; }
  [[nodiscard]] const std::string& trust_anchor() const { return trust_anchor_; }
  /// A resolver that forwards to the laboratory and validates.
  [[nodiscard]] DnsOptions options() const {
    return {.servers = {server_}, .trust_anchor = trust_anchor_};
  }

  /// A command of signed_dns.py, such as {"zone": "a.test", "records": [...]}; returns when it is
  /// done.
  void tell(const std::string& command) {
    *out_ << command << std::endl;
    next_line();
  }

 private:
  Poco::JSON::Object::Ptr next_line() {
    std::string line;
    if (!std::getline(*in_, line)) throw std::runtime_error("signed_dns.py has ended");
    Poco::JSON::Parser parser;
    return parser.parse(line).extract<Poco::JSON::Object::Ptr>();
  }

  TempDirectory directory_ = TempDirectory::make().value();
  Poco::Pipe input_;
  Poco::Pipe output_;
  std::optional<Poco::ProcessHandle> process_;
  std::optional<Poco::PipeOutputStream> out_;
  std::optional<Poco::PipeInputStream> in_;
  std::string server_;
  std::string authority_;
  std::string validating_;
  std::string trust_anchor_;
};

/// A name server on a free UDP port of 127.0.0.1 that answers each packet as the test says.
class FakeNameServer {
 public:
  /// From a question, its answer; nothing is sent for an empty one.
  using Handler = std::function<std::string(const std::string&)>;

  explicit FakeNameServer(Handler handler)
      : handler_(std::move(handler)), socket_(Poco::Net::SocketAddress{"127.0.0.1", 0}) {
    thread_ = std::thread{[this] { serve(); }};
  }
  FakeNameServer(const FakeNameServer&) = delete;
  FakeNameServer& operator=(const FakeNameServer&) = delete;
  FakeNameServer(FakeNameServer&&) = delete;
  FakeNameServer& operator=(FakeNameServer&&) = delete;
  ~FakeNameServer() {
    stop_ = true;
    Poco::Net::DatagramSocket wake;
    wake.sendTo("", 0, socket_.address());
    thread_.join();
  }

  [[nodiscard]] std::string place() const {
    return "127.0.0.1@" + std::to_string(socket_.address().port());
  }
  [[nodiscard]] unsigned questions() const { return questions_; }

 private:
  void serve() {
    std::string bytes(65535, '\0');
    while (true) {
      Poco::Net::SocketAddress client;
      const int size = socket_.receiveFrom(bytes.data(), static_cast<int>(bytes.size()), client);
      if (stop_) return;
      ++questions_;
      const std::string reply = handler_(bytes.substr(0, static_cast<std::size_t>(size)));
      if (reply.empty()) continue;
      try {
        socket_.sendTo(reply.data(), static_cast<int>(reply.size()), client);
      } catch (const Poco::Net::NetException&) {  // the client has gone
      }
    }
  }

  Handler handler_;
  Poco::Net::DatagramSocket socket_;
  std::atomic<bool> stop_ = false;
  std::atomic<unsigned> questions_ = 0;
  std::thread thread_;
};

}  // namespace tlspact::test
