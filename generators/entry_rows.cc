// SPDX-License-Identifier: MIT
#include "generators/entry_rows.h"

#include <unordered_map>
#include <utility>

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

 private:
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
