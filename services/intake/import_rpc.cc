// The import of the register: requests to commands and questions.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/intake/enterprise_import.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/pages.h"

namespace jinqi::intake {
namespace {

using ledger::Comparison;
using rpc::CallContext;

constexpr char kImport[] = "jinqi.intake.v1.EnterpriseImportService/ImportEnterprises";
constexpr char kGetJob[] = "jinqi.intake.v1.EnterpriseImportService/GetImportJob";
constexpr char kListFaults[] = "jinqi.intake.v1.EnterpriseImportService/ListImportFaults";

constexpr std::string_view kPrefix = "importJobs/";

absl::StatusOr<std::string> JobOfName(std::string_view name) {
  if (name.substr(0, kPrefix.size()) != kPrefix) return Error(config::v1::REASON_NOT_FOUND);
  return std::string(name.substr(kPrefix.size()));
}

absl::StatusOr<ledger::Command> MakeImport(const Intake& intake, const CallContext&,
                                           const v1::ImportEnterprisesRequest& request) {
  ASSIGN_OR_RETURN(ImportChunk chunk, CheckChunk(request, intake.reference));
  ledger::Command command;
  command.names = NamesOf(chunk);
  command.decide = [chunk = std::move(chunk)](const ledger::View& view) { return DecideImportChunk(view, chunk); };
  return command;
}

absl::StatusOr<v1::ImportJob> GetJob(const Intake& intake, const CallContext& context,
                                     const v1::GetImportJobRequest& request) {
  ASSIGN_OR_RETURN(const std::string job, JobOfName(request.name()));
  const Actor actor = ActorOf(context, intake);
  ASSIGN_OR_RETURN(const auto found, intake.ledger->reader().Get(actor.caller.tenant, ImportJobKey(job)));
  if (!found.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  ASSIGN_OR_RETURN(auto record, ParsedBody<v1::ImportJobRecord>(*found));
  return std::move(*record.mutable_job());
}

absl::StatusOr<v1::ListImportFaultsResponse> ListFaults(const Intake& intake, const CallContext& context,
                                                        const v1::ListImportFaultsRequest& request) {
  ASSIGN_OR_RETURN(const std::string job, JobOfName(request.job()));
  const Actor actor = ActorOf(context, intake);
  ledger::Query query;
  query.kind = std::string(kImportFaultKind);
  // The ids of a job: `0` follows `/`.
  query.where = {{"id", Comparison::kGreater, {job + "/"}}, {"id", Comparison::kLess, {job + "0"}}};
  v1::ListImportFaultsResponse response;
  const std::string fingerprint = absl::StrCat("faults|", actor.caller.tenant, "|", job);
  ASSIGN_OR_RETURN(const auto page, PageOf(intake, actor, request, fingerprint, std::move(query)));
  for (const ledger::Record& found : page.records) {
    ASSIGN_OR_RETURN(const auto record, ParsedBody<v1::ImportFaultRecord>(found));
    response.mutable_faults()->MergeFrom(record.faults());
  }
  response.set_next_page_token(page.next);
  return response;
}

}  // namespace

void RegisterImport(rpc::Methods& methods, Intake& intake) {
  methods.ChangeOnPool<v1::ImportEnterprisesRequest, v1::ImportEnterprisesResponse>(
      kImport, [&intake](const auto& context, const auto& request) { return MakeImport(intake, context, request); });
  methods.Query<v1::GetImportJobRequest, v1::ImportJob>(
      kGetJob, [&intake](const auto& context, const auto& request) { return GetJob(intake, context, request); });
  methods.Query<v1::ListImportFaultsRequest, v1::ListImportFaultsResponse>(
      kListFaults,
      [&intake](const auto& context, const auto& request) { return ListFaults(intake, context, request); });
}

}  // namespace jinqi::intake
