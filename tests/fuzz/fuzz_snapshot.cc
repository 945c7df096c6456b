// SPDX-License-Identifier: MIT
/// libFuzzer: the snapshot file.
#include <unistd.h>

#include <fstream>
#include <memory>
#include <stdexcept>

#include "generators/postfix/postfix_plain_value.h"
#include "lookup/answerer.h"
#include "lookup/mapped_snapshot.h"
#include "lookup/snapshot_file.h"
#include "tests/fuzz/fuzz.h"

namespace {

void look_around(const tlspact::MappedSnapshot& mapped) {
  (void)mapped.none_until("a.example");
  std::string value;
  for (std::uint32_t index = 0; index < mapped.size() && index < 1000; ++index) {
    (void)mapped.entry("a.example", index);
    const auto ruling = mapped.plain_ruling(index);
    try {
      if (ruling)
        (void)append_plain_postfix_value(value, "a.example", *ruling, mapped.options().postfix);
    } catch (const std::logic_error&) {
    }
    value.clear();
  }
}

/// As a question comes in.
void ask(std::unique_ptr<tlspact::MappedSnapshot> mapped) {
  using tlspact::LiveTable;
  tlspact::Answerer answerer;
  answerer.exchange(std::move(mapped));
  for (const LiveTable table : {LiveTable::postfix, LiveTable::exim})
    (void)answerer.answer(table, tlspact::QueryKey{"a.example"}, tlspact::Time{});
}

}  // namespace

void tlspact::fuzz(std::string_view bytes) {
  const std::string file = "/tmp/tlspact-fuzz-" + std::to_string(getpid());
  std::ofstream{file, std::ios::binary} << bytes;
  const auto snapshot = read_snapshot(file);
  auto mapped = MappedSnapshot::open(file);
  unlink(file.c_str());
  if (mapped) {
    look_around(**mapped);
    ask(*std::move(mapped));
  }
  if (!snapshot) return;
  for (std::size_t index = 0; index < snapshot->size(); ++index)
    (void)snapshot->entry(index);
}
