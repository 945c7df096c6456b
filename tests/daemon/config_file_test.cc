// SPDX-License-Identifier: MIT
/// Configuration files as files, and text that is no TOML.
#include <algorithm>
#include <string>

#include "daemon/config/config.h"
#include "daemon/config/toml_reader.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"

namespace tlspact {
namespace {

TEST_CASE("A configuration that is no TOML is refused at its line and column") {
  struct Row {
    std::string text;
    const char* at;
    const char* why;
  };
  const Row rows[] = {
      {"[service\n", "1:9", "an open bracket"},
      {"[service]\nstate_dir\n", "2:", "no value"},
      {"[service]\nstate_dir = \n", "2:", "no value"},
      {"[service]\nstate_dir = /var/lib\n", "2:13", "no quotes"},
      {"[service]\nstate_dir = \"/var\n", "2:", "an open quote"},
      {"[service]\nstate_dir = \"/a\"\nstate_dir = \"/b\"\n", "3:", "a key twice"},
      {"[service]\n[tls]\n[service]\n", "3:", "a section twice"},
      {"[service]\nstate_dir = \"\\q\"\n", "2:", "an unknown escape"},
      {"[service]\r\nstate_dir: /var\r\n", "2:", "a colon"},
      {"state_dir=/var/lib\n", "1:", "a shell's file"},
      {"{\"service\": {}}", "1:", "JSON"},
      {std::string{"\0", 1}, "1:1", "NUL"},
      {std::string{"# a\0b\n", 6}, "1:", "NUL in a comment"},
      {"# \xFF\n", "1:", "no UTF-8"},
      {"[service]\nstate_dir = \"\xED\xA0\x80\"\n", "2:", "a surrogate"},
      {"[service]\nstate_dir = \"a\x1b[31m\"\n", "2:", "an escape of a terminal"},
      {"x = " + std::string(100'000, '['), "1:", "arrays in arrays"},
      {"x = " + std::string(100'000, '{'), "1:", "tables in tables"},
      {"[service]\nstate_dir = " + std::string(100'000, '-'), "2:", "a long line of nothing"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    const auto config = parse_config(row.text, "t.toml");
    CHECK_FALSE(config);
    if (config) continue;
    INFO(config.error().text);
    CHECK(config.error().code == Errc::config);
    CHECK(config.error().text.starts_with("t.toml:" + std::string{row.at}));
    CHECK(config.error().text.contains("not TOML: "));
    CHECK(config.error().text.size() < 500);
    CHECK(std::ranges::none_of(config.error().text, [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e;
    }));
  }
}

/// A key of a million parts.
std::string deep_key(const std::string& first) {
  std::string out = first;
  for (int i = 0; i < 1'000'000; ++i)
    out += ".a";
  return out;
}

void check_too_deep(const std::string& text) {
  const auto config = parse_config(text, "t.toml");
  REQUIRE_FALSE(config);
  CHECK(config.error().text.contains("a key of more than 32 parts"));
}

TEST_CASE("A key of a million parts is refused and does not crash, wherever it hides") {
  const std::string one = deep_key("b") + " = 1";
  SECTION("as a key") {
    check_too_deep(deep_key("service") + " = 1\n");
  }
  SECTION("as a table") {
    check_too_deep("[" + deep_key("service") + "]\n");
  }
  SECTION("as a table of an array") {
    check_too_deep("[[" + deep_key("list") + "]]\n");
  }
  SECTION("with white space around the dots") {
    std::string wide = "service";
    for (int i = 0; i < 1'000'000; ++i)
      wide += i % 2 == 0 ? " . a" : "\t.\ta";
    check_too_deep(wide + " = 1\n");
  }
  SECTION("with parts in quotes") {
    std::string quoted = "service";
    for (int i = 0; i < 1'000'000; ++i)
      quoted += i % 2 == 0 ? ".\"a\"" : ".'a'";
    check_too_deep(quoted + " = 1\n");
  }
  SECTION("in an inline table") {
    check_too_deep("x = {" + one + "}\n");
  }
  SECTION("behind a comment") {
    check_too_deep("# it's \"\"\"\n" + one + "\n");
  }
  SECTION("behind a text with an escaped quote") {
    check_too_deep("x = [\"\\\"\", {" + one + "}]\n");
  }
  SECTION("behind a text that is a backslash") {
    check_too_deep("x = ['\\', {" + one + "}]\n");
  }
  SECTION("behind an empty text") {
    check_too_deep("x = [\"\", '', {" + one + "}]\n");
  }
  SECTION("behind a text of several lines") {
    check_too_deep("x = [\"\"\"\na\n\"\"\", {" + one + "}]\n");
  }
}

TEST_CASE("A key of a million parts behind a long text that ends in a quote mark is refused too") {
  const std::string one = deep_key("b") + " = 1";
  SECTION("behind a long text that ends in a quote mark") {
    check_too_deep("x = [\"\"\"a\"\"\"\", {" + one + "}]\n");
  }
  SECTION("behind a long literal text that ends in a quote mark") {
    check_too_deep("x = ['''a'''', {" + one + "}]\n");
  }
}

TEST_CASE("Dots that are not in keys are no deep key") {
  const std::string dots(1000, '.');
  const std::vector<std::string> texts = {
      "# " + dots + "\n[service]\n",
      "[tls] # it's " + dots + "\n",
      "[tls]\nca_file = \"/" + dots + "\"\n",
      "[tls]\nca_file = '/" + dots + "'\n",
      "[tls]\nca_file = \"\"\"/" + dots + "\"\"\"\n",
      "[tls]\nca_file = '''/\"" + dots + "'''\n",
      "[tls]\nca_file = \"/\\\"" + dots + "\" # \"" + dots + "\n"};
  for (const std::string& text : texts) {
    CAPTURE(text);
    const auto config = parse_config(text, "t.toml");
    INFO((config ? "" : config.error().text));
    CHECK(config);
  }
}

TEST_CASE("A configuration that is cut off or damaged anywhere is no crash") {
  const std::string whole =
      "[service]\nstate_dir = \"/srv\"\nwarn_before = \"2w\"\n[postfix]\ntypes = [\"cdb\"]\n"
      "dane = false\n[[list]]\nname = \"c\"\nurl = '/x.json'\nunsigned = true # \xC3\xBC\n";
  REQUIRE(parse_config(whole, "t.toml"));
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto cut = parse_config(whole.substr(0, size), "t.toml");
    if (!cut) CHECK(cut.error().text.starts_with("t.toml:"));
    for (const char byte : {'\0', '"', '[', '=', '\n', '\xFF'}) {
      std::string damaged = whole;
      damaged.insert(size, 1, byte);
      const auto config = parse_config(damaged, "t.toml");
      if (!config) CHECK(config.error().text.starts_with("t.toml:"));
    }
  }
}

TEST_CASE("A configuration file is loaded, and what cannot be read is said") {
  const TempDirectory directory = TempDirectory::make().value();
  const auto file = directory.path() / "tlspact.toml";

  const auto missing = load_config(file, false);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::no_input);
  CHECK(missing.error().text.contains(file.string()));
  const auto may_be_absent = load_config(file, true);
  REQUIRE(may_be_absent);
  CHECK(may_be_absent->service.state_dir == "/var/lib/tlspact");
  CHECK(may_be_absent->says_nothing);
  for (const auto& [text, says_nothing] :
       {std::pair{"", true}, {" \n\t\r\n", true}, {"# meant\n", false}, {"[dane]\n", false}}) {
    test::write(file, text);
    const auto config = load_config(file, true);
    REQUIRE(config);
    CHECK(config->says_nothing == says_nothing);
  }

  test::write(file, "[service]\nstate_dir = \"/srv\"\n");
  for (const bool absent : {false, true}) {
    const auto config = load_config(file, absent);
    REQUIRE(config);
    CHECK(config->service.state_dir == "/srv");
  }
  for (const auto& [text, run_dir] : {std::pair{"[service]\nrun_dir = \"/r\"\n[nonsense]\n", "/r"},
                                      {"[service\nrun_dir = \"/r\"\n", "/run/tlspact"},
                                      {"[service]\nrun_dir = 1\n", "/run/tlspact"}}) {
    test::write(file, text);
    CHECK(run_dir_of(file) == run_dir);
  }
  CHECK(run_dir_of(directory.path() / "none") == "/run/tlspact");
  test::write(file, "[service]\nstate_dir = 1\n");
  for (const bool absent : {false, true}) {
    const auto config = load_config(file, absent);
    REQUIRE_FALSE(config);
    CHECK(config.error().code == Errc::config);
    CHECK(config.error().text.starts_with(file.string() + ":2:13: "));
  }
  CHECK_FALSE(load_config(directory.path(), false));
  CHECK_FALSE(load_config(directory.path(), true));

  // A link that leads nowhere is not the same as no file: someone meant a file to be there.
  const auto link = directory.path() / "link.toml";
  std::filesystem::create_symlink(directory.path() / "none.toml", link);
  CHECK_FALSE(load_config(link, false));
}

TEST_CASE("A configuration file over 16 MiB is refused unread") {
  const TempDirectory directory = TempDirectory::make().value();
  const auto file = directory.path() / "tlspact.toml";
  test::write(file, "[service]\n#" + std::string(16UL << 20, 'x') + "\n");
  const auto config = load_config(file, false);
  REQUIRE_FALSE(config);
  CHECK(config.error().text.contains(file.string()));
}

TEST_CASE("A duration is a number and a unit") {
  const std::pair<const char*, long> rows[] = {
      {"0s", 0},        {"90s", 90},     {"15m", 900}, {"6h", 21600},
      {"14d", 1209600}, {"2w", 1209600}, {"007s", 7},  {"36600d", 36600L * 86400}};
  for (const auto& [text, seconds] : rows) {
    CAPTURE(text);
    const auto duration = parse_duration(text);
    REQUIRE(duration);
    CHECK(duration->count() == seconds);
  }
}

TEST_CASE("The nearest word is a misspelling, or none") {
  const std::vector<std::string_view> known{"enabled", "version", "map", "types"};
  CHECK(nearest("enabeld", known) == "enabled");
  CHECK(nearest("Version", known) == "version");
  CHECK(nearest("type", known) == "types");
  CHECK(nearest("maps", known) == "map");
  CHECK(nearest("certificate", known) == "");
  CHECK(nearest("", {}) == "");
  CHECK(nearest(std::string(1 << 20, 'x'), known).size() < 10);
}

}  // namespace
}  // namespace tlspact
