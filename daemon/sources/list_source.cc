// SPDX-License-Identifier: MIT
#include "daemon/sources/list_source.h"

#include <Poco/DigestEngine.h>
#include <Poco/SHA2Engine.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "daemon/sources/https_client.h"
#include "daemon/sources/list_parser.h"
#include "generators/process/temp_directory.h"
#include "generators/table/file.h"

namespace tlspact {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSignature = 1UL << 20;
constexpr Seconds kClockTolerance = std::chrono::hours{1};
constexpr std::chrono::minutes kDeadline{10};

bool is_remote(const std::string& url) {
  return url.starts_with("https://");
}

/// A list or signature as it was brought into a private directory, so that what is verified and
/// what is parsed are the same bytes.
struct Brought {
  fs::path list;
  fs::path signature;
  HttpsResponse http;
};

Result<void> copy_local(const std::string& from, const fs::path& to, std::uintmax_t limit) {
  std::error_code error;
  if (!fs::is_regular_file(from, error)) return fail(Errc::no_input, from + ": no such file");
  if (fs::file_size(from, error) > limit)
    return fail(Errc::bad_input, from + ": is larger than " + std::to_string(limit) + " bytes");
  fs::copy_file(from, to, error);
  if (error) return fail(Errc::no_input, from + ": cannot be read: " + error.message());
  return {};
}

/// The work of one fetch().
class ListFetch {
 public:
  ListFetch(const ListConfig& list, const std::string& ca_file, const FetchContext& context)
      : list_(list), ca_file_(ca_file), context_(context) {}

  FetchReport run() {
    auto directory = TempDirectory::make();
    if (!directory) return failed(directory.error());
    directory_ = directory->path();
    auto stored = context_.store.list(list_.name);
    if (!stored) {
      notice(Severity::alert, stored.error().text);
    } else {
      stored_ = *std::move(stored);
    }
    if (auto loaded = load_key(); !loaded) return failed(loaded.error());
    if (context_.offline && is_remote(list_.url)) return use_stored(SourceState::not_changed);
    auto brought = bring();
    if (brought && brought->http.not_changed) {
      if (load_stored()) return not_changed(brought->http);
      // What "has not changed" cannot be read here any more: ask for all of it.
      conditional_ = false;
      brought = bring();
    }
    if (!brought) return failed(brought.error());
    const auto verified =
        verify_list(brought->list, brought->signature, key(), list_.url, context_.now);
    if (!verified) return failed(verified.error());
    if (auto forward = check_forward(*verified); !forward) return failed(forward.error());
    return accept(*brought, *verified);
  }

  /// What is in force, if anything.
  [[nodiscard]] const std::shared_ptr<const PolicyList>& in_force() const { return in_force_; }
  [[nodiscard]] Time fetched() const { return fetched_; }

 private:
  void notice(Severity severity, std::string text) {
    report_.notices.push_back({severity, "list " + list_.name, std::move(text)});
  }

  [[nodiscard]] const OpenPgpKey* key() const { return key_ ? &*key_ : nullptr; }

  Result<void> load_key() {
    if (list_.unsigned_list) return {};
    auto loaded = OpenPgpKey::load(list_.key);
    if (!loaded) return std::unexpected(loaded.error());
    key_ = *std::move(loaded);
    return {};
  }

  /// A remote fault is a warning while there is a last good list. Anything else was refused.
  FetchReport failed(const Error& error) {
    const bool remote = error.code == Errc::unavailable;
    report_.refused = !remote;
    notice(remote && stored_key_is_current() ? Severity::warning : Severity::alert,
           (remote ? "cannot be fetched: " : "refused: ") + error.text +
               (stored_key_is_current()
                    ? "; the last good list of " + format_time(stored_->timestamp) + " stays"
                    : "; there is no earlier good list"));
    return use_stored(SourceState::kept);
  }

  Result<HttpsResponse> bring_one(const std::string& url, const fs::path& to, std::size_t limit,
                                  bool conditional) {
    if (!is_remote(url)) {
      if (auto copied = copy_local(url, to, limit); !copied) return std::unexpected(copied.error());
      return HttpsResponse{};
    }
    HttpsRequest request{.url = url,
                         .etag = {},
                         .last_modified = {},
                         .max_bytes = limit,
                         .deadline = kDeadline,
                         .ca_file = ca_file_};
    if (conditional && stored_ && stored_->url == url && stored_key_is_current()) {
      request.etag = stored_->etag;
      request.last_modified = stored_->last_modified;
    }
    return https_get(request, to);
  }

  Result<Brought> bring() {
    Brought out{.list = directory_ / "list.json", .signature = {}, .http = {}};
    auto http = bring_one(list_.url, out.list, kMaxListBytes, conditional_);
    if (!http) return std::unexpected(http.error());
    out.http = *std::move(http);
    if (out.http.not_changed || list_.unsigned_list) return out;
    out.signature = directory_ / "list.json.asc";
    if (auto signature = bring_one(list_.signature, out.signature, kMaxSignature, false);
        !signature)
      return std::unexpected(signature.error());
    return out;
  }

  /// Whether the stored list was verified with a key that is configured today.
  [[nodiscard]] bool stored_key_is_current() const {
    if (!stored_) return false;
    if (list_.unsigned_list) return true;
    // Without a readable key file the last good list stays: its key was pinned when it came.
    if (!key_) return !stored_->primary_key.empty();
    return std::ranges::find(key_->primary_keys, stored_->primary_key) != key_->primary_keys.end();
  }

  /// The timestamp of a list never goes back (its rules ask for it): an old, validly signed list
  /// would bring back policies that the publisher has withdrawn.
  [[nodiscard]] Result<void> check_forward(const VerifiedList& verified) const {
    if (!stored_key_is_current() || verified.list->timestamp >= stored_->timestamp) return {};
    return fail(Errc::bad_input, list_.url + ": its timestamp " +
                                     format_time(verified.list->timestamp) +
                                     " is older than that of the last good list, " +
                                     format_time(stored_->timestamp));
  }

  FetchReport not_changed(const HttpsResponse& http) {
    stored_->fetched = context_.now;
    if (!http.etag.empty()) stored_->etag = http.etag;
    if (!http.last_modified.empty()) stored_->last_modified = http.last_modified;
    keep(context_.keep_in_store ? context_.store.touch_list(*stored_) : Result<void>{});
    return use_stored(SourceState::not_changed);
  }

  FetchReport accept(const Brought& brought, const VerifiedList& verified) {
    StoredList record{.name = list_.name,
                      .url = list_.url,
                      .primary_key = verified.signature ? verified.signature->primary_key : "",
                      .signature = {},
                      .sha256 = verified.sha256,
                      .timestamp = verified.list->timestamp,
                      .fetched = context_.now,
                      .etag = brought.http.etag,
                      .last_modified = brought.http.last_modified};
    if (verified.signature)
      record.signature = read_file(brought.signature, kMaxSignature).value_or("");
    const bool same = stored_ && stored_->sha256 == record.sha256 &&
                      stored_->primary_key == record.primary_key && stored_->url == record.url;
    if (context_.keep_in_store)
      keep(same ? context_.store.touch_list(record)
                : context_.store.keep_list(record, brought.list));
    in_force_ = verified.list;
    fetched_ = context_.now;
    report_.state = same ? SourceState::not_changed : SourceState::fresh;
    return std::move(report_);
  }

  void keep(const Result<void>& kept) {
    if (!kept) notice(Severity::alert, "the list could not be kept: " + kept.error().text);
  }

  FetchReport use_stored(SourceState state) {
    report_.state = SourceState::never_good;
    if (!stored_) {
      if (context_.offline && is_remote(list_.url))
        notice(Severity::warning, "was never fetched, and this run is offline");
      return std::move(report_);
    }
    if (!stored_key_is_current()) {
      notice(Severity::alert, "the last good list was signed by " + stored_->primary_key +
                                  ", which is not the configured key: it is no longer used");
      return std::move(report_);
    }
    if (auto loaded = load_stored(); !loaded) {
      notice(Severity::alert, "the last good list cannot be used: " + loaded.error().text);
      return std::move(report_);
    }
    fetched_ = stored_->fetched;
    report_.state = state;
    return std::move(report_);
  }

  Result<void> load_stored() {
    const fs::path file = directory_ / "stored.json";
    if (auto copied = context_.store.copy_list(list_.name, file); !copied) return copied;
    const auto digest = file_sha256(file);
    if (!digest) return std::unexpected(digest.error());
    if (*digest != stored_->sha256)
      return fail(Errc::io, "the store does not hold the bytes that were put into it");
    std::ifstream bytes{file, std::ios::binary};
    auto list = parse_list(bytes, "list " + list_.name);
    if (!list) return std::unexpected(list.error());
    in_force_ = std::make_shared<const PolicyList>(*std::move(list));
    return {};
  }

  const ListConfig& list_;
  const std::string& ca_file_;
  const FetchContext& context_;
  fs::path directory_;
  FetchReport report_;
  std::optional<StoredList> stored_;
  std::optional<OpenPgpKey> key_;
  bool conditional_ = true;
  std::shared_ptr<const PolicyList> in_force_;
  Time fetched_;
};

/// An expired list stops enforcing, which is worth an alert; one that will soon, a warning.
void judge_expiry(const PolicyList& list, Seconds warn_before, Time now, const std::string& subject,
                  Notices& notices) {
  const std::string count = std::to_string(list.count(Mode::enforce));
  if (now >= list.expires) {
    notices.push_back({Severity::alert, subject,
                       "expired on " + format_time(list.expires) + ": its " + count +
                           " enforced domains are not enforced by it any more"});
    return;
  }
  // Lists live for days or for months: a third of the life, but never more than warn_before.
  const Seconds notice_time = std::min(warn_before, (list.expires - list.timestamp) / 3);
  if (now >= list.expires - notice_time)
    notices.push_back({Severity::warning, subject,
                       "expires on " + format_time(list.expires) +
                           " unless its publisher renews it: then its " + count +
                           " enforced domains are no longer enforced by it"});
}

}  // namespace

Result<std::string> file_sha256(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in) return io_error(file, "read");
  Poco::SHA2Engine engine{Poco::SHA2Engine::SHA_256};
  std::array<char, 65536> buffer{};
  while (in) {
    in.read(buffer.data(), buffer.size());
    engine.update(buffer.data(), static_cast<unsigned>(in.gcount()));
  }
  if (in.bad()) return io_error(file, "read");
  return Poco::DigestEngine::digestToHex(engine.digest());
}

Result<VerifiedList> verify_list(const fs::path& list, const fs::path& signature,
                                 const OpenPgpKey* key, const std::string& name, Time now) {
  VerifiedList out;
  if (key != nullptr) {
    auto verified = verify_signature(list, signature, *key);
    if (!verified)
      return fail(verified.error().code,
                  name + ": the signature is not accepted: " + verified.error().text);
    out.signature = *std::move(verified);
  }
  auto digest = file_sha256(list);
  if (!digest) return std::unexpected(digest.error());
  out.sha256 = *std::move(digest);
  std::ifstream bytes{list, std::ios::binary};
  if (!bytes) return io_error(list, "read");
  auto parsed = parse_list(bytes, name);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->timestamp > now + kClockTolerance)
    return fail(Errc::bad_input, name + ": its timestamp " + format_time(parsed->timestamp) +
                                     " lies in the future (it is " + format_time(now) + ")");
  out.list = std::make_shared<const PolicyList>(*std::move(parsed));
  return out;
}

FetchReport ListSource::fetch(const FetchContext& context, PolicyInputs& inputs) {
  ListFetch work{list_, ca_file_, context};
  FetchReport report = work.run();
  if (work.in_force() == nullptr) return report;
  judge_expiry(*work.in_force(), warn_before_, context.now, name(), report.notices);
  inputs.add(PublishedList{.name = list_.name,
                           .url = list_.url,
                           .early_adopter = list_.early_adopter,
                           .fetched = work.fetched(),
                           .list = work.in_force()});
  return report;
}

}  // namespace tlspact
