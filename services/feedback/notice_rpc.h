// NoticeService: from protobuf to commands and questions, and back.
#pragma once

#include "common/ledger/ledger.h"
#include "common/paging/paging.h"
#include "common/rpc/methods.h"
#include "services/feedback/notice.h"

namespace jinqi::feedback {

// All that is given outlives the methods.
struct NoticeDeps {
  ledger::Ledger& ledger;
  const paging::PageTokens& page_tokens;
  const BodyNames& bodies;
};

void AddNoticeMethods(rpc::Methods& methods, const NoticeDeps& deps);

}  // namespace jinqi::feedback
