#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "services/intake/service.h"
#include "services/intake/test_book.h"

namespace jinqi::intake {
namespace {

using config::v1::IntakeConfig;

TEST_CASE("limits that nobody can mean keep intake from starting", "[intake]") {
  CHECK_OK(CheckLimits(TestConfig()));
  struct Row {
    std::string name;
    void (IntakeConfig::*set)(int);
    int least;
  };
  for (const Row& row :
       std::vector<Row>{{"handle_working_days", &IntakeConfig::set_handle_working_days, 1},
                        {"archive_after_days", &IntakeConfig::set_archive_after_days, 0},
                        {"settle_milliseconds", &IntakeConfig::set_settle_milliseconds, 0},
                        {"max_settling", &IntakeConfig::set_max_settling, 0},
                        {"tree_refresh_seconds", &IntakeConfig::set_tree_refresh_seconds, 1},
                        {"entry_check_milliseconds", &IntakeConfig::set_entry_check_milliseconds, 1},
                        {"caller_mark_days", &IntakeConfig::set_caller_mark_days, 1},
                        {"marked_caller_seconds", &IntakeConfig::set_marked_caller_seconds, 0},
                        {"max_attachments", &IntakeConfig::set_max_attachments, 0},
                        {"max_attachment_bytes", &IntakeConfig::set_max_attachment_bytes, 1},
                        {"max_video_bytes", &IntakeConfig::set_max_video_bytes, 1},
                        {"attachment_chunk_bytes", &IntakeConfig::set_attachment_chunk_bytes, 1024},
                        {"upload_keep_hours", &IntakeConfig::set_upload_keep_hours, 1},
                        {"draft_keep_days", &IntakeConfig::set_draft_keep_days, 1},
                        {"similar_shown", &IntakeConfig::set_similar_shown, 1},
                        {"similar_days", &IntakeConfig::set_similar_days, 1},
                        {"clamd_timeout_milliseconds", &IntakeConfig::set_clamd_timeout_milliseconds, 1},
                        {"payment_transfer_working_days", &IntakeConfig::set_payment_transfer_working_days, 1}}) {
    INFO(row.name);
    IntakeConfig config = TestConfig();
    (config.*row.set)(row.least);
    CHECK_OK(CheckLimits(config));
    (config.*row.set)(row.least - 1);
    CHECK(CheckLimits(config).code() == absl::StatusCode::kInvalidArgument);
    CHECK(std::string(CheckLimits(config).message()).find(row.name) == 0);
  }
  for (const auto& [score, right] : {std::pair{0.0, false}, {0.01, true}, {1.0, true}, {1.01, false}}) {
    IntakeConfig config = TestConfig();
    config.set_similar_score(score);
    CHECK(CheckLimits(config).ok() == right);
  }
}

}  // namespace
}  // namespace jinqi::intake
