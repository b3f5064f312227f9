// What a JSON body must be before anything reads it (GWY-07).
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/status/status.h"
#include "google/protobuf/descriptor.h"

namespace jinqi::gateway {

// What is said to a name that the enum has not: CHANNEL_UNKNOWN (INT-01), else UNKNOWN_VALUE.
Reason ReasonOfName(const google::protobuf::EnumDescriptor* type);

// JSON_NOT_UTF8; JSON_INVALID for what is no complete JSON object (NaN and trailing bytes too); JSON_TOO_DEEP beyond
// `max_depth` levels; then, all at once, every field that the message has not (UNKNOWN_FIELD), that is there twice, be
// it in both spellings (JSON_DUPLICATE_KEY), that holds NaN, infinity, NUL or another kind of value than the field's
// (FORMAT: an object or a number for a text, a text for an object …), or an enum's name that there is not
// (ReasonOfName), each by its path in the spelling of the proto file (INT-03). Reads the text once and never recurses.
absl::Status CheckJson(std::string_view text, const google::protobuf::Descriptor* type, int max_depth);

}  // namespace jinqi::gateway
