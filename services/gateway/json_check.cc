#include "services/gateway/json_check.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/json_util.h"
#include "jinqi/events/v1/order.pb.h"
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

// A value as it stands in the text.
struct Given {
  enum class Kind { kBool, kNumber, kText, kObject };
  Kind kind = Kind::kObject;
  double number = 0;
  std::string text;
};

template <typename Number>
bool Fits(const Given& given) {
  double number = given.number;
  if (given.kind == Given::Kind::kText && !absl::SimpleAtod(given.text, &number)) return false;
  if (given.kind != Given::Kind::kText && given.kind != Given::Kind::kNumber) return false;
  if (!std::isfinite(number)) return false;
  if (std::is_floating_point_v<Number>) return true;
  return std::trunc(number) == number && number >= static_cast<double>(std::numeric_limits<Number>::min()) &&
         number <= static_cast<double>(std::numeric_limits<Number>::max());
}

// Whether a type with a JSON of its own may take the value: instants, durations and masks are texts of one form; what
// others are is for the parser.
bool FitsOpaque(const Descriptor* type, const Given& given) {
  const std::string& name = type->full_name();
  if (name != "google.protobuf.Timestamp" && name != "google.protobuf.Duration" &&
      name != "google.protobuf.FieldMask") {
    return true;
  }
  if (given.kind != Given::Kind::kText) return false;
  const std::unique_ptr<google::protobuf::Message> value(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  return google::protobuf::util::JsonStringToMessage(json(given.text).dump(), value.get()).ok();
}

// What is wrong with one value of the field; nothing where it can be one.
std::optional<Reason> WrongValue(const FieldDescriptor& field, const Given& given) {
  using Kind = Given::Kind;
  bool fits = true;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: fits = given.kind == Kind::kText; break;
    case FieldDescriptor::CPPTYPE_BOOL:
      fits =
          given.kind == Kind::kBool || (given.kind == Kind::kText && (given.text == "true" || given.text == "false"));
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      if (given.kind == Kind::kText && field.enum_type()->FindValueByName(given.text) == nullptr) {
        return ReasonOfName(field.enum_type());
      }
      fits = given.kind == Kind::kText || Fits<std::int32_t>(given);
      break;
    case FieldDescriptor::CPPTYPE_INT32: fits = Fits<std::int32_t>(given); break;
    case FieldDescriptor::CPPTYPE_INT64: fits = Fits<std::int64_t>(given); break;
    case FieldDescriptor::CPPTYPE_UINT32: fits = Fits<std::uint32_t>(given); break;
    case FieldDescriptor::CPPTYPE_UINT64: fits = Fits<std::uint64_t>(given); break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: fits = Fits<double>(given); break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      fits = IsOpaque(field.message_type()) ? FitsOpaque(field.message_type(), given) : given.kind == Kind::kObject;
      break;
  }
  return fits ? std::nullopt : std::optional<Reason>(config::v1::REASON_FORMAT);
}

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
  bool boolean(bool) override { return Scalar({Given::Kind::kBool, 0, {}}); }
  bool number_integer(number_integer_t value) override { return Number(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return Number(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return Number(value); }
  bool binary(binary_t&) override { return false; }

  bool string(string_t& value) override {
    if (!Scalar({Given::Kind::kText, 0, value})) return false;
    return value.find('\0') == string_t::npos || Fault(CurrentPath(), config::v1::REASON_FORMAT);
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

  bool Number(double value) { return Scalar({Given::Kind::kNumber, value, {}}); }

  bool Scalar(const Given& given) {
    if (!Value()) return false;
    const FieldDescriptor* field = CurrentField();
    if (field == nullptr) return true;
    const bool map = field->is_map() && !levels_.back().array;
    const std::optional<Reason> wrong =
        map ? std::optional<Reason>(config::v1::REASON_FORMAT) : WrongValue(*field, given);
    return !wrong.has_value() || Fault(CurrentPath(), *wrong);
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
      if (MayOpen(array)) {
        Describe(level);
      } else if (!Fault(level.path, config::v1::REASON_FORMAT)) {
        return false;
      }
    }
    levels_.push_back(std::move(level));
    return true;
  }

  // Whether the current field can be such an object or array; what is inside another kind of value is nobody's.
  bool MayOpen(bool array) const {
    const FieldDescriptor* field = CurrentField();
    if (field == nullptr) return true;
    if (field->is_map() && !levels_.back().array) return !array;
    const bool opaque = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && IsOpaque(field->message_type());
    // A list of lists is none, but a free-form value may be one.
    if (array) return (field->is_repeated() && !levels_.back().array) || opaque;
    return !WrongValue(*field, {}).has_value();
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

Reason ReasonOfName(const google::protobuf::EnumDescriptor* type) {
  return type == events::v1::Channel_descriptor() ? config::v1::REASON_CHANNEL_UNKNOWN
                                                  : config::v1::REASON_UNKNOWN_VALUE;
}

absl::Status CheckJson(std::string_view text, const Descriptor* type, int max_depth) {
  if (!text::IsUtf8(text)) return Error(config::v1::REASON_JSON_NOT_UTF8);
  Handler handler(type, max_depth);
  const bool complete = json::sax_parse(text.begin(), text.end(), &handler);
  return handler.status(complete);
}

}  // namespace jinqi::gateway
