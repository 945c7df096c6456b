// SPDX-License-Identifier: MIT
#include "daemon/config/config.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "daemon/config/config_keys.h"
#include "daemon/config/toml_reader.h"
#include "generators/table/file.h"
#include "generators/table/table.h"

namespace tlspact {
namespace {

constexpr std::size_t kMaxConfig = 16UL << 20;

/// Puts a TOML value into a slot; what it should have been, or nullptr.
struct SetSlot {
  const toml::node& node;

  const char* operator()(std::string* out) const {
    const auto value = node.value_exact<std::string>();
    if (!value) return "a text in quotes";
    *out = *value;
    return nullptr;
  }
  const char* operator()(bool* out) const {
    const auto value = node.value_exact<bool>();
    if (!value) return "true or false";
    *out = *value;
    return nullptr;
  }
  const char* operator()(std::uint32_t* out) const {
    const auto value = node.value_exact<std::int64_t>();
    constexpr std::int64_t kMost = 1'000'000;
    if (!value || *value < 0 || *value > kMost) return "a whole number from 0 to 1000000";
    *out = static_cast<std::uint32_t>(*value);
    return nullptr;
  }
  const char* operator()(AutoBool* out) const {
    if (node.value_exact<std::string>() == std::string{"auto"}) {
      out->reset();
      return nullptr;
    }
    const AutoBool value = node.value_exact<bool>();
    if (!value) return "\"auto\", true or false";
    *out = value;
    return nullptr;
  }
  const char* operator()(Seconds* out) const {
    const auto text = node.value_exact<std::string>();
    const auto value = text ? parse_duration(*text) : std::nullopt;
    if (!value) return "a duration such as \"90s\", \"15m\", \"6h\" or \"14d\"";
    *out = *value;
    return nullptr;
  }
  const char* operator()(std::vector<std::string>* out) const {
    const toml::array* array = node.as_array();
    if (array == nullptr) return "an array of texts";
    out->clear();
    for (const toml::node& each : *array) {
      const auto value = each.value_exact<std::string>();
      if (!value) return "an array of texts";
      out->push_back(*value);
    }
    return nullptr;
  }
};

bool has_control_byte(const std::string& text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<void> set_key(const TomlDocument& document, const toml::node& node, std::string_view name,
                     const Slot& slot) {
  if (const char* wanted = std::visit(SetSlot{node}, slot))
    return document.fault(node, std::string{name} + " must be " + wanted);
  if (std::string* const* text = std::get_if<std::string*>(&slot); text && has_control_byte(**text))
    return document.fault(node, std::string{name} + " must not have control characters");
  return {};
}

Result<void> read_section(const TomlDocument& document, std::string_view section, Config& config) {
  const toml::node* node = document.root().get(section);
  if (node == nullptr) return {};
  const toml::table* table = node->as_table();
  if (table == nullptr)
    return document.fault(
        *node, std::string{section} + " must be a table, [" + std::string{section} + "]");
  std::vector<std::string_view> known;
  for (const ConfigKey& key : config_keys()) {
    if (key.section == section) known.push_back(key.name);
  }
  if (auto good = document.only(*table, known); !good) return good;
  for (const ConfigKey& key : config_keys()) {
    if (key.section != section) continue;
    const toml::node* value = table->get(key.name);
    if (value == nullptr) continue;
    if (auto set = set_key(document, *value, key.name, key.slot(config)); !set) return set;
    if (const char* fault = key.fault == nullptr ? nullptr : key.fault(config))
      return document.fault(*value, std::string{key.name} + " " + fault);
  }
  return {};
}

bool is_list_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

bool is_location(const std::string& url) {
  return url.starts_with("https://") || url.starts_with('/');
}

/// "20%": 0 to 100.
std::optional<unsigned> parse_percentage(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc{} || rest != "%" || value > 100) return std::nullopt;
  return value;
}

/// A key of a [[list]] and what is wrong with it.
struct ListFault {
  std::string_view key;
  std::string_view what;
};

std::optional<ListFault> list_fault(const ListConfig& list) {
  constexpr std::string_view kLocation = "must be an https:// address or an absolute path";
  if (!is_list_name(list.name))
    return ListFault{"name", "must be 1 to 64 letters, digits, - and _"};
  if (!is_location(list.url)) return ListFault{"url", kLocation};
  if (!parse_percentage(list.max_shrink))
    return ListFault{"max_shrink", "must be a percentage from \"0%\" to \"100%\""};
  if (list.unsigned_list) {
    if (!list.signature.empty() || !list.key.empty())
      return ListFault{"unsigned", "excludes signature and key"};
    return std::nullopt;
  }
  if (list.signature.empty())
    return ListFault{"signature", "is missing (a list without one needs unsigned = true)"};
  if (!is_location(list.signature)) return ListFault{"signature", kLocation};
  if (list.key.empty()) return ListFault{"key", "is missing: it names the publisher's public key"};
  if (!list.key.starts_with('/')) return ListFault{"key", "must be an absolute path"};
  return std::nullopt;
}

Result<ListConfig> read_list(const TomlDocument& document, const toml::table& table) {
  std::vector<std::string_view> known;
  for (const ListKey& key : list_keys())
    known.push_back(key.name);
  if (auto good = document.only(table, known); !good) return std::unexpected(good.error());
  ListConfig list;
  list.line = document.position(table).line;
  for (const ListKey& key : list_keys()) {
    const toml::node* value = table.get(key.name);
    if (value == nullptr) continue;
    if (auto set = set_key(document, *value, key.name, key.slot(list)); !set)
      return std::unexpected(set.error());
  }
  if (const auto fault = list_fault(list)) {
    const toml::node* value = table.get(fault->key);
    const std::string name = list.name.empty() ? "" : " " + quote(list.name);
    return document.fault(
        value == nullptr ? table : *value,
        "[[list]]" + name + ": " + std::string{fault->key} + " " + std::string{fault->what});
  }
  return list;
}

Result<void> read_lists(const TomlDocument& document, Config& config) {
  const toml::node* node = document.root().get("list");
  if (node == nullptr) return {};
  const toml::array* array = node->as_array();
  if (array == nullptr || !std::ranges::all_of(*array, &toml::node::is_table))
    return document.fault(*node, "list must be written as [[list]]");
  std::set<std::string> names;
  for (const toml::node& each : *array) {
    auto list = read_list(document, *each.as_table());
    if (!list) return std::unexpected(list.error());
    if (!names.insert(list->name).second)
      return document.fault(each, "[[list]]: the name " + quote(list->name) + " is used twice");
    config.lists.push_back(*std::move(list));
  }
  return {};
}

/// Two files in one place would be one file: the other MTA's entries defer mail.
Result<void> check_paths(const Config& config, const std::string& file) {
  std::vector<std::filesystem::path> paths{config.exim_map(),
                                           config.exim_map().parent_path() / "no_ca.pem",
                                           config.store_path(),
                                           config.state_path("lock"),
                                           config.state_path("snapshot"),
                                           config.state_path("run.json")};
  for (const TableType type :
       {TableType::cdb, TableType::lmdb, TableType::hash, TableType::texthash}) {
    paths.push_back(config.postfix_map());
    paths.back() += table_extension(type);
  }
  for (std::filesystem::path& path : paths)
    path = path.lexically_normal();
  std::ranges::sort(paths);
  const auto repeated = std::ranges::adjacent_find(paths);
  if (repeated == paths.end()) return {};
  return fail(Errc::config, file + ": two files would be written at " + repeated->string() +
                                ": give map of [postfix], map of [exim] and url of [store] "
                                "different places");
}

}  // namespace

std::pair<std::string, std::uint16_t> split_server(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return {};
  std::string address = text.substr(0, colon);
  const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (bracketed) address = address.substr(1, address.size() - 2);
  std::array<unsigned char, 16> unused{};
  if (::inet_pton(bracketed ? AF_INET6 : AF_INET, address.c_str(), unused.data()) != 1) return {};
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc{} || rest != end || port == 0) return {};
  return {std::move(address), port};
}

unsigned ListConfig::max_shrink_percent() const {
  constexpr unsigned kDefault = 20;
  return parse_percentage(max_shrink).value_or(kDefault);
}

std::filesystem::path Config::postfix_map() const {
  return postfix.map.empty() ? std::filesystem::path{service.state_dir} / "postfix/tls_policy"
                             : std::filesystem::path{postfix.map};
}

std::filesystem::path Config::exim_map() const {
  return exim.map.empty() ? std::filesystem::path{service.state_dir} / "exim/tls_policy.cdb"
                          : std::filesystem::path{exim.map};
}

std::filesystem::path Config::store_path() const {
  constexpr std::string_view kScheme = "sqlite:";
  return store.url.empty() ? std::filesystem::path{service.state_dir} / "tlspact.db"
                           : std::filesystem::path{store.url.substr(kScheme.size())};
}

Result<Config> parse_config(std::string_view text, const std::string& file) {
  const auto document = TomlDocument::parse(text, file, Errc::config);
  if (!document) return std::unexpected(document.error());
  std::vector<std::string_view> sections{"list"};
  for (const ConfigKey& key : config_keys()) {
    if (std::ranges::find(sections, key.section) == sections.end()) sections.push_back(key.section);
  }
  if (auto good = document->only(document->root(), sections); !good)
    return std::unexpected(good.error());
  Config config;
  for (const std::string_view section : sections) {
    if (section == "list") continue;
    if (auto read = read_section(*document, section, config); !read)
      return std::unexpected(read.error());
  }
  if (auto read = read_lists(*document, config); !read) return std::unexpected(read.error());
  if (auto distinct = check_paths(config, file); !distinct)
    return std::unexpected(distinct.error());
  return config;
}

std::string run_dir_of(const std::filesystem::path& file) {
  std::string usual = Config{}.service.run_dir;
  const auto text = read_file(file, kMaxConfig);
  if (!text) return usual;
  const auto document = TomlDocument::parse(*text, file.string(), Errc::config);
  return document ? document->root()["service"]["run_dir"].value_or(usual) : usual;
}

Result<Config> load_config(const std::filesystem::path& file, bool may_be_absent) {
  std::error_code error;
  if (may_be_absent && !std::filesystem::exists(file, error) && !error)
    return Config{.says_nothing = true};
  const auto text = read_file(file, kMaxConfig);
  if (!text) return std::unexpected(text.error());
  auto config = parse_config(*text, file.string());
  if (config) config->says_nothing = is_blank(*text);
  return config;
}

}  // namespace tlspact
