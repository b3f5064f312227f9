#include "common/status/status.h"

#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/str_replace.h"
#include "google/rpc/error_details.pb.h"
#include "jinqi/config/v1/options.pb.h"

namespace jinqi {
namespace {

constexpr char kPrefix[] = "REASON_";
constexpr char kTypeUrl[] = "type.googleapis.com/";

const config::v1::ReasonText& TextOf(Reason reason) {
  const auto* value = config::v1::Reason_descriptor()->FindValueByNumber(reason);
  if (value == nullptr) value = config::v1::Reason_descriptor()->FindValueByNumber(config::v1::REASON_UNSPECIFIED);
  return value->options().GetExtension(config::v1::reason);
}

std::string Localized(Reason reason, const Metadata& metadata) {
  std::vector<std::pair<std::string, std::string>> replacements;
  for (const auto& [name, value] : metadata) replacements.emplace_back("{" + name + "}", value);
  return absl::StrReplaceAll(TextOf(reason).zh(), replacements);
}

template <typename Detail>
void Attach(absl::Status& status, const Detail& detail) {
  status.SetPayload(kTypeUrl + Detail::descriptor()->full_name(), absl::Cord(detail.SerializeAsString()));
}

template <typename Detail>
std::optional<Detail> Detach(const absl::Status& status) {
  const auto payload = status.GetPayload(kTypeUrl + Detail::descriptor()->full_name());
  Detail detail;
  if (!payload.has_value() || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

}  // namespace

std::string ReasonName(Reason reason) {
  const std::string& name = config::v1::Reason_Name(reason);
  return name.empty() ? "UNSPECIFIED" : name.substr(sizeof(kPrefix) - 1);
}

absl::Status Error(Reason reason, const Metadata& metadata) {
  absl::Status status(static_cast<absl::StatusCode>(TextOf(reason).code()), ReasonName(reason));
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonName(reason));
  for (const auto& [name, value] : metadata) (*info.mutable_metadata())[name] = value;
  Attach(status, info);
  google::rpc::LocalizedMessage message;
  message.set_locale("zh-CN");
  message.set_message(Localized(reason, metadata));
  Attach(status, message);
  return status;
}

void Faults::Add(std::string_view field, Reason reason, const Metadata& metadata) {
  faults_.push_back({std::string(field), reason, metadata});
}

absl::Status Faults::ToStatus() const {
  if (faults_.empty()) return absl::OkStatus();
  const bool single = faults_.size() == 1;
  absl::Status status =
      single ? Error(faults_[0].reason, faults_[0].metadata) : Error(config::v1::REASON_FIELDS_INVALID);
  google::rpc::BadRequest bad;
  for (const Fault& fault : faults_) {
    auto* violation = bad.add_field_violations();
    violation->set_field(fault.field);
    violation->set_reason(ReasonName(fault.reason));
    violation->set_description(Localized(fault.reason, fault.metadata));
  }
  Attach(status, bad);
  return status;
}

absl::Status FieldError(std::string_view field, Reason reason, const Metadata& metadata) {
  Faults faults;
  faults.Add(field, reason, metadata);
  return faults.ToStatus();
}

Reason ReasonOf(const absl::Status& status) {
  const auto info = Detach<google::rpc::ErrorInfo>(status);
  Reason reason = config::v1::REASON_UNSPECIFIED;
  if (info.has_value()) config::v1::Reason_Parse(kPrefix + info->reason(), &reason);
  return reason;
}

Metadata MetadataOf(const absl::Status& status) {
  const auto info = Detach<google::rpc::ErrorInfo>(status);
  if (!info.has_value()) return {};
  return Metadata(info->metadata().begin(), info->metadata().end());
}

absl::Status Complete(const absl::Status& status, std::string_view domain, std::string_view trace_id) {
  if (status.ok()) return status;
  auto info = Detach<google::rpc::ErrorInfo>(status);
  absl::Status complete = status;
  if (!info.has_value()) {
    const bool unavailable = absl::IsUnavailable(status);
    const bool late = absl::IsDeadlineExceeded(status);
    complete = Error(unavailable ? config::v1::REASON_UNAVAILABLE
                     : late      ? config::v1::REASON_DEADLINE_EXCEEDED
                                 : config::v1::REASON_INTERNAL);
    info = Detach<google::rpc::ErrorInfo>(complete);
  }
  if (info->domain().empty()) info->set_domain(std::string(domain));
  Attach(complete, *info);
  if (!Detach<google::rpc::RequestInfo>(complete).has_value()) {
    google::rpc::RequestInfo request;
    request.set_request_id(std::string(trace_id));
    Attach(complete, request);
  }
  return complete;
}

google::rpc::Status ToProto(const absl::Status& status) {
  google::rpc::Status proto;
  proto.set_code(static_cast<int>(status.code()));
  proto.set_message(std::string(status.message()));
  // ErrorInfo first: readers that look only at the first detail find the reason.
  std::map<std::string, std::string> details;
  status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { details[std::string(url)] = std::string(payload); });
  const std::string first = kTypeUrl + google::rpc::ErrorInfo::descriptor()->full_name();
  const auto add = [&proto](const std::string& url, const std::string& bytes) {
    auto* any = proto.add_details();
    any->set_type_url(url);
    any->set_value(bytes);
  };
  if (const auto info = details.find(first); info != details.end()) add(first, info->second);
  for (const auto& [url, bytes] : details) {
    if (url != first) add(url, bytes);
  }
  return proto;
}

absl::Status FromProto(const google::rpc::Status& proto) {
  absl::Status status(static_cast<absl::StatusCode>(proto.code()), proto.message());
  for (const auto& any : proto.details()) status.SetPayload(any.type_url(), absl::Cord(any.value()));
  return status;
}

int HttpStatus(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk: return 200;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange: return 400;
    case absl::StatusCode::kUnauthenticated: return 401;
    case absl::StatusCode::kPermissionDenied: return 403;
    case absl::StatusCode::kNotFound: return 404;
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists: return 409;
    case absl::StatusCode::kResourceExhausted: return 429;
    case absl::StatusCode::kCancelled: return 499;
    case absl::StatusCode::kUnimplemented: return 501;
    case absl::StatusCode::kUnavailable: return 503;
    case absl::StatusCode::kDeadlineExceeded: return 504;
    default: return 500;
  }
}

}  // namespace jinqi
