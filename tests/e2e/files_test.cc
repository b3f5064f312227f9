// Files through the public door, as a page sends them: JSON, with the chunks in base64.
#include <algorithm>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "cli/api.h"
#include "common/crypto/sha256.h"
#include "common/media/test_files.h"
#include "common/status/status.h"
#include "common/testing/catch_status.h"
#include "tests/harness/cluster.h"

namespace jinqi {
namespace {

using harness::Cluster;
using harness::ClusterOptions;
using harness::DatabaseKind;
using nlohmann::json;

const cli::Person kEnterprise{"ENTERPRISE", "agent", "", "", "91120116MA051K2P9X"};
const cli::Person kSeat{"SEAT", "seat-1", "BMZX", "", ""};

class Pages {
 public:
  explicit Pages(const Cluster& cluster) : api_(cluster.gateway(), 10) {}

  absl::StatusOr<json> Send(const std::string& verb, const std::string& path, json body, const cli::Person& person) {
    if (verb == "POST") body["requestId"] = "request-" + std::to_string(++requests_);
    const auto answer = api_.Send(verb, path, verb == "POST" ? body.dump() : "", person);
    if (!answer.ok()) return answer.status();
    return json::parse(*answer);
  }

  // Begins, uploads and finishes a file.
  absl::StatusOr<json> SendFile(const std::string& parent, const std::string& file_name, const std::string& bytes) {
    const json begun = testing::Must(Send(
        "POST", "/v1/attachments",
        {{"attachment", {{"parent", parent}, {"fileName", file_name}, {"sizeBytes", std::to_string(bytes.size())}}}},
        kEnterprise));
    const std::string name = begun["name"];
    const std::size_t size = begun["chunkBytes"];
    for (std::size_t number = 0; number * size < bytes.size(); ++number) {
      const std::string chunk = absl::Base64Escape(bytes.substr(number * size, size));
      // A chunk is no command: it takes its own place, and needs no request id.
      const json body = {{"number", number}, {"data", chunk}};
      const auto taken = api_.Send("POST", "/v1/" + name + ":upload", body.dump(), kEnterprise);
      if (!taken.ok()) return taken.status();
    }
    return Send("POST", "/v1/" + name + ":finish", json::object(), kEnterprise);
  }

  std::string Fetch(const json& attachment, const cli::Person& person) {
    std::string bytes;
    for (int number = 0; number < attachment["chunkCount"]; ++number) {
      const std::string path = "/v1/" + std::string(attachment["name"]) + ":download?number=" + std::to_string(number);
      std::string chunk;
      const json answer = testing::Must(Send("GET", path, {}, person));
      REQUIRE(absl::Base64Unescape(std::string(answer["data"]), &chunk));
      bytes += chunk;
    }
    return bytes;
  }

 private:
  cli::Api api_;
  int requests_ = 0;
};

TEST_CASE("a page sends files with a demand and a seat fetches them", "[INT-16]") {
  ClusterOptions options;
  options.programs = JINQI_PROGRAMS;
  options.reference = std::string(JINQI_SOURCE_DIR) + "/deploy/reference";
  options.database = GENERATE(DatabaseKind::kSqlite, DatabaseKind::kPostgres);
  options.clock = "2026-02-17T03:12:00+08:00";
  options.services = {"intake", "routing", "gateway"};
  const Cluster cluster(options);
  Pages pages(cluster);
  const json demand = {{"channel", "CHANNEL_JINCHANFA"},
                       {"demandType", "DEMAND_TYPE_HELP"},
                       {"title", "供水水压不足"},
                       {"content", "厂区供水水压不足，影响生产，请协调供水单位。"},
                       {"contactPhone", "13800000001"},
                       {"subject",
                        {{"type", "SUBJECT_TYPE_ENTERPRISE"},
                         {"enterpriseName", "津企演示公司"},
                         {"uscc", "91120116MA051K2P9X"},
                         {"districtCode", "120116"}}}};
  const json draft = testing::Must(pages.Send("POST", "/v1/drafts", {{"draft", {{"demand", demand}}}}, kEnterprise));
  const std::string parent = draft["name"];
  // More than one chunk as they are configured by default.
  std::string photo = media::TestJpeg();
  std::string tables;
  for (int i = 0; i < 20; ++i) tables += media::JpegSegment('\xDB', std::string(50'000, '\1'));
  photo.insert(2, tables);
  INFO("INT-16/accept");
  const json sent = testing::Must(pages.SendFile(parent, "照片.jpg", photo));
  CHECK(sent["state"] == "ATTACHMENT_STATE_READY");
  CHECK(sent["chunkCount"] == 2);
  INFO("INT-16/bad/1");
  const auto refused = pages.SendFile(parent, "x.jpg", "MZ\x90" + std::string(100, 'x'));
  CHECK(refused.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(ReasonOf(refused.status()) == config::v1::REASON_ATTACHMENT_EXECUTABLE);
  const auto kept = pages.Send("POST", "/v1/" + parent + ":submit", json::object(), kEnterprise);
  CHECK(ReasonOf(kept.status()) == config::v1::REASON_ATTACHMENT_EXECUTABLE);
  INFO("INT-16/bad/5 the rest is kept as draft");
  const json there = testing::Must(pages.Send("GET", "/v1/" + parent, {}, kEnterprise));
  CHECK(there["demand"]["content"] == demand["content"]);
  REQUIRE(there["attachments"].size() == 2);
  const std::string bad = there["attachments"][1]["name"];
  REQUIRE_OK(pages.Send("DELETE", "/v1/" + bad + "?requestId=delete-1", {}, kEnterprise));
  const json created = testing::Must(pages.Send("POST", "/v1/" + parent + ":submit", json::object(), kEnterprise));
  REQUIRE(created["attachments"].size() == 1);
  const std::string name = created["name"];
  const json listed = testing::Must(pages.Send("GET", "/v1/attachments?parent=" + name, {}, kSeat));
  REQUIRE(listed["attachments"].size() == 1);
  CHECK(listed["attachments"][0]["fileName"] == "照片.jpg");
  const std::string fetched = pages.Fetch(listed["attachments"][0], kSeat);
  CHECK(crypto::Sha256Hex(fetched) == listed["attachments"][0]["sha256"]);
  CHECK(fetched.find("GPS") == std::string::npos);
  const testing::TempDir anchors;
  CHECK(cluster.VerifyAll(anchors) == "");
}

}  // namespace
}  // namespace jinqi
