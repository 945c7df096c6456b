// SPDX-License-Identifier: MIT
#include "lookup/snapshot_file.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "generators/install/file_identity.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMagic = 0x31'50'41'4e'53'4c'54;  // "TLSNAP1"

/// Sizes of the parts that follow, in this order, and their checksum.
struct Header {
  std::uint64_t magic = kMagic;
  std::int64_t decided_at = 0;
  std::array<std::uint64_t, 3> counts{};  ///< keys, rulings, origins
  std::array<std::uint64_t, 3> bytes{};   ///< of their texts
  std::uint64_t checksum = 0;
};

/// Eight bytes at a time: a broken file must show, an attacker cannot write here.
class Checksum {
 public:
  void add(const void* data, std::size_t size) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
    const char* at = static_cast<const char*>(data);
    for (; size >= 8; at += 8, size -= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, 8);
      sum_ = (sum_ ^ word) * kOdd;
      sum_ ^= sum_ >> 29;
    }
    std::uint64_t rest = size;
    std::memcpy(&rest, at, size);
    sum_ = (sum_ ^ rest) * kOdd;
    sum_ ^= sum_ >> 29;
  }
  [[nodiscard]] std::uint64_t value() const { return sum_; }

 private:
  std::uint64_t sum_ = 1;
};

template <class T>
std::string_view bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::array<std::string_view, 7> parts_of(const Snapshot& snapshot) {
  return {snapshot.keys().bytes(),
          bytes_of(snapshot.keys().ends()),
          snapshot.rulings().bytes(),
          bytes_of(snapshot.rulings().ends()),
          snapshot.origins().bytes(),
          bytes_of(snapshot.origins().ends()),
          bytes_of(snapshot.ruling_numbers())};
}

/// Reads the parts one after the other.
class PartReader {
 public:
  explicit PartReader(std::istream& in) : in_(in) {}

  bool read(void* data, std::size_t size) {
    in_.read(static_cast<char*>(data), static_cast<std::streamsize>(size));
    if (static_cast<std::size_t>(in_.gcount()) != size) return false;
    checksum_.add(data, size);
    return true;
  }

  bool read(TextPool& pool, std::uint64_t count, std::uint64_t size) {
    std::string bytes(size, '\0');
    std::vector<std::uint64_t> ends(count);
    if (!read(bytes.data(), size) || !read(ends.data(), count * sizeof(std::uint64_t)))
      return false;
    if (!std::ranges::is_sorted(ends) || (count > 0 && ends.back() != size)) return false;
    pool = TextPool::of(std::move(bytes), std::move(ends));
    return true;
  }

  [[nodiscard]] std::uint64_t checksum() const { return checksum_.value(); }

 private:
  std::istream& in_;
  Checksum checksum_;
};

bool read_parts(std::istream& in, std::uintmax_t file_size, Header& header,
                Snapshot::Parts& parts) {
  in.read(reinterpret_cast<char*>(&header), sizeof header);
  if (in.gcount() != sizeof header || header.magic != kMagic) return false;
  std::uint64_t expected = sizeof header + header.counts[0] * sizeof(std::uint32_t);
  for (std::size_t i = 0; i < header.counts.size(); ++i) {
    if (header.counts[i] > file_size || header.bytes[i] > file_size) return false;
    expected += header.bytes[i] + header.counts[i] * sizeof(std::uint64_t);
  }
  if (expected != file_size) return false;
  PartReader reader{in};
  parts.ruling_of.resize(header.counts[0]);
  return reader.read(parts.keys, header.counts[0], header.bytes[0]) &&
         reader.read(parts.rulings, header.counts[1], header.bytes[1]) &&
         reader.read(parts.origins, header.counts[2], header.bytes[2]) &&
         reader.read(parts.ruling_of.data(), parts.ruling_of.size() * sizeof(std::uint32_t)) &&
         reader.checksum() == header.checksum;
}

}  // namespace

Result<void> write_snapshot(const fs::path& file, const Snapshot& snapshot) {
  constexpr mode_t kMode = 0644;
  Header header;
  header.decided_at = snapshot.decided_at.time_since_epoch().count();
  header.counts = {snapshot.keys().size(), snapshot.rulings().size(), snapshot.origins().size()};
  header.bytes = {snapshot.keys().bytes().size(), snapshot.rulings().bytes().size(),
                  snapshot.origins().bytes().size()};
  Checksum checksum;
  for (const std::string_view part : parts_of(snapshot))
    checksum.add(part.data(), part.size());
  header.checksum = checksum.value();
  const fs::path fresh = file.string() + std::string{kPartMark};
  std::error_code ignored;
  fs::remove(fresh, ignored);
  auto writer = FileWriter::create(fresh, kMode);
  if (!writer) return std::unexpected(writer.error());
  auto written = writer->write({reinterpret_cast<const char*>(&header), sizeof header});
  for (const std::string_view part : parts_of(snapshot)) {
    if (written) written = writer->write(part);
  }
  if (written) written = writer->close();
  if (!written) {
    fs::remove(fresh, ignored);
    return written;
  }
  if (std::rename(fresh.c_str(), file.c_str()) != 0) return io_error(file, "replaced");
  return {};
}

Result<Snapshot> read_snapshot(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  std::ifstream in{file, std::ios::binary};
  if (error || !in) return fail(Errc::no_input, file.string() + ": cannot be read");
  Header header;
  Snapshot::Parts parts;
  if (!read_parts(in, size, header, parts))
    return fail(Errc::bad_input, file.string() + ": is not a whole snapshot");
  return Snapshot::of(std::move(parts), Time{Seconds{header.decided_at}});
}

}  // namespace tlspact
