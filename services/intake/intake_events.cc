#include "services/intake/intake_events.h"

#include <string_view>
#include <utility>

#include "common/calendar/calendar_copy.h"
#include "services/intake/order_view.h"

namespace jinqi::intake {

absl::StatusOr<std::optional<ledger::Command>> OnRoutingEvent(const Privacy& privacy, int similar_days,
                                                              const events::v1::Envelope& envelope) {
  if (envelope.type() == calendar::kCalendarPublished) return calendar::KeepCommand(envelope);
  OrderNews news;
  news.type = envelope.type();
  news.key_sequence = envelope.key_sequence();
  news.similar_days = similar_days;
  if (!news.event.ParseFromString(envelope.payload()) || !news.event.has_order()) {
    return absl::DataLossError("no order event: " + envelope.type());
  }
  news.order_no = news.event.order().order_no();
  if (news.order_no.empty()) return std::optional<ledger::Command>();
  if (BringsResult(news.type, news.event)) {
    news.result = SealResult(privacy, news.order_no, news.event.order().result_text(), "");
  }
  ledger::Command command;
  command.names = NamesOf(news);
  command.decide = [news = std::move(news)](const ledger::View& view) { return DecideOrderNews(view, news); };
  return std::optional<ledger::Command>(std::move(command));
}

}  // namespace jinqi::intake
