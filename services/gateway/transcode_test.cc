#include "services/gateway/transcode.h"

#include <ctime>

#include <catch2/catch.hpp>

#include "common/status/status.h"
#include "google/rpc/error_details.pb.h"
#include "jinqi/feedback/v1/feedback_service.pb.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "jinqi/routing/v1/routing_service.pb.h"
#include "nlohmann/json.hpp"
#include "services/gateway/json_check.h"

namespace jinqi::gateway {
namespace {

using intake::v1::CreateDemandRequest;
using nlohmann::json;

const Routes& All() {
  static const Routes* const routes = [] {
    auto* all = new Routes;
    for (const auto* method : PublicMethods()) REQUIRE(all->Add(method).ok());
    return all;
  }();
  return *routes;
}

absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Make(const std::string& verb, const std::string& path,
                                                                std::string_view query, std::string_view body,
                                                                std::string_view key = "") {
  const auto match = All().Match(verb, path);
  REQUIRE(match.ok());
  return MakeRequest(*match, query, body, key, {});
}

template <typename Message>
Message Made(const std::string& verb, const std::string& path, std::string_view query, std::string_view body,
             std::string_view key = "") {
  auto made = Make(verb, path, query, body, key);
  INFO(std::string(made.status().message()));
  REQUIRE(made.ok());
  return static_cast<const Message&>(**made);
}

// `field/REASON` of each violation, or the reason alone.
std::vector<std::string> Faulty(const absl::Status& status) {
  std::vector<std::string> faults;
  const google::rpc::Status proto = ToProto(status);
  google::rpc::BadRequest bad;
  for (const auto& detail : proto.details()) {
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) faults.push_back(violation.field() + "/" + violation.reason());
  }
  if (faults.empty() && !status.ok()) faults.push_back(ReasonName(ReasonOf(status)));
  return faults;
}

using List = std::vector<std::string>;

TEST_CASE("a body becomes the request", "[gateway][GWY-07]") {
  INFO("GWY-07/accept");
  const auto request = Made<CreateDemandRequest>(
      "POST", "/v1/demands", "",
      R"({"demand": {"title": "𠮷林有限公司", "contactPhone": "１３８１２３４５６７８", "contact_name": "王"},
          "requestId": "k1"})");
  CHECK(request.demand().title() == "𠮷林有限公司");
  CHECK(request.demand().contact_phone() == "１３８１２３４５６７８");
  CHECK(request.demand().contact_name() == "王");
  CHECK(request.request_id() == "k1");
}

TEST_CASE("the path says what is meant, whatever the body says", "[gateway]") {
  const auto submit = Made<intake::v1::SubmitDemandRequest>("POST", "/v1/demands/TJ1:submit", "",
                                                            R"({"name": "demands/TJ2", "note": "n"})");
  CHECK(submit.name() == "demands/TJ1");
  CHECK(submit.note() == "n");
  const auto rating = Made<feedback::v1::UpdateRatingRequest>("PATCH", "/v1/ratings/r1", "", "{}");
  CHECK(rating.rating().name() == "ratings/r1");
}

TEST_CASE("a body may be left out, and may begin with a BOM", "[gateway]") {
  CHECK(Made<intake::v1::SubmitDemandRequest>("POST", "/v1/demands/TJ1:submit", "", "").name() == "demands/TJ1");
  CHECK(Made<intake::v1::SubmitDemandRequest>("POST", "/v1/demands/TJ1:submit", "", "\xef\xbb\xbf{\"note\":\"n\"}")
            .note() == "n");
  CHECK(Faulty(Make("GET", "/v1/demands", "", "{}").status()) == List{"HTTP_INVALID"});
}

TEST_CASE("query parameters become fields", "[gateway]") {
  const auto list = Made<routing::v1::ListWorkOrdersRequest>(
      "GET", "/v1/workOrders",
      "page_size=5&districtCode=120103&state=ORDER_STATE_HANDLING&with_total=true&page_token=a%2Bb+c%3D", "");
  CHECK(list.page_size() == 5);
  CHECK(list.district_code() == "120103");
  CHECK(list.state() == events::v1::ORDER_STATE_HANDLING);
  CHECK(list.with_total());
  CHECK(list.page_token() == "a+b c=");
  CHECK_FALSE(Made<routing::v1::ListWorkOrdersRequest>("GET", "/v1/workOrders", "&&", "").has_page_size());
  CHECK(Made<intake::v1::GetDemandRequest>("GET", "/v1/demands/TJ1", "minOrderSequence=7", "").min_order_sequence() ==
        7);
}

TEST_CASE("wrong query parameters are told at once", "[gateway][GWY-09]") {
  INFO("GWY-09/bad/4");
  struct Row {
    const char* query;
    List faults;
  };
  for (const Row& row :
       {Row{"page_size=abc", {"page_size/FORMAT"}},
        Row{"page_size=5x&colour=red", {"page_size/FORMAT", "colour/UNKNOWN_FIELD"}},
        Row{"page_size=99999999999", {"page_size/FORMAT"}}, Row{"state=SLEEPING", {"state/UNKNOWN_VALUE"}},
        Row{"state=3", {"state/UNKNOWN_VALUE"}}, Row{"with_total=1", {"with_total/FORMAT"}},
        Row{"page_size=1&pageSize=2", {"page_size/JSON_DUPLICATE_KEY"}}, Row{"page_token=%zz", {"HTTP_INVALID"}},
        Row{"page_token=%c4%e3", {"JSON_NOT_UTF8"}}, Row{"page_token=a%00b", {"page_token/FORMAT"}},
        Row{"order_by=name", {"order_by/UNKNOWN_FIELD"}}}) {
    CAPTURE(row.query);
    CHECK(Faulty(Make("GET", "/v1/workOrders", row.query, "").status()) == row.faults);
  }
  // What the path binds is not to be said again, and with a body nothing is a parameter.
  CHECK(Faulty(Make("GET", "/v1/demands/TJ1", "name=demands/TJ2", "").status()) == List{"name/UNKNOWN_FIELD"});
  CHECK(Faulty(Make("POST", "/v1/demands", "request_id=k", "{}").status()) == List{"request_id/UNKNOWN_FIELD"});
}

TEST_CASE("the header and the body name the request alike", "[gateway][INT-17]") {
  const auto key_of = [](std::string_view body, std::string_view key) {
    return Made<CreateDemandRequest>("POST", "/v1/demands", "", body, key).request_id();
  };
  CHECK(key_of("{}", "k1") == "k1");
  CHECK(key_of(R"({"request_id": "k1"})", "k1") == "k1");
  CHECK(key_of(R"({"request_id": "k1"})", "") == "k1");
  CHECK(key_of("{}", "").empty());
  CHECK(Faulty(Make("POST", "/v1/demands", "", R"({"request_id": "k2"})", "k1").status()) == List{"request_id/FORMAT"});
  // A question has no such field: the header is nobody's business.
  CHECK(Make("GET", "/v1/demands", "", "", "k1").ok());
}

TEST_CASE("no call on an order takes a time of acceptance", "[gateway][RTE-17]") {
  INFO("RTE-17/bad");
  for (const char* verb : {"dispatch", "sign", "requestReturn", "submitResult", "recordFeedback"}) {
    const auto made =
        Make("POST", std::string("/v1/workOrders/TJ1:") + verb, "", R"({"accept_time":"2025-06-12T09:00:00+08:00"})");
    CHECK(made.status().code() == absl::StatusCode::kInvalidArgument);
    CHECK(Faulty(made.status()) == List{"accept_time/UNKNOWN_FIELD"});
  }
}

TEST_CASE("bad JSON is refused before anything reads it", "[gateway][GWY-07]") {
  struct Row {
    const char* id;
    std::string body;
    List faults;
  };
  std::string deep = R"({"demand":)";
  for (int i = 0; i < 10'000; ++i) deep += "[";
  std::string too_large = R"({"demand":{"content":")" + std::string(1 << 20, 'x') + "\"}}";
  for (const Row& row : {
           Row{"GWY-07/bad/1", "{\"demand\":{\"title\":\"\xc4\xe3\xba\xc3\"}}", {"JSON_NOT_UTF8"}},
           Row{"GWY-07/bad/2", R"({"demand":{"title":"abc)", {"JSON_INVALID"}},
           Row{"GWY-07/bad/3", R"({"demand":{"title":"a","title":"b"}})", {"demand.title/JSON_DUPLICATE_KEY"}},
           Row{"GWY-07/bad/4", R"({"demand":{"title":NaN}})", {"JSON_INVALID"}},
           Row{"GWY-07/bad/5", deep, {"JSON_TOO_DEEP"}},
           Row{"too large", too_large, {"BODY_TOO_LARGE"}},
           Row{"both spellings", R"({"requestId":"a","request_id":"b"})", {"request_id/JSON_DUPLICATE_KEY"}},
           Row{"unknown fields, all told",
               R"({"colour":1,"demand":{"x":{"y":[{"z":1}]},"title":"t"},"state":2})",
               {"colour/UNKNOWN_FIELD", "demand.x/UNKNOWN_FIELD", "state/UNKNOWN_FIELD"}},
           Row{"twice in what is unknown",
               R"({"demand":{"x":{"y":1,"y":2}}})",
               {"demand.x/UNKNOWN_FIELD", "demand.x.y/JSON_DUPLICATE_KEY"}},
           Row{"in a list",
               R"({"demand":{"supplements":[{"text":"a"},{"txt":"b"}]}})",
               {"demand.supplements[1].txt/UNKNOWN_FIELD"}},
           Row{"NUL", R"({"demand":{"title":"a\u0000b"}})", {"demand.title/FORMAT"}},
           Row{"wrong type", R"({"demand":{"urging_count":"many"}})", {"demand.urging_count/FORMAT"}},
           Row{"INT-03/bad/2 object for a text", R"({"demand":{"title":{"a":1}}})", {"demand.title/FORMAT"}},
           Row{"INT-03/bad/2 list for a text", R"({"demand":{"title":["a",{"b":[]}]}})", {"demand.title/FORMAT"}},
           Row{"INT-03/bad/2 all at once",
               R"({"demand":{"title":{},"content":[],"subject":{"uscc":{"a":1},"district_code":120116},
                   "contactPhone":true,"demand_type":"DEMAND_TYPE_HELP"},"request_id":1.5})",
               {"demand.title/FORMAT", "demand.content/FORMAT", "demand.subject.uscc/FORMAT",
                "demand.subject.district_code/FORMAT", "demand.contact_phone/FORMAT", "request_id/FORMAT"}},
           Row{"INT-03/bad/2 with enums and switches",
               R"({"demand":{"channel":"FAX","urgency":"SOON","anonymous":"yes","confidential":1,"title":[]}})",
               {"demand.channel/CHANNEL_UNKNOWN", "demand.urgency/UNKNOWN_VALUE", "demand.anonymous/FORMAT",
                "demand.confidential/FORMAT", "demand.title/FORMAT"}},
           Row{"INT-03/bad/2 what is no message",
               R"({"demand":{"subject":"x","supplements":[1,[],{}],"accept_time":{},"due_time":"soon"}})",
               {"demand.subject/FORMAT", "demand.supplements[0]/FORMAT", "demand.supplements[1]/FORMAT",
                "demand.accept_time/FORMAT", "demand.due_time/FORMAT"}},
           Row{"INT-03/bad/2 numbers",
               R"({"demand":{"urging_count":1.5,"category_tree_version":true,"order_sequence":"1x","channel":2.5}})",
               {"demand.urging_count/FORMAT", "demand.category_tree_version/FORMAT", "demand.order_sequence/FORMAT",
                "demand.channel/FORMAT"}},
           Row{"INT-03/bad/2 beyond 32 bits",
               R"({"demand":{"urging_count":2147483648}})",
               {"demand.urging_count/FORMAT"}},
           Row{"INT-01/bad/1", R"({"demand":{"channel":"FAX"}})", {"demand.channel/CHANNEL_UNKNOWN"}},
           Row{"INT-01/bad/1 empty", R"({"demand":{"channel":""}})", {"demand.channel/CHANNEL_UNKNOWN"}},
           Row{"unknown name of another enum",
               R"({"demand":{"demand_type":"PIGEON","review_flags":[{}]}})",
               {"demand.demand_type/UNKNOWN_VALUE", "demand.review_flags[0]/FORMAT"}},
           Row{"RTE-27/bad: no state stops the clock",
               R"({"demand":{"state":"SUSPENDED"}})",
               {"demand.state/UNKNOWN_VALUE"}},
           Row{"no object", R"([{"demand":{}}])", {"JSON_INVALID"}},
           Row{"a text", R"("demand")", {"JSON_INVALID"}},
           Row{"a number", "1", {"JSON_INVALID"}},
           Row{"null", "null", {"JSON_INVALID"}},
           Row{"two values", "{}{}", {"JSON_INVALID"}},
           Row{"trailing comma", R"({"request_id":"a",})", {"JSON_INVALID"}},
           Row{"comment", "{/* */}", {"JSON_INVALID"}},
           Row{"single quotes", "{'request_id':'a'}", {"JSON_INVALID"}},
           Row{"lone surrogate", R"({"request_id":"\ud800"})", {"JSON_INVALID"}},
           Row{"control character", "{\"request_id\":\"a\nb\"}", {"JSON_INVALID"}},
           Row{"blanks only", "  ", {"JSON_INVALID"}},
       }) {
    INFO(row.id);
    // CPU time, so that what else the machine does is not counted.
    const std::clock_t start = std::clock();
    const auto made = Make("POST", "/v1/demands", "", row.body);
    const std::clock_t took = std::clock() - start;
    CHECK_FALSE(made.ok());
    CHECK(made.status().code() == absl::StatusCode::kInvalidArgument);
    if (!row.faults.empty()) CHECK(Faulty(made.status()) == row.faults);
    CHECK(took < CLOCKS_PER_SEC / 10);
  }
}

TEST_CASE("values of the right kind pass", "[gateway][INT-03]") {
  const auto request = Made<CreateDemandRequest>(
      "POST", "/v1/demands", "",
      R"({"demand":{"channel":"CHANNEL_JINCHANFA","demand_type":2,"title":"12","urgingCount":"3","anonymous":false,
          "confidential":"true","orderSequence":"9007199254740993","category_tree_version":-1,
          "due_time":"2025-06-12T23:59:59+08:00","subject":{},"review_flags":["a","b"],"merged_into":null,
          "supplements":[{"text":"x","time":"2025-06-12T00:00:00Z"}]},"hold_for_answer":true})");
  CHECK(request.demand().channel() == events::v1::CHANNEL_JINCHANFA);
  CHECK(request.demand().demand_type() == events::v1::DEMAND_TYPE_HELP);
  CHECK(request.demand().title() == "12");
  CHECK(request.demand().urging_count() == 3);
  CHECK(request.demand().confidential());
  CHECK(request.demand().order_sequence() == 9007199254740993);
  CHECK(request.demand().category_tree_version() == -1);
  CHECK(request.demand().due_time().seconds() == 1'749'743'999);
  CHECK(request.demand().review_flags_size() == 2);
  CHECK(request.demand().supplements(0).text() == "x");
  INFO("INT-01/bad/1 as a parameter");
  CHECK(Faulty(Make("GET", "/v1/demands", "channel=FAX", "").status()) == List{"channel/CHANNEL_UNKNOWN"});
}

TEST_CASE("twenty levels are taken, one more is not", "[gateway][GWY-07]") {
  const auto nested = [](int levels) {
    std::string text;
    for (int i = 0; i < levels; ++i) text += "{\"a\":";
    return text + "1" + std::string(static_cast<std::size_t>(levels), '}');
  };
  const auto* type = CreateDemandRequest::descriptor();
  CHECK(ReasonOf(CheckJson(nested(20), type, 20)) == config::v1::REASON_UNKNOWN_FIELD);
  CHECK(ReasonOf(CheckJson(nested(21), type, 20)) == config::v1::REASON_JSON_TOO_DEEP);
}

TEST_CASE("an answer has the names of JSON and leaves out what is not set", "[gateway]") {
  intake::v1::Demand demand;
  demand.set_name("demands/TJ1");
  demand.set_order_no("TJ1");
  demand.mutable_due_time()->set_seconds(1'760'000'000);
  const auto answer = MakeAnswer(*All().Match("GET", "/v1/demands/TJ1")->route, demand);
  REQUIRE(answer.ok());
  CHECK(json::parse(*answer) ==
        json({{"name", "demands/TJ1"}, {"orderNo", "TJ1"}, {"dueTime", "2025-10-09T08:53:20Z"}}));
}

TEST_CASE("an error has one form", "[gateway][GWY-08]") {
  struct Row {
    const char* id;
    absl::Status status;
    int http;
    const char* name;
  };
  for (const Row& row : {Row{"GWY-08/accept", FieldError("title", config::v1::REASON_TOO_LONG, {{"limit", "60"}}), 400,
                             "INVALID_ARGUMENT"},
                         Row{"GWY-08/accept", Error(config::v1::REASON_UNAUTHENTICATED), 401, "UNAUTHENTICATED"},
                         Row{"GWY-08/accept", Error(config::v1::REASON_PERMISSION_DENIED), 403, "PERMISSION_DENIED"},
                         Row{"GWY-08/accept", Error(config::v1::REASON_NOT_FOUND), 404, "NOT_FOUND"},
                         Row{"GWY-08/accept", Error(config::v1::REASON_VERB_NOT_ALLOWED), 405, "UNIMPLEMENTED"},
                         Row{"GWY-08/accept", Error(config::v1::REASON_REQUEST_ID_REUSED), 409, "ALREADY_EXISTS"},
                         Row{"GWY-08/accept", Error(config::v1::REASON_TOO_MANY_TRIES), 429, "RESOURCE_EXHAUSTED"},
                         Row{"GWY-08/accept", absl::InternalError("canary"), 500, "INTERNAL"},
                         Row{"GWY-08/accept", absl::UnavailableError("canary"), 503, "UNAVAILABLE"}}) {
    INFO(row.id << " " << row.name);
    const absl::Status complete = Complete(row.status, "gateway.jinqi", "abc");
    CHECK(HttpStatusOf(complete) == row.http);
    const std::string text = ErrorJson(complete, "abc");
    CHECK(text.find("canary") == std::string::npos);
    const json error = json::parse(text)["error"];
    CHECK(error["code"] == row.http);
    CHECK(error["status"] == row.name);
    CHECK(error["trace_id"] == "abc");
    CHECK(error["message"].get<std::string>().find("。") != std::string::npos);
    CHECK(error["details"][0]["@type"] == "type.googleapis.com/google.rpc.ErrorInfo");
    CHECK(error["details"][0]["domain"] == "gateway.jinqi");
    CHECK(error["details"].back()["requestId"] == "abc");
  }
  const json error = json::parse(
      ErrorJson(Complete(FieldError("title", config::v1::REASON_TOO_LONG), "intake.jinqi", "abc"), "abc"))["error"];
  CHECK(error["details"][1]["fieldViolations"][0]["field"] == "title");
  CHECK(error["details"][1]["fieldViolations"][0]["reason"] == "TOO_LONG");
}

}  // namespace
}  // namespace jinqi::gateway
