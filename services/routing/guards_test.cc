// What every change of an order has in common: who may, on which version, from which state.
#include <functional>

#include "common/lifecycle/lifecycle.h"
#include "services/routing/assists.h"
#include "services/routing/calls.h"
#include "services/routing/dispatch.h"
#include "services/routing/escalation.h"
#include "services/routing/extensions.h"
#include "services/routing/handling.h"
#include "services/routing/returns.h"
#include "services/routing/sight.h"
#include "services/routing/statutory.h"
#include "services/routing/supervision.h"
#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

constexpr char kAccepted[] = "2025-06-12T09:00:00+08:00";

struct Asked {
  std::string name = kName;
  std::string etag;
  Actor actor;
};

template <typename Request>
Request On(const Asked& asked) {
  Request request;
  request.set_name(asked.name);
  request.set_etag(asked.etag);
  return request;
}

struct Step {
  const char* name;
  // A state in which it is lawful, and one in which it is not.
  OrderState lawful;
  OrderState unlawful;
  Actor actor;
  std::function<absl::Status(Book&, const Asked&)> run;
};

// A book with an order in a state, with all that the steps need.
Book In(OrderState state) {
  Book book;
  REQUIRE_OK(book.Create(Book::Demand(kAccepted, "HG")));
  REQUIRE_OK(book.Dispatch("HG", {"TAX"}));
  if (state == ORDER_STATE_DISPATCHED) return book;
  book.Edit([&](v1::WorkOrderRecord& record) {
    v1::WorkOrder& order = *record.mutable_order();
    order.set_state(state);
    if (state == ORDER_STATE_PENDING_DISPATCH || state == ORDER_STATE_LIAISON_SENT) return;
    *order.mutable_dispatches(0)->mutable_sign_time() = Stamp(kAccepted);
    *order.mutable_first_contact_due_time() = Stamp("2025-06-13T23:59:59+08:00");
    *order.mutable_assists(0)->mutable_answer_time() = Stamp(kAccepted);
    auto& contact = *order.add_contacts();
    contact.set_way("PHONE");
    if (state == ORDER_STATE_RETURN_REVIEW) {
      auto& asked = *order.add_returns();
      *asked.mutable_time() = Stamp(kAccepted);
      *asked.mutable_ruling_due_time() = Stamp("2025-06-13T23:59:59+08:00");
    }
    if (state == ORDER_STATE_SUBMITTED || state == ORDER_STATE_CLOSED) {
      auto& submission = *order.add_submissions();
      submission.set_result_type(RESULT_TYPE_SOLVED);
      *submission.mutable_time() = Stamp(kAccepted);
    }
  });
  return book;
}

std::vector<Step> Steps() {
  return {
      {"dispatch", ORDER_STATE_PENDING_DISPATCH, ORDER_STATE_HANDLING, Dispatcher(),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::DispatchWorkOrderRequest>(asked);
         request.set_main_undertaker("HG");
         return book.Keep(DecideDispatch(book, book.setting(), asked.actor, request));
       }},
      {"sendToLiaison", ORDER_STATE_PENDING_DISPATCH, ORDER_STATE_HANDLING, Dispatcher(),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::SendToLiaisonRequest>(asked);
         request.set_undertaker("GFY");
         return book.Keep(DecideSendToLiaison(book, book.setting(), asked.actor, request));
       }},
      {"closeLiaison", ORDER_STATE_LIAISON_SENT, ORDER_STATE_FOLLOWED_UP, Dispatcher(),
       [](Book& book, const Asked& asked) {
         return book.Keep(DecideCloseLiaison(book, book.setting(), asked.actor, On<v1::CloseLiaisonRequest>(asked)));
       }},
      {"sign", ORDER_STATE_DISPATCHED, ORDER_STATE_RETURN_REVIEW, Of("HG"),
       [](Book& book, const Asked& asked) {
         return book.Keep(DecideSign(book, book.setting(), asked.actor, On<v1::SignWorkOrderRequest>(asked)));
       }},
      {"recordContact", ORDER_STATE_HANDLING, ORDER_STATE_SUBMITTED, Of("HG"),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::RecordContactRequest>(asked);
         request.set_way("PHONE");
         request.set_person("经办人");
         return book.Keep(DecideRecordContact(book, book.setting(), asked.actor, request, {}));
       }},
      {"requestReturn", ORDER_STATE_HANDLING, ORDER_STATE_SUBMITTED, Of("HG"),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::RequestReturnRequest>(asked);
         request.set_reason_code("X");
         request.set_legal_basis("Y");
         request.set_proposed_undertaker("SCJG");
         return book.Keep(DecideRequestReturn(book, book.setting(), asked.actor, request));
       }},
      {"ruleReturn", ORDER_STATE_RETURN_REVIEW, ORDER_STATE_DISPATCHED, Reviewer(),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::RuleReturnRequest>(asked);
         request.set_reason("X");
         return book.Keep(DecideRuleReturn(book, book.setting(), asked.actor, request));
       }},
      {"decline", ORDER_STATE_DISPATCHED, ORDER_STATE_HANDLING, Of("HG"),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::DeclineWorkOrderRequest>(asked);
         request.set_reason("X");
         return book.Keep(DecideDecline(book, book.setting(), asked.actor, request));
       }},
      {"submitResult", ORDER_STATE_HANDLING, ORDER_STATE_RETURN_REVIEW, Of("HG"),
       [](Book& book, const Asked& asked) {
         v1::SubmitResultRequest request = book.Result();
         request.set_name(asked.name);
         request.set_etag(asked.etag);
         return book.Keep(DecideSubmitResult(book, book.setting(), asked.actor, request, {"t2", "s", "d"}));
       }},
      {"reviewResult", ORDER_STATE_SUBMITTED, ORDER_STATE_HANDLING, Reviewer(),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::ReviewResultRequest>(asked);
         request.set_reason("X");
         return book.Keep(DecideReviewResult(book, book.setting(), asked.actor, request));
       }},
      {"recordFeedback", ORDER_STATE_SUBMITTED, ORDER_STATE_CLOSED, Of("HG"),
       [](Book& book, const Asked& asked) {
         v1::RecordFeedbackRequest request = book.Feedback();
         request.set_name(asked.name);
         request.set_etag(asked.etag);
         return book.Keep(DecideRecordFeedback(book, book.setting(), asked.actor, request, ""));
       }},
      {"addNote", ORDER_STATE_HANDLING, ORDER_STATE_UNSPECIFIED, Of("HG"),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::AddNoteRequest>(asked);
         request.set_text("X");
         return book.Keep(DecideAddNote(book, book.setting(), asked.actor, request, {"t3", "s", "d"}));
       }},
      {"answerAssist", ORDER_STATE_HANDLING, ORDER_STATE_CLOSED, Of("TAX"),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::AnswerAssistRequest>(asked);
         request.set_answer("X");
         return book.Keep(DecideAnswerAssist(book, book.setting(), asked.actor, request, {"t4", "s", "d"}));
       }},
      {"addAssist", ORDER_STATE_HANDLING, ORDER_STATE_SUBMITTED, Dispatcher(),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::AddAssistRequest>(asked);
         request.set_undertaker("RSJ");
         return book.Keep(DecideAddAssist(book, book.setting(), asked.actor, request));
       }},
      {"removeAssist", ORDER_STATE_HANDLING, ORDER_STATE_SUBMITTED, Dispatcher(),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::RemoveAssistRequest>(asked);
         request.set_undertaker("TAX");
         return book.Keep(DecideRemoveAssist(book, book.setting(), asked.actor, request));
       }},
      {"escalate", ORDER_STATE_HANDLING, ORDER_STATE_DISPATCHED, Of("HG"),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::EscalateWorkOrderRequest>(asked);
         request.set_opinion("X");
         return book.Keep(DecideEscalate(book, book.setting(), asked.actor, request, {"t5", "s", "d"}));
       }},
      {"call", ORDER_STATE_HANDLING, ORDER_STATE_CLOSED, Person(config::v1::ROLE_SERVICE_STAFF, "NK-JD", "120104"),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::CallUndertakersRequest>(asked);
         request.add_undertakers("NK-ZJ");
         return book.Keep(DecideCall(book, book.setting(), asked.actor, request));
       }},
      {"reportToCall", ORDER_STATE_HANDLING, ORDER_STATE_CLOSED, Of("NK-CG"),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::ReportToCallRequest>(asked);
         request.set_person("X");
         *request.mutable_arrive_time() = Stamp(kAccepted);
         return book.Keep(DecideReportToCall(book, book.setting(), asked.actor, request));
       }},
      {"requestExtension", ORDER_STATE_HANDLING, ORDER_STATE_SUBMITTED, Of("HG"),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::RequestExtensionRequest>(asked);
         request.set_reason("X");
         request.set_measures("Y");
         request.set_new_due_date("2025-06-30");
         return book.Keep(DecideRequestExtension(book, book.setting(), asked.actor, request));
       }},
      {"ruleExtension", ORDER_STATE_HANDLING, ORDER_STATE_UNSPECIFIED, Reviewer(),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::RuleExtensionRequest>(asked);
         request.set_agreed(true);
         return book.Keep(DecideRuleExtension(book, book.setting(), asked.actor, request));
       }},
      {"setStatutoryLimit", ORDER_STATE_HANDLING, ORDER_STATE_CLOSED, Reviewer(),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::SetStatutoryLimitRequest>(asked);
         request.set_law_id("XZXKF");
         request.set_article("第四十二条第一款");
         return book.Keep(DecideSetStatutoryLimit(book, book.setting(), asked.actor, request));
       }},
      {"recordInterimAnswer", ORDER_STATE_HANDLING, ORDER_STATE_CLOSED, Of("HG"),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::RecordInterimAnswerRequest>(asked);
         request.set_way("PHONE");
         request.set_person("X");
         return book.Keep(DecideRecordInterimAnswer(book, book.setting(), asked.actor, request));
       }},
      {"openSupervision", ORDER_STATE_HANDLING, ORDER_STATE_UNSPECIFIED, Reviewer(),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::OpenSupervisionRequest>(asked);
         request.set_cause("OTHER");
         return book.Keep(DecideOpenSupervision(book, book.setting(), asked.actor, request));
       }},
      {"answerSupervision", ORDER_STATE_HANDLING, ORDER_STATE_UNSPECIFIED, Of("HG"),
       [](Book& book, const Asked& asked) {
         auto request = On<v1::AnswerSupervisionRequest>(asked);
         request.set_supervision_id("S1");
         request.set_answer("X");
         return book.Keep(DecideAnswerSupervision(book, book.setting(), asked.actor, request));
       }},
  };
}

Book ReadyFor(const Step& step, OrderState state) {
  Book book = In(state);
  const std::string name = step.name;
  if (name == "recordFeedback" && state == ORDER_STATE_SUBMITTED) {
    book.Edit([](v1::WorkOrderRecord& record) {
      auto& submission = *record.mutable_order()->mutable_submissions(0);
      submission.set_approved(true);
      submission.set_reviewed(true);
      *submission.mutable_review_time() = Stamp(kAccepted);
    });
  }
  if (name == "answerAssist" || name == "removeAssist") {
    book.Edit([](v1::WorkOrderRecord& record) { record.mutable_order()->mutable_assists(0)->clear_answer_time(); });
  }
  if (name == "reportToCall") {
    book.Edit([](v1::WorkOrderRecord& record) {
      auto& call = *record.mutable_order()->add_calls();
      call.set_undertaker("NK-CG");
      *call.mutable_time() = Stamp(kAccepted);
      *call.mutable_due_time() = Stamp("2025-06-13T23:59:59+08:00");
    });
  }
  if (name == "ruleExtension") {
    book.Edit([](v1::WorkOrderRecord& record) {
      auto& asked = *record.mutable_order()->add_extensions();
      asked.set_undertaker("HG");
      asked.set_working_days(5);
      *asked.mutable_ruling_due_time() = Stamp("2025-06-13T23:59:59+08:00");
    });
  }
  if (name == "answerSupervision") {
    book.Edit([](v1::WorkOrderRecord& record) {
      auto& ticket = *record.mutable_order()->add_supervisions();
      ticket.set_supervision_id("S1");
      ticket.set_undertaker("HG");
    });
  }
  return book;
}

TEST_CASE("every step names the version that it saw", "[RTE-24]") {
  for (const Step& step : Steps()) {
    INFO(step.name);
    Book book = ReadyFor(step, step.lawful);
    CHECK(Refused(step.run(book, {kName, "", step.actor})) == config::v1::REASON_ETAG_REQUIRED);
    CHECK(Refused(step.run(book, {kName, "\"1\"", step.actor})) == config::v1::REASON_VERSION_CONFLICT);
    CHECK(Refused(step.run(book, {"workOrders/TJ9", book.etag(), step.actor})) == config::v1::REASON_NOT_FOUND);
    CHECK(Refused(step.run(book, {"orders/TJ9", book.etag(), step.actor})) == config::v1::REASON_NOT_FOUND);
    const std::int64_t version = book.Find(OrderKey(kOrder))->version;
    REQUIRE_OK(step.run(book, {kName, book.etag(), step.actor}));
    CHECK(book.Find(OrderKey(kOrder))->version == version + 1);
    v1::WorkOrder answer;
    REQUIRE(answer.ParseFromString(book.answer));
    if (SightOf(book.record(), step.actor) != Sight::kNone) CHECK(answer.etag() == book.etag());
    CHECK(answer.state() == book.state());
    CHECK(answer.name() == kName);
    CHECK(answer.event_sequence() == book.Find(OrderKey(kOrder))->sent);
  }
}

TEST_CASE("every step is taken from its state only", "[RTE-25]") {
  for (const Step& step : Steps()) {
    if (step.unlawful == ORDER_STATE_UNSPECIFIED) continue;
    INFO(step.name);
    Book book = ReadyFor(step, step.unlawful);
    const absl::Status status = step.run(book, {kName, book.etag(), step.actor});
    CHECK(Refused(status) == config::v1::REASON_ILLEGAL_MOVE);
    CHECK(book.state() == step.unlawful);
  }
}

TEST_CASE("an order moves as the table says, in one place", "[RTE-25]") {
  INFO("RTE-25/accept");
  for (int from = 1; from <= lifecycle::kStates; ++from) {
    for (int to = 1; to <= lifecycle::kStates; ++to) {
      Book book = In(ORDER_STATE_DISPATCHED);
      book.SetNow(kAccepted);
      v1::WorkOrderRecord record = book.record();
      record.mutable_order()->set_state(static_cast<OrderState>(from));
      book.Put(OrderKey(kOrder), record.SerializeAsString());
      OrderEdit edit = Must(OrderEdit::Open(book, book.setting(), Dispatcher(), kOrder));
      const auto target = static_cast<OrderState>(to);
      const absl::Status moved = edit.Move(target, "Moved");
      const bool lawful =
          lifecycle::CheckMove(static_cast<OrderState>(from), target, lifecycle::Custodian::kRouting).ok();
      INFO(from << " to " << to);
      CHECK(moved.ok() == lawful);
      CHECK(edit.changed() == lawful);
      CHECK(edit.order().state() == (lawful ? to : from));
    }
  }
}

TEST_CASE("no step is taken by those whose order it is not", "[GWY-04]") {
  for (const Step& step : Steps()) {
    INFO(step.name);
    Book book = ReadyFor(step, step.lawful);
    Actor foreign = step.actor;
    foreign.body = "FGW";
    foreign.district = "120116";
    const Reason reason = Refused(step.run(book, {kName, book.etag(), foreign}));
    const bool told = std::string(step.name) == "sign" || std::string(step.name) == "recordFeedback";
    CHECK((reason == config::v1::REASON_NOT_FOUND) == !told);
    CHECK((reason == config::v1::REASON_NOT_UNDERTAKER || reason == config::v1::REASON_NOT_LEAD) == told);
    CHECK(book.state() == step.lawful);
  }
}

TEST_CASE("texts may be as long as said, and no longer", "[INT-03]") {
  struct Row {
    const char* id;
    std::size_t most;
    std::function<absl::Status(Book&, const std::string&)> run;
    OrderState state;
  };
  const Row rows[] = {
      {"dispatch reason", 500,
       [](Book& book, const std::string& text) { return book.Dispatch("HG", {}, Dispatcher(), text); },
       ORDER_STATE_PENDING_DISPATCH},
      {"liaison notice", 500,
       [](Book& book, const std::string& text) {
         auto request = On<v1::SendToLiaisonRequest>({kName, book.etag(), {}});
         request.set_undertaker("GFY");
         request.set_notice(text);
         return book.Keep(DecideSendToLiaison(book, book.setting(), Dispatcher(), request));
       },
       ORDER_STATE_PENDING_DISPATCH},
      {"liaison note", 500,
       [](Book& book, const std::string& text) {
         auto request = On<v1::CloseLiaisonRequest>({kName, book.etag(), {}});
         request.set_note(text);
         return book.Keep(DecideCloseLiaison(book, book.setting(), Dispatcher(), request));
       },
       ORDER_STATE_LIAISON_SENT},
      {"return reason", 64,
       [](Book& book, const std::string& text) {
         auto request = On<v1::RequestReturnRequest>({kName, book.etag(), {}});
         request.set_reason_code(text);
         request.set_legal_basis("Y");
         request.set_proposed_undertaker("SCJG");
         return book.Keep(DecideRequestReturn(book, book.setting(), Of("HG"), request));
       },
       ORDER_STATE_HANDLING},
      {"return basis", 1000,
       [](Book& book, const std::string& text) {
         auto request = On<v1::RequestReturnRequest>({kName, book.etag(), {}});
         request.set_reason_code("X");
         request.set_legal_basis(text);
         request.set_proposed_undertaker("SCJG");
         return book.Keep(DecideRequestReturn(book, book.setting(), Of("HG"), request));
       },
       ORDER_STATE_HANDLING},
      {"return text", 1000,
       [](Book& book, const std::string& text) {
         auto request = On<v1::RequestReturnRequest>({kName, book.etag(), {}});
         request.set_reason_code("X");
         request.set_legal_basis("Y");
         request.set_text(text);
         request.set_proposed_undertaker("SCJG");
         return book.Keep(DecideRequestReturn(book, book.setting(), Of("HG"), request));
       },
       ORDER_STATE_HANDLING},
      {"ruling", 1000,
       [](Book& book, const std::string& text) {
         auto request = On<v1::RuleReturnRequest>({kName, book.etag(), {}});
         request.set_reason(text);
         return book.Keep(DecideRuleReturn(book, book.setting(), Reviewer(), request));
       },
       ORDER_STATE_RETURN_REVIEW},
      {"decline", 1000,
       [](Book& book, const std::string& text) {
         auto request = On<v1::DeclineWorkOrderRequest>({kName, book.etag(), {}});
         request.set_reason(text);
         return book.Keep(DecideDecline(book, book.setting(), Of("HG"), request));
       },
       ORDER_STATE_DISPATCHED},
      {"contact person", 50,
       [](Book& book, const std::string& text) {
         auto request = book.Contact();
         request.set_person(text);
         return book.Keep(DecideRecordContact(book, book.setting(), Of("HG"), request, {}));
       },
       ORDER_STATE_HANDLING},
      {"contact summary", 2000,
       [](Book& book, const std::string& text) {
         auto request = book.Contact();
         request.set_summary(text);
         return book.Keep(DecideRecordContact(book, book.setting(), Of("HG"), request, {}));
       },
       ORDER_STATE_HANDLING},
      {"basis", 100,
       [](Book& book, const std::string& text) {
         auto request = book.Result();
         request.set_basis(0, text);
         return book.Submit(Of("HG"), request);
       },
       ORDER_STATE_HANDLING},
      {"considered", 2000,
       [](Book& book, const std::string& text) {
         auto request = book.Result();
         request.set_considered(text);
         return book.Submit(Of("HG"), request);
       },
       ORDER_STATE_HANDLING},
      {"help offered", 2000,
       [](Book& book, const std::string& text) {
         auto request = book.Result();
         request.set_help_offered(text);
         return book.Submit(Of("HG"), request);
       },
       ORDER_STATE_HANDLING},
      {"open assist reason", 500,
       [](Book& book, const std::string& text) {
         auto request = book.Result();
         request.set_open_assist_reason(text);
         return book.Submit(Of("HG"), request);
       },
       ORDER_STATE_HANDLING},
      {"review reason", 500, [](Book& book, const std::string& text) { return book.Review(true, text); },
       ORDER_STATE_SUBMITTED},
      {"note", 2000,
       [](Book& book, const std::string& text) {
         auto request = On<v1::AddNoteRequest>({kName, book.etag(), {}});
         request.set_text(text);
         return book.Keep(DecideAddNote(book, book.setting(), Of("HG"), request, {"t3", "s", "d"}));
       },
       ORDER_STATE_HANDLING},
  };
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = In(row.state);
    CHECK(Refused(row.run(book, std::string(row.most + 1, 'x'))) == config::v1::REASON_TOO_LONG);
    CHECK_OK(row.run(book, std::string(row.most, 'x')));
  }
}

TEST_CASE("as many bases and assistants as said, and no more", "[RTE-28][RTE-04]") {
  Book book = In(ORDER_STATE_HANDLING);
  v1::SubmitResultRequest request = book.Result();
  while (request.basis_size() < 21) request.add_basis("M09");
  CHECK(Refused(book.Submit(Of("HG"), request)) == config::v1::REASON_TOO_MANY);
  request.mutable_basis()->RemoveLast();
  CHECK_OK(book.Submit(Of("HG"), request));
  Book pending = In(ORDER_STATE_PENDING_DISPATCH);
  CHECK_OK(pending.Dispatch("HG", {"RSJ", "FGW", "SWJ", "GSL", "SFJ", "SJJ", "CGW", "SHUIW", "GHZY", "GXJ"}));
  CHECK(pending.order().assists_size() == 11);
  CHECK(pending.order().assists(0).removed());
  CHECK_FALSE(pending.order().assists(1).removed());
}

TEST_CASE("what was written is kept", "[RTE-25]") {
  Book book;
  NewOrder created = Book::Demand(kAccepted);
  created.demand.set_language("en");
  created.demand.set_anonymous(false);
  REQUIRE_OK(book.Create(created));
  CHECK(book.order().language() == "en");
  CHECK(book.order().channel() == CHANNEL_PHONE_12345);
  CHECK(book.order().subject().uscc() == "91120104MA05XXXXXX");
  CHECK(book.order().requester() == "enterprise-1");
  CHECK(Shown(book.order().create_time()) == kAccepted);
  CHECK(Shown(book.order().proposal().time()) == kAccepted);
  REQUIRE_OK(book.Dispatch("SCJG", {}, Dispatcher(), "按职责", true));
  const v1::Dispatch dispatch = book.order().dispatches(0);
  CHECK(dispatch.by() == Dispatcher().text);
  CHECK(dispatch.reason() == "按职责");
  CHECK(dispatch.complex());
  CHECK(Shown(dispatch.time()) == kAccepted);
  CHECK(Shown(dispatch.return_due_time()) == "2025-06-16T23:59:59+08:00");
  auto back = On<v1::RequestReturnRequest>({kName, book.etag(), {}});
  back.set_reason_code("NOT_OUR_DUTY");
  back.set_legal_basis("三定方案");
  back.set_proposed_undertaker("ZWFW");
  back.set_text("说明");
  REQUIRE_OK(book.Keep(DecideRequestReturn(book, book.setting(), Of("SCJG"), back)));
  auto ruling = On<v1::RuleReturnRequest>({kName, book.etag(), {}});
  ruling.set_reason("不同意");
  REQUIRE_OK(book.Keep(DecideRuleReturn(book, book.setting(), Reviewer(), ruling)));
  const v1::Return asked = book.order().returns(0);
  CHECK(asked.dispatch_number() == 1);
  CHECK(asked.undertaker() == "SCJG");
  CHECK(asked.reason_code() == "NOT_OUR_DUTY");
  CHECK(asked.legal_basis() == "三定方案");
  CHECK(asked.text() == "说明");
  CHECK(Shown(asked.time()) == kAccepted);
  CHECK(Shown(asked.ruling_time()) == kAccepted);
  CHECK_FALSE(asked.agreed());
  CHECK(asked.ruling_reason() == "不同意");
  CHECK(asked.ruled_by() == Reviewer().text);
  CHECK(Shown(book.order().dispatches(0).sign_time()) == kAccepted);
  REQUIRE_OK(book.RecordContact(Of("SCJG")));
  const v1::ContactRecord contact = book.order().contacts(0);
  CHECK(contact.person() == "经办人");
  CHECK(contact.by() == Of("SCJG").text);
  CHECK(Shown(contact.time()) == kAccepted);
  v1::SubmitResultRequest result = book.Result();
  result.set_result_type(RESULT_TYPE_EXPLAINED);
  result.set_considered("甲");
  result.set_help_offered("乙");
  result.set_explain_reason("TECHNICAL");
  result.set_open_assist_reason("丙");
  REQUIRE_OK(book.Submit(Of("SCJG"), result));
  REQUIRE_OK(book.Review(true, "可以"));
  const v1::Submission submission = book.order().submissions(0);
  CHECK(submission.by() == Of("SCJG").text);
  CHECK(submission.result_type() == RESULT_TYPE_EXPLAINED);
  CHECK(submission.considered() == "甲");
  CHECK(submission.help_offered() == "乙");
  CHECK(submission.explain_reason() == "TECHNICAL");
  CHECK(submission.open_assist_reason() == "丙");
  CHECK(submission.basis(0) == "M09");
  CHECK(submission.fingerprint().size() == 64);
  CHECK(Shown(submission.time()) == kAccepted);
  CHECK(submission.approved());
  CHECK(submission.review_reason() == "可以");
  CHECK(submission.reviewed_by() == Reviewer().text);
  CHECK(Shown(submission.review_time()) == kAccepted);
  REQUIRE_OK(book.FeedBack(Of("SCJG")));
  CHECK(book.order().feedback().person() == "经办人");
  CHECK(book.order().feedback().way() == "PHONE");
  CHECK(book.order().feedback().by() == Of("SCJG").text);
  CHECK(Shown(book.order().update_time()) == kAccepted);
  REQUIRE_OK(book.Rate(1, 0));
  const v1::RatingEntry rating = book.record().ratings(0);
  CHECK(rating.round() == 0);
  CHECK(rating.satisfaction() == 1);
  CHECK(rating.solved() == SOLVED_NO);
  CHECK(rating.bad());
  CHECK(Shown(rating.time()) == kAccepted);
  const auto stays = book.order().stays();
  std::vector<std::string> holders;
  for (const auto& stay : stays) holders.push_back(stay.holder());
  CHECK(holders == std::vector<std::string>{"HUB", "SCJG", "HUB", "SCJG", "SCJG"});
}

TEST_CASE("a ticket is answered by whom it went to", "[RTE-20]") {
  const Actor district = Person(config::v1::ROLE_DISTRICT_HUB, "Q120104-HUB", "120104");
  struct Row {
    const char* id;
    const char* level;
    const char* undertaker;
    std::vector<Actor> may;
  };
  const Row rows[] = {{"the body", kLevelBodyLeader, "HG", {Of("HG")}},
                      {"the district", kLevelDistrict, "Q120104", {district}},
                      {"another district", kLevelDistrict, "Q120116", {}},
                      {"the city", kLevelCity, "HG", {Leader()}},
                      {"the hub", kLevelBodyLeader, kHubHolder, {Leader()}}};
  for (const Row& row : rows) {
    INFO(row.id);
    Book book = In(ORDER_STATE_HANDLING);
    book.Edit([&](v1::WorkOrderRecord& record) {
      auto& ticket = *record.mutable_order()->add_supervisions();
      ticket.set_supervision_id("S1");
      ticket.set_undertaker(row.undertaker);
      ticket.set_level(row.level);
    });
    auto request = On<v1::AnswerSupervisionRequest>({kName, book.etag(), {}});
    request.set_supervision_id("S1");
    request.set_answer("已约谈");
    // An assisting body sees the order, but is not asked.
    for (const Actor& actor : {Of("HG"), Of("TAX"), district, Leader()}) {
      INFO(actor.text);
      Book tried = book;
      const bool may =
          std::any_of(row.may.begin(), row.may.end(), [&](const Actor& one) { return one.text == actor.text; });
      const absl::Status status = tried.Keep(DecideAnswerSupervision(tried, tried.setting(), actor, request));
      CHECK(Refused(status) == (may ? config::v1::REASON_UNSPECIFIED : config::v1::REASON_NOT_UNDERTAKER));
      if (!may) continue;
      CHECK(tried.order().supervisions(0).answered_by() == actor.text);
      CHECK(Shown(tried.order().supervisions(0).answer_time()) == kAccepted);
    }
  }
}

}  // namespace
}  // namespace jinqi::routing
