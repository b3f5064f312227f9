#include "common/config/config.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/text_format.h"
#include "jinqi/config/v1/default.pb.h"

namespace jinqi::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::TextFormat;

constexpr std::size_t kKeyBytes = 32;

class Errors final : public google::protobuf::io::ErrorCollector {
 public:
  explicit Errors(std::string_view name) : name_(name) {}

  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    lines_.push_back(absl::StrCat(name_, ":", line + 1, ":", column + 1, ": ", message));
  }
  void AddWarning(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    AddError(line, column, message);
  }

  const std::vector<std::string>& lines() const { return lines_; }

 private:
  const std::string name_;
  std::vector<std::string> lines_;
};

void SetDefault(Message& message, const FieldDescriptor* field) {
  const std::string& value = field->options().GetExtension(config::v1::default_value);
  if (value.empty() || field->is_repeated() || message.GetReflection()->HasField(message, field)) return;
  const bool quoted = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  TextFormat::ParseFieldValueFromString(quoted ? "\"" + absl::CEscape(value) + "\"" : value, field, &message);
}

// Messages of other packages (durations and the like) are values, not groups of settings.
bool IsSettings(const FieldDescriptor* field) {
  return field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_map() &&
         field->message_type()->full_name().rfind("jinqi.config.", 0) == 0;
}

absl::Status FileError(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": ", strerror(errno)));
}

}  // namespace

absl::Status ParseInto(std::string_view text, std::string_view name, Message& message) {
  Errors errors(name);
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  google::protobuf::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
  if (parser.Parse(&input, &message) && errors.lines().empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(errors.lines(), "\n"));
}

absl::Status LoadInto(const std::string& path, Message& message) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseInto(text, path, message);
}

void ApplyDefaults(Message& message) {
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    SetDefault(message, field);
    if (!IsSettings(field)) continue;
    if (!field->is_repeated()) {
      ApplyDefaults(*reflection->MutableMessage(&message, field));
      continue;
    }
    for (int n = 0; n < reflection->FieldSize(message, field); ++n) {
      ApplyDefaults(*reflection->MutableRepeatedMessage(&message, field, n));
    }
  }
}

std::string Print(const Message& message) {
  TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  printer.PrintToString(message, &text);
  return text;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file) return FileError(path);
  content << file.rdbuf();
  if (file.bad() || (content.fail() && file.peek() != std::ifstream::traits_type::eof())) return FileError(path);
  return content.str();
}

absl::StatusOr<std::string> ReadSecret(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  std::string line = text.substr(0, text.find_first_of("\r\n"));
  if (line.empty()) return absl::InvalidArgumentError(path + ": the first line is empty");
  return line;
}

absl::StatusOr<crypto::KeyRing> ReadKeyRing(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  crypto::KeyRing ring;
  int number = 0;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
    ++number;
    if (line.empty()) continue;
    // Never the line itself: it holds a key.
    const auto wrong = [&] {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", number, ": not `<key id> <64 hexadecimal digits>`"));
    };
    const std::vector<std::string> parts = absl::StrSplit(line, ' ');
    if (parts.size() != 2 || parts[0].empty() || parts[1].size() != 2 * kKeyBytes) return wrong();
    if (parts[1].find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) return wrong();
    if (!ring.keys.emplace(parts[0], absl::HexStringToBytes(parts[1])).second) return wrong();
    ring.current = parts[0];
  }
  if (ring.keys.empty()) return absl::InvalidArgumentError(path + ": no key");
  return ring;
}

absl::Status WriteFileAtOnce(const std::string& path, std::string_view content) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return FileError(temporary);
  const bool written = write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  const bool closed = close(fd) == 0;
  if (!written || !closed || rename(temporary.c_str(), path.c_str()) != 0) {
    absl::Status error = FileError(path);
    unlink(temporary.c_str());
    return error;
  }
  return absl::OkStatus();
}

}  // namespace jinqi::config
