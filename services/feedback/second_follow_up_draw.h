// 抽取: which follow-ups are made a second time (FBK-14).
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "jinqi/feedback/v1/records.pb.h"
#include "services/feedback/limits.h"

namespace jinqi::feedback {

// The timer by which the rest of a large draw gets its second follow-ups.
inline constexpr char kOpenTimer[] = "open_drawn";

// Percent of a population, rounded up.
std::size_t DrawSize(std::size_t population, int percent);

// Draws `size` ids: those with the smallest lots, whatever order they come in. A lot is the SM3 of `{seed}:{id}`. Holds
// no more ids than it draws.
class Lots {
 public:
  Lots(std::string seed, std::size_t size) : seed_(std::move(seed)), size_(size) {}

  void Add(const std::string& id);
  // The smallest lot first.
  std::vector<std::string> Drawn() const;

 private:
  std::string seed_;
  std::size_t size_;
  std::set<std::pair<std::string, std::string>> smallest_;
};

// `{start_date}_{end_date}`
std::string DrawId(std::string_view start_date, std::string_view end_date);

// What a command on a draw names: the draw, the end of the last one, and the next of those drawn.
std::vector<ledger::Name> DrawNames(const v1::SecondFollowUpDrawRecord& record);

// Keeps the draw, which is given whole but for its time, and opens the first of its second follow-ups. DRAW_EXISTS when
// the period begins on or before the last day that was drawn from. The answer is the SecondFollowUpDraw.
absl::StatusOr<ledger::Outcome> DecideDraw(const ledger::View& view, v1::SecondFollowUpDraw draw);

// Opens the next second follow-ups of a draw.
absl::StatusOr<ledger::Outcome> DecideOpenDrawn(const ledger::View& view, const std::string& draw_id);

}  // namespace jinqi::feedback
