#include "services/feedback/checks.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/identity/personal_data.h"
#include "common/text/text.h"

namespace jinqi::feedback {
namespace {

constexpr std::size_t kMaxRecording = 200;

}  // namespace

void CheckLength(std::string_view text, std::string_view field, std::size_t least, std::size_t most, Faults& faults) {
  const std::size_t length = text::CodePoints(text::Trim(text));
  if (length == 0 && least > 0) {
    faults.Add(field, config::v1::REASON_REQUIRED);
  } else if (length < least) {
    faults.Add(field, config::v1::REASON_TOO_SHORT, {{"min", absl::StrCat(least)}});
  } else if (length > most) {
    faults.Add(field, config::v1::REASON_TOO_LONG, {{"max", absl::StrCat(most)}});
  }
}

void CheckRecording(std::string_view recording, std::string_view field, Faults& faults) {
  CheckLength(recording, field, 0, kMaxRecording, faults);
  const bool plain = std::all_of(recording.begin(), recording.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!plain) faults.Add(field, config::v1::REASON_FORMAT);
}

void CheckReason(std::string_view reason, std::string_view field, Faults& faults) {
  CheckLength(reason, field, 1, kMaxReason, faults);
  const std::string kinds = identity::PersonalKindsIn(reason);
  if (!kinds.empty()) faults.Add(field, config::v1::REASON_PERSONAL_DATA_FOUND, {{"kinds", kinds}});
}

}  // namespace jinqi::feedback
