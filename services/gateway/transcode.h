// Between HTTP+JSON and protobuf messages.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "services/gateway/routes.h"

namespace jinqi::gateway {

struct TranscodeLimits {
  std::size_t max_body_bytes = 1 << 20;
  int max_depth = 20;
};

// The request message of a matched route. Errors name every faulty field (CheckJson; UNKNOWN_FIELD, FORMAT,
// JSON_DUPLICATE_KEY for query parameters). Parameters go into fields that neither path nor body bind: `page_size=5`,
// `filter.state=OPEN`, `states=A&states=B`, names also in lowerCamel. `idempotency_key` (the header; empty: none) fills
// request_id; another one in the body is FORMAT (INT-17).
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> MakeRequest(const RouteMatch& match, std::string_view query,
                                                                       std::string_view body,
                                                                       std::string_view idempotency_key,
                                                                       const TranscodeLimits& limits);

// The JSON of a response: lowerCamel names, fields that are not set are left out.
absl::StatusOr<std::string> MakeAnswer(const Route& route, const google::protobuf::Message& response);

// The one error form (GWY-08): {"error": {"code": 404, "status": "NOT_FOUND", "message": Chinese text, "trace_id",
// "details": [ErrorInfo, …]}}, for a status that Complete() has filled in.
std::string ErrorJson(const absl::Status& status, std::string_view trace_id);

// The HTTP status that goes with it.
int HttpStatusOf(const absl::Status& status);

}  // namespace jinqi::gateway
