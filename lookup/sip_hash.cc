// SPDX-License-Identifier: MIT
#include "lookup/sip_hash.h"

#include <bit>
#include <cstring>
#include <random>

namespace tlspact {
namespace {

class State {
 public:
  explicit State(const HashSecret& secret)
      : v0_(secret.words[0] ^ 0x736f6d6570736575),
        v1_(secret.words[1] ^ 0x646f72616e646f6d),
        v2_(secret.words[0] ^ 0x6c7967656e657261),
        v3_(secret.words[1] ^ 0x7465646279746573) {}

  void add(std::uint64_t word) {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }

  std::uint64_t finish() {
    v2_ ^= 0xff;
    for (int i = 0; i < 3; ++i)
      round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_;
  std::uint64_t v1_;
  std::uint64_t v2_;
  std::uint64_t v3_;
};

}  // namespace

HashSecret HashSecret::random() {
  std::random_device source;
  HashSecret secret;
  for (std::uint64_t& word : secret.words)
    word = std::uint64_t{source()} << 32 | source();
  return secret;
}

std::uint64_t sip_hash(const HashSecret& secret, std::string_view bytes) {
  State state{secret};
  const auto length = static_cast<std::uint64_t>(bytes.size()) << 56;
  std::uint64_t word = 0;
  for (; bytes.size() >= sizeof word; bytes.remove_prefix(sizeof word)) {
    std::memcpy(&word, bytes.data(), sizeof word);
    state.add(word);
  }
  word = 0;
  if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
  state.add(length | word);
  return state.finish();
}

}  // namespace tlspact
