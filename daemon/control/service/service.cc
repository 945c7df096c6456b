// SPDX-License-Identifier: MIT
#include "daemon/control/service/service.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <csignal>
#include <iostream>
#include <random>
#include <set>
#include <stop_token>
#include <tuple>
#include <utility>

#include "daemon/config/clock.h"
#include "daemon/control/generate.h"
#include "daemon/control/identity.h"
#include "daemon/control/in_force.h"
#include "daemon/control/overview/overview_keeper.h"
#include "daemon/control/service/control_server.h"
#include "daemon/control/service/file_watch.h"
#include "daemon/control/service/http_front.h"
#include "daemon/control/service/live_findings.h"
#include "daemon/control/service/notice_log.h"
#include "daemon/control/service/probe_rounds.h"
#include "daemon/control/service/reload_guard.h"
#include "daemon/control/service/resolve_server.h"
#include "daemon/control/service/schedule.h"
#include "daemon/control/service/service_alerts.h"
#include "daemon/control/service/store_numbers.h"
#include "daemon/control/service/watched_files.h"
#include "daemon/control/service/worker.h"
#include "daemon/store/store.h"
#include "generators/table/file.h"
#include "lookup/log.h"
#include "lookup/service_manager.h"

namespace tlspact {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr std::chrono::seconds kSoonAfterFailure{10};
/// The shortest refresh time of all sources.
Seconds shortest_refresh(const Config& config) {
  Seconds out = kLongestPause;
  for (const ListConfig& list : config.lists)
    out = std::min(out, list.refresh);
  if (config.mta_sts.enabled) out = std::min(out, config.mta_sts.refresh);
  if (config.probe.enabled) out = std::min(out, config.probe.interval);
  return out;
}

class Service {
 public:
  Service(const ServiceOptions& options, Config config)
      : options_(options),
        config_(std::make_shared<const Config>(std::move(config))),
        signals_(io_, SIGTERM, SIGINT, SIGHUP),
        timer_(io_),
        alert_timer_(io_),
        watchdog_(io_),
        watch_(io_.get_executor(), FileWatch::What::changes,
               [this](const auto& changed) { reload(changed_text(changed)); }),
        ours_(io_.get_executor(), FileWatch::What::damage,
              [this](const auto& changed) { put_right(changed); }),
        random_(std::random_device{}()) {}

  /// Whatever ended it, the threads end before anything that they use.
  ~Service() {
    probes_.end();
    worker_.end();
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  Service(Service&&) = delete;
  Service& operator=(Service&&) = delete;

  int run() {
    auto control =
        ControlServer::listen(io_.get_executor(), control_socket(),
                              [this](ControlRequest request, ControlServer::Answer answer) {
                                take(std::move(request), std::move(answer));
                              });
    if (!control) return refused(control.error());
    if (auto resolve = listen_for_lookups(); !resolve) return refused(resolve.error());
    alerts_.open(*config_);
    status_.version = options_.version;
    status_.started = clock_now();
    show_last_run();
    board_.put(status_);
    watch_.watch(files_that_decide(*config_, options_.config_file));
    std::ignore =
        make_directories(config_->service.state_dir);  // or it is not watched; a run tells
    ours_.watch(installed_files(*config_));
    open_http();
    wait_for_signal();
    keep_watchdog_quiet();
    notify_service_manager("READY=1\nSTATUS=The maps that are installed are in force");
    log_line(LogLevel::info, "ready: " + control_socket().string());
    start_run();
    io_.run();
    notify_service_manager("STOPPING=1");
    return 0;
  }

 private:
  [[nodiscard]] fs::path control_socket() const {
    return fs::path{config_->service.run_dir} / "control";
  }
  static int refused(const Error& error) {
    log_line(LogLevel::error, error.text);
    return static_cast<int>(error.code);
  }

  [[nodiscard]] Result<void> listen_for_lookups();
  [[nodiscard]] KnownStates known(const PolicyKey& key) const;
  void wait_for_signal();
  void keep_watchdog_quiet();
  void reload(const std::string& why);
  void show_last_run();
  void open_http();
  void put_right(const std::set<fs::path>& changed);
  void stand(const std::string& subject, std::optional<std::string> text);
  void take(ControlRequest request, ControlServer::Answer answer);
  void start_run();
  void do_run(const std::shared_ptr<const Config>& config);
  void run_by(Time moment);
  void take_report(const Config& config, Result<GenerateReport> report, Time began);
  void look_into_store(const Config& config);
  void wait_for_alerts(std::optional<Time> due);
  void schedule();

  const ServiceOptions& options_;
  std::shared_ptr<const Config> config_;  ///< of the main thread
  asio::io_context io_;
  asio::signal_set signals_;
  asio::steady_timer timer_;
  asio::steady_timer alert_timer_;
  asio::steady_timer watchdog_;
  FileWatch watch_;
  FileWatch ours_;  ///< what runs put in place
  std::mt19937 random_;
  StatusBoard board_;
  bool run_waits_ = false;  ///< of the main thread
  // Of the worker's thread, once it runs.
  ServiceStatus status_;
  ServiceAlerts alerts_{status_, [this](std::optional<Time> due) {
                          board_.put(status_);
                          asio::post(io_, [this, due] { wait_for_alerts(due); });
                        }};
  std::optional<Time> next_change_;
  bool is_busy_ = false;  ///< the last run found the lock taken
  std::stop_source stop_;
  OverviewKeeper overviews_{config_};
  HttpFront http_{board_, overviews_.board()};  ///< of the main thread
  std::unique_ptr<ResolveServer> resolve_;      ///< of the main thread
  LiveFindings findings_{worker_, status_, [this](Time moment) { run_by(moment); }};
  ProbeRounds probes_{worker_,
                      {.run = [this] { asio::post(io_, [this] { start_run(); }); },
                       .run_by = [this](Time moment) { run_by(moment); }}};
  Worker worker_;  ///< last: its thread uses all the above
};

Result<void> Service::listen_for_lookups() {
  auto server = ResolveServer::listen(
      io_.get_executor(), fs::path{config_->service.run_dir} / "resolve", config_,
      {.known = [this](const PolicyKey& key) { return known(key); },
       .keep =
           [this](LiveFinding finding, std::function<void()> done) {
             findings_.add(config_, std::move(finding), std::move(done));
           }});
  if (!server) return std::unexpected(server.error());
  resolve_ = *std::move(server);
  return {};
}

/// A store that cannot be read is as one that knows nothing: the worker says so.
KnownStates Service::known(const PolicyKey& key) const {
  Notices unused;
  auto store = Store::open(config_->store_path(), Store::Access::read_beside, clock_now(), unused);
  if (!store) return {};
  return {.dane = store->dane_of(key.text()).value_or(std::nullopt),
          .sts = store->sts_of(key.domain().text()).value_or(std::nullopt)};
}

void Service::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      notify_service_manager("RELOADING=1");
      reload("SIGHUP");
      notify_service_manager("READY=1");
      wait_for_signal();
      return;
    }
    log_line(LogLevel::info, "ending");
    stop_.request_stop();
    http_.close();
    io_.stop();
  });
}

void Service::keep_watchdog_quiet() {
  const auto interval = watchdog_interval();
  if (interval.count() == 0) return;
  notify_service_manager("WATCHDOG=1");
  watchdog_.expires_after(interval);
  watchdog_.async_wait([this](const boost::system::error_code& error) {
    if (!error) keep_watchdog_quiet();
  });
}

/// A file that decides, or the configuration itself, may have changed.
void Service::reload(const std::string& why) {
  auto config = load_config(options_.config_file, !options_.config_given);
  if (config) {
    if (auto good = check_reload(*config_, *config, options_.config_file); !good)
      config = std::unexpected(good.error());
  }
  if (!config) {
    watch_.watch(
        files_that_decide(*config_, options_.config_file));  // a directory may be another one
    const std::string text = config.error().text + "; the configuration that was read before stays";
    log_line(LogLevel::alert, text);
    worker_.add([this] { ++status_.refused_reloads; });
    stand("configuration", text);
    return;
  }
  log_line(LogLevel::info, why + ": the configuration is read anew");
  config_ = std::make_shared<const Config>(*std::move(config));
  watch_.watch(files_that_decide(*config_, options_.config_file));
  resolve_->use(config_);
  stand("configuration", std::nullopt);
  worker_.add([this, config = config_] {
    ++status_.reloads;
    alerts_.use(*config);
  });
  open_http();
  start_run();
}

/// Tried again with each run.
void Service::open_http() {
  const auto opened = http_.open(*config_);
  if (!opened) log_line(LogLevel::alert, opened.error().text);
  stand("[http]", opened ? std::nullopt : std::optional{opened.error().text});
}

/// Somebody removed what a run put in place, or wrote into it. A mail server defers everything
/// while its map is gone.
void Service::put_right(const std::set<fs::path>& changed) {
  log_line(LogLevel::warning,
           changed_text(changed) + ", and not by this program: looked after now");
  ours_.watch(installed_files(*config_));
  worker_.add([this, config = config_] {
    if (const auto good = check_published(*config); !good)
      alerts_.found(*config,
                    {{Severity::alert, "snapshot",
                      good.error().text + ": it answers live look-ups, and is put right now", 0}});
  });
  start_run();
}

/// Of what is not a run's to find: an alert from now on, or no more.
void Service::stand(const std::string& subject, std::optional<std::string> text) {
  worker_.add([this, subject, text = std::move(text), config = config_] {
    alerts_.stand(*config, subject,
                  text ? std::optional{Notice{Severity::alert, subject, *text, 0}} : std::nullopt);
  });
}

/// What is in force is what the last run installed, whichever process that was.
void Service::show_last_run() {
  const InForce now = in_force(*config_);
  status_.counts = now.counts;
  status_.hold = now.hold;
  look_into_store(*config_);
}

void Service::take(ControlRequest request, ControlServer::Answer answer) {
  const std::string command = request.words.front();
  if (command == "status" || command == kRunCommand) {  // at once, whatever is at work
    CommandOutcome outcome = options_.command(request, *board_.get(), config_);
    if (!outcome.notices.empty())
      worker_.add([this, notices = std::move(outcome.notices), config = config_] {
        alerts_.found(*config, notices);
      });
    if (outcome.changed) start_run();
    answer(std::move(outcome.reply));
    return;
  }
  log_line(LogLevel::info, "uid " + std::to_string(request.uid) + ": " + command);
  worker_.add([this, request = std::move(request), answer = std::move(answer), config = config_] {
    CommandOutcome outcome = options_.command(request, status_, config);
    if (outcome.changed) asio::post(io_, [this] { start_run(); });
    answer(std::move(outcome.reply));
    alerts_.found(*config, outcome.notices);
  });
}

void Service::start_run() {
  timer_.cancel();
  if (std::exchange(run_waits_, true)) return;
  open_http();
  worker_.add([this, config = config_] {
    asio::post(io_, [this] { run_waits_ = false; });
    do_run(config);
    asio::post(io_, [this] {
      ours_.watch(installed_files(*config_));
      schedule();
    });
  });
}

void Service::do_run(const std::shared_ptr<const Config>& config) {
  const Time began = clock_now();
  const auto clock = std::chrono::steady_clock::now();
  auto report = generate(*config, {.probe = false,
                                   .name_probes = config->probe.enabled && probes_.misses_names(),
                                   .stop = stop_.get_token(),
                                   .now = began});
  status_.last_duration = std::chrono::ceil<Seconds>(std::chrono::steady_clock::now() - clock);
  if (report && report->probe_next_hops) probes_.learn_names(*std::move(report->probe_next_hops));
  take_report(*config, std::move(report), began);
  board_.put(status_);
  overviews_.renew(config);
  if (!is_busy_ && !stop_.stop_requested()) probes_.begin(config);
}

/// From the worker's thread.
void Service::run_by(Time moment) {
  next_change_ = std::min(next_change_.value_or(Time::max()), moment);
  asio::post(io_, [this] { schedule(); });
}

void Service::take_report(const Config& config, Result<GenerateReport> report, Time began) {
  Notices notices;
  if (!report && report.error().code == Errc::try_again) {
    // Somebody else is at work, such as a run by hand: no fault of anything.
    log_line(LogLevel::info, report.error().text);
    is_busy_ = true;
    return;
  }
  is_busy_ = false;
  ++status_.runs;
  status_.last_run = began;
  const bool complete = report && report->looked;
  if (!report) {
    ++status_.failed_runs;
    status_.last_exit_code = static_cast<int>(report.error().code);
    status_.last_error = report.error().text;
    notices.push_back({Severity::alert, "generate", report.error().text, 0});
  } else {
    status_.last_good = began;
    status_.last_exit_code = report->exit_code;
    status_.last_error.clear();
    status_.counts = report->counts;
    status_.files = std::move(report->files);
    notices = std::move(report->notices);
  }
  log_notices(notices);
  std::ranges::copy(probes_.notices(), std::back_inserter(notices));
  status_.hold = hold_in_force(config);
  look_into_store(config);
  alerts_.after_run(config, notices, complete);
  status_.notices = std::move(notices);
  board_.put(status_);
}

/// Brings the numbers up to date.
void Service::look_into_store(const Config& config) {
  if (auto counted = count_store(config, status_); !counted) {
    log_line(LogLevel::alert, counted.error().text);
    return;
  }
  if (const auto record = read_run_record(config.state_path("run.json")))
    next_change_ = record->until;
}

/// In the main thread, when no run is at work.
void Service::schedule() {
  if (run_waits_) return;
  worker_.add(
      [this, config = config_, jitter = std::uniform_real_distribution<double>{0, 1}(random_)] {
        const RunTimes times{.last_run = status_.last_run.value_or(clock_now()),
                             .next_change = next_change_,
                             .refresh = shortest_refresh(*config)};
        Time next = next_run(times, jitter);
        if (is_busy_ || !status_.last_error.empty()) next = clock_now() + kSoonAfterFailure;
        status_.next_run = next;
        board_.put(status_);
        asio::post(io_, [this, next] {
          timer_.expires_after(std::max(next - clock_now(), Seconds{1}));
          timer_.async_wait([this](const boost::system::error_code& cancelled) {
            if (!cancelled) start_run();
          });
        });
      });
}

/// Alerts that a notifier did not take are told without a run.
void Service::wait_for_alerts(std::optional<Time> due) {
  alert_timer_.cancel();
  if (!due) return;
  alert_timer_.expires_after(std::max(*due - clock_now(), Seconds{1}));
  alert_timer_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    worker_.add([this, config = config_] { alerts_.tell(*config); });
  });
}

}  // namespace

int run_service(const ServiceOptions& options) {
  auto config = load_config(options.config_file, !options.config_given);
  if (!config) {
    log_line(LogLevel::error, config.error().text);
    return static_cast<int>(config.error().code);
  }
  if (auto changed = become_owner_of(config->service.state_dir); !changed) {
    log_line(LogLevel::error, changed.error().text);
    return static_cast<int>(changed.error().code);
  }
  return Service{options, *std::move(config)}.run();
}

}  // namespace tlspact
