// The API of inspection_scheduling as its callers see it, on both databases.
#include <catch2/catch.hpp>
#include <set>

#include "common/service/test_bench.h"
#include "services/inspection_scheduling/item.h"
#include "services/inspection_scheduling/service.h"

namespace jinqi::inspection {
namespace {

using service::TestBench;
using service::TestDatabase;
using service::TestStore;
using v1::InspectionItem;
using v1::ListInspectionItemsResponse;

std::string Method(const std::string& name) { return "jinqi.inspection.v1.InspectionService/" + name; }

class Bench {
 public:
  explicit Bench(const TestStore& store, const std::string& reference = JINQI_REFERENCE_DIR)
      : bench(
            store, Definition(),
            [](rpc::ServiceRuntime& runtime, const config::v1::ServerConfig& server) {
              config::v1::InspectionConfig config;
              *config.mutable_server() = server;
              return Build(runtime, config::WithDefaults(config));
            },
            "2025-10-13T10:00:00+08:00", reference) {}

  absl::StatusOr<ListInspectionItemsResponse> List(const v1::ListInspectionItemsRequest& request) {
    return bench.CallAnonymously<ListInspectionItemsResponse>(Method("ListInspectionItems"), request);
  }
  absl::StatusOr<InspectionItem> Get(const std::string& name) {
    v1::GetInspectionItemRequest request;
    request.set_name(name);
    return bench.CallAnonymously<InspectionItem>(Method("GetInspectionItem"), request);
  }

  TestBench bench;
};

TEST_CASE("everyone may read what may be inspected", "[INS-02]") {
  const TestStore store(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  for (int start = 0; start < 2; ++start) {
    Bench test(store);
    CHECK(test.bench.Ready().first == 200);
    CHECK(test.bench.Ready().second.find("\"catalogue\",\"state\":\"ok\"") != std::string::npos);
    const InspectionItem item = testing::Must(test.Get("inspectionItems/xfzd-fire"));
    CHECK(item.body() == "XFZD");
    CHECK(item.legal_bases(0).article() == "第五十三条");
    CHECK(item.state() == InspectionItem::STATE_PUBLISHED);
    CHECK(item.publish_date() == "2025-07-01");
    CHECK(item.etag() == "1");
    for (const char* name : {"inspectionItems/none", "inspectionItems/", "items/xfzd-fire", "inspectionItems/A"}) {
      CHECK(ReasonOf(test.Get(name).status()) == config::v1::REASON_NOT_FOUND);
    }
    test.bench.SetTime("2025-06-30T23:59:59+08:00");
    CHECK(testing::Must(test.Get("inspectionItems/xfzd-fire")).state() == InspectionItem::STATE_DRAFT);
    v1::ListInspectionItemsRequest request;
    request.set_published_only(true);
    CHECK(testing::Must(test.List(request)).items_size() == 0);
  }
}

TEST_CASE("the list by pages, body and industry", "[INS-02]") {
  const TestStore store(GENERATE(TestDatabase::kSqlite, TestDatabase::kPostgres));
  Bench test(store);
  v1::ListInspectionItemsRequest request;
  request.set_page_size(10);
  std::set<std::string> codes;
  std::string last;
  for (;;) {
    const auto page = testing::Must(test.List(request));
    for (const InspectionItem& item : page.items()) {
      CHECK(item.code() > last);
      last = item.code();
      codes.insert(item.code());
    }
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
  }
  const auto shipped = testing::Must(ReadCatalogue(std::string(JINQI_REFERENCE_DIR) + "/inspection_items.textproto"));
  CHECK(codes.size() == static_cast<std::size_t>(shipped.items_size()));

  request.Clear();
  request.set_body("XFZD");
  CHECK(testing::Must(test.List(request)).items_size() == 2);
  request.set_industry("R");
  const auto both = testing::Must(test.List(request));
  REQUIRE(both.items_size() == 1);
  CHECK(both.items(0).code() == "xfzd-public-places");
  request.set_page_size(101);
  CHECK(ReasonOf(test.List(request).status()) == config::v1::REASON_OUT_OF_RANGE);
}

TEST_CASE("a new catalogue changes what changed", "[INS-02]") {
  const TestStore store(TestDatabase::kSqlite);
  { const Bench test(store); }
  const testing::TempDir reference;
  std::string text = testing::ReadFile(std::string(JINQI_REFERENCE_DIR) + "/inspection_items.textproto");
  const std::string code = "code: \"xfzd-fire\"\n";
  text.replace(text.find(code), code.size(), code + "  withdraw_date: \"2025-10-13\"\n");
  testing::WriteFile(reference.path() / "inspection_items.textproto", text);
  Bench test(store, reference.path());
  const InspectionItem item = testing::Must(test.Get("inspectionItems/xfzd-fire"));
  CHECK(item.state() == InspectionItem::STATE_WITHDRAWN);
  CHECK(item.etag() == "2");
  CHECK(testing::Must(test.Get("inspectionItems/xfzd-public-places")).etag() == "1");
}

TEST_CASE("a faulty catalogue is refused with its place", "[INS-02]") {
  const testing::TempDir folder;
  const std::string file = folder.File("items.textproto");
  testing::WriteFile(file, "items { code: \"a\" }");
  CHECK(ReadCatalogue(file).status().message().find(": a: ") != absl::string_view::npos);
  const std::string item = "items { code: 'a' title: 't' object: 'o' body: 'B' standard: 's' level: LEVEL_CITY }\n";
  testing::WriteFile(file, item);
  CHECK_OK(ReadCatalogue(file));
  testing::WriteFile(file, item + item);
  CHECK(ReadCatalogue(file).status().message().find("twice") != absl::string_view::npos);
}

}  // namespace
}  // namespace jinqi::inspection
