#include "services/feedback/feedback_events.h"

#include <utility>

#include "common/status/status.h"
#include "services/feedback/follow_up.h"
#include "services/feedback/score.h"

namespace jinqi::feedback {

using events::v1::Envelope;

absl::StatusOr<std::optional<ledger::Command>> OnRouting(const Envelope& envelope, const Rules& rules) {
  if (envelope.type() == calendar::kCalendarPublished) return calendar::KeepCommand(envelope);
  if (!Matters(envelope.type())) return std::nullopt;
  OrderNews news;
  news.type = envelope.type();
  if (!news.event.ParseFromString(envelope.payload()) || news.event.order().order_no().empty()) {
    return absl::DataLossError(envelope.type() + " cannot be read");
  }
  if (!news.event.has_time()) *news.event.mutable_time() = envelope.time();
  ledger::Command command;
  command.names = NamesOf(news.event.order());
  command.names.push_back(calendar::RelyOnLatest());
  command.decide = [news = std::move(news), &rules](const ledger::View& view) -> absl::StatusOr<ledger::Outcome> {
    ASSIGN_OR_RETURN(const calendar::Calendar calendar, rules.calendar.Of(view));
    return DecideOrderNews(view, news, calendar, rules.limits);
  };
  return command;
}

absl::StatusOr<std::optional<ledger::Command>> OnIntake(const Envelope& envelope) {
  if (envelope.type() != "DemandEnded") return std::nullopt;
  events::v1::DemandEnded ended;
  if (!ended.ParseFromString(envelope.payload()) || ended.order_no().empty()) {
    return absl::DataLossError("DemandEnded cannot be read");
  }
  ledger::Command command;
  command.names = {{ScoreKey(ended.order_no())}};
  command.decide = [ended](const ledger::View& view) { return DecideDemandEnded(view, ended); };
  return command;
}

}  // namespace jinqi::feedback
