#include "common/service/contacts.h"

#include <utility>

#include "common/status/status.h"

namespace jinqi::service {

absl::StatusOr<Contacts> Contacts::Make(rpc::ServiceRuntime& runtime) {
  const auto intake = runtime.Peer("intake");
  if (!intake.ok()) return absl::FailedPreconditionError("server.peers must name intake: contacts are asked there");
  return Contacts(runtime, **intake);
}

absl::StatusOr<std::optional<intake::v1::Contact>> Contacts::Resolve(const std::string& order_no,
                                                                     const std::string& purpose) const {
  intake::v1::ResolveContactRequest request;
  request.set_name("demands/" + order_no);
  request.set_purpose(purpose);
  request.set_request_id(runtime_->ids().Uuid());
  rpc::CallOptions options;
  ASSIGN_OR_RETURN(options.authorization, runtime_->ServiceAuthorization());
  auto contact = intake_->Call<intake::v1::Contact>("jinqi.intake.v1.IntakeService/ResolveContact", request, options);
  if (ReasonOf(contact.status()) == config::v1::REASON_NO_CONTACT) return std::nullopt;
  if (!contact.ok()) return std::move(contact).status();
  if (contact->contact_phone().empty()) return std::nullopt;
  return *std::move(contact);
}

}  // namespace jinqi::service
