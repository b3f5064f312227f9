#include "services/gateway/transcode.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "google/protobuf/util/json_util.h"
#include "google/rpc/code.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "nlohmann/json.hpp"
#include "services/gateway/json_check.h"

namespace jinqi::gateway {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using nlohmann::ordered_json;

constexpr std::string_view kBom = "\xef\xbb\xbf";

std::string PathText(const FieldPath& path) {
  return absl::StrJoin(path, ".", [](std::string* out, const FieldDescriptor* field) { *out += field->name(); });
}

// The message that holds the last field of the path.
Message* Holder(Message& message, const FieldPath& path) {
  Message* holder = &message;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    holder = holder->GetReflection()->MutableMessage(holder, path[i]);
  }
  return holder;
}

template <typename Number, typename Set>
bool SetNumber(const std::string& text, Set set) {
  Number number;
  if (!absl::SimpleAtoi(text, &number)) return false;
  set(number);
  return true;
}

bool SetBool(Message& message, const FieldDescriptor* field, const std::string& text) {
  if (text != "true" && text != "false") return false;
  const auto* reflection = message.GetReflection();
  field->is_repeated() ? reflection->AddBool(&message, field, text == "true")
                       : reflection->SetBool(&message, field, text == "true");
  return true;
}

bool SetEnum(Message& message, const FieldDescriptor* field, const std::string& text) {
  const auto* value = field->enum_type()->FindValueByName(text);
  if (value == nullptr) return false;
  const auto* reflection = message.GetReflection();
  field->is_repeated() ? reflection->AddEnum(&message, field, value) : reflection->SetEnum(&message, field, value);
  return true;
}

// Types that JSON writes as one text or number: instants, durations, masks, wrapped values.
bool SetMessage(Message& message, const FieldDescriptor* field, const std::string& text) {
  if (field->message_type()->full_name().rfind("google.protobuf.", 0) != 0) return false;
  const auto* reflection = message.GetReflection();
  Message* value =
      field->is_repeated() ? reflection->AddMessage(&message, field) : reflection->MutableMessage(&message, field);
  const std::string quoted = ordered_json(text).dump();
  return google::protobuf::util::JsonStringToMessage(quoted, value).ok();
}

// Sets or adds the value that a text says; false: it is none of the field's type.
bool SetFromText(Message& message, const FieldDescriptor* field, const std::string& text) {
  const auto* reflection = message.GetReflection();
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return SetNumber<std::int32_t>(text, [&](auto n) {
        many ? reflection->AddInt32(&message, field, n) : reflection->SetInt32(&message, field, n);
      });
    case FieldDescriptor::CPPTYPE_INT64:
      return SetNumber<std::int64_t>(text, [&](auto n) {
        many ? reflection->AddInt64(&message, field, n) : reflection->SetInt64(&message, field, n);
      });
    case FieldDescriptor::CPPTYPE_UINT32:
      return SetNumber<std::uint32_t>(text, [&](auto n) {
        many ? reflection->AddUInt32(&message, field, n) : reflection->SetUInt32(&message, field, n);
      });
    case FieldDescriptor::CPPTYPE_UINT64:
      return SetNumber<std::uint64_t>(text, [&](auto n) {
        many ? reflection->AddUInt64(&message, field, n) : reflection->SetUInt64(&message, field, n);
      });
    case FieldDescriptor::CPPTYPE_BOOL: return SetBool(message, field, text);
    case FieldDescriptor::CPPTYPE_ENUM: return SetEnum(message, field, text);
    case FieldDescriptor::CPPTYPE_MESSAGE: return SetMessage(message, field, text);
    case FieldDescriptor::CPPTYPE_STRING:
      if (field->type() == FieldDescriptor::TYPE_BYTES || text.find('\0') != std::string::npos) return false;
      many ? reflection->AddString(&message, field, text) : reflection->SetString(&message, field, text);
      return true;
    // No question of ours has fractions; they would bring NaN with them.
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: return false;
  }
  return false;
}

// Query parameters on their way into a message.
class Parameters {
 public:
  Parameters(const RouteMatch& match, Message& message) : route_(*match.route), message_(message) {}

  absl::Status Read(std::string_view query) {
    for (const auto& pair : std::vector<std::string>(
             absl::StrSplit(absl::string_view(query.data(), query.size()), '&', absl::SkipEmpty()))) {
      const std::size_t equals = std::min(pair.find('='), pair.size());
      const auto name = PercentDecode(std::string_view(pair).substr(0, equals), true);
      const auto value = PercentDecode(std::string_view(pair).substr(std::min(equals + 1, pair.size())), true);
      if (!name.has_value() || !value.has_value()) return Error(config::v1::REASON_HTTP_INVALID);
      if (!text::IsUtf8(*name) || !text::IsUtf8(*value)) return Error(config::v1::REASON_JSON_NOT_UTF8);
      ReadOne(*name, *value);
    }
    return faults_.ToStatus();
  }

 private:
  void ReadOne(const std::string& name, const std::string& value) {
    const FieldPath path = FindField(message_.GetDescriptor(), name);
    if (path.empty() || IsBound(path)) return faults_.Add(name, config::v1::REASON_UNKNOWN_FIELD);
    const std::string place = PathText(path);
    if (!path.back()->is_repeated() && !seen_.insert(place).second) {
      return faults_.Add(place, config::v1::REASON_JSON_DUPLICATE_KEY);
    }
    if (path.back()->is_map() || !SetFromText(*Holder(message_, path), path.back(), value)) {
      const bool closed = path.back()->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
      faults_.Add(place, closed ? ReasonOfName(path.back()->enum_type()) : config::v1::REASON_FORMAT);
    }
  }

  // By the path or the body.
  bool IsBound(const FieldPath& path) const {
    if (route_.has_body && (route_.body_field == nullptr || path.front() == route_.body_field)) return true;
    return std::find(route_.fields.begin(), route_.fields.end(), path) != route_.fields.end();
  }

  const Route& route_;
  Message& message_;
  std::set<std::string> seen_;
  Faults faults_;
};

// protobuf's errors begin with the place: `(item.count): invalid value …`.
absl::Status WrongValue(const std::string& message) {
  const std::size_t open = message.find('(');
  const std::size_t close = message.find("):");
  if (open == std::string::npos || close == std::string::npos || close < open) {
    return Error(config::v1::REASON_JSON_INVALID);
  }
  return FieldError(message.substr(open + 1, close - open - 1), config::v1::REASON_FORMAT);
}

absl::Status ReadBody(const Route& route, std::string_view body, const TranscodeLimits& limits, Message& request) {
  if (body.size() > limits.max_body_bytes) {
    return Error(config::v1::REASON_BODY_TOO_LARGE, {{"limit", std::to_string(limits.max_body_bytes)}});
  }
  if (body.substr(0, kBom.size()) == kBom) body.remove_prefix(kBom.size());
  // A request without a word says nothing of its own.
  if (body.empty()) return absl::OkStatus();
  if (!route.has_body) return Error(config::v1::REASON_HTTP_INVALID);
  Message* target =
      route.body_field == nullptr ? &request : request.GetReflection()->MutableMessage(&request, route.body_field);
  RETURN_IF_ERROR(CheckJson(body, target->GetDescriptor(), limits.max_depth));
  const auto status = google::protobuf::util::JsonStringToMessage({body.data(), body.size()}, target);
  return status.ok() ? absl::OkStatus() : WrongValue(std::string(status.message()));
}

absl::Status SetRequestId(std::string_view key, Message& request) {
  if (key.empty()) return absl::OkStatus();
  const auto* field = request.GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING || field->is_repeated()) {
    return absl::OkStatus();
  }
  const std::string in_body = request.GetReflection()->GetString(request, field);
  if (!in_body.empty() && in_body != key) return FieldError("request_id", config::v1::REASON_FORMAT);
  if (!text::IsUtf8(key)) return FieldError("request_id", config::v1::REASON_FORMAT);
  request.GetReflection()->SetString(&request, field, std::string(key));
  return absl::OkStatus();
}

std::string LocalizedText(const google::rpc::Status& status) {
  google::rpc::LocalizedMessage localized;
  for (const auto& detail : status.details()) {
    if (detail.UnpackTo(&localized)) return localized.message();
  }
  return status.message();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Message>> MakeRequest(const RouteMatch& match, std::string_view query,
                                                     std::string_view body, std::string_view idempotency_key,
                                                     const TranscodeLimits& limits) {
  const Route& route = *match.route;
  const auto* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(route.method->input_type());
  std::unique_ptr<Message> request(prototype->New());
  RETURN_IF_ERROR(ReadBody(route, body, limits, *request));
  RETURN_IF_ERROR(Parameters(match, *request).Read(query));
  // Last: the path says what is meant, whatever the body says.
  for (std::size_t i = 0; i < route.fields.size(); ++i) {
    Message* holder = Holder(*request, route.fields[i]);
    holder->GetReflection()->SetString(holder, route.fields[i].back(), match.values[i]);
  }
  RETURN_IF_ERROR(SetRequestId(idempotency_key, *request));
  return request;
}

absl::StatusOr<std::string> MakeAnswer(const Route& route, const Message& response) {
  const Message* body = &response;
  if (route.response_field != nullptr) body = &response.GetReflection()->GetMessage(response, route.response_field);
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(*body, &json);
  if (!status.ok()) return absl::InternalError("response has no JSON: " + std::string(status.message()));
  return json;
}

std::string ErrorJson(const absl::Status& status, std::string_view trace_id) {
  const google::rpc::Status proto = ToProto(status);
  ordered_json details = ordered_json::array();
  for (const auto& detail : proto.details()) {
    std::string json;
    if (!google::protobuf::util::MessageToJsonString(detail, &json).ok()) continue;
    details.push_back(ordered_json::parse(json, nullptr, false));
  }
  const ordered_json error = {{"code", HttpStatusOf(status)},
                              {"status", google::rpc::Code_Name(static_cast<google::rpc::Code>(proto.code()))},
                              {"message", LocalizedText(proto)},
                              {"trace_id", trace_id},
                              {"details", details}};
  return ordered_json{{"error", error}}.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

int HttpStatusOf(const absl::Status& status) {
  constexpr int kMethodNotAllowed = 405;
  if (ReasonOf(status) == config::v1::REASON_VERB_NOT_ALLOWED) return kMethodNotAllowed;
  return HttpStatus(status.code());
}

}  // namespace jinqi::gateway
