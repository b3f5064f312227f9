// What every load generator here needs: tokens, demands, percentiles.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/crypto/jwt.h"
#include "common/rpc/client.h"
#include "jinqi/config/v1/options.pb.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "tests/harness/cluster.h"

namespace jinqi::load {

// Tokens for the services of a cluster. Thread-safe.
class Tokens {
 public:
  explicit Tokens(const harness::Cluster& cluster);

  // Options with a token for these roles, good for a day.
  rpc::CallOptions As(const std::vector<config::v1::Role>& roles, const std::string& body = "BMZX",
                      const std::string& uscc = "") const;

 private:
  const crypto::TokenSigner signer_;
};

// A demand of an enterprise of its own.
intake::v1::CreateDemandRequest DemandNumber(const std::string& run, int number);

struct Percentiles {
  double p50_ms = 0;
  double p99_ms = 0;
};
Percentiles Of(std::vector<double> milliseconds);

// The value of one series in a scrape; 0 when it is not there.
double Series(const std::string& scrape, const std::string& name_and_labels);
std::string Scrape(const std::string& admin_address);

// Anonymous memory of a process in MB.
double AnonymousMegabytes(int pid);
// CPU seconds that a process has used so far, user and system.
double CpuSeconds(int pid);

}  // namespace jinqi::load
