#include "services/inspection_scheduling/service.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/service/wiring.h"
#include "common/status/status.h"
#include "services/inspection_scheduling/inspection_rpc.h"
#include "services/inspection_scheduling/item.h"

namespace jinqi::inspection {
namespace {

absl::Status LoadItem(rpc::ServiceRuntime& runtime, const v1::InspectionItem& item) {
  ledger::Command command;
  command.tenant = runtime.config().tenant();
  command.caller = "catalogue";
  command.method = "LoadItem";
  command.time = runtime.clock().Now();
  command.names = {{ItemKey(item.code())}};
  command.decide = [item](const ledger::View& view) { return DecideLoadItem(view, item); };
  return runtime.ledger().Run(std::move(command)).status();
}

}  // namespace

rpc::ServiceDefinition Definition() {
  rpc::ServiceDefinition definition;
  definition.name = "inspection_scheduling";
  definition.kinds = Kinds();
  definition.migrations = kMigrations;
  return definition;
}

absl::StatusOr<v1::InspectionCatalogue> ReadCatalogue(const std::string& path) {
  v1::InspectionCatalogue catalogue;
  RETURN_IF_ERROR(config::LoadInto(path, catalogue));
  std::set<std::string> codes;
  for (const v1::InspectionItem& item : catalogue.items()) {
    if (absl::Status status = CheckItem(item); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", item.code(), ": ", status.message()));
    }
    if (!codes.insert(item.code()).second) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", item.code(), " is there twice"));
    }
  }
  return catalogue;
}

absl::Status Build(rpc::ServiceRuntime& runtime, const config::v1::InspectionConfig& config) {
  const std::string path = absl::StrCat(config.server().reference_dir(), "/", config.item_file());
  ASSIGN_OR_RETURN(const v1::InspectionCatalogue catalogue, ReadCatalogue(path));
  for (const v1::InspectionItem& item : catalogue.items()) {
    RETURN_IF_ERROR(LoadItem(runtime, item));
  }
  const std::string text = absl::StrCat("version ", catalogue.version(), ", ", catalogue.items_size(), " items");
  runtime.AddReadyCheck({"catalogue", [text] { return rpc::ReadyState{rpc::Readiness::kOk, text}; }});
  service::AddRequestExpiry(runtime);
  AddMethods(runtime.methods(), {runtime.ledger(), runtime.page_tokens()});
  return runtime.methods().status();
}

}  // namespace jinqi::inspection
