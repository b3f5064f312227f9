// The two source documents: shipped word by word, loaded once, checked at every start (POL-23).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/ledger/ledger.h"
#include "jinqi/policy/v1/records.pb.h"

namespace jinqi::policy {

struct Seed {
  v1::PolicySeed content;
  // The bytes of the source.
  std::string source;
};

// Reads tianjin_2025.textproto and the source that it names.
absl::StatusOr<Seed> ReadSeed(const std::string& directory);

// The codes that must be there: M01 to M35, S1.1 to S3.3.
const std::vector<std::string>& SeedCodes();

// What is wrong with the shipped files, by number: `M35 missing`, `M08 changed`, `source changed`; empty when 35
// measures and 10 sections are there, each is its line of the source, and the source has its SHA-256.
std::vector<std::string> CheckSeed(const Seed& seed);

// The same for what is stored: every measure is there and has the SHA-256 of the seed, every policy has its text.
std::vector<std::string> CheckStored(const Seed& seed, const std::vector<v1::PolicyRecord>& policies,
                                     const std::vector<v1::Measure>& measures);

// The policies of the seed as they are stored: with their text out of the source.
std::vector<v1::PolicyRecord> SeedPolicies(const Seed& seed);
std::vector<v1::Measure> SeedMeasures(const Seed& seed);

// Stores what is not stored yet; what is there stays as it is, so that a change is found and not mended in silence.
absl::Status LoadSeed(const Seed& seed, const std::string& tenant, clock::Micros now, ledger::Ledger& ledger);

}  // namespace jinqi::policy
