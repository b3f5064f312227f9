#include "services/intake/intake_rpc.h"

#include <utility>

#include "services/intake/categories.h"

namespace jinqi::intake {

Intake::Intake(const config::v1::IntakeConfig& given_config, Reference given_reference, ledger::Ledger* given_ledger,
               const crypto::Vault* vault, ids::Ids* given_ids, const paging::PageTokens* given_page_tokens)
    : config(given_config),
      reference(std::move(given_reference)),
      ledger(given_ledger),
      ids(given_ids),
      page_tokens(given_page_tokens),
      privacy(vault, given_ids),
      views(&given_ledger->reader(), &privacy, given_config.rating_link()),
      waiter(&views, std::chrono::milliseconds(given_config.settle_milliseconds()), given_config.max_settling()) {}

absl::Status Intake::LoadTrees(ledger::Micros now) {
  const std::string& tenant = config.server().tenant();
  absl::Status status = trees.Refresh(ledger->reader(), tenant);
  if (!absl::IsNotFound(status)) return status;
  ASSIGN_OR_RETURN(const v1::CategoryTree tree, LoadCategoryTree(config));
  RETURN_IF_ERROR(CheckTree(tree, nullptr).ToStatus());
  ledger::Command command;
  command.tenant = tenant;
  command.caller = "intake";
  command.method = "LoadReference";
  // Replicas that start together publish it once.
  command.request_id = "category-tree-1";
  command.time = now;
  command.names = {{ForestKey()}, {TreeKey(1)}};
  command.decide = [tree](const ledger::View& view) { return DecidePublishTree(view, tree, 0); };
  const auto answer = ledger->Run(std::move(command));
  if (!answer.ok() && ReasonOf(answer.status()) != config::v1::REASON_CATEGORY_TREE_VERSION) return answer.status();
  return trees.Refresh(ledger->reader(), tenant);
}

Actor ActorOf(const rpc::CallContext& context, const Intake& intake) {
  Actor actor{context.caller, context.role};
  if (actor.caller.tenant.empty()) actor.caller.tenant = intake.config.server().tenant();
  return actor;
}

absl::StatusOr<std::string> RequiredText(std::string_view field, std::string text, std::size_t minimum,
                                         std::size_t maximum) {
  Faults faults;
  CheckText(field, text, minimum, maximum, faults);
  RETURN_IF_ERROR(faults.ToStatus());
  return text;
}

void RegisterMethods(rpc::Methods& methods, Intake& intake) {
  RegisterDemandChanges(methods, intake);
  RegisterDemandQueries(methods, intake);
  RegisterAnswers(methods, intake);
  RegisterRepeats(methods, intake);
  RegisterCallerMarks(methods, intake);
  RegisterAttachments(methods, intake);
  RegisterDrafts(methods, intake);
  RegisterCategories(methods, intake);
  RegisterEnterprises(methods, intake);
  RegisterServiceAreas(methods, intake);
  RegisterServiceAreaQueries(methods, intake);
  RegisterVisits(methods, intake);
  RegisterImport(methods, intake);
}

}  // namespace jinqi::intake
