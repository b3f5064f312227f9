// 通知: one for each step of an order that the enterprise is told of, in order, none twice (FBK-13). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "common/outbound/retry.h"
#include "jinqi/events/v1/order.pb.h"
#include "jinqi/feedback/v1/records.pb.h"
#include "services/feedback/follow_up.h"
#include "services/feedback/notice_template.h"

namespace jinqi::feedback {

// Names of bodies by their codes.
using BodyNames = std::map<std::string, std::string>;

// Whether an event has a notice, or ends those that wait (OrderWithdrawn).
bool ConcernsNotices(std::string_view event_type);

// What a command on it names: the order's queue, and the notice where it has one.
std::vector<ledger::Name> NoticeNames(const OrderNews& news);

// Puts the event's notice behind those that wait; a withdrawal lets none of them leave. Nothing for an order that is
// anonymous or withdrawn, and for an event that has its notice already. Adds to what else the event changes.
absl::Status AddNotice(const ledger::View& view, const OrderNews& news, const BodyNames& names,
                       ledger::Outcome& outcome);

// What became of the notice that was the first of its queue.
struct NoticeReport {
  std::string order_no;
  std::int64_t number = 0;
  // The template that it was filled in by: accepted@1; empty: it was not.
  std::string template_name;
  v1::Notice::Way way = v1::Notice::WAY_UNSPECIFIED;
  outbound::Report report;
  // Why it is not sent, with the reason in report.unsent; UNSPECIFIED: it was sent.
  v1::Notice::State unsent = v1::Notice::STATE_UNSPECIFIED;
};

// Names: queue and notice. SENT, FAILED, HELD or DROPPED, or PENDING until the next attempt; then the next one of the
// order is on its way. The answer is the notice. Nothing where it is no longer the first.
absl::StatusOr<ledger::Outcome> DecideNoticeReport(const ledger::View& view, const NoticeReport& report,
                                                   const config::v1::OutboundRetry& retry);

// Names: queue, notice and (relied on) its template. ETAG_REQUIRED, VERSION_CONFLICT, NOTICE_STATE, NOTICE_VARIABLE.
absl::StatusOr<ledger::Outcome> DecideRetryNotice(const ledger::View& view, const std::string& notice_id,
                                                  const std::string& etag, const BodyNames& names);

// PENDING.
std::string StateName(v1::Notice::State state);
// What a template can be filled in with before it is sent.
Variables VariablesOf(const v1::NoticeRecord& record);

}  // namespace jinqi::feedback
