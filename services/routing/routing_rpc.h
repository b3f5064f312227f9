// RoutingService: from protobuf to commands and questions, and back. The rules are in the decide functions.
#pragma once

#include <string>

#include "common/ledger/ledger.h"
#include "common/paging/paging.h"
#include "common/rpc/methods.h"
#include "services/routing/partners.h"
#include "services/routing/reference_keeper.h"
#include "services/routing/routing_events.h"

namespace jinqi::routing {

// All that is given outlives the methods.
struct Deps {
  ledger::Ledger& ledger;
  const paging::PageTokens& page_tokens;
  // The city whose records these are.
  std::string tenant;
  const Desk& desk;
  ReferenceStore& store;
  ReferenceKeeper& keeper;
  const Partners& partners;
};

void RegisterMethods(rpc::Methods& methods, const Deps& deps);

// By the noun that they are about.
void RegisterOrderChanges(rpc::Methods& methods, const Deps& deps);
void RegisterOrderQueries(rpc::Methods& methods, const Deps& deps);
void RegisterUndertakers(rpc::Methods& methods, const Deps& deps);
void RegisterJointMeetings(rpc::Methods& methods, const Deps& deps);
void RegisterHumanReviews(rpc::Methods& methods, const Deps& deps);
void RegisterLimits(rpc::Methods& methods, const Deps& deps);
void RegisterPartners(rpc::Methods& methods, const Deps& deps);
void RegisterCalls(rpc::Methods& methods, const Deps& deps);
void RegisterReference(rpc::Methods& methods, const Deps& deps);

// After new reference data were committed: the caller's next call finds them; a failure leaves that to the keeper's
// next look. May block.
void RefreshReference(const Deps& deps);

Actor ActorOf(const rpc::CallContext& context);
// `jinqi.routing.v1.RoutingService/<name>`; of another service of the package `<service>/<name>` is given.
std::string MethodName(std::string_view name);

// The record and its body; NOT_FOUND.
template <typename Body>
struct Stored {
  ledger::Record record;
  Body body;
};
template <typename Body>
absl::StatusOr<Stored<Body>> ReadStored(ledger::Reader& reader, const std::string& tenant, const ledger::Key& key) {
  ASSIGN_OR_RETURN(auto record, reader.Get(tenant, key));
  if (!record.has_value()) return Error(config::v1::REASON_NOT_FOUND);
  Stored<Body> stored{*std::move(record), {}};
  if (!stored.body.ParseFromString(stored.record.body)) return absl::DataLossError("body of " + key.kind);
  return stored;
}

}  // namespace jinqi::routing
