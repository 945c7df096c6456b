// SPDX-License-Identifier: MIT
/// First-time look-ups of domains of the laboratory that bench/lookups.py sets up. One kind a
/// process, so that caches are cold and the CPU is that of this kind alone; one line of JSON.
///
///     bench_lookups sts|dane|dane-bare COUNT AT_ONCE SUFFIX SERVER ANCHOR CA_FILE
///
/// sts, dane: look_up_domains(), as `tlspact generate` runs it. dane-bare: libunbound on libevent
/// with the same settings and questions (MX; A and AAAA of the host; its TLSA), without a
/// coroutine, and without reading the answers: the names are known.
#include <event2/event.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/dns/unbound_context.h"
#include "daemon/sources/domain_lookups.h"
#include "daemon/sources/own_ipv6.h"
#include "smtp/resolver.h"

namespace {

using namespace tlspact;

struct Task {
  std::size_t count = 0;
  std::size_t at_once = 0;
  std::string suffix;
  LookupOptions options;

  [[nodiscard]] std::string domain(std::size_t number) const {
    return "d" + std::to_string(number) + "." + suffix;
  }
};

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "bench_lookups: %s\n", why.c_str());
  std::exit(1);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

struct Clocks {
  std::chrono::steady_clock::time_point wall = std::chrono::steady_clock::now();
  double cpu = 0;

  Clocks() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }
};

std::size_t look_up(const Task& task, bool dane) {
  LookupWork work;
  for (std::size_t i = 0; i < task.count; ++i) {
    if (dane) {
      work.dane.push_back(PolicyKey::parse(task.domain(i)).value());
    } else {
      work.sts.push_back(Domain::parse(task.domain(i)).value());
    }
  }
  PublishedStates states;
  for (const Notice& notice : look_up_domains(work, task.options, states))
    std::fprintf(stderr, "%s: %s\n", notice.subject.c_str(), notice.text.c_str());
  std::size_t found = 0;
  for (const auto& [domain, memory] : states.dane)
    found += memory.last_good == DaneState::full ? 1U : 0U;
  const std::string* error = nullptr;
  for (const auto& [domain, state] : states.sts) {
    found += state.cached ? 1U : 0U;
    if (!state.cached) error = &state.last_error;
  }
  if (error != nullptr) std::fprintf(stderr, "not found, for instance: %s\n", error->c_str());
  return found;
}

/// The questions about one domain after the other; `at_once` of these are at work.
class Bare {
 public:
  Bare(const Task& task, ub_ctx* context) : task_(task), context_(context) {}

  void begin() {
    for (std::size_t i = 0; i < task_.at_once; ++i)
      workers_.push_back(std::make_unique<Worker>(*this));
    for (const auto& each : workers_)
      each->next();
  }
  [[nodiscard]] bool ended() const { return ended_ == task_.count; }
  [[nodiscard]] std::size_t found() const { return found_; }

 private:
  struct Worker {
    explicit Worker(Bare& bare) : all(bare) {}

    void next() {
      if (all.begun_ == all.task_.count) return;
      const std::string domain = all.task_.domain(all.begun_++);
      host = "m" + domain.substr(1);
      good = true;
      step = 0;
      waiting = 1;
      ask(domain, RecordType::mx);
    }
    void ask(const std::string& name, RecordType type) {
      if (const int error = ub_resolve_event(all.context_, name.c_str(), static_cast<int>(type), 1,
                                             this, &Worker::answered, nullptr);
          error != 0)
        die(ub_strerror(error));
    }
    void go_on() {
      if (--waiting > 0) return;
      switch (++step) {
        case 1:
          waiting = 2;
          ask(host, RecordType::a);
          ask(host, RecordType::aaaa);
          return;
        case 2:
          waiting = 1;
          ask("_25._tcp." + host, RecordType::tlsa);
          return;
        default:
          ++all.ended_;
          all.found_ += good ? 1U : 0U;
          next();
      }
    }
    static void answered(void* self, int rcode, void* /*packet*/, int /*size*/, int security,
                         char* /*why*/, int /*limited*/) {
      auto* worker = static_cast<Worker*>(self);
      worker->good = worker->good && rcode == 0 && security == 2;
      worker->go_on();
    }

    Bare& all;
    std::string host;
    int step = 0;
    int waiting = 0;
    bool good = true;
  };

  const Task& task_;
  ub_ctx* context_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::size_t begun_ = 0;
  std::size_t ended_ = 0;
  std::size_t found_ = 0;
};

std::size_t look_up_bare(const Task& task) {
  event_base* events = event_base_new();
  UnboundContext context{ub_ctx_create_event(events)};
  if (const auto done = configure_unbound(context.get(), task.options.dns); !done)
    die(done.error().text);
  Bare bare{task, context.get()};
  bare.begin();
  while (!bare.ended())
    event_base_loop(events, EVLOOP_ONCE);
  context.reset();
  event_base_free(events);
  return bare.found();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) die("see bench/lookups.py");
  const std::string_view kind = argv[1];
  Task task{.count = std::stoul(argv[2]),
            .at_once = std::stoul(argv[3]),
            .suffix = argv[4],
            .options = {}};
  LookupOptions& options = task.options;
  options.at_once = task.at_once;
  options.dns.servers = {argv[5]};
  options.dns.trust_anchor = argv[6];
  options.fetch.ca_file = argv[7];
  options.fetch.at_once = task.at_once;
  options.fetch.private_addresses = true;
  options.fetch.has_ipv6 = &machine_has_ipv6;
  options.clock = [] { return std::chrono::floor<Seconds>(std::chrono::system_clock::now()); };
  const Clocks before;
  const std::size_t found =
      kind == "dane-bare" ? look_up_bare(task) : look_up(task, kind == "dane");
  const Clocks after;
  std::printf("{\"domains\": %zu, \"found\": %zu, \"wall\": %.6f, \"cpu\": %.6f}\n", task.count,
              found, std::chrono::duration<double>(after.wall - before.wall).count(),
              after.cpu - before.cpu);
  return 0;
}
