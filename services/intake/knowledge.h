// Asks policy_knowledge whether an entry can be cited now (INT-10).
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/rpc/client.h"

namespace jinqi::intake {

// Thread-safe once it is connected.
class KnowledgeBase {
 public:
  // `at_most`: how long a question may take. The channel outlives it.
  void Connect(rpc::Channel* channel, absl::Duration at_most) {
    channel_ = channel;
    at_most_ = at_most;
  }

  // OK for a version in force, cited as K-102@5; KB_NOT_IN_FORCE at kb_ref for any other, UNAVAILABLE at kb_ref when
  // policy_knowledge does not answer in time or is not connected. Blocks.
  absl::Status CheckEntry(const rpc::CallContext& context, const std::string& kb_ref) const;

 private:
  rpc::Channel* channel_ = nullptr;
  absl::Duration at_most_ = absl::Milliseconds(500);
};

}  // namespace jinqi::intake
