#include "common/rpc/request_rules.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/api/field_behavior.pb.h"
#include "google/protobuf/descriptor.h"

namespace jinqi::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool Behaves(const FieldDescriptor* field, google::api::FieldBehavior behavior) {
  const auto& options = field->options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) return true;
  }
  return false;
}

bool IsMissing(const Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  if (field->is_repeated()) return reflection->FieldSize(message, field) == 0;
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL && !field->has_presence()) return false;
  if (!reflection->HasField(message, field)) return true;
  // Present but empty: a text that must be there is not there.
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return false;
  std::string scratch;
  return reflection->GetStringReference(message, field, &scratch).empty();
}

}  // namespace

// What there is to do in a message of one type; a type without anything to do has no plan.
struct RequestRules::Plan {
  std::vector<const FieldDescriptor*> clear;
  std::vector<const FieldDescriptor*> required;
  // Fields whose messages are looked into, also values of maps.
  std::vector<std::pair<const FieldDescriptor*, const Plan*>> nested;
};

RequestRules::~RequestRules() = default;

RequestRules::RequestRules(const Descriptor* descriptor) {
  std::vector<const Descriptor*> open = {descriptor};
  const auto message_of = [](const FieldDescriptor* field) -> const Descriptor* {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return nullptr;
    return field->is_map() ? field->message_type()->map_value()->message_type() : field->message_type();
  };
  while (!open.empty()) {
    const Descriptor* type = open.back();
    open.pop_back();
    if (!plans_.emplace(type, std::make_unique<Plan>()).second) continue;
    for (int i = 0; i < type->field_count(); ++i) {
      if (const Descriptor* inner = message_of(type->field(i)); inner != nullptr) open.push_back(inner);
    }
  }
  for (auto& [type, plan] : plans_) {
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      if (Behaves(field, google::api::OUTPUT_ONLY)) {
        plan->clear.push_back(field);
        continue;
      }
      if (Behaves(field, google::api::REQUIRED)) plan->required.push_back(field);
      // Maps are left to their methods: their values have no place that a form could show.
      if (const Descriptor* inner = message_of(field); inner != nullptr && !field->is_map()) {
        plan->nested.emplace_back(field, plans_.at(inner).get());
      }
    }
  }
  // Types below which nothing is ruled are not looked into.
  for (bool changed = true; changed;) {
    changed = false;
    for (auto& [type, plan] : plans_) {
      const auto idle = std::remove_if(plan->nested.begin(), plan->nested.end(), [&, self = plan.get()](const auto& n) {
        return n.second != self && n.second->clear.empty() && n.second->required.empty() && n.second->nested.empty();
      });
      changed = changed || idle != plan->nested.end();
      plan->nested.erase(idle, plan->nested.end());
    }
  }
  root_ = plans_.at(descriptor).get();
}

absl::Status RequestRules::Apply(Message& request) const {
  Faults faults;
  Check(*root_, request, "", faults);
  return faults.ToStatus();
}

void RequestRules::Check(const Plan& plan, Message& message, const std::string& path, Faults& faults) const {
  const auto* reflection = message.GetReflection();
  for (const FieldDescriptor* field : plan.clear) reflection->ClearField(&message, field);
  for (const FieldDescriptor* field : plan.required) {
    if (IsMissing(message, field)) faults.Add(path + field->name(), config::v1::REASON_REQUIRED);
  }
  for (const auto& [field, inner] : plan.nested) {
    if (!field->is_repeated()) {
      if (!reflection->HasField(message, field)) continue;
      Check(*inner, *reflection->MutableMessage(&message, field), path + field->name() + ".", faults);
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      Check(*inner, *reflection->MutableRepeatedMessage(&message, field, i),
            absl::StrCat(path, field->name(), "[", i, "]."), faults);
    }
  }
}

}  // namespace jinqi::rpc
