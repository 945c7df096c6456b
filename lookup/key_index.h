// SPDX-License-Identifier: MIT
/// KeyIndex: finds a key among millions without loading them.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "lookup/sip_hash.h"
#include "policy/text_pool.h"

namespace tlspact {

/// An open hash table of 32-bit slots, three quarters full: a slot is 0, or the key's number plus
/// one in the low bits and some bits of its hash above, so that one look at memory finds the key
/// and one more compares it. 5.3 bytes a key.
using KeySlots = std::vector<std::uint32_t>;

/// Fewer than 2^31 keys, each once.
[[nodiscard]] KeySlots make_key_slots(const TextPool& keys, const HashSecret& secret);

/// The table where it lies in a file: as bytes of any alignment that may hold anything.
class KeyIndex {
 public:
  KeyIndex() = default;
  /// `slots` must stay. `keys`: how many there are.
  KeyIndex(std::string_view slots, std::size_t keys, const HashSecret& secret);

  /// The number below keys for which `is_key(number)` is true.
  template <class IsKey>
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view key, IsKey is_key) const {
    if (count_ == 0) return std::nullopt;
    const std::uint64_t hash = hash_of(key);
    std::size_t at = home(hash);
    for (std::size_t looked = 0; looked < kFarthest; ++looked) {
      const std::uint32_t slot = slot_at(at);
      if (slot == 0) return std::nullopt;
      const std::uint32_t number = (slot & number_mask_) - 1;
      if (((slot ^ tag(hash)) & ~number_mask_) == 0 && number < keys_ && is_key(number))
        return number;
      if (++at == count_) at = 0;
    }
    return std::nullopt;  // no table of ours has such a chain
  }

  // Looking ahead, in steps, so that the memory comes while something else is done: prefetch() what
  // hash_of() gave, and later ask for the candidate(), a number that find() would compare first.
  [[nodiscard]] std::uint64_t hash_of(std::string_view key) const { return sip_hash(secret_, key); }
  void prefetch(std::uint64_t hash) const {
    if (count_ > 0) __builtin_prefetch(slots_ + home(hash) * sizeof(std::uint32_t));
  }
  [[nodiscard]] std::optional<std::uint32_t> candidate(std::uint64_t hash) const {
    constexpr std::size_t kNear = 16;
    std::size_t at = home(hash);
    for (std::size_t looked = 0; looked < kNear && at < count_; ++looked, ++at) {
      const std::uint32_t slot = slot_at(at);
      if (slot == 0) return std::nullopt;
      const std::uint32_t number = (slot & number_mask_) - 1;
      if (((slot ^ tag(hash)) & ~number_mask_) == 0 && number < keys_) return number;
    }
    return std::nullopt;
  }

 private:
  friend KeySlots make_key_slots(const TextPool& keys, const HashSecret& secret);
  static constexpr std::size_t kFarthest = 4096;

  KeyIndex(std::size_t count, std::size_t keys, const HashSecret& secret);
  [[nodiscard]] std::size_t home(std::uint64_t hash) const {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::size_t>(static_cast<Wide>(hash) * count_ >> 64);
  }
  [[nodiscard]] std::uint32_t tag(std::uint64_t hash) const {
    return static_cast<std::uint32_t>(hash) & ~number_mask_;
  }
  [[nodiscard]] std::uint32_t slot_at(std::size_t at) const {
    std::uint32_t slot = 0;
    std::memcpy(&slot, slots_ + at * sizeof slot, sizeof slot);
    return slot;
  }

  const char* slots_ = nullptr;
  std::size_t count_ = 0;
  std::size_t keys_ = 0;
  std::uint32_t number_mask_ = 0;
  HashSecret secret_;
};

}  // namespace tlspact
