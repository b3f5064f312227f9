#include "services/gateway/routes.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "google/api/annotations.pb.h"
#include "google/protobuf/descriptor_database.h"
#include "jinqi/config/v1/options.pb.h"

namespace jinqi::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;

absl::Status Broken(const MethodDescriptor* method, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(method->full_name(), ": ", std::string(what)));
}

// Verb and path of a rule.
std::pair<std::string, std::string> PatternOf(const google::api::HttpRule& rule) {
  switch (rule.pattern_case()) {
    case google::api::HttpRule::kGet: return {"GET", rule.get()};
    case google::api::HttpRule::kPut: return {"PUT", rule.put()};
    case google::api::HttpRule::kPost: return {"POST", rule.post()};
    case google::api::HttpRule::kDelete: return {"DELETE", rule.delete_()};
    case google::api::HttpRule::kPatch: return {"PATCH", rule.patch()};
    case google::api::HttpRule::kCustom: return {rule.custom().kind(), rule.custom().path()};
    case google::api::HttpRule::PATTERN_NOT_SET: break;
  }
  return {};
}

const FieldDescriptor* FindOne(const Descriptor* type, std::string_view name) {
  const std::string text(name);
  if (const FieldDescriptor* field = type->FindFieldByName(text); field != nullptr) return field;
  const FieldDescriptor* field = type->FindFieldByCamelcaseName(text);
  return field != nullptr && field->json_name() == text ? field : nullptr;
}

std::vector<std::string> Values(const Route& route, const std::vector<std::string>& segments) {
  std::vector<std::string> values;
  for (const PathTemplate::Variable& variable : route.path.variables) {
    const auto end = variable.end < 0 ? segments.end() : segments.begin() + variable.end;
    values.push_back(absl::StrJoin(segments.begin() + variable.begin, end, "/"));
  }
  return values;
}

}  // namespace

FieldPath FindField(const Descriptor* type, std::string_view path) {
  FieldPath fields;
  for (const auto& name : std::vector<std::string>(absl::StrSplit(absl::string_view(path.data(), path.size()), '.'))) {
    // Only messages that are there once lead further.
    if (!fields.empty()) {
      const FieldDescriptor* last = fields.back();
      if (last->is_repeated() || last->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return {};
      type = last->message_type();
    }
    const FieldDescriptor* field = FindOne(type, name);
    if (field == nullptr) return {};
    fields.push_back(field);
  }
  return fields;
}

std::vector<const MethodDescriptor*> PublicMethods() {
  std::vector<std::string> names;
  DescriptorPool::internal_generated_database()->FindAllFileNames(&names);
  std::sort(names.begin(), names.end());
  std::vector<const MethodDescriptor*> methods;
  for (const std::string& name : names) {
    if (name.rfind("jinqi/", 0) != 0) continue;
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(name);
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const MethodDescriptor* method = file->service(s)->method(m);
        if (!method->options().GetExtension(config::v1::access).internal()) methods.push_back(method);
      }
    }
  }
  return methods;
}

absl::Status Routes::Add(const MethodDescriptor* method) {
  if (!method->options().HasExtension(google::api::http)) return absl::OkStatus();
  const google::api::HttpRule& rule = method->options().GetExtension(google::api::http);
  RETURN_IF_ERROR(AddRule(method, rule));
  for (const google::api::HttpRule& additional : rule.additional_bindings()) {
    RETURN_IF_ERROR(AddRule(method, additional));
  }
  return absl::OkStatus();
}

absl::Status Routes::AddRule(const MethodDescriptor* method, const google::api::HttpRule& rule) {
  const auto [http_verb, path] = PatternOf(rule);
  auto route = std::make_unique<Route>();
  route->method = method;
  route->name = absl::StrCat(method->service()->full_name(), "/", method->name());
  ASSIGN_OR_RETURN(route->path, ParsePathTemplate(path));
  for (const PathTemplate::Variable& variable : route->path.variables) {
    FieldPath field = FindField(method->input_type(), variable.field);
    const bool text =
        !field.empty() && !field.back()->is_repeated() && field.back()->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (!text) return Broken(method, "path variable " + variable.field + " is no text field");
    route->fields.push_back(std::move(field));
  }
  route->has_body = !rule.body().empty();
  if (route->has_body && rule.body() != "*") {
    route->body_field = method->input_type()->FindFieldByName(rule.body());
    const bool message = route->body_field != nullptr && !route->body_field->is_repeated() &&
                         route->body_field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (!message) return Broken(method, "body " + rule.body() + " is no message field");
  }
  if (!rule.response_body().empty()) {
    route->response_field = method->output_type()->FindFieldByName(rule.response_body());
    const bool message = route->response_field != nullptr && !route->response_field->is_repeated() &&
                         route->response_field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (!message) return Broken(method, "response body " + rule.response_body() + " is no message field");
  }
  return Insert(http_verb, std::move(route));
}

absl::Status Routes::Insert(const std::string& http_verb, std::unique_ptr<Route> route) {
  Node* node = &root_;
  for (const std::string& segment : route->path.segments) {
    auto& next = segment == "*" ? node->one : segment == "**" ? node->many : node->literals[segment];
    if (next == nullptr) next = std::make_unique<Node>();
    node = next.get();
  }
  const auto [at, fresh] = node->routes.emplace(std::make_pair(http_verb, route->path.verb), route.get());
  if (!fresh) return Broken(route->method, "has the binding of " + at->second->name);
  versions_.insert(route->path.segments.front());
  routes_.push_back(std::move(route));
  return absl::OkStatus();
}

bool Routes::Walk(const Node& node, const std::vector<std::string>& segments, std::size_t at,
                  const std::function<bool(const Node&)>& visit) {
  if (at == segments.size()) return visit(node) || (node.many != nullptr && visit(*node.many));
  const auto literal = node.literals.find(segments[at]);
  if (literal != node.literals.end() && Walk(*literal->second, segments, at + 1, visit)) return true;
  if (node.one != nullptr && !segments[at].empty() && Walk(*node.one, segments, at + 1, visit)) return true;
  return node.many != nullptr && visit(*node.many);
}

absl::StatusOr<RouteMatch> Routes::Match(const std::string& verb, std::string_view path) const {
  const auto unknown = [this] {
    return Error(config::v1::REASON_PATH_UNKNOWN, {{"versions", absl::StrJoin(versions_, "、")}});
  };
  if (path.empty() || path.front() != '/') return unknown();
  std::vector<std::string> segments;
  for (const auto& raw :
       std::vector<std::string>(absl::StrSplit(absl::string_view(path.data() + 1, path.size() - 1), '/'))) {
    auto segment = PercentDecode(raw, false);
    if (!segment.has_value() || !text::IsUtf8(*segment)) return Error(config::v1::REASON_HTTP_INVALID);
    // An escaped slash or NUL would make another name of it.
    if (segment->find('/') != std::string::npos || segment->find('\0') != std::string::npos) return unknown();
    segments.push_back(*std::move(segment));
  }
  RouteMatch match;
  std::set<std::string> allowed;
  const auto look = [&](const std::string& suffix) {
    Walk(root_, segments, 0, [&](const Node& node) {
      for (const auto& [key, route] : node.routes) {
        if (key.second != suffix) continue;
        allowed.insert(key.first);
        if (key.first == verb) match = {route, Values(*route, segments)};
      }
      return match.route != nullptr;
    });
    return match.route != nullptr;
  };
  const std::string last = segments.back();
  const std::size_t colon = last.rfind(':');
  if (colon != std::string::npos) {
    segments.back() = last.substr(0, colon);
    if (look(last.substr(colon + 1))) return match;
    // A colon may also be part of a name.
    segments.back() = last;
  }
  if (look("")) return match;
  if (allowed.empty()) return unknown();
  return Error(config::v1::REASON_VERB_NOT_ALLOWED, {{"verb", verb}, {"allowed", absl::StrJoin(allowed, "、")}});
}

}  // namespace jinqi::gateway
