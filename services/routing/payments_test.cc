#include "services/routing/payments.h"

#include "common/testing/field_faults.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace): reasons.
using testing::FieldsOf;
using Fields = testing::FieldFaults;

NewOrder Claim(std::string_view accepted = "2025-09-26T10:00:00+08:00") {
  NewOrder created = Book::Demand(accepted, "GXJ");
  created.demand.set_demand_type(DEMAND_TYPE_COMPLAINT);
  created.demand.set_sme_payment(true);
  return created;
}

// Handed to GXJ on 2025-09-28 and received by it on the 29th.
Book Received() {
  Book book;
  REQUIRE_OK(book.Create(Claim()));
  book.SetNow("2025-09-28T10:00:00+08:00");
  REQUIRE_OK(book.Dispatch("GXJ"));
  book.SetNow("2025-09-28T15:00:00+08:00");
  REQUIRE_OK(book.Sign(Of("GXJ")));
  return book;
}

absl::Status Extend(Book& book, const std::string& date, const std::string& reason = "对账需时",
                    const Actor& actor = Reviewer()) {
  v1::ExtendPaymentOrderRequest request;
  request.set_name(kName);
  request.set_etag(book.etag());
  request.set_end_date(date);
  request.set_reason(reason);
  return book.Keep(DecideExtendPayment(book, book.setting(), actor, request));
}

TEST_CASE("an overdue payment is transferred in ten working days and handled in thirty days", "[INT-22]") {
  Book book;
  REQUIRE_OK(book.Create(Claim()));
  INFO("INT-22/accept");
  CHECK(book.order().sme_payment());
  CHECK(Shown(book.order().due_time()) == "2025-10-16T23:59:59+08:00");
  CHECK(Shown(book.order().payment_clock().transfer_due_time()) == "2025-10-16T23:59:59+08:00");
  CHECK(book.order().due_basis() == "PAYMENT_TRANSFER");
  CHECK_FALSE(book.order().payment_clock().has_receipt_time());
  book.SetNow("2025-10-13T10:00:00+08:00");
  REQUIRE_OK(book.Dispatch("GXJ"));
  CHECK(book.order().due_basis() == "PAYMENT_TRANSFER");
  book.SetNow("2025-10-14T09:00:00+08:00");
  REQUIRE_OK(book.Sign(Of("GXJ")));
  CHECK(Shown(book.order().payment_clock().receipt_time()) == "2025-10-14T09:00:00+08:00");
  CHECK(Shown(book.order().due_time()) == "2025-11-13T23:59:59+08:00");
  CHECK(book.order().due_basis() == "PAYMENT_HANDLE");
  CHECK(Shown(book.order().payment_clock().transfer_due_time()) == "2025-10-16T23:59:59+08:00");
  // Others hear it with the receipt.
  REQUIRE(book.Told("OrderSigned"));
  CHECK(Shown(book.told.back().second.order().due_time()) == "2025-11-13T23:59:59+08:00");
  CHECK(book.told.back().second.order().due_basis() == "PAYMENT_HANDLE");
  // No other order knows of this.
  Book plain;
  REQUIRE_OK(plain.Create(Book::Demand("2025-09-26T10:00:00+08:00", "GXJ")));
  REQUIRE_OK(plain.Dispatch("GXJ"));
  REQUIRE_OK(plain.Sign(Of("GXJ")));
  CHECK(Shown(plain.order().due_time()) == "2025-10-13T23:59:59+08:00");
  CHECK_FALSE(plain.order().has_payment_clock());
}

TEST_CASE("a payment that is not transferred in time is the hub's breach, and warned before", "[INT-22][RTE-20]") {
  Book book;
  REQUIRE_OK(book.Create(Claim()));
  book.RunTimers("2025-10-17T00:00:00+08:00");
  const auto marks = book.order().marks();
  CHECK(std::find(marks.begin(), marks.end(), "OVERDUE_HUB") != marks.end());
  CHECK(book.order().warning_level() == 3);
  REQUIRE_OK(book.Dispatch("GXJ"));
  REQUIRE_OK(book.Sign(Of("GXJ")));
  INFO("the handler's days are warned of anew");
  CHECK(book.order().warning_level() == 0);
  CHECK(Shown(book.order().due_time()) == "2025-11-16T23:59:59+08:00");
}

TEST_CASE("what nobody signs for is received when it is taken as signed", "[INT-22][RTE-08]") {
  Book book;
  REQUIRE_OK(book.Create(Claim()));
  REQUIRE_OK(book.Dispatch("GXJ"));
  book.RunTimers("2025-09-29T00:00:00+08:00");
  CHECK(book.state() == ORDER_STATE_HANDLING);
  CHECK(Shown(book.order().payment_clock().receipt_time()) == "2025-09-29T00:00:00+08:00");
  CHECK(Shown(book.order().due_time()) == "2025-10-29T23:59:59+08:00");
}

TEST_CASE("a later dispatch does not restart the days of the first handler", "[INT-22][RTE-17]") {
  Book book = Received();
  const std::string due = Shown(book.order().due_time());
  CHECK(due == "2025-10-28T23:59:59+08:00");
  book.Edit([](v1::WorkOrderRecord& record) {
    record.mutable_order()->set_state(ORDER_STATE_PENDING_DISPATCH);
    record.mutable_order()->clear_main_undertaker();
  });
  book.SetNow("2025-10-10T10:00:00+08:00");
  REQUIRE_OK(book.Dispatch("SCJG"));
  REQUIRE_OK(book.Sign(Of("SCJG")));
  CHECK(Shown(book.order().payment_clock().receipt_time()) == "2025-09-28T15:00:00+08:00");
  CHECK(Shown(book.order().due_time()) == due);
}

TEST_CASE("the hub extends it to at most ninety days from the receipt", "[INT-22]") {
  Book book = Received();
  INFO("INT-22/accept at most 90 with approval: 2025-12-27");
  struct Row {
    const char* date;
    const char* fault;
  };
  for (const Row& row : {Row{"", "REQUIRED"}, Row{"2025-02-30", "FORMAT"}, Row{"2025-10-28", "EXTENSION_DATE"},
                         Row{"2025-12-28", "OUT_OF_RANGE"}}) {
    INFO(row.date);
    CHECK(FieldsOf(Extend(book, row.date)) == Fields{{"end_date", row.fault}});
  }
  CHECK(FieldsOf(Extend(book, "2025-12-27", " ")) == Fields{{"reason", "REQUIRED"}});
  CHECK(FieldsOf(Extend(book, "2025-12-27", std::string(501, 'x'))) == Fields{{"reason", "TOO_LONG"}});
  REQUIRE_OK(Extend(book, "2025-11-30", "天津某某有限公司对账需时"));
  CHECK(Shown(book.order().due_time()) == "2025-11-30T23:59:59+08:00");
  CHECK(book.order().due_basis() == "PAYMENT_MAX");
  CHECK(book.order().payment_clock().extend_reason() == "****对账需时");
  CHECK(book.order().payment_clock().extended_by() == Reviewer().text);
  CHECK(book.Told("OrderDueChanged", "****对账需时"));
  INFO("again, but never beyond the ninety days");
  CHECK(FieldsOf(Extend(book, "2025-11-30")) == Fields{{"end_date", "EXTENSION_DATE"}});
  REQUIRE_OK(Extend(book, "2025-12-27"));
  CHECK(Shown(book.order().due_time()) == "2025-12-27T23:59:59+08:00");
  // A signature of somebody else changes nothing; the last instant is in time, the next is not.
  book.Edit(
      [](v1::WorkOrderRecord& record) { record.mutable_order()->mutable_payment_clock()->set_end_date("2025-11-30"); });
  book.Edit([](v1::WorkOrderRecord& record) {
    *record.mutable_order()->mutable_due_time() = Stamp("2025-11-30T23:59:59+08:00");
  });
  book.SetNow("2025-12-01T00:00:00+08:00");
  CHECK(Refused(Extend(book, "2025-12-02")) == REASON_AFTER_DUE);
  book.SetNow("2025-11-30T23:59:59+08:00");
  CHECK_OK(Extend(book, "2025-12-02"));
}

TEST_CASE("only what a handler has received and has not submitted is extended", "[INT-22]") {
  Book fresh;
  REQUIRE_OK(fresh.Create(Claim()));
  CHECK(Refused(Extend(fresh, "2025-12-01")) == REASON_ILLEGAL_MOVE);
  REQUIRE_OK(fresh.Dispatch("GXJ"));
  CHECK(Refused(Extend(fresh, "2025-12-01")) == REASON_ILLEGAL_MOVE);
  Book plain;
  REQUIRE_OK(plain.Create(Book::Demand("2025-09-26T10:00:00+08:00", "GXJ")));
  CHECK(FieldsOf(Extend(plain, "2025-12-01")) == Fields{{"name", "UNKNOWN_VALUE"}});
  Book done = Received();
  REQUIRE_OK(done.RecordContact(Of("GXJ")));
  REQUIRE_OK(done.Submit(Of("GXJ")));
  CHECK(Refused(Extend(done, "2025-12-01")) == REASON_ILLEGAL_MOVE);
  Book met = Received();
  met.Edit([](v1::WorkOrderRecord& record) { record.mutable_order()->set_due_basis(kBasisJointMeeting); });
  CHECK(Refused(Extend(met, "2025-12-01")) == REASON_ILLEGAL_MOVE);
  Book again = Received();
  again.Edit([](v1::WorkOrderRecord& record) { record.mutable_order()->set_rework_round(1); });
  CHECK(Refused(Extend(again, "2025-12-01")) == REASON_ILLEGAL_MOVE);
}

TEST_CASE("the department for small and medium enterprises is proposed first", "[INT-22]") {
  const Limits limits = config::WithDefaults(Limits());
  v1::Proposal proposal;
  proposal.set_needs_human(true);
  const v1::Proposal first = WithPaymentBody(proposal, {}, ShippedDirectory(), limits);
  REQUIRE(first.candidates_size() == 1);
  CHECK(first.candidates(0).undertaker() == "GXJ");
  CHECK_FALSE(first.needs_human());
  proposal.clear_needs_human();
  proposal.add_candidates()->set_undertaker("SCJG");
  proposal.add_candidates()->set_undertaker("GXJ");
  const v1::Proposal both = WithPaymentBody(proposal, {}, ShippedDirectory(), limits);
  REQUIRE(both.candidates_size() == 2);
  CHECK(both.candidates(0).undertaker() == "GXJ");
  CHECK(both.candidates(1).undertaker() == "SCJG");
  INFO("not where it is the debtor itself, nor where nobody of that name is");
  CHECK(WithPaymentBody(proposal, {"GXJ"}, ShippedDirectory(), limits).candidates(0).undertaker() == "SCJG");
  Limits other = limits;
  other.set_payment_undertaker("NONE");
  CHECK(WithPaymentBody(proposal, {}, ShippedDirectory(), other).candidates(0).undertaker() == "SCJG");
}

}  // namespace
}  // namespace jinqi::routing
