// SPDX-License-Identifier: MIT
// Of bench/live.py.
//
//   bench_live snapshot FILE DOMAINS own|shared   d00000000.example and so on; own: each its own
//   policy bench_live constant tcp|unix ADDRESS          a bare epoll loop: one reply to whatever
//   is asked bench_live load tcp|unix ADDRESS CONNECTIONS SECONDS DOMAINS uniform|zipf bench_live
//   spin                               keeps the processors from halting, at no other's cost
//
// load prints: requests, seconds, and microseconds of the median, the 99th and the 99.9th
// percentile.
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

/// Prints the port, or the path, once it listens.
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
  Keys(std::uint64_t domains, bool zipf) : domains_(domains), zipf_(zipf) {}

  std::string_view next_request() {
    const std::string key = domain_name(number());
    request_ = "25:postfix " + key + ",";
    return request_;
  }

 private:
  std::uint64_t number() {
    if (!zipf_) return random_() % domains_;
    // The inverse of the distribution function of 1/rank; then the ranks are spread over the keys.
    const double u = std::uniform_real_distribution<double>{}(random_);
    const auto rank =
        static_cast<std::uint64_t>(std::exp(u * std::log(static_cast<double>(domains_)))) - 1;
    return rank * 2654435761 % domains_;
  }

  std::uint64_t domains_;
  bool zipf_;
  std::mt19937_64 random_{7};
  std::string request_;
};

struct Asker {
  int fd = -1;
  Clock::time_point sent;
};

void ask(Asker& asker, Keys& keys) {
  const std::string_view request = keys.next_request();
  asker.sent = Clock::now();
  if (::send(asker.fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) std::exit(1);
}

double percentile(std::vector<float>& times, double share) {
  const auto at = static_cast<std::size_t>(share * static_cast<double>(times.size() - 1));
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(at), times.end());
  return static_cast<double>(times[at]);
}

int load(const Address& address, std::size_t connections, double seconds, Keys keys) {
  const int poller = ::epoll_create1(0);
  std::vector<Asker> askers(connections);
  for (std::size_t i = 0; i < connections; ++i) {
    const int yes = 1;
    askers[i].fd = ::socket(address.storage.ss_family, SOCK_STREAM, 0);
    if (::connect(askers[i].fd, address.get(), address.size) != 0) return 1;
    ::setsockopt(askers[i].fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    watch(poller, askers[i].fd, i);
  }
  std::vector<float> times;
  times.reserve(1U << 24);
  std::array<epoll_event, 256> events{};
  std::array<char, 16384> buffer;
  const auto begin = Clock::now();
  const auto end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>{seconds});
  for (Asker& each : askers)
    ask(each, keys);
  Clock::time_point now = begin;
  while (now < end) {
    const int count = ::epoll_wait(poller, events.data(), events.size(), 1000);
    for (int i = 0; i < count; ++i) {
      Asker& asker = askers[events[static_cast<std::size_t>(i)].data.u64];
      const ssize_t got = ::recv(asker.fd, buffer.data(), buffer.size(), 0);
      const std::string_view reply{buffer.data(),
                                   static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
      if (!reply.contains("OK secure") || !reply.ends_with(',')) {
        std::fprintf(stderr, "a wrong reply\n");
        return 1;
      }
      now = Clock::now();
      times.push_back(std::chrono::duration<float, std::micro>(now - asker.sent).count());
      ask(asker, keys);
    }
  }
  const double took = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("%zu %f %.1f %.1f %.1f\n", times.size(), took, percentile(times, 0.5),
              percentile(times, 0.99), percentile(times, 0.999));
  return 0;
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
  if (what == "load" && count == 8)
    return load(address_of(given[2] == "tcp", words[3]), std::stoul(words[4]), std::stod(words[5]),
                Keys{std::stoull(words[6]), given[7] == "zipf"});
  if (what == "spin") return spin();
  return 64;
}
