// SPDX-License-Identifier: MIT
/// As standard.h, with what every subcommand uses.
#include "cmake/precompiled/standard.h"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <boost/json/serialize.hpp>
#include <boost/program_options.hpp>
