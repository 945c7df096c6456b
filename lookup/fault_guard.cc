// SPDX-License-Identifier: MIT
#include "lookup/fault_guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace tlspact {
namespace {

struct Range {
  std::atomic<std::uintptr_t> begin = 0;
  std::atomic<std::uintptr_t> end = 0;  ///< 0: free
  std::atomic<bool> tripped = false;
};

// A signal handler has nothing but globals.
std::array<Range, 8> ranges;
std::uintptr_t page_size = 0;

extern "C" void on_bus_error(int signal, siginfo_t* info, void* /*context*/) {
  const int error = errno;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (Range& range : ranges) {
    if (address < range.begin || address >= range.end) continue;
    range.tripped = true;
    void* const page = reinterpret_cast<void*>(address / page_size * page_size);
    if (::mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
        MAP_FAILED) {
      errno = error;
      return;
    }
  }
  ::signal(signal, SIG_DFL);  // not ours: the same access kills the process
}

void install_handler() {
  page_size = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction action{};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

FaultGuard::FaultGuard(const char* begin, std::size_t size) {
  if (page_size == 0) install_handler();
  const auto from = reinterpret_cast<std::uintptr_t>(begin);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].end != 0) continue;
    ranges[i].tripped = false;
    ranges[i].begin = from;
    ranges[i].end = from + size;
    number_ = static_cast<int>(i);
    return;
  }
}

FaultGuard::~FaultGuard() {
  if (number_ >= 0) ranges[static_cast<std::size_t>(number_)].end = 0;
}

bool FaultGuard::has_tripped() const {
  return number_ >= 0 && ranges[static_cast<std::size_t>(number_)].tripped;
}

}  // namespace tlspact
