#include "services/gateway/routes.h"

#include <catch2/catch.hpp>

#include "common/status/status.h"
#include "jinqi/feedback/v1/feedback_service.pb.h"
#include "jinqi/intake/v1/intake_service.pb.h"

namespace jinqi::gateway {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;

// Every proto file is linked in, so this is what the gateway serves.
const Routes& All() {
  static const Routes* const routes = [] {
    auto* all = new Routes;
    for (const MethodDescriptor* method : PublicMethods()) {
      const absl::Status status = all->Add(method);
      INFO(std::string(status.message()));
      REQUIRE(status.ok());
    }
    return all;
  }();
  return *routes;
}

TEST_CASE("templates are read", "[gateway]") {
  struct Row {
    const char* text;
    std::vector<std::string> segments;
    std::vector<std::string> fields;
    const char* verb;
  };
  for (const Row& row : {Row{"/v1/demands", {"v1", "demands"}, {}, ""},
                         Row{"/v1/{name=demands/*}:submit", {"v1", "demands", "*"}, {"name"}, "submit"},
                         Row{"/v1/{rating.name=ratings/*}", {"v1", "ratings", "*"}, {"rating.name"}, ""},
                         Row{"/v1/{parent=policies/*}/measures", {"v1", "policies", "*", "measures"}, {"parent"}, ""},
                         Row{"/v1/{id}/x/{other}", {"v1", "*", "x", "*"}, {"id", "other"}, ""},
                         Row{"/v1/{path=files/**}", {"v1", "files", "**"}, {"path"}, ""},
                         Row{"/v1/demands:search", {"v1", "demands"}, {}, "search"}}) {
    CAPTURE(row.text);
    const auto parsed = ParsePathTemplate(row.text);
    REQUIRE(parsed.ok());
    CHECK(parsed->segments == row.segments);
    CHECK(parsed->verb == row.verb);
    std::vector<std::string> fields;
    for (const auto& variable : parsed->variables) fields.push_back(variable.field);
    CHECK(fields == row.fields);
  }
  for (const char* text : {"", "v1", "/", "/v1/", "/v1//x", "/v1/{name", "/v1/{}", "/v1/{=x}", "/v1/{a={b}}",
                           "/v1/x:", "/v1/**/x", "/v1/{a=**}/x", "/v1/x:y/z", "/v1/{a=}", "/v1/a}"}) {
    CAPTURE(text);
    CHECK_FALSE(ParsePathTemplate(text).ok());
  }
}

TEST_CASE("a request finds its method and what the path says", "[gateway]") {
  struct Row {
    const char* verb;
    const char* path;
    const char* method;
    std::vector<std::string> values;
  };
  const std::string intake = "jinqi.intake.v1.IntakeService/";
  for (const Row& row : {Row{"POST", "/v1/demands", "CreateDemand", {}}, Row{"GET", "/v1/demands", "ListDemands", {}},
                         Row{"GET", "/v1/demands/TJ1", "GetDemand", {"demands/TJ1"}},
                         Row{"POST", "/v1/demands/TJ1:submit", "SubmitDemand", {"demands/TJ1"}},
                         Row{"POST", "/v1/demands:lookUpProgress", "LookUpProgress", {}},
                         Row{"GET", "/v1/demands/%E8%AF%89%E6%B1%82", "GetDemand", {"demands/诉求"}},
                         Row{"GET", "/v1/demands/a:b", "GetDemand", {"demands/a:b"}}}) {
    CAPTURE(row.verb, row.path);
    const auto match = All().Match(row.verb, row.path);
    REQUIRE(match.ok());
    CHECK(match->route->name == intake + row.method);
    CHECK(match->values == row.values);
  }
  const auto rating = All().Match("PATCH", "/v1/ratings/r1");
  REQUIRE(rating.ok());
  CHECK(rating->route->fields[0].size() == 2);
  CHECK(rating->values[0] == "ratings/r1");
}

TEST_CASE("what has no binding is refused with what there is", "[gateway][GWY-08]") {
  struct Row {
    const char* verb;
    std::string path;
    Reason reason;
  };
  for (const Row& row :
       {Row{"GET", "", config::v1::REASON_PATH_UNKNOWN}, Row{"GET", "/", config::v1::REASON_PATH_UNKNOWN},
        Row{"GET", "v1/demands", config::v1::REASON_PATH_UNKNOWN},
        Row{"GET", "/v2/demands", config::v1::REASON_PATH_UNKNOWN},
        Row{"GET", "/v1/demands/", config::v1::REASON_PATH_UNKNOWN},
        Row{"GET", "/v1//demands", config::v1::REASON_PATH_UNKNOWN},
        Row{"GET", "/v1/demands/a/b", config::v1::REASON_PATH_UNKNOWN},
        Row{"GET", "/v1/demands/a%2Fb", config::v1::REASON_PATH_UNKNOWN},
        Row{"GET", "/v1/demands/a%00", config::v1::REASON_PATH_UNKNOWN},
        Row{"GET", "/v1/demands/%E8%AF", config::v1::REASON_HTTP_INVALID},
        Row{"GET", "/v1/demands/%4", config::v1::REASON_HTTP_INVALID},
        Row{"GET", "/v1/demands/%zz", config::v1::REASON_HTTP_INVALID},
        Row{"GET", "/v1/deadLetters", config::v1::REASON_PATH_UNKNOWN},
        Row{"POST", "/v1/demands/TJ1:fly", config::v1::REASON_VERB_NOT_ALLOWED},
        Row{"DELETE", "/v1/demands", config::v1::REASON_VERB_NOT_ALLOWED}}) {
    CAPTURE(row.verb, row.path);
    CHECK(ReasonOf(All().Match(row.verb, row.path).status()) == row.reason);
  }
  CHECK(MetadataOf(All().Match("GET", "/v2/demands").status()).at("versions") == "v1");
  CHECK(MetadataOf(All().Match("DELETE", "/v1/demands").status()).at("allowed") == "GET、POST");
}

TEST_CASE("only what is not internal is offered, and nobody's method is nobody's", "[gateway][GWY-02]") {
  std::size_t services = 0;
  for (const MethodDescriptor* method : PublicMethods()) {
    CAPTURE(method->full_name());
    const auto& access = method->options().GetExtension(config::v1::access);
    CHECK_FALSE(access.internal());
    CHECK(access.roles_size() > 0);
    CHECK(method->full_name().find("EchoService") == std::string::npos);
    if (method->index() == 0) ++services;
  }
  // intake, routing, feedback, policy, inspection, gateway.
  CHECK(services >= 6);
}

TEST_CASE("two methods on one binding are refused", "[gateway]") {
  Routes routes;
  const auto* method = DescriptorPool::generated_pool()->FindMethodByName("jinqi.intake.v1.IntakeService.CreateDemand");
  CHECK(routes.Add(method).ok());
  CHECK_FALSE(routes.Add(method).ok());
}

TEST_CASE("fields are found in both spellings", "[gateway]") {
  const auto* type = intake::v1::CreateDemandRequest::descriptor();
  CHECK(FindField(type, "demand.contact_phone").size() == 2);
  CHECK(FindField(type, "demand.contactPhone").size() == 2);
  CHECK(FindField(type, "requestId").size() == 1);
  for (const char* path :
       {"", "demand.", ".demand", "demand.x", "request_id.x", "demand.supplements.text", "REQUEST_ID"}) {
    CAPTURE(path);
    CHECK(FindField(type, path).empty());
  }
}

}  // namespace
}  // namespace jinqi::gateway
