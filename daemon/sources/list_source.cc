// SPDX-License-Identifier: MIT
#include "daemon/sources/list_source.h"

#include <Poco/Crypto/DigestEngine.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <utility>

#include "daemon/sources/https_client.h"
#include "daemon/sources/list_cache.h"
#include "daemon/sources/list_parser.h"
#include "generators/process/temp_directory.h"
#include "generators/table/file.h"
#include "policy/guards.h"

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

/// Reads the list that the store keeps, and makes sure that it is the one that was put into it.
Result<std::shared_ptr<const PolicyList>> load_stored(const Store& store,
                                                      const StoredList& record) {
  const fs::path file = store.list_file(record);
  if (auto cached = read_list_cache(list_cache_path(file)))
    return std::make_shared<const PolicyList>(*std::move(cached));
  const auto digest = file_sha256(file);
  if (!digest) return std::unexpected(digest.error());
  if (*digest != record.sha256)
    return fail(Errc::io, "the store does not hold the bytes that were put into it");
  std::ifstream bytes{file, std::ios::binary};
  auto list = parse_list(bytes, "list " + record.name);
  if (!list) return std::unexpected(list.error());
  return std::make_shared<const PolicyList>(*std::move(list));
}

/// The work of one fetch().
class ListFetch {
 public:
  ListFetch(const ListConfig& list, const std::string& ca_file, const FetchContext& context)
      : list_(list), ca_file_(ca_file), context_(context) {}

  FetchReport run() {
    auto directory = TempDirectory::make(context_.scratch);
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
    if (is_as_stored()) return verify_as_stored();
    auto brought = bring();
    if (brought && brought->http.not_changed) {
      if (stored_can_be_read()) return not_changed(brought->http);
      // What "has not changed" cannot be read here any more: ask for all of it.
      conditional_ = false;
      brought = bring();
    }
    if (!brought) return failed(brought.error());
    const auto verified = verify_list(brought->list, brought->signature, key(), list_.url,
                                      context_.now, context_.scratch);
    if (!verified) return failed(verified.error());
    if (auto forward = check_forward(*verified); !forward) return failed(forward.error());
    if (auto held = check_loss(*verified); !held) return held_back(held.error());
    return accept(*brought, *verified);
  }

  /// What is in force, if anything.
  [[nodiscard]] std::optional<ListInForce> take() { return std::move(in_force_); }

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

  FetchReport held_back(const Error& error) {
    notice(Severity::alert, error.text + "; the last good list of " +
                                format_time(stored_->timestamp) + " stays until \"tlspact accept " +
                                list_.name + "\"");
    report_.refused = true;
    return use_stored(SourceState::kept);
  }

  /// Whether a local file holds the bytes that the store has, with the signature that goes with
  /// them; then it need be neither copied nor parsed.
  [[nodiscard]] bool is_as_stored() const {
    if (!stored_key_is_current() || is_remote(list_.url) || is_remote(list_.signature))
      return false;
    if (stored_->url != list_.url || stored_->expires == Time{}) return false;
    std::error_code error;
    if (!fs::is_regular_file(context_.store.list_file(*stored_), error)) return false;
    for (const std::string* file : {&list_.url, &list_.signature}) {
      if (!file->empty() && !fs::is_regular_file(*file, error)) return false;
    }
    const auto digest = file_sha256(list_.url);
    if (!digest || *digest != stored_->sha256) return false;
    return list_.unsigned_list ||
           read_file(list_.signature, kMaxSignature).value_or("") == stored_->signature;
  }

  FetchReport verify_as_stored() {
    if (key() != nullptr) {
      const auto signature = verify_signature(list_.url, list_.signature, *key(), context_.scratch);
      if (!signature)
        return failed({signature.error().code,
                       list_.url + ": the signature is not accepted: " + signature.error().text});
    }
    return not_changed({});
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
                         .ca_file = ca_file_,
                         .stop = context_.stop};
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

  [[nodiscard]] bool stored_can_be_read() {
    auto loaded = load_stored(context_.store, *stored_);
    if (!loaded) return false;
    parsed_ = *std::move(loaded);
    return true;
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

  /// The shrink guard. An expired list protects nobody any more, so anything may replace it.
  [[nodiscard]] Result<void> check_loss(const VerifiedList& verified) {
    if (!stored_key_is_current() || verified.sha256 == stored_->sha256) return {};
    const auto before = load_stored(context_.store, *stored_);
    if (!before || context_.now >= (*before)->expires) return {};
    const ListLoss loss = compare_lists(**before, *verified.list, list_.early_adopter);
    if (!shrinks_too_much(loss, list_.max_shrink_percent())) return {};
    const auto known = context_.store.held_list(list_.name);
    HeldList held =
        known && *known
            ? **known
            : HeldList{.name = list_.name, .good_sha256 = {}, .sha256 = {}, .since = context_.now};
    const bool accepted = held.accepted && held.good_sha256 == stored_->sha256 &&
                          loss.lost_domains <= held.lost_domains &&
                          loss.lost_enforced <= held.lost_enforced;
    if (accepted) return {};
    held.accepted = false;
    held.good_sha256 = stored_->sha256;
    held.sha256 = verified.sha256;
    held.timestamp = verified.list->timestamp;
    held.lost_domains = loss.lost_domains;
    held.lost_enforced = loss.lost_enforced;
    if (context_.keep_in_store) keep(context_.store.keep_held_list(held));
    return fail(Errc::bad_input,
                "held back: the version of " + format_time(verified.list->timestamp) +
                    " gives up " + std::to_string(loss.lost_enforced) + " of " +
                    std::to_string(loss.enforced) + " enforced domains and " +
                    std::to_string(loss.lost_domains) + " of all " + std::to_string(loss.domains) +
                    " (max_shrink is " + list_.max_shrink + ")");
  }

  FetchReport not_changed(const HttpsResponse& http) {
    stored_->fetched = context_.now;
    if (!http.etag.empty()) stored_->etag = http.etag;
    if (!http.last_modified.empty()) stored_->last_modified = http.last_modified;
    if (parsed_ != nullptr) add_figures(*stored_, *parsed_);
    keep(context_.keep_in_store ? context_.store.touch_list(*stored_) : Result<void>{});
    return use_stored(SourceState::not_changed);
  }

  static void add_figures(StoredList& record, const PolicyList& list) {
    record.timestamp = list.timestamp;
    record.expires = list.expires;
    record.enforced = list.count(Mode::enforce);
  }

  FetchReport accept(const Brought& brought, const VerifiedList& verified) {
    StoredList record{.name = list_.name,
                      .url = list_.url,
                      .primary_key = verified.signature ? verified.signature->primary_key : "",
                      .signature = {},
                      .sha256 = verified.sha256,
                      .timestamp = {},
                      .expires = {},
                      .fetched = context_.now,
                      .etag = brought.http.etag,
                      .last_modified = brought.http.last_modified};
    add_figures(record, *verified.list);
    if (verified.signature)
      record.signature = read_file(brought.signature, kMaxSignature).value_or("");
    const bool same = stored_ && stored_->sha256 == record.sha256 &&
                      stored_->primary_key == record.primary_key && stored_->url == record.url &&
                      stored_->signature == record.signature;
    if (context_.keep_in_store) {
      keep(same ? context_.store.touch_list(record)
                : context_.store.keep_list(record, brought.list));
      keep(context_.store.forget_held_list(list_.name));
    }
    in_force_ = ListInForce{.record = std::move(record), .parsed = verified.list, .caching = {}};
    if (context_.keep_in_store && !same) cache(*in_force_);
    report_.state = same ? SourceState::not_changed : SourceState::fresh;
    return std::move(report_);
  }

  /// While the run goes on. Without it the next run parses the list again.
  void cache(ListInForce& list) const {
    list.caching =
        std::async(std::launch::async,
                   [file = list_cache_path(context_.store.list_file(list.record)),
                    parsed = list.parsed] { static_cast<void>(write_list_cache(file, *parsed)); });
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
    // Without its figures (a store of an earlier version) it has to be read now.
    if (stored_->expires == Time{} && parsed_ == nullptr) {
      auto loaded = load_stored(context_.store, *stored_);
      if (!loaded) {
        notice(Severity::alert, "the last good list cannot be used: " + loaded.error().text);
        return std::move(report_);
      }
      parsed_ = *std::move(loaded);
      add_figures(*stored_, *parsed_);
    }
    in_force_ = ListInForce{.record = *stored_, .parsed = std::move(parsed_), .caching = {}};
    report_.state = state;
    return std::move(report_);
  }

  const ListConfig& list_;
  const std::string& ca_file_;
  const FetchContext& context_;
  fs::path directory_;
  FetchReport report_;
  std::optional<StoredList> stored_;
  std::optional<OpenPgpKey> key_;
  bool conditional_ = true;
  std::shared_ptr<const PolicyList> parsed_;  ///< of the stored one, if it was read
  std::optional<ListInForce> in_force_;
};

/// An expired list stops enforcing, which is worth an alert; one that will soon, a warning.
void judge_expiry(const StoredList& list, Seconds warn_before, Time now, const std::string& subject,
                  Notices& notices) {
  const std::string count = std::to_string(list.enforced);
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
  Poco::Crypto::DigestEngine engine{"SHA256"};
  std::vector<char> buffer(1UL << 18);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    engine.update(buffer.data(), static_cast<unsigned>(in.gcount()));
  }
  if (in.bad()) return io_error(file, "read");
  return Poco::DigestEngine::digestToHex(engine.digest());
}

Result<VerifiedList> verify_list(const fs::path& list, const fs::path& signature,
                                 const OpenPgpKey* key, const std::string& name, Time now,
                                 const fs::path& scratch) {
  std::ifstream bytes{list, std::ios::binary};
  if (!bytes) return io_error(list, "read");
  // The same bytes are digested, verified by gpgv and parsed side by side; what was parsed is
  // looked at only if the signature is good.
  auto digesting = std::async(std::launch::async, file_sha256, list);
  auto verifying = std::async(std::launch::async, [&]() -> Result<VerifiedSignature> {
    if (key == nullptr) return VerifiedSignature{};
    return verify_signature(list, signature, *key, scratch);
  });
  auto parsed = parse_list(bytes, name);
  auto verified = verifying.get();
  auto digest = digesting.get();
  if (!verified)
    return fail(verified.error().code,
                name + ": the signature is not accepted: " + verified.error().text);
  if (!digest) return std::unexpected(digest.error());
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->timestamp > now + kClockTolerance)
    return fail(Errc::bad_input, name + ": its timestamp " + format_time(parsed->timestamp) +
                                     " lies in the future (it is " + format_time(now) + ")");
  VerifiedList out;
  if (key != nullptr) out.signature = *std::move(verified);
  out.sha256 = *std::move(digest);
  out.list = std::make_shared<const PolicyList>(*std::move(parsed));
  return out;
}

FetchReport ListSource::fetch(const FetchContext& context) {
  ListFetch work{list_, ca_file_, context};
  FetchReport report = work.run();
  in_force_ = work.take();
  if (in_force_) judge_expiry(in_force_->record, warn_before_, context.now, name(), report.notices);
  return report;
}

FetchReport ListSource::load(const FetchContext& context, PolicyInputs& inputs) {
  FetchReport report{.state = SourceState::not_changed};
  if (!in_force_) return report;
  std::shared_ptr<const PolicyList> list = std::move(in_force_->parsed);
  if (list == nullptr) {
    auto loaded = load_stored(context.store, in_force_->record);
    if (!loaded) {
      report.state = SourceState::never_good;
      report.notices.push_back(
          {Severity::alert, name(), "the last good list cannot be used: " + loaded.error().text});
      return report;
    }
    list = *std::move(loaded);
  }
  inputs.add(PublishedList{.name = list_.name,
                           .url = list_.url,
                           .early_adopter = list_.early_adopter,
                           .fetched = in_force_->record.fetched,
                           .list = std::move(list)});
  return report;
}

std::string ListSource::fingerprint() const {
  return list_.name + " " + list_.url + (list_.early_adopter ? " early " : " ") +
         (in_force_ ? in_force_->record.sha256 : "none");
}

std::optional<Time> ListSource::next_change(Time now) const {
  if (!in_force_ || in_force_->record.expires <= now) return std::nullopt;
  return in_force_->record.expires;
}

}  // namespace tlspact
