// PolicyService: from protobuf to the library and the ledger, and back.
#pragma once

#include "common/paging/paging.h"
#include "common/rpc/methods.h"
#include "services/policy_knowledge/library.h"

namespace jinqi::policy {

// All that is given outlives the methods.
struct Deps {
  Library& library;
  const paging::PageTokens& page_tokens;
  // Characters of a question.
  int max_query = 200;
};

// Drafts are their editors' matter.
bool SeesDrafts(const rpc::CallContext& context);

void AddMethods(rpc::Methods& methods, const Deps& deps);

}  // namespace jinqi::policy
