// SPDX-License-Identifier: MIT
#include <fstream>
#include <utility>

#include "generators/table/file.h"
#include "generators/table/table_formats.h"

namespace tlspact {
namespace {

constexpr unsigned kMode = 0644;

class TexthashWriter : public TableWriter {
 public:
  TexthashWriter(std::filesystem::path path, FileWriter file)
      : path_(std::move(path)), file_(std::move(file)) {}

  Result<void> add(std::string_view key, std::string_view value) override {
    for (const std::string_view part :
         {key, std::string_view{" "}, value, std::string_view{"\n"}}) {
      if (auto written = file_.write(part); !written) return written;
    }
    return {};
  }
  Result<void> finish() override { return file_.finish(); }

 private:
  std::filesystem::path path_;
  FileWriter file_;
};

class TexthashReader : public TableReader {
 public:
  TexthashReader(std::filesystem::path path, std::ifstream file)
      : path_(std::move(path)), file_(std::move(file)) {}

  Result<bool> next() override {
    do {
      if (!std::getline(file_, line_)) {
        if (file_.bad()) return fail(Errc::bad_input, path_.string() + ": cannot be read");
        return false;
      }
      if (file_.eof())  // the last byte is no newline
        return fail(Errc::bad_input, path_.string() + ": the last line is cut off");
    } while (line_.empty() || line_.front() == '#');
    space_ = line_.find(' ');
    if (space_ == std::string::npos)
      return fail(Errc::bad_input, path_.string() + ": a line without a value");
    return true;
  }
  [[nodiscard]] std::string_view key() const override {
    return std::string_view{line_}.substr(0, space_);
  }
  [[nodiscard]] std::string_view value() const override {
    return std::string_view{line_}.substr(space_ + 1);
  }

 private:
  std::filesystem::path path_;
  std::ifstream file_;
  std::string line_;
  std::size_t space_ = 0;
};

}  // namespace

Result<std::unique_ptr<TableWriter>> create_texthash(const std::filesystem::path& path) {
  auto file = FileWriter::create(path, kMode);
  if (!file) return std::unexpected(file.error());
  if (auto written = file->write("# Written by tlspact, which writes it anew: do not edit.\n");
      !written)
    return std::unexpected(written.error());
  return std::make_unique<TexthashWriter>(path, *std::move(file));
}

Result<std::unique_ptr<TableReader>> open_texthash(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) {
    auto error = io_error(path, "read");
    error.error().code = Errc::no_input;
    return error;
  }
  return std::make_unique<TexthashReader>(path, std::move(file));
}

}  // namespace tlspact
