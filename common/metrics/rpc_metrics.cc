#include "common/metrics/rpc_metrics.h"

#include <string>

namespace jinqi::metrics {
namespace {

// After google.rpc.Code, spelled as gRPC's own libraries spell them in metrics.
constexpr const char* kCodeNames[] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

}  // namespace

MethodMetrics::MethodMetrics(Metrics& metrics, Side side, std::string_view method) {
  const std::string prefix = side == Side::kServer ? "grpc_server_" : "grpc_client_";
  const std::size_t slash = method.find('/');
  const bool known = slash != std::string_view::npos;
  const Labels labels = {{"grpc_service", known ? std::string(method.substr(0, slash)) : "unknown"},
                         {"grpc_method", known ? std::string(method.substr(slash + 1)) : "unknown"},
                         {"grpc_type", "unary"}};
  started_ = &metrics.MakeCounter(prefix + "started_total", "Calls that began.", labels);
  for (std::size_t code = 0; code < handled_.size(); ++code) {
    Labels with_code = labels;
    with_code["grpc_code"] = kCodeNames[code];
    handled_[code] = &metrics.MakeCounter(prefix + "handled_total", "Calls that ended, by their code.", with_code);
  }
  seconds_ = &metrics.MakeHistogram(prefix + "handling_seconds", "How long calls took.", labels);
}

void MethodMetrics::Started() { started_->Increment(); }

void MethodMetrics::Handled(int code, double seconds) {
  const bool known = code >= 0 && code < kCodes;
  handled_[known ? static_cast<std::size_t>(code) : 2]->Increment();
  seconds_->Observe(seconds);
}

}  // namespace jinqi::metrics
