// SPDX-License-Identifier: MIT
/// Reading one subcommand's arguments with Boost.Program_options; its exceptions end here.
#pragma once

#include <boost/program_options.hpp>
#include <optional>
#include <string>
#include <vector>

#include "policy/result.h"
#include "policy/time.h"

namespace tlspact {

class Arguments {
 public:
  struct Usage {
    std::string synopsis;     ///< "tlspact explain [--at TIME] DOMAIN"
    std::string description;  ///< what it does, exit codes
    std::string positional;   ///< name of the positional argument; empty: none
    bool many = false;        ///< it may be given several times: texts()
  };

  Arguments(Usage usage, const boost::program_options::options_description& options)
      : usage_(std::move(usage)), visible_(options) {}

  /// Errors (usage) name the wrong option. After it, wants_help() may be true.
  [[nodiscard]] Result<void> parse(const std::vector<std::string>& arguments);

  [[nodiscard]] bool wants_help() const { return values_.contains("help"); }
  [[nodiscard]] std::string help() const;

  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  [[nodiscard]] std::string text(const std::string& name) const {
    return has(name) ? values_[name].as<std::string>() : std::string{};
  }
  /// Of an option that may be given several times.
  [[nodiscard]] std::vector<std::string> texts(const std::string& name) const {
    return has(name) ? values_[name].as<std::vector<std::string>>() : std::vector<std::string>{};
  }
  /// The positional argument, or an Error (usage) that shows the synopsis.
  [[nodiscard]] Result<std::string> positional() const;
  /// An RFC 3339 time or a date; nullopt if the option was not given.
  [[nodiscard]] Result<std::optional<Time>> time(const std::string& name) const;

 private:
  Usage usage_;
  boost::program_options::options_description visible_;
  boost::program_options::variables_map values_;
};

}  // namespace tlspact
