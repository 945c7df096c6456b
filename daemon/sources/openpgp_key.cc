// SPDX-License-Identifier: MIT
#include "daemon/sources/openpgp_key.h"

#include <Poco/Base64Decoder.h>
#include <Poco/DigestEngine.h>
#include <Poco/Exception.h>
#include <Poco/SHA1Engine.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>

#include "generators/table/file.h"

namespace tlspact {
namespace {

constexpr std::size_t kMaxKeyFile = 1UL << 20;
constexpr std::string_view kArmorBegin = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
constexpr std::string_view kArmorEnd = "-----END PGP PUBLIC KEY BLOCK-----";

/// The bytes of one armored block, between its armor lines. The checksum line (RFC 4880 section
/// 6.1) is passed over, because gpgv verifies far more than it does.
std::optional<std::string> dearmor_block(const std::string& block) {
  std::istringstream lines{block};
  std::string line;
  std::string base64;
  bool in_body = false;
  while (std::getline(lines, line)) {
    if (line.ends_with('\r')) line.pop_back();
    if (in_body && !line.starts_with('=')) base64 += line;
    in_body = in_body || line.find_first_not_of(" \t") == std::string::npos;
  }
  try {
    std::istringstream encoded{base64};
    Poco::Base64Decoder decoder{encoded};
    return std::string{std::istreambuf_iterator<char>{decoder}, {}};
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
}

/// The bytes of every armored block of `text`, one after another, as gpg --import takes them.
std::optional<std::string> dearmor(const std::string& text) {
  std::string binary;
  std::size_t begin = text.find(kArmorBegin);
  if (begin == std::string::npos) return std::nullopt;
  for (; begin != std::string::npos; begin = text.find(kArmorBegin, begin)) {
    const std::size_t end = text.find(kArmorEnd, begin);
    if (end == std::string::npos) return std::nullopt;
    const auto block = dearmor_block(text.substr(begin, end - begin));
    if (!block) return std::nullopt;
    binary += *block;
    begin = end;
  }
  return binary;
}

struct Packet {
  unsigned tag = 0;
  std::string_view body;
};

/// Removes the first packet from `bytes` (RFC 4880 section 4.2); nullopt if it is malformed.
std::optional<Packet> take_packet(std::string_view& bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  if (bytes.size() < 2 || (byte(0) & 0x80) == 0) return std::nullopt;
  const bool new_format = (byte(0) & 0x40) != 0;
  unsigned tag = byte(0) & 0x3F;
  std::size_t length_bytes = 0;
  std::size_t header = 1;
  std::size_t length = 0;
  if (new_format) {
    if (byte(1) < 192) {
      length_bytes = 1;
    } else if (byte(1) < 224) {
      if (bytes.size() < 3) return std::nullopt;
      length = ((byte(1) - 192UL) << 8) + byte(2) + 192;
      header = 3;
    } else if (byte(1) == 255) {
      header = 2;
      length_bytes = 4;
    } else {
      return std::nullopt;  // partial lengths are not for keys (RFC 4880 section 4.2.2.4)
    }
  } else {
    tag >>= 2;
    const unsigned type = byte(0) & 3;
    if (type == 3) return std::nullopt;
    length_bytes = 1UL << type;
  }
  if (bytes.size() < header + length_bytes) return std::nullopt;
  for (std::size_t i = 0; i < length_bytes; ++i)
    length = (length << 8) + byte(header + i);
  header += length_bytes;
  if (bytes.size() - header < length) return std::nullopt;
  const Packet packet{tag, bytes.substr(header, length)};
  bytes.remove_prefix(header + length);
  return packet;
}

/// RFC 4880 section 12.2.
std::string v4_fingerprint(std::string_view body) {
  Poco::SHA1Engine sha1;
  const std::array<std::uint8_t, 3> prefix{0x99, static_cast<std::uint8_t>(body.size() >> 8),
                                           static_cast<std::uint8_t>(body.size() & 0xFF)};
  sha1.update(prefix.data(), prefix.size());
  sha1.update(body.data(), static_cast<unsigned>(body.size()));
  std::string hex = Poco::DigestEngine::digestToHex(sha1.digest());
  std::ranges::transform(hex, hex.begin(), [](char c) {
    return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return hex;
}

}  // namespace

Result<OpenPgpKey> OpenPgpKey::parse(const std::string& bytes, const std::string& file) {
  const auto refuse = [&](std::string_view why) {
    return fail(Errc::bad_input, file + ": not a usable OpenPGP public key: " + std::string{why});
  };
  OpenPgpKey key;
  if (bytes.contains("-----BEGIN PGP")) {
    auto binary = dearmor(bytes);
    if (!binary) return refuse("the armor is damaged, or it is not a PUBLIC KEY BLOCK");
    key.binary = *std::move(binary);
  } else {
    key.binary = bytes;
  }
  constexpr unsigned kPublicKey = 6;
  std::string_view rest = key.binary;
  while (!rest.empty()) {
    const auto packet = take_packet(rest);
    if (!packet) return refuse("the packets are damaged");
    if (packet->tag != kPublicKey) continue;
    if (packet->body.empty() || packet->body.front() != 4)
      return refuse("only version 4 keys are supported");
    key.primary_keys.push_back(v4_fingerprint(packet->body));
  }
  if (key.primary_keys.empty()) return refuse("it holds no public key");
  return key;
}

Result<OpenPgpKey> OpenPgpKey::load(const std::filesystem::path& file) {
  const auto bytes = read_file(file, kMaxKeyFile);
  if (!bytes) return std::unexpected(bytes.error());
  return parse(*bytes, file.string());
}

}  // namespace tlspact
