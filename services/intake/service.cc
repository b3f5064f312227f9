#include "services/intake/service.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/log.h"
#include "common/service/wiring.h"
#include "services/intake/attachment_parent.h"
#include "services/intake/attachment_timers.h"
#include "services/intake/attachments.h"
#include "services/intake/demand.h"
#include "services/intake/intake_events.h"
#include "services/intake/intake_rpc.h"
#include "services/intake/intake_timers.h"
#include "services/intake/kinds.h"
#include "services/intake/similar.h"
#include "services/intake/subject_inspection.h"

namespace jinqi::intake {
namespace {

// Looks every few seconds whether another replica has published a category tree or marked a caller.
class Refresh {
 public:
  Refresh(Intake& intake, clock::Clock& clock) : intake_(intake), clock_(clock) {}

  absl::Status Start() {
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }
  void Stop() {
    {
      absl::MutexLock lock(&mutex_);
      stopping_ = true;
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Run() {
    const absl::Duration pause = absl::Seconds(intake_.config.tree_refresh_seconds());
    absl::MutexLock lock(&mutex_);
    while (!mutex_.AwaitWithTimeout(absl::Condition(&stopping_), pause)) {
      mutex_.Unlock();
      const std::string& tenant = intake_.config.server().tenant();
      ledger::Reader& reader = intake_.ledger->reader();
      Warn("the category tree cannot be read", intake_.trees.Refresh(reader, tenant));
      Warn("the marks on callers cannot be read", intake_.marks.Refresh(reader, tenant, clock_.Now()));
      mutex_.Lock();
    }
  }

  static void Warn(std::string_view what, const absl::Status& status) {
    if (!status.ok()) log::Log(log::Level::kWarning, what, {{"error", std::string(status.message())}});
  }

  Intake& intake_;
  clock::Clock& clock_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// A due date of today may lie in next year; without its notice dates are provisional (RTE-15).
rpc::ReadyState CalendarState(const Intake& intake, clock::Clock& clock) {
  const auto calendar = intake.reference.calendar->InForce(intake.ledger->reader(), intake.config.server().tenant());
  if (!calendar.ok()) return {rpc::Readiness::kFailing, std::string(calendar.status().message())};
  const auto due = calendar->AddWorkingDays(clock::ShanghaiDate(clock.Now()), intake.reference.handle_working_days);
  if (!due.provisional) return {};
  return {rpc::Readiness::kProvisional, absl::StrCat("no notice for ", due.day.year())};
}

}  // namespace

absl::Status CheckLimits(const config::v1::IntakeConfig& config) {
  const auto least = [](const char* name, int value, int minimum) {
    return value >= minimum ? absl::OkStatus()
                            : absl::InvalidArgumentError(absl::StrCat(name, " must be at least ", minimum));
  };
  RETURN_IF_ERROR(least("handle_working_days", config.handle_working_days(), 1));
  RETURN_IF_ERROR(least("archive_after_days", config.archive_after_days(), 0));
  RETURN_IF_ERROR(least("settle_milliseconds", config.settle_milliseconds(), 0));
  RETURN_IF_ERROR(least("max_settling", config.max_settling(), 0));
  RETURN_IF_ERROR(least("max_area_desks", config.max_area_desks(), 1));
  RETURN_IF_ERROR(least("max_person_desks", config.max_person_desks(), 1));
  RETURN_IF_ERROR(least("max_visit_needs", config.max_visit_needs(), 0));
  RETURN_IF_ERROR(least("visit_log_days", config.visit_log_days(), 1));
  // What one command may name: to deactivate a person names an area for each desk, a visit two records for each need.
  const auto most = [](const char* name, int value, int maximum) {
    return value <= maximum ? absl::OkStatus()
                            : absl::InvalidArgumentError(absl::StrCat(name, " must be at most ", maximum));
  };
  RETURN_IF_ERROR(most("max_area_desks", config.max_area_desks(), 99));
  RETURN_IF_ERROR(most("max_person_desks", config.max_person_desks(), 90));
  RETURN_IF_ERROR(most("max_visit_needs", config.max_visit_needs(), 30));
  RETURN_IF_ERROR(least("tree_refresh_seconds", config.tree_refresh_seconds(), 1));
  RETURN_IF_ERROR(least("entry_check_milliseconds", config.entry_check_milliseconds(), 1));
  RETURN_IF_ERROR(least("rating_link_milliseconds", config.rating_link_milliseconds(), 1));
  RETURN_IF_ERROR(least("caller_mark_days", config.caller_mark_days(), 1));
  RETURN_IF_ERROR(least("max_attachments", config.max_attachments(), 0));
  // Handing a draft over names each of its files.
  RETURN_IF_ERROR(most("max_attachments", config.max_attachments(), 50));
  RETURN_IF_ERROR(least("max_attachment_bytes", config.max_attachment_bytes(), 1));
  RETURN_IF_ERROR(least("max_video_bytes", config.max_video_bytes(), 1));
  RETURN_IF_ERROR(least("attachment_chunk_bytes", config.attachment_chunk_bytes(), 1024));
  RETURN_IF_ERROR(most("attachment_chunk_bytes", config.attachment_chunk_bytes(), 1 << 20));
  RETURN_IF_ERROR(least("upload_keep_hours", config.upload_keep_hours(), 1));
  RETURN_IF_ERROR(least("draft_keep_days", config.draft_keep_days(), 1));
  RETURN_IF_ERROR(least("clamd_timeout_milliseconds", config.clamd_timeout_milliseconds(), 1));
  RETURN_IF_ERROR(least("similar_shown", config.similar_shown(), 1));
  RETURN_IF_ERROR(most("similar_shown", config.similar_shown(), 20));
  RETURN_IF_ERROR(least("similar_days", config.similar_days(), 1));
  if (!(config.similar_score() > 0 && config.similar_score() <= 1)) {
    return absl::InvalidArgumentError("similar_score must be above 0 and at most 1");
  }
  RETURN_IF_ERROR(least("marked_caller_seconds", config.marked_caller_seconds(), 0));
  return least("payment_transfer_working_days", config.payment_transfer_working_days(), 1);
}

rpc::ServiceDefinition Definition() {
  rpc::ServiceDefinition definition;
  definition.name = "intake";
  definition.kinds = Kinds();
  definition.migrations = kMigrations;
  return definition;
}

absl::Status Build(rpc::ServiceRuntime& runtime, const config::v1::IntakeConfig& config) {
  if (runtime.vault() == nullptr) return absl::FailedPreconditionError("server.vault_key_file is missing");
  RETURN_IF_ERROR(CheckLimits(config));
  ASSIGN_OR_RETURN(Reference reference, LoadReference(config));
  Intake& intake = runtime.Keep(std::make_unique<Intake>(config, std::move(reference), &runtime.ledger(),
                                                         runtime.vault(), &runtime.ids(), &runtime.page_tokens()));
  ASSIGN_OR_RETURN(intake.attachments, Attachments::Make(config));
  RETURN_IF_ERROR(intake.LoadTrees(runtime.clock().Now()));
  RETURN_IF_ERROR(intake.marks.Refresh(runtime.ledger().reader(), config.server().tenant(), runtime.clock().Now()));
  // Without it, answers on the spot cite nothing (INT-10).
  const auto knowledge = runtime.Peer("policy_knowledge");
  if (knowledge.ok()) {
    intake.knowledge.Connect(*knowledge, absl::Milliseconds(config.entry_check_milliseconds()));
  }
  // Without it, the progress shows the page without a token (INT-18).
  const auto feedback = runtime.Peer("feedback");
  if (feedback.ok()) {
    intake.rating_links.Connect(
        *feedback, [&runtime] { return runtime.ServiceAuthorization(); },
        absl::Milliseconds(config.rating_link_milliseconds()));
  }
  Refresh& refresh = runtime.Keep(std::make_unique<Refresh>(intake, runtime.clock()));
  runtime.AddBackground(
      {"category tree and marks", [&refresh] { return refresh.Start(); }, [&refresh] { refresh.Stop(); }});
  runtime.AddReadyCheck({"calendar", [&intake, &clock = runtime.clock()] { return CalendarState(intake, clock); }});
  RETURN_IF_ERROR(
      service::AddMessages(runtime, {{"routing", "feedback", "policy_knowledge"},
                                     {{"routing",
                                       [&intake](const events::v1::Envelope& envelope) {
                                         return OnRoutingEvent(intake.privacy, intake.config.similar_days(), envelope);
                                       }},
                                      {"inspection_scheduling", [&intake](const events::v1::Envelope& envelope) {
                                         return OnInspectionEvent(envelope, intake.config.visit_log_days());
                                       }}}}));
  service::AddTimers(runtime, {std::string(kDemandKind), std::string(kLikenessKind)}, OnTimer);
  service::AddTimers(
      runtime, {std::string(kAttachmentKind), std::string(kDraftKind)},
      [&intake](const ledger::Firing& firing, const ledger::Record& record) {
        return OnAttachmentTimer(intake, firing, record);
      },
      "attachments");
  service::AddRequestExpiry(runtime);
  RegisterMethods(runtime.methods(), intake);
  return runtime.methods().status();
}

}  // namespace jinqi::intake
