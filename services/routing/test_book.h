// Records in memory for tests of decisions, with the shipped calendar and directory, and the steps of an order's life.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/testing/catch_status.h"
#include "services/routing/dispatch.h"
#include "services/routing/handling.h"
#include "services/routing/kinds.h"
#include "services/routing/rating.h"
#include "services/routing/returns.h"
#include "services/routing/timers.h"
#include "services/routing/undertakers.h"
#include "services/routing/warnings.h"
#include "services/routing/work_order.h"

namespace jinqi::routing {

using testing::Must;
using namespace events::v1;  // NOLINT(google-build-using-namespace): states in tables.

inline Micros At(std::string_view rfc3339) { return Must(clock::FromRfc3339(rfc3339)); }
inline google::protobuf::Timestamp Stamp(std::string_view rfc3339) { return clock::ToProto(At(rfc3339)); }
inline std::string Shown(const google::protobuf::Timestamp& time) { return clock::ToRfc3339(clock::FromProto(time)); }

inline config::v1::Calendar ShippedCalendar() {
  config::v1::Calendar calendar;
  REQUIRE_OK(config::LoadInto(std::string(JINQI_SOURCE_DIR) + "/deploy/reference/calendar.textproto", calendar));
  return calendar;
}

inline const Directory& ShippedDirectory() {
  static const Directory directory = [] {
    v1::UndertakerDirectory file;
    REQUIRE_OK(config::LoadInto(std::string(JINQI_SOURCE_DIR) + "/deploy/reference/undertakers.textproto", file));
    return Must(Directory::Make(file));
  }();
  return directory;
}

inline const v1::StatutoryLimits& ShippedLaws() {
  static const v1::StatutoryLimits laws = [] {
    v1::StatutoryLimits list;
    REQUIRE_OK(config::LoadInto(std::string(JINQI_SOURCE_DIR) + "/deploy/reference/statutory_limits.textproto", list));
    return list;
  }();
  return laws;
}

inline ReferencePtr MakeReference(const config::v1::Calendar& calendar,
                                  const std::vector<v1::DispatchCatalogue>& catalogues = {}) {
  v1::ReferenceHead head;
  head.set_calendar_version(calendar.version());
  for (const auto& catalogue : catalogues) head.set_catalogue_version(catalogue.version());
  return std::make_shared<const Reference>(Reference{head, Must(calendar::Calendar::Make(calendar)), calendar,
                                                     Must(Catalogue::Make(catalogues)), ShippedDirectory()});
}

inline Actor Person(config::v1::Role role, std::string body = "", std::string district = "") {
  Actor actor;
  actor.account = absl::StrCat("account-", role, "-", body);
  actor.text = actor.account;
  actor.body = std::move(body);
  actor.district = std::move(district);
  actor.role = role;
  return actor;
}
inline Actor Dispatcher() { return Person(config::v1::ROLE_DISPATCHER, "BMZX"); }
inline Actor Leader() { return Person(config::v1::ROLE_HUB_LEADER, "BMZX"); }
inline Actor Reviewer() { return Person(config::v1::ROLE_REVIEWER, "BMZX"); }
inline Actor Of(std::string body) { return Person(config::v1::ROLE_UNDERTAKER, std::move(body)); }

inline constexpr char kOrder[] = "TJ20250612ABCDEFGHJKM";
inline constexpr char kName[] = "workOrders/TJ20250612ABCDEFGHJKM";

class Book final : public ledger::View {
 public:
  explicit Book(const std::vector<v1::DispatchCatalogue>& catalogues = {})
      : limits(config::WithDefaults(Limits())),
        store(std::make_shared<ReferenceStore>(MakeReference(ShippedCalendar(), catalogues))) {
    StoreHead();
    for (const auto& [code, body] : ShippedDirectory().all()) {
      v1::UndertakerRecord record;
      *record.mutable_undertaker() = body;
      if (IsDistrict(body)) record.mutable_undertaker()->set_hub(code + "-HUB");
      auto& contact = *record.mutable_undertaker()->add_contacts();
      contact.set_account("contact-" + code);
      contact.set_active(true);
      Put(UndertakerKey(code), record.SerializeAsString());
    }
  }

  // ledger::View
  ledger::Micros now() const override { return now_; }
  const ledger::Record* Find(const ledger::Key& key) const override {
    const auto found = records_.find(key);
    return found == records_.end() ? nullptr : &found->second;
  }
  const ledger::Rows& Answer(std::size_t) const override { return answer_rows; }

  void SetNow(std::string_view rfc3339) { now_ = At(rfc3339); }
  void SetNow(Micros now) { now_ = now; }
  Setting setting() const { return {&limits, store.get(), &ShippedLaws()}; }

  void UseReference(ReferencePtr reference) {
    store = std::make_shared<ReferenceStore>(std::move(reference));
    StoreHead();
  }
  void Put(const ledger::Key& key, std::string body) {
    ledger::Record& record = records_[key];
    record.key = key;
    ++record.version;
    record.body = std::move(body);
  }
  void PutUndertaker(const std::string& code, const std::function<void(v1::Undertaker&)>& edit) {
    auto record = Must(Read<v1::UndertakerRecord>(UndertakerKey(code)));
    edit(*record.mutable_undertaker());
    Put(UndertakerKey(code), record.SerializeAsString());
  }

  // Keeps the changes of a decision that was taken.
  absl::Status Keep(const absl::StatusOr<ledger::Outcome>& outcome) {
    types.clear();
    told.clear();
    if (!outcome.ok()) return outcome.status();
    answer = outcome->answer;
    for (const ledger::Change& change : outcome->changes) {
      Put(change.key, change.body);
      ledger::Record& record = records_[change.key];
      if (change.timers.has_value()) record.timers = *change.timers;
      REQUIRE_FALSE(change.events.empty());
      for (const ledger::Event& event : change.events) {
        if (change.key.kind == kWorkOrder) types.push_back(event.type);
        if (!event.message.has_value()) continue;
        ++record.sent;
        OrderEvent message;
        REQUIRE(message.ParseFromString(event.message->payload));
        told.emplace_back(event.message->type, message);
      }
    }
    return absl::OkStatus();
  }

  v1::WorkOrderRecord record() const { return Must(Read<v1::WorkOrderRecord>(OrderKey(kOrder))); }
  v1::WorkOrder order() const { return record().order(); }
  OrderState state() const { return order().state(); }
  std::string etag() const { return absl::StrCat("\"", Find(OrderKey(kOrder))->version, "\""); }
  bool HasMark(std::string_view mark) const {
    const v1::WorkOrder stored = order();
    return std::find(stored.marks().begin(), stored.marks().end(), mark) != stored.marks().end();
  }
  bool Told(std::string_view type, std::string_view reason = "") const {
    return std::any_of(told.begin(), told.end(), [&](const auto& message) {
      return message.first == type && (reason.empty() || message.second.reason() == reason);
    });
  }
  std::vector<ledger::Timer> timers() const { return Find(OrderKey(kOrder))->timers; }
  // When it fires; 0: it does not wait.
  Micros TimerAt(std::string_view name) const {
    for (const ledger::Timer& timer : timers()) {
      if (timer.name == name) return timer.due;
    }
    return 0;
  }
  void Edit(const std::function<void(v1::WorkOrderRecord&)>& edit) {
    v1::WorkOrderRecord stored = record();
    edit(stored);
    Put(OrderKey(kOrder), stored.SerializeAsString());
    records_[OrderKey(kOrder)].timers = TimersOf(stored, store->Current()->calendar, limits);
  }

  // Fires every timer that is due until `rfc3339`, one after the other and in order, as after an outage.
  void RunTimers(std::string_view rfc3339) {
    const Micros until = At(rfc3339);
    for (int i = 0; i < 50; ++i) {
      const ledger::Timer* next = nullptr;
      const auto waiting = timers();
      for (const ledger::Timer& timer : waiting) {
        if (timer.due <= until && (next == nullptr || timer.due < next->due)) next = &timer;
      }
      if (next == nullptr) {
        SetNow(until);
        return;
      }
      fired.push_back(next->name + " " + clock::ToRfc3339(next->due));
      now_ = std::max(now_, next->due);
      REQUIRE_OK(Keep(DecideTimer(*this, setting(), SystemActor("timer"), kOrder, next->name)));
      all_told.insert(all_told.end(), told.begin(), told.end());
    }
    FAIL("timers without end");
  }

  // The steps of an order.
  static NewOrder Demand(std::string_view accepted, const std::string& body = "SCJG") {
    NewOrder created;
    created.demand.set_order_no(kOrder);
    created.demand.set_channel(CHANNEL_PHONE_12345);
    created.demand.set_demand_type(DEMAND_TYPE_HELP);
    created.demand.set_urgency(URGENCY_NORMAL);
    created.demand.set_category_code("A02-05");
    created.demand.mutable_subject()->set_type(SUBJECT_TYPE_ENTERPRISE);
    created.demand.mutable_subject()->set_enterprise_name("天津某某有限公司");
    created.demand.mutable_subject()->set_uscc("91120104MA05XXXXXX");
    created.demand.mutable_subject()->set_district_code("120104");
    created.demand.set_requester("enterprise-1");
    *created.demand.mutable_accept_time() = Stamp(accepted);
    created.proposal.set_proposal_id("p1");
    if (body.empty()) {
      created.proposal.set_needs_human(true);
    } else {
      auto& candidate = *created.proposal.add_candidates();
      candidate.set_undertaker(body);
      candidate.set_score(0.9);
      candidate.add_reasons("M09-1：迁移");
    }
    created.body = body;
    created.text = {kOrder, "sealed", "digest"};
    return created;
  }
  absl::Status Create(const NewOrder& created) {
    SetNow(clock::FromProto(created.demand.accept_time()));
    return Keep(DecideCreate(*this, setting(), SystemActor("queue:intake"), created));
  }
  absl::Status Dispatch(const std::string& main, const std::vector<std::string>& assists = {},
                        const Actor& actor = Dispatcher(), const std::string& reason = "按职责", bool complex = false) {
    v1::DispatchWorkOrderRequest request;
    request.set_name(kName);
    request.set_etag(etag());
    request.set_main_undertaker(main);
    request.mutable_assist_undertakers()->Assign(assists.begin(), assists.end());
    request.set_reason(reason);
    request.set_complex(complex);
    return Keep(DecideDispatch(*this, setting(), actor, request));
  }
  absl::Status Sign(const Actor& actor) {
    v1::SignWorkOrderRequest request;
    request.set_name(kName);
    request.set_etag(etag());
    return Keep(DecideSign(*this, setting(), actor, request));
  }
  v1::RecordContactRequest Contact() const {
    v1::RecordContactRequest request;
    request.set_name(kName);
    request.set_etag(etag());
    request.set_way("PHONE");
    request.set_person("经办人");
    return request;
  }
  absl::Status RecordContact(const Actor& actor) {
    return Keep(DecideRecordContact(*this, setting(), actor, Contact(), {"t1", "sealed", "digest"}));
  }
  v1::SubmitResultRequest Result() const {
    v1::SubmitResultRequest request;
    request.set_name(kName);
    request.set_etag(etag());
    request.set_result_type(RESULT_TYPE_SOLVED);
    request.set_result_text("经核实已为企业办理跨区迁移登记并告知税务联动流程");
    request.add_basis("M09");
    return request;
  }
  absl::Status Submit(const Actor& actor) { return Submit(actor, Result()); }
  absl::Status Submit(const Actor& actor, const v1::SubmitResultRequest& request) {
    return Keep(DecideSubmitResult(*this, setting(), actor, request, {"t2", "sealed", "digest"}));
  }
  absl::Status Review(bool approved, const std::string& reason = "内容不完整") {
    v1::ReviewResultRequest request;
    request.set_name(kName);
    request.set_etag(etag());
    request.set_approved(approved);
    request.set_reason(reason);
    return Keep(DecideReviewResult(*this, setting(), Reviewer(), request));
  }
  v1::RecordFeedbackRequest Feedback() const {
    v1::RecordFeedbackRequest request;
    request.set_name(kName);
    request.set_etag(etag());
    request.set_way("PHONE");
    request.set_person("经办人");
    *request.mutable_feedback_time() = clock::ToProto(now_);
    return request;
  }
  absl::Status FeedBack(const Actor& actor) { return FeedBack(actor, Feedback()); }
  absl::Status FeedBack(const Actor& actor, const v1::RecordFeedbackRequest& request) {
    return Keep(DecideRecordFeedback(*this, setting(), actor, request, "结果"));
  }
  absl::Status Rate(int satisfaction, int round, bool changed = false) {
    Rated message;
    message.set_order_no(kOrder);
    message.set_round(round);
    message.set_satisfaction(satisfaction);
    message.set_solved(satisfaction > 2 ? SOLVED_YES : SOLVED_NO);
    message.set_bad(satisfaction <= 2);
    message.set_changed(changed);
    return Keep(DecideRated(*this, setting(), SystemActor("queue:feedback"), message, now_));
  }
  // From acceptance to FED_BACK by one body, all on one day.
  void TakeToFedBack(std::string_view accepted, const std::string& body = "SCJG") {
    REQUIRE_OK(Create(Demand(accepted, body)));
    REQUIRE_OK(Dispatch(body));
    REQUIRE_OK(Sign(Of(body)));
    REQUIRE_OK(RecordContact(Of(body)));
    REQUIRE_OK(Submit(Of(body)));
    REQUIRE_OK(Review(true));
    REQUIRE_OK(FeedBack(Of(body)));
    REQUIRE(state() == ORDER_STATE_FED_BACK);
  }
  // A rework round that is done again and fed back.
  void TakeThroughRework(const std::string& body = "SCJG") {
    REQUIRE_OK(RecordContact(Of(body)));
    REQUIRE_OK(Submit(Of(body)));
    REQUIRE_OK(Review(true));
    REQUIRE_OK(FeedBack(Of(body)));
  }

  Limits limits;
  // Never changed, so that copies of a book may share it.
  std::shared_ptr<const ReferenceStore> store;
  ledger::Rows answer_rows;
  std::string answer;
  // Of the last decision: the types of its events, and what others were told.
  std::vector<std::string> types;
  std::vector<std::pair<std::string, OrderEvent>> told;
  // Of all timers that ran.
  std::vector<std::string> fired;
  std::vector<std::pair<std::string, OrderEvent>> all_told;

 private:
  void StoreHead() {
    v1::ReferenceRecord head;
    *head.mutable_head() = store->Current()->head;
    Put(HeadKey(), head.SerializeAsString());
  }

  std::map<ledger::Key, ledger::Record> records_;
  ledger::Micros now_ = 0;
};

inline Reason Refused(const absl::Status& status) { return ReasonOf(status); }

}  // namespace jinqi::routing
