#include "common/rpc/request_rules.h"

#include <catch2/catch.hpp>

#include "google/rpc/error_details.pb.h"
#include "jinqi/config/v1/echo.pb.h"

namespace jinqi::rpc {
namespace {

using config::v1::KeepRequest;

std::vector<std::string> Violations(const absl::Status& status) {
  google::rpc::BadRequest bad;
  std::vector<std::string> fields;
  const google::rpc::Status proto = ToProto(status);
  for (const auto& detail : proto.details()) {
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) fields.push_back(violation.field() + "/" + violation.reason());
  }
  return fields;
}

TEST_CASE("every missing field is told at once", "[rpc][INT-03]") {
  const RequestRules rules(KeepRequest::descriptor());
  KeepRequest request;
  CHECK(Violations(rules.Apply(request)) == std::vector<std::string>{"item/REQUIRED"});
  request.mutable_item()->mutable_part();
  request.add_more()->set_name("there");
  request.add_more()->mutable_part()->set_count(1);
  CHECK(Violations(rules.Apply(request)) == std::vector<std::string>{"item.name/REQUIRED", "item.part.count/REQUIRED",
                                                                     "more[0].part/REQUIRED", "more[1].name/REQUIRED"});
}

TEST_CASE("a complete request passes, what only the service sets is cleared", "[rpc]") {
  const RequestRules rules(KeepRequest::descriptor());
  KeepRequest request;
  request.mutable_item()->set_name("n");
  request.mutable_item()->set_state("CLOSED");
  request.mutable_item()->mutable_part()->set_count(1);
  *request.add_more() = request.item();
  CHECK(rules.Apply(request).ok());
  CHECK(request.item().state().empty());
  CHECK(request.more(0).state().empty());
  CHECK(request.item().name() == "n");
}

TEST_CASE("a type without rules is not looked into", "[rpc]") {
  const RequestRules rules(config::v1::EchoRequest::descriptor());
  config::v1::EchoRequest request;
  CHECK(rules.Apply(request).ok());
}

}  // namespace
}  // namespace jinqi::rpc
