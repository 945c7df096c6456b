// SPDX-License-Identifier: MIT
/// libFuzzer: the snapshot file.
#include <unistd.h>

#include <fstream>

#include "lookup/mapped_snapshot.h"
#include "lookup/snapshot_file.h"
#include "tests/fuzz/fuzz.h"

namespace {

void look_around(const tlspact::MappedSnapshot& mapped) {
  (void)mapped.find("a.example");
  (void)mapped.none_until("a.example");
  for (std::uint32_t index = 0; index < mapped.size() && index < 1000; ++index)
    (void)mapped.entry("a.example", index);
}

}  // namespace

void tlspact::fuzz(std::string_view bytes) {
  const std::string file = "/tmp/tlspact-fuzz-" + std::to_string(getpid());
  std::ofstream{file, std::ios::binary} << bytes;
  const auto snapshot = read_snapshot(file);
  const auto mapped = MappedSnapshot::open(file);
  unlink(file.c_str());
  if (mapped) look_around(**mapped);
  if (!snapshot) return;
  for (std::size_t index = 0; index < snapshot->size(); ++index)
    (void)snapshot->entry(index);
}
