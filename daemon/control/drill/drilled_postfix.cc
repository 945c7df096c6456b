// SPDX-License-Identifier: MIT
#include <openssl/x509.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "daemon/control/drill/drilled_mta.h"
#include "daemon/control/drill/private_mounts.h"
#include "daemon/control/wiring/postfix_routing.h"
#include "daemon/control/wiring/postfix_wiring.h"
#include "generators/postfix/postfix_outbound.h"
#include "generators/process/subprocess.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxLog = 64U << 20U;
constexpr std::chrono::seconds kDeadline{60};

Result<std::string> run(std::vector<std::string> argv, std::string input = {}) {
  const std::string what = argv.front();
  const auto output = run_command({std::move(argv), std::move(input), kDeadline});
  if (!output) return std::unexpected(output.error());
  if (output->exit_code != 0)
    return fail(Errc::unavailable, what + ", in the drill: " + first_line(*output));
  return output->out;
}

class DrilledPostfix final : public DrilledMta {
 public:
  DrilledPostfix(const DrillSurroundings& surroundings, const PostfixInstance& instance)
      : surroundings_(surroundings),
        instance_(instance),
        work_(surroundings.work / instance.config_dir.relative_path()) {}

  [[nodiscard]] std::string name() const override { return instance_.subject(); }

  [[nodiscard]] std::string without_dane_because() const override {
    const PostfixOptions& options = surroundings_.settings.postfix.options;
    if (options.dane) {
      const bool known =
          surroundings_.config.postfix.dane || surroundings_.subjects.facts.postfix.resolver_fault;
      return known ? "" : "its resolver did not tell whether it validates DNSSEC";
    }
    return options.no_dane_because.empty() ? "smtp_dns_support_level is not dnssec"
                                           : options.no_dane_because;
  }

  [[nodiscard]] Generated render(const Snapshot& snapshot) const override {
    return render_postfix(snapshot, surroundings_.settings);
  }

  [[nodiscard]] Result<void> start() override {
    auto done = copy_configuration();
    if (done) done = change_configuration();
    if (done) done = replace_directories();
    if (done) done = trust_stores();
    if (!done) return done;
    const auto path = run({"postconf", "-c", configuration().string(), "-xh", "sendmail_path"});
    if (!path) return std::unexpected(path.error());
    sendmail_ = path->substr(0, path->find('\n'));
    const auto started = run({"postfix", "-c", configuration().string(), "start"});
    if (!started) return fail(started.error().code, started.error().text + last_words());
    return {};
  }

  [[nodiscard]] Result<void> send(const DrillCase& drilled) override {
    const auto sent = run({sendmail_, "-C", configuration().string(), "-i", "-f", drill_sender(),
                           drilled.recipient()},
                          drill_message(drilled));
    if (!sent) return std::unexpected(sent.error());
    return {};
  }

  [[nodiscard]] MtaWords words() const override {
    return postfix_words(read_file(log(), kMaxLog).value_or(""));
  }

  [[nodiscard]] Findings findings(std::span<const DrillCase> cases) const override {
    const Config& config = surroundings_.config;
    PostfixInstance copy = instance_;  // tables are asked by way of the copy, whose log is here
    copy.config_dir = configuration();
    const PostfixExpectation expected{
        surroundings_.settings.postfix, drill_agreements(cases),
        config.tls.ca_file.empty() ? std::string{kSystemCaFile} : config.tls.ca_file,
        [&copy](const std::string& key, const std::string& table) {
          return query_postfix_table(copy, key, table);
        }};
    Findings out = check_policy_maps(instance_, expected);
    std::ranges::move(check_tls_settings(instance_, expected), std::back_inserter(out));
    std::ranges::move(check_routing(instance_, expected), std::back_inserter(out));
    return out;
  }

  void stop() override {
    // What it leaves the end of the namespace takes.
    const auto stopped = run({"postfix", "-c", configuration().string(), "abort"});
    static_cast<void>(stopped);
  }

 private:
  [[nodiscard]] fs::path configuration() const { return work_ / "configuration"; }
  [[nodiscard]] fs::path log() const { return work_ / "log/maillog"; }
  [[nodiscard]] fs::path queue() const { return work_ / "queue"; }

  [[nodiscard]] Result<void> copy_configuration() {
    std::error_code error;
    fs::create_directories(work_ / "log", error);
    return copy_tree(instance_.config_dir, configuration());
  }

  /// What a drill must have otherwise; nothing of TLS, and nothing of where mail goes.
  [[nodiscard]] Result<void> change_configuration() {
    const std::string copy = configuration().string();
    const auto changed = run(
        {"postconf", "-c", copy, "-e", "maillog_file=" + log().string(),
         "maillog_file_prefixes=" + work_.string(), "master_service_disable=inet",
         "inet_interfaces=loopback-only", "multi_instance_wrapper=", "multi_instance_directories=",
         "content_filter=", "non_smtpd_milters=", "authorized_submit_users=static:anyone"});
    if (!changed) return std::unexpected(changed.error());
    const auto is_log = [](const PostfixService& each) { return each.name == "postlog"; };
    if (std::ranges::any_of(instance_.services, is_log)) return {};
    const auto added = run(
        {"postconf", "-c", copy, "-M", "postlog/unix-dgram=postlog unix-dgram n - n - 1 postlogd"});
    if (!added) return std::unexpected(added.error());
    return {};
  }

  /// The queue with its chroot, and the data: empty ones of our own, at the same places.
  [[nodiscard]] Result<void> replace_directories() {
    const fs::path real_queue = instance_.queue_directory();
    auto done = make_like(real_queue, queue());
    std::error_code error;
    for (const char* part : {"etc", "lib", "lib64", "usr"}) {
      if (done && fs::is_directory(real_queue / part, error))
        done = copy_tree(real_queue / part, queue() / part);
    }
    if (done) done = rewrite_resolv_conf();
    if (done) done = show_at(queue(), real_queue);
    if (!done) return done;
    const auto data = run({"postconf", "-c", configuration().string(), "-xh", "data_directory"});
    if (!data) return std::unexpected(data.error());
    const fs::path real_data = data->substr(0, data->find('\n'));
    done = make_like(real_data, work_ / "data");
    return done ? show_at(work_ / "data", real_data) : done;
  }

  [[nodiscard]] Result<void> rewrite_resolv_conf() {
    const fs::path file = queue() / "etc/resolv.conf";
    std::error_code error;
    if (!fs::exists(file, error)) return {};
    const std::string text = read_file(file, kMaxLog).value_or("");
    fs::remove(file, error);
    constexpr unsigned kReadable = 0644;
    return write_new_file(file, drill_resolv_conf(text), kReadable);
  }

  [[nodiscard]] Result<void> trust_stores() {
    std::vector<const PostfixService*> scopes{nullptr};
    std::ranges::copy(instance_.smtp_services(), std::back_inserter(scopes));
    for (const PostfixService* scope : scopes) {
      const std::string directory = instance_.value("smtp_tls_CApath", scope);
      auto done = surroundings_.trust.add_to_file(instance_.value("smtp_tls_CAfile", scope));
      if (done && !directory.empty()) done = trust_directory(directory);
      if (done && instance_.value("tls_append_default_CA", scope) == "yes") {
        done = surroundings_.trust.add_to_file(X509_get_default_cert_file());
        if (done) done = trust_directory(X509_get_default_cert_dir());
      }
      if (!done) return done;
    }
    return {};
  }

  /// smtp(8) reads it within its chroot, if it has one.
  [[nodiscard]] Result<void> trust_directory(const fs::path& directory) {
    std::error_code error;
    if (!trusted_.insert(directory).second) return {};
    const fs::path inside = queue() / directory.relative_path();
    if (fs::is_directory(inside, error) && !fs::is_empty(inside, error))
      if (auto done = surroundings_.trust.write_into(inside); !done) return done;
    return surroundings_.trust.add_to_directory(directory);
  }

  [[nodiscard]] std::string last_words() const {
    const std::string text = read_file(log(), kMaxLog).value_or("");
    const std::size_t at = text.find("fatal:");
    return at == std::string::npos ? "" : "; " + text.substr(at, text.find('\n', at) - at);
  }

  const DrillSurroundings& surroundings_;
  const PostfixInstance& instance_;
  fs::path work_;
  std::string sendmail_;
  std::set<fs::path> trusted_;
};

}  // namespace

std::unique_ptr<DrilledMta> drilled_postfix(const DrillSurroundings& surroundings,
                                            const PostfixInstance& instance) {
  return std::make_unique<DrilledPostfix>(surroundings, instance);
}

}  // namespace tlspact
