// The commands behind ./jinqi that speak to running services.
#include <cctype>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/api.h"
#include "cli/calendar_load.h"
#include "cli/dead_letters.h"
#include "cli/demo.h"
#include "cli/options.h"
#include "cli/register_import.h"
#include "common/status/status.h"
#include "google/rpc/error_details.pb.h"

namespace {

using jinqi::cli::CommandLine;

constexpr int kFailed = 1;
constexpr int kMisused = 2;
constexpr int kTokenPatienceSeconds = 5;

absl::Status Demo(const CommandLine& line) {
  if (line.Has("full") && (line.Has("input") || line.Has("orders"))) {
    return absl::InvalidArgumentError("--full goes with the sample, whole");
  }
  jinqi::cli::DemoOptions demo;
  demo.gateway = line.Text("gateway");
  demo.input = line.Text(line.Has("input") ? "input" : "sample");
  demo.orders = line.Number("orders", 0);
  demo.full = line.Has("full");
  demo.resume = line.Has("resume");
  demo.state_directory = line.Text("state");
  demo.parallel = line.Number("parallel", demo.parallel);
  return jinqi::cli::RunDemo(demo);
}

absl::Status Token(const CommandLine& line) {
  jinqi::cli::Api api(line.Text("gateway"), kTokenPatienceSeconds);
  std::string role = line.Text("role");
  for (char& c : role) c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (role.empty()) return absl::InvalidArgumentError("token needs --role, for example --role seat");
  const auto token =
      api.Token({role, line.Text("account"), line.Text("body"), line.Text("district"), line.Text("uscc")});
  if (!token.ok()) return token.status();
  std::printf("%s\n", token->c_str());
  return absl::OkStatus();
}

absl::Status DeadLetters(const CommandLine& line) {
  const auto argument = [&line](std::size_t at) { return at < line.arguments.size() ? line.arguments[at] : ""; };
  return jinqi::cli::DeadLetters({line.Text("run"), line.Text("key"), argument(0), argument(1), line.Text("service")});
}

absl::Status Register(const CommandLine& line) {
  jinqi::cli::RegisterImportOptions import;
  import.input = line.Text("file");
  import.job = line.Text("job");
  import.state_directory = line.Text("state");
  import.intake = "file:" + line.Text("run") + "/intake.json";
  import.key_file = line.Text("key");
  import.parallel = line.Number("parallel", import.parallel);
  return jinqi::cli::ImportRegister(import);
}

absl::Status Run(const std::string& command, const CommandLine& line) {
  if (command == "demo") return Demo(line);
  if (command == "token") return Token(line);
  if (command == "calendar") return jinqi::cli::LoadCalendar(line.Text("gateway"), line.Text("file"));
  if (command == "register") return Register(line);
  return DeadLetters(line);
}

// What went wrong; where the platform has words for it, those too.
std::string Told(const absl::Status& status) {
  std::string text(status.message());
  google::rpc::LocalizedMessage message;
  const google::rpc::Status proto = jinqi::ToProto(status);
  for (const auto& detail : proto.details()) {
    if (detail.UnpackTo(&message)) text += ": " + message.message();
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto line = jinqi::cli::ReadCommandLine(words);
  if (!line.ok()) {
    std::fprintf(stderr,
                 "jinqi: %s\nusage: ./jinqi demo|token|calendar|register|deadletters [options]; see ./jinqi --help\n",
                 std::string(line.status().message()).c_str());
    return kMisused;
  }
  const absl::Status status = Run(words.front(), *line);
  if (status.ok()) return 0;
  std::fprintf(stderr, "jinqi: %s\n", Told(status).c_str());
  return kFailed;
}
