// Records in memory for tests of decisions: runs one, and keeps what it changed.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/calendar/calendar.h"
#include "common/clock/clock.h"
#include "common/testing/catch_status.h"
#include "common/testing/proto_json.h"
#include "services/feedback/follow_up.h"

namespace jinqi::feedback {

inline clock::Micros At(std::string_view rfc3339) { return testing::Must(clock::FromRfc3339(rfc3339)); }
inline google::protobuf::Timestamp Stamp(std::string_view rfc3339) { return clock::ToProto(At(rfc3339)); }

inline ledger::Kind KindOf(const std::string& name) {
  for (const ledger::Kind& kind : Kinds()) {
    if (kind.name == name) return kind;
  }
  return {};
}

class Book final : public ledger::View {
 public:
  ledger::Micros now() const override { return now_; }
  const ledger::Record* Find(const ledger::Key& key) const override {
    const auto found = records_.find(key);
    return found == records_.end() ? nullptr : &found->second;
  }
  const ledger::Rows& Answer(std::size_t) const override { return none_; }

  void SetNow(std::string_view rfc3339) { now_ = At(rfc3339); }

  // Keeps the changes of a decision that was taken, and collects its messages.
  absl::Status Keep(absl::StatusOr<ledger::Outcome> outcome) {
    messages.clear();
    facts.clear();
    persons.clear();
    if (!outcome.ok()) return outcome.status();
    answer = outcome->answer;
    for (const ledger::Person& person : outcome->persons) persons.push_back(person.id + " " + person.sealed);
    for (ledger::Change& change : outcome->changes) {
      ledger::Record& record = records_[change.key];
      record.key = change.key;
      ++record.version;
      record.body = change.body;
      if (change.timers.has_value()) record.timers = *change.timers;
      if (change.events.empty()) return absl::InternalError("a change without an event");
      for (ledger::Event& event : change.events) {
        facts.push_back(event.type);
        if (event.message.has_value()) messages.emplace_back(event.message->type, event.message->payload);
      }
    }
    return absl::OkStatus();
  }

  v1::FollowUpRecord Round(const RoundId& id) const { return testing::Must(Read<v1::FollowUpRecord>(FollowUpKey(id))); }
  v1::OrderScore Score(const std::string& order_no) const {
    return testing::Must(Read<v1::OrderScore>(ScoreKey(order_no)));
  }
  std::string Etag(const RoundId& id) const { return std::to_string(Find(FollowUpKey(id))->version); }
  // The types of the messages of the last decision.
  std::vector<std::string> Types() const {
    std::vector<std::string> types;
    for (const auto& message : messages) types.push_back(message.first);
    return types;
  }
  template <typename Message>
  Message Sent(std::size_t index) const {
    Message message;
    message.ParseFromString(messages.at(index).second);
    return message;
  }

  std::vector<std::pair<std::string, std::string>> messages;
  // The types of all that the last decision wrote into histories.
  std::vector<std::string> facts;
  // The private parts that the last decision stored: `id sealed`.
  std::vector<std::string> persons;
  std::string answer;

 private:
  std::map<ledger::Key, ledger::Record> records_;
  ledger::Rows none_;
  ledger::Micros now_ = 0;
};

// The working days around the National Day of 2025, as the State Council gave notice of them.
inline config::v1::Calendar Notices2025() {
  config::v1::Calendar config;
  config.set_version(1);
  auto& year = *config.add_years();
  year.set_year(2025);
  year.add_papers("国办发明电〔2024〕12号");
  const auto add = [&year](const char* date, bool off) {
    auto& day = *year.add_days();
    day.set_date(date);
    day.set_off(off);
    day.set_name("国庆节");
  };
  add("2025-09-28", false);
  for (const char* date : {"2025-10-01", "2025-10-02", "2025-10-03", "2025-10-04", "2025-10-05", "2025-10-06",
                           "2025-10-07", "2025-10-08"}) {
    add(date, true);
  }
  add("2025-10-11", false);
  return config;
}
inline calendar::Calendar Calendar2025() { return testing::Must(calendar::Calendar::Make(Notices2025())); }

// An order that was fed back on 2025-10-13 at ten, due that day.
inline events::v1::OrderEvent FedBack(const std::string& order_no, int round = 0) {
  events::v1::OrderEvent event;
  event.set_from(events::v1::ORDER_STATE_SUBMITTED);
  event.set_to(events::v1::ORDER_STATE_FED_BACK);
  *event.mutable_time() = Stamp("2025-10-13T10:00:00+08:00");
  events::v1::OrderSnapshot& order = *event.mutable_order();
  order.set_order_no(order_no);
  order.set_state(events::v1::ORDER_STATE_FED_BACK);
  order.mutable_subject()->set_uscc("91120101000000000K");
  order.mutable_subject()->set_district_code("120103");
  order.set_requester("enterprise-91120101000000000K");
  order.set_main_undertaker("SCJG");
  order.add_assist_undertakers("SWJ");
  *order.mutable_due_time() = Stamp("2025-10-13T23:59:59+08:00");
  *order.mutable_first_contact_due_time() = Stamp("2025-10-09T23:59:59+08:00");
  *order.mutable_first_contact_time() = Stamp("2025-10-09T09:00:00+08:00");
  *order.mutable_feedback_time() = Stamp("2025-10-13T10:00:00+08:00");
  order.set_result_type(events::v1::RESULT_TYPE_SOLVED);
  order.set_rework_round(round);
  return event;
}

inline OrderNews NewsOf(std::string type, events::v1::OrderEvent event) {
  OrderNews news;
  news.type = std::move(type);
  news.event = std::move(event);
  return news;
}

// A book with one round that was just fed back.
inline Book FedBackBook(const RoundId& id = {"TJ1", 0}) {
  Book book;
  book.SetNow("2025-10-13T10:00:00+08:00");
  REQUIRE_OK(
      book.Keep(DecideOrderNews(book, NewsOf("OrderFedBack", FedBack(id.order_no, id.round)), Calendar2025(), {})));
  return book;
}

}  // namespace jinqi::feedback
