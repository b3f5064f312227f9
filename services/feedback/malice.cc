#include "services/feedback/malice.h"

#include <utility>

#include "common/clock/clock.h"
#include "common/status/status.h"

namespace jinqi::feedback {
namespace {

constexpr std::string_view kMalice = "MALICE";

void Propose(const MaliceInput& input, ledger::Micros now, v1::Malice& malice) {
  malice.set_proposed_by(input.account);
  *malice.mutable_propose_time() = clock::ToProto(now);
  malice.set_reason(input.reason);
}

absl::Status Confirm(const MaliceInput& input, ledger::Micros now, v1::Malice& malice) {
  if (malice.has_confirm_time()) {
    return Error(config::v1::REASON_ILLEGAL_MOVE, {{"from", std::string(kMalice)}, {"to", std::string(kMalice)}});
  }
  if (malice.proposed_by() == input.account) return Error(config::v1::REASON_MALICE_SECOND_PERSON);
  malice.set_confirmed_by(input.account);
  *malice.mutable_confirm_time() = clock::ToProto(now);
  malice.set_confirm_reason(input.reason);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ledger::Outcome> DecideMarkMalicious(const ledger::View& view, const MaliceInput& input) {
  ASSIGN_OR_RETURN(Round round, Round::Load(view, input.id));
  RETURN_IF_ERROR(round.CheckSight(input.district));
  if (!round.record.has_bad_time()) return Error(config::v1::REASON_NOT_FOUND);
  if (round.IsHandler(input.body)) return Error(config::v1::REASON_PERMISSION_DENIED);
  RETURN_IF_ERROR(round.CheckEtag(input.etag));
  v1::Rating& rating = *round.record.mutable_rating();
  if (!rating.has_malice()) {
    Propose(input, view.now(), *rating.mutable_malice());
    round.Note("MaliceProposed", rating.malice());
  } else {
    RETURN_IF_ERROR(Confirm(input, view.now(), *rating.mutable_malice()));
    round.Note("MaliceConfirmed", rating.malice());
    round.Exclude(kMalice, rating.malice().reason());
  }
  v1::Rating answer = rating;
  answer.set_etag(round.NextEtag());
  return std::move(round).Finish(answer.SerializeAsString());
}

}  // namespace jinqi::feedback
