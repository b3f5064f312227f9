// The records of this service.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ledger/types.h"

namespace jinqi::feedback {

inline constexpr char kFollowUp[] = "follow_up";
inline constexpr char kOrderScore[] = "order_score";
inline constexpr char kAppeal[] = "appeal";
inline constexpr char kSecondFollowUp[] = "second_follow_up";
inline constexpr char kSecondFollowUpDraw[] = "second_follow_up_draw";
inline constexpr char kMarkedFollower[] = "marked_follower";
inline constexpr char kOpinion[] = "opinion";
inline constexpr char kServiceCase[] = "service_case";
inline constexpr char kNotice[] = "notice";
inline constexpr char kNoticeQueue[] = "notice_queue";
inline constexpr char kNoticeTemplate[] = "notice_template";

// follow_up: FollowUpRecord by `<order number>-<round>`; order_score: OrderScore by order number; appeal: AppealRecord
// by its name; second_follow_up: SecondFollowUpRecord by its name; second_follow_up_draw: SecondFollowUpDrawRecord by
// `<start date>_<end date>`, and `latest`; marked_follower: MarkedFollower by account; opinion: OpinionRecord by its
// name; service_case: ServiceCaseRecord by its name; calendar: what routing published last; notice: NoticeRecord by
// `<order number>-<number>`; notice_queue: NoticeQueueRecord by order number; notice_template: NoticeTemplateRecord by
// template_id.
std::vector<ledger::Kind> Kinds();

// File name to SQL.
extern const std::map<std::string, std::string> kMigrations;

// One round of one order.
struct RoundId {
  std::string order_no;
  int round = 0;
  bool operator==(const RoundId&) const = default;
};

ledger::Key FollowUpKey(const RoundId& id);
ledger::Key ScoreKey(const std::string& order_no);
// Its id is the appeal's name, `appeals/<order number>-<round>`.
ledger::Key AppealKey(const RoundId& id);
// Its id is the name, `secondFollowUps/<order number>-<round>`.
ledger::Key SecondFollowUpKey(const RoundId& id);
// By `<start date>_<end date>`; and the end of the last one.
ledger::Key DrawKey(const std::string& draw_id);
ledger::Key LatestDrawKey();
// By account.
ledger::Key FollowerKey(const std::string& account);
// By name, `opinions/<uuid>`.
ledger::Key OpinionKey(const std::string& name);
// By name, `serviceCases/<uuid>`.
ledger::Key ServiceCaseKey(const std::string& name);
ledger::Key NoticeKey(const std::string& notice_id);
ledger::Key QueueKey(const std::string& order_no);
ledger::Key TemplateKey(const std::string& template_id);
// `<order number>-<number>`
std::string NoticeId(const std::string& order_no, std::int64_t number);
// `<order number>-<round>`
std::string IdText(const RoundId& id);
// `followUps/<order number>-<round>`
std::string FollowUpName(const RoundId& id);
// `ratings/<order number>-<round>`
std::string RatingName(const RoundId& id);
// nullopt unless it is what IdText gives.
std::optional<RoundId> ParseId(std::string_view text);
// What follows `prefix` (`ratings/`); nullopt for another name.
std::optional<RoundId> ParseName(std::string_view name, std::string_view prefix);

}  // namespace jinqi::feedback
