// SPDX-License-Identifier: MIT
/// What nearly every file includes anyway, compiled once a target (CMakeLists.txt). No file may
/// rely on it: the clang presets build without.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>
