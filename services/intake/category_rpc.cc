// The category tree: publishing, reading, counting.
#include <map>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "common/clock/clock.h"
#include "common/text/text.h"
#include "jinqi/intake/v1/records.pb.h"
#include "services/intake/categories.h"
#include "services/intake/intake_rpc.h"

namespace jinqi::intake {
namespace {

using ledger::Comparison;
using rpc::CallContext;

constexpr char kPublish[] = "jinqi.intake.v1.IntakeService/PublishCategoryTree";
constexpr char kGet[] = "jinqi.intake.v1.IntakeService/GetCategoryTree";
constexpr char kCount[] = "jinqi.intake.v1.IntakeService/CountByCategory";

constexpr int kMostCounted = 10'000'000;
constexpr std::string_view kPrefix = "categoryTrees/";

absl::StatusOr<ledger::Command> MakePublish(Intake& intake, const CallContext& context,
                                            const v1::PublishCategoryTreeRequest& request) {
  RETURN_IF_ERROR(intake.trees.Refresh(intake.ledger->reader(), intake.config.server().tenant()));
  const std::shared_ptr<const CategoryTree> current = intake.trees.current();
  v1::CategoryTree tree = request.tree();
  for (v1::Category& category : *tree.mutable_categories()) category.set_title(text::SingleLine(category.title()));
  const absl::Status faults = CheckTree(tree, &current->proto()).ToStatus();
  const std::int64_t base = current->version();
  ledger::Command command;
  command.tenant = ActorOf(context, intake).caller.tenant;
  command.names = {{ForestKey()}, {TreeKey(base + 1)}};
  // The faults depend on the tree in force: told by the decision, so that a repeated request gets its first answer.
  command.decide = [tree = std::move(tree), base, faults](const ledger::View& view) -> absl::StatusOr<ledger::Outcome> {
    RETURN_IF_ERROR(faults);
    return DecidePublishTree(view, tree, base);
  };
  return command;
}

absl::StatusOr<v1::CategoryTree> GetTree(Intake& intake, const CallContext& context,
                                         const v1::GetCategoryTreeRequest& request) {
  const std::string_view name = request.name();
  if (name.substr(0, kPrefix.size()) != kPrefix) return Error(config::v1::REASON_NOT_FOUND);
  const std::string id(name.substr(kPrefix.size()));
  if (id == "latest") {
    RETURN_IF_ERROR(intake.trees.Refresh(intake.ledger->reader(), intake.config.server().tenant()));
    return intake.trees.current()->proto();
  }
  std::int64_t version = 0;
  if (!absl::SimpleAtoi(id, &version) || version < 1) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(const auto found,
                   intake.ledger->reader().Get(ActorOf(context, intake).caller.tenant, TreeKey(version)));
  if (!found.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  v1::CategoryTreeRecord record;
  if (!record.ParseFromString(found->body)) return absl::DataLossError("category tree");
  return record.tree();
}

struct Period {
  ledger::Micros start = 0;
  ledger::Micros end = 0;
};

// Both days belong to it.
absl::StatusOr<Period> PeriodOf(const v1::CountByCategoryRequest& request) {
  Faults faults;
  const auto start = clock::ParseDate(request.start_date());
  const auto end = clock::ParseDate(request.end_date());
  if (!start.ok()) faults.Add("start_date", config::v1::REASON_FORMAT);
  if (!end.ok()) faults.Add("end_date", config::v1::REASON_FORMAT);
  if (start.ok() && end.ok() && *end < *start) faults.Add("end_date", config::v1::REASON_OUT_OF_RANGE);
  RETURN_IF_ERROR(faults.ToStatus());
  return Period{clock::StartOfDay(*start), clock::StartOfDay(*end + 1)};
}

absl::StatusOr<v1::CountByCategoryResponse> CountByCategory(Intake& intake, const CallContext& context,
                                                            const v1::CountByCategoryRequest& request) {
  ASSIGN_OR_RETURN(const Period period, PeriodOf(request));
  const std::string tenant = ActorOf(context, intake).caller.tenant;
  RETURN_IF_ERROR(intake.trees.Refresh(intake.ledger->reader(), intake.config.server().tenant()));
  const std::shared_ptr<const CategoryTree> tree = intake.trees.current();
  // No tree drops a code, so the one in force knows all that were ever used.
  std::map<std::string, std::int64_t> counts;
  for (const v1::Category& category : tree->proto().categories()) {
    if (category.parent().empty()) continue;
    ledger::Query query;
    query.kind = std::string(kDemandKind);
    query.where = {{"category", Comparison::kEqual, {category.code()}},
                   {"accept_time", Comparison::kGreaterOrEqual, {period.start}},
                   {"accept_time", Comparison::kLess, {period.end}}};
    query.count_only = true;
    query.limit = kMostCounted;
    ASSIGN_OR_RETURN(const auto rows, intake.ledger->reader().List(tenant, query));
    if (rows.count > 0) counts[tree->LiveLeaf(category.code())] += rows.count;
  }
  v1::CountByCategoryResponse response;
  response.set_category_tree_version(tree->version());
  for (const auto& [code, count] : counts) {
    v1::CountByCategoryResponse::Row& row = *response.add_rows();
    row.set_code(code);
    row.set_title(tree->Find(code)->title());
    row.set_count(count);
  }
  return response;
}

}  // namespace

void RegisterCategories(rpc::Methods& methods, Intake& intake) {
  methods.ChangeOnPool<v1::PublishCategoryTreeRequest, v1::CategoryTree>(
      kPublish, [&intake](const auto& context, const auto& request) { return MakePublish(intake, context, request); },
      [&intake](const auto&, const auto&, auto& tree) {
        intake.trees.Set(std::make_shared<const CategoryTree>(tree));
      });
  methods.Query<v1::GetCategoryTreeRequest, v1::CategoryTree>(
      kGet, [&intake](const auto& context, const auto& request) { return GetTree(intake, context, request); });
  methods.Query<v1::CountByCategoryRequest, v1::CountByCategoryResponse>(
      kCount,
      [&intake](const auto& context, const auto& request) { return CountByCategory(intake, context, request); });
}

}  // namespace jinqi::intake
