// Records in memory, reference data and valid demands, for tests of intake's rules.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/clock/clock.h"
#include "common/config/config.h"
#include "common/identity/uscc.h"
#include "common/ledger/types.h"
#include "common/testing/catch_status.h"
#include "common/testing/field_faults.h"
#include "jinqi/intake/v1/records.pb.h"
#include "services/intake/demand.h"
#include "services/intake/reference.h"

namespace jinqi::intake {

inline clock::Micros At(std::string_view rfc3339) { return testing::Must(clock::FromRfc3339(rfc3339)); }
inline std::string TimeText(const google::protobuf::Timestamp& time) {
  return clock::ToRfc3339(clock::FromProto(time));
}

using testing::FieldsOf;

inline config::v1::IntakeConfig TestConfig() {
  config::v1::IntakeConfig config;
  config.mutable_server()->set_reference_dir(std::string(JINQI_SOURCE_DIR) + "/deploy/reference");
  config::ApplyDefaults(config);
  return config;
}

inline const Reference& TestReference() {
  static const Reference reference = testing::Must(LoadReference(TestConfig()));
  return reference;
}

// The shipped tree, with one leaf retired.
inline v1::CategoryTree TestTreeProto() {
  v1::CategoryTree tree = testing::Must(LoadCategoryTree(TestConfig()));
  for (v1::Category& category : *tree.mutable_categories()) {
    if (category.code() != "A02-04") continue;
    category.set_retired(true);
    category.set_successor("A02-05");
  }
  return tree;
}

inline const CategoryTree& TestTree() {
  static const CategoryTree tree(TestTreeProto());
  return tree;
}

inline identity::Caller CallerWith(config::v1::Role role, std::string subject, std::string uscc = "",
                                   std::string district = "", std::string body = "") {
  identity::Caller caller;
  caller.tenant = "tianjin";
  caller.subject = std::move(subject);
  caller.uscc = std::move(uscc);
  caller.district = std::move(district);
  caller.body = std::move(body);
  caller.roles = {role};
  return caller;
}

// The n-th of synthetic credit codes that check: of an enterprise of 滨海新区, in ascending order.
inline std::string TestUscc(int n, const std::string& head = "91120116MA") {
  std::string digits = std::to_string(n);
  digits.insert(0, 17 - head.size() - digits.size(), '0');
  for (const char c : std::string("0123456789ABCDEFGHJKLMNPQRTUWXY")) {
    auto code = identity::NormalizeUscc(head + digits + c);
    if (code.ok()) return *std::move(code);
  }
  throw std::logic_error("no check character");
}

// Of a synthetic enterprise, as a seat takes it down.
inline v1::Demand ValidDemand() {
  v1::Demand demand;
  demand.set_channel(events::v1::CHANNEL_PHONE_12345);
  demand.set_demand_type(events::v1::DEMAND_TYPE_HELP);
  demand.set_category_code("B08-02");
  demand.set_title("用电报装进度");
  demand.set_content("厂区新增用电报装已提交二十天，一直没有答复，请协调供电部门尽快办理。");
  demand.mutable_subject()->set_enterprise_name("天津示例制造有限公司");
  demand.mutable_subject()->set_uscc("91120116MA051K2P9X");
  demand.mutable_subject()->set_district_code("120116");
  demand.set_contact_name("王小明");
  demand.set_contact_phone("13812345678");
  return demand;
}

// Records in memory. A decision may only look at what its command names, as in the ledger.
class Book final : public ledger::View {
 public:
  ledger::Micros now() const override { return time; }
  const ledger::Record* Find(const ledger::Key& key) const override {
    if (!named_.contains(key)) throw std::logic_error("looked at " + key.kind + "/" + key.id);
    const auto found = records_.find(key);
    return found == records_.end() ? nullptr : &found->second;
  }
  const ledger::Rows& Answer(std::size_t question) const override {
    return question < answers.size() ? answers[question] : none_;
  }

  // Runs a decision as the ledger does, with the records that it asks for, and keeps what it changes.
  absl::Status Run(const ledger::Decide& decide, const std::vector<ledger::Name>& names) {
    types.clear();
    messages.clear();
    named_.clear();
    for (const ledger::Name& name : names) named_.insert(name.key);
    for (int round = 0; round < 6; ++round) {
      absl::StatusOr<ledger::Outcome> outcome = decide(*this);
      if (!outcome.ok()) return outcome.status();
      if (outcome->need.empty()) return Keep(*std::move(outcome));
      for (const ledger::Name& name : outcome->need) named_.insert(name.key);
    }
    return absl::InternalError("asks for more again and again");
  }

  template <typename Message>
  Message Body(const ledger::Key& key) const {
    Message message;
    if (!message.ParseFromString(records_.at(key).body)) throw std::logic_error("body of " + key.id);
    return message;
  }
  v1::DemandRecord Demand(const std::string& order_no) const { return Body<v1::DemandRecord>(DemandKey(order_no)); }
  const ledger::Record& Stored(const ledger::Key& key) const { return records_.at(key); }
  bool Has(const ledger::Key& key) const { return records_.contains(key); }
  std::string Etag(const std::string& order_no) const { return EtagOf(Stored(DemandKey(order_no)).version); }

  // Puts a demand into another state, as routing would.
  void SetState(const std::string& order_no, events::v1::OrderState state) {
    v1::DemandRecord record = Demand(order_no);
    record.mutable_demand()->set_state(state);
    Put(order_no, record);
  }
  void Put(const std::string& order_no, const v1::DemandRecord& record) {
    Put(DemandKey(order_no), record.SerializeAsString());
  }
  void Put(const ledger::Key& key, std::string body) {
    ledger::Record& stored = records_[key];
    stored.key = key;
    stored.version = std::max<std::int64_t>(stored.version, 1);
    stored.body = std::move(body);
  }

  // The message at `index` of the last decision.
  template <typename Message>
  Message Sent(std::size_t index) const {
    Message message;
    if (!message.ParseFromString(messages.at(index).payload)) throw std::logic_error("message");
    return message;
  }
  std::vector<std::string> MessageTypes() const {
    std::vector<std::string> names;
    for (const ledger::Outgoing& message : messages) names.push_back(message.type);
    return names;
  }

  ledger::Micros time = 0;
  // What the database answers to the questions of a command.
  std::vector<ledger::Rows> answers;
  // Of the last decision: history rows, messages, answer; of all: person rows by id.
  std::vector<std::string> types;
  std::vector<ledger::Outgoing> messages;
  std::string answer;
  std::map<std::string, ledger::Person> persons;

 private:
  absl::Status Keep(ledger::Outcome outcome) {
    answer = outcome.answer;
    for (ledger::Change& change : outcome.changes) {
      if (!named_.contains(change.key)) return absl::InternalError("changed what it does not name");
      if (change.events.empty()) return absl::InternalError("a change without an event");
      ledger::Record& record = records_[change.key];
      record.key = change.key;
      ++record.version;
      record.body = std::move(change.body);
      if (change.timers.has_value()) record.timers = *change.timers;
      for (ledger::Event& event : change.events) {
        types.push_back(event.type);
        if (event.message.has_value()) messages.push_back(*std::move(event.message));
      }
    }
    for (ledger::Person& person : outcome.persons) persons[person.id] = person;
    return absl::OkStatus();
  }

  std::map<ledger::Key, ledger::Record> records_;
  std::set<ledger::Key> named_;
  ledger::Rows none_;
};

}  // namespace jinqi::intake
