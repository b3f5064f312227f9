#include "common/config/config.h"

#include <unistd.h>

#include <filesystem>

#include <catch2/catch.hpp>

#include "jinqi/config/v1/default.pb.h"
#include "jinqi/config/v1/service_config.pb.h"

namespace jinqi::config {
namespace {

using Catch::Matchers::Contains;
using config::v1::GatewayConfig;
using config::v1::IntakeConfig;

class TempFile {
 public:
  explicit TempFile(std::string_view content)
      : path_(std::filesystem::temp_directory_path() / ("jinqi_config_" + std::to_string(getpid()) + "_" +
                                                        std::to_string(reinterpret_cast<std::uintptr_t>(this)))) {
    REQUIRE(WriteFileAtOnce(path_, content).ok());
  }
  ~TempFile() { std::filesystem::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

TEST_CASE("a file is read, what it leaves out has the declared default", "[config]") {
  const TempFile file(
      "server { database: \"sqlite:x\" pool_threads: 0 peers { key: \"intake\" value: \"unix:/i\" } }\n");
  const auto config = Load<IntakeConfig>(file.path());
  REQUIRE(config.ok());
  CHECK(config->server().database() == "sqlite:x");
  CHECK(config->server().pool_threads() == 0);
  CHECK(config->server().listen() == "127.0.0.1:0");
  CHECK(config->server().environment() == config::v1::ENVIRONMENT_PRODUCTION);
  CHECK(config->server().ledger().max_batch() == 256);
  CHECK(config->server().peers().at("intake") == "unix:/i");
}

TEST_CASE("defaults reach nested and repeated settings", "[config]") {
  GatewayConfig config;
  config.add_lookup_limits()->set_tries(3);
  ApplyDefaults(config);
  CHECK(config.lookup_limits(0).tries() == 3);
  CHECK(config.lookup_limits(0).seconds() == 3600);
  CHECK(config.server().tenant() == "tianjin");
  CHECK(config.max_depth() == 20);
}

TEST_CASE("what is wrong is refused with its place", "[config]") {
  struct Row {
    const char* text;
    const char* place;
  };
  const Row row = GENERATE(values<Row>({{"server {\n  colour: 1\n}", ":2:9: "},
                                        {"server {\n  pool_threads: \"many\"\n}", ":2:17: "},
                                        {"server {\n  pool_threads: 1\n  pool_threads: 2\n}", ":3:"},
                                        {"server {\n  environment: PLAYGROUND }", ":2:"},
                                        {"server {\n", ":"},
                                        {"\n\nserver }", ":3:8: "}}));
  const TempFile file(row.text);
  const auto config = Load<IntakeConfig>(file.path());
  REQUIRE_FALSE(config.ok());
  CHECK_THAT(std::string(config.status().message()), Contains(file.path() + row.place));
}

TEST_CASE("an absent file is told by its name", "[config]") {
  const auto config = Load<IntakeConfig>("/nowhere/intake.conf");
  REQUIRE_FALSE(config.ok());
  CHECK(config.status().message() == "/nowhere/intake.conf: No such file or directory");
}

TEST_CASE("every declared default can be applied", "[config]") {
  const auto* file = IntakeConfig::descriptor()->file();
  int defaults = 0;
  for (int m = 0; m < file->message_type_count(); ++m) {
    for (int f = 0; f < file->message_type(m)->field_count(); ++f) {
      const auto* field = file->message_type(m)->field(f);
      if (field->options().GetExtension(config::v1::default_value).empty()) continue;
      CAPTURE(field->full_name());
      CHECK(field->has_presence());
      std::unique_ptr<google::protobuf::Message> message(
          google::protobuf::MessageFactory::generated_factory()->GetPrototype(file->message_type(m))->New());
      ApplyDefaults(*message);
      CHECK(message->GetReflection()->HasField(*message, field));
      ++defaults;
    }
  }
  CHECK(defaults > 20);
}

TEST_CASE("what is printed can be read again", "[config]") {
  IntakeConfig config;
  config.mutable_server()->set_tenant("天津");
  ApplyDefaults(config);
  const std::string text = Print(config);
  CHECK_THAT(text, Contains("tenant: \"天津\""));
  IntakeConfig again;
  REQUIRE(ParseInto(text, "printed", again).ok());
  CHECK(again.SerializeAsString() == config.SerializeAsString());
}

TEST_CASE("a key ring names its last key as the current one", "[config]") {
  const std::string a(64, 'a');
  const std::string b(64, '1');
  const TempFile file("k1 " + a + "\nk2 " + b + "\n");
  const auto ring = ReadKeyRing(file.path());
  REQUIRE(ring.ok());
  CHECK(ring->current == "k2");
  CHECK(ring->keys.at("k1") == std::string(32, '\xaa'));
}

TEST_CASE("a wrong key ring is refused without showing it", "[config]") {
  const std::string key(63, 'a');
  const std::string text = GENERATE_COPY(as<std::string>(), "", "k1\n", "k1 " + key + "\n", "k1 " + key + "x\n",
                                         "k1 " + key + "a\nk1 " + key + "b\n", "k1 " + key + "a \n");
  const TempFile file(text);
  const auto ring = ReadKeyRing(file.path());
  REQUIRE_FALSE(ring.ok());
  CHECK(std::string(ring.status().message()).find("aaa") == std::string::npos);
}

TEST_CASE("a secret is the first line", "[config]") {
  const TempFile file("s3cret\nmore\n");
  CHECK(ReadSecret(file.path()).value() == "s3cret");
  const TempFile empty("\n");
  CHECK_FALSE(ReadSecret(empty.path()).ok());
}

}  // namespace
}  // namespace jinqi::config
