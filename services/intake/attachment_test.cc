// The rules of attachments (INT-16), in memory.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "common/crypto/sha256.h"
#include "common/objects/disk.h"
#include "common/testing/process.h"
#include "services/intake/attachment.h"
#include "services/intake/attachment_files.h"
#include "services/intake/draft.h"
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

// Two calls meet: what was read for a submission has changed since, or is over.
TEST_CASE("a draft is submitted as it was read, and once", "[INT-16]") {
  Book book;
  v1::DraftRecord draft;
  draft.set_owner("owner");
  draft.add_attachments("attachments/a");
  v1::AttachmentRecord file;
  file.mutable_attachment()->set_name("attachments/a");
  file.mutable_attachment()->set_state(v1::ATTACHMENT_STATE_UPLOADING);
  book.Put(AttachmentKey("a"), file.SerializeAsString());
  book.Put(DraftKey("d"), draft.SerializeAsString());
  SubmitDraftInput submit;
  submit.id = "d";
  submit.actor.caller.subject = "owner";
  submit.create.order_no = "TJ1";
  submit.create.input.demand.add_attachments("attachments/a");
  const auto run = [&] { return book.Run(DecideSubmitDraft(submit, &TestReference()), NamesOf(submit)); };
  submit.read_version = 2;
  CHECK(ReasonOf(run()) == REASON_VERSION_CONFLICT);
  submit.read_version = 1;
  CHECK(FieldsOf(run()) == std::map<std::string, std::string>{{"attachments[0]", "ATTACHMENT_DAMAGED"}});
  submit.actor.caller.subject = "another";
  CHECK(ReasonOf(run()) == REASON_NOT_FOUND);
  submit.actor.caller.subject = "owner";
  draft.set_over(true);
  book.Put(DraftKey("d"), draft.SerializeAsString());
  CHECK(ReasonOf(run()) == REASON_NOT_FOUND);
  // Its timer comes too late.
  REQUIRE_OK(book.Run([](const ledger::View& view) { return DecideExpireDraft(view, "d"); }, {{DraftKey("d")}}));
  CHECK(book.types.empty());
}

TEST_CASE("a chunk opens only as part of the file that was judged", "[INT-16]") {
  const testing::TempDir folder;
  const AttachmentFiles files(std::make_unique<objects::DiskStore>(folder.path()));
  const std::string key(32, 'k');
  const std::string bytes(2500, 'x');
  const std::string sha256 = crypto::Sha256Hex(bytes);
  v1::Attachment attachment;
  attachment.set_name("attachments/file");
  attachment.set_chunk_bytes(1024);
  attachment.set_chunk_count(3);
  attachment.set_sha256(sha256);
  REQUIRE_OK(files.Keep(attachment, key, sha256, bytes));
  CHECK(testing::Must(files.Chunk(attachment, key, 2)) == std::string(452, 'x'));
  CHECK(testing::Must(files.Whole(attachment, key)) == bytes);
  CHECK(absl::IsDataLoss(files.Chunk(attachment, std::string(32, 'l'), 0).status()));
  CHECK(absl::IsNotFound(files.Chunk(attachment, key, 3).status()));
  attachment.set_chunk_count(2);
  CHECK(absl::IsDataLoss(files.Whole(attachment, key).status()));
  attachment.set_sha256(crypto::Sha256Hex("another"));
  CHECK(absl::IsDataLoss(files.Chunk(attachment, key, 0).status()));
  // An upload and what is kept of it do not take each other's place.
  REQUIRE_OK(files.KeepUploaded(attachment, key, 0, "upload"));
  attachment.set_sha256(sha256);
  CHECK(testing::Must(files.Chunk(attachment, key, 0)) == std::string(1024, 'x'));
}

}  // namespace
}  // namespace jinqi::intake
