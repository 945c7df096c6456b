// SPDX-License-Identifier: MIT
/// Notifier: a way of telling people of an alert. A plug-in point: one implementation a way, one
/// line each in notifiers().
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"
#include "policy/alert_book.h"
#include "policy/result.h"

namespace tlspact {

class Notifier {
 public:
  Notifier() = default;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  Notifier(Notifier&&) = delete;
  Notifier& operator=(Notifier&&) = delete;
  virtual ~Notifier() = default;

  /// "mail", "webhook", "command".
  [[nodiscard]] virtual std::string name() const = 0;

  /// Blocks, 30 seconds at most. An Error means that it is to be tried again.
  [[nodiscard]] virtual Result<void> tell(const AlertEvent& event) = 0;
};

/// Those that the configuration asks for.
[[nodiscard]] std::vector<std::unique_ptr<Notifier>> notifiers(const Config& config);

/// [alert] mail_to, by SMTP to [alert] mail_server: a sandboxed service cannot run sendmail.
[[nodiscard]] std::unique_ptr<Notifier> mail_notifier(const Config& config);

/// [alert] webhook: the event as JSON, by POST; any 2xx is good.
[[nodiscard]] std::unique_ptr<Notifier> webhook_notifier(const Config& config);

/// [alert] command, run without a shell, with the event as JSON on standard input; exit code 0 is
/// good.
[[nodiscard]] std::unique_ptr<Notifier> command_notifier(const Config& config);

/// The event as a JSON document: event (began, ended), subject, text, since, seen
/// (when it was last noticed), host, and ended where it is.
[[nodiscard]] std::string alert_json(const AlertEvent& event, std::string_view host);

}  // namespace tlspact
