// What the descriptors say about the fields of a request (AIP-203), checked for every method alike.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/status/status.h"
#include "google/protobuf/message.h"

namespace jinqi::rpc {

// The field_behavior rules of one message type and all that it contains, compiled once.
class RequestRules {
 public:
  explicit RequestRules(const google::protobuf::Descriptor* descriptor);
  ~RequestRules();

  // Clears the OUTPUT_ONLY fields that a request carries, and names every REQUIRED field that is missing in a message
  // that is present: `demand.contact.phone`, `items[2].name` (INT-03: all at once). A REQUIRED number or text without
  // presence must differ from zero or empty; a bool is never missing.
  absl::Status Apply(google::protobuf::Message& request) const;

 private:
  struct Plan;
  void Check(const Plan& plan, google::protobuf::Message& message, const std::string& path, Faults& faults) const;

  std::map<const google::protobuf::Descriptor*, std::unique_ptr<Plan>> plans_;
  const Plan* root_ = nullptr;
};

}  // namespace jinqi::rpc
