#include "services/policy_knowledge/service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/log/log.h"
#include "common/service/wiring.h"
#include "common/status/status.h"
#include "services/policy_knowledge/gaps.h"
#include "services/policy_knowledge/kinds.h"
#include "services/policy_knowledge/library.h"
#include "services/policy_knowledge/policy_rpc.h"
#include "services/policy_knowledge/seed.h"
#include "services/policy_knowledge/standard_answer_rpc.h"

namespace jinqi::policy {
namespace {

// What is wrong, or nothing.
absl::StatusOr<std::vector<std::string>> LoadAndCheck(rpc::ServiceRuntime& runtime, const Seed& seed) {
  std::vector<std::string> problems = CheckSeed(seed);
  if (!problems.empty()) return problems;
  const std::string& tenant = runtime.config().tenant();
  RETURN_IF_ERROR(LoadSeed(seed, tenant, runtime.clock().Now(), runtime.ledger()));
  ASSIGN_OR_RETURN(const auto shelf, ReadShelf(runtime.ledger(), tenant));
  return CheckStored(seed, shelf->policies, shelf->measures);
}

rpc::ReadyState StateOf(const std::vector<std::string>& problems, std::size_t items) {
  if (problems.empty()) return {rpc::Readiness::kOk, absl::StrCat(items, " items intact")};
  return {rpc::Readiness::kFailing, absl::StrJoin(problems, ", ")};
}

}  // namespace

rpc::ServiceDefinition Definition() {
  rpc::ServiceDefinition definition;
  definition.name = "policy_knowledge";
  definition.kinds = Kinds();
  definition.migrations = kMigrations;
  return definition;
}

absl::Status Build(rpc::ServiceRuntime& runtime, const config::v1::PolicyConfig& config) {
  ASSIGN_OR_RETURN(const Seed seed, ReadSeed(absl::StrCat(config.server().reference_dir(), "/", config.seed_dir())));
  ASSIGN_OR_RETURN(const std::vector<std::string> problems, LoadAndCheck(runtime, seed));
  if (!problems.empty()) {
    log::Log(log::Level::kError, "the source documents are not as they were given",
             {{"problems", absl::StrJoin(problems, ", ")}});
  }
  runtime.AddReadyCheck({"seed", [state = StateOf(problems, SeedMeasures(seed).size())] { return state; }});
  Library& library = runtime.Keep(std::make_unique<Library>(runtime.ledger()));
  ASSIGN_OR_RETURN(GapLimits loaded, LoadGapLimits(config));
  const GapLimits& limits = runtime.Keep(std::make_unique<GapLimits>(std::move(loaded)));
  RETURN_IF_ERROR(service::AddMessages(
      runtime, {{}, {{"intake", [&limits](const auto& envelope) { return OnIntake(envelope, limits); }}}}));
  service::AddRequestExpiry(runtime);
  const Deps deps{library, runtime.page_tokens(), config.max_query()};
  AddMethods(runtime.methods(), deps);
  AddStandardAnswerMethods(runtime.methods(), deps, runtime.ledger());
  return runtime.methods().status();
}

}  // namespace jinqi::policy
