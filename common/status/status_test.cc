#include "common/status/status.h"

#include <catch2/catch.hpp>

#include "google/rpc/error_details.pb.h"
#include "jinqi/config/v1/options.pb.h"

namespace jinqi {
namespace {

TEST_CASE("an error carries its code, its reason and what to do in Chinese", "[GWY-08]") {
  const absl::Status status = Error(config::v1::REASON_ILLEGAL_MOVE, {{"from", "CLOSED"}, {"to", "HANDLING"}});
  CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  CHECK(ReasonOf(status) == config::v1::REASON_ILLEGAL_MOVE);
  CHECK(MetadataOf(status).at("from") == "CLOSED");
  google::rpc::LocalizedMessage message;
  const auto proto = ToProto(status);
  REQUIRE(proto.details_size() == 2);
  REQUIRE(proto.details(1).UnpackTo(&message));
  CHECK(message.message() == "当前状态 CLOSED 不能变为 HANDLING。");
}

TEST_CASE("all faulty fields are told at once", "[INT-03]") {
  Faults faults;
  CHECK(faults.ToStatus().ok());
  faults.Add("title", config::v1::REASON_REQUIRED);
  CHECK(ReasonOf(faults.ToStatus()) == config::v1::REASON_REQUIRED);
  faults.Add("content", config::v1::REASON_TOO_LONG);
  const absl::Status status = faults.ToStatus();
  CHECK(ReasonOf(status) == config::v1::REASON_FIELDS_INVALID);
  google::rpc::BadRequest bad;
  bool found = false;
  const auto proto = ToProto(status);
  for (const auto& detail : proto.details()) found = found || detail.UnpackTo(&bad);
  REQUIRE(found);
  REQUIRE(bad.field_violations_size() == 2);
  CHECK(bad.field_violations(1).field() == "content");
  CHECK(bad.field_violations(1).reason() == "TOO_LONG");
  CHECK_FALSE(bad.field_violations(1).description().empty());
}

TEST_CASE("what is inside stays inside", "[GWY-08]") {
  const absl::Status status = Complete(absl::InternalError("canary: SELECT * FROM demand"), "intake.jinqi", "trace-1");
  CHECK(status.message() == "INTERNAL");
  CHECK(ToProto(status).SerializeAsString().find("canary") == std::string::npos);
  google::rpc::RequestInfo request;
  bool found = false;
  const auto proto = ToProto(status);
  for (const auto& detail : proto.details()) found = found || detail.UnpackTo(&request);
  REQUIRE(found);
  CHECK(request.request_id() == "trace-1");
}

TEST_CASE("a status survives the wire", "[GWY-08]") {
  const absl::Status status = Complete(Error(config::v1::REASON_VERSION_CONFLICT, {{"state", "HANDLING"}}), "d", "t");
  CHECK(FromProto(ToProto(status)) == status);
}

TEST_CASE("every reason has a code and a Chinese text", "[GWY-08]") {
  const auto* reasons = config::v1::Reason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto& text = reasons->value(i)->options().GetExtension(config::v1::reason);
    INFO(reasons->value(i)->name());
    CHECK(text.code() != google::rpc::OK);
    CHECK_FALSE(text.zh().empty());
  }
}

TEST_CASE("HTTP numbers follow google/rpc/code.proto", "[GWY-08]") {
  CHECK(HttpStatus(absl::StatusCode::kAborted) == 409);
  CHECK(HttpStatus(absl::StatusCode::kFailedPrecondition) == 400);
  CHECK(HttpStatus(absl::StatusCode::kResourceExhausted) == 429);
}

}  // namespace
}  // namespace jinqi
