// 通知模板: the words of notices, and what may stand in them (FBK-13). Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "common/status/status.h"
#include "jinqi/feedback/v1/records.pb.h"

namespace jinqi::feedback {

using Variables = std::map<std::string, std::string>;

// The one variable that is not known before a notice is sent, as it holds a token.
inline constexpr char kRatingLink[] = "rating_link";

// The template of an order's event: `dispatched` for OrderDispatched. Empty: the enterprise is not told of it.
std::string_view TemplateOf(std::string_view event_type);

// Every fault of a template: an id that no event has, a text that is empty, too long or ends in the middle of a
// variable; TEMPLATE_INVALID for a variable that the text uses undeclared, or that the platform does not have.
void CheckTemplate(const v1::NoticeTemplate& given, Faults& faults);

// The text filled in. NOTICE_VARIABLE with the name of the first variable that has no value: such a text is never sent.
absl::StatusOr<std::string> Fill(const std::string& text, const Variables& values);

// `accepted@2`.
std::string TemplateName(const v1::NoticeTemplate& version);
// `accepted` of `accepted@2`.
std::string TemplateId(const std::string& template_name);

// Names: the template. The next version, from now on in force; the answer is it.
absl::StatusOr<ledger::Outcome> DecidePublishTemplate(const ledger::View& view, const v1::NoticeTemplate& given);
// The first version where there is none yet.
absl::StatusOr<ledger::Outcome> DecideStoreTemplate(const ledger::View& view, const v1::NoticeTemplate& given);

}  // namespace jinqi::feedback
