#include "tests/load/load_client.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/demo_order.h"
#include "common/identity/caller.h"
#include "common/testing/process.h"

// After gRPC's headers.
#include <httplib.h>

namespace jinqi::load {

Tokens::Tokens(const harness::Cluster& cluster)
    : signer_(crypto::TokenSigner::Make(testing::ReadFile(cluster.service_key()), "service").value()) {}

rpc::CallOptions Tokens::As(const std::vector<config::v1::Role>& roles, const std::string& body,
                            const std::string& uscc) const {
  identity::Caller caller;
  caller.tenant = "tianjin";
  caller.subject = uscc.empty() ? "load-" + body : "agent-" + uscc;
  caller.body = uscc.empty() ? body : "";
  caller.uscc = uscc;
  caller.roles = roles;
  caller.expires = (absl::ToUnixSeconds(absl::Now()) + 86400) * 1'000'000;
  rpc::CallOptions options;
  options.authorization = "Bearer " + signer_.Sign(identity::ClaimsOf(caller)).value();
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

double CpuSeconds(int pid) {
  // Fields 14 and 15, in clock ticks; the second one, a name in brackets, may hold blanks.
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace jinqi::load
