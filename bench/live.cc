// SPDX-License-Identifier: MIT
// Of bench/live.py.
//
//   bench_live snapshot FILE DOMAINS own|shared
//     d00000000.example and so on; own: each has a policy of its own
//   bench_live constant tcp|unix ADDRESS
//     a bare epoll loop: one reply to whatever is asked
//   bench_live load tcp|unix ADDRESS CONNECTIONS SECONDS DOMAINS uniform|zipf RATE poll|sleep
//     one request outstanding on each connection; RATE requests a second over all of them, or 0: as
//     many as can be. Prints: requests, seconds, and microseconds of the median, the 99th and the
//     99.9th percentile, at a given rate from when a request was due. poll: it keeps its core, so
//     that no time of its own waking up is in them; sleep: as an MTA.
//   bench_live strangers tcp|unix ADDRESS CONNECTIONS
//     asks for names that nobody knows, until it is killed
//   bench_live spin
//     keeps the processors from halting, at no other's cost
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "lookup/framing.h"
#include "lookup/snapshot_file.h"
#include "policy/policy_code.h"
#include "policy/policy_inputs.h"

namespace {

using namespace tlspact;
using Clock = std::chrono::steady_clock;

std::string domain_name(std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "d%08u.example", static_cast<unsigned>(number));
  return text;
}

int write_bench_snapshot(const char* file, std::uint64_t domains, bool own) {
  constexpr std::uint64_t kShared = 1000;
  PublishedList list;
  auto contents = std::make_shared<PolicyList>();
  contents->expires = Time{Seconds{4102444800}};
  list.list = contents;
  list.name = "bench";
  SnapshotBuilder builder{Time{Seconds{1793000000}}};
  std::vector<std::uint32_t> shared;
  for (std::uint64_t i = 0; i < domains; ++i) {
    if (!own && i >= kShared) {
      builder.add(domain_name(i), shared[i % kShared]);
      continue;
    }
    TlsPolicy policy;
    policy.level = Level::secure;
    policy.mx = {MxPattern::parse("mx1." + domain_name(i)).value(),
                 MxPattern::parse("mx2." + domain_name(i)).value()};
    shared.push_back(builder.add_ruling(list, encode_policy(policy)));
    builder.add(domain_name(i), shared.back());
  }
  const auto written = write_snapshot(file, builder.take(), {});
  if (!written) std::fprintf(stderr, "%s\n", written.error().text.c_str());
  return written ? 0 : 1;
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address address_of(bool tcp, const char* text) {
  Address out;
  if (tcp) {
    sockaddr_in inet{.sin_family = AF_INET,
                     .sin_port = htons(static_cast<std::uint16_t>(std::atoi(text)))};
    inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::memcpy(&out.storage, &inet, out.size = sizeof inet);
  } else {
    sockaddr_un path{.sun_family = AF_UNIX};
    std::snprintf(path.sun_path, sizeof path.sun_path, "%s", text);
    std::memcpy(&out.storage, &path, out.size = sizeof path);
  }
  return out;
}

void watch(int poller, int fd, std::uint64_t tag) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = tag}};
  ::epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

/// Prints the port (0: it has none) once it listens.
int serve_constant(bool tcp, const char* where) {
  const std::string reply = as_netstring(
      "OK secure match=mx1.d00000000.example:mx2.d00000000.example servername=hostname");
  const Address address = address_of(tcp, where);
  const int listener = ::socket(tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (::bind(listener, address.get(), address.size) != 0 || ::listen(listener, 1024) != 0) return 1;
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  if (tcp) ::getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &size);
  std::printf("%d\n", tcp ? ntohs(bound.sin_port) : 0);
  std::fflush(stdout);
  const int poller = ::epoll_create1(0);
  watch(poller, listener, static_cast<std::uint64_t>(listener));
  std::array<epoll_event, 256> events{};
  std::array<char, 16384> buffer;
  while (true) {
    const int count = ::epoll_wait(poller, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = static_cast<int>(events[static_cast<std::size_t>(i)].data.u64);
      if (fd == listener) {
        const int yes = 1;
        const int fresh = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        ::setsockopt(fresh, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (fresh >= 0) watch(poller, fresh, static_cast<std::uint64_t>(fresh));
      } else if (::recv(fd, buffer.data(), buffer.size(), 0) <= 0) {
        ::close(fd);
      } else if (::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) < 0) {
        ::close(fd);
      }
    }
  }
}

/// Which domain is asked for next.
class Keys {
 public:
  Keys(std::uint64_t domains, bool zipf)
      : domains_(domains), log_of_domains_(std::log(static_cast<double>(domains))), zipf_(zipf) {}

  /// Valid until the next one. Written in place: the load must not be what limits the server.
  std::string_view next_request() {
    std::uint64_t left = number();
    for (std::size_t at = kLastDigit; at > kLastDigit - kDigits; --at, left /= 10)
      request_[at] = static_cast<char>('0' + left % 10);
    return request_;
  }

 private:
  std::uint64_t number() {
    if (!zipf_) return random_() % domains_;
    // The inverse of the distribution function of 1/rank; then the ranks are spread over the keys.
    const double u = std::uniform_real_distribution<double>{}(random_);
    const auto rank = static_cast<std::uint64_t>(std::exp(u * log_of_domains_)) - 1;
    return rank * 2654435761 % domains_;
  }

  static constexpr std::size_t kDigits = 8;  // of domain_name()
  static constexpr std::size_t kLastDigit = 19;

  std::uint64_t domains_;
  double log_of_domains_;
  bool zipf_;
  std::mt19937_64 random_{7};
  std::string request_ = as_netstring("postfix " + domain_name(0));
};

/// One connection, on which one request is outstanding at most.
struct Asker {
  int fd = -1;
  bool is_waiting = false;
  Clock::time_point due;  ///< of the request that is outstanding, or of the next one
};

void ask(Asker& asker, std::string_view request) {
  asker.is_waiting = true;
  if (::send(asker.fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) std::exit(1);
}

std::vector<Asker> connect_askers(const Address& address, std::size_t connections, int poller) {
  std::vector<Asker> askers(connections);
  for (std::size_t i = 0; i < connections; ++i) {
    const int yes = 1;
    askers[i].fd = ::socket(address.storage.ss_family, SOCK_STREAM, 0);
    if (::connect(askers[i].fd, address.get(), address.size) != 0) std::exit(1);
    ::setsockopt(askers[i].fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    watch(poller, askers[i].fd, i);
  }
  return askers;
}

double percentile(std::vector<float>& times, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(times.size() - 1));
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(at), times.end());
  return static_cast<double>(times[at]);
}

/// The load, and what it measures.
class Load {
 public:
  Load(const Address& address, std::size_t connections, double seconds, Keys keys, double rate,
       bool may_sleep)
      : poller_(::epoll_create1(0)),
        askers_(connect_askers(address, connections, poller_)),
        keys_(std::move(keys)),
        period_(rate > 0 ? duration(static_cast<double>(connections) / rate) : Clock::duration{}),
        wait_ms_(may_sleep ? 1000 : 0),
        begin_(Clock::now()),
        end_(begin_ + duration(seconds)) {
    times_.reserve(1U << 24);
  }

  int run() {
    // A given rate is spread evenly: neither in bursts, nor later because a reply was late.
    for (std::size_t i = 0; i < askers_.size(); ++i)
      askers_[i].due = begin_ + period_ * static_cast<int>(i) / static_cast<int>(askers_.size());
    while (Clock::now() < end_) {
      ask_what_is_due();
      const int count =
          ::epoll_wait(poller_, events_.data(), static_cast<int>(events_.size()), wait_ms_);
      for (int i = 0; i < count; ++i)
        if (!take_reply(askers_[events_[static_cast<std::size_t>(i)].data.u64])) return 1;
    }
    const double took = std::chrono::duration<double>(Clock::now() - begin_).count();
    std::printf("%zu %f %.1f %.1f %.1f\n", times_.size(), took, percentile(times_, 0.5),
                percentile(times_, 0.99), percentile(times_, 0.999));
    return 0;
  }

 private:
  static Clock::duration duration(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{seconds});
  }

  void ask_what_is_due() {
    if (period_ == Clock::duration{} && !times_.empty()) return;  // take_reply() does it
    for (Asker& each : askers_)
      if (!each.is_waiting && Clock::now() >= each.due) ask(each, keys_.next_request());
  }

  bool take_reply(Asker& asker) {
    const ssize_t got = ::recv(asker.fd, buffer_.data(), buffer_.size(), 0);
    const std::string_view reply{buffer_.data(),
                                 static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
    if (!reply.contains("OK secure") || !reply.ends_with(',')) {
      std::fprintf(stderr, "a wrong reply: %.*s\n", static_cast<int>(reply.size()), reply.data());
      return false;
    }
    const Clock::time_point now = Clock::now();
    times_.push_back(std::chrono::duration<float, std::micro>(now - asker.due).count());
    asker.is_waiting = false;
    if (period_ == Clock::duration{}) {
      asker.due = now;
      ask(asker, keys_.next_request());
    } else {
      asker.due += period_;
    }
    return true;
  }

  int poller_;
  std::vector<Asker> askers_;
  Keys keys_;
  Clock::duration period_;
  int wait_ms_;
  Clock::time_point begin_, end_;
  std::vector<float> times_;
  std::array<epoll_event, 256> events_{};
  std::array<char, 16384> buffer_;
};

int ask_as_strangers(const Address& address, std::size_t connections) {
  const int poller = ::epoll_create1(0);
  std::vector<Asker> askers = connect_askers(address, connections, poller);
  std::array<epoll_event, 256> events{};
  std::array<char, 16384> buffer;
  unsigned number = 0;
  const auto ask_next = [&](Asker& each) {
    char request[64];
    std::snprintf(request, sizeof request, "32:postfix x%08u.strangers.test,", number++);
    ask(each, request);
  };
  for (Asker& each : askers)
    ask_next(each);
  while (true) {
    const int count = ::epoll_wait(poller, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      Asker& each = askers[events[static_cast<std::size_t>(i)].data.u64];
      if (::recv(each.fd, buffer.data(), buffer.size(), 0) <= 0) return 1;
      ask_next(each);
    }
  }
}

int spin() {
  const sched_param lowest{};
  ::sched_setscheduler(0, SCHED_IDLE, &lowest);
  while (true)
    __asm__ volatile("");
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string_view> given{words, words + count};
  const std::string_view what = count > 1 ? given[1] : "";
  if (what == "snapshot" && count == 5)
    return write_bench_snapshot(words[2], std::stoull(words[3]), given[4] == "own");
  if (what == "constant" && count == 4) return serve_constant(given[2] == "tcp", words[3]);
  if (what == "load" && count == 10)
    return Load{
        address_of(given[2] == "tcp", words[3]),         std::stoul(words[4]), std::stod(words[5]),
        Keys{std::stoull(words[6]), given[7] == "zipf"}, std::stod(words[8]),  given[9] == "sleep"}
        .run();
  if (what == "strangers" && count == 5)
    return ask_as_strangers(address_of(given[2] == "tcp", words[3]), std::stoul(words[4]));
  if (what == "spin") return spin();
  return 64;
}
