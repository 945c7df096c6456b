// SPDX-License-Identifier: MIT
/// As standard.h, with the test framework.
#include "cmake/precompiled/standard.h"
#include "tests/support/catch.h"
