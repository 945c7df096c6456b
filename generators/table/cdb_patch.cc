// SPDX-License-Identifier: MIT
#include "generators/table/cdb_patch.h"

#include <cdb.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "generators/table/cdb_format.h"
#include "generators/table/file.h"
#include "generators/table/mapped_file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRecordHead = 8;  ///< lengths of key and value

void append_number(std::string& out, std::uint32_t number) {
  std::array<unsigned char, 4> packed{};
  cdb_pack(number, packed.data());
  out.append(reinterpret_cast<const char*>(packed.data()), packed.size());
}

struct Record {
  std::string_view bytes;  ///< with its head
  std::string_view key;
  std::string_view value;
};

/// The records of a cdb in the order of the file.
class Records {
 public:
  /// Precondition: the file has a header.
  explicit Records(MappedFile& file) : file_(file), end_(file.bytes().size()) {
    for (std::size_t at = 0; at < kCdbHeader; at += 8)
      end_ = std::min<std::size_t>(end_, cdb_number(file.bytes(), at));
  }

  [[nodiscard]] bool at_end() const { return next_ == end_; }

  /// nullopt: the file is damaged here.
  [[nodiscard]] std::optional<Record> next() {
    if (end_ < next_ + kRecordHead) return std::nullopt;
    const std::size_t key = cdb_number(file_.bytes(), next_);
    const std::size_t value = cdb_number(file_.bytes(), next_ + 4);
    if (end_ - next_ - kRecordHead < key + value) return std::nullopt;
    file_.let_go(next_);
    const std::string_view bytes = file_.bytes().substr(next_, kRecordHead + key + value);
    next_ += bytes.size();
    return Record{bytes, bytes.substr(kRecordHead, key), bytes.substr(kRecordHead + key)};
  }

 private:
  MappedFile& file_;
  std::size_t next_ = kCdbHeader;
  std::size_t end_;
};

/// The new file, from its records on. The hash tables are those that tinycdb makes: twice as many
/// slots as records, filled in the order of the records.
class PatchedFile {
 public:
  explicit PatchedFile(FileWriter writer) : writer_(std::move(writer)) {}

  Result<void> begin() { return writer_.write(std::string(kCdbHeader, '\0')); }

  Result<void> add(const Record& record) {
    const auto whole = record.bytes.size();
    if (position_ > std::numeric_limits<std::uint32_t>::max() - whole)
      return fail(Errc::io, "a cdb holds at most 4 GiB");
    const auto hash = cdb_hash(record.key.data(), static_cast<unsigned>(record.key.size()));
    tables_[hash % kCdbTables].push_back({hash, static_cast<std::uint32_t>(position_)});
    digest_.add(record.key, record.value);
    position_ += whole;
    return writer_.write(record.bytes);
  }

  Result<void> add(std::string_view key, std::string_view value) {
    std::string bytes;
    append_number(bytes, static_cast<std::uint32_t>(key.size()));
    append_number(bytes, static_cast<std::uint32_t>(value.size()));
    bytes.append(key).append(value);
    return add({bytes, key, value});
  }

  Result<RowDigest> finish() {
    constexpr std::size_t kSlots = 2;
    if (position_ + digest_.rows() * kSlots * 8 > std::numeric_limits<std::uint32_t>::max())
      return fail(Errc::io, "a cdb holds at most 4 GiB");
    std::string header;
    for (const auto& table : tables_) {
      const std::size_t slots = table.size() * kSlots;
      append_number(header, static_cast<std::uint32_t>(position_));
      append_number(header, static_cast<std::uint32_t>(slots));
      if (auto written = writer_.write(table_bytes(table, slots)); !written)
        return std::unexpected(written.error());
      position_ += slots * 8;
    }
    if (auto finished = writer_.finish(0, header); !finished)
      return std::unexpected(finished.error());
    return digest_;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t position = 0;  ///< 0: free
  };

  static std::string table_bytes(const std::vector<Slot>& records, std::size_t slots) {
    std::vector<Slot> table(slots);
    for (const Slot& record : records) {
      std::size_t at = (record.hash >> 8) % slots;
      while (table[at].position != 0)
        at = at + 1 == slots ? 0 : at + 1;
      table[at] = record;
    }
    std::string bytes;
    bytes.reserve(slots * 8);
    for (const Slot& slot : table) {
      append_number(bytes, slot.hash);
      append_number(bytes, slot.position);
    }
    return bytes;
  }

  FileWriter writer_;
  std::uint64_t position_ = kCdbHeader;
  std::array<std::vector<Slot>, kCdbTables> tables_;
  RowDigest digest_;
};

class Patching {
 public:
  Patching(MappedFile& from, std::span<const RowPatch> patches, PatchedFile& out)
      : records_(from), patches_(patches), out_(out) {}

  /// False: the file is damaged.
  Result<bool> run() {
    std::string last;
    while (!records_.at_end()) {
      const auto record = records_.next();
      if (!record || record->key <= last) return false;
      if (auto done = insert_before(record->key); !done) return std::unexpected(done.error());
      read_.add(record->key, record->value);
      const bool patched = !patches_.empty() && patches_.front().key == record->key;
      auto done = patched ? insert_next() : out_.add(*record);
      if (!done) return std::unexpected(done.error());
      last = record->key;
    }
    while (!patches_.empty()) {
      if (auto done = insert_next(); !done) return std::unexpected(done.error());
    }
    return true;
  }

  /// Of every row of the file.
  [[nodiscard]] const RowDigest& read() const { return read_; }

 private:
  Result<void> insert_before(std::string_view key) {
    while (!patches_.empty() && patches_.front().key < key) {
      if (auto done = insert_next(); !done) return done;
    }
    return {};
  }

  Result<void> insert_next() {
    const RowPatch& patch = patches_.front();
    patches_ = patches_.subspan(1);
    return patch.value ? out_.add(patch.key, *patch.value) : Result<void>{};
  }

  Records records_;
  std::span<const RowPatch> patches_;
  PatchedFile& out_;
  RowDigest read_;
};

}  // namespace

Result<PatchedCdb> patch_cdb(const fs::path& from, std::span<const RowPatch> patches,
                             const fs::path& to) {
  constexpr unsigned kMode = 0644;
  auto file = MappedFile::open(from);
  if (!file) return std::unexpected(file.error());
  const auto damaged = [&] {
    return fail(Errc::bad_input, from.string() + ": is not a cdb that was written here");
  };
  if (!is_whole_cdb(file->bytes().substr(0, kCdbHeader), file->bytes().size())) return damaged();
  auto writer = FileWriter::create(to, kMode);
  if (!writer) return std::unexpected(writer.error());
  PatchedFile out{*std::move(writer)};
  if (auto begun = out.begin(); !begun) return std::unexpected(begun.error());
  Patching patching{*file, patches, out};
  const auto patched = patching.run();
  if (!patched) return std::unexpected(patched.error());
  if (!*patched) return damaged();
  const auto written = out.finish();
  if (!written) return std::unexpected(written.error());
  return PatchedCdb{.read = patching.read(), .written = *written};
}

}  // namespace tlspact
