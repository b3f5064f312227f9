// StandardAnswerService: from protobuf to the library and the ledger, and back.
#pragma once

#include "common/ledger/ledger.h"
#include "services/policy_knowledge/policy_rpc.h"

namespace jinqi::policy {

void AddStandardAnswerMethods(rpc::Methods& methods, const Deps& deps, ledger::Ledger& ledger);

}  // namespace jinqi::policy
