// SPDX-License-Identifier: MIT
#include "generators/entry_rows.h"

#include <map>
#include <unordered_map>
#include <utility>

#include "generators/row_delta.h"
#include "policy/entry_changes.h"

namespace tlspact {
namespace {

/// The renderings that serve more than one entry: those of a ruling that several domains or
/// patterns share. (A next-hop with brackets or a port may be rendered otherwise.)
class RenderingCache {
 public:
  explicit RenderingCache(const Snapshot& snapshot)
      : snapshot_(snapshot), uses_(snapshot.ruling_count(), 0) {
    for (std::size_t i = 0; i < snapshot.size(); ++i) {
      std::uint8_t& uses = uses_[snapshot.ruling_number(i)];
      if (uses < 2) ++uses;
    }
  }

  /// nullptr: there is none for this entry.
  [[nodiscard]] const RenderedEntry* find(std::size_t index) const {
    if (!is_shared(index)) return nullptr;
    const auto found = known_.find(snapshot_.ruling_number(index));
    return found == known_.end() ? nullptr : &found->second;
  }

  void keep(std::size_t index, const RenderedEntry& rendered) {
    if (is_shared(index) && !rendered.depends_on_key)
      known_.emplace(snapshot_.ruling_number(index), rendered);
  }

 private:
  [[nodiscard]] bool is_shared(std::size_t index) const {
    return uses_[snapshot_.ruling_number(index)] > 1 &&
           PolicyKey::is_by_domain(snapshot_.key_text(index));
  }

  const Snapshot& snapshot_;
  std::vector<std::uint8_t> uses_;  ///< by ruling; 2: twice or more often
  std::unordered_map<std::uint32_t, RenderedEntry> known_;
};

/// The few rows that differ, put together from both sides.
class Delta {
 public:
  explicit Delta(const StreamReport& reported) : entries_(reported.entries) {}

  void take_out(std::string_view key, const RenderedEntry& rendered) {
    add_notices(gone_, key, rendered);
    if (rendered.value) --entries_;
    patches_.try_emplace(std::string{key});
  }
  void put_in(std::string_view key, RenderedEntry rendered) {
    add_notices(come_, key, rendered);
    if (rendered.value) ++entries_;
    if (rendered.value) patches_[std::string{key}] = std::move(rendered.value);
  }
  void take_out(const Row& row) { patches_.try_emplace(row.key); }
  void put_in(const Row& row) { patches_[row.key] = row.value; }

  [[nodiscard]] std::optional<RowDelta> finish(const Notices& before) {
    auto notices = adjust_notices(before, gone_, come_);
    if (!notices) return std::nullopt;
    RowDelta out{.patches = {}, .report = {.entries = entries_, .notices = *std::move(notices)}};
    for (auto& [key, value] : patches_)
      out.patches.push_back({key, std::move(value)});
    return out;
  }

 private:
  static void add_notices(Notices& to, std::string_view key, const RenderedEntry& rendered) {
    for (const Notice& each : rendered.notices)
      to.push_back({each.severity, std::string{key}, each.text, 0});
  }

  std::size_t entries_;
  std::map<std::string, std::optional<std::string>> patches_;
  Notices gone_;
  Notices come_;
};

class EntryRows : public RowStream {
 public:
  EntryRows(const Snapshot& snapshot, std::function<RenderedEntry(const SnapshotEntry&)> render,
            Rows extra)
      : snapshot_(snapshot), render_(std::move(render)), extra_(std::move(extra)) {}

  Result<StreamReport> each(const RowSink& sink) const override {
    RenderingCache cache{snapshot_};
    NoticeTally notices;
    StreamReport report;
    auto extra = extra_.begin();
    for (std::size_t i = 0; i < snapshot_.size(); ++i) {
      const std::string_view key = snapshot_.key_text(i);
      for (; extra != extra_.end() && extra->key < key; ++extra) {
        if (auto taken = sink(extra->key, extra->value); !taken)
          return std::unexpected(taken.error());
      }
      RenderedEntry own;
      const RenderedEntry* rendered = cache.find(i);
      if (rendered == nullptr) {
        own = render_(snapshot_.entry(i));
        cache.keep(i, own);
        rendered = &own;
      }
      for (const Notice& each : rendered->notices)
        notices.add(each.severity, key, each.text);
      if (!rendered->value) continue;
      ++report.entries;
      if (auto taken = sink(key, *rendered->value); !taken) return std::unexpected(taken.error());
    }
    for (; extra != extra_.end(); ++extra) {
      if (auto taken = sink(extra->key, extra->value); !taken)
        return std::unexpected(taken.error());
    }
    report.notices = notices.take();
    return report;
  }

  std::optional<RowDelta> since(const RowStream& before,
                                const StreamReport& reported) const override {
    constexpr std::size_t kFew = 1000;
    const auto* old = dynamic_cast<const EntryRows*>(&before);
    if (old == nullptr) return std::nullopt;
    const auto changes = entry_changes(old->snapshot_, snapshot_, kFew);
    if (!changes) return std::nullopt;
    Delta delta{reported};
    for (const Row& row : old->extra_)
      if (!has_extra(row)) delta.take_out(row);
    for (const EntryChange& each : *changes) {
      if (!each.before) continue;
      const SnapshotEntry entry = old->snapshot_.entry(*each.before);
      delta.take_out(entry.text(), old->render_(entry));
    }
    for (const EntryChange& each : *changes) {
      if (!each.after) continue;
      const SnapshotEntry entry = snapshot_.entry(*each.after);
      delta.put_in(entry.text(), render_(entry));
    }
    for (const Row& row : extra_)
      if (!old->has_extra(row)) delta.put_in(row);
    return delta.finish(reported.notices);
  }

 private:
  [[nodiscard]] bool has_extra(const Row& row) const {
    return std::ranges::binary_search(extra_, row);
  }

  const Snapshot& snapshot_;
  std::function<RenderedEntry(const SnapshotEntry&)> render_;
  Rows extra_;
};

class FixedRows : public RowStream {
 public:
  explicit FixedRows(Rows rows) : rows_(std::move(rows)) {}

  Result<StreamReport> each(const RowSink& sink) const override {
    for (const Row& row : rows_) {
      if (auto taken = sink(row.key, row.value); !taken) return std::unexpected(taken.error());
    }
    return StreamReport{.entries = rows_.size(), .notices = {}};
  }

 private:
  Rows rows_;
};

}  // namespace

std::shared_ptr<const RowStream> fixed_rows(Rows rows) {
  return std::make_shared<const FixedRows>(std::move(rows));
}

std::shared_ptr<const RowStream> entry_rows(
    const Snapshot& snapshot, std::function<RenderedEntry(const SnapshotEntry&)> render,
    Rows extra) {
  return std::make_shared<const EntryRows>(snapshot, std::move(render), std::move(extra));
}

}  // namespace tlspact
