#include "cli/options.h"

#include <charconv>
#include <cstddef>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace jinqi::cli {
namespace {

struct CommandRules {
  std::map<std::string, OptionKind> options;
  std::size_t max_arguments = 0;
};

const std::map<std::string, CommandRules>& Commands() {
  using enum OptionKind;
  static const auto& commands = *new std::map<std::string, CommandRules>{
      {"demo",
       {{{"gateway", kText},
         {"sample", kText},
         {"input", kText},
         {"state", kText},
         {"orders", kNumber},
         {"parallel", kNumber},
         {"full", kFlag},
         {"resume", kFlag}}}},
      {"token",
       {{{"gateway", kText},
         {"role", kText},
         {"account", kText},
         {"body", kText},
         {"district", kText},
         {"uscc", kText}}}},
      {"calendar", {{{"gateway", kText}, {"file", kText}}}},
      {"register",
       {{{"run", kText}, {"key", kText}, {"state", kText}, {"file", kText}, {"job", kText}, {"parallel", kNumber}}}},
      {"deadletters", {{{"run", kText}, {"key", kText}, {"service", kText}}, 2}},
  };
  return commands;
}

std::optional<int> ParseNumber(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1) return std::nullopt;
  return number;
}

// The value of the option at words[at]; moves on to the last word that it took.
absl::StatusOr<std::string> ReadValue(const std::vector<std::string>& words, OptionKind kind, std::size_t& at) {
  const std::string& option = words[at];
  if (kind == OptionKind::kFlag) return std::string("yes");
  if (at + 1 == words.size() || words[at + 1].starts_with("--")) {
    return absl::InvalidArgumentError(option + " needs a value");
  }
  const std::string& value = words[++at];
  if (kind == OptionKind::kNumber && !ParseNumber(value).has_value()) {
    return absl::InvalidArgumentError(absl::StrCat(option, " needs a whole number of at least 1, not “", value, "”"));
  }
  return value;
}

}  // namespace

int CommandLine::Number(const std::string& name, int otherwise) const {
  return Has(name) ? ParseNumber(options.at(name)).value_or(otherwise) : otherwise;
}

absl::StatusOr<CommandLine> ReadCommandLine(const std::vector<std::string>& words) {
  if (words.empty()) return absl::InvalidArgumentError("a command is missing");
  const auto command = Commands().find(words.front());
  if (command == Commands().end()) return absl::InvalidArgumentError("there is no command " + words.front());
  const CommandRules& rules = command->second;
  CommandLine line;
  for (std::size_t at = 1; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (!word.starts_with("--")) {
      line.arguments.push_back(word);
      continue;
    }
    const auto option = rules.options.find(word.substr(2));
    if (option == rules.options.end()) return absl::InvalidArgumentError(words.front() + " does not know " + word);
    ASSIGN_OR_RETURN(std::string value, ReadValue(words, option->second, at));
    if (!line.options.emplace(option->first, std::move(value)).second) {
      return absl::InvalidArgumentError(word + " is given twice");
    }
  }
  if (line.arguments.size() > rules.max_arguments) {
    return absl::InvalidArgumentError(words.front() + " does not know " + line.arguments[rules.max_arguments]);
  }
  if (line.Has("resume") && (line.Has("input") || line.Has("orders"))) {
    return absl::InvalidArgumentError("--resume goes on with the last run: --input and --orders are remembered");
  }
  return line;
}

}  // namespace jinqi::cli
