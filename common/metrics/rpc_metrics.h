// Numbers of calls, named as go-grpc-middleware names them, so that existing dashboards read them.
#pragma once

#include <array>
#include <string_view>

#include "common/metrics/metrics.h"

namespace jinqi::metrics {

enum class Side { kServer, kClient };

// The numbers of one method: grpc_<side>_started_total, grpc_<side>_handled_total{grpc_code},
// grpc_<side>_handling_seconds; all with grpc_service, grpc_method, grpc_type.
class MethodMetrics {
 public:
  // `method`: `jinqi.intake.v1.DemandService/CreateDemand`; empty for methods that nobody registered: `unknown`.
  MethodMetrics(Metrics& metrics, Side side, std::string_view method);

  void Started();
  // `code`: 0 to 16.
  void Handled(int code, double seconds);

 private:
  static constexpr int kCodes = 17;
  Counter* started_;
  std::array<Counter*, kCodes> handled_;
  Histogram* seconds_;
};

}  // namespace jinqi::metrics
