// The commands behind ./jinqi that speak to running services.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "cli/api.h"
#include "cli/calendar_load.h"
#include "cli/dead_letters.h"
#include "cli/demo.h"

namespace {

using Options = std::map<std::string, std::string>;

// --name value, and --flag for the few that take no value; anything else is an argument: "0", "1" …
Options ReadOptions(int argc, char** argv) {
  Options options;
  int arguments = 0;
  for (int i = 2; i < argc; ++i) {
    if (std::strncmp(argv[i], "--", 2) != 0) {
      options[std::to_string(arguments++)] = argv[i];
    } else if (std::strcmp(argv[i], "--resume") == 0) {
      options["resume"] = "yes";
    } else if (i + 1 < argc) {
      const char* name = argv[i] + 2;
      options[name] = argv[++i];
    }
  }
  return options;
}

absl::Status Demo(Options& options) {
  jinqi::cli::DemoOptions demo;
  demo.gateway = options["gateway"];
  demo.input = options.contains("input") ? options["input"] : options["sample"];
  demo.orders = std::atoi(options["orders"].c_str());
  demo.resume = options.contains("resume");
  demo.state_directory = options["state"];
  if (options.contains("parallel")) demo.parallel = std::max(1, std::atoi(options["parallel"].c_str()));
  return jinqi::cli::RunDemo(demo);
}

absl::Status Token(Options& options) {
  jinqi::cli::Api api(options["gateway"], 5);
  std::string role = options["role"];
  for (char& c : role) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (role.empty()) return absl::InvalidArgumentError("token needs --role, for example --role seat");
  const auto token = api.Token({role, options["account"], options["body"], options["district"], options["uscc"]});
  if (!token.ok()) return token.status();
  std::printf("%s\n", token->c_str());
  return absl::OkStatus();
}

absl::Status Run(const std::string& command, Options& options) {
  if (command == "demo") return Demo(options);
  if (command == "token") return Token(options);
  if (command == "calendar") return jinqi::cli::LoadCalendar(options["gateway"], options["file"]);
  if (command == "deadletters") {
    return jinqi::cli::DeadLetters({options["run"], options["key"], options["0"], options["1"], options["service"]});
  }
  return absl::InvalidArgumentError("there is no command " + command);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: jinqi_cli demo|token|calendar|deadletters [options]; see ./jinqi --help\n");
    return 2;
  }
  Options options = ReadOptions(argc, argv);
  const absl::Status status = Run(argv[1], options);
  if (status.ok()) return 0;
  std::fprintf(stderr, "jinqi: %s\n", std::string(status.message()).c_str());
  return 1;
}
