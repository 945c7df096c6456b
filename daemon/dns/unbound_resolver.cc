// SPDX-License-Identifier: MIT
#include "daemon/dns/unbound_resolver.h"

#include <unbound-event.h>

#include <algorithm>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <list>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/dns/dns_message.h"
#include "daemon/dns/unbound_context.h"
#include "daemon/dns/unbound_event_loop.h"

namespace tlspact {

namespace {

using Clock = std::chrono::steady_clock;
using Continue = std::move_only_function<void(DnsAnswer)>;

constexpr std::size_t kMaxReason = 400;

/// Text out of libunbound has names out of the DNS in it.
std::string printable_line(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMaxReason))
    out += c >= ' ' && c <= '~' ? c : '?';
  return out;
}

DnsAnswer failure(std::string reason, DnsSecurity security = DnsSecurity::indeterminate) {
  DnsAnswer answer;
  answer.security = security;
  answer.reason = std::move(reason);
  return answer;
}

std::string rcode_text(unsigned rcode) {
  constexpr unsigned kServFail = 2;
  constexpr unsigned kRefused = 5;
  if (rcode == kServFail) return "the name servers do not know (SERVFAIL)";
  if (rcode == kRefused) return "the name servers refuse to answer (REFUSED)";
  return "the name servers answer with error " + std::to_string(rcode);
}

/// What ub_event_callback_type hands over.
struct Delivery {
  int rcode;
  std::span<const std::uint8_t> packet;
  int security;
  std::string_view why_bogus;
};

DnsAnswer answer_of(const Delivery& delivery, RecordType type) {
  constexpr int kBogus = 1;
  constexpr int kSecure = 2;
  // First: a bogus answer has an rcode and data like any other.
  if (delivery.security == kBogus) {
    const std::string_view why = delivery.why_bogus;
    return failure("DNSSEC: " + printable_line(why.empty() ? "the answer does not validate" : why),
                   DnsSecurity::bogus);
  }
  if (delivery.rcode != 0) return failure(rcode_text(static_cast<unsigned>(delivery.rcode)));
  const auto message = read_message(delivery.packet);
  if (!message) return failure("the name servers' answer cannot be read");
  DnsAnswer answer = to_answer(*message, type);
  if (answer.outcome == DnsOutcome::failed) {
    answer.reason = rcode_text(message->rcode);
    return answer;
  }
  answer.security = delivery.security == kSecure ? DnsSecurity::secure : DnsSecurity::insecure;
  return answer;
}

/// Refuses what libunbound would take for another name; "" is the root.
bool is_askable(std::string_view name) {
  constexpr std::size_t kMaxText = 1024;  // 255 bytes, each perhaps written as \DDD
  return name.size() <= kMaxText &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

/// Everything behind the resolver; coroutines that wait keep it alive, but closed.
class UnboundResolver::Core : public std::enable_shared_from_this<Core> {
 public:
  struct Question;
  using QuestionPointer = std::shared_ptr<Question>;
  using Questions = std::list<QuestionPointer>;
  struct Question {
    enum class State { idle, queued, flying, done };
    Core* core = nullptr;  ///< valid unless done
    std::string name;
    RecordType type = RecordType::a;
    State state = State::idle;
    int id = 0;  ///< libunbound's
    Clock::time_point deadline;
    Questions::iterator place;  ///< in open_, while queued or flying
    DnsAnswer answer;           ///< when done before anybody waited
    Continue resume;            ///< set as soon as somebody waits
  };

  Core(const boost::asio::any_io_executor& executor, const DnsOptions& options)
      : executor_(executor),
        deadline_(options.deadline),
        max_queries_(std::max<std::size_t>(1, options.max_queries)),
        loop_(executor),
        timer_(executor) {}
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  Core(Core&&) = delete;
  Core& operator=(Core&&) = delete;
  ~Core() { close(); }

  Result<void> open(const DnsOptions& options) {
    auto context = make_unbound_context(options, loop_.base());
    if (!context) return std::unexpected(context.error());
    context_ = std::move(*context);
    return {};
  }
  void close();

  /// Starts the question, or puts it into the queue. It may be done on return.
  void ask(const QuestionPointer& question);
  /// Ends it as `failed`; nothing if it is done.
  void abandon(Question& question, std::string reason);

  [[nodiscard]] std::size_t in_flight() const { return flying_; }

 private:
  static void deliver(void* data, int rcode, void* packet, int size, int security, char* why_bogus,
                      int was_limited);
  void start(Question& question);
  void finish(Question& question, DnsAnswer answer);
  void start_waiting();
  void watch_deadlines();
  void end_late_questions();

  boost::asio::any_io_executor executor_;
  std::chrono::milliseconds deadline_;
  std::size_t max_queries_;
  UnboundEventLoop loop_;  // before context_, which is destroyed first and frees its events
  UnboundContext context_;
  Questions open_;    ///< queued or flying, in the order of their deadlines
  Questions queued_;  ///< those that wait for their turn; some may be done by now
  std::size_t flying_ = 0;
  boost::asio::steady_timer timer_;
  bool watching_ = false;
  bool starting_ = false;  ///< start_waiting() runs
};

void UnboundResolver::Core::ask(const QuestionPointer& question) {
  question->core = this;
  question->deadline = Clock::now() + deadline_;
  if (!context_) return finish(*question, failure("the resolver is being stopped"));
  if (!is_askable(question->name)) return finish(*question, failure("not a name of the DNS"));
  if (flying_ == 0) loop_.poll();  // what happened while nobody asked, such as connections closed
  question->place = open_.insert(open_.end(), question);
  if (flying_ >= max_queries_) {
    question->state = Question::State::queued;
    queued_.push_back(question);
  } else {
    start(*question);
  }
  if (question->state == Question::State::done) return;
  loop_.resume();
  watch_deadlines();
}

void UnboundResolver::Core::start(Question& question) {
  question.state = Question::State::flying;
  ++flying_;
  const char* name = question.name.empty() ? "." : question.name.c_str();
  // deliver() may run within this call.
  const int error = ub_resolve_event(context_.get(), name, static_cast<int>(question.type), 1,
                                     &question, &Core::deliver, &question.id);
  if (error != 0 && question.state == Question::State::flying)
    finish(question, failure(std::string{"cannot be asked: "} + ub_strerror(error)));
}

void UnboundResolver::Core::deliver(void* data, int rcode, void* packet, int size, int security,
                                    char* why_bogus, int /*was_limited*/) {
  auto& question = *static_cast<Question*>(data);
  const Delivery delivery{
      .rcode = rcode,
      .packet = {static_cast<const std::uint8_t*>(packet), static_cast<std::size_t>(size)},
      .security = security,
      .why_bogus = why_bogus == nullptr ? std::string_view{} : std::string_view{why_bogus}};
  question.core->finish(question, answer_of(delivery, question.type));
}

void UnboundResolver::Core::finish(Question& question, DnsAnswer answer) {
  QuestionPointer keep;
  const Question::State before = std::exchange(question.state, Question::State::done);
  if (before == Question::State::queued || before == Question::State::flying) {
    keep = std::move(*question.place);
    open_.erase(question.place);
  }
  if (before == Question::State::flying) --flying_;
  if (question.resume) {
    // Never from within libunbound: whoever waits may ask the next question.
    boost::asio::post(executor_,
                      [resume = std::move(question.resume), answer = std::move(answer)]() mutable {
                        resume(std::move(answer));
                      });
  } else {
    question.answer = std::move(answer);
  }
  start_waiting();
}

void UnboundResolver::Core::start_waiting() {
  // A question that starts may be answered at once, and come here again: not recursively.
  if (starting_) return;
  starting_ = true;
  while (context_ && flying_ < max_queries_ && !queued_.empty()) {
    const QuestionPointer next = std::move(queued_.front());
    queued_.pop_front();
    if (next->state == Question::State::queued) start(*next);
  }
  starting_ = false;
  if (!open_.empty()) return;
  loop_.pause();
  timer_.cancel();
  watching_ = false;
}

void UnboundResolver::Core::abandon(Question& question, std::string reason) {
  if (question.state == Question::State::done) return;
  // It goes on in libunbound, which will not call back.
  if (question.state == Question::State::flying && context_) ub_cancel(context_.get(), question.id);
  finish(question, failure(std::move(reason)));
}

void UnboundResolver::Core::watch_deadlines() {
  if (watching_ || open_.empty()) return;
  watching_ = true;
  timer_.expires_at(open_.front()->deadline);
  timer_.async_wait([core = weak_from_this()](const boost::system::error_code& error) {
    const auto self = core.lock();
    if (error || !self) return;
    self->watching_ = false;
    self->end_late_questions();
    self->watch_deadlines();
  });
}

void UnboundResolver::Core::end_late_questions() {
  const Clock::time_point now = Clock::now();
  const std::string reason = "no answer within " + std::to_string(deadline_.count()) + " ms";
  while (!open_.empty() && open_.front()->deadline <= now) {
    const QuestionPointer late = open_.front();
    abandon(*late, reason);
  }
}

void UnboundResolver::Core::close() {
  if (!context_) return;
  queued_.clear();
  while (!open_.empty()) {
    const QuestionPointer last = open_.front();
    abandon(*last, "the resolver is being stopped");
  }
  loop_.pause();
  context_.reset();
}

UnboundResolver::UnboundResolver(std::shared_ptr<Core> core) : core_(std::move(core)) {}

UnboundResolver::~UnboundResolver() {
  core_->close();
}

Result<std::unique_ptr<UnboundResolver>> UnboundResolver::make(
    const boost::asio::any_io_executor& executor, const DnsOptions& options) {
  try {
    auto core = std::make_shared<Core>(executor, options);
    if (const auto opened = core->open(options); !opened) return std::unexpected(opened.error());
    return std::unique_ptr<UnboundResolver>{new UnboundResolver{std::move(core)}};
  } catch (const std::system_error& error) {  // no descriptors left
    return fail(Errc::try_again, std::string{"the DNS resolver cannot start: "} + error.what());
  }
}

std::size_t UnboundResolver::in_flight() const {
  return core_->in_flight();
}

namespace {

/// Asio's way to wait for a question: `start` gets what is to be called with the answer.
template <class Start>
boost::asio::awaitable<DnsAnswer> wait_for(Start start) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(DnsAnswer)>(
      [](auto handler, Start begin) {
        const auto slot = boost::asio::get_associated_cancellation_slot(handler);
        begin(slot, Continue{std::move(handler)});
      },
      boost::asio::use_awaitable, std::move(start));
}

}  // namespace

boost::asio::awaitable<DnsAnswer> UnboundResolver::query(std::string name, RecordType type) {
  const std::shared_ptr<Core> core = core_;
  auto question = std::make_shared<Core::Question>();
  question->name = std::move(name);
  question->type = type;
  core->ask(question);
  if (question->state == Core::Question::State::done) co_return std::move(question->answer);
  auto start = [&core, &question](auto slot, Continue resume) {
    question->resume = std::move(resume);
    if (!slot.is_connected()) return;
    slot.assign([core, question](boost::asio::cancellation_type) {
      core->abandon(*question, "cancelled");
    });
  };
  try {
    co_return co_await wait_for(std::move(start));
  } catch (const std::exception&) {  // cancelled before it waited
  }
  core->abandon(*question, "cancelled");
  co_return std::move(question->answer);
}

}  // namespace tlspact
