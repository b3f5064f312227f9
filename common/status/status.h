// Errors: from a reason to a full google.rpc.Status, and back.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/rpc/status.pb.h"
#include "jinqi/config/v1/reason.pb.h"

namespace jinqi {

using config::v1::Reason;
using Metadata = std::map<std::string, std::string>;

// The reason's name on the wire: CAP_REACHED for REASON_CAP_REACHED.
std::string ReasonName(Reason reason);

// An error of the code that the reason has in reason.proto, with ErrorInfo and the Chinese text, in which {name} is
// replaced by metadata[name].
absl::Status Error(Reason reason, const Metadata& metadata = {});

// The faulty fields of one request, told all at once (INT-03).
class Faults {
 public:
  void Add(std::string_view field, Reason reason, const Metadata& metadata = {});
  bool empty() const { return faults_.empty(); }
  // OK without faults. With one, ErrorInfo.reason is its code; with more, FIELDS_INVALID.
  absl::Status ToStatus() const;

 private:
  struct Fault {
    std::string field;
    Reason reason;
    Metadata metadata;
  };
  std::vector<Fault> faults_;
};

// An error with a single faulty field.
absl::Status FieldError(std::string_view field, Reason reason, const Metadata& metadata = {});

// The reason of an error that this library made; REASON_UNSPECIFIED for any other.
Reason ReasonOf(const absl::Status& status);

// The ErrorInfo metadata of an error; empty where it has none.
Metadata MetadataOf(const absl::Status& status);

// A copy with the domain (`intake.jinqi`) and the trace id filled in where they are missing. An error that carries no
// reason loses its text: what is inside stays inside (GWY-08).
absl::Status Complete(const absl::Status& status, std::string_view domain, std::string_view trace_id);

google::rpc::Status ToProto(const absl::Status& status);
absl::Status FromProto(const google::rpc::Status& status);

// The HTTP status of a code, after google/rpc/code.proto.
int HttpStatus(absl::StatusCode code);

}  // namespace jinqi

#define JINQI_CONCAT_INNER_(a, b) a##b
#define JINQI_CONCAT_(a, b) JINQI_CONCAT_INNER_(a, b)

#define RETURN_IF_ERROR(expression)                                                           \
  do {                                                                                        \
    if (absl::Status jinqi_status_ = (expression); !jinqi_status_.ok()) return jinqi_status_; \
  } while (false)

#define ASSIGN_OR_RETURN(target, expression) ASSIGN_OR_RETURN_(JINQI_CONCAT_(jinqi_or_, __LINE__), target, expression)
#define ASSIGN_OR_RETURN_(holder, target, expression)  \
  auto holder = (expression);                          \
  if (!holder.ok()) return std::move(holder).status(); \
  target = *std::move(holder)
