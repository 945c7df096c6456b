// SPDX-License-Identifier: MIT
#include "daemon/config/config.h"

#include <string>

#include "daemon/config/config_keys.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

namespace tlspact {
namespace {

Config good(const std::string& text) {
  auto config = parse_config(text, "t.toml");
  INFO((config ? "" : config.error().text));
  REQUIRE(config);
  return *std::move(config);
}

void check_refused(const std::string& text, const std::string& at, const std::string& words) {
  INFO(text.substr(0, 300));
  const auto config = parse_config(text, "t.toml");
  CHECK_FALSE(config);
  if (config) return;
  INFO(config.error().text);
  CHECK(config.error().code == Errc::config);
  CHECK(config.error().text.starts_with("t.toml:" + at + (at.ends_with(':') ? "" : ": ")));
  CHECK(config.error().text.contains(words));
  CHECK(config.error().text.size() < 500);
  CHECK_FALSE(config.error().text.contains('\n'));
}

struct Refused {
  std::string text;
  const char* at;
  const char* words;
};

const std::string kSigned =
    "[[list]]\nname = \"community\"\nurl = \"https://lists.example/policy.json\"\n"
    "signature = \"https://lists.example/policy.json.asc\"\nkey = \"/etc/key.asc\"\n";

TEST_CASE("An empty configuration runs on its defaults") {
  for (const char* text : {"", "\n", "# nothing\n", "\xEF\xBB\xBF", "[service]\n[postfix]\n"}) {
    const Config config = good(text);
    CHECK(config.service.state_dir == "/var/lib/tlspact");
    CHECK(config.service.warn_before == std::chrono::days{14});
    CHECK(config.agreements.directory == "/etc/tlspact/agreements.d");
    CHECK(config.lists.empty());
    CHECK(config.tls.ca_file.empty());
    CHECK_FALSE(config.postfix.enabled);
    CHECK(config.postfix.version == "auto");
    CHECK(config.postfix.types == std::vector<std::string>{"auto"});
    CHECK(config.postfix.mx_binding == "auto");
    CHECK(config.postfix_map() == "/var/lib/tlspact/postfix/tls_policy");
    CHECK(config.exim_map() == "/var/lib/tlspact/exim/tls_policy.cdb");
    CHECK(config.store_path() == "/var/lib/tlspact/tlspact.db");
    CHECK(config.service.run_dir == "/run/tlspact");
    CHECK(config.live.socketmap == "inet:127.0.0.1:8642");
    CHECK(config.live.readsocket == "unix:/run/tlspact/exim");
    CHECK(config.live.wait == Seconds{3});
  }
}

TEST_CASE("Every key is read") {
  const Config config = good(
      "[service]\nstate_dir = \"/srv/tlspact\"\nwarn_before = \"2w\"\n"
      "[agreements]\ndirectory = \"/srv/agreements\"\n"
      "[tls]\nca_file = \"/etc/ca.pem\"\n"
      "[postfix]\nenabled = true\nversion = \"3.10.5\"\nmap = \"/srv/maps/tls\"\n"
      "types = [\"lmdb\", \"texthash\"]\nreload = false\ndane = true\nmx_binding = \"sts\"\n"
      "ca = false\n"
      "[exim]\nenabled = false\nmap = \"/srv/maps/exim.cdb\"\n"
      "[live]\nsocketmap = \"unix:/srv/postfix\"\nreadsocket = \"\"\nwait = \"1s\"\n"
      "[store]\nurl = \"sqlite:/srv/store.db\"\n"
      "[[list]]\nname = \"community_1-A\"\nurl = \"https://lists.example/policy.json\"\n"
      "signature = \"/var/lists/policy.json.asc\"\nkey = \"/etc/key.asc\"\nrefresh = \"90m\"\n"
      "early_adopter = true\nunsigned = false\n"
      "[[list]]\nname = \"local\"\nurl = \"/var/lists/local.json\"\nunsigned = true\n");
  CHECK(config.service.state_dir == "/srv/tlspact");
  CHECK(config.service.warn_before == std::chrono::days{14});
  CHECK(config.agreements.directory == "/srv/agreements");
  CHECK(config.tls.ca_file == "/etc/ca.pem");
  CHECK(config.postfix.enabled == AutoBool{true});
  CHECK(config.postfix.version == "3.10.5");
  CHECK(config.postfix_map() == "/srv/maps/tls");
  CHECK(config.postfix.types == std::vector<std::string>{"lmdb", "texthash"});
  CHECK(config.postfix.reload == AutoBool{false});
  CHECK(config.postfix.dane == AutoBool{true});
  CHECK(config.postfix.mx_binding == "sts");
  CHECK(config.postfix.ca == AutoBool{false});
  CHECK(config.exim.enabled == AutoBool{false});
  CHECK(config.exim_map() == "/srv/maps/exim.cdb");
  CHECK(config.live.socketmap == "unix:/srv/postfix");
  CHECK(config.live.readsocket.empty());
  CHECK(config.live.wait == Seconds{1});
  CHECK(config.store_path() == "/srv/store.db");
  REQUIRE(config.lists.size() == 2);
  CHECK(config.lists[0].name == "community_1-A");
  CHECK(config.lists[0].url == "https://lists.example/policy.json");
  CHECK(config.lists[0].signature == "/var/lists/policy.json.asc");
  CHECK(config.lists[0].key == "/etc/key.asc");
  CHECK(config.lists[0].refresh == std::chrono::minutes{90});
  CHECK(config.lists[0].early_adopter);
  CHECK_FALSE(config.lists[0].unsigned_list);
  CHECK(config.lists[0].line == 26);
  CHECK(config.lists[1].name == "local");
  CHECK(config.lists[1].unsigned_list);
  CHECK(config.lists[1].refresh == std::chrono::hours{6});
}

TEST_CASE("The default of every key may be written out") {
  std::string text;
  Config defaults;
  std::string_view section;
  for (const ConfigKey& key : config_keys()) {
    if (key.section != section) text += "[" + std::string{key.section} + "]\n";
    section = key.section;
    text += std::string{key.name} + " = " + slot_text(key.slot(defaults)) + "\n";
  }
  const Config config = good(text);
  CHECK(config.service.state_dir == "/var/lib/tlspact");
  CHECK(config.postfix_map() == "/var/lib/tlspact/postfix/tls_policy");
  for (const ConfigKey& key : config_keys()) {
    CAPTURE(std::string{key.name});
    CHECK(config_manual().contains(".It Ic " + std::string{key.name} + " "));
    CHECK_FALSE(key.description.empty());
  }
  for (const ListKey& key : list_keys())
    CHECK(config_manual().contains(".It Ic " + std::string{key.name} + " "));
}

TEST_CASE("Paths follow the state directory unless they are given") {
  const Config config = good("[service]\nstate_dir = \"/srv/x\"\n");
  CHECK(config.postfix_map() == "/srv/x/postfix/tls_policy");
  CHECK(config.exim_map() == "/srv/x/exim/tls_policy.cdb");
  CHECK(config.store_path() == "/srv/x/tlspact.db");
}

TEST_CASE("An unknown key is an error with its place and the nearest known key") {
  const Refused rows[] = {
      {"[servce]\n", "1:2", "unknown key \"servce\", did you mean \"service\"?"},
      {"[service]\nstatedir = \"/x\"\n", "2:1", "did you mean \"state_dir\"?"},
      {"[postfix]\n\n  mxbinding = \"all\"\n", "3:3", "did you mean \"mx_binding\"?"},
      {"[postfix]\nEnabled = true\n", "2:1", "did you mean \"enabled\"?"},
      {kSigned + "early-adopter = true\n", "6:1", "did you mean \"early_adopter\"?"},
      {kSigned + "max_size = 1\n", "6:1", "unknown key \"max_size\""},
      {"[lists]\n", "1:2", "did you mean \"list\"?"},
      {"state_dir = \"/x\"\n", "1:1", "unknown key \"state_dir\""},
      {"[service.state_dir]\nx = 1\n", "1:1", "state_dir must be a text"},
      {"\"\" = 1\n", "1:1", "unknown key \"\""},
      {"\"ser\\u0000vice\" = 1\n", "1:1", "unknown key \"ser\\x00vice\""},
      {"\"" + std::string(100'000, 'x') + "\" = 1\n", "1:1", "unknown key \"xxx"},
  };
  for (const Refused& row : rows)
    check_refused(row.text, row.at, row.words);
  CHECK_FALSE(parse_config("completely_different = 1", "t").error().text.contains("did you mean"));
}

TEST_CASE("A value of the wrong type or out of range is refused where it stands") {
  const Refused rows[] = {
      {"service = 1\n", "1:11", "service must be a table"},
      {"[[service]]\n", "1:", "service must be a table"},
      {"[service]\nstate_dir = 1\n", "2:13", "state_dir must be a text in quotes"},
      {"[service]\nstate_dir = [\"/x\"]\n", "2:13", "state_dir must be a text in quotes"},
      {"[service]\nstate_dir = \"\"\n", "2:13", "must be an absolute path"},
      {"[service]\nstate_dir = \"var/lib\"\n", "2:13", "must be an absolute path"},
      {"[service]\nstate_dir = \"/x\\ny\"\n", "2:13", "control characters"},
      {"[service]\nstate_dir = \"/x\\u0000y\"\n", "2:13", "control characters"},
      {"[service]\nwarn_before = 14\n", "2:15", "warn_before must be a duration"},
      {"[service]\nwarn_before = true\n", "2:15", "warn_before must be a duration"},
      {"[agreements]\ndirectory = \"agreements.d\"\n", "2:13", "must be an absolute path"},
      {"[agreements]\ndirectory = \"\"\n", "2:13", "must be an absolute path"},
      {"[tls]\nca_file = \"ca.pem\"\n", "2:11", "must be an absolute path"},
      {"[postfix]\nenabled = \"yes\"\n", "2:11", "\"auto\", true or false"},
      {"[postfix]\nenabled = \"true\"\n", "2:11", "\"auto\", true or false"},
      {"[postfix]\nenabled = 1\n", "2:11", "\"auto\", true or false"},
      {"[postfix]\nversion = 3.7\n", "2:11", "version must be a text"},
      {"[postfix]\nversion = \"three\"\n", "2:11", "must be \"auto\" or a version"},
      {"[postfix]\nmap = \"tls_policy\"\n", "2:7", "must be an absolute path"},
      {"[postfix]\nmap = \"/srv/tls.cdb\"\n", "2:7", "must not have a dot"},
      {"[postfix]\ntypes = \"cdb\"\n", "2:9", "types must be an array of texts"},
      {"[postfix]\ntypes = [1]\n", "2:9", "types must be an array of texts"},
      {"[postfix]\ntypes = []\n", "2:9", "types must be [\"auto\"], or some of"},
      {"[postfix]\ntypes = [\"auto\", \"cdb\"]\n", "2:9", "types must be"},
      {"[postfix]\ntypes = [\"btree\"]\n", "2:9", "types must be"},
      {"[postfix]\nmx_binding = \"none\"\n", "2:14", "must be \"auto\", \"all\" or \"sts\""},
      {"[exim]\nmap = \"exim.cdb\"\n", "2:7", "must be an absolute path"},
      {"[service]\nrun_dir = \"run\"\n", "2:11", "must be an absolute path"},
      {"[live]\nsocketmap = \"127.0.0.1:8642\"\n", "2:13", "must be \"inet:\""},
      {"[live]\nreadsocket = \"unix:exim\"\n", "2:14", "must be \"inet:\""},
      {"[live]\nwait = \"5s\"\n", "2:8", "must be at most"},
      {"[store]\nurl = \"/srv/store.db\"\n", "2:7", "must be sqlite:"},
      {"[store]\nurl = \"sqlite:store.db\"\n", "2:7", "must be sqlite:"},
      {"[store]\nurl = \"postgresql://x\"\n", "2:7", "must be sqlite:"},
  };
  for (const Refused& row : rows)
    check_refused(row.text, row.at, row.words);
  for (const char* text :
       {"", "6", "h", "6 h", " 6h", "6h ", "-6h", "+6h", "6H", "1.5h", "6hours", "6h30m", "0x6h",
        "101y", "99999999999999999999h", "9223372036854775807w", "36601d", "1e3s", "６h"})
    check_refused("[service]\nwarn_before = \"" + std::string{text} + "\"\n", "2:15",
                  "must be a duration");
}

TEST_CASE("A list that is not whole, or contradicts itself, is refused") {
  const std::string name = "[[list]]\nname = \"community\"\n";
  const std::string url = "url = \"https://lists.example/policy.json\"\n";
  const std::string signature = "signature = \"/policy.json.asc\"\n";
  const std::string key = "key = \"/etc/key.asc\"\n";
  const Refused rows[] = {
      {"[list]\nname = \"x\"\n", "1:1", "[[list]]"},
      {"list = 1\n", "1:8", "[[list]]"},
      {"list = [1]\n", "1:8", "[[list]]"},
      {"[[list]]\n", "1:1", "name must be"},
      {"[[list]]\nname = \"\"\n" + url, "2:8", "name must be"},
      {"[[list]]\nname = \"a b\"\n" + url, "2:8", "name must be"},
      {"[[list]]\nname = \"../x\"\n" + url, "2:8", "name must be"},
      {"[[list]]\nname = \"bücher\"\n" + url, "2:8", "name must be"},
      {"[[list]]\nname = \"" + std::string(65, 'a') + "\"\n" + url, "2:8", "name must be"},
      {"[[list]]\nname = \"a\\nb\"\n" + url, "2:8", "control characters"},
      {name, "1:1", "url must be"},
      {name + "url = \"http://lists.example/policy.json\"\n", "3:7", "url must be"},
      {name + "url = \"ftp://lists.example/policy.json\"\n", "3:7", "url must be"},
      {name + "url = \"policy.json\"\n", "3:7", "url must be"},
      {name + "url = \"HTTPS://lists.example/policy.json\"\n", "3:7", "url must be"},
      {name + url, "1:1", "signature is missing"},
      {name + url + key, "1:1", "signature is missing"},
      {name + url + "signature = \"policy.json.asc\"\n" + key, "4:13", "signature must be"},
      {name + url + "signature = \"http://lists.example/asc\"\n" + key, "4:13",
       "signature must be"},
      {name + url + signature, "1:1", "key is missing"},
      {name + url + signature + "key = \"key.asc\"\n", "5:7", "key must be an absolute path"},
      {name + url + signature + "key = \"https://lists.example/key.asc\"\n", "5:7", "key must be"},
      {name + url + key + "unsigned = true\n", "5:12", "unsigned excludes signature and key"},
      {name + url + signature + "unsigned = true\n", "5:12", "unsigned excludes"},
      {name + url + signature + key + "unsigned = \"false\"\n", "6:12", "true or false"},
      {name + url + signature + key + "refresh = 6\n", "6:11", "refresh must be a duration"},
      {name + url + signature + key + "early_adopter = 1\n", "6:17", "true or false"},
      {kSigned + kSigned, "6:1", "the name \"community\" is used twice"},
  };
  for (const Refused& row : rows)
    check_refused(row.text, row.at, row.words);
  // The name is a part of no path, but two names that differ by case only are two lists.
  CHECK(good(kSigned + "[[list]]\nname = \"Community\"\nurl = \"/x.json\"\nunsigned = true\n")
            .lists.size() == 2);
}

}  // namespace
}  // namespace tlspact
