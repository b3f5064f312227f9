#include "common/metrics/metrics.h"

#include <catch2/catch.hpp>

#include "common/metrics/rpc_metrics.h"

namespace jinqi::metrics {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("the process tells about itself", "[metrics]") {
  Metrics metrics("intake");
  const std::string text = metrics.Scrape();
  CHECK_THAT(text, Contains("jinqi_build_info{service=\"intake\",version=\""));
  for (const char* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_open_fds", "process_max_fds", "process_start_time_seconds"}) {
    CAPTURE(name);
    const std::size_t at = text.find("\n" + std::string(name) + " ");
    REQUIRE(at != std::string::npos);
    CHECK(std::stod(text.substr(at + 2 + std::string(name).size())) > 0);
  }
}

TEST_CASE("the same arguments give the same child", "[metrics]") {
  Metrics metrics("intake");
  Counter& one = metrics.MakeCounter("jinqi_things_total", "Things.", {{"kind", "a"}});
  CHECK(&one == &metrics.MakeCounter("jinqi_things_total", "Things.", {{"kind", "a"}}));
  CHECK(&one != &metrics.MakeCounter("jinqi_things_total", "Things.", {{"kind", "b"}}));
}

TEST_CASE("calls are counted under the names that dashboards know, at zero from the start", "[metrics]") {
  Metrics metrics("intake");
  MethodMetrics method(metrics, Side::kServer, "jinqi.intake.v1.DemandService/CreateDemand");
  MethodMetrics unknown(metrics, Side::kServer, "");
  method.Started();
  method.Handled(5, 0.004);
  method.Handled(99, 0.004);
  const std::string text = metrics.Scrape();
  const std::string labels =
      "grpc_method=\"CreateDemand\",grpc_service=\"jinqi.intake.v1.DemandService\",grpc_type=\"unary\"";
  CHECK_THAT(text, Contains("grpc_server_started_total{" + labels + "} 1\n"));
  CHECK_THAT(text, Contains("grpc_server_handled_total{grpc_code=\"NotFound\"," + labels + "} 1\n"));
  CHECK_THAT(text, Contains("grpc_server_handled_total{grpc_code=\"Unknown\"," + labels + "} 1\n"));
  CHECK_THAT(text, Contains("grpc_server_handled_total{grpc_code=\"OK\"," + labels + "} 0\n"));
  CHECK_THAT(text, Contains("grpc_server_handling_seconds_bucket{" + labels + ",le=\"0.005\"} 2\n"));
  CHECK_THAT(text, Contains("grpc_service=\"unknown\""));
}

TEST_CASE("names, types and labels are told for the golden test", "[metrics]") {
  Metrics metrics("intake");
  metrics.MakeHistogram("jinqi_b_seconds", "B.", {{"x", "1"}, {"a", "2"}});
  metrics.MakeCounter("jinqi_a_total", "A.");
  const std::string lines = metrics.NamesTypesLabels();
  CHECK_THAT(lines, Contains("jinqi_a_total counter \n"));
  CHECK_THAT(lines, Contains("jinqi_b_seconds histogram a,x\n"));
  CHECK_THAT(lines, Contains("jinqi_build_info gauge service,version\n"));
  CHECK(lines.find("jinqi_a_total") < lines.find("jinqi_b_seconds"));
}

TEST_CASE("a follower never counts back", "[metrics]") {
  Metrics metrics("intake");
  Counter& counter = metrics.MakeCounter("jinqi_followed_total", "F.");
  Follower follower(counter);
  follower.Set(3);
  follower.Set(5);
  follower.Set(5);
  CHECK(counter.Value() == 5);
}

}  // namespace
}  // namespace jinqi::metrics
