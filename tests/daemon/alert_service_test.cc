// SPDX-License-Identifier: MIT
#include "daemon/control/alerts/alert_service.h"

#include "tests/support/catch.h"
#include "tests/support/policies.h"

using namespace tlspact;
using namespace tlspact::test;
using namespace std::chrono_literals;

namespace {

/// Takes events, or does not.
struct Told {
  bool is_down = false;
  int asked = 0;
  std::vector<std::string> events;
};

class TestNotifier : public Notifier {
 public:
  TestNotifier(std::string name, Told& told) : name_(std::move(name)), told_(told) {}
  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] Result<void> tell(const AlertEvent& event) override {
    ++told_.asked;
    if (told_.is_down) return fail(Errc::unavailable, "down");
    told_.events.push_back((event.kind == AlertEvent::Kind::began ? "began " : "ended ") +
                           event.record.text);
    return {};
  }

 private:
  std::string name_;
  Told& told_;
};

std::vector<std::unique_ptr<Notifier>> by(const std::string& name, Told& told) {
  std::vector<std::unique_ptr<Notifier>> out;
  out.push_back(std::make_unique<TestNotifier>(name, told));
  return out;
}

Notices alerts(const std::vector<std::string>& texts) {
  Notices out;
  for (const std::string& each : texts)
    out.push_back({Severity::alert, "list", each, 0});
  return out;
}

}  // namespace

TEST_CASE("what a notifier does not take is tried once a round, whatever waits", "[alerts]") {
  Told told{.is_down = true, .events = {}};
  AlertService service{by("webhook", told), {}};
  service.notice(alerts({"a", "b", "c"}), now(), true);
  CHECK(service.tell(now()).size() == 1);
  CHECK(told.asked == 1);
  CHECK(service.next_due() == now() + 1min);
  CHECK(service.tell(now() + 1s).empty());
  CHECK(told.asked == 1);
  told.is_down = false;
  CHECK(service.tell(now() + 1min).empty());
  CHECK(told.events == std::vector<std::string>{"began a", "began b", "began c"});
}

TEST_CASE("an end is not told before its beginning was taken", "[alerts]") {
  Told told{.is_down = true, .events = {}};
  AlertService service{by("webhook", told), {}};
  service.notice(alerts({"a"}), now(), true);
  for (int minute = 0; minute < 200; minute += 10)
    static_cast<void>(service.tell(now() + minute * 1min));
  service.notice({}, now() + 200min, true);
  told.is_down = false;
  CHECK(service.tell(now() + 6h).empty());
  CHECK(told.events == std::vector<std::string>{"began a", "ended a"});
}

TEST_CASE("a way that is added is told of what the last run noticed", "[alerts]") {
  Told first;
  Told second;
  AlertService service{by("mail", first), {}};
  service.notice(alerts({"a", "b"}), now(), true);
  service.notice(alerts({"b"}), now() + 1min, true);
  CHECK(service.tell(now() + 1min).empty());
  service.use(by("webhook", second), now() + 2min);
  CHECK(service.tell(now() + 2min).empty());
  CHECK(second.events == std::vector<std::string>{"began b"});
  service.use(by("webhook", second), now() + 3min);
  CHECK(service.tell(now() + 3min).empty());
  CHECK(second.events.size() == 1);
}

TEST_CASE("an end needs no run", "[alerts]") {
  Told told;
  AlertService service{by("mail", told), {}};
  service.notice(alerts({"a"}), now(), true);
  service.notice({}, now() + 1min, true);
  CHECK(service.tell(now() + 1min).empty());
  REQUIRE(service.next_due() == now() + 61min);
  CHECK(service.tell(now() + 61min).empty());
  CHECK(told.events == std::vector<std::string>{"began a", "ended a"});
  CHECK_FALSE(service.next_due());
}
