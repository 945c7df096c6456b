// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>

#include "generators/process/subprocess.h"
#include "generators/table/file.h"
#include "generators/table/table_formats.h"

namespace tlspact {
namespace {

constexpr std::chrono::minutes kDeadline{10};

std::unexpected<Error> postmap_error(const std::filesystem::path& path,
                                     const CommandOutput& output) {
  return fail(Errc::io, path.string() + ": postmap failed: " + first_line(output) +
                            "; see that Postfix has this table type (postconf -m)");
}

/// postmap takes the path without ".db".
std::filesystem::path without_extension(std::filesystem::path path) {
  return path.replace_extension();
}

/// Writes the text that postmap reads, and has it make the table at the end.
class HashWriter : public TableWriter {
 public:
  HashWriter(std::filesystem::path path, std::unique_ptr<TableWriter> text)
      : path_(std::move(path)), text_(std::move(text)) {}
  HashWriter(const HashWriter&) = delete;
  HashWriter& operator=(const HashWriter&) = delete;
  HashWriter(HashWriter&&) = delete;
  HashWriter& operator=(HashWriter&&) = delete;
  ~HashWriter() override {
    std::error_code ignored;
    std::filesystem::remove(without_extension(path_), ignored);
  }

  Result<void> add(std::string_view key, std::string_view value) override {
    return text_->add(key, value);
  }

  Result<void> finish() override {
    if (auto finished = text_->finish(); !finished) return finished;
    const auto output =
        run_command({.argv = {"postmap", "hash:" + without_extension(path_).string()},
                     .input = {},
                     .deadline = kDeadline});
    if (!output) return std::unexpected(output.error());
    if (output->exit_code != 0) return postmap_error(path_, *output);
    return flush_file(path_);
  }

 private:
  std::filesystem::path path_;
  std::unique_ptr<TableWriter> text_;
};

/// What postmap printed, sorted.
class HashReader : public TableReader {
 public:
  explicit HashReader(Rows rows) : rows_(std::move(rows)) {}
  Result<bool> next() override { return ++next_ <= rows_.size(); }
  [[nodiscard]] std::string_view key() const override { return rows_[next_ - 1].key; }
  [[nodiscard]] std::string_view value() const override { return rows_[next_ - 1].value; }

 private:
  Rows rows_;
  std::size_t next_ = 0;
};

/// "key<TAB>value" lines.
Rows parse_listing(std::string_view text) {
  Rows rows;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    rows.push_back({std::string{line.substr(0, tab)}, std::string{line.substr(tab + 1)}});
  }
  std::ranges::stable_sort(rows, {}, &Row::key);
  return rows;
}

}  // namespace

Result<std::unique_ptr<TableWriter>> create_hash(const std::filesystem::path& path) {
  const std::filesystem::path source = without_extension(path);
  std::error_code ignored;
  std::filesystem::remove(source, ignored);  // of a run that was killed
  auto text = create_texthash(source);
  if (!text) return std::unexpected(text.error());
  return std::make_unique<HashWriter>(path, *std::move(text));
}

Result<std::unique_ptr<TableReader>> open_hash(const std::filesystem::path& path) {
  if (std::error_code error; !std::filesystem::exists(path, error))
    return fail(Errc::no_input, path.string() + ": cannot be read: no such file");
  const auto output =
      run_command({.argv = {"postmap", "-s", "hash:" + without_extension(path).string()},
                   .input = {},
                   .deadline = kDeadline});
  if (!output) return std::unexpected(output.error());
  if (output->exit_code != 0) {
    auto error = postmap_error(path, *output);
    error.error().code = Errc::bad_input;
    return error;
  }
  return std::make_unique<HashReader>(parse_listing(output->out));
}

}  // namespace tlspact
