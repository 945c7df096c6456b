// SPDX-License-Identifier: MIT
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <iostream>
#include <iterator>

#include "daemon/cli/arguments.h"
#include "daemon/cli/command.h"
#include "daemon/cli/offline_view.h"
#include "daemon/cli/transcript_text.h"
#include "daemon/control/deliver_message.h"
#include "daemon/control/keep_evidence.h"
#include "daemon/control/probe_settings.h"
#include "daemon/control/report.h"
#include "daemon/control/run_lock.h"
#include "daemon/dns/idna.h"
#include "daemon/probe/session_evidence.h"
#include "generators/table/file.h"
#include "smtp/transcript/transcript_json.h"

namespace tlspact {
namespace {

namespace po = boost::program_options;
namespace json = boost::json;

constexpr std::size_t kMaxMessage = 512U << 20;

po::options_description deliver_options() {
  po::options_description options;
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  options.add_options()("from", text("ADDRESS"), "the sender; \"\" is the null reverse-path")(
      "to", po::value<std::vector<std::string>>()->value_name("ADDRESS"),
      "a recipient; may be given several times. Address literals, user@[192.0.2.1], are for tests")(
      "level", text("LEVEL"),
      "instead of what is in force: none, may, encrypt, dane, dane-only, secure")(
      "via", text("NEXT-HOP"), "send everything there, as a transport map would")(
      "mx", text("HOST=ADDRESS"),
      "the MX host and its address, instead of what DNS says: to try a server before its DNS")(
      "port", text("PORT"), "of MX hosts and address literals (default: [smtp] port)")(
      "requiretls", "with REQUIRETLS (RFC 8689)")("no-chunking", "DATA even where BDAT is offered")(
      "notify", text("WORDS"), "NOTIFY for every recipient (RFC 3461), such as NEVER")(
      "certificate", text("FILE"), "client certificate, PEM, shown where a server asks for one")(
      "key", text("FILE"), "its key (default: in the same file)")(
      "ca-file", text("FILE"), "trusted authorities, PEM (default: [tls] ca_file)");
  return options;
}

Result<Message> read_message(const std::string& file) {
  if (file == "-") {
    const std::string bytes{std::istreambuf_iterator<char>{std::cin}, {}};
    return Message::parse(bytes);
  }
  const auto bytes = read_file(file, kMaxMessage);
  if (!bytes) return std::unexpected(bytes.error());
  auto message = Message::parse(*bytes);
  if (!message) return fail(message.error().code, file + ": " + message.error().text);
  return message;
}

Result<void> read_addresses(const Arguments& arguments, DeliveryJob& job) {
  if (!arguments.has("from")) return fail(Errc::usage, "--from is missing (\"\" is nobody)");
  if (!arguments.has("to")) return fail(Errc::usage, "--to is missing");
  if (!arguments.text("from").empty()) {
    auto sender = MailAddress::parse(arguments.text("from"));
    if (!sender) return std::unexpected(std::move(sender.error()));
    job.sender = *std::move(sender);
  }
  for (const std::string& each : arguments.texts("to")) {
    auto recipient = MailAddress::parse(each);
    if (!recipient) return std::unexpected(std::move(recipient.error()));
    if (std::ranges::find(job.recipients, *recipient) == job.recipients.end())
      job.recipients.push_back(*std::move(recipient));
  }
  return {};
}

Result<void> read_route(const Arguments& arguments, DeliveryJob& job) {
  if (arguments.has("level")) {
    job.level = parse_level(arguments.text("level"));
    if (!job.level || *job.level == Level::fingerprint)
      return fail(Errc::usage, "--level takes none, may, encrypt, dane, dane-only or secure");
  }
  if (arguments.has("via")) {
    auto key = parse_policy_key(arguments.text("via"));
    if (!key) return std::unexpected(std::move(key.error()));
    if (key->pattern.subdomains) return fail(Errc::usage, "--via takes a next-hop, no pattern");
    job.via = *std::move(key);
  }
  if (arguments.has("mx")) {
    const std::string given = arguments.text("mx");
    const std::size_t equals = std::min(given.find('='), given.size());
    auto host = parse_domain(given.substr(0, equals));
    boost::system::error_code error;
    const auto address =
        boost::asio::ip::make_address(given.substr(std::min(equals + 1, given.size())), error);
    if (!host || error)
      return fail(Errc::usage, "--mx takes HOST=ADDRESS, as mx1.acme.example=192.0.2.1");
    job.mx.emplace(*std::move(host), address);
  }
  if (!arguments.has("port")) return {};
  const std::string text = arguments.text("port");
  const bool digits = !text.empty() && text.size() <= 5 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  const int port = digits ? std::stoi(text) : 0;
  if (port < 1 || port > 65'535) return fail(Errc::usage, "--port takes a number up to 65535");
  job.port = static_cast<std::uint16_t>(port);
  return {};
}

Result<void> read_extras(const Arguments& arguments, DeliveryJob& job) {
  job.requiretls = arguments.has("requiretls");
  job.chunking = !arguments.has("no-chunking");
  job.notify = arguments.text("notify");
  if (job.notify.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ,") != std::string::npos)
    return fail(Errc::usage, "--notify takes NEVER, or some of SUCCESS,FAILURE,DELAY");
  job.client_certificate = arguments.text("certificate");
  job.client_key = arguments.text("key");
  job.ca_file = arguments.text("ca-file");
  return {};
}

/// design.md section 7: 0, 75 if any recipient is deferred, else 69.
int exit_code(const std::vector<DomainDelivery>& deliveries) {
  bool refused = false;
  for (const DomainDelivery& delivery : deliveries) {
    for (const RecipientResult& each : delivery.report.recipients) {
      if (each.fate == Fate::deferred) return static_cast<int>(Errc::try_again);
      refused = refused || each.fate == Fate::refused;
    }
  }
  return refused ? static_cast<int>(Errc::unavailable) : 0;
}

std::string text_of(const DomainDelivery& delivery) {
  std::string text = delivery.next_hop + ": " + delivery.policy + "\n";
  for (const Outcome& passed : delivery.report.passed_over)
    text += "  passed over: " + outcome_text(passed) + "\n";
  for (const Transcript& session : delivery.report.sessions)
    text += transcript_text(session);
  for (const RecipientResult& each : delivery.report.recipients)
    text += printable(each.address) + ": " + std::string{fate_name(each.fate)} + ": " +
            std::string{stage_name(each.stage)} + ": " + printable(each.text) + "\n";
  return text;
}

json::object json_of(const DomainDelivery& delivery) {
  json::array passed;
  for (const Outcome& each : delivery.report.passed_over)
    passed.push_back({{"stage", stage_name(each.stage)},
                      {"class", outcome_class_name(each.outcome)},
                      {"detail", each.detail}});
  json::array recipients;
  for (const RecipientResult& each : delivery.report.recipients)
    recipients.push_back({{"address", each.address},
                          {"fate", fate_name(each.fate)},
                          {"stage", stage_name(each.stage)},
                          {"code", each.code},
                          {"text", each.text}});
  json::array sessions;
  for (const Transcript& each : delivery.report.sessions)
    sessions.push_back(transcript_to_json(each));
  json::array alarms;
  for (const std::string& each : delivery.report.alarms)
    alarms.emplace_back(each);
  return {{"next_hop", delivery.next_hop},      {"policy", delivery.policy},
          {"passed_over", std::move(passed)},   {"recipients", std::move(recipients)},
          {"transcripts", std::move(sessions)}, {"alarms", std::move(alarms)}};
}

CommandResult result_of(const std::vector<DomainDelivery>& deliveries, Notices notices) {
  CommandResult result{.exit_code = exit_code(deliveries), .notices = std::move(notices)};
  json::array documents;
  for (const DomainDelivery& each : deliveries) {
    result.text += text_of(each);
    documents.push_back(json_of(each));
    result.notices.insert(result.notices.end(), each.notices.begin(), each.notices.end());
    for (const std::string& alarm : each.report.alarms)
      result.notices.push_back({Severity::alert, each.next_hop, alarm});
  }
  result.document = json::serialize(json::object{{"deliveries", std::move(documents)}});
  return result;
}

/// What the sessions taught. A delivery does not fail because nobody can write it down.
Notices keep(const Config& config, const std::vector<DomainDelivery>& deliveries) {
  std::vector<Evidence> seen;
  const auto usual_port = static_cast<std::uint16_t>(config.smtp.port);
  for (const DomainDelivery& delivery : deliveries) {
    for (const Transcript& each : delivery.report.sessions) {
      if (auto evidence = session_evidence(each.request, each.result, usual_port, each.started))
        seen.push_back(*std::move(evidence));
    }
  }
  Notices notices;
  const auto not_kept = [&](const Error& error) {
    notices.push_back({Severity::note, "evidence", "what was seen is not kept: " + error.text});
    return notices;
  };
  if (seen.empty()) return notices;
  const auto lock = RunLock::take(config.state_path("lock"));
  if (!lock) return not_kept(lock.error());
  auto store = Store::open(config.store_path(), Store::Access::read_write, clock_now(), notices);
  if (!store) return not_kept(store.error());
  if (auto kept = keep_seen(*store, seen, learn_rules(config), config.probe.interval); !kept)
    return not_kept(kept.error());
  return notices;
}

}  // namespace

Result<CommandResult> run_deliver(const std::vector<std::string>& given,
                                  const GlobalOptions& global) {
  Arguments arguments{
      {.synopsis = "tlspact deliver --from ADDRESS --to ADDRESS… [options] FILE",
       .description =
           "Sends one message by the reference delivery path, by the policy that is in force for "
           "each\nrecipient's domain, and prints every session. FILE \"-\" is standard input; "
           "lines "
           "end with LF or\nCRLF. A header \"TLS-Required: No\" passes over what a domain "
           "publishes, never an agreement.\n\n"
           "Exit codes: 0 delivered; 75 a recipient is deferred; 69 refused by the remote; 65 a "
           "bad "
           "message or\naddress.",
       .positional = "file"},
      deliver_options()};
  if (auto parsed = arguments.parse(given); !parsed) return std::unexpected(parsed.error());
  if (arguments.wants_help()) return CommandResult{.text = arguments.help()};
  const auto file = arguments.positional();
  if (!file) return std::unexpected(file.error());
  const auto config = load_config(global);
  if (!config) return std::unexpected(config.error());
  DeliveryJob job;
  job.port = static_cast<std::uint16_t>(config->smtp.port);
  if (auto read = read_addresses(arguments, job); !read) return std::unexpected(read.error());
  if (auto read = read_route(arguments, job); !read) return std::unexpected(read.error());
  if (auto read = read_extras(arguments, job); !read) return std::unexpected(read.error());
  const auto message = read_message(*file);
  if (!message) return std::unexpected(message.error());
  auto view = offline_view(global, clock_now());
  if (!view) return std::unexpected(view.error());
  const Decide in_force = [&](const PolicyKey& key) {
    return decide(key, view->refreshed.inputs.candidates_for(key), view->refreshed.rules,
                  view->refreshed.snapshot.decided_at);
  };
  const Endpoints& known = view->refreshed.evidence->states().endpoints;
  const TlsMemory did_tls = [&](const std::string& host, const boost::asio::ip::address&) {
    return host_did_tls(known, host, learn_rules(*config), clock_now());
  };
  const auto deliveries = deliver_message(*config, job, *message, in_force, did_tls);
  if (!deliveries) return std::unexpected(deliveries.error());
  return result_of(*deliveries, keep(*config, *deliveries));
}

}  // namespace tlspact
