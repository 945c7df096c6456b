// SPDX-License-Identifier: MIT
#include "generators/table/lmdb_format.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

namespace tlspact {
namespace {

// lmdb.h declares none of it; lmdb.c does. Numbers are the machine's own, and the format is that of
// version 1.
constexpr std::size_t kPageHead = sizeof(std::size_t) + 8;
constexpr std::size_t kNodeHead = 8;
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();  ///< the root of no rows
enum PageKind : std::uint16_t { branch_page = 1, leaf_page = 2, overflow_page = 4, meta_page = 8 };
constexpr std::uint16_t kBigValue = 1;  ///< of a node: its value lies on pages of its own
constexpr std::uint16_t kFixedMap = 1;  ///< of a file: it has to be mapped where it says

struct Tree {
  std::uint32_t page_size;  ///< of the first tree: that of the file
  std::uint16_t flags;
  std::uint16_t depth;
  std::array<std::size_t, 4> counts;
  std::size_t root;
};

/// What a meta page says of the whole file, behind the head of the page.
struct Meta {
  std::uint32_t magic;
  std::uint32_t version;
  std::size_t address;
  std::size_t map_size;
  std::array<Tree, 2> trees;  ///< of free pages, and the rows
  std::size_t last_page;
  std::size_t transaction;
};

/// Precondition: it lies within `bytes`.
template <class Number>
Number number_at(std::string_view bytes, std::size_t at) {
  Number out{};
  std::memcpy(&out, bytes.data() + at, sizeof out);
  return out;
}

/// Whether the meta page at `at` is one, and all that it speaks of is there.
bool read_meta(std::string_view bytes, std::size_t at, Meta& meta) {
  constexpr std::uint32_t kMagic = 0xBEEFC0DE;
  constexpr std::size_t kSmallest = 256;
  constexpr std::size_t kLargest = 65536;
  if (bytes.size() < at + kPageHead + sizeof meta) return false;
  meta = number_at<Meta>(bytes, at + kPageHead);
  const std::size_t page = meta.trees[0].page_size;
  return (number_at<std::uint16_t>(bytes, at + kPageHead - 6) & meta_page) != 0 &&
         meta.magic == kMagic && meta.version == 1 && page >= kSmallest && page <= kLargest &&
         meta.last_page < bytes.size() / page && (meta.trees[0].flags & kFixedMap) == 0 &&
         meta.trees[1].flags == 0;
}

class Walk {
 public:
  Walk(std::string_view bytes, const Meta& meta)
      : bytes_(bytes), page_size_(meta.trees[0].page_size), pages_(meta.last_page + 1) {}

  /// The page `number`, which stands `levels` above the leaves, and everything below it.
  bool page_is_good(std::size_t number, unsigned levels) {
    if (number >= pages_ || ++walked_ > pages_) return false;
    const std::string_view page = bytes_.substr(number * page_size_, page_size_);
    const auto kind = number_at<std::uint16_t>(page, kPageHead - 6);
    const std::size_t lower = number_at<std::uint16_t>(page, kPageHead - 4);
    if (number_at<std::size_t>(page, 0) != number ||
        kind != (levels > 0 ? branch_page : leaf_page) || lower < kPageHead || lower > page_size_)
      return false;
    const std::size_t nodes = (lower - kPageHead) / 2;
    if (nodes < (levels > 0 ? 2U : 1U)) return false;
    for (std::size_t i = 0; i < nodes; ++i) {
      const std::size_t at = number_at<std::uint16_t>(page, kPageHead + i * 2);
      if (at < lower || at + kNodeHead > page_size_) return false;
      if (!(levels > 0 ? branch_is_good(page, at, levels) : leaf_is_good(page, at))) return false;
    }
    return true;
  }

 private:
  bool branch_is_good(std::string_view page, std::size_t at, unsigned levels) {
    constexpr unsigned kHigh = 32;
    const std::size_t low = number_at<std::uint32_t>(page, at);
    const std::uint64_t high = number_at<std::uint16_t>(page, at + 4);
    const std::size_t key = number_at<std::uint16_t>(page, at + 6);
    const bool wide = sizeof(std::size_t) > sizeof(std::uint32_t);
    return at + kNodeHead + key <= page_size_ &&
           page_is_good(wide ? static_cast<std::size_t>(low | high << kHigh) : low, levels - 1);
  }

  [[nodiscard]] bool leaf_is_good(std::string_view page, std::size_t at) const {
    const std::size_t value = number_at<std::uint32_t>(page, at);
    const auto flags = number_at<std::uint16_t>(page, at + 4);
    const std::size_t begin = at + kNodeHead + number_at<std::uint16_t>(page, at + 6);
    if (flags == 0) return begin <= page_size_ && value <= page_size_ - begin;
    if (flags != kBigValue || begin + sizeof(std::size_t) > page_size_) return false;
    const auto number = number_at<std::size_t>(page, begin);
    if (number >= pages_) return false;
    const std::string_view big = bytes_.substr(number * page_size_, page_size_);
    const std::size_t count = number_at<std::uint32_t>(big, kPageHead - 4);
    return number_at<std::uint16_t>(big, kPageHead - 6) == overflow_page &&
           count <= pages_ - number && kPageHead + value <= count * page_size_;
  }

  std::string_view bytes_;
  std::size_t page_size_;
  std::size_t pages_;
  std::size_t walked_ = 0;
};

}  // namespace

bool is_whole_lmdb(std::string_view bytes) {
  constexpr unsigned kDeepest = 32;  // as many as a cursor of lmdb holds
  Meta first{};
  Meta second{};
  if (!read_meta(bytes, 0, first) || !read_meta(bytes, first.trees[0].page_size, second) ||
      second.trees[0].page_size != first.trees[0].page_size)
    return false;
  const Meta& newest = second.transaction > first.transaction ? second : first;
  const Tree& rows = newest.trees[1];
  if (rows.root == kNone) return true;
  return rows.depth > 0 && rows.depth <= kDeepest &&
         Walk{bytes, newest}.page_is_good(rows.root, rows.depth - 1U);
}

}  // namespace tlspact
