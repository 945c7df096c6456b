// SPDX-License-Identifier: MIT
/// Writing a cdb by our table writer, beside a bare loop of tinycdb without its check for
/// duplicates. Both from the same rows in memory, both flushed to disk; medians of five
/// interleaved runs, and their ratio.
///
///     bench_cdb_writing [ROWS] [DIRECTORY]
#include <cdb.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "generators/table/table.h"

namespace {

using tlspact::Row;
using tlspact::Rows;

Rows make_rows(std::size_t count) {
  Rows rows;
  rows.reserve(count);
  char key[32];
  for (std::size_t i = 0; i < count; ++i) {
    std::snprintf(key, sizeof key, "d%08zu.example", i);
    rows.push_back({key, std::string{"secure match=mx1."} + key + ":mx2." + key +
                             " servername=hostname protocols=>=TLSv1.2"});
  }
  return rows;
}

bool write_bare(const std::filesystem::path& path, const Rows& rows) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL, 0644);
  if (fd < 0) return false;
  struct cdb_make make{};
  bool good = cdb_make_start(&make, fd) == 0;
  for (const Row& row : rows)
    good = good && cdb_make_add(&make, row.key.data(), static_cast<unsigned>(row.key.size()),
                                row.value.data(), static_cast<unsigned>(row.value.size())) == 0;
  good = cdb_make_finish(&make) == 0 && good && ::fsync(fd) == 0;
  return ::close(fd) == 0 && good;
}

template <class Work>
double seconds_of(const std::filesystem::path& path, Work work) {
  std::filesystem::remove(path);
  ::sync();
  const auto began = std::chrono::steady_clock::now();
  if (!work()) std::perror("writing failed");
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::stoul(argv[1]) : 1'000'000;
  const std::filesystem::path directory =
      argc > 2 ? argv[2] : std::filesystem::temp_directory_path();
  const Rows rows = make_rows(count);
  const auto path = directory / "tlspact-bench.cdb";
  std::vector<double> ours;
  std::vector<double> bare;
  for (int run = 0; run < 5; ++run) {
    bare.push_back(seconds_of(path, [&] { return write_bare(path, rows); }));
    ours.push_back(seconds_of(path, [&] {
      return tlspact::write_table(tlspact::TableType::cdb, path, rows).has_value();
    }));
  }
  std::filesystem::remove(path);
  std::printf("%zu rows, median of 5: bare tinycdb %.3f s, ours %.3f s, ratio %.2f\n", count,
              median(bare), median(ours), median(ours) / median(bare));
  return 0;
}
