// SPDX-License-Identifier: MIT
#include "generators/table/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generators/table/file.h"

namespace tlspact {

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    auto error = io_error(path, "read");
    error.error().code = Errc::no_input;
    return error;
  }
  struct stat status{};
  void* begin = nullptr;
  bool good = ::fstat(fd, &status) == 0;
  const auto size = static_cast<std::size_t>(status.st_size);
  if (good && size > 0) {
    begin = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    good = begin != MAP_FAILED;
  }
  auto error = io_error(path, "read");
  ::close(fd);
  if (!good) return error;
  if (size > 0) ::madvise(begin, size, MADV_SEQUENTIAL);
  return MappedFile{static_cast<const char*>(begin), size};
}

void MappedFile::let_go(std::size_t position) {
  constexpr std::size_t kStep = 4UL << 20;  // a multiple of any page size
  for (; position - let_go_ >= kStep; let_go_ += kStep)
    ::madvise(const_cast<char*>(begin_) + let_go_, kStep, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (begin_ != nullptr) ::munmap(const_cast<char*>(begin_), size_);
}

}  // namespace tlspact
