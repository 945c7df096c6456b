// SPDX-License-Identifier: MIT
#include "daemon/sources/list_parser.h"

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <initializer_list>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include "daemon/dns/idna.h"

namespace tlspact {
namespace {

constexpr std::size_t kMaxDomains = 10'000'000;
constexpr std::size_t kMaxMxs = 100;
constexpr std::size_t kMaxAuthor = 1000;
/// No text of a list that means anything is longer; what goes beyond is not kept.
constexpr std::size_t kMaxText = 4096;

/// What makes a list refused. Thrown by the builder and the handler, caught where the parser calls
/// the handler.
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

/// Finds the number of a policy by its mode and code: open addressing, at most half full, a power
/// of two of slots. A third of a million policies is not worth a node each.
class PolicyNumbers {
 public:
  explicit PolicyNumbers(const PolicyList& list) : list_(list), slots_(1024) {}

  /// nullopt: not there yet.
  [[nodiscard]] std::optional<std::uint32_t> find(Mode mode, std::string_view code) const {
    const std::uint32_t hash = hash_of(mode, code);
    for (std::size_t at = hash;; ++at) {
      const Slot& slot = slots_[at & (slots_.size() - 1)];
      if (slot.number == kEmpty) return std::nullopt;
      if (slot.hash == hash && list_.modes[slot.number] == mode && list_.codes[slot.number] == code)
        return slot.number;
    }
  }

  /// A number of the list's that find() does not find.
  void add(std::uint32_t number) {
    if (2 * (count_ + 1) > slots_.size()) {
      std::vector<Slot> old(slots_.size() * 4);
      old.swap(slots_);
      for (const Slot& slot : old) {
        if (slot.number != kEmpty) put(slot);
      }
    }
    put({hash_of(list_.modes[number], list_.codes[number]), number});
    ++count_;
  }

 private:
  static constexpr std::uint32_t kEmpty = ~std::uint32_t{0};
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = kEmpty;
  };

  static std::uint32_t hash_of(Mode mode, std::string_view code) {
    return static_cast<std::uint32_t>(std::hash<std::string_view>{}(code) +
                                      static_cast<std::size_t>(mode));
  }
  void put(const Slot& slot) {
    std::size_t at = slot.hash;
    while (slots_[at & (slots_.size() - 1)].number != kEmpty)
      ++at;
    slots_[at & (slots_.size() - 1)] = slot;
  }

  const PolicyList& list_;
  std::vector<Slot> slots_;
  std::size_t count_ = 0;
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

  void add_alias(const std::string& name, RawPolicy policy) {
    if (name.size() == kMaxText) refuse("an alias has a name of more than 4,095 bytes");
    if (policy.alias) refuse("the alias " + quote(name) + " refers to another alias");
    if (!aliases_.emplace(name, definition(std::move(policy), name)).second)
      refuse("the alias " + quote(name) + " is defined twice");
  }

  void add_domain(const std::string& name, RawPolicy policy) {
    const auto domain = parse_domain(name);
    if (!domain) refuse(domain.error().text);
    if (list_.entries.size() == kMaxDomains) refuse("it has more than 10 million domains");
    const std::uint32_t number = list_.names.add(domain->text());
    if (policy.alias) {
      if (policy.mode || policy.mxs)
        refuse(quote(name) + " has both policy-alias and a policy of its own");
      const auto reference = aliases_used_.try_emplace(*policy.alias, aliases_used_.size()).first;
      list_.entries.push_back({number, kAliasBit | static_cast<std::uint32_t>(reference->second)});
    } else {
      list_.entries.push_back({number, definition(std::move(policy), name)});
    }
  }

  PolicyList finish() {
    if (list_.expires <= list_.timestamp) refuse("expires is not later than timestamp");
    resolve_aliases();
    const auto name = [this](const PolicyList::Entry& entry) { return list_.domain(entry); };
    if (!std::ranges::is_sorted(list_.entries, {}, name))
      std::ranges::sort(list_.entries, {}, name);
    const auto repeated = std::ranges::adjacent_find(list_.entries, {}, name);
    if (repeated != list_.entries.end())
      refuse(quote(list_.domain(*repeated)) + " is listed twice");
    list_.names.shrink();
    list_.codes.shrink();
    list_.entries.shrink_to_fit();
    return std::move(list_);
  }

 private:
  /// Marks PolicyList::Entry::policy as an index of aliases_used_, until resolve_aliases.
  static constexpr std::uint32_t kAliasBit = 1U << 31;

  /// The number of an equal policy, or of a new one.
  std::uint32_t definition(RawPolicy raw, const std::string& whose) {
    if (!raw.mode) refuse(quote(whose) + " has no mode");
    if (!raw.mxs || raw.mxs->empty()) refuse(quote(whose) + " has no mxs");
    TlsPolicy policy;
    policy.level = Level::secure;
    policy.mx = *std::move(raw.mxs);
    policy.min_tls = TlsVersion::tls1_2;  // the list's rules: TLS 1.2 or later
    const std::string code = encode_policy(policy);
    if (const auto known = numbers_.find(*raw.mode, code)) return *known;
    list_.modes.push_back(*raw.mode);
    const std::uint32_t number = list_.codes.add(code);
    numbers_.add(number);
    return number;
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
  PolicyNumbers numbers_{list_};
  std::unordered_map<std::string, std::uint32_t> aliases_;
  std::unordered_map<std::string, std::size_t> aliases_used_;
};

/// Follows the events of the parser through the few places that a list has. Throws ListFault.
class ListEvents {
 public:
  explicit ListEvents(ListBuilder& builder) : builder_(builder) {}

  void begin_object() {
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

  void end_object() {
    switch (place_) {
      case Place::alias:
        builder_.add_alias(name_, std::move(policy_));
        return enter(Place::aliases);
      case Place::policy:
        builder_.add_domain(name_, std::move(policy_));
        return enter(Place::policies);
      case Place::aliases:
      case Place::policies:
        return enter(Place::root);
      default:
        place_ = Place::end;
    }
  }

  void begin_array() {
    if (place_ != Place::field_value || key_ != "mxs") refuse(where() + " must not be an array");
    if (policy_.mxs) refuse(quote(name_) + " has two mxs");
    policy_.mxs.emplace();
    place_ = Place::mxs;
  }

  void end_array() { place_ = in_alias_ ? Place::alias : Place::policy; }

  void key(const std::string& key) {
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

  void text(const std::string& text) {
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

  void epoch(std::int64_t seconds) {
    if (place_ != Place::root_value || (key_ != "timestamp" && key_ != "expires"))
      refuse(where() + " must not be a number");
    constexpr std::int64_t kYear9999 = 253402300799;
    if (seconds < 0 || seconds > kYear9999) refuse(where() + " is not a time");
    builder_.set_time(key_, Time{Seconds{seconds}});
    place_ = Place::root;
  }

  /// A value of a kind that a list has nowhere: "null".
  [[noreturn]] void misplaced(const std::string& kind) { refuse(where() + " must not be " + kind); }

  void check_complete() const {
    for (const char* each : {"timestamp", "expires", "version", "policy-aliases", "policies"}) {
      if (!seen_.contains(each)) refuse(std::string{"\""} + each + "\" is missing");
    }
  }

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

  static void check_field(std::string_view key, std::initializer_list<std::string_view> known) {
    if (std::ranges::find(known, key) == known.end()) refuse("unknown field " + quote(key));
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

  ListBuilder& builder_;
  Place place_ = Place::start;
  std::string key_;   ///< the last key of the list or of a policy
  std::string name_;  ///< the domain or alias being read
  RawPolicy policy_;  ///< of `name_`
  bool in_alias_ = false;
  std::set<std::string> seen_;  ///< top-level keys
};

/// What Boost.JSON's parser calls: puts the pieces of a text together, and ends the parsing at the
/// first fault. Deeper nesting than a list has is refused by the events themselves.
class ListHandler {
 public:
  static constexpr std::size_t max_array_size = ~std::size_t{0};   // NOLINT: Boost's names
  static constexpr std::size_t max_object_size = ~std::size_t{0};  // NOLINT
  static constexpr std::size_t max_string_size = ~std::size_t{0};  // NOLINT
  static constexpr std::size_t max_key_size = ~std::size_t{0};     // NOLINT
  using Text = boost::json::string_view;
  using Code = boost::json::error_code;

  explicit ListHandler(ListBuilder& builder) : events_(builder) {}

  /// nullptr: no fault of the list's own rules.
  [[nodiscard]] const std::string* fault() const { return fault_ ? &*fault_ : nullptr; }
  [[nodiscard]] const ListEvents& events() const { return events_; }

  bool on_document_begin(Code& /*code*/) { return true; }
  bool on_document_end(Code& /*code*/) { return true; }
  bool on_object_begin(Code& code) {
    return guarded(code, [&] { events_.begin_object(); });
  }
  bool on_object_end(std::size_t /*n*/, Code& code) {
    return guarded(code, [&] { events_.end_object(); });
  }
  bool on_array_begin(Code& code) {
    return guarded(code, [&] { events_.begin_array(); });
  }
  bool on_array_end(std::size_t /*n*/, Code& code) {
    return guarded(code, [&] { events_.end_array(); });
  }
  bool on_key_part(Text part, std::size_t /*n*/, Code& /*code*/) { return append(part); }
  bool on_key(Text part, std::size_t /*n*/, Code& code) {
    append(part);
    return guarded(code, [&] { events_.key(text_); });
  }
  bool on_string_part(Text part, std::size_t /*n*/, Code& /*code*/) { return append(part); }
  bool on_string(Text part, std::size_t /*n*/, Code& code) {
    append(part);
    return guarded(code, [&] { events_.text(text_); });
  }
  bool on_number_part(Text /*part*/, Code& /*code*/) { return true; }
  bool on_int64(std::int64_t number, Text /*part*/, Code& code) {
    return guarded(code, [&] { events_.epoch(number); });
  }
  bool on_uint64(std::uint64_t /*number*/, Text /*part*/, Code& code) {
    return guarded(code, [&] { events_.misplaced("so large a number"); });
  }
  bool on_double(double /*number*/, Text /*part*/, Code& code) {
    return guarded(code, [&] { events_.misplaced("a fraction"); });
  }
  bool on_bool(bool /*truth*/, Code& code) {
    return guarded(code, [&] { events_.misplaced("true or false"); });
  }
  bool on_null(Code& code) {
    return guarded(code, [&] { events_.misplaced("null"); });
  }
  bool on_comment_part(Text /*part*/, Code& /*code*/) { return true; }
  bool on_comment(Text /*part*/, Code& /*code*/) { return true; }

 private:
  bool append(Text part) {
    text_.append(part.data(), std::min(part.size(), kMaxText - text_.size()));
    return true;
  }

  template <class Work>
  bool guarded(Code& code, Work work) {
    try {
      work();
      text_.clear();
      return true;
    } catch (ListFault& fault) {
      fault_ = std::move(fault.text);
      code = boost::json::make_error_code(boost::json::error::exception);
      return false;
    }
  }

  ListEvents events_;
  std::string text_;  ///< of the key or text being read, at most kMaxText bytes
  std::optional<std::string> fault_;
};

/// Feeds a stream to the parser in pieces, and knows the line that it is at.
class ListReading {
 public:
  explicit ListReading(std::istream& json)
      : json_(json), parser_(boost::json::parse_options{}, builder_) {}

  Result<PolicyList> run(const std::string& file) {
    try {
      read_all();
      parser_.handler().events().check_complete();
      return builder_.finish();
    } catch (const ListFault& fault) {
      return fail(Errc::bad_input, file + ":" + std::to_string(line_) + ": " + fault.text);
    }
  }

 private:
  void read_all() {
    std::vector<char> buffer(1U << 16);
    bool more = true;
    while (more) {
      json_.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      const std::string_view piece{buffer.data(), static_cast<std::size_t>(json_.gcount())};
      more = static_cast<bool>(json_);
      take(piece, more);
    }
  }

  void take(std::string_view piece, bool more) {
    if (!parser_.done()) {
      boost::json::error_code code;
      const std::size_t taken = parser_.write_some(more, piece.data(), piece.size(), code);
      count_lines(piece.substr(0, taken));
      if (code) refuse_piece(code);
      piece.remove_prefix(taken);
    }
    const std::size_t behind = piece.find_first_not_of(" \t\r\n");
    count_lines(piece.substr(0, behind));
    if (behind != std::string_view::npos)
      refuse("not JSON: something follows the list's closing brace");
  }

  void count_lines(std::string_view text) {
    line_ += static_cast<unsigned>(std::count(text.begin(), text.end(), '\n'));
  }

  [[noreturn]] void refuse_piece(const boost::json::error_code& code) {
    if (const std::string* fault = parser_.handler().fault()) refuse(*fault);
    if (code == boost::json::error::incomplete) refuse("not JSON: the list ends too early");
    refuse("not JSON: " + code.message());
  }

  std::istream& json_;
  ListBuilder builder_;
  boost::json::basic_parser<ListHandler> parser_;
  unsigned line_ = 1;
};

}  // namespace

Result<PolicyList> parse_list(std::istream& json, const std::string& file) {
  return ListReading{json}.run(file);
}

}  // namespace tlspact
