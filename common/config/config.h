// Configuration: a protobuf message in text format, one file per service.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/vault.h"
#include "google/protobuf/message.h"

namespace jinqi::config {

// Reads the file into `message`. INVALID_ARGUMENT with `file:line:column: …` for each unknown key, wrong type or syntax
// error.
absl::Status LoadInto(const std::string& path, google::protobuf::Message& message);

// As LoadInto, from a text; `name` stands for the file.
absl::Status ParseInto(std::string_view text, std::string_view name, google::protobuf::Message& message);

// Sets every optional field that is absent to the (default_value) of its declaration, also in nested configuration
// messages.
void ApplyDefaults(google::protobuf::Message& message);

// The file's message with its defaults.
template <typename Message>
absl::StatusOr<Message> Load(const std::string& path) {
  Message message;
  if (absl::Status status = LoadInto(path, message); !status.ok()) return status;
  ApplyDefaults(message);
  return message;
}

template <typename Message>
Message WithDefaults(Message message) {
  ApplyDefaults(message);
  return message;
}

// As it would stand in a file. Secrets are not in it, only the paths of their files.
std::string Print(const google::protobuf::Message& message);

// The whole file.
absl::StatusOr<std::string> ReadFile(const std::string& path);
// A secret: the first line. INVALID_ARGUMENT when it is empty.
absl::StatusOr<std::string> ReadSecret(const std::string& path);
// Lines of `<key id> <64 hexadecimal digits>`; the last is the current key.
absl::StatusOr<crypto::KeyRing> ReadKeyRing(const std::string& path);

// Writes a file in one step: a reader sees the old or the new content.
absl::Status WriteFileAtOnce(const std::string& path, std::string_view content);

}  // namespace jinqi::config
