// SPDX-License-Identifier: MIT
#include "generators/postfix/main_cf.h"

#include "tests/support/catch.h"

using namespace tlspact;
using How = PostfixSetting::How;

namespace {

PostfixSetting setting(How how, const std::string& value, const std::string& name = "maps") {
  return {name, value, how, "why"};
}

struct Edit {
  const char* reason;
  const char* before;
  PostfixSetting setting;
  const char* effective;
  const char* after;  ///< nullptr: unchanged
};

}  // namespace

TEST_CASE("value: as Postfix reads a main.cf") {
  struct Row {
    const char* reason;
    const char* text;
    std::optional<std::string> value;
  };
  const Row rows[] = {
      {"plain", "maps = a\n", "a"},
      {"no spaces", "maps=a\n", "a"},
      {"no newline at the end", "maps = a", "a"},
      {"empty", "maps =\n", ""},
      {"a comment is no definition", "# maps = a\n", std::nullopt},
      {"nor is an indented comment", "  # maps = a\n", std::nullopt},
      {"a longer name is another one", "maps_more = a\n", std::nullopt},
      {"continued", "maps = a,\n\tb\n  c\nd = e\n", "a, b c"},
      {"a comment and an empty line do not end it", "maps =\n  a,\n# x\n\n  # y\n  b\n", "a, b"},
      {"the last of several counts", "maps = a\nmaps = b\n", "b"},
      {"CRLF", "maps = a,\r\n b\r\n", "a, b"},
      {"a hash within a value is part of it", "maps = a # b\n", "a # b"},
  };
  for (const Row& row : rows) {
    INFO(row.reason);
    CHECK(MainCf{row.text}.value("maps") == row.value);
  }
}

TEST_CASE("apply: the administrator's words, order and line endings stay") {
  const Edit edits[] = {
      {"not there: at the end, with its reason", "a = b\n", setting(How::set, "v"), "",
       "a = b\n\n# tlspact: why\nmaps = v\n"},
      {"not there, no newline at the end", "a = b", setting(How::set, "v"), "",
       "a = b\n\n# tlspact: why\nmaps = v\n"},
      {"an empty file", "", setting(How::set, "v"), "", "\n# tlspact: why\nmaps = v\n"},
      {"not there, but the default is the value", "a = b\n", setting(How::set, "v"), "v", nullptr},
      {"set over another value", "x = 1\nmaps=old\ny = 2\n", setting(How::set, "v"), "old",
       "x = 1\nmaps= v\ny = 2\n"},
      {"set over a continued value keeps comments", "maps = a,\n# mine\n  b\ny = 2\n",
       setting(How::set, "v"), "a, b", "maps = v\n# mine\ny = 2\n"},
      {"set to what it is", "maps = v\n", setting(How::set, "v"), "v", nullptr},
      {"of several the last", "maps = a\nmaps = b\n", setting(How::set, "v"), "b",
       "maps = a\nmaps = v\n"},
      {"if_empty with a value", "maps = a\n", setting(How::if_empty, "v"), "a", nullptr},
      {"if_empty with a default", "", setting(How::if_empty, "v"), "a", nullptr},
      {"if_empty, empty", "maps =\n", setting(How::if_empty, "v"), "", "maps = v\n"},
      {"if_empty, not there", "a = b\n", setting(How::if_empty, "v"), "",
       "a = b\n\n# tlspact: why\nmaps = v\n"},
      {"append", "maps = a\n", setting(How::append, "v"), "a", "maps = a, v\n"},
      {"append to a layout of several lines", "maps =\n  a,\n  b,\nc = d\n",
       setting(How::append, "v"), "a, b,", "maps =\n  a,\n  b, v,\nc = d\n"},
      {"append to nothing", "maps =\n", setting(How::append, "v"), "", "maps = v\n"},
      {"append to a default", "", setting(How::append, "v"), "a b",
       "\n# tlspact: why\nmaps = a b, v\n"},
      {"append what is there", "maps = a v b\n", setting(How::append, "v"), "a v b", nullptr},
      {"append what a $parameter holds", "maps = $mine\n", setting(How::append, "v"), "a, v",
       nullptr},
      {"append with CRLF", "maps = a\r\nb = c\r\n", setting(How::append, "v"), "a",
       "maps = a, v\r\nb = c\r\n"},
      {"a new line in a file with CRLF", "b = c\r\n", setting(How::set, "v"), "",
       "b = c\r\n\r\n# tlspact: why\r\nmaps = v\r\n"},
      {"prepend", "maps = a\n", setting(How::prepend, "check x"), "a", "maps = check x, a\n"},
      {"prepend before a value on the next line", "maps =\n  a\n", setting(How::prepend, "v"), "a",
       "maps = v,\n  a\n"},
      {"prepend to a default", "", setting(How::prepend, "v"), "a",
       "\n# tlspact: why\nmaps = v, a\n"},
      {"prepend words that are there, side by side", "maps = a, check x\n",
       setting(How::prepend, "check x"), "a, check x", nullptr},
  };
  for (const Edit& edit : edits) {
    INFO(edit.reason);
    MainCf main_cf{edit.before};
    CHECK(main_cf.apply(edit.setting, edit.effective) == (edit.after != nullptr));
    CHECK(main_cf.text() == (edit.after == nullptr ? edit.before : edit.after));
    // What was made must hold, so that a second run changes nothing.
    const std::string made = main_cf.text();
    CHECK_FALSE(main_cf.apply(edit.setting, edit.effective));
    CHECK(main_cf.text() == made);
  }
}

TEST_CASE("take_back: a main.cf that was edited since loses what is ours and keeps the edits") {
  struct Row {
    const char* reason;
    const char* original;
    const char* written;
    const char* edited;
    const char* after;
  };
  const Row rows[] = {
      {"what was added goes, with its reason", "a = b\n", "a = b\n\n# tlspact: why\nmaps = v\n",
       "a = c\n\n# tlspact: why\nmaps = v\n", "a = c\n"},
      {"what was changed gets its own words again", "maps =\n  a\n", "maps =\n  a, v\n",
       "maps =\n  a, v\nx = y\n", "maps =\n  a\nx = y\n"},
      {"what somebody gave another value stays", "", "maps = v\n", "maps = w\n", "maps = w\n"},
      {"our element leaves a list that was edited", "maps = a\n", "maps = a, v\n",
       "maps = b, a, v, c\n", "maps = b, a, c\n"},
      {"a list that holds nothing but ours goes", "", "maps = v\n", "maps =\n", ""},
      {"what was removed stays away", "", "maps = v\n", "x = y\n", "x = y\n"},
      {"other parameters are not looked at", "p = q\n", "p = q\nmaps = v\n", "p = r\nmaps = v\n",
       "p = r\n"},
  };
  for (const Row& row : rows) {
    INFO(row.reason);
    MainCf main_cf{row.edited};
    main_cf.take_back(MainCf{row.original}, MainCf{row.written});
    CHECK(main_cf.text() == row.after);
  }
}

TEST_CASE("postfix_list_holds: whole elements, side by side") {
  CHECK(postfix_list_holds("a, b c", "b c"));
  CHECK(postfix_list_holds("a, { inline:{ x=y } }", "{ inline:{ x=y } }"));
  CHECK_FALSE(postfix_list_holds("cdb:/maps/policy2", "cdb:/maps/policy"));
  CHECK_FALSE(postfix_list_holds("a, c", "a b"));
  CHECK_FALSE(postfix_list_holds("a", ""));
}
