// SPDX-License-Identifier: MIT
#include "lookup/key_index.h"

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
  for (std::size_t number = 0; number < keys.size(); ++number) {
    const std::uint64_t hash = sip_hash(secret, keys[number]);
    std::size_t at = index.home(hash);
    while (slots[at] != 0)
      if (++at == slots.size()) at = 0;
    slots[at] = index.tag(hash) | static_cast<std::uint32_t>(number + 1);
  }
  return slots;
}

}  // namespace tlspact
