// One round of one order while a decision works on it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/feedback/v1/records.pb.h"
#include "services/feedback/kinds.h"
#include "services/feedback/private_part.h"

namespace jinqi::feedback {

// The records of a round as a command found them, what is done to them, and what others are told.
class Round {
 public:
  // NOT_FOUND when there is no such round.
  static absl::StatusOr<Round> Load(const ledger::View& view, const RoundId& id);
  // What every command on a round names.
  static std::vector<ledger::Name> Names(const RoundId& id);

  v1::FollowUpRecord record;
  v1::OrderScore score;

  const RoundId& id() const { return id_; }
  // Whether somebody of the body handled the order.
  bool IsHandler(const std::string& body) const;
  // NOT_FOUND for an account that is limited to another district (GWY-04).
  absl::Status CheckSight(const std::string& district) const;
  // ETAG_REQUIRED; VERSION_CONFLICT unless it is the round's as it stands.
  absl::Status CheckEtag(const std::string& etag) const;
  // Before this change.
  std::int64_t version() const { return version_; }
  // As it will be once this is committed.
  std::string NextEtag() const { return std::to_string(version_ + 1); }

  // A fact about the round, for its history.
  void Note(std::string type, const google::protobuf::MessageLite& data);
  // A fact that others hear of. It is published under the order's number, so that those of all its rounds stay in
  // order.
  void Announce(const std::string& type, const google::protobuf::MessageLite& message);
  // A fact about how the order counts, for the history of its score.
  void NoteScore(std::string type, const google::protobuf::MessageLite& data);
  // Takes the answer out of the body's score; the first reason stays (FBK-08, FBK-09).
  void Exclude(std::string_view cause, const std::string& reason);
  // Nothing more is asked of the enterprise; from then on the end of its time to rate may be told.
  void Done(ledger::Micros now);
  // Tells that no rating can come any more, once that is so and the follow-up is done.
  void AnnounceWindow();
  // The new private part.
  void Replace(SealedPrivate sealed);

  ledger::Outcome Finish(std::string answer) &&;

 private:
  explicit Round(RoundId id) : id_(std::move(id)) {}

  RoundId id_;
  std::int64_t version_ = 0;
  std::vector<ledger::Event> notes_;
  std::vector<ledger::Event> score_events_;
  std::vector<ledger::Person> persons_;
};

}  // namespace jinqi::feedback
