#include "common/queue/handler.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "common/testing/catch_status.h"
#include "common/trace/trace.h"

namespace jinqi::queue {
namespace {

TEST_CASE("a letter holds no U+0000, which no database keeps in a text", "[QUEUE]") {
  Envelope envelope;
  envelope.set_tenant(std::string("t\0", 2));
  envelope.set_source(std::string("\0s", 2));
  envelope.set_key(std::string("a\0b", 3));
  envelope.set_type(std::string("T\0", 2));
  const ledger::DeadLetter letter = LetterOf(envelope, std::string("by\0tes", 6));
  CHECK(letter.tenant == "t\u2400");
  CHECK(letter.source == "\u2400s");
  CHECK(letter.key == "a\u2400b");
  CHECK(letter.type == "T\u2400");
  CHECK(letter.envelope == std::string("by\0tes", 6));
}

// A message whose payload nobody may read afterwards, as far as it is transient.
Envelope Secret(bool transient) {
  Envelope envelope;
  envelope.set_type("DemandSubmitted");
  envelope.set_payload("13800000001");
  envelope.set_transient(transient);
  return envelope;
}

TEST_CASE("a letter is kept without personal values in clear", "[ledger-12]") {
  const auto vault = testing::Must(crypto::Vault::Make({.keys = {{"a", std::string(32, 'k')}}, .current = "a"}));
  const auto kept = [](const crypto::Vault* with, std::string bytes) {
    ledger::DeadLetter letter;
    letter.envelope = std::move(bytes);
    SealLetter(with, letter);
    return letter;
  };
  SECTION("a transient message is sealed, and opened again to be retried") {
    const ledger::DeadLetter letter = kept(&vault, Secret(true).SerializeAsString());
    CHECK(letter.sealed);
    CHECK(letter.envelope.find("138") == std::string::npos);
    CHECK(testing::Must(OpenLetter(&vault, letter)).payload() == "13800000001");
    CHECK(absl::IsFailedPrecondition(OpenLetter(nullptr, letter).status()));
    ledger::DeadLetter changed = letter;
    changed.envelope.back() ^= 1;
    CHECK(absl::IsDataLoss(OpenLetter(&vault, changed).status()));
  }
  SECTION("without a vault its payload is not kept") {
    const ledger::DeadLetter letter = kept(nullptr, Secret(true).SerializeAsString());
    CHECK_FALSE(letter.sealed);
    CHECK(letter.envelope.find("138") == std::string::npos);
    CHECK(testing::Must(OpenLetter(nullptr, letter)).type() == "DemandSubmitted");
  }
  SECTION("what is not transient holds none") {
    const std::string bytes = Secret(false).SerializeAsString();
    CHECK(kept(&vault, bytes).envelope == bytes);
    CHECK_FALSE(kept(&vault, bytes).sealed);
    CHECK(kept(nullptr, bytes).envelope == bytes);
  }
  SECTION("of what cannot be read nobody knows what it holds") {
    const std::string bytes = "\xff 13800000001";
    CHECK(kept(&vault, bytes).sealed);
    CHECK(kept(&vault, bytes).envelope.find("138") == std::string::npos);
    CHECK(kept(nullptr, bytes).envelope.empty());
    CHECK(absl::IsDataLoss(OpenLetter(nullptr, kept(nullptr, bytes)).status()));
    CHECK(absl::IsDataLoss(OpenLetter(&vault, kept(&vault, bytes)).status()));
  }
}

TEST_CASE("the command of a message continues its trace with a span of its own", "[QUEUE]") {
  const Handler handler = [](const Envelope&) -> absl::StatusOr<std::optional<ledger::Command>> {
    return ledger::Command();
  };
  Envelope envelope;
  CHECK(testing::Must(CommandOf(handler, envelope))->traceparent.empty());
  const trace::Context caused = trace::NewTrace();
  envelope.set_traceparent(trace::Format(caused));
  const auto continued = trace::Parse(testing::Must(CommandOf(handler, envelope))->traceparent);
  REQUIRE(continued.has_value());
  CHECK(continued->trace_id == caused.trace_id);
  CHECK(continued->span_id != caused.span_id);
  envelope.set_traceparent("nonsense");
  CHECK(testing::Must(CommandOf(handler, envelope))->traceparent.empty());
}

}  // namespace
}  // namespace jinqi::queue
