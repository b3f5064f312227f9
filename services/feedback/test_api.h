// The API of feedback for tests, as its callers see it.
#pragma once

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "common/ledger/sweeper.h"
#include "common/queue/handler.h"
#include "common/service/test_bench.h"
#include "jinqi/events/v1/calendar.pb.h"
#include "services/feedback/feedback_events.h"
#include "services/feedback/feedback_timers.h"
#include "services/feedback/kinds.h"
#include "services/feedback/service.h"
#include "services/feedback/test_book.h"

namespace jinqi::feedback {

using service::TestBench;
using service::TestDatabase;
using service::TestStore;
using v1::FollowUp;
using v1::FollowUpContact;
using v1::Rating;

inline constexpr char kUscc[] = "91120101000000000K";

// `<service>/<name>` of another service of the package.
inline std::string Method(const std::string& name) {
  const bool has_service = name.find('/') != std::string::npos;
  return (has_service ? "jinqi.feedback.v1." : "jinqi.feedback.v1.FeedbackService/") + name;
}

inline identity::Caller Hotline() { return TestBench::Person({config::v1::ROLE_FOLLOW_UP_CALLER}, "BMZX"); }
inline identity::Caller Hub() { return TestBench::Person({config::v1::ROLE_HUB_LEADER}, "HUB"); }
inline identity::Caller Enterprise(const std::string& uscc = kUscc) {
  return TestBench::Person({config::v1::ROLE_ENTERPRISE}, "", uscc, "enterprise-" + uscc);
}

class Bench {
 public:
  explicit Bench(TestDatabase database, std::string_view now = "2025-10-13T10:00:00+08:00")
      : store(database),
        bench(
            store, Definition(),
            [](rpc::ServiceRuntime& runtime, const config::v1::ServerConfig& server) {
              config::v1::FeedbackConfig config;
              *config.mutable_server() = server;
              return Build(runtime, config::WithDefaults(config));
            },
            now, JINQI_REFERENCE_DIR),
        rules(testing::Must(calendar::Calendar::Make(Notices2025())), {}) {}

  // Messages of routing, as their consumer takes them.
  absl::Status News(const std::string& type, const events::v1::OrderEvent& event) {
    return Take(type, event.order().order_no(), event, event.time());
  }
  absl::Status Publish(const config::v1::Calendar& calendar) {
    events::v1::CalendarPublished published;
    *published.mutable_calendar() = calendar;
    return Take("CalendarPublished", "head", published, clock::ToProto(bench.runtime().clock().Now()));
  }

  absl::StatusOr<FollowUp> Get(const identity::Caller& caller, const std::string& order_no, int round = 0) {
    v1::GetFollowUpRequest request;
    request.set_name(FollowUpName({order_no, round}));
    return bench.Call<FollowUp>(caller, Method("GetFollowUp"), request);
  }
  std::string Token(const std::string& order_no, int round = 0) {
    return testing::Must(Get(Enterprise(), order_no, round)).rating_token();
  }
  absl::StatusOr<FollowUp> Record(const identity::Caller& caller, v1::RecordFollowUpRequest request) {
    request.set_request_id("record-" + std::to_string(++requests_));
    return bench.Call<FollowUp>(caller, Method("RecordFollowUp"), request);
  }
  absl::StatusOr<Rating> Rate(const std::string& token, events::v1::Solved solved, int satisfaction,
                              const std::string& order_no = "", const std::string& text = "") {
    v1::CreateRatingRequest request;
    request.set_token(token);
    request.set_order_no(order_no);
    request.set_request_id("rate-" + std::to_string(++requests_));
    request.mutable_rating()->set_solved(solved);
    request.mutable_rating()->set_satisfaction(satisfaction);
    request.mutable_rating()->set_text(text);
    return bench.CallAnonymously<Rating>(Method("CreateRating"), request);
  }
  absl::StatusOr<Rating> Change(const std::string& token, const std::string& order_no, events::v1::Solved solved,
                                int satisfaction, const std::string& text = "") {
    v1::UpdateRatingRequest request;
    request.set_token(token);
    request.set_request_id("change-" + std::to_string(++requests_));
    request.mutable_rating()->set_name(RatingName({order_no, 0}));
    request.mutable_rating()->set_solved(solved);
    request.mutable_rating()->set_satisfaction(satisfaction);
    request.mutable_rating()->set_text(text);
    return bench.CallAnonymously<Rating>(Method("UpdateRating"), request);
  }
  absl::StatusOr<v1::Rates> Rates(const std::string& start, const std::string& end, const std::string& undertaker = "",
                                  const std::string& district = "") {
    v1::GetRatesRequest request;
    request.set_start_date(start);
    request.set_end_date(end);
    request.set_main_undertaker(undertaker);
    request.set_district_code(district);
    return bench.Call<v1::Rates>(Hub(), Method("GetRates"), request);
  }
  // Fires the timers that are due.
  std::int64_t Sweep() {
    ledger::Sweeper::Options options;
    options.lease = "test";
    options.holder = "test";
    ledger::Sweeper sweeper(&bench.runtime().ledger(), &bench.runtime().clock(), {kFollowUp}, OnTimer, options);
    return testing::Must(sweeper.Sweep());
  }
  std::vector<std::string> Outbox() {
    std::vector<std::string> types;
    for (int partition = 0; partition < bench.runtime().config().partitions(); ++partition) {
      for (const auto& row : testing::Must(bench.runtime().ledger().reader().Outbox(partition, 0, 1000))) {
        types.push_back(row.key + " " + row.type);
      }
    }
    return types;
  }

  TestStore store;
  TestBench bench;
  Rules rules;

 private:
  absl::Status Take(const std::string& type, const std::string& key, const google::protobuf::MessageLite& message,
                    const google::protobuf::Timestamp& time) {
    events::v1::Envelope envelope;
    envelope.set_id("event-" + std::to_string(++messages_));
    envelope.set_tenant("tianjin");
    envelope.set_source("routing");
    envelope.set_type(type);
    envelope.set_key(key);
    *envelope.mutable_time() = time;
    envelope.set_payload(message.SerializeAsString());
    auto command = queue::CommandOf([this](const auto& taken) { return OnRouting(taken, rules); }, envelope);
    if (!command.ok()) return command.status();
    if (!command->has_value()) return absl::NotFoundError("of no use");
    return bench.runtime().ledger().Run(**std::move(command)).status();
  }

  int messages_ = 0;
  int requests_ = 0;
};

}  // namespace jinqi::feedback
