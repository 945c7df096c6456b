// SPDX-License-Identifier: MIT
#include "lookup/mapped_snapshot.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <vector>

#include "generators/table/file.h"
#include "lookup/snapshot_file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

template <class Number>
std::size_t count_of(std::string_view numbers) {
  return numbers.size() / sizeof(Number);
}

/// Precondition: index < count_of(numbers).
template <class Number>
Number number_at(std::string_view numbers, std::size_t index) {
  Number value{};
  std::memcpy(&value, numbers.data() + index * sizeof value, sizeof value);
  return value;
}

/// As TextPool's: empty where `ends` is wrong. Precondition: number < count_of(ends).
std::string_view text_at(std::string_view bytes, std::string_view ends, std::size_t number) {
  const auto begin = number == 0 ? 0 : number_at<std::uint64_t>(ends, number - 1);
  const auto end = number_at<std::uint64_t>(ends, number);
  if (begin > end || end > bytes.size()) return {};
  return bytes.substr(begin, end - begin);
}

/// Whether all of `bytes`, which are mapped, is in memory; if not, the kernel is told to begin.
bool call_for(std::string_view bytes) {
  if (bytes.empty()) return true;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t into_page = reinterpret_cast<std::uintptr_t>(bytes.data()) % page;
  char* const pages = const_cast<char*>(bytes.data()) - into_page;
  const std::size_t size = into_page + bytes.size();
  std::vector<unsigned char> there((size + page - 1) / page, 1);
  if (::mincore(pages, size, there.data()) != 0) return true;
  if (std::ranges::all_of(there, [](unsigned char each) { return (each & 1U) != 0; })) return true;
  ::madvise(pages, size, MADV_WILLNEED);
  return false;
}

/// Where the whole file is mapped.
Result<std::string_view> map_file(int fd, const fs::path& file) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) return io_error(file, "read");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (!S_ISREG(status.st_mode) || size == 0)
    return fail(Errc::bad_input, file.string() + ": is no snapshot");
  void* const begin = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (begin == MAP_FAILED) return io_error(file, "mapped");
  return std::string_view{static_cast<const char*>(begin), size};
}

}  // namespace

Result<std::unique_ptr<MappedSnapshot>> MappedSnapshot::open(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const bool missing = errno == ENOENT;
    auto error = io_error(file, "read");
    error.error().code = missing ? Errc::no_input : Errc::io;
    return error;
  }
  const auto bytes = map_file(fd, file);
  ::close(fd);
  if (!bytes) return std::unexpected(bytes.error());
  std::unique_ptr<MappedSnapshot> mapped{new MappedSnapshot{*bytes}};
  if (auto taken = mapped->take_parts(); !taken)
    return fail(taken.error().code, file.string() + ": " + taken.error().text);
  return mapped;
}

MappedSnapshot::~MappedSnapshot() {
  ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

Result<void> MappedSnapshot::take_parts() {
  using enum SnapshotPart;
  const auto parts = parts_within(bytes_, kSnapshotKind, kSnapshotParts);
  if (!parts) return std::unexpected(parts.error());
  std::ranges::copy(*parts, parts_.begin());
  size_ = count_of<std::uint64_t>(part(key_ends));
  rulings_ = count_of<std::uint64_t>(part(ruling_ends));
  const std::size_t none_count = count_of<std::uint64_t>(part(negative_ends));
  auto rendering = decode_live_options(part(SnapshotPart::options));
  const bool good = part(moment).size() == sizeof(std::int64_t) &&
                    part(hash).size() == sizeof(HashSecret) && rendering &&
                    count_of<std::uint32_t>(part(ruling_numbers)) == size_ &&
                    count_of<std::int64_t>(part(negative_until)) == none_count &&
                    count_of<std::uint32_t>(part(key_slots)) >= size_ &&
                    count_of<std::uint32_t>(part(negative_slots)) >= none_count;
  if (!good || is_damaged()) return fail(Errc::bad_input, "is not a whole snapshot");
  decided_at_ = Time{Seconds{number_at<std::int64_t>(part(moment), 0)}};
  options_ = *std::move(rendering);
  HashSecret secret;
  std::memcpy(&secret, part(hash).data(), sizeof secret);
  keys_ = KeyIndex{part(key_slots), size_, secret};
  negatives_ = KeyIndex{part(negative_slots), none_count, secret};
  check_ = PartsCheck{bytes_, kSnapshotParts};
  return {};
}

std::optional<std::uint32_t> MappedSnapshot::find(std::string_view key_text) const {
  return keys_.find(key_text, [&](std::uint32_t number) {
    return text_at(part(SnapshotPart::keys), part(SnapshotPart::key_ends), number) == key_text;
  });
}

std::uint32_t MappedSnapshot::ruling_number(std::uint32_t index) const {
  return number_at<std::uint32_t>(part(SnapshotPart::ruling_numbers), index);
}

std::string_view MappedSnapshot::ruling_code(std::uint32_t number) const {
  return text_at(part(SnapshotPart::rulings), part(SnapshotPart::ruling_ends), number);
}

std::optional<PlainRuling> MappedSnapshot::plain_ruling(std::uint32_t index) const {
  const std::uint32_t number = ruling_number(index);
  if (number >= rulings_) return std::nullopt;
  try {
    return read_plain_ruling(ruling_code(number));
  } catch (const std::logic_error&) {
    return std::nullopt;
  }
}

Result<SnapshotEntry> MappedSnapshot::entry(std::string_view key_text, std::uint32_t index) const {
  const std::uint32_t ruling = ruling_number(index);
  if (ruling >= rulings_) return fail(Errc::bad_input, "an entry without a ruling");
  try {
    return decode_entry(key_text, ruling_code(ruling)).entry;
  } catch (const std::exception& error) {
    return fail(Errc::bad_input, error.what());
  }
}

PartsCheck::State MappedSnapshot::check(std::size_t bytes) {
  constexpr int kMostPutOff = 100;
  const bool is_there = call_for(check_.next().substr(0, bytes));
  if (!is_there && ++put_off_ < kMostPutOff) return check_.state();
  put_off_ = 0;
  return check_.step(bytes);
}

MappedSnapshot::Ahead MappedSnapshot::look_ahead(std::string_view key_text) const {
  const std::uint64_t hash = keys_.hash_of(key_text);
  keys_.prefetch(hash);
  return {.hash = hash};
}

bool MappedSnapshot::look_ahead_entry(Ahead& ahead) const {
  const auto index = keys_.candidate(ahead.hash);
  if (!index) return false;
  ahead.index = *index;
  __builtin_prefetch(part(SnapshotPart::key_ends).data() + *index * sizeof(std::uint64_t));
  __builtin_prefetch(part(SnapshotPart::ruling_numbers).data() + *index * sizeof(std::uint32_t));
  return true;
}

bool MappedSnapshot::look_ahead_key(Ahead& ahead) const {
  __builtin_prefetch(
      text_at(part(SnapshotPart::keys), part(SnapshotPart::key_ends), ahead.index).data());
  ahead.ruling = ruling_number(ahead.index);
  if (ahead.ruling >= rulings_) return false;
  __builtin_prefetch(part(SnapshotPart::ruling_ends).data() + ahead.ruling * sizeof(std::uint64_t));
  return true;
}

void MappedSnapshot::look_ahead_ruling(const Ahead& ahead) const {
  constexpr std::size_t kCacheLine = 64;
  const char* const code = ruling_code(ahead.ruling).data();
  if (code == nullptr) return;  // the file is damaged there
  __builtin_prefetch(code);
  __builtin_prefetch(code + kCacheLine);
}

std::optional<Time> MappedSnapshot::none_until(std::string_view key_text) const {
  const auto number = negatives_.find(key_text, [&](std::uint32_t each) {
    return text_at(part(SnapshotPart::negatives), part(SnapshotPart::negative_ends), each) ==
           key_text;
  });
  if (!number) return std::nullopt;
  return Time{Seconds{number_at<std::int64_t>(part(SnapshotPart::negative_until), *number)}};
}

}  // namespace tlspact
