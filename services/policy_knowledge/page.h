// Pages of what is in memory (GWY-09).
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/paging/paging.h"
#include "common/status/status.h"

namespace jinqi::policy {

// [begin, end), and where the next begins.
struct Slice {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string next_token;
};

// The page of `count` that the request asks for; `fingerprint` names what is listed.
template <typename Request>
absl::StatusOr<Slice> SliceOf(const paging::PageTokens& tokens, const Request& request, const std::string& fingerprint,
                              std::size_t count) {
  ASSIGN_OR_RETURN(const int size,
                   paging::PageSize(request.has_page_size() ? std::optional<int>(request.page_size()) : std::nullopt));
  Slice slice;
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const std::string keyset, tokens.Open(request.page_token(), fingerprint));
    std::from_chars(keyset.data(), keyset.data() + keyset.size(), slice.begin);
  }
  slice.begin = std::min(slice.begin, count);
  slice.end = std::min(slice.begin + static_cast<std::size_t>(size), count);
  if (slice.end < count) slice.next_token = tokens.Make(fingerprint, absl::StrCat(slice.end));
  return slice;
}

}  // namespace jinqi::policy
