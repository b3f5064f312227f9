// Path templates of google.api.http: `/v1/{name=workOrders/*}:sign`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace jinqi::gateway {

struct PathTemplate {
  // A part of the path that goes into a request field.
  struct Variable {
    // `rating.name`
    std::string field;
    // Segments from `begin` up to but without `end`; end -1: all that follow.
    int begin = 0;
    int end = 0;
  };
  // Literals, `*` (any one segment) and, only as the last, `**` (any number of segments).
  std::vector<std::string> segments;
  std::vector<Variable> variables;
  // What stands after the colon at the end; empty: none.
  std::string verb;
};

// INVALID_ARGUMENT for what is no template.
absl::StatusOr<PathTemplate> ParsePathTemplate(std::string_view text);

// The text of %XX escapes; nullopt for broken ones. `plus_is_blank` in queries.
std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_blank);

}  // namespace jinqi::gateway
