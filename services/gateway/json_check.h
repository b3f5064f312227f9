// What a JSON body must be before anything reads it (GWY-07).
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"

namespace jinqi::gateway {

// JSON_NOT_UTF8; JSON_INVALID for what is no complete JSON object (NaN and trailing bytes too); JSON_TOO_DEEP beyond
// `max_depth` levels; then, all at once, every field that the message has not (UNKNOWN_FIELD), that is there twice, be
// it in both spellings (JSON_DUPLICATE_KEY), or that holds NaN, infinity or NUL (FORMAT), each by its path in the
// spelling of the proto file. Reads the text once and never recurses.
absl::Status CheckJson(std::string_view text, const google::protobuf::Descriptor* type, int max_depth);

}  // namespace jinqi::gateway
