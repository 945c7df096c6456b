// SPDX-License-Identifier: MIT
/// libFuzzer: the snapshot file.
#include <unistd.h>

#include <fstream>

#include "lookup/snapshot_file.h"
#include "tests/fuzz/fuzz.h"

void tlspact::fuzz(std::string_view bytes) {
  const std::string file = "/tmp/tlspact-fuzz-" + std::to_string(getpid());
  std::ofstream{file, std::ios::binary} << bytes;
  const auto snapshot = read_snapshot(file);
  unlink(file.c_str());
  if (!snapshot) return;
  for (std::size_t index = 0; index < snapshot->size(); ++index)
    (void)snapshot->entry(index);
}
