// SPDX-License-Identifier: MIT
/// A publisher with gpg in a directory of its own: makes keys, signs, and leaves nothing running.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "generators/process/subprocess.h"
#include "tests/support/files.h"

namespace tlspact::test {

class GpgHome {
 public:
  using Words = std::vector<std::string>;

  /// When keys and signatures are made, unless another time is asked for.
  static constexpr const char* kThen = "20240110T120000";

  GpgHome() = default;
  GpgHome(const GpgHome&) = delete;
  GpgHome& operator=(const GpgHome&) = delete;
  GpgHome(GpgHome&&) = delete;
  GpgHome& operator=(GpgHome&&) = delete;
  ~GpgHome() {
    // The agent also ends by itself when its socket goes.
    static_cast<void>(run_command(
        {.argv = {"gpgconf", "--homedir", path().string(), "--kill", "gpg-agent"}, .input = {}}));
  }

  [[nodiscard]] const std::filesystem::path& path() const { return directory_.path(); }

  /// Runs gpg as of `time` and returns what it prints; throws if it fails.
  std::string gpg(const Words& words, const std::string& time = kThen,
                  const std::string& input = {}) const {
    Command command{
        .argv = {"gpg", "--homedir", path().string(), "--batch", "--no-tty", "--quiet", "--yes",
                 "--charset", "utf-8", "--pinentry-mode", "loopback", "--passphrase", ""},
        .input = input,
        .deadline = std::chrono::minutes{2}};
    if (!time.empty()) command.argv.insert(command.argv.end(), {"--faked-system-time", time + "!"});
    command.argv.insert(command.argv.end(), words.begin(), words.end());
    auto output = run_command(command);
    if (!output) throw std::runtime_error(output.error().text);
    if (output->exit_code != 0) throw std::runtime_error("gpg: " + output->err);
    return output->out;
  }

  /// Makes a key; returns the fingerprint of its primary key.
  [[nodiscard]] std::string make_key(const std::string& user_id,
                                     const std::string& algorithm = "ed25519",
                                     const std::string& usage = "sign",
                                     const std::string& expire = "never",
                                     const std::string& time = kThen) const {
    gpg({"--quick-generate-key", user_id, algorithm, usage, expire}, time);
    return fingerprints(user_id).front();
  }

  /// Adds a signing subkey; returns its fingerprint.
  [[nodiscard]] std::string add_subkey(const std::string& primary, const std::string& algorithm,
                                       const std::string& expire = "never",
                                       const std::string& time = kThen) const {
    gpg({"--quick-add-key", primary, algorithm, "sign", expire}, time);
    return fingerprints(primary).back();
  }

  /// Of the primary key and its subkeys, in their order.
  [[nodiscard]] Words fingerprints(const std::string& key) const {
    std::istringstream lines{gpg({"--with-colons", "--list-keys", key}, {})};
    Words out;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("fpr:")) continue;
      const std::size_t end = line.rfind(':');
      const std::size_t begin = line.rfind(':', end - 1) + 1;
      out.push_back(line.substr(begin, end - begin));
    }
    if (out.empty()) throw std::runtime_error("gpg lists no key " + key);
    return out;
  }

  /// Revokes a key of this home with the certificate that gpg made along with it.
  void revoke(const std::string& primary) const {
    std::string text = read(path() / "openpgp-revocs.d" / (primary + ".rev"));
    // gpg puts a colon before the armor, against accidents.
    text.erase(text.find(":-----BEGIN"), 1);
    gpg({"--import"}, {}, text);
  }

  /// The public keys, as bytes.
  [[nodiscard]] std::string key(const Words& primaries, bool armor = false) const {
    Words words{armor ? "--armor" : "--no-armor", "--export"};
    words.insert(words.end(), primaries.begin(), primaries.end());
    return gpg(words, {});
  }

  /// A detached signature of `bytes`.
  [[nodiscard]] std::string sign(const std::string& by, const std::string& bytes,
                                 const Words& options = {}, const std::string& time = kThen) const {
    const std::filesystem::path data = path() / "to-sign";
    write(data, bytes);
    Words words{"--local-user", by};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"--output", "-", "--detach-sign", data.string()});
    return gpg(words, time);
  }

 private:
  TempDirectory directory_ = TempDirectory::make().value();
};

}  // namespace tlspact::test
