// SPDX-License-Identifier: MIT
#include "daemon/sources/agreement_parser.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "daemon/config/toml_reader.h"
#include "daemon/dns/idna.h"

namespace tlspact {
namespace {

using Agreements = std::vector<std::shared_ptr<const Agreement>>;

constexpr std::size_t kMaxPatterns = 100;

/// Bytes that are safe in a path inside an entry of both MTAs: what neither splits words at nor
/// expands.
bool is_entry_path(const std::string& path) {
  return path.starts_with('/') && std::ranges::all_of(path, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view{"/._-+@"}.contains(c);
         });
}

bool is_printable(const std::string& text) {
  return std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

std::optional<Time> to_time(const toml::node& node) {
  const auto date_of = [](const toml::date& date) {
    return std::chrono::sys_days{std::chrono::year{date.year} / date.month / date.day};
  };
  if (const auto date = node.value_exact<toml::date>()) return Time{date_of(*date)};
  const auto moment = node.value_exact<toml::date_time>();
  if (!moment || !moment->offset) return std::nullopt;
  return Time{date_of(moment->date)} + std::chrono::hours{moment->time.hour} +
         std::chrono::minutes{moment->time.minute} + Seconds{moment->time.second} -
         std::chrono::minutes{moment->offset->minutes};
}

/// Reads one [[agreement]] table. Every function returns the first fault.
class AgreementReader {
 public:
  AgreementReader(const TomlDocument& document, const toml::table& table)
      : document_(document), table_(table) {}

  Result<std::shared_ptr<const Agreement>> read() {
    agreement_.position = document_.position(table_);
    using Step = Result<void> (AgreementReader::*)();
    for (const Step step : {&AgreementReader::check_keys, &AgreementReader::read_texts,
                            &AgreementReader::read_domains, &AgreementReader::read_level,
                            &AgreementReader::read_names, &AgreementReader::read_pins,
                            &AgreementReader::read_tls, &AgreementReader::read_paths,
                            &AgreementReader::read_dates, &AgreementReader::check_exception,
                            &AgreementReader::check_level, &AgreementReader::read_inbound}) {
      if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
    }
    return std::make_shared<const Agreement>(std::move(agreement_));
  }

 private:
  [[nodiscard]] std::unexpected<Error> missing(std::string_view key) const {
    return document_.fault(table_, "the agreement has no " + std::string{key});
  }
  [[nodiscard]] std::unexpected<Error> fault_at(std::string_view key, std::string_view text) const {
    const toml::node* node = table_.get(key);
    return document_.fault(node == nullptr ? table_ : *node,
                           std::string{key} + " " + std::string{text});
  }
  [[nodiscard]] bool given(std::string_view key) const { return table_.get(key) != nullptr; }

  Result<void> check_keys() {
    return document_.only(
        table_, {"partner", "domains", "level", "mx", "match", "ca_file", "fingerprints", "min_tls",
                 "ciphers", "client_certificate", "client_key", "contact", "reference", "starts",
                 "expires", "exception", "reason", "inbound"});
  }

  Result<void> read_text(std::string_view key, std::string& out) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return {};
    const auto text = node->value_exact<std::string>();
    if (!text || !is_printable(*text)) return fault_at(key, "must be a text without control bytes");
    out = *text;
    return {};
  }

  Result<void> read_texts() {
    const std::pair<std::string_view, std::string*> texts[] = {{"partner", &agreement_.partner},
                                                               {"contact", &agreement_.contact},
                                                               {"reference", &agreement_.reference},
                                                               {"reason", &agreement_.reason}};
    for (const auto& [key, out] : texts) {
      if (auto read = read_text(key, *out); !read) return read;
    }
    if (agreement_.partner.empty()) return missing("partner");
    return {};
  }

  /// Calls `add(node, text)` for each text of an array; it returns what is wrong, or empty.
  template <class Add>
  Result<void> each_text(const toml::table& table, std::string_view key, Add add) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    const toml::array* array = node->as_array();
    if (array == nullptr)
      return document_.fault(*node, std::string{key} + " must be an array of texts");
    for (const toml::node& each : *array) {
      const auto text = each.value_exact<std::string>();
      if (!text) return document_.fault(each, std::string{key} + " must be an array of texts");
      if (Result<void> added = add(each, *text); !added)
        return document_.fault(each, added.error().text);
    }
    return {};
  }

  Result<void> read_domains() {
    std::set<std::string> seen;
    auto read = each_text(
        table_, "domains", [&](const toml::node& node, const std::string& text) -> Result<void> {
          if (text.starts_with("*."))
            return fail(Errc::bad_input,
                        quote(text) + ": subdomains are written " + quote(text.substr(1)));
          auto key = parse_policy_key(text);
          if (!key) return std::unexpected(key.error());
          if (!seen.insert(key->text()).second)
            return fail(Errc::bad_input, quote(text) + " is named twice");
          agreement_.domains.push_back({*std::move(key), document_.position(node)});
          return {};
        });
    if (read && agreement_.domains.empty()) return missing("domains");
    return read;
  }

  Result<void> read_level() {
    if (!given("level")) return missing("level");
    std::string text;
    if (auto read = read_text("level", text); !read) return read;
    const auto level = parse_level(text);
    if (!level || *level == Level::dane)
      return fault_at("level",
                      "must be encrypt, dane-only, secure or fingerprint (may and none "
                      "only in an exception)");
    agreement_.policy.level = *level;
    return {};
  }

  Result<void> read_patterns(std::string_view key, std::vector<MxPattern>& out) {
    return each_text(table_, key, [&](const toml::node&, const std::string& text) -> Result<void> {
      auto pattern = parse_mx_pattern(text);
      if (!pattern) return std::unexpected(pattern.error());
      if (out.size() == kMaxPatterns)
        return fail(Errc::bad_input, std::string{key} + " has more than 100 names");
      if (std::ranges::find(out, *pattern) == out.end()) out.push_back(*std::move(pattern));
      return {};
    });
  }

  Result<void> read_names() {
    if (auto read = read_patterns("mx", agreement_.policy.mx); !read) return read;
    return read_patterns("match", agreement_.policy.certificate_names);
  }

  Result<void> read_fingerprints(const toml::table& table, std::vector<Fingerprint>& out) const {
    return each_text(table, "fingerprints",
                     [&](const toml::node&, const std::string& text) -> Result<void> {
                       auto pin = Fingerprint::parse(text);
                       if (!pin) return std::unexpected(pin.error());
                       if (out.size() == kMaxPatterns)
                         return fail(Errc::bad_input, "more than 100 fingerprints");
                       out.push_back(*pin);
                       return {};
                     });
  }

  Result<void> read_pins() { return read_fingerprints(table_, agreement_.policy.pins); }

  Result<void> read_tls() {
    std::string version;
    std::string grade;
    if (auto read = read_text("min_tls", version); !read) return read;
    if (auto read = read_text("ciphers", grade); !read) return read;
    TlsPolicy& policy = agreement_.policy;
    if (given("min_tls")) {
      policy.min_tls = parse_tls_version(version);
      if (!policy.min_tls) return fault_at("min_tls", "must be TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3");
      if (policy.level == Level::none) return fault_at("min_tls", "has no meaning at level none");
    } else if (policy.level != Level::none && policy.level != Level::may) {
      policy.min_tls = TlsVersion::tls1_2;
    }
    if (grade.empty()) return {};
    policy.ciphers = parse_cipher_grade(grade);
    if (!policy.ciphers) return fault_at("ciphers", "must be medium or high");
    return {};
  }

  Result<void> read_paths() {
    TlsPolicy& policy = agreement_.policy;
    const std::pair<std::string_view, std::string*> paths[] = {
        {"ca_file", &policy.ca_file},
        {"client_certificate", &policy.client_certificate},
        {"client_key", &policy.client_key}};
    for (const auto& [key, out] : paths) {
      if (auto read = read_text(key, *out); !read) return read;
      if (!out->empty() && !is_entry_path(*out))
        return fault_at(key, "must be an absolute path of letters, digits and /._-+@");
    }
    if (policy.client_certificate.empty() != policy.client_key.empty())
      return policy.client_key.empty()
                 ? fault_at("client_certificate", "and client_key go together")
                 : fault_at("client_key", "and client_certificate go together");
    return {};
  }

  Result<void> read_dates() {
    const std::pair<std::string_view, std::optional<Time>*> dates[] = {
        {"starts", &agreement_.starts}, {"expires", &agreement_.expires}};
    for (const auto& [key, out] : dates) {
      const toml::node* node = table_.get(key);
      if (node == nullptr) continue;
      *out = to_time(*node);
      if (!*out)
        return fault_at(key, "must be a date such as 2027-01-01, or a date and time with offset");
    }
    if (agreement_.starts && agreement_.expires && *agreement_.starts >= *agreement_.expires)
      return fault_at("expires", "is not later than starts");
    return {};
  }

  Result<void> check_exception() {
    if (const toml::node* node = table_.get("exception")) {
      const auto value = node->value_exact<bool>();
      if (!value) return fault_at("exception", "must be true or false");
      agreement_.exception = *value;
    }
    if (agreement_.exception && agreement_.reason.empty())
      return fault_at("exception", "needs a reason");
    if (agreement_.exception && !agreement_.expires)
      return fault_at("exception", "needs expires: it weakens what others publish");
    const Level level = agreement_.policy.level;
    if (!agreement_.exception && (level == Level::none || level == Level::may))
      return fault_at("level", std::string{level_name(level)} +
                                   " is only possible in an exception (exception = true, with "
                                   "reason and expires)");
    return {};
  }

  Result<void> check_level() {
    const TlsPolicy& policy = agreement_.policy;
    const bool secure = policy.level == Level::secure;
    if (!policy.certificate_names.empty() && !secure)
      return fault_at("match", "goes with level secure only");
    if (!policy.ca_file.empty() && !secure)
      return fault_at("ca_file", "goes with level secure only");
    if (policy.level == Level::fingerprint && policy.pins.empty())
      return fault_at("level", "fingerprint needs fingerprints");
    if (policy.level != Level::fingerprint && !policy.pins.empty())
      return fault_at("fingerprints", "go with level fingerprint only");
    if (!policy.mx.empty() && (policy.level == Level::none || policy.level == Level::may))
      return fault_at("mx", "has no meaning at level " + std::string{level_name(policy.level)});
    return {};
  }

  Result<void> read_inbound() {
    const toml::node* node = table_.get("inbound");
    if (node == nullptr) return {};
    const toml::table* table = node->as_table();
    if (table == nullptr) return document_.fault(*node, "inbound must be [agreement.inbound]");
    if (auto good =
            document_.only(*table, {"networks", "sender_domains", "require", "fingerprints"});
        !good)
      return good;
    InboundAgreement inbound;
    if (auto read = read_inbound_sets(*table, inbound); !read) return read;
    if (inbound.networks.empty() && inbound.sender_domains.empty())
      return document_.fault(*table, "inbound needs networks or sender_domains");
    if (const toml::node* require = table->get("require")) {
      const auto text = require->value_exact<std::string>();
      if (text != "encrypt" && text != "client-certificate")
        return document_.fault(*require, "require must be encrypt or client-certificate");
      if (text == "client-certificate")
        inbound.require = InboundAgreement::Require::client_certificate;
    }
    const bool certificates = inbound.require == InboundAgreement::Require::client_certificate;
    if (certificates == inbound.fingerprints.empty())
      return document_.fault(*table, "client-certificate and fingerprints go together");
    agreement_.inbound = std::move(inbound);
    return {};
  }

  Result<void> read_inbound_sets(const toml::table& table, InboundAgreement& inbound) const {
    auto read = each_text(table, "networks",
                          [&](const toml::node&, const std::string& text) -> Result<void> {
                            auto network = Network::parse(text);
                            if (!network) return std::unexpected(network.error());
                            inbound.networks.push_back(*network);
                            return {};
                          });
    if (!read) return read;
    read = each_text(table, "sender_domains",
                     [&](const toml::node&, const std::string& text) -> Result<void> {
                       auto domain = parse_domain(text);
                       if (!domain) return std::unexpected(domain.error());
                       inbound.sender_domains.push_back(*std::move(domain));
                       return {};
                     });
    if (!read) return read;
    return read_fingerprints(table, inbound.fingerprints);
  }

  const TomlDocument& document_;
  const toml::table& table_;
  Agreement agreement_;
};

/// Two agreements of one file on the same key.
Result<void> check_unique(const Agreements& agreements) {
  std::map<std::string, FilePosition> seen;
  for (const auto& agreement : agreements) {
    for (const Agreement::Covered& each : agreement->domains) {
      const auto [first, is_new] = seen.try_emplace(each.key.text(), each.position);
      if (!is_new)
        return fail(Errc::bad_input, each.position.text() + ": " + quote(each.key.text()) +
                                         " has an agreement already at " + first->second.text());
    }
  }
  return {};
}

}  // namespace

Result<Agreements> parse_agreements(std::string_view text, const std::string& file) {
  const auto document = TomlDocument::parse(text, file, Errc::bad_input);
  if (!document) return std::unexpected(document.error());
  if (auto good = document->only(document->root(), {"agreement"}); !good)
    return std::unexpected(good.error());
  const toml::node* node = document->root().get("agreement");
  if (node == nullptr) return Agreements{};
  const toml::array* array = node->as_array();
  if (array == nullptr || !std::ranges::all_of(*array, &toml::node::is_table))
    return document->fault(*node, "an agreement must be written as [[agreement]]");
  Agreements agreements;
  for (const toml::node& each : *array) {
    auto agreement = AgreementReader(*document, *each.as_table()).read();
    if (!agreement) return std::unexpected(agreement.error());
    agreements.push_back(*std::move(agreement));
  }
  if (auto unique = check_unique(agreements); !unique) return std::unexpected(unique.error());
  return agreements;
}

}  // namespace tlspact
