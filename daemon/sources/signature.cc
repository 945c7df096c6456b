// SPDX-License-Identifier: MIT
#include "daemon/sources/signature.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <vector>

#include "generators/process/subprocess.h"
#include "generators/process/temp_directory.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

/// What gpgv says of one signature, between two NEWSIG lines.
struct SignatureStatus {
  bool good = false;
  bool valid = false;
  std::string fault;  ///< words for the first status that speaks against it
  VerifiedSignature signature;
  std::string hash;
  std::string signature_class;
};

struct FaultWord {
  std::string_view word;
  std::string_view meaning;
};

/// Not KEYEXPIRED, which gpgv also says of subkeys that did not sign (GnuPG's doc/DETAILS):
/// EXPKEYSIG is the word on the signature.
constexpr FaultWord kFaults[] = {
    {"BADSIG", "the signature does not fit the file"},
    {"EXPKEYSIG", "the signing key has expired"},
    {"REVKEYSIG", "the signing key is revoked"},
    {"KEYREVOKED", "the signing key is revoked"},
    {"EXPSIG", "the signature has expired"},
    {"ERRSIG", "it was made by another key than the configured one, or cannot be checked"},
    {"NO_PUBKEY", "it was made by another key than the configured one"},
    {"NODATA", "the signature file holds no signature"},
    {"UNEXPECTED", "the signature file is damaged"},
};

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 200))
    out += c >= 0x20 && c < 0x7f ? c : '?';
  return out;
}

/// "VALIDSIG <fpr> <date> <timestamp> <expire> <version> <reserved> <pubkey-algo> <hash-algo>
/// <sig-class> <primary-key-fpr>" (GnuPG's doc/DETAILS).
void read_validsig(std::istringstream& words, SignatureStatus& status) {
  std::vector<std::string> fields;
  for (std::string field; words >> field;)
    fields.push_back(field);
  constexpr std::size_t kFields = 10;
  if (fields.size() < kFields) return;
  long made = 0;
  std::from_chars(fields[2].data(), fields[2].data() + fields[2].size(), made);
  status.valid = true;
  status.signature.signing_key = fields[0];
  status.signature.made = Time{Seconds{made}};
  status.hash = fields[7];
  status.signature_class = fields[8];
  status.signature.primary_key = fields[9];
}

void read_line(const std::string& line, std::vector<SignatureStatus>& all) {
  std::istringstream words{line};
  std::string prefix;
  std::string word;
  words >> prefix >> word;
  if (prefix != "[GNUPG:]") return;
  if (word == "NEWSIG" || all.empty()) all.emplace_back();
  SignatureStatus& status = all.back();
  if (word == "GOODSIG") {
    status.good = true;
    std::string key_id;
    words >> key_id;
    std::getline(words >> std::ws, status.signature.user_id);
    status.signature.user_id = printable(status.signature.user_id);
  } else if (word == "VALIDSIG") {
    read_validsig(words, status);
  } else if (const auto* fault = std::ranges::find(kFaults, word, &FaultWord::word);
             fault != std::end(kFaults) && (status.fault.empty() || word == "BADSIG")) {
    status.fault = fault->meaning;
  }
}

/// Why one signature does not count; empty if it does.
std::string fault_of(const SignatureStatus& status, const OpenPgpKey& key) {
  if (!status.fault.empty()) return status.fault;
  if (!status.good || !status.valid) return "gpgv does not call the signature good and valid";
  if (std::ranges::find(key.primary_keys, status.signature.primary_key) == key.primary_keys.end())
    return "it was made by another key than the configured one: " +
           printable(status.signature.primary_key);
  // RFC 4880 section 9.4: 1 MD5, 2 SHA-1, 3 RIPEMD-160.
  if (status.hash == "1" || status.hash == "2" || status.hash == "3")
    return "it uses a weak hash (MD5, SHA-1 or RIPEMD-160)";
  if (status.signature_class != "00") return "it is not a signature over the bytes of a file";
  return {};
}

}  // namespace

Result<VerifiedSignature> judge_gpgv_status(std::string_view status, const OpenPgpKey& key) {
  std::vector<SignatureStatus> all;
  std::istringstream lines{std::string{status}};
  for (std::string line; std::getline(lines, line);)
    read_line(line, all);
  std::string first_fault = "gpgv found no signature";
  std::optional<VerifiedSignature> accepted;
  for (const SignatureStatus& each : all) {
    // A file with one signature that contradicts the data is damaged or forged, whatever else is
    // in it.
    if (each.fault == kFaults[0].meaning) return fail(Errc::bad_input, each.fault);
    const std::string fault = fault_of(each, key);
    if (fault.empty()) {
      if (!accepted) accepted = each.signature;
    } else if (&each == all.data()) {
      first_fault = fault;
    }
  }
  if (!accepted) return fail(Errc::bad_input, first_fault);
  return *accepted;
}

Result<VerifiedSignature> verify_signature(const std::filesystem::path& data_file,
                                           const std::filesystem::path& signature_file,
                                           const OpenPgpKey& key,
                                           const std::filesystem::path& scratch) {
  const auto directory = TempDirectory::make(scratch);
  if (!directory) return std::unexpected(directory.error());
  const std::filesystem::path keyring = directory->path() / "keyring.gpg";
  constexpr unsigned kMode = 0600;
  if (auto written = write_new_file(keyring, key.binary, kMode); !written)
    return std::unexpected(written.error());
  const auto output = run_command(
      {.argv = {"gpgv", "--homedir", directory->path().string(), "--status-fd", "1", "--keyring",
                keyring.string(), "--", signature_file.string(), data_file.string()},
       .input = {},
       .deadline = std::chrono::minutes{5}});
  if (!output) return std::unexpected(output.error());
  return judge_gpgv_status(output->out, key);
}

}  // namespace tlspact
