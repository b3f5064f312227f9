// Lists, retries and discards the messages that services set aside.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace jinqi::cli {

struct DeadLetterOptions {
  // The folder of the services' address files, and the key that they trust.
  std::string run_directory;
  std::string key_file;
  // list, retry or discard.
  std::string action;
  // The key whose letters are meant; discard drops its first one.
  std::string key;
  // Only this service; empty: all.
  std::string service;
};

absl::Status DeadLetters(const DeadLetterOptions& options);

}  // namespace jinqi::cli
