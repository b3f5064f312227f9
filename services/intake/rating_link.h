// Asks feedback for the link by which an order is rated without logging in (INT-18, FBK-05).
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"

namespace jinqi::intake {

// Thread-safe once it is connected.
class RatingLinks {
 public:
  // `Bearer …` for calls in intake's own name: who proved by phone who he is has no token.
  using Authorize = std::function<absl::StatusOr<std::string>()>;

  // `at_most`: how long a question may take. The channel outlives it.
  void Connect(rpc::Channel* channel, Authorize authorize, absl::Duration at_most) {
    channel_ = channel;
    authorize_ = std::move(authorize);
    at_most_ = at_most;
  }

  // The link of a round; empty when feedback does not know the round yet, does not answer in time or is not connected.
  // Blocks.
  std::string Of(const rpc::CallContext& context, const std::string& order_no, int round) const;

 private:
  rpc::Channel* channel_ = nullptr;
  Authorize authorize_;
  absl::Duration at_most_;
};

}  // namespace jinqi::intake
