// SPDX-License-Identifier: MIT
/// As asio.h, with the test framework.
#include "cmake/precompiled/asio.h"
#include "tests/support/catch.h"
