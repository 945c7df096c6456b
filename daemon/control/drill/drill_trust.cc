// SPDX-License-Identifier: MIT
#include "daemon/control/drill/drill_trust.h"

#include <array>
#include <cstdio>
#include <fstream>

#include "daemon/control/drill/private_mounts.h"
#include "generators/table/file.h"
#include "smtp/tls/openssl_handles.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxStore = 64U << 20U;

/// "1a2b3c4d.", as OpenSSL names a certificate in a directory, before a number.
std::string hashed_name(const Credential& authority) {
  const X509Ptr certificate = certificate_of(authority.chain.front());
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), "%08lx.", X509_subject_name_hash(certificate.get()));
  return out.data();
}

}  // namespace

fs::path DrillTrust::next_place() {
  std::error_code error;
  fs::create_directories(work_, error);
  return work_ / ("store" + std::to_string(done_.size()));
}

Result<void> DrillTrust::add_to_file(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error) || fs::is_empty(file, error)) return {};
  if (!done_.insert(fs::canonical(file, error)).second) return {};
  auto bytes = read_file(file, kMaxStore);
  if (!bytes) return std::unexpected(bytes.error());
  if (!bytes->ends_with('\n')) *bytes += '\n';
  const fs::path copy = next_place();
  constexpr unsigned kReadable = 0644;
  if (auto written = write_new_file(copy, *bytes + authority_.chain_pem(), kReadable); !written)
    return written;
  return show_at(copy, file);
}

Result<void> DrillTrust::add_to_directory(const fs::path& directory) {
  std::error_code error;
  if (!fs::is_directory(directory, error) || fs::is_empty(directory, error)) return {};
  if (!done_.insert(fs::canonical(directory, error)).second) return {};
  const fs::path copy = next_place();
  auto made = copy_tree(directory, copy);
  if (made) made = write_into(copy);
  if (!made) return made;
  return show_at(copy, directory);
}

Result<void> DrillTrust::write_into(const fs::path& directory) const {
  std::error_code error;
  const std::string name = hashed_name(authority_);
  int number = 0;
  while (fs::exists(directory / (name + std::to_string(number)), error))
    ++number;
  constexpr unsigned kReadable = 0644;
  return write_new_file(directory / (name + std::to_string(number)), authority_.chain_pem(),
                        kReadable);
}

}  // namespace tlspact
