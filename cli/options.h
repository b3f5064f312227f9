// The words after a command of jinqi_cli: which there are, and what they may be.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace jinqi::cli {

enum class OptionKind { kText, kNumber, kFlag };

struct CommandLine {
  // What was given, by name without the dashes; a flag is "yes".
  std::map<std::string, std::string> options;
  // What is no option, in order.
  std::vector<std::string> arguments;

  bool Has(const std::string& name) const { return options.contains(name); }
  // Empty where it was not given.
  std::string Text(const std::string& name) const { return Has(name) ? options.at(name) : std::string(); }
  // `otherwise` where it was not given.
  int Number(const std::string& name, int otherwise) const;
};

// `words`: the command first. INVALID_ARGUMENT, with what is wrong, for a command or an option that there is not, an
// option twice or without its value, a number that is not 1 to 2,147,483,647 in digits, or too many arguments.
absl::StatusOr<CommandLine> ReadCommandLine(const std::vector<std::string>& words);

}  // namespace jinqi::cli
