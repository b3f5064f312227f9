// Files of demands through the API, on both databases (INT-16).
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/match.h"
#include "common/clamav/test_clamd.h"
#include "common/crypto/sha256.h"
#include "common/objects/test_s3.h"
#include "services/intake/kind_parts.h"
#include "services/intake/test_files_api.h"

namespace jinqi::intake {
namespace {

using namespace config::v1;  // NOLINT(google-build-using-namespace)
using Fields = std::map<std::string, std::string>;
using Types = std::vector<std::string>;

constexpr char kExecutable[] = "MZ\x90";

const identity::Caller kOtherBody = CallerWith(ROLE_UNDERTAKER, "officer-2", "", "", "SWJ");

bool Holds(const std::string& bytes, const std::string& what) { return bytes.find(what) != std::string::npos; }

// Dispatched to the body GXJ.
void Dispatch(FilesApi& api, const v1::Demand& demand) {
  REQUIRE_OK(api.Routing(demand.order_no(), 1, "OrderDispatched", events::v1::ORDER_STATE_DISPATCHED));
}

// An archive that says that it is small, and unpacks to a thousand times as much.
std::string Bomb() {
  std::vector<media::ZipEntry> entries = media::DocxEntries();
  entries.push_back({"word/media/a.xml", std::string(4 << 20, ' ')});
  return media::Zip(entries);
}

TEST_CASE("a picture reaches the undertaker without the place where it was taken", "[INT-16]") {
  FilesApi api(GENERATE(false, true));
  const std::string draft = api.Draft(kOwner);
  const std::string given = LargeJpeg();
  REQUIRE(Holds(given, "GPS"));
  const auto sent = api.Send(draft, "现场照片.jpg", given, kOwner);
  REQUIRE_OK(sent);
  CHECK(sent->state() == v1::ATTACHMENT_STATE_READY);
  const auto demand = api.SubmitDraft(draft, kOwner);
  REQUIRE_OK(demand);
  REQUIRE(demand->attachments_size() == 1);
  CHECK(demand->attachments(0) == sent->name());
  CHECK(demand->title() == Online().title());
  Dispatch(api, *demand);

  INFO("INT-16/accept");
  const auto listed = testing::Must(api.ListOf(demand->name(), kBody));
  REQUIRE(listed.attachments_size() == 1);
  const v1::Attachment& attachment = listed.attachments(0);
  CHECK(attachment.file_name() == "现场照片.jpg");
  CHECK(attachment.media_type() == "image/jpeg");
  CHECK(attachment.parent() == demand->name());
  CHECK(TimeText(attachment.create_time()) == "2026-02-17T03:12:00+08:00");
  CHECK_FALSE(attachment.has_expire_time());
  CHECK(attachment.chunk_count() == 4);
  const std::string fetched = testing::Must(api.Download(attachment, kBody));
  CHECK_FALSE(Holds(fetched, "GPS"));
  CHECK_FALSE(Holds(fetched, "39.0917"));
  CHECK(media::Inspect(fetched).type == media::Type::kJpeg);
  CHECK(static_cast<std::int64_t>(fetched.size()) == attachment.size_bytes());

  INFO("INT-16/accept/2 the hash of what is kept is in the histories of file and demand");
  CHECK(attachment.sha256() == crypto::Sha256Hex(fetched));
  const std::string id = attachment.name().substr(12);
  const auto history = testing::Must(api.ledger().reader().History("tianjin", AttachmentKey(id)));
  REQUIRE(history.size() == 3);
  CHECK(api.TypesOf(AttachmentKey(id)) == Types{"AttachmentBegun", "AttachmentKept", "AttachmentHandedOver"});
  v1::AttachmentRecord kept;
  REQUIRE(kept.ParseFromString(history[1].data));
  CHECK(kept.attachment().sha256() == attachment.sha256());
  for (const auto& row : history) CHECK_FALSE(Holds(row.data, "现场照片"));
  const auto rows = testing::Must(api.ledger().reader().History("tianjin", DemandKey(demand->order_no())));
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].type == "AttachmentAdded");
  CHECK(Holds(rows[1].data, attachment.name() + " " + attachment.sha256()));

  INFO("INT-16(5) stored under a random name, and sealed");
  api.Sweep();
  CHECK(api.Stored().size() == 4);
  for (const auto& path : api.Stored()) {
    CHECK(Holds(path.filename(), id));
    CHECK_FALSE(Holds(path, "现场照片"));
    CHECK_FALSE(Holds(testing::ReadFile(path), std::string(16, '\1')));
  }
  CHECK(testing::Must(api.Download(attachment, kBody)) == fetched);
  CHECK_FALSE(Holds(testing::Must(api.ledger().reader().Get("tianjin", AttachmentKey(id)))->body, "现场照片"));
  // The draft's person row went when it was submitted.
  api.CheckWhole(1);
}

TEST_CASE("the content decides of what type a file is", "[INT-16]") {
  struct Row {
    std::string given;
    std::string bytes;
    std::string media_type;
    std::string kept;
  };
  FilesApi api(GENERATE(false, true));
  const std::string draft = api.Draft(kOwner);
  for (const Row& row : std::vector<Row>{
           {"a.jpg", media::TestJpeg(), "image/jpeg", "a.jpg"},
           {"a.png", media::TestPng(), "image/png", "a.png"},
           {"a.pdf", media::TestPdf(), "application/pdf", "a.pdf"},
           {"a.docx", media::TestDocx(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "a.docx"},
           {"a.xlsx", media::TestXlsx(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "a.xlsx"},
           {"a.mp4", media::TestMp4(), "video/mp4", "a.mp4"},
           {"a.wav", media::TestWav(), "audio/wav", "a.wav"},
           {"a.amr", media::TestAmr(), "audio/amr", "a.amr"},
           {"a.exe", media::TestPng(), "image/png", "a.exe.png"}}) {
    INFO("INT-16(3) " << row.given);
    const auto sent = api.Send(draft, row.given, row.bytes, kOwner);
    REQUIRE_OK(sent);
    CHECK(sent->media_type() == row.media_type);
    CHECK(sent->file_name() == row.kept);
    CHECK(testing::Must(api.GetAttachment(sent->name(), kOwner)).file_name() == row.kept);
  }
  INFO("INT-16(1) nine files");
  const auto tenth = api.Begin(draft, "b.pdf", 10, kOwner);
  CHECK(FieldsOf(tenth.status()) == Fields{{"attachment.parent", "ATTACHMENT_TOO_MANY"}});
  CHECK(MetadataOf(tenth.status()).at("limit") == "9");
  const auto demand = testing::Must(api.SubmitDraft(draft, kOwner));
  CHECK(demand.attachments_size() == 9);
  CHECK(ReasonOf(api.Begin(demand.name(), "b.pdf", 10, kOwner).status()) == REASON_ATTACHMENT_TOO_MANY);
}

TEST_CASE("a file is as large as its type may be", "[INT-16]") {
  FilesApi defaults(false);
  INFO("INT-16(2) the limits of the requirement");
  CHECK(defaults.intake->attachments->limits.max_count == 9);
  CHECK(defaults.intake->attachments->limits.max_bytes == 20 << 20);
  CHECK(defaults.intake->attachments->limits.max_video_bytes == 50 << 20);

  const std::string film = media::TestMp4();
  FilesApi api(GENERATE(false, true), [&film](auto& config) {
    config.set_max_attachment_bytes(200);
    config.set_max_video_bytes(static_cast<int>(film.size()));
  });
  REQUIRE(film.size() > 201);
  const std::string draft = api.Draft(kOwner);
  CHECK_OK(api.Send(draft, "a.pdf", PdfOf(200), kOwner));
  CHECK_OK(api.Send(draft, "a.mp4", film, kOwner));
  const auto large = api.Send(draft, "a.pdf", PdfOf(201), kOwner);
  CHECK(FieldsOf(large.status()) == Fields{{"attachment", "ATTACHMENT_TOO_LARGE"}});
  CHECK(MetadataOf(large.status()).at("limit") == "200");
  const auto larger = api.Begin(draft, "a.mp4", static_cast<std::int64_t>(film.size()) + 1, kOwner);
  CHECK(FieldsOf(larger.status()) == Fields{{"attachment.size_bytes", "ATTACHMENT_TOO_LARGE"}});
  CHECK(MetadataOf(larger.status()).at("limit") == std::to_string(film.size()));
  const auto refused = api.SubmitDraft(draft, kOwner);
  CHECK(FieldsOf(refused.status()) == Fields{{"attachments[2]", "ATTACHMENT_TOO_LARGE"}});
  CHECK(MetadataOf(refused.status()).at("limit") == "200");
}

TEST_CASE("a file that cannot be taken has its code, and the rest stays as a draft", "[INT-16]") {
  FilesApi api(GENERATE(false, true));
  const std::string draft = api.Draft(kOwner);
  const auto good = testing::Must(api.Send(draft, "合同.pdf", media::TestPdf(), kOwner));
  INFO("INT-16/bad/1 x.jpg holding an executable");
  const std::string program = kExecutable + std::string(2000, 'x');
  const auto executable = api.Send(draft, "x.jpg", program, kOwner);
  CHECK(executable.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(FieldsOf(executable.status()) == Fields{{"attachment", "ATTACHMENT_EXECUTABLE"}});
  INFO("INT-16/bad/2 a zip bomb");
  CHECK(FieldsOf(api.Send(draft, "a.docx", Bomb(), kOwner).status()) == Fields{{"attachment", "ATTACHMENT_BOMB"}});
  INFO("INT-16/bad/3 a path in the name");
  for (const std::string name : {"../../a", "a/b.pdf", "..", "a\\b.pdf", ""}) {
    CHECK(FieldsOf(api.Begin(draft, name, 10, kOwner).status()) == Fields{{"attachment.file_name", "ATTACHMENT_NAME"}});
  }
  INFO("INT-16/bad/4 a 0-byte file");
  CHECK(FieldsOf(api.Begin(draft, "a.pdf", 0, kOwner).status()) ==
        Fields{{"attachment.size_bytes", "ATTACHMENT_EMPTY"}});
  CHECK(FieldsOf(api.Begin(draft, "../a", -1, kOwner).status()) ==
        Fields{{"attachment.file_name", "ATTACHMENT_NAME"}, {"attachment.size_bytes", "ATTACHMENT_EMPTY"}});
  INFO("INT-16(3) another type, and a broken file");
  CHECK(FieldsOf(api.Send(draft, "a.jpg", "nothing that is known", kOwner).status()) ==
        Fields{{"attachment", "ATTACHMENT_TYPE"}});
  CHECK(FieldsOf(api.Send(draft, "a.jpg", media::TestJpeg().substr(0, 40), kOwner).status()) ==
        Fields{{"attachment", "ATTACHMENT_DAMAGED"}});
  REQUIRE_OK(api.Begin(draft, "a.pdf", 10, kOwner));

  INFO("INT-16/bad/5 a code per file, the rest is kept as draft");
  CHECK(FieldsOf(api.SubmitDraft(draft, kOwner).status()) == Fields{{"attachments[1]", "ATTACHMENT_EXECUTABLE"},
                                                                    {"attachments[2]", "ATTACHMENT_BOMB"},
                                                                    {"attachments[3]", "ATTACHMENT_TYPE"},
                                                                    {"attachments[4]", "ATTACHMENT_DAMAGED"},
                                                                    {"attachments[5]", "ATTACHMENT_DAMAGED"}});
  const auto kept = testing::Must(api.GetDraft(draft, kOwner));
  CHECK(kept.demand().content() == Online().content());
  CHECK(kept.demand().contact_phone() == "13812345678");
  REQUIRE(kept.attachments_size() == 6);
  CHECK(kept.attachments(1).file_name() == "x.jpg");
  CHECK(kept.attachments(1).state() == v1::ATTACHMENT_STATE_REFUSED);
  CHECK(kept.attachments(1).refusal() == REASON_ATTACHMENT_EXECUTABLE);
  CHECK(TimeText(kept.attachments(1).expire_time()) == "2026-02-18T03:12:00+08:00");
  CHECK(ReasonOf(api.Chunk(kept.attachments(1).name(), 0, kOwner).status()) == REASON_NOT_FOUND);
  CHECK(testing::Must(api.List({}, kSeat)).demands().empty());
  for (int i = 1; i < 6; ++i) CHECK_OK(api.Delete(kept.attachments(i).name(), kOwner));
  CHECK(ReasonOf(api.Delete(kept.attachments(1).name(), kOwner).status()) == REASON_NOT_FOUND);
  const auto demand = api.SubmitDraft(draft, kOwner);
  REQUIRE_OK(demand);
  CHECK(demand->attachments_size() == 1);
  CHECK(demand->attachments(0) == good.name());
  // Of what was refused nothing is left.
  api.Sweep();
  CHECK(api.Stored().size() == 1);
  const ledger::Key refused = AttachmentKey(kept.attachments(1).name().substr(12));
  CHECK(api.TypesOf(refused) ==
        Types{"AttachmentBegun", "AttachmentRefused", "AttachmentDeleted", "PersonErased", "AttachmentBytesRemoved"});
}

TEST_CASE("nobody gets a file before its virus check", "[INT-16]") {
  clamav::TestClamd clamd;
  FilesApi api(GENERATE(false, true), [&clamd](auto& config) {
    config.set_clamd_address(clamd.address());
    config.set_clamd_timeout_milliseconds(10'000);
  });
  const auto demand = testing::Must(api.Create(Online(), kOwner));
  const std::string carrier = media::TestPdf();
  const std::string infected = carrier.substr(0, 9) + "%" + clamav::Eicar() + "\n" + carrier.substr(9);
  const auto bad = testing::Must(api.Send(demand.name(), "a.pdf", infected, kOwner));
  const auto good = testing::Must(api.Send(demand.name(), "b.pdf", PdfOf(3000), kOwner));
  INFO("INT-16(4) held back");
  for (const v1::Attachment& attachment : {bad, good}) {
    CHECK(attachment.state() == v1::ATTACHMENT_STATE_CHECKING);
    for (const identity::Caller& caller : {kOwner, kSeat, kDispatcher}) {
      CHECK(ReasonOf(api.Chunk(attachment.name(), 0, caller).status()) == REASON_ATTACHMENT_HELD);
    }
  }
  INFO("INT-16(4) held back as long as the daemon is away");
  clamd.Stop();
  api.Sweep();
  CHECK(ReasonOf(api.Chunk(good.name(), 0, kSeat).status()) == REASON_ATTACHMENT_HELD);
  clamd.Start();
  api.clock.Advance(clock::kMinute);
  api.Sweep();
  INFO("INT-16(4) what passed is there, what did not is gone");
  const auto passed = testing::Must(api.GetAttachment(good.name(), kSeat));
  CHECK(passed.state() == v1::ATTACHMENT_STATE_READY);
  CHECK(passed.has_check_time());
  CHECK(testing::Must(api.Download(passed, kSeat)) == PdfOf(3000));
  const auto found = testing::Must(api.GetAttachment(bad.name(), kSeat));
  CHECK(found.state() == v1::ATTACHMENT_STATE_INFECTED);
  CHECK(found.refusal() == REASON_ATTACHMENT_INFECTED);
  CHECK(found.has_check_time());
  CHECK(ReasonOf(api.Chunk(bad.name(), 0, kSeat).status()) == REASON_ATTACHMENT_INFECTED);
  CHECK(api.Stored().size() == 3);
  const std::string id = bad.name().substr(12);
  CHECK(api.TypesOf(AttachmentKey(id)) ==
        Types{"AttachmentBegun", "AttachmentKept", "TimerLapsed", "AttachmentInfected", "AttachmentBytesRemoved"});
  const auto record = testing::Must(api.ledger().reader().Get("tianjin", AttachmentKey(id)));
  CHECK(Parse<v1::AttachmentRecord>(record->body)->signature() == "Test.Eicar.UNOFFICIAL");
  INFO("INT-16(4) a draft with such a file is refused, one that waits for its check is taken");
  const std::string draft = api.Draft(kOwner, Online("第二件：厂区供水压力不足，请协调供水单位尽快处理。"));
  const auto again = testing::Must(api.Send(draft, "a.pdf", infected, kOwner));
  api.Sweep();
  CHECK(FieldsOf(api.SubmitDraft(draft, kOwner).status()) == Fields{{"attachments[0]", "ATTACHMENT_INFECTED"}});
  REQUIRE_OK(api.Delete(again.name(), kOwner));
  const auto waiting = testing::Must(api.Send(draft, "b.pdf", media::TestPdf(), kOwner));
  REQUIRE_OK(api.SubmitDraft(draft, kOwner));
  CHECK(ReasonOf(api.Chunk(waiting.name(), 0, kSeat).status()) == REASON_ATTACHMENT_HELD);
  api.Sweep();
  CHECK_OK(api.Chunk(waiting.name(), 0, kSeat));
}

TEST_CASE("who sees a demand sees its files, and who may supplement it adds some", "[INT-16][GWY-04]") {
  FilesApi api(GENERATE(false, true));
  const auto demand = testing::Must(api.Create(Online(), kOwner));
  Dispatch(api, demand);
  const auto sent = testing::Must(api.Send(demand.name(), "a.pdf", media::TestPdf(), kOwner));
  CHECK(testing::Must(api.Get(demand.order_no(), kBody)).attachments(0) == sent.name());
  for (const identity::Caller& caller : {kOwner, kColleague, kSeat, kDispatcher, kBody, kDistrictHub, kHubLeader}) {
    INFO(caller.subject);
    CHECK(testing::Must(api.GetAttachment(sent.name(), caller)).file_name() == "a.pdf");
    CHECK(testing::Must(api.ListOf(demand.name(), caller)).attachments_size() == 1);
    CHECK(testing::Must(api.Download(sent, caller)) == media::TestPdf());
  }
  for (const identity::Caller& caller : {kStranger, kOtherBody, kNobody}) {
    INFO(caller.subject);
    CHECK(ReasonOf(api.GetAttachment(sent.name(), caller).status()) == REASON_NOT_FOUND);
    CHECK(ReasonOf(api.ListOf(demand.name(), caller).status()) == REASON_NOT_FOUND);
    CHECK(ReasonOf(api.Download(sent, caller).status()) == REASON_NOT_FOUND);
  }
  for (const std::string name : {"attachments/none", "attachments/", "demands/x", ""}) {
    CHECK(ReasonOf(api.GetAttachment(name, kSeat).status()) != REASON_UNSPECIFIED);
  }
  CHECK(ReasonOf(api.Begin(demand.name(), "b.pdf", 9, kStranger).status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Begin(demand.name(), "b.pdf", 9, kNobody).status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Begin(demand.name(), "b.pdf", 9, kColleague).status()) == REASON_SUPPLEMENT_NOT_YOURS);
  CHECK(ReasonOf(api.Begin(demand.name(), "b.pdf", 9, kBody).status()) == REASON_PERMISSION_DENIED);
  CHECK_OK(api.Send(demand.name(), "b.pdf", media::TestPdf(), kSeat));
  // Nothing that was added is taken back (INT-20), but for what never was a file.
  CHECK(ReasonOf(api.Delete(sent.name(), kOwner).status()) == REASON_PERMISSION_DENIED);
  CHECK(ReasonOf(api.Delete(sent.name(), kStranger).status()) == REASON_NOT_FOUND);
  const auto begun = testing::Must(api.Begin(demand.name(), "c.pdf", 9, kOwner));
  CHECK_OK(api.Delete(begun.name(), kOwner));
  CHECK(testing::Must(api.ListOf(demand.name(), kOwner)).attachments_size() == 2);
  REQUIRE_OK(api.Routing(demand.order_no(), 2, "OrderFedBack", events::v1::ORDER_STATE_FED_BACK));
  CHECK(ReasonOf(api.Begin(demand.name(), "d.pdf", 9, kOwner).status()) == REASON_DEMAND_ENDED);

  INFO("INT-15 nobody can redact a file");
  v1::Demand report = Online("有人长期在厂区外违规收费，请保密处理并尽快核实。");
  report.set_demand_type(events::v1::DEMAND_TYPE_REPORT);
  const auto secret = testing::Must(api.Create(report, kOwner));
  REQUIRE(secret.confidential());
  Dispatch(api, secret);
  const auto proof = testing::Must(api.Send(secret.name(), "王小明的证据.pdf", media::TestPdf(), kOwner));
  CHECK(testing::Must(api.GetAttachment(proof.name(), kBody)).file_name().empty());
  CHECK(testing::Must(api.ListOf(secret.name(), kBody)).attachments(0).file_name().empty());
  CHECK(ReasonOf(api.Download(proof, kBody).status()) == REASON_CONFIDENTIAL_CONTACT);
  CHECK(ReasonOf(api.GetAttachment(proof.name(), kColleague).status()) == REASON_NOT_FOUND);
  CHECK_OK(api.Download(proof, kDispatcher));
}

TEST_CASE("a draft belongs to who made it", "[INT-16]") {
  FilesApi api(GENERATE(false, true));
  const std::string draft = api.Draft(kOwner);
  const auto sent = testing::Must(api.Send(draft, "a.pdf", media::TestPdf(), kOwner));
  for (const identity::Caller& caller : {kColleague, kStranger, kSeat, kNobody}) {
    INFO(caller.subject);
    CHECK(ReasonOf(api.GetDraft(draft, caller).status()) == REASON_NOT_FOUND);
    CHECK(ReasonOf(api.SubmitDraft(draft, caller).status()) == REASON_NOT_FOUND);
    CHECK(ReasonOf(api.Begin(draft, "b.pdf", 9, caller).status()) == REASON_NOT_FOUND);
    CHECK(ReasonOf(api.GetAttachment(sent.name(), caller).status()) == REASON_NOT_FOUND);
    CHECK(ReasonOf(api.Download(sent, caller).status()) == REASON_NOT_FOUND);
    CHECK(ReasonOf(api.Delete(sent.name(), caller).status()) == REASON_NOT_FOUND);
  }
  v1::CreateDraftRequest large;
  large.mutable_draft()->mutable_demand()->set_content(std::string(65 << 10, 'a'));
  large.set_request_id(api.NewKey());
  CHECK(FieldsOf(api.Ask<v1::Draft>("CreateDraft", large, kOwner).status()) == Fields{{"draft.demand", "TOO_LONG"}});
  // What the demand lacks is told when it is submitted, and can be given then.
  v1::Demand short_of = Online();
  short_of.clear_title();
  const std::string unfinished = api.Draft(kOwner, short_of);
  CHECK(FieldsOf(api.SubmitDraft(unfinished, kOwner).status()) == Fields{{"demand.title", "REQUIRED"}});
  v1::SubmitDraftRequest complete;
  complete.set_name(unfinished);
  *complete.mutable_demand() = Online();
  complete.set_request_id("complete");
  const auto demand = api.Ask<v1::Demand>("SubmitDraft", complete, kOwner);
  REQUIRE_OK(demand);
  INFO("INT-17 the same request again has the same answer, another one finds no draft");
  CHECK(testing::Must(api.Ask<v1::Demand>("SubmitDraft", complete, kOwner)).order_no() == demand->order_no());
  CHECK(ReasonOf(api.SubmitDraft(unfinished, kOwner).status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.GetDraft(unfinished, kOwner).status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Begin(unfinished, "b.pdf", 9, kOwner).status()) == REASON_NOT_FOUND);
  INFO("INT-15 without login, by the draft's name alone");
  v1::Demand anonymous = Online("夜间有车辆在园区路口超载运输，请有关部门查处。");
  anonymous.set_channel(events::v1::CHANNEL_WECHAT_12345);
  const std::string open = api.Draft(kNobody, anonymous);
  const auto photo = testing::Must(api.Send(open, "a.jpg", media::TestJpeg(), kNobody));
  CHECK(ReasonOf(api.GetDraft(open, kStranger).status()) == REASON_NOT_FOUND);
  CHECK(testing::Must(api.GetDraft(open, kNobody)).attachments_size() == 1);
  REQUIRE_OK(api.SubmitDraft(open, kNobody));
  CHECK(ReasonOf(api.Download(photo, kNobody).status()) == REASON_NOT_FOUND);
  CHECK_OK(api.Download(photo, kSeat));
  // Only a seat holds a demand for an answer.
  v1::Demand question = ValidDemand();
  question.set_content("企业来电咨询新设备进口需要办理哪些环保手续。");
  const std::string held = api.Draft(kSeat, question);
  CHECK(ReasonOf(api.SubmitDraft(api.Draft(kOwner), kOwner, "", true).status()) == REASON_PERMISSION_DENIED);
  CHECK(testing::Must(api.SubmitDraft(held, kSeat, "", true)).state() == events::v1::ORDER_STATE_REGISTERED);
}

TEST_CASE("an upload goes on where it was cut off", "[INT-16]") {
  FilesApi api(GENERATE(false, true));
  const std::string draft = api.Draft(kOwner);
  const std::string bytes = PdfOf(2500);
  const auto begun = testing::Must(api.Begin(draft, "a.pdf", 2500, kOwner));
  CHECK(begun.state() == v1::ATTACHMENT_STATE_UPLOADING);
  CHECK(begun.chunk_bytes() == kChunk);
  CHECK(begun.chunk_count() == 3);
  CHECK(TimeText(begun.expire_time()) == "2026-02-18T03:12:00+08:00");
  const std::string& name = begun.name();
  const auto chunk = [&bytes](int number) { return bytes.substr(static_cast<std::size_t>(number) * kChunk, kChunk); };
  REQUIRE_OK(api.Upload(name, 2, chunk(2), kOwner));
  REQUIRE_OK(api.Upload(name, 0, std::string(kChunk, 'x'), kOwner));
  CHECK(FieldsOf(api.Finish(name, kOwner).status()) == Fields{{"name", "ATTACHMENT_DAMAGED"}});
  CHECK(testing::Must(api.GetAttachment(name, kOwner)).state() == v1::ATTACHMENT_STATE_UPLOADING);
  for (const int number : {-1, 3}) {
    CHECK(FieldsOf(api.Upload(name, number, chunk(0), kOwner)) == Fields{{"number", "OUT_OF_RANGE"}});
  }
  CHECK(FieldsOf(api.Upload(name, 1, chunk(2), kOwner)) == Fields{{"data", "ATTACHMENT_DAMAGED"}});
  CHECK(FieldsOf(api.Upload(name, 2, chunk(1), kOwner)) == Fields{{"data", "ATTACHMENT_DAMAGED"}});
  for (const identity::Caller& caller : {kStranger, kSeat, kNobody}) {
    CHECK(ReasonOf(api.Upload(name, 1, chunk(1), caller)) == REASON_NOT_FOUND);
    CHECK(ReasonOf(api.Finish(name, caller).status()) == REASON_NOT_FOUND);
  }
  // A chunk takes the place of an earlier one.
  REQUIRE_OK(api.Upload(name, 0, chunk(0), kOwner));
  REQUIRE_OK(api.Upload(name, 1, chunk(1), kOwner));
  {
    std::vector<Places::Taken> taken;
    for (int i = 0; i < 4; ++i) taken.push_back(testing::Must(api.intake->attachments->judging.Take()));
    CHECK(ReasonOf(api.Finish(name, kOwner, "finish").status()) == REASON_OVERLOADED);
    CHECK(ReasonOf(api.intake->attachments->judging.Take().status()) == REASON_OVERLOADED);
  }
  const auto finished = api.Finish(name, kOwner, "finish");
  REQUIRE_OK(finished);
  CHECK(testing::Must(api.Download(*finished, kOwner)) == bytes);
  CHECK(FieldsOf(api.Upload(name, 0, chunk(0), kOwner)) == Fields{{"name", "ALREADY_EXISTS"}});
  api.Sweep();
  INFO("INT-17 finished again, under the same request and under another");
  CHECK(testing::Must(api.Finish(name, kOwner, "finish")).sha256() == finished->sha256());
  CHECK(testing::Must(api.Finish(name, kOwner)).sha256() == finished->sha256());
  for (const int number : {-1, 3}) {
    CHECK(FieldsOf(api.Chunk(name, number, kOwner).status()) == Fields{{"number", "OUT_OF_RANGE"}});
  }
  const auto refused = testing::Must(api.Begin(draft, "b.pdf", 4, kOwner));
  REQUIRE_OK(api.Upload(refused.name(), 0, "text", kOwner));
  for (const std::string key : {"no", "no", "again"}) {
    CHECK(ReasonOf(api.Finish(refused.name(), kOwner, key).status()) == REASON_ATTACHMENT_TYPE);
  }
}

TEST_CASE("what is not finished or not submitted leaves nothing behind", "[INT-16]") {
  FilesApi api(GENERATE(false, true));
  const auto demand = testing::Must(api.Create(Online(), kOwner));
  const std::string draft = api.Draft(kOwner);
  const auto cut_off = testing::Must(api.Begin(demand.name(), "a.pdf", 2500, kOwner));
  REQUIRE_OK(api.Upload(cut_off.name(), 1, std::string(kChunk, 'x'), kOwner));
  const auto refused = testing::Must(api.Begin(demand.name(), "b.pdf", 4, kOwner));
  REQUIRE_OK(api.Upload(refused.name(), 0, "text", kOwner));
  REQUIRE_FALSE(api.Finish(refused.name(), kOwner).ok());
  const auto kept = testing::Must(api.Send(draft, "c.pdf", media::TestPdf(), kOwner));
  CHECK(api.Stored().size() == 4);
  api.Sweep();
  CHECK(api.Stored().size() == 2);
  INFO("INT-16(6) one second before the time nothing goes, at the time it does");
  api.clock.Advance(clock::kDay - clock::kSecond);
  api.Sweep();
  CHECK(testing::Must(api.ListOf(demand.name(), kOwner)).attachments_size() == 2);
  api.clock.Advance(clock::kSecond);
  api.Sweep();
  CHECK(testing::Must(api.ListOf(demand.name(), kOwner)).attachments_size() == 0);
  CHECK(testing::Must(api.Get(demand.order_no(), kOwner)).attachments_size() == 0);
  CHECK(ReasonOf(api.GetAttachment(cut_off.name(), kOwner).status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Upload(cut_off.name(), 0, std::string(kChunk, 'x'), kOwner)) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Finish(cut_off.name(), kOwner).status()) == REASON_NOT_FOUND);
  CHECK(api.Stored().size() == 1);
  CHECK(api.TypesOf(AttachmentKey(cut_off.name().substr(12))) ==
        Types{"AttachmentBegun", "AttachmentExpired", "PersonErased", "AttachmentBytesRemoved"});
  INFO("INT-16(6) a draft goes with its files");
  CHECK_OK(api.Download(kept, kOwner));
  api.clock.Advance(6 * clock::kDay - clock::kSecond);
  api.Sweep();
  CHECK_OK(api.GetDraft(draft, kOwner));
  api.clock.Advance(clock::kSecond);
  api.Sweep();
  CHECK(ReasonOf(api.GetDraft(draft, kOwner).status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Download(kept, kOwner).status()) == REASON_NOT_FOUND);
  CHECK(api.Stored().empty());
  for (const std::string& id : {draft.substr(7), kept.name().substr(12), cut_off.name().substr(12)}) {
    CHECK_FALSE(testing::Must(api.ledger().reader().FindPerson("tianjin", id)).has_value());
  }
  api.CheckWhole(4);
}

TEST_CASE("what is erased is gone at once, and its bytes soon after", "[INT-16][INT-08]") {
  FilesApi api(GENERATE(false, true));
  const auto held = testing::Must(api.Create(ValidDemand(), kSeat, true));
  const auto secret = testing::Must(api.Send(held.name(), "绝密.pdf", PdfOf(3000), kSeat));
  api.Sweep();
  // As a copy of the store and a look before the erasure would have it.
  const auto stored = testing::Must(api.ledger().reader().Get("tianjin", AttachmentKey(secret.name().substr(12))));
  CHECK(api.Stored().size() == 3);
  const auto refused = api.Handle<v1::RefuseDemandRequest>("RefuseDemand", held.order_no(), kSeat, [](auto& request) {
    request.set_reason(v1::REFUSAL_REASON_SECRET);
    request.set_told_text("内容涉密，请勿在电话和网络中透露，请通过保密渠道反映。");
  });
  REQUIRE_OK(refused);
  CHECK(refused->attachments_size() == 0);
  CHECK(ReasonOf(api.GetAttachment(secret.name(), kSeat).status()) == REASON_NOT_FOUND);
  CHECK(ReasonOf(api.Download(secret, kSeat).status()) == REASON_NOT_FOUND);
  CHECK(testing::Must(api.ListOf(held.name(), kSeat)).attachments_size() == 0);
  // Name and key are gone with the commit: no copy of the bytes can be read.
  const auto record = testing::Must(Parse<v1::AttachmentRecord>(stored->body));
  CHECK(testing::Must(AttachmentValues(*api.intake, "tianjin", record)).key().empty());
  CHECK_FALSE(api.intake->attachments->files.Whole(record.attachment(), "").ok());
  api.Sweep();
  CHECK(api.Stored().empty());
  CHECK(api.TypesOf(stored->key) == Types{"AttachmentBegun", "AttachmentKept", "TimerLapsed", "AttachmentErased",
                                          "PersonErased", "AttachmentBytesRemoved"});
  // The demand and its file.
  api.CheckWhole(2);
}

TEST_CASE("bytes that are not those of the file are not handed out", "[INT-16]") {
  FilesApi api(GENERATE(false, true));
  const auto demand = testing::Must(api.Create(Online(), kOwner));
  const auto sent = testing::Must(api.Send(demand.name(), "a.pdf", PdfOf(3000), kOwner));
  api.Sweep();
  const auto files = api.Stored();
  REQUIRE(files.size() == 3);
  const auto of = [&files](const std::string& end) {
    return *std::find_if(files.begin(), files.end(), [&end](const auto& path) { return path.string().ends_with(end); });
  };
  testing::WriteFile(of(".k1"), testing::ReadFile(of(".k0")));
  CHECK_OK(api.Chunk(sent.name(), 0, kOwner));
  CHECK(api.Chunk(sent.name(), 1, kOwner).status().code() == absl::StatusCode::kInternal);
  std::filesystem::remove(of(".k2"));
  CHECK_FALSE(api.Chunk(sent.name(), 2, kOwner).ok());
}

TEST_CASE("files lie in a bucket where the city has one", "[INT-16]") {
  objects::TestS3 server;
  const testing::TempDir folder;
  testing::WriteFile(folder.File("key"), std::string(objects::TestS3::kKeyId) + "\n" + objects::TestS3::kSecret + "\n");
  config::v1::S3Config bucket;
  bucket.set_endpoint(server.endpoint());
  bucket.set_bucket("jinqi");
  bucket.set_access_key_file(folder.File("key"));
  FilesApi api(GENERATE(false, true), [&bucket](auto& config) {
    *config.mutable_attachment_bucket() = bucket;
    config::ApplyDefaults(config);
  });
  const std::string draft = api.Draft(kOwner);
  const auto sent = testing::Must(api.Send(draft, "a.pdf", PdfOf(3000), kOwner));
  api.Sweep();
  CHECK(server.objects().size() == 3);
  CHECK(server.refused() == 0);
  CHECK(testing::Must(api.Download(sent, kOwner)) == PdfOf(3000));
  CHECK(api.Stored().empty());
  REQUIRE_OK(api.Delete(sent.name(), kOwner));
  api.Sweep();
  CHECK(server.objects().empty());
  // A store that refuses is away for now.
  testing::WriteFile(folder.File("key"), "another\nkey\n");
  config::v1::IntakeConfig config = api.intake->config;
  api.intake->attachments = testing::Must(Attachments::Make(config));
  const auto begun = testing::Must(api.Begin(draft, "b.pdf", 4, kOwner));
  CHECK(ReasonOf(api.Upload(begun.name(), 0, "text", kOwner)) == REASON_UNAVAILABLE);
  CHECK(ReasonOf(api.Finish(begun.name(), kOwner).status()) == REASON_UNAVAILABLE);
  // Named by halves, it keeps intake from starting.
  testing::WriteFile(folder.File("key"), "one line\n");
  CHECK(absl::IsInvalidArgument(Attachments::Make(config).status()));
  for (const auto clear : {&S3Config::clear_endpoint, &S3Config::clear_bucket, &S3Config::clear_access_key_file}) {
    config::v1::IntakeConfig half = api.intake->config;
    (half.mutable_attachment_bucket()->*clear)();
    CHECK(absl::IsInvalidArgument(Attachments::Make(half).status()));
  }
}

}  // namespace
}  // namespace jinqi::intake
