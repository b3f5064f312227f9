// InspectionService: from protobuf to the ledger and back.
#pragma once

#include "common/ledger/ledger.h"
#include "common/paging/paging.h"
#include "common/rpc/methods.h"

namespace jinqi::inspection {

// All that is given outlives the methods.
struct Deps {
  ledger::Ledger& ledger;
  const paging::PageTokens& page_tokens;
};

void AddMethods(rpc::Methods& methods, const Deps& deps);

}  // namespace jinqi::inspection
