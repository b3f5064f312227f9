// JointMeetingService: the joint meetings, their agendas, and what waits for them.
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/routing/escalation.h"
#include "services/routing/joint_meeting.h"
#include "services/routing/kinds.h"
#include "services/routing/order_rpc.h"
#include "services/routing/pages.h"

namespace jinqi::routing {
namespace {

using rpc::CallContext;
using v1::JointMeeting;

std::string Method(std::string_view name) {
  return MethodName(absl::StrCat("JointMeetingService/", std::string(name)));
}

// The meeting is changed, the reference data relied on.
absl::StatusOr<ledger::Command> MeetingCommand(const std::string& name) {
  ASSIGN_OR_RETURN(const std::string id, IdOf(name, "jointMeetings"));
  ledger::Command command;
  command.names = {{JointMeetingKey(id)}, {HeadKey(), ledger::Access::kRely}};
  return command;
}

absl::StatusOr<ledger::Command> MakeCreate(const Deps& deps, const CallContext& context,
                                           const v1::CreateJointMeetingRequest& request) {
  const std::string id = deps.desk.ids->Uuid();
  ASSIGN_OR_RETURN(ledger::Command command, MeetingCommand("jointMeetings/" + id));
  command.decide = [&desk = deps.desk, actor = ActorOf(context), id, request](const ledger::View& view) {
    return DecideCreateMeeting(view, desk.setting, actor, id, request);
  };
  return command;
}

absl::StatusOr<ledger::Command> MakeAddItem(const Deps& deps, const CallContext& context,
                                            const v1::AddAgendaItemRequest& request) {
  ASSIGN_OR_RETURN(ledger::Command command, MeetingCommand(request.name()));
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.work_order()));
  command.names.push_back({OrderKey(order_no)});
  command.decide = [&desk = deps.desk, actor = ActorOf(context), request](const ledger::View& view) {
    return DecideAddItem(view, desk.setting, actor, request);
  };
  return command;
}

absl::StatusOr<ledger::Command> MakeDecide(const Deps& deps, const CallContext& context,
                                           const v1::DecideAgendaItemRequest& request) {
  ASSIGN_OR_RETURN(ledger::Command command, MeetingCommand(request.name()));
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.work_order()));
  command.names.push_back({OrderKey(order_no)});
  NameBodies({request.lead_undertakers().begin(), request.lead_undertakers().end()}, command);
  NameBodies({request.assist_undertakers().begin(), request.assist_undertakers().end()}, command);
  SealedText minutes = deps.desk.texts->SealLater(order_no, text::Trim(request.minutes()));
  if (!minutes.id.empty()) command.names.push_back({TextKey(minutes.id)});
  command.decide = [&desk = deps.desk, actor = ActorOf(context), request, minutes = std::move(minutes)](
                       const ledger::View& view) { return DecideItem(view, desk.setting, actor, request, minutes); };
  return command;
}

// The agenda is read before. The etag proves that it is still the same.
absl::StatusOr<ledger::Command> MakeConclude(const Deps& deps, const CallContext& context,
                                             const v1::ConcludeJointMeetingRequest& request) {
  ASSIGN_OR_RETURN(ledger::Command command, MeetingCommand(request.name()));
  ASSIGN_OR_RETURN(const auto stored, ReadStored<v1::JointMeetingRecord>(deps.ledger.reader(), context.caller.tenant,
                                                                         command.names.front().key));
  for (const v1::AgendaItem& item : stored.body.joint_meeting().items()) {
    if (!item.has_decision()) command.names.push_back({OrderKey(item.order_no())});
  }
  command.decide = [&desk = deps.desk, actor = ActorOf(context), request](const ledger::View& view) {
    return DecideConclude(view, desk.setting, actor, request);
  };
  return command;
}

absl::StatusOr<JointMeeting> GetMeeting(const Deps& deps, const CallContext& context,
                                        const v1::GetJointMeetingRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, IdOf(request.name(), "jointMeetings"));
  ASSIGN_OR_RETURN(const auto stored, ReadStored<v1::JointMeetingRecord>(deps.ledger.reader(), context.caller.tenant,
                                                                         JointMeetingKey(id)));
  if (!MaySeeMeeting(stored.body.joint_meeting(), ActorOf(context))) return Error(config::v1::REASON_NOT_FOUND);
  return ShowMeeting(id, stored.body, stored.record.version);
}

absl::StatusOr<v1::ListJointMeetingsResponse> ListMeetings(const Deps& deps, const CallContext& context,
                                                           const v1::ListJointMeetingsRequest& request) {
  ASSIGN_OR_RETURN(const Page page, PageOf(request));
  ASSIGN_OR_RETURN(const std::string place, PlaceOfCaller(ActorOf(context), request.level(), request.district_code()));
  ledger::Query query;
  query.kind = kJointMeeting;
  query.where.push_back({"place", ledger::Comparison::kEqual, {place}});
  query.order_by = "meeting_day";
  query.descending = true;
  const std::string fingerprint = absl::StrCat("jointMeetings|", context.caller.tenant, "|", place);
  ASSIGN_OR_RETURN(const ledger::Rows rows, RowsOf(deps, context.caller.tenant, query, page, fingerprint));
  v1::ListJointMeetingsResponse response;
  for (const ledger::Record& row : rows.records) {
    v1::JointMeetingRecord record;
    if (!record.ParseFromString(row.body)) return absl::DataLossError("body of a joint meeting");
    *response.add_joint_meetings() = ShowMeeting(row.key.id, record, row.version);
  }
  response.set_next_page_token(NextToken(deps, rows, page, fingerprint));
  return response;
}

absl::StatusOr<v1::ListWorkOrdersResponse> ListEscalated(const Deps& deps, const CallContext& context,
                                                         const v1::ListEscalatedWorkOrdersRequest& request) {
  ASSIGN_OR_RETURN(const Page page, PageOf(request));
  ASSIGN_OR_RETURN(const std::string place, PlaceOfCaller(ActorOf(context), request.level(), request.district_code()));
  ledger::Query query;
  query.kind = kWorkOrder;
  query.where.push_back({"meeting_place", ledger::Comparison::kEqual, {place}});
  query.order_by = "meeting_due";
  return OrdersOf(deps, context, query, page, absl::StrCat("escalated|", context.caller.tenant, "|", place));
}

// `make`: from dependencies, context and request to the command.
template <typename Request, typename Make>
auto Bind(const Deps& deps, Make make) {
  return [deps, make](const CallContext& context, const Request& request) { return make(deps, context, request); };
}

}  // namespace

void RegisterJointMeetings(rpc::Methods& methods, const Deps& deps) {
  AddWithText<v1::EscalateWorkOrderRequest>(
      methods, deps, "JointMeetingService/EscalateWorkOrder", DecideEscalate,
      [](const v1::EscalateWorkOrderRequest& request) { return request.opinion(); });
  methods.Query<v1::ListEscalatedWorkOrdersRequest, v1::ListWorkOrdersResponse>(
      Method("ListEscalatedWorkOrders"), Bind<v1::ListEscalatedWorkOrdersRequest>(deps, ListEscalated));
  methods.Query<v1::GetJointMeetingRequest, JointMeeting>(Method("GetJointMeeting"),
                                                          Bind<v1::GetJointMeetingRequest>(deps, GetMeeting));
  methods.Query<v1::ListJointMeetingsRequest, v1::ListJointMeetingsResponse>(
      Method("ListJointMeetings"), Bind<v1::ListJointMeetingsRequest>(deps, ListMeetings));
  methods.Change<v1::CreateJointMeetingRequest, JointMeeting>(Method("CreateJointMeeting"),
                                                              Bind<v1::CreateJointMeetingRequest>(deps, MakeCreate));
  methods.Change<v1::AddAgendaItemRequest, JointMeeting>(Method("AddAgendaItem"),
                                                         Bind<v1::AddAgendaItemRequest>(deps, MakeAddItem));
  methods.Change<v1::DecideAgendaItemRequest, JointMeeting>(Method("DecideAgendaItem"),
                                                            Bind<v1::DecideAgendaItemRequest>(deps, MakeDecide));
  methods.ChangeOnPool<v1::ConcludeJointMeetingRequest, JointMeeting>(
      Method("ConcludeJointMeeting"), Bind<v1::ConcludeJointMeetingRequest>(deps, MakeConclude));
}

}  // namespace jinqi::routing
