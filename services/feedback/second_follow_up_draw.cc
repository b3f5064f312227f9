#include "services/feedback/second_follow_up_draw.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/crypto/sm3.h"
#include "common/status/status.h"
#include "services/feedback/kinds.h"

namespace jinqi::feedback {
namespace {

using v1::SecondFollowUp;
using v1::SecondFollowUpDrawRecord;

constexpr std::size_t kPercent = 100;
// Each names two records, and a command at most 100 (contract of the ledger, 2).
constexpr int kStep = 45;

int StepEnd(const SecondFollowUpDrawRecord& record) {
  return std::min(record.opened() + kStep, record.draw().drawn_size());
}

// The account that made the last call.
std::string LastCaller(const v1::FollowUp& first) {
  std::string account;
  for (const auto& contact : first.contacts()) {
    if (contact.way() == v1::FollowUpContact::WAY_CALL) account = contact.by();
  }
  return account;
}

ledger::Change Opened(const v1::FollowUpRecord& first, const std::string& draw, ledger::Micros now) {
  const RoundId id{first.follow_up().order_no(), first.follow_up().round()};
  v1::SecondFollowUpRecord record;
  SecondFollowUp& second = *record.mutable_second_follow_up();
  second.set_name("secondFollowUps/" + IdText(id));
  second.set_order_no(id.order_no);
  second.set_round(id.round);
  second.set_state(SecondFollowUp::STATE_OPEN);
  second.set_draw(draw);
  second.set_follower(LastCaller(first.follow_up()));
  *second.mutable_create_time() = clock::ToProto(now);
  record.set_district_code(first.district_code());
  return {SecondFollowUpKey(id),
          record.SerializeAsString(),
          std::nullopt,
          {{"SecondFollowUpOpened", second.SerializeAsString(), std::nullopt}}};
}

// Opens the next ones; while some are left the timer fires at once.
absl::StatusOr<ledger::Outcome> OpenNext(const ledger::View& view, SecondFollowUpDrawRecord record, std::string event) {
  ledger::Outcome outcome;
  for (int i = record.opened(); i < StepEnd(record); ++i) {
    const auto id = ParseId(record.draw().drawn(i));
    if (!id.has_value()) return absl::DataLossError("drawn id is not readable");
    ASSIGN_OR_RETURN(const auto first, view.Read<v1::FollowUpRecord>(FollowUpKey(*id)));
    outcome.changes.push_back(Opened(first, record.draw().name(), view.now()));
  }
  record.set_opened(StepEnd(record));
  std::vector<ledger::Timer> timers;
  if (record.opened() < record.draw().drawn_size()) timers.push_back({kOpenTimer, view.now()});
  const std::string draw_id = DrawId(record.draw().start_date(), record.draw().end_date());
  outcome.changes.push_back({DrawKey(draw_id),
                             record.SerializeAsString(),
                             std::move(timers),
                             {{std::move(event), record.SerializeAsString(), std::nullopt}}});
  return outcome;
}

}  // namespace

std::size_t DrawSize(std::size_t population, int percent) {
  return (population * static_cast<std::size_t>(percent) + kPercent - 1) / kPercent;
}

void Lots::Add(const std::string& id) {
  smallest_.emplace(crypto::Sm3Hex(absl::StrCat(seed_, ":", id)), id);
  if (smallest_.size() > size_) smallest_.erase(std::prev(smallest_.end()));
}

std::vector<std::string> Lots::Drawn() const {
  std::vector<std::string> ids;
  for (const auto& [lot, id] : smallest_) ids.push_back(id);
  return ids;
}

std::string DrawId(std::string_view start_date, std::string_view end_date) {
  return std::string(start_date) + "_" + std::string(end_date);
}

std::vector<ledger::Name> DrawNames(const SecondFollowUpDrawRecord& record) {
  std::vector<ledger::Name> names = {{DrawKey(DrawId(record.draw().start_date(), record.draw().end_date()))},
                                     {LatestDrawKey()}};
  for (int i = record.opened(); i < StepEnd(record); ++i) {
    const auto id = ParseId(record.draw().drawn(i));
    if (!id.has_value()) continue;
    names.push_back({SecondFollowUpKey(*id)});
    names.push_back({FollowUpKey(*id), ledger::Access::kRely});
  }
  return names;
}

absl::StatusOr<ledger::Outcome> DecideDraw(const ledger::View& view, v1::SecondFollowUpDraw draw) {
  SecondFollowUpDrawRecord latest;
  if (view.Find(LatestDrawKey()) != nullptr) {
    ASSIGN_OR_RETURN(latest, view.Read<SecondFollowUpDrawRecord>(LatestDrawKey()));
  }
  // Dates of this form compare as texts.
  if (draw.start_date() <= latest.draw().end_date()) return Error(config::v1::REASON_DRAW_EXISTS);
  *draw.mutable_create_time() = clock::ToProto(view.now());
  SecondFollowUpDrawRecord record;
  *record.mutable_draw() = draw;
  ASSIGN_OR_RETURN(ledger::Outcome outcome, OpenNext(view, std::move(record), "SecondFollowUpsDrawn"));
  latest.mutable_draw()->set_end_date(draw.end_date());
  outcome.changes.push_back({LatestDrawKey(),
                             latest.SerializeAsString(),
                             std::nullopt,
                             {{"SecondFollowUpsDrawn", draw.name(), std::nullopt}}});
  outcome.answer = draw.SerializeAsString();
  return outcome;
}

absl::StatusOr<ledger::Outcome> DecideOpenDrawn(const ledger::View& view, const std::string& draw_id) {
  ASSIGN_OR_RETURN(SecondFollowUpDrawRecord record, view.Read<SecondFollowUpDrawRecord>(DrawKey(draw_id)));
  return OpenNext(view, std::move(record), "SecondFollowUpsOpened");
}

}  // namespace jinqi::feedback
