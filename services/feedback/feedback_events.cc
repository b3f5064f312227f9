#include "services/feedback/feedback_events.h"

#include <utility>

#include "common/status/status.h"
#include "services/feedback/follow_up.h"
#include "services/feedback/score.h"

namespace jinqi::feedback {

using events::v1::Envelope;

namespace {

// What the rates and the follow-up make of the event, and what the enterprise is told of it.
struct Uses {
  bool counts = false;
  bool tells = false;
};

std::vector<ledger::Name> NamesFor(const Uses& uses, const OrderNews& news) {
  std::vector<ledger::Name> names;
  if (uses.counts) {
    names = NamesOf(news.event.order());
    names.push_back(calendar::RelyOnLatest());
  }
  if (uses.tells) {
    const std::vector<ledger::Name> more = NoticeNames(news);
    names.insert(names.end(), more.begin(), more.end());
  }
  return names;
}

absl::StatusOr<ledger::Outcome> Decide(const ledger::View& view, const Uses& uses, const OrderNews& news,
                                       const Rules& rules) {
  ledger::Outcome outcome;
  if (uses.counts) {
    ASSIGN_OR_RETURN(const calendar::Calendar calendar, rules.calendar.Of(view));
    ASSIGN_OR_RETURN(outcome, DecideOrderNews(view, news, calendar, rules.limits));
  }
  if (uses.tells) RETURN_IF_ERROR(AddNotice(view, news, rules.bodies, outcome));
  return outcome;
}

}  // namespace

absl::StatusOr<std::optional<ledger::Command>> OnRouting(const Envelope& envelope, const Rules& rules) {
  if (envelope.type() == calendar::kCalendarPublished) return calendar::KeepCommand(envelope);
  const Uses uses = {Matters(envelope.type()), ConcernsNotices(envelope.type())};
  if (!uses.counts && !uses.tells) return std::nullopt;
  OrderNews news;
  news.type = envelope.type();
  news.number = envelope.key_sequence();
  if (!news.event.ParseFromString(envelope.payload()) || news.event.order().order_no().empty()) {
    return absl::DataLossError(envelope.type() + " cannot be read");
  }
  if (!news.event.has_time()) *news.event.mutable_time() = envelope.time();
  ledger::Command command;
  command.names = NamesFor(uses, news);
  command.decide = [uses, news = std::move(news), &rules](const ledger::View& view) {
    return Decide(view, uses, news, rules);
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
