#include "services/feedback/limits.h"

#include <string>

#include <catch2/catch.hpp>

#include "common/config/config.h"

namespace jinqi::feedback {
namespace {

TEST_CASE("the service does not start with a number that makes no sense", "[RTE-14]") {
  struct Row {
    const char* id;
    const char* config;
    // The named fault; empty: it starts.
    const char* fault;
  };
  const Row row = GENERATE(
      Row{"the defaults", "", ""}, Row{"RTE-14/bad/2 negative days", "follow_up_days: -1", "follow_up_days is -1"},
      Row{"RTE-14/bad/2 no days", "follow_up_days: 0", "follow_up_days is 0"}, Row{"a day", "follow_up_days: 1", ""},
      Row{"a leap year", "follow_up_days: 366", ""},
      Row{"longer than any limit", "follow_up_days: 367", "follow_up_days is 367"},
      Row{"RTE-14/bad/2 negative time to rate", "rating_days: -15", "rating_days is -15"},
      Row{"no time to rate", "rating_days: 0", "rating_days is 0"}, Row{"a day to rate", "rating_days: 1", ""},
      Row{"too long to rate", "rating_days: 367", "rating_days is 367"},
      Row{"RTE-14/bad/2 negative contacts", "max_contacts: -3", "max_contacts is -3"},
      Row{"the message alone", "max_contacts: 1", "max_contacts is 1"}, Row{"one call", "max_contacts: 2", ""},
      Row{"harassment", "max_contacts: 4", "max_contacts is 4"}, Row{"partly counts nothing", "partly_percent: 0", ""},
      Row{"partly counts in full", "partly_percent: 100", ""},
      Row{"RTE-14/bad/2 partly below nothing", "partly_percent: -1", "partly_percent is -1"},
      Row{"RTE-14/bad/2 partly above all", "partly_percent: 101", "partly_percent is 101"},
      Row{"no text", "max_text: 0", "max_text is 0"}, Row{"a character", "max_text: 1", ""},
      Row{"the longest text", "max_text: 4000", ""}, Row{"a book", "max_text: 4001", "max_text is 4001"},
      Row{"no days to appeal", "appeal_days: 0", "appeal_days is 0"}, Row{"a day to appeal", "appeal_days: 1", ""},
      Row{"too long to appeal", "appeal_days: 367", "appeal_days is 367"},
      Row{"no second follow-ups", "second_follow_up_percent: 0", "second_follow_up_percent is 0"},
      Row{"every one twice", "second_follow_up_percent: 100", ""},
      Row{"more than every one", "second_follow_up_percent: 101", "second_follow_up_percent is 101"},
      Row{"a second follow-up without a call", "second_follow_up_calls: 0", "second_follow_up_calls is 0"},
      Row{"no days to answer an opinion", "opinion_days: 0", "opinion_days is 0"},
      Row{"a day to answer an opinion", "opinion_days: 1", ""},
      Row{"too long to answer an opinion", "opinion_days: 367", "opinion_days is 367"},
      Row{"nobody's callers", "unit: ''", "unit is empty"},
      Row{"a link of another host", "rating_link: 'https://example.cn/{token}'", ""},
      Row{"a link that opens nothing", "rating_link: '/rating/{order_no}'", "rating_link has no {token}"});
  INFO(row.id);
  config::v1::FeedbackConfig config;
  REQUIRE(config::ParseInto(row.config, "feedback.cfg", config).ok());
  const absl::Status status = CheckLimits(LimitsOf(config::WithDefaults(config)));
  CHECK(status.ok() == std::string(row.fault).empty());
  CHECK(std::string(status.message()).find(row.fault) != std::string::npos);
}

TEST_CASE("every fault of the limits is told at once", "[RTE-14]") {
  Limits limits;
  limits.rating_days = -1;
  limits.partly_percent = 200;
  const std::string message(CheckLimits(limits).message());
  CHECK(message.find("rating_days is -1, must be 1 to 366; partly_percent is 200") != std::string::npos);
}

TEST_CASE("half a day is no limit", "[RTE-14]") {
  INFO("RTE-14/bad/2 fractional");
  config::v1::FeedbackConfig config;
  CHECK(config::ParseInto("follow_up_days: 1.5", "feedback.cfg", config).code() == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace jinqi::feedback
