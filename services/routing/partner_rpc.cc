// PartnerService: matters for Beijing and Hebei, and the word of their hotlines.
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/sm3.h"
#include "common/outbound/signature.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "google/protobuf/util/json_util.h"
#include "jinqi/routing/v1/partner_service.pb.h"
#include "services/routing/order_rpc.h"
#include "services/routing/partner.h"

namespace jinqi::routing {
namespace {

using rpc::CallContext;

std::string Method(std::string_view name) { return MethodName(absl::StrCat("PartnerService/", std::string(name))); }

v1::ListPartnersResponse ListPartners(const Deps& deps) {
  v1::ListPartnersResponse response;
  for (const auto& [code, entry] : deps.partners) *response.add_partners() = entry.partner;
  return response;
}

absl::StatusOr<ledger::Command> MakeTransfer(const Deps& deps, const CallContext& context,
                                             const v1::TransferToPartnerRequest& request) {
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  ledger::Command command = OrderCommand(order_no);
  command.decide = [&desk = deps.desk, &partners = deps.partners, actor = ActorOf(context),
                    request](const ledger::View& view) {
    return DecideTransferToPartner(view, desk.setting, actor, request, partners);
  };
  return command;
}

// What it says, if it is the partner's, about this order; else PARTNER_SIGNATURE.
absl::StatusOr<v1::PartnerAnswer> ReadAnswer(const Deps& deps, const CallContext& context,
                                             const v1::RecordPartnerAnswerRequest& request) {
  const auto partner = deps.partners.find(request.partner());
  const std::string secret = partner == deps.partners.end() ? "" : partner->second.secret;
  const bool genuine = outbound::Verify(secret, request.timestamp(), request.request_id(), request.answer(),
                                        request.signature(), context.now);
  if (!genuine) return Error(config::v1::REASON_PARTNER_SIGNATURE);
  v1::PartnerAnswer answer;
  if (!google::protobuf::util::JsonStringToMessage(request.answer(), &answer).ok()) {
    return FieldError("answer", config::v1::REASON_FORMAT);
  }
  if (request.name() != "workOrders/" + answer.order_no()) return Error(config::v1::REASON_NOT_FOUND);
  return answer;
}

absl::StatusOr<ledger::Command> MakeAnswer(const Deps& deps, const CallContext& context,
                                           const v1::RecordPartnerAnswerRequest& request) {
  ASSIGN_OR_RETURN(v1::PartnerAnswer answer, ReadAnswer(deps, context, request));
  ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
  const std::string& partner = request.partner();
  const bool result = answer.outcome() == v1::PartnerAnswer::OUTCOME_RESULT;
  SealedText text = deps.desk.texts->SealLater(order_no, result ? text::Trim(answer.text()) : "");
  ledger::Command command = OrderCommand(order_no);
  if (!text.id.empty()) command.names.push_back({TextKey(text.id)});
  command.caller = "partner:" + partner;
  // An answer that is sent again is signed anew.
  command.request_hash = crypto::Sm3(absl::StrCat(order_no, "\n", request.answer()));
  command.decide = [&desk = deps.desk, partner, answer = std::move(answer),
                    text = std::move(text)](const ledger::View& view) {
    return DecidePartnerAnswer(view, desk.setting, SystemActor("partner:" + partner), partner, answer, text);
  };
  return command;
}

}  // namespace

void RegisterPartners(rpc::Methods& methods, const Deps& deps) {
  methods.Quick<v1::ListPartnersRequest, v1::ListPartnersResponse>(
      Method("ListPartners"),
      [deps](const CallContext&, const v1::ListPartnersRequest&) -> absl::StatusOr<v1::ListPartnersResponse> {
        return ListPartners(deps);
      });
  methods.Change<v1::TransferToPartnerRequest, v1::WorkOrder>(
      Method("TransferToPartner"),
      [deps](const auto& context, const auto& request) { return MakeTransfer(deps, context, request); });
  AddPlain<v1::RecallFromPartnerRequest>(methods, deps, "PartnerService/RecallFromPartner", DecideRecallFromPartner);
  methods.Change<v1::RecordPartnerAnswerRequest, v1::PartnerReceipt>(
      Method("RecordPartnerAnswer"),
      [deps](const auto& context, const auto& request) { return MakeAnswer(deps, context, request); });
}

}  // namespace jinqi::routing
