// Whole messages in Catch2 tests: one look at everything that a decision wrote.
#pragma once

#include <stdexcept>
#include <string>

#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"

namespace jinqi::testing {

// What `message` says otherwise than `expected`, a line for each field; empty: the same in everything.
template <typename Message>
std::string Differences(const Message& message, const Message& expected) {
  std::string report;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&report);
  differencer.Compare(expected, message);
  return report;
}

// As above, with what is expected as JSON.
template <typename Message>
std::string Differences(const Message& message, const std::string& json) {
  Message expected;
  const auto parsed = google::protobuf::util::JsonStringToMessage(json, &expected);
  if (!parsed.ok()) throw std::runtime_error(parsed.ToString());
  return Differences(message, expected);
}

// As above, of a message that stands in `bytes`.
template <typename Message, typename Expected>
std::string DifferencesIn(const std::string& bytes, const Expected& expected) {
  Message message;
  if (!message.ParseFromString(bytes)) throw std::runtime_error("not of the type of the message");
  return Differences(message, expected);
}

}  // namespace jinqi::testing
