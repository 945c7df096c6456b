// SPDX-License-Identifier: MIT
#include "daemon/sources/list_parser.h"

#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "daemon/dns/idna.h"
#include "daemon/sources/line_counting_stream.h"

namespace tlspact {
namespace {

constexpr std::size_t kMaxDomains = 10'000'000;
constexpr std::size_t kMaxMxs = 100;
constexpr std::size_t kMaxAuthor = 1000;

/// What makes a list refused. Thrown through Poco's parser, caught in parse_list.
struct ListFault {
  std::string text;
};

[[noreturn]] void refuse(std::string text) {
  throw ListFault{std::move(text)};
}

/// A policy definition or a reference to one, while it is being read.
struct RawPolicy {
  std::optional<Mode> mode;
  std::optional<std::vector<MxPattern>> mxs;
  std::optional<std::string> alias;
};

/// The list while it is being read: entries refer to aliases by name until the end, because
/// "policy-aliases" may come last.
class ListBuilder {
 public:
  void set_version(const std::string& version) {
    if (version != "0.1") refuse("version " + quote(version) + " is not supported, only \"0.1\"");
  }
  void set_author(const std::string& author) { list_.author = author.substr(0, kMaxAuthor); }
  void set_time(const std::string& name, std::optional<Time> time) {
    if (!time)
      refuse(name + " is neither a date such as \"2026-01-31T00:00:00Z\" nor epoch seconds");
    (name == "timestamp" ? list_.timestamp : list_.expires) = *time;
  }

  void add_alias(const std::string& name, const RawPolicy& policy) {
    if (policy.alias) refuse("the alias " + quote(name) + " refers to another alias");
    if (!aliases_.emplace(name, definition(policy, quote(name))).second)
      refuse("the alias " + quote(name) + " is defined twice");
  }

  void add_domain(const std::string& name, const RawPolicy& policy) {
    auto domain = parse_domain(name);
    if (!domain) refuse(domain.error().text);
    if (list_.entries.size() == kMaxDomains) refuse("it has more than 10 million domains");
    if (policy.alias) {
      if (policy.mode || policy.mxs)
        refuse(quote(name) + " has both policy-alias and a policy of its own");
      const auto reference = aliases_used_.try_emplace(*policy.alias, aliases_used_.size()).first;
      list_.entries.push_back(
          {*std::move(domain), kAliasBit | static_cast<std::uint32_t>(reference->second)});
    } else {
      list_.entries.push_back({*std::move(domain), definition(policy, quote(name))});
    }
  }

  PolicyList finish() {
    if (list_.expires <= list_.timestamp) refuse("expires is not later than timestamp");
    resolve_aliases();
    std::ranges::sort(list_.entries, {}, &PolicyList::Entry::domain);
    const auto repeated = std::ranges::adjacent_find(list_.entries, {}, &PolicyList::Entry::domain);
    if (repeated != list_.entries.end())
      refuse(quote(repeated->domain.text()) + " is listed twice");
    return std::move(list_);
  }

 private:
  /// Marks PolicyList::Entry::policy as an index of aliases_used_, until resolve_aliases.
  static constexpr std::uint32_t kAliasBit = 1U << 31;

  /// The index of an equal policy, or of a new one.
  std::uint32_t definition(const RawPolicy& raw, const std::string& whose) {
    if (!raw.mode) refuse(whose + " has no mode");
    if (!raw.mxs || raw.mxs->empty()) refuse(whose + " has no mxs");
    const auto [known, is_new] = interned_.try_emplace(
        {*raw.mode, *raw.mxs}, static_cast<std::uint32_t>(list_.policies.size()));
    if (is_new) {
      TlsPolicy policy;
      policy.level = Level::secure;
      policy.mx = *raw.mxs;
      policy.min_tls = TlsVersion::tls1_2;  // the list's rules: TLS 1.2 or later
      list_.policies.push_back({*raw.mode, std::make_shared<const TlsPolicy>(std::move(policy))});
    }
    return known->second;
  }

  void resolve_aliases() {
    std::vector<std::uint32_t> policies(aliases_used_.size());
    for (const auto& [name, index] : aliases_used_) {
      const auto found = aliases_.find(name);
      if (found == aliases_.end()) refuse("the alias " + quote(name) + " is not defined");
      policies[index] = found->second;
    }
    for (PolicyList::Entry& entry : list_.entries) {
      if ((entry.policy & kAliasBit) != 0) entry.policy = policies[entry.policy & ~kAliasBit];
    }
  }

  PolicyList list_;
  std::map<std::pair<Mode, std::vector<MxPattern>>, std::uint32_t> interned_;
  std::map<std::string, std::uint32_t> aliases_;
  std::map<std::string, std::size_t> aliases_used_;
};

/// Follows the events of the parser through the few places that a list has.
class ListHandler : public Poco::JSON::Handler {
 public:
  explicit ListHandler(ListBuilder& builder) : builder_(builder) {}

  void reset() override {}

  void startObject() override {
    switch (place_) {
      case Place::start:
        place_ = Place::root;
        return;
      case Place::root_value:
        if (key_ == "policy-aliases") return enter(Place::aliases);
        if (key_ == "policies") return enter(Place::policies);
        break;
      case Place::alias_value:
        return begin_policy(Place::alias);
      case Place::policy_value:
        return begin_policy(Place::policy);
      default:
        break;
    }
    refuse(where() + " must not be an object");
  }

  void endObject() override {
    switch (place_) {
      case Place::alias:
        builder_.add_alias(name_, policy_);
        return enter(Place::aliases);
      case Place::policy:
        builder_.add_domain(name_, policy_);
        return enter(Place::policies);
      case Place::aliases:
      case Place::policies:
        return enter(Place::root);
      default:
        place_ = Place::end;
    }
  }

  void startArray() override {
    if (place_ != Place::field_value || key_ != "mxs") refuse(where() + " must not be an array");
    if (policy_.mxs) refuse(quote(name_) + " has two mxs");
    policy_.mxs.emplace();
    place_ = Place::mxs;
  }

  void endArray() override { place_ = in_alias_ ? Place::alias : Place::policy; }

  void key(const std::string& key) override {
    switch (place_) {
      case Place::root:
        check_field(key,
                    {"timestamp", "expires", "version", "author", "policy-aliases", "policies"});
        if (!seen_.insert(key).second) refuse(quote(key) + " stands there twice");
        return enter_value(Place::root_value, key);
      case Place::aliases:
        if (key.empty()) refuse("an alias has an empty name");
        name_ = key;
        return enter_value(Place::alias_value, key);
      case Place::policies:
        name_ = key;
        return enter_value(Place::policy_value, key);
      default:
        check_field(key, {"mode", "mxs", "policy-alias"});
        return enter_value(Place::field_value, key);
    }
  }

  void value(const std::string& text) override {
    if (place_ == Place::mxs) return add_mx(text);
    if (place_ == Place::root_value) return set_root_field(text);
    if (place_ != Place::field_value || key_ == "mxs") refuse(where() + " must not be a text");
    if (key_ == "mode") {
      if (policy_.mode) refuse(quote(name_) + " has two modes");
      if (text != "testing" && text != "enforce")
        refuse("mode " + quote(text) + " of " + quote(name_) + " is neither testing nor enforce");
      policy_.mode = text == "enforce" ? Mode::enforce : Mode::testing;
    } else {
      if (policy_.alias) refuse(quote(name_) + " has two policy-alias");
      policy_.alias = text;
    }
    place_ = in_alias_ ? Place::alias : Place::policy;
  }

  void value(int number) override { set_epoch(number); }
  void value(unsigned number) override { set_epoch(number); }
  void value(Poco::Int64 number) override { set_epoch(number); }
  void value(Poco::UInt64 number) override {
    if (std::in_range<Poco::Int64>(number)) return set_epoch(static_cast<Poco::Int64>(number));
    refuse(where() + " is too large a number");
  }
  void value(double /*number*/) override { refuse(where() + " must not be a fraction"); }
  void value(bool /*truth*/) override { refuse(where() + " must not be true or false"); }
  void null() override { refuse(where() + " must not be null"); }

  void check_complete() const {
    for (const char* each : {"timestamp", "expires", "version", "policy-aliases", "policies"}) {
      if (!seen_.contains(each)) refuse(std::string{"\""} + each + "\" is missing");
    }
  }
  [[nodiscard]] bool at_end() const { return place_ == Place::end; }

 private:
  enum class Place {
    start,
    root,          ///< before a key of the list
    root_value,    ///< after it
    aliases,       ///< before the name of an alias
    alias_value,   ///< after it
    alias,         ///< before a field of it
    policies,      ///< before a domain
    policy_value,  ///< after it
    policy,        ///< before a field of it
    field_value,   ///< after the name of a field
    mxs,           ///< in the array
    end,
  };

  void enter(Place place) { place_ = place; }
  void enter_value(Place place, const std::string& key) {
    key_ = key;
    place_ = place;
  }
  void begin_policy(Place place) {
    policy_ = {};
    in_alias_ = place == Place::alias;
    place_ = place;
  }

  [[nodiscard]] std::string where() const {
    switch (place_) {
      case Place::start:
        return "the list itself";
      case Place::root_value:
        return quote(key_);
      case Place::field_value:
        return quote(key_) + " of " + quote(name_);
      case Place::mxs:
        return "an MX of " + quote(name_);
      default:
        return quote(name_);
    }
  }

  static void check_field(const std::string& key, const std::set<std::string>& known) {
    if (!known.contains(key)) refuse("unknown field " + quote(key));
  }

  void add_mx(const std::string& text) {
    if (policy_.mxs->size() == kMaxMxs) refuse(quote(name_) + " has more than 100 MX names");
    // The list's syntax has ".suffix" only; "*.suffix" is MTA-STS's.
    if (text.starts_with('*')) refuse(quote(text) + ": a suffix is written as .example.org");
    auto pattern = parse_mx_pattern(text);
    if (!pattern) refuse("an MX of " + quote(name_) + ": " + pattern.error().text);
    if (std::ranges::find(*policy_.mxs, *pattern) != policy_.mxs->end())
      refuse(quote(name_) + " has the MX " + quote(text) + " twice");
    policy_.mxs->push_back(*std::move(pattern));
  }

  void set_root_field(const std::string& text) {
    if (key_ == "policy-aliases" || key_ == "policies") refuse(where() + " must be an object");
    if (key_ == "version") {
      builder_.set_version(text);
    } else if (key_ == "author") {
      builder_.set_author(text);
    } else {
      builder_.set_time(key_, parse_rfc3339(text));
    }
    place_ = Place::root;
  }

  void set_epoch(Poco::Int64 seconds) {
    if (place_ != Place::root_value || (key_ != "timestamp" && key_ != "expires"))
      refuse(where() + " must not be a number");
    constexpr Poco::Int64 kYear9999 = 253402300799;
    if (seconds < 0 || seconds > kYear9999) refuse(where() + " is not a time");
    builder_.set_time(key_, Time{Seconds{seconds}});
    place_ = Place::root;
  }

  ListBuilder& builder_;
  Place place_ = Place::start;
  std::string key_;   ///< the last key of the list or of a policy
  std::string name_;  ///< the domain or alias being read
  RawPolicy policy_;  ///< of `name_`
  bool in_alias_ = false;
  std::set<std::string> seen_;  ///< top-level keys
};

std::string json_message(const Poco::Exception& exception) {
  std::string text;
  for (const char c : exception.message().substr(0, 200))
    text += c >= 0x20 && c < 0x7f ? c : '?';
  return "not JSON: " + text;
}

}  // namespace

Result<PolicyList> parse_list(std::istream& json, const std::string& file) {
  LineCountingBuffer buffer{json};
  std::istream lines{&buffer};
  const auto refused = [&](const std::string& text) {
    return fail(Errc::bad_input, file + ":" + std::to_string(buffer.line()) + ": " + text);
  };
  ListBuilder builder;
  const Poco::SharedPtr<ListHandler> handler{new ListHandler{builder}};
  try {
    Poco::JSON::Parser parser{handler};
    parser.parse(lines);
    // Poco hands a key on only up to its first NUL: "evil.example\u0000.org" would be another name.
    if (buffer.saw_nul()) refuse("a NUL byte in a text (\\u0000)");
    if (!handler->at_end()) refuse("not JSON: the list ends too early");
    lines.clear();
    if ((lines >> std::ws).peek() != std::istream::traits_type::eof())
      refuse("something follows the list's closing brace");
    handler->check_complete();
    return builder.finish();
  } catch (const ListFault& fault) {
    return refused(fault.text);
  } catch (const Poco::Exception& exception) {
    return refused(json_message(exception));
  }
}

}  // namespace tlspact
