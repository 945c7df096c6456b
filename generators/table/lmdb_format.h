// SPDX-License-Identifier: MIT
/// The form of an lmdb file, as far as one has to see that lmdb can read it.
#pragma once

#include <string_view>

namespace tlspact {

/// Whether lmdb can read every row of the only, plain database of these bytes. lmdb itself believes
/// what it finds: a file that is cut off ends the process (SIGBUS), and so does a damaged page
/// (abort, SIGSEGV). Values that have changed are not seen.
[[nodiscard]] bool is_whole_lmdb(std::string_view bytes);

}  // namespace tlspact
