// SPDX-License-Identifier: MIT
#include "daemon/control/alerts/notifier.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace tlspact {

std::vector<std::unique_ptr<Notifier>> notifiers(const Config& config) {
  std::vector<std::unique_ptr<Notifier>> out;
  if (!config.alert.mail_to.empty()) out.push_back(mail_notifier(config));
  if (!config.alert.webhook.empty()) out.push_back(webhook_notifier(config));
  if (!config.alert.command.empty()) out.push_back(command_notifier(config));
  return out;
}

std::string alert_json(const AlertEvent& event, std::string_view host) {
  const AlertRecord& record = event.record;
  boost::json::object out{{"event", event.kind == AlertEvent::Kind::began ? "began" : "ended"},
                          {"subject", record.subject},
                          {"text", record.text},
                          {"since", format_time(record.since)},
                          {"seen", format_time(record.seen)},
                          {"host", host}};
  if (record.ended) out["ended"] = format_time(*record.ended);
  return boost::json::serialize(out);
}

}  // namespace tlspact
