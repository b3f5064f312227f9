#include "services/policy_knowledge/seed.h"

#include <array>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/config/config.h"
#include "common/crypto/sha256.h"
#include "common/status/status.h"
#include "services/policy_knowledge/kinds.h"
#include "services/policy_knowledge/policy.h"

namespace jinqi::policy {
namespace {

using v1::Measure;
using v1::PolicyRecord;

constexpr std::string_view kSeedFile = "tianjin_2025.textproto";
constexpr int kMeasures = 35;
// Sections of the scheme's three parts.
constexpr std::array<int, 3> kSections = {3, 4, 3};

std::vector<std::string> MakeCodes() {
  std::vector<std::string> codes;
  for (int i = 1; i <= kMeasures; ++i) codes.push_back(absl::StrCat("M", i < 10 ? "0" : "", i));
  for (std::size_t part = 0; part < kSections.size(); ++part) {
    for (int i = 1; i <= kSections[part]; ++i) codes.push_back(absl::StrCat("S", part + 1, ".", i));
  }
  return codes;
}

std::vector<std::string> LinesOf(const std::string& source) { return absl::StrSplit(source, '\n'); }

// Lines from 1; empty beyond the end.
std::string LineAt(const std::vector<std::string>& lines, int number) {
  if (number < 1 || static_cast<std::size_t>(number) > lines.size()) return {};
  return lines[static_cast<std::size_t>(number - 1)];
}

std::string TextOf(const v1::SeedDocument& document, const std::vector<std::string>& lines) {
  std::vector<std::string> text;
  for (int i = document.first_line(); i <= document.last_line(); ++i) text.push_back(LineAt(lines, i));
  return absl::StrJoin(text, "\n");
}

bool IsIntact(const Measure& measure, const std::string& sha256) {
  return crypto::Sha256Hex(measure.full_text()) == sha256 &&
         measure.full_text().find(measure.text()) != std::string::npos;
}

ledger::Event EventOf(std::string type, const std::string& body) { return {std::move(type), body, std::nullopt}; }

// A policy with all its measures, in one commit.
ledger::Command LoadCommand(const PolicyRecord& policy, std::vector<Measure> measures, clock::Micros now) {
  ledger::Command command;
  const std::string id = PolicyIdOf(policy.policy().name());
  command.caller = "seed";
  command.method = "LoadSeed";
  command.time = now;
  command.names.push_back({PolicyKey(id)});
  for (const Measure& measure : measures) command.names.push_back({MeasureKey(measure.name())});
  command.decide = [policy, measures = std::move(measures), id](const ledger::View& view) {
    ledger::Outcome outcome;
    if (view.Find(PolicyKey(id)) != nullptr) return outcome;
    PolicyRecord record = policy;
    *record.mutable_policy()->mutable_create_time() = clock::ToProto(view.now());
    *record.mutable_policy()->mutable_update_time() = clock::ToProto(view.now());
    const std::string body = record.SerializeAsString();
    outcome.changes.push_back({PolicyKey(id), body, std::nullopt, {EventOf("PolicyLoaded", body)}});
    for (const Measure& measure : measures) {
      const std::string text = measure.SerializeAsString();
      outcome.changes.push_back({MeasureKey(measure.name()), text, std::nullopt, {EventOf("MeasureLoaded", text)}});
    }
    return outcome;
  };
  return command;
}

}  // namespace

absl::StatusOr<Seed> ReadSeed(const std::string& directory) {
  Seed seed;
  RETURN_IF_ERROR(config::LoadInto(absl::StrCat(directory, "/", std::string(kSeedFile)), seed.content));
  ASSIGN_OR_RETURN(seed.source, config::ReadFile(absl::StrCat(directory, "/", seed.content.source_file())));
  return seed;
}

const std::vector<std::string>& SeedCodes() {
  static const auto& codes = *new std::vector<std::string>(MakeCodes());
  return codes;
}

std::vector<std::string> CheckSeed(const Seed& seed) {
  const std::vector<std::string> lines = LinesOf(seed.source);
  std::map<std::string, bool> intact;
  for (const v1::SeedDocument& document : seed.content.documents()) {
    for (const v1::SeedMeasure& item : document.measures()) {
      const Measure& measure = item.measure();
      intact[measure.code()] = IsIntact(measure, measure.sha256()) && LineAt(lines, item.line()) == measure.full_text();
    }
  }
  std::vector<std::string> problems;
  for (const std::string& code : SeedCodes()) {
    const auto found = intact.find(code);
    if (found == intact.end()) problems.push_back(code + " missing");
    if (found != intact.end() && !found->second) problems.push_back(code + " changed");
  }
  if (intact.size() > SeedCodes().size()) problems.emplace_back("too many items");
  if (crypto::Sha256Hex(seed.source) != seed.content.source_sha256()) problems.emplace_back("source changed");
  return problems;
}

std::vector<std::string> CheckStored(const Seed& seed, const std::vector<PolicyRecord>& policies,
                                     const std::vector<Measure>& measures) {
  std::map<std::string, const Measure*> stored;
  for (const Measure& measure : measures) stored[measure.name()] = &measure;
  std::map<std::string, const PolicyRecord*> stored_policies;
  for (const PolicyRecord& policy : policies) stored_policies[policy.policy().name()] = &policy;

  std::vector<std::string> problems;
  for (const Measure& measure : SeedMeasures(seed)) {
    const auto found = stored.find(measure.name());
    if (found == stored.end()) {
      problems.push_back(measure.code() + " missing");
    } else if (!IsIntact(*found->second, measure.sha256()) || found->second->text() != measure.text()) {
      problems.push_back(measure.code() + " changed");
    }
  }
  for (const PolicyRecord& policy : SeedPolicies(seed)) {
    const auto found = stored_policies.find(policy.policy().name());
    if (found == stored_policies.end()) {
      problems.push_back(policy.policy().name() + " missing");
    } else if (found->second->policy().text() != policy.policy().text()) {
      problems.push_back(policy.policy().name() + " changed");
    }
  }
  return problems;
}

std::vector<PolicyRecord> SeedPolicies(const Seed& seed) {
  const std::vector<std::string> lines = LinesOf(seed.source);
  std::vector<PolicyRecord> policies;
  for (const v1::SeedDocument& document : seed.content.documents()) {
    PolicyRecord& record = policies.emplace_back();
    *record.mutable_policy() = document.policy();
    record.mutable_policy()->set_text(TextOf(document, lines));
    record.set_published(true);
  }
  for (const v1::Policy& predecessor : seed.content.predecessors()) {
    PolicyRecord& record = policies.emplace_back();
    *record.mutable_policy() = predecessor;
    record.set_published(true);
  }
  return policies;
}

std::vector<Measure> SeedMeasures(const Seed& seed) {
  std::vector<Measure> measures;
  for (const v1::SeedDocument& document : seed.content.documents()) {
    for (const v1::SeedMeasure& item : document.measures()) measures.push_back(item.measure());
  }
  return measures;
}

absl::Status LoadSeed(const Seed& seed, const std::string& tenant, clock::Micros now, ledger::Ledger& ledger) {
  const std::vector<Measure> all = SeedMeasures(seed);
  for (const PolicyRecord& policy : SeedPolicies(seed)) {
    ASSIGN_OR_RETURN(const auto stored, ledger.reader().Get(tenant, PolicyKey(PolicyIdOf(policy.policy().name()))));
    if (stored.has_value()) continue;
    std::vector<Measure> own;
    for (const Measure& measure : all) {
      if (measure.name().rfind(policy.policy().name() + "/", 0) == 0) own.push_back(measure);
    }
    ledger::Command command = LoadCommand(policy, std::move(own), now);
    command.tenant = tenant;
    RETURN_IF_ERROR(ledger.Run(std::move(command)).status());
  }
  return absl::OkStatus();
}

}  // namespace jinqi::policy
