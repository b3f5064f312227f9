// Records in memory, for tests of the decisions of policy_knowledge.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock/clock.h"
#include "common/ledger/types.h"
#include "common/testing/catch_status.h"

namespace jinqi::policy {

class Book final : public ledger::View {
 public:
  explicit Book(std::string_view now) { SetTime(now); }

  ledger::Micros now() const override { return now_; }
  const ledger::Record* Find(const ledger::Key& key) const override {
    const auto found = records_.find(key);
    return found == records_.end() ? nullptr : &found->second;
  }
  const ledger::Rows& Answer(std::size_t) const override { return none_; }

  void SetTime(std::string_view rfc3339) { now_ = testing::Must(clock::FromRfc3339(rfc3339)); }

  // Runs a decision and keeps what it changes.
  absl::Status Run(const ledger::Decide& decide) {
    types.clear();
    absl::StatusOr<ledger::Outcome> outcome = decide(*this);
    if (!outcome.ok()) return outcome.status();
    answer = outcome->answer;
    for (ledger::Change& change : outcome->changes) {
      ledger::Record& record = records_[change.key];
      record.key = change.key;
      ++record.version;
      record.body = std::move(change.body);
      for (const ledger::Event& event : change.events) types.push_back(event.type);
    }
    return absl::OkStatus();
  }

  template <typename Message>
  Message Body(const ledger::Key& key) const {
    Message message;
    if (!message.ParseFromString(records_.at(key).body)) throw std::logic_error("body of " + key.id);
    return message;
  }

  // Of the last decision.
  std::vector<std::string> types;
  std::string answer;

 private:
  ledger::Micros now_ = 0;
  std::map<ledger::Key, ledger::Record> records_;
  ledger::Rows none_;
};

}  // namespace jinqi::policy
