// What intake knows of an order that routing holds: a view made of routing's events (contract of the ledger, 18).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/events/v1/order.pb.h"
#include "services/intake/privacy.h"

namespace jinqi::intake {

inline constexpr std::string_view kResultKind = "demand_result";

// `{order_no}/result`.
std::string ResultId(std::string_view order_no);
ledger::Key ResultKey(std::string_view order_no);

// What a requester was answered or told, for the record `demand_result`; by the phone, if any, it is found, also once
// all else is erased.
Sealed SealResult(const Privacy& privacy, std::string_view order_no, const std::string& text, const std::string& phone);

// One event of routing's stream.
struct OrderNews {
  std::string order_no;
  // The envelope's type: OrderDispatched …
  std::string type;
  std::int64_t key_sequence = 0;
  events::v1::OrderEvent event;
  // The result text that came with it, sealed; absent: none.
  std::optional<Sealed> result;
  // For so many days after it was taken in the demand is found by what it is like (INT-09).
  int similar_days = 180;
};

// Whether the event carries a result text that is new: the one that was handed in. Later events repeat it.
bool BringsResult(std::string_view type, const events::v1::OrderEvent& event);

// The records that the event's command names. With routing's first word on an order its subject enters the
// register, and it is found by what it is like.
std::vector<ledger::Name> NamesOf(const OrderNews& news);

// Takes the event over into the view: state, body, dates, changes of the due date, result; settles the intents that it
// answers. What the view has seen already changes nothing. An urgency or category that people set here stays (INT-07).
absl::StatusOr<ledger::Outcome> DecideOrderNews(const ledger::View& view, const OrderNews& news);

}  // namespace jinqi::intake
