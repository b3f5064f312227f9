#include "common/queue/handler.h"

#include <catch2/catch.hpp>
#include <string>

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

}  // namespace
}  // namespace jinqi::queue
