// SPDX-License-Identifier: MIT
#include "lookup/key_index.h"

#include <algorithm>
#include <array>
#include <bit>

namespace tlspact {

KeyIndex::KeyIndex(std::size_t count, std::size_t keys, const HashSecret& secret)
    : count_(count),
      keys_(keys),
      number_mask_(static_cast<std::uint32_t>((std::uint64_t{1} << std::bit_width(keys)) - 1)),
      secret_(secret) {}

KeyIndex::KeyIndex(std::string_view slots, std::size_t keys, const HashSecret& secret)
    : KeyIndex(slots.size() / sizeof(std::uint32_t), keys, secret) {
  slots_ = slots.data();
}

KeySlots make_key_slots(const TextPool& keys, const HashSecret& secret) {
  if (keys.size() == 0) return {};
  KeySlots slots(keys.size() + keys.size() / 3 + 2, 0);
  const KeyIndex index{slots.size(), keys.size(), secret};
  // In groups, so that the slots of the next ones come while one is put in.
  constexpr std::size_t kGroup = 16;
  std::array<std::uint64_t, kGroup> hashes{};
  for (std::size_t first = 0; first < keys.size(); first += kGroup) {
    const std::size_t count = std::min(kGroup, keys.size() - first);
    for (std::size_t i = 0; i < count; ++i) {
      hashes[i] = sip_hash(secret, keys[first + i]);
      __builtin_prefetch(&slots[index.home(hashes[i])], 1);
    }
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t at = index.home(hashes[i]);
      while (slots[at] != 0)
        if (++at == slots.size()) at = 0;
      slots[at] = index.tag(hashes[i]) | static_cast<std::uint32_t>(first + i + 1);
    }
  }
  return slots;
}

}  // namespace tlspact
