#include "common/lifecycle/lifecycle.h"

#include <algorithm>
#include <string>

#include "common/status/status.h"

namespace jinqi::lifecycle {
namespace {

using namespace events::v1;  // NOLINT(google-build-using-namespace): the table reads as C3 does.

constexpr Custodians kIntake = Custodian::kIntake;
constexpr Custodians kRouting = Custodian::kRouting;
constexpr Custodians kBoth = Custodians::Both();

constexpr std::array<Move, kMoves> kTable = {{
    {ORDER_STATE_REGISTERED, ORDER_STATE_ANSWERED, kIntake},
    {ORDER_STATE_REGISTERED, ORDER_STATE_NOT_ACCEPTED, kIntake},
    {ORDER_STATE_REGISTERED, ORDER_STATE_TRANSFERRED_EMERGENCY, kIntake},
    {ORDER_STATE_REGISTERED, ORDER_STATE_MERGED, kIntake},
    {ORDER_STATE_REGISTERED, ORDER_STATE_PENDING_DISPATCH, kIntake},  // hands the custody over to routing
    {ORDER_STATE_REGISTERED, ORDER_STATE_WITHDRAWN, kIntake},

    {ORDER_STATE_PENDING_DISPATCH, ORDER_STATE_DISPATCHED, kRouting},
    {ORDER_STATE_PENDING_DISPATCH, ORDER_STATE_LIAISON_SENT, kRouting},     // RTE-10
    {ORDER_STATE_PENDING_DISPATCH, ORDER_STATE_PARTNER_PENDING, kRouting},  // RTE-26
    {ORDER_STATE_PENDING_DISPATCH, ORDER_STATE_MERGED, kRouting},
    {ORDER_STATE_PENDING_DISPATCH, ORDER_STATE_WITHDRAWN, kRouting},

    {ORDER_STATE_DISPATCHED, ORDER_STATE_HANDLING, kRouting},          // 签收, RTE-08
    {ORDER_STATE_DISPATCHED, ORDER_STATE_RETURN_REVIEW, kRouting},     // 退单, RTE-07
    {ORDER_STATE_DISPATCHED, ORDER_STATE_PENDING_DISPATCH, kRouting},  // declined, RTE-11
    {ORDER_STATE_DISPATCHED, ORDER_STATE_WITHDRAWN, kRouting},

    {ORDER_STATE_RETURN_REVIEW, ORDER_STATE_PENDING_DISPATCH, kRouting},  // 同意
    {ORDER_STATE_RETURN_REVIEW, ORDER_STATE_HANDLING, kRouting},          // 驳回
    {ORDER_STATE_RETURN_REVIEW, ORDER_STATE_WITHDRAWN, kRouting},

    {ORDER_STATE_HANDLING, ORDER_STATE_RETURN_REVIEW, kRouting},  // only inside of the return window
    {ORDER_STATE_HANDLING, ORDER_STATE_ESCALATED, kRouting},      // RTE-21
    {ORDER_STATE_HANDLING, ORDER_STATE_SUBMITTED, kRouting},
    {ORDER_STATE_HANDLING, ORDER_STATE_WITHDRAWN, kRouting},

    {ORDER_STATE_ESCALATED, ORDER_STATE_HANDLING, kRouting},  // 议定, RTE-22
    {ORDER_STATE_ESCALATED, ORDER_STATE_WITHDRAWN, kRouting},

    {ORDER_STATE_SUBMITTED, ORDER_STATE_HANDLING, kRouting},  // 审核退回
    {ORDER_STATE_SUBMITTED, ORDER_STATE_FED_BACK, kRouting},

    {ORDER_STATE_FED_BACK, ORDER_STATE_FOLLOWED_UP, kRouting},

    {ORDER_STATE_FOLLOWED_UP, ORDER_STATE_REWORK, kRouting},
    {ORDER_STATE_FOLLOWED_UP, ORDER_STATE_CLOSED, kRouting},

    {ORDER_STATE_REWORK, ORDER_STATE_SUBMITTED, kRouting},
    {ORDER_STATE_REWORK, ORDER_STATE_ESCALATED, kRouting},  // FBK-07

    {ORDER_STATE_CLOSED, ORDER_STATE_REWORK, kRouting},  // bad rating within 15 days (FBK-05), or a new fact (INT-09)
    {ORDER_STATE_CLOSED, ORDER_STATE_ARCHIVED, kRouting},

    {ORDER_STATE_LIAISON_SENT, ORDER_STATE_CLOSED, kRouting},
    {ORDER_STATE_LIAISON_SENT, ORDER_STATE_WITHDRAWN, kRouting},  // INT-20

    {ORDER_STATE_PARTNER_PENDING, ORDER_STATE_FED_BACK, kRouting},
    {ORDER_STATE_PARTNER_PENDING, ORDER_STATE_PENDING_DISPATCH, kRouting},
    {ORDER_STATE_PARTNER_PENDING, ORDER_STATE_WITHDRAWN, kRouting},  // INT-20

    {ORDER_STATE_ANSWERED, ORDER_STATE_ARCHIVED, kIntake},
    {ORDER_STATE_NOT_ACCEPTED, ORDER_STATE_ARCHIVED, kIntake},
    {ORDER_STATE_TRANSFERRED_EMERGENCY, ORDER_STATE_ARCHIVED, kIntake},
    {ORDER_STATE_MERGED, ORDER_STATE_ARCHIVED, kBoth},
    {ORDER_STATE_WITHDRAWN, ORDER_STATE_ARCHIVED, kBoth},
}};

struct Names {
  std::string_view name;
  std::string_view zh;
};

// By the state's number.
constexpr std::array<Names, kStates + 1> kNames = {{
    {"", ""},
    {"REGISTERED", "已登记"},
    {"PENDING_DISPATCH", "待派单"},
    {"DISPATCHED", "已派单"},
    {"RETURN_REVIEW", "退单审核"},
    {"HANDLING", "办理中"},
    {"ESCALATED", "提级研究"},
    {"SUBMITTED", "待审核"},
    {"FED_BACK", "已反馈"},
    {"FOLLOWED_UP", "已回访"},
    {"REWORK", "整改中"},
    {"CLOSED", "已办结"},
    {"LIAISON_SENT", "联络转送"},
    {"PARTNER_PENDING", "异地协办"},
    {"ANSWERED", "即时答复"},
    {"NOT_ACCEPTED", "不予受理"},
    {"TRANSFERRED_EMERGENCY", "转紧急处置"},
    {"MERGED", "已并单"},
    {"WITHDRAWN", "已撤回"},
    {"ARCHIVED", "已归档"},
}};

constexpr std::uint32_t Bit(OrderState state) {
  return state > ORDER_STATE_UNSPECIFIED && state <= kStates ? std::uint32_t{1} << static_cast<unsigned>(state) : 0;
}

// Of each state the set of states that it may move to, so that a check is one look.
constexpr std::array<std::uint32_t, kStates + 1> TargetsOf() {
  std::array<std::uint32_t, kStates + 1> targets{};
  for (const Move& move : kTable) targets[static_cast<std::size_t>(move.from)] |= Bit(move.to);
  return targets;
}

constexpr std::array<std::uint32_t, kStates + 1> kTargets = TargetsOf();

constexpr std::uint32_t kDueClockRuns =
    Bit(ORDER_STATE_REGISTERED) | Bit(ORDER_STATE_PENDING_DISPATCH) | Bit(ORDER_STATE_DISPATCHED) |
    Bit(ORDER_STATE_RETURN_REVIEW) | Bit(ORDER_STATE_HANDLING) | Bit(ORDER_STATE_ESCALATED) |
    Bit(ORDER_STATE_SUBMITTED) | Bit(ORDER_STATE_LIAISON_SENT) | Bit(ORDER_STATE_PARTNER_PENDING);
constexpr std::uint32_t kOpen = kDueClockRuns | Bit(ORDER_STATE_REWORK);

const Names& NamesOf(OrderState state) { return kNames[Bit(state) == 0 ? 0 : static_cast<std::size_t>(state)]; }

absl::Status IllegalMove(OrderState from, OrderState to) {
  return Error(config::v1::REASON_ILLEGAL_MOVE, {{"from", std::string(Name(from))}, {"to", std::string(Name(to))}});
}

}  // namespace

const std::array<Move, kMoves>& Moves() { return kTable; }

bool IsLawful(OrderState from, OrderState to) {
  return Bit(from) != 0 && (kTargets[static_cast<std::size_t>(from)] & Bit(to)) != 0;
}

absl::Status CheckMove(OrderState from, OrderState to) {
  return IsLawful(from, to) ? absl::OkStatus() : IllegalMove(from, to);
}

absl::Status CheckMove(OrderState from, OrderState to, Custodian by) {
  const auto* const move =
      std::find_if(kTable.begin(), kTable.end(), [&](const Move& row) { return row.from == from && row.to == to; });
  if (move == kTable.end() || !move->custodians.Has(by)) return IllegalMove(from, to);
  return absl::OkStatus();
}

bool IsFinal(OrderState state) { return Bit(state) != 0 && kTargets[static_cast<std::size_t>(state)] == 0; }

bool IsOpen(OrderState state) { return (kOpen & Bit(state)) != 0; }

bool DueClockRuns(OrderState state) { return (kDueClockRuns & Bit(state)) != 0; }

std::string_view Name(OrderState state) { return NamesOf(state).name; }

std::string_view Zh(OrderState state) { return NamesOf(state).zh; }

}  // namespace jinqi::lifecycle
