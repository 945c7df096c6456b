// SPDX-License-Identifier: MIT
#include "generators/table/parts_file.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "generators/table/checksum.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

/// The kind, the checksum of everything else, and the size of each part.
struct Head {
  std::array<char, 24> kind{};
  std::uint64_t checksum = 0;
};

Head head_of(std::string_view kind) {
  Head head;
  kind.copy(head.kind.data(), head.kind.size() - 1);
  return head;
}

std::string_view bytes_of(const std::vector<std::uint64_t>& sizes) {
  return number_part(sizes);
}

bool read_exactly(std::istream& in, char* to, std::size_t size) {
  in.read(to, static_cast<std::streamsize>(size));
  return static_cast<std::size_t>(in.gcount()) == size;
}

/// Whether parts of these sizes make a file of `file_size`.
bool sizes_fit(const std::vector<std::uint64_t>& sizes, std::uintmax_t file_size) {
  std::uint64_t expected = sizeof(Head) + bytes_of(sizes).size();
  for (const std::uint64_t size : sizes) {
    if (size > file_size) return false;
    expected += size;
  }
  return expected == file_size;
}

/// False: it is not of that kind, or not as long as it says.
bool read_head(std::istream& in, std::uintmax_t file_size, std::string_view kind, Head& head,
               std::vector<std::uint64_t>& sizes) {
  return read_exactly(in, reinterpret_cast<char*>(&head), sizeof head) &&
         read_exactly(in, reinterpret_cast<char*>(sizes.data()), bytes_of(sizes).size()) &&
         head.kind == head_of(kind).kind && sizes_fit(sizes, file_size);
}

/// False: not whole.
bool read_all(std::istream& in, std::uintmax_t file_size, std::string_view kind,
              std::vector<std::string>& parts) {
  Head head;
  std::vector<std::uint64_t> sizes(parts.size());
  if (!read_head(in, file_size, kind, head, sizes)) return false;
  Checksum checksum;
  checksum.add(bytes_of(sizes));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].resize(sizes[i]);
    if (!read_exactly(in, parts[i].data(), sizes[i])) return false;
    checksum.add(parts[i]);
  }
  return checksum.value() == head.checksum;
}

/// The sizes in the first bytes of a file; false: it is not as long.
bool take_head(std::string_view file, Head& head, std::vector<std::uint64_t>& sizes) {
  if (file.size() < sizeof head + bytes_of(sizes).size()) return false;
  std::memcpy(&head, file.data(), sizeof head);
  std::memcpy(sizes.data(), file.data() + sizeof head, bytes_of(sizes).size());
  return true;
}

/// Of what is open, not of what has its name by now: a file is replaced while it is read.
std::uintmax_t size_of(std::ifstream& in) {
  const std::streamoff end = in.seekg(0, std::ios::end).tellg();
  in.seekg(0);
  return static_cast<std::uintmax_t>(end);
}

std::unexpected<Error> damaged(const std::string& file) {
  return fail(Errc::bad_input, file + "is damaged, or of another version");
}

}  // namespace

Result<void> write_parts(const fs::path& file, std::string_view kind,
                         std::span<const std::string_view> parts, unsigned mode) {
  Head head = head_of(kind);
  std::vector<std::uint64_t> sizes;
  for (const std::string_view part : parts)
    sizes.push_back(part.size());
  Checksum checksum;
  checksum.add(bytes_of(sizes));
  for (const std::string_view part : parts)
    checksum.add(part);
  head.checksum = checksum.value();
  const fs::path fresh = file.string() + std::string{kPartMark};
  std::error_code ignored;
  fs::remove(fresh, ignored);
  auto writer = FileWriter::create(fresh, mode);
  if (!writer) return std::unexpected(writer.error());
  auto written = writer->write({reinterpret_cast<const char*>(&head), sizeof head});
  if (written) written = writer->write(bytes_of(sizes));
  for (const std::string_view part : parts) {
    if (written) written = writer->write(part);
  }
  if (written) written = writer->close();
  if (written && std::rename(fresh.c_str(), file.c_str()) != 0)
    written = io_error(file, "replaced");
  if (!written) fs::remove(fresh, ignored);
  return written;
}

Result<std::vector<std::string>> read_parts(const fs::path& file, std::string_view kind,
                                            std::size_t count) {
  std::ifstream in{file, std::ios::binary};
  const std::uintmax_t size = size_of(in);
  if (!in) return fail(Errc::no_input, file.string() + ": cannot be read");
  std::vector<std::string> parts(count);
  if (!read_all(in, size, kind, parts)) return damaged(file.string() + ": ");
  return parts;
}

Result<void> check_parts(const fs::path& file, std::string_view kind, std::size_t count) {
  std::ifstream in{file, std::ios::binary};
  const std::uintmax_t size = size_of(in);
  if (!in) return fail(Errc::no_input, file.string() + ": cannot be read");
  Head head;
  std::vector<std::uint64_t> sizes(count);
  if (!read_head(in, size, kind, head, sizes)) return damaged(file.string() + ": ");
  Checksum checksum;
  checksum.add(bytes_of(sizes));
  std::string buffer(std::size_t{1} << 20, '\0');
  for (std::uint64_t left : sizes) {
    while (left > 0) {
      const std::size_t next = std::min<std::uint64_t>(left, buffer.size());
      if (!read_exactly(in, buffer.data(), next)) return damaged(file.string() + ": ");
      left -= next;
      const std::string_view bytes{buffer.data(), next};
      // What is not the last piece is whole words.
      if (left > 0) {
        checksum.add_words(bytes);
      } else {
        checksum.add(bytes);
      }
    }
  }
  if (checksum.value() != head.checksum) return damaged(file.string() + ": ");
  return {};
}

Result<std::vector<std::string_view>> parts_within(std::string_view file, std::string_view kind,
                                                   std::size_t count) {
  Head head;
  std::vector<std::uint64_t> sizes(count);
  if (!take_head(file, head, sizes) || head.kind != head_of(kind).kind ||
      !sizes_fit(sizes, file.size()))
    return damaged("");
  file.remove_prefix(sizeof head + bytes_of(sizes).size());
  std::vector<std::string_view> parts;
  for (const std::uint64_t size : sizes) {
    parts.push_back(file.substr(0, size));
    file.remove_prefix(size);
  }
  return parts;
}

PartsCheck::PartsCheck(std::string_view file, std::size_t count) : state_(State::going_on) {
  Head head;
  std::vector<std::uint64_t> sizes(count);
  if (!take_head(file, head, sizes) || !sizes_fit(sizes, file.size())) {
    state_ = State::damaged;
    return;
  }
  expected_ = head.checksum;
  std::size_t end = file.size();
  for (std::size_t i = count; i-- > 0; end -= sizes[i])
    left_.push_back(file.substr(end - sizes[i], sizes[i]));
  Checksum checksum;
  checksum.add(bytes_of(sizes));
  sum_ = checksum.value();
}

PartsCheck::State PartsCheck::step(std::size_t bytes) {
  if (state_ != State::going_on) return state_;
  Checksum checksum{sum_};
  std::size_t budget = bytes / Checksum::kWord * Checksum::kWord;
  while (!left_.empty() && budget >= Checksum::kWord) {
    std::string_view& part = left_.back();
    const std::size_t words = part.size() / Checksum::kWord * Checksum::kWord;
    const std::size_t now = std::min(words, budget);
    checksum.add_words(part.substr(0, now));
    part.remove_prefix(now);
    budget -= now;
    if (part.size() >= Checksum::kWord) continue;
    checksum.add_end(part);
    left_.pop_back();
  }
  sum_ = checksum.value();
  if (left_.empty()) state_ = sum_ == expected_ ? State::good : State::damaged;
  return state_;
}

}  // namespace tlspact
