#include "services/feedback/lists.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace jinqi::feedback {
namespace {

// A place in a list: the number that it is ordered by, 0 where it is by id alone, and the id.
std::string KeysetText(const ledger::Value& value, const std::string& id) {
  const auto* const number = std::get_if<std::int64_t>(&value);
  return absl::StrCat(number == nullptr ? 0 : *number, ":", id);
}

absl::StatusOr<std::pair<ledger::Value, std::string>> ParseKeyset(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data() + text.size() || *end != ':') {
    return Error(config::v1::REASON_PAGE_TOKEN_INVALID);
  }
  return std::pair<ledger::Value, std::string>(number, std::string(end + 1, text.data() + text.size()));
}

}  // namespace

absl::StatusOr<ledger::Query> PageOf(const paging::PageTokens& tokens, std::optional<int> page_size,
                                     const std::string& page_token, const std::string& fingerprint) {
  ASSIGN_OR_RETURN(const int limit, paging::PageSize(page_size));
  ledger::Query query;
  query.limit = limit;
  if (!page_token.empty()) {
    ASSIGN_OR_RETURN(const std::string keyset, tokens.Open(page_token, fingerprint));
    ASSIGN_OR_RETURN(query.after, ParseKeyset(keyset));
  }
  return query;
}

std::string NextToken(const paging::PageTokens& tokens, const ledger::Rows& rows, int limit,
                      const std::string& fingerprint) {
  if (rows.records.size() < static_cast<std::size_t>(limit)) return {};
  return tokens.Make(fingerprint, KeysetText(rows.order_values.back(), rows.records.back().key.id));
}

}  // namespace jinqi::feedback
