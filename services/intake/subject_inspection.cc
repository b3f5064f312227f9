#include "services/intake/subject_inspection.h"

#include <algorithm>
#include <utility>

#include "common/clock/clock.h"
#include "jinqi/events/v1/inspection.pb.h"
#include "services/intake/demand_changes.h"

namespace jinqi::intake {
namespace {

using Inspection = v1::SubjectInspectionRecord::Inspection;

// What a message says of an inspection: its beginning, or its end.
struct InspectionNews {
  std::string uscc;
  Inspection inspection;
  int keep_days = 0;
};

absl::StatusOr<ledger::Outcome> DecideInspection(const ledger::View& view, const InspectionNews& news) {
  const ledger::Key key = InspectionKey(news.uscc);
  v1::SubjectInspectionRecord record;
  if (view.Find(key) != nullptr) {
    ASSIGN_OR_RETURN(record, view.Read<v1::SubjectInspectionRecord>(key));
  }
  auto& inspections = *record.mutable_inspections();
  const auto known = std::find_if(inspections.begin(), inspections.end(), [&news](const Inspection& inspection) {
    return inspection.task() == news.inspection.task();
  });
  const bool ended = news.inspection.has_finish_time();
  if (known != inspections.end()) {
    known->MergeFrom(news.inspection);
  } else if (!ended) {
    *inspections.Add() = news.inspection;
  } else {
    // It began before this service listened; nothing is open that it could close.
    return ledger::Outcome{};
  }
  const ledger::Micros oldest = view.now() - news.keep_days * clock::kDay;
  inspections.erase(std::remove_if(inspections.begin(), inspections.end(),
                                   [oldest](const Inspection& inspection) {
                                     return inspection.has_finish_time() &&
                                            clock::FromProto(inspection.finish_time()) < oldest;
                                   }),
                    inspections.end());
  ledger::Outcome outcome;
  outcome.changes.push_back({key,
                             record.SerializeAsString(),
                             std::nullopt,
                             {Note(ended ? "InspectionFinished" : "InspectionStarted",
                                   ended ? "INSPECTION_FINISHED" : "INSPECTION_STARTED", news.inspection.task())}});
  return outcome;
}

template <typename Message>
absl::StatusOr<InspectionNews> Read(const events::v1::Envelope& envelope) {
  Message message;
  if (!message.ParseFromString(envelope.payload()) || message.task().empty() || message.uscc().empty()) {
    return absl::DataLossError("no inspection event: " + envelope.type());
  }
  InspectionNews news;
  news.uscc = message.uscc();
  news.inspection.set_task(message.task());
  news.inspection.set_body(message.body());
  if constexpr (std::is_same_v<Message, events::v1::InspectionStarted>) {
    *news.inspection.mutable_start_time() = message.start_time();
  } else {
    *news.inspection.mutable_finish_time() = message.finish_time();
  }
  return news;
}

}  // namespace

ledger::Key InspectionKey(std::string_view uscc) { return {std::string(kInspectionKind), std::string(uscc)}; }

bool IsInspectedOn(const v1::SubjectInspectionRecord& record, ledger::Micros instant) {
  const absl::CivilDay day = clock::ShanghaiDate(instant);
  return std::any_of(record.inspections().begin(), record.inspections().end(), [day](const Inspection& inspection) {
    const bool begun = clock::ShanghaiDate(clock::FromProto(inspection.start_time())) <= day;
    return begun &&
           (!inspection.has_finish_time() || clock::ShanghaiDate(clock::FromProto(inspection.finish_time())) >= day);
  });
}

absl::StatusOr<std::optional<ledger::Command>> OnInspectionEvent(const events::v1::Envelope& envelope, int keep_days) {
  absl::StatusOr<InspectionNews> news = InspectionNews();
  if (envelope.type() == "InspectionStarted") {
    news = Read<events::v1::InspectionStarted>(envelope);
  } else if (envelope.type() == "InspectionFinished") {
    news = Read<events::v1::InspectionFinished>(envelope);
  } else {
    return std::optional<ledger::Command>();
  }
  if (!news.ok()) return news.status();
  news->keep_days = keep_days;
  ledger::Command command;
  command.names = {{InspectionKey(news->uscc)}};
  command.decide = [news = *std::move(news)](const ledger::View& view) { return DecideInspection(view, news); };
  return std::optional<ledger::Command>(std::move(command));
}

}  // namespace jinqi::intake
