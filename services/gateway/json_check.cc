#include "services/gateway/json_check.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "nlohmann/json.hpp"
#include "services/gateway/routes.h"

namespace jinqi::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using nlohmann::json;

// Beyond, the rest of the faults is not worth telling.
constexpr std::size_t kMaxFaults = 100;

// Types that have a JSON of their own; what is inside is theirs.
bool IsOpaque(const Descriptor* type) { return type->full_name().rfind("google.protobuf.", 0) == 0; }

// One open object or array.
struct Level {
  bool array = false;
  // The type of the object; nullptr: any keys (maps, opaque types, fields that are not known).
  const Descriptor* type = nullptr;
  // What elements are, or the values of a map.
  const FieldDescriptor* element = nullptr;
  std::string path;
  std::set<std::string> seen;
  std::int64_t index = -1;
  // Of an object: what the last key leads to.
  const FieldDescriptor* field = nullptr;
  std::string field_path;
};

class Handler final : public nlohmann::json_sax<json> {
 public:
  Handler(const Descriptor* type, int max_depth) : type_(type), max_depth_(max_depth) {}

  absl::Status status(bool complete) const {
    if (too_deep_) return Error(config::v1::REASON_JSON_TOO_DEEP, {{"limit", std::to_string(max_depth_)}});
    if (faulty_.size() < kMaxFaults && (!complete || !object_)) return Error(config::v1::REASON_JSON_INVALID);
    return faults_.ToStatus();
  }

  bool null() override { return Value(); }
  bool boolean(bool) override { return Value(); }
  bool number_integer(number_integer_t) override { return Value(); }
  bool number_unsigned(number_unsigned_t) override { return Value(); }
  bool number_float(number_float_t, const string_t&) override { return Value(); }
  bool binary(binary_t&) override { return false; }

  bool string(string_t& value) override {
    if (!Value()) return false;
    const FieldDescriptor* field = levels_.empty() ? nullptr : CurrentField();
    const bool number = field != nullptr && (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE ||
                                             field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT);
    const bool finite = !number || (value != "NaN" && value != "Infinity" && value != "-Infinity");
    if (finite && value.find('\0') == string_t::npos) return true;
    return Fault(CurrentPath(), config::v1::REASON_FORMAT);
  }

  bool start_object(std::size_t) override { return Open(false); }
  bool start_array(std::size_t) override { return Open(true); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    level.field = nullptr;
    level.field_path = Join(level.path, name);
    std::string spelling = name;
    if (level.type != nullptr) {
      const FieldPath found = name.find('.') == string_t::npos ? FindField(level.type, name) : FieldPath();
      if (found.empty()) return Fault(level.field_path, config::v1::REASON_UNKNOWN_FIELD);
      level.field = found.front();
      spelling = level.field->name();
      level.field_path = Join(level.path, spelling);
    }
    if (name.find('\0') != string_t::npos) return Fault(level.path, config::v1::REASON_FORMAT);
    if (level.seen.insert(spelling).second) return true;
    return Fault(level.field_path, config::v1::REASON_JSON_DUPLICATE_KEY);
  }

  bool parse_error(std::size_t, const std::string&, const json::exception&) override { return false; }

 private:
  static std::string Join(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }

  // A value stands here: counts the elements of arrays; only an object may be the whole.
  bool Value() {
    if (levels_.empty()) return false;
    if (levels_.back().array) ++levels_.back().index;
    return true;
  }

  const FieldDescriptor* CurrentField() const {
    const Level& level = levels_.back();
    return level.element != nullptr ? level.element : level.field;
  }

  std::string CurrentPath() const {
    const Level& level = levels_.back();
    return level.array ? absl::StrCat(level.path, "[", level.index, "]") : level.field_path;
  }

  bool Open(bool array) {
    if (static_cast<int>(levels_.size()) >= max_depth_) {
      too_deep_ = true;
      return false;
    }
    Level level;
    level.array = array;
    if (levels_.empty()) {
      if (array) return false;
      object_ = true;
      level.type = type_;
    } else {
      Value();
      level.path = CurrentPath();
      Describe(level);
    }
    levels_.push_back(std::move(level));
    return true;
  }

  // What the descriptors say about the object or array that opens as the value of the current field.
  void Describe(Level& level) const {
    const FieldDescriptor* field = CurrentField();
    if (field == nullptr) return;
    if (level.array) {
      level.element = field;
      return;
    }
    const bool inside_array = levels_.back().array;
    if (field->is_map() && !inside_array) {
      level.element = field->message_type()->map_value();
      return;
    }
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !IsOpaque(field->message_type())) {
      level.type = field->message_type();
    }
  }

  bool Close() {
    levels_.pop_back();
    return true;
  }

  // True: goes on, to find the others.
  bool Fault(const std::string& path, Reason reason) {
    if (faulty_.insert(path).second) faults_.Add(path, reason);
    return faulty_.size() < kMaxFaults;
  }

  const Descriptor* const type_;
  const int max_depth_;
  bool too_deep_ = false;
  bool object_ = false;
  std::vector<Level> levels_;
  std::set<std::string> faulty_;
  Faults faults_;
};

}  // namespace

absl::Status CheckJson(std::string_view text, const Descriptor* type, int max_depth) {
  if (!text::IsUtf8(text)) return Error(config::v1::REASON_JSON_NOT_UTF8);
  Handler handler(type, max_depth);
  const bool complete = json::sax_parse(text.begin(), text.end(), &handler);
  return handler.status(complete);
}

}  // namespace jinqi::gateway
