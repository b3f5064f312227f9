#include "tests/load/load_client.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/demo_order.h"
#include "common/crypto/jwt.h"
#include "common/identity/caller.h"
#include "common/testing/process.h"

// After gRPC's headers.
#include <httplib.h>

namespace jinqi::load {

rpc::CallOptions As(const harness::Cluster& cluster, const std::vector<config::v1::Role>& roles,
                    const std::string& body, const std::string& uscc) {
  identity::Caller caller;
  caller.tenant = "tianjin";
  caller.subject = uscc.empty() ? "load-" + body : "agent-" + uscc;
  caller.body = uscc.empty() ? body : "";
  caller.uscc = uscc;
  caller.roles = roles;
  caller.expires = (absl::ToUnixSeconds(absl::Now()) + 86400) * 1'000'000;
  const auto token = crypto::SignToken(testing::ReadFile(cluster.service_key()), "service", identity::ClaimsOf(caller));
  if (!token.ok()) throw std::runtime_error("no token");
  rpc::CallOptions options;
  options.authorization = "Bearer " + *token;
  options.timeout = absl::Seconds(30);
  return options;
}

intake::v1::CreateDemandRequest DemandNumber(const std::string& run, int number) {
  intake::v1::CreateDemandRequest request;
  request.set_request_id(absl::StrCat(run, "-", number));
  auto& demand = *request.mutable_demand();
  demand.set_channel(events::v1::CHANNEL_PHONE_12345);
  demand.set_demand_type(events::v1::DEMAND_TYPE_HELP);
  demand.set_title("电费结算");
  demand.set_content(
      absl::StrCat("用电协议变更后电费结算基数不对，第", number, "户，请协调供电单位核对并说明办理时限"));
  demand.set_contact_name("压测");
  demand.set_contact_phone(absl::StrCat("1380000", absl::Dec(number % 10000, absl::kZeroPad4)));
  demand.mutable_subject()->set_type(events::v1::SUBJECT_TYPE_ENTERPRISE);
  demand.mutable_subject()->set_enterprise_name(absl::StrCat("津企压测", number, "号"));
  demand.mutable_subject()->set_district_code("120104");
  demand.mutable_subject()->set_uscc(cli::SyntheticUscc("120104", absl::StrCat(run, "/", number), false));
  return request;
}

Percentiles Of(std::vector<double> milliseconds) {
  if (milliseconds.empty()) return {};
  std::sort(milliseconds.begin(), milliseconds.end());
  const auto at = [&](double share) {
    return milliseconds[static_cast<std::size_t>(share * static_cast<double>(milliseconds.size() - 1))];
  };
  return {at(0.50), at(0.99)};
}

std::string Scrape(const std::string& admin_address) {
  httplib::Client client("http://" + admin_address);
  const auto result = client.Get("/metrics");
  return result ? result->body : "";
}

double Series(const std::string& scrape, const std::string& name_and_labels) {
  const std::size_t at = scrape.find("\n" + name_and_labels + " ");
  return at == std::string::npos ? 0 : std::atof(scrape.c_str() + at + name_and_labels.size() + 2);
}

double AnonymousMegabytes(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::atof(line.c_str() + sizeof("RssAnon:") - 1) / 1024;
  }
  return 0;
}

}  // namespace jinqi::load
