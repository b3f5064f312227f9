// The rules of attachments (INT-16), in memory.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "services/intake/attachment.h"
#include "services/intake/test_book.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)

TEST_CASE("a file has as many chunks as it needs", "[INT-16]") {
  CHECK(ChunkCount(1, 1024) == 1);
  CHECK(ChunkCount(1024, 1024) == 1);
  CHECK(ChunkCount(1025, 1024) == 2);
  CHECK(ChunkCount(50 << 20, 512 << 10) == 100);
}

TEST_CASE("what a file is decides why it is not taken", "[INT-16]") {
  struct Row {
    media::Inspection found;
    std::size_t bytes;
    Reason fault;
    std::int64_t limit;
  };
  AttachmentLimits limits;
  limits.max_bytes = 100;
  limits.max_video_bytes = 200;
  using media::Fault;
  using media::Type;
  for (const Row& row : std::vector<Row>{{{Type::kUnknown, Fault::kEmpty}, 0, REASON_ATTACHMENT_EMPTY, 0},
                                         {{Type::kUnknown, Fault::kType}, 1, REASON_ATTACHMENT_TYPE, 0},
                                         {{Type::kUnknown, Fault::kExecutable}, 1, REASON_ATTACHMENT_EXECUTABLE, 0},
                                         {{Type::kDocx, Fault::kBomb}, 500, REASON_ATTACHMENT_BOMB, 0},
                                         {{Type::kJpeg, Fault::kDamaged}, 500, REASON_ATTACHMENT_DAMAGED, 0},
                                         {{Type::kJpeg, Fault::kNone}, 100, REASON_UNSPECIFIED, 0},
                                         {{Type::kJpeg, Fault::kNone}, 101, REASON_ATTACHMENT_TOO_LARGE, 100},
                                         {{Type::kMp4, Fault::kNone}, 200, REASON_UNSPECIFIED, 0},
                                         {{Type::kMp4, Fault::kNone}, 201, REASON_ATTACHMENT_TOO_LARGE, 200}}) {
    std::int64_t limit = 0;
    INFO(Reason_Name(row.fault));
    CHECK(FaultOf(row.found, row.bytes, limits, limit) == row.fault);
    CHECK(limit == row.limit);
  }
}

TEST_CASE("only a file that is kept and checked is handed out, and in full sight", "[INT-16]") {
  struct Row {
    v1::AttachmentState state;
    Reason open;
    Reason redacted;
  };
  for (const Row& row :
       std::vector<Row>{{v1::ATTACHMENT_STATE_UPLOADING, REASON_NOT_FOUND, REASON_NOT_FOUND},
                        {v1::ATTACHMENT_STATE_CHECKING, REASON_ATTACHMENT_HELD, REASON_ATTACHMENT_HELD},
                        {v1::ATTACHMENT_STATE_READY, REASON_UNSPECIFIED, REASON_CONFIDENTIAL_CONTACT},
                        {v1::ATTACHMENT_STATE_REFUSED, REASON_NOT_FOUND, REASON_NOT_FOUND},
                        {v1::ATTACHMENT_STATE_INFECTED, REASON_ATTACHMENT_INFECTED, REASON_ATTACHMENT_INFECTED},
                        {v1::ATTACHMENT_STATE_REMOVED, REASON_NOT_FOUND, REASON_NOT_FOUND}}) {
    INFO(v1::AttachmentState_Name(row.state));
    v1::Attachment attachment;
    attachment.set_state(row.state);
    CHECK(ReasonOf(CheckDownload(attachment, false)) == row.open);
    CHECK(ReasonOf(CheckDownload(attachment, true)) == row.redacted);
  }
}

// The verdict comes late: what was removed or judged meanwhile stays as it is.
TEST_CASE("a verdict counts only for a file that waits for it", "[INT-16]") {
  for (const std::string signature : {"", "Eicar"}) {
    Book book;
    const auto run = [&book, &signature] {
      return book.Run([&](const ledger::View& view) { return DecideVerdict(view, "a", signature, 24); },
                      {{AttachmentKey("a")}});
    };
    v1::AttachmentRecord record;
    record.mutable_attachment()->set_state(v1::ATTACHMENT_STATE_CHECKING);
    book.Put(AttachmentKey("a"), record.SerializeAsString());
    REQUIRE_OK(run());
    const auto judged = book.Body<v1::AttachmentRecord>(AttachmentKey("a"));
    CHECK(judged.attachment().state() ==
          (signature.empty() ? v1::ATTACHMENT_STATE_READY : v1::ATTACHMENT_STATE_INFECTED));
    CHECK(judged.signature() == signature);
    REQUIRE_OK(run());
    CHECK(book.types.empty());
    record.mutable_attachment()->set_state(v1::ATTACHMENT_STATE_REMOVED);
    book.Put(AttachmentKey("a"), record.SerializeAsString());
    CHECK(ReasonOf(run()) == REASON_NOT_FOUND);
  }
}

}  // namespace
}  // namespace jinqi::intake
