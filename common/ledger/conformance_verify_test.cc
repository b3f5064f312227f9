// Points 8, 11 and 12 of the contract: what verify finds, and what a start refuses.
#include <functional>
#include <map>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "common/crypto/sm3.h"
#include "common/ledger/conformance.h"
#include "common/testing/catch_status.h"
#include "common/testing/servers.h"

namespace jinqi::ledger::conformance {
namespace {

using testing::Must;

absl::StatusOr<std::string> AsItStands(const std::string& sealed) { return sealed; }

// Sets the personal values of the item `p`.
Command PutPerson(const std::string& value) {
  return MakeCommand("", {{ItemKey("p")}}, [value](const View&) -> absl::StatusOr<Outcome> {
    Item item;
    item.digest = crypto::Hex(crypto::Sm3(value));
    Outcome outcome = Outcomes({SetItem(ItemKey("p"), item)});
    outcome.persons = {{"p", value, {"blind"}}};
    return outcome;
  });
}

// Three records with a few events each, one with personal values, in several blocks.
void Fill(Bench& bench) {
  for (int i = 0; i < 9; ++i) bench.Run(AddTo(absl::StrCat("r", i % 3), 1, absl::StrCat("id", i)));
  bench.Run(PutPerson("number"));
}

TEST_CASE("an untouched database verifies, and its heads are those of its writers", "[ledger-11]") {
  const Backend backend = GENERATE(Backend::kSqlite, Backend::kPostgres);
  const TestDatabase database(backend);
  {
    Bench bench(database, "w1");
    Fill(bench);
  }
  {
    Bench bench(database, "w2");
    bench.Run(AddTo("r0", 1));
  }
  const Verification found = Must(Verify(database.uri(), TestKinds(), {}, AsItStands));
  CHECK(found.findings.empty());
  CHECK(found.records == 4);
  CHECK(found.rows == 11);
  CHECK(found.blocks == 11);
  CHECK(found.erased == 0);
  REQUIRE(found.heads.size() == 2);
  CHECK(found.heads[0].writer == "w1");
  CHECK(found.heads[0].sequence == 10);
  CHECK(found.heads[1].writer == "w2");
  CHECK(VerifyFindings(database, found.heads).empty());
}

TEST_CASE("erased personal values count as erased, changed ones as changed", "[ledger-12]") {
  const Backend backend = GENERATE(Backend::kSqlite, Backend::kPostgres);
  const TestDatabase database(backend);
  Bench bench(database);
  Fill(bench);
  database.Execute("CREATE TABLE kept AS SELECT * FROM person");
  database.Execute("UPDATE person SET sealed = (SELECT hash FROM block LIMIT 1)");
  CHECK(VerifyFindings(database) == absl::StrCat("CHANGED_PERSON ", kTenant, "/item/p\n"));
  database.Execute("UPDATE person SET sealed = (SELECT sealed FROM kept)");
  CHECK(VerifyFindings(database).empty());
  // A row that only went, without a word in the chain.
  database.Execute("DELETE FROM person");
  CHECK(VerifyFindings(database) == absl::StrCat("MISSING_PERSON ", kTenant, "/item/p\n"));
  database.Execute("INSERT INTO person SELECT * FROM kept");
  bench.Run(MakeCommand("", {{ItemKey("p")}}, [](const View& view) -> absl::StatusOr<Outcome> {
    Outcome outcome = Outcomes({SetItem(ItemKey("p"), Must(ReadItem(view, ItemKey("p"))), "Erased")});
    outcome.erase_persons = {"p"};
    return outcome;
  }));
  CHECK(bench.History(ItemKey("p")).back().type == "PersonErased");
  Verification found = Must(Verify(database.uri(), TestKinds(), {}, AsItStands));
  CHECK(found.findings.empty());
  CHECK(found.erased == 1);
  // That erasure excuses no other values.
  bench.Run(PutPerson("another number"));
  CHECK(VerifyFindings(database).empty());
  database.Execute("DELETE FROM person");
  CHECK(VerifyFindings(database) == absl::StrCat("MISSING_PERSON ", kTenant, "/item/p\n"));
  // Nobody's record would tell of it.
  const auto stray = bench.Try(MakeCommand("", {{ItemKey("r1")}}, [](const View& view) -> absl::StatusOr<Outcome> {
    Outcome outcome = Outcomes({SetItem(ItemKey("r1"), Must(ReadItem(view, ItemKey("r1"))))});
    outcome.erase_persons = {"p"};
    return outcome;
  }));
  CHECK(absl::IsInternal(stray.status()));
}

struct Tampering {
  const char* what;
  const char* sql;
  const char* finding;
};

// One change behind the ledger's back each, and what verify must name it.
const Tampering kTamperings[] = {
    {"record body", "UPDATE item SET body = (SELECT hash FROM block WHERE sequence = 1) WHERE id = 'r1'",
     "CHANGED_RECORD"},
    {"record version", "UPDATE item SET version = version + 1 WHERE id = 'r1'", "CHANGED_RECORD"},
    {"record sequence back", "UPDATE item SET sequence = sequence - 1 WHERE id = 'r1'", "CHANGED_RECORD"},
    {"record head", "UPDATE item SET head = (SELECT hash FROM block WHERE sequence = 1) WHERE id = 'r1'",
     "CHANGED_RECORD"},
    {"record sent", "UPDATE item SET sent = sent + 1 WHERE id = 'r1'", "CHANGED_RECORD"},
    {"record time", "UPDATE item SET time = time + 1 WHERE id = 'r1'", "CHANGED_RECORD"},
    {"record generation", "UPDATE item SET generation = generation + 1 WHERE id = 'r1'", "CHANGED_RECORD"},
    {"history time", "UPDATE history SET time = time + 1 WHERE id = 'r1' AND sequence = 2", "CHANGED_ROW"},
    {"history caller", "UPDATE history SET caller = 'seat/8' WHERE id = 'r1' AND sequence = 2", "CHANGED_ROW"},
    {"history method", "UPDATE history SET method = 'Tesu' WHERE id = 'r1' AND sequence = 2", "CHANGED_ROW"},
    {"history type", "UPDATE history SET type = 'Chanhed' WHERE id = 'r1' AND sequence = 2", "CHANGED_ROW"},
    {"history data", "UPDATE history SET data = record_hash WHERE id = 'r1' AND sequence = 2", "CHANGED_ROW"},
    {"history record hash", "UPDATE history SET record_hash = hash WHERE id = 'r1' AND sequence = 2", "CHANGED_ROW"},
    {"history hash", "UPDATE history SET hash = record_hash WHERE id = 'r1' AND sequence = 2", "CHANGED_ROW"},
    {"history tenant", "UPDATE history SET tenant = 'x' WHERE id = 'r1' AND sequence = 2", "MISSING_ROW"},
    {"history block", "UPDATE history SET block = block + 1 WHERE id = 'r1' AND sequence = 2", "MISSING_ROW"},
    {"history writer", "UPDATE history SET writer = 'w9' WHERE id = 'r1' AND sequence = 2", "MISSING_ROW"},
    {"history row gone", "DELETE FROM history WHERE id = 'r1' AND sequence = 2", "MISSING_ROW"},
    {"history tail gone", "DELETE FROM history WHERE id = 'r1' AND sequence = 3", "MISSING_TAIL"},
    {"record gone", "DELETE FROM item WHERE id = 'r1'", "MISSING_RECORD"},
    {"whole history gone", "DELETE FROM history WHERE id = 'r1'", "MISSING_TAIL"},
    {"block time", "UPDATE block SET time = time + 1 WHERE sequence = 4", "BROKEN_BLOCK"},
    {"block rows", "UPDATE block SET rows = rows + 1 WHERE sequence = 4", "MISSING_ROW"},
    {"block hash", "UPDATE block SET hash = previous WHERE sequence = 4", "BROKEN_BLOCK"},
    {"block previous", "UPDATE block SET previous = hash WHERE sequence = 4", "BROKEN_BLOCK"},
    {"block gone", "DELETE FROM block WHERE sequence = 4", "MISSING_ROW"},
    {"last block gone", "DELETE FROM block WHERE sequence = 10", "MISSING_TAIL"},
    {"record and history gone", "DELETE FROM history WHERE id = 'r1'; DELETE FROM item WHERE id = 'r1'", "MISSING_ROW"},
    {"the last event undone",
     "DELETE FROM history WHERE block = 10; DELETE FROM block WHERE sequence = 10; DELETE FROM item WHERE id = 'p'",
     "MISSING_TAIL"},
    {"index column", "UPDATE item SET count = count + 1 WHERE id = 'r1'", "CHANGED_INDEX"},
    {"index text", "UPDATE item SET grp = 'x' WHERE id = 'r1'", "CHANGED_INDEX"},
    {"due", "UPDATE item SET due = 1 WHERE id = 'r1'", "CHANGED_INDEX"},
    {"side row", "INSERT INTO item_tag (tenant, id, value) VALUES ('tianjin', 'r1', 'zz')", "CHANGED_INDEX"},
    {"record put in",
     "INSERT INTO item SELECT tenant, 'new', version, sequence, head, sent, time, body, timers, "
     "generation, due, count, grp FROM item WHERE id = 'r1'",
     "MISSING_TAIL"},
};

// Of what stands beside the records: `r0`'s ids are id0, id3 and id6; the stream of intake was consumed up to 4, where
// one letter stands aside (2) and one was discarded (3).
const Tampering kCoverTamperings[] = {
    {"request answer",
     "UPDATE request SET answer = hash WHERE scope = (SELECT scope FROM request ORDER BY scope DESC LIMIT 1)",
     "CHANGED_REQUEST"},
    {"request hash",
     "UPDATE request SET hash = scope WHERE scope = (SELECT scope FROM request ORDER BY scope DESC LIMIT 1)",
     "CHANGED_REQUEST"},
    {"request expiry",
     "UPDATE request SET expires = expires + 1 WHERE scope = (SELECT scope FROM request ORDER BY scope DESC LIMIT 1)",
     "CHANGED_REQUEST"},
    {"request of another block",
     "UPDATE request SET block = block + 1 WHERE scope = (SELECT scope FROM request ORDER BY scope DESC LIMIT 1)",
     "CHANGED_REQUEST"},
    {"request put in",
     "INSERT INTO request SELECT 'other', scope, hash, answer, expires, writer, block FROM request WHERE scope = "
     "(SELECT scope FROM request ORDER BY scope DESC LIMIT 1)",
     "CHANGED_REQUEST"},
    {"message payload", "UPDATE outbox SET payload = (SELECT hash FROM block WHERE sequence = 1) WHERE key = 'r1'",
     "CHANGED_MESSAGE"},
    {"message payload gone before all had passed",
     "UPDATE outbox SET payload = '', transient = 1 WHERE key = 'r1' AND key_sequence = 1", "CHANGED_MESSAGE"},
    {"message type", "UPDATE outbox SET type = 'x' WHERE key = 'r1' AND key_sequence = 1", "CHANGED_MESSAGE"},
    {"message key", "UPDATE outbox SET key = 'x' WHERE key = 'r1' AND key_sequence = 1", "CHANGED_MESSAGE"},
    {"message trace", "UPDATE outbox SET traceparent = 'x' WHERE key = 'r1' AND key_sequence = 1", "CHANGED_MESSAGE"},
    {"message time", "UPDATE outbox SET time = time + 1 WHERE key = 'r1' AND key_sequence = 1", "CHANGED_MESSAGE"},
    {"messages exchanged",
     "UPDATE outbox SET position = 1000 WHERE key = 'r1' AND key_sequence = 1; "
     "UPDATE outbox SET position = position - 1 WHERE key = 'r1' AND key_sequence = 2; "
     "UPDATE outbox SET position = (SELECT position + 1 FROM outbox WHERE key = 'r1' AND key_sequence = 2) "
     "WHERE position = 1000",
     "CHANGED_MESSAGE"},
    {"message gone", "DELETE FROM outbox WHERE key = 'r1' AND key_sequence = 2", "MISSING_MESSAGE"},
    {"last message gone", "DELETE FROM outbox WHERE key = 'r1' AND key_sequence = 3", "MISSING_MESSAGE"},
    {"first message gone", "DELETE FROM outbox WHERE key = 'r1' AND key_sequence = 1", "MISSING_MESSAGE"},
    {"all messages gone", "DELETE FROM outbox", "MISSING_MESSAGE"},
    {"last position back", "UPDATE outbox_partition SET last = last - 1 WHERE last > 0", "MISSING_MESSAGE"},
    {"last position on", "UPDATE outbox_partition SET last = last + 1", "MISSING_MESSAGE"},
    {"mark ahead", "UPDATE mark SET position = position + 1", "CHANGED_MARK"},
    {"mark of another source", "UPDATE mark SET source = 'routing'", "CHANGED_MARK"},
    {"letter reason", "UPDATE dead_letter SET reason = 'x'", "CHANGED_LETTER"},
    {"letter envelope", "UPDATE dead_letter SET envelope = (SELECT hash FROM block WHERE sequence = 1)",
     "CHANGED_LETTER"},
    {"letter key", "UPDATE dead_letter SET key = 'x'", "CHANGED_LETTER"},
    {"letter gone", "DELETE FROM dead_letter", "MISSING_LETTER"},
    {"letter put back",
     "INSERT INTO dead_letter SELECT source, partition, position + 1, tenant, key, type, envelope, reason, time, "
     "writer, block, sealed FROM dead_letter",
     "CHANGED_LETTER"},
    {"letter's log", "UPDATE dead_letter_log SET state = 3 WHERE position = 2", "CHANGED_INDEX"},
    {"letter and its log gone", "DELETE FROM dead_letter; DELETE FROM dead_letter_log WHERE position = 2",
     "MISSING_RECORD"},
    {"covers of a block", "UPDATE block SET covers = hash WHERE sequence = 4", "BROKEN_BLOCK"},
};

// Consumes four messages: one applied, one set aside, one set aside and discarded, one of no use.
void Consume(Bench& bench) {
  const GroupResult result =
      Must(bench.RunGroup(GroupFrom(0, {Message(1, "m1", AddTo("m1", 1)), Message(2, "bad", Refusing("bad")),
                                        Message(3, "worse", Refusing("worse")), Message(4, "m1", std::nullopt)})));
  REQUIRE(result.parked == 2);
  CHECK_OK(bench.Unpark({Must(bench.ledger().reader().DeadLetters(10)).at(1)}, {}));
}

TEST_CASE("verify finds each change behind the ledger's back", "[ledger-11][SEC-01]") {
  const Backend backend = GENERATE(Backend::kSqlite, Backend::kPostgres);
  const bool beside = GENERATE(false, true);
  INFO("on " << BackendName(backend));
  const TestDatabase database(backend);
  {
    Bench bench(database);
    Fill(bench);
    if (beside) Consume(bench);
  }
  const std::vector<BlockRow> anchors = Must(Verify(database.uri(), TestKinds(), {}, AsItStands)).heads;
  std::string restore;
  for (const std::string table : {"item", "item_tag", "history", "block", "request", "outbox", "outbox_partition",
                                  "mark", "dead_letter", "dead_letter_log"}) {
    database.Execute(absl::StrCat("CREATE TABLE kept_", table, " AS SELECT * FROM ", table));
    absl::StrAppend(&restore, "DELETE FROM ", table, "; INSERT INTO ", table, " SELECT * FROM kept_", table, ";");
  }
  CHECK(VerifyFindings(database, anchors).empty());
  for (const Tampering& row : beside ? std::span<const Tampering>(kCoverTamperings) : kTamperings) {
    INFO(row.what);
    database.Execute(row.sql);
    const std::string findings = VerifyFindings(database, anchors);
    INFO(findings);
    CHECK(findings.find(row.finding) != std::string::npos);
    database.Execute(restore);
    CHECK(VerifyFindings(database, anchors).empty());
  }
}

absl::Status Open(const TestDatabase& database, const std::string& writer,
                  const std::map<std::string, std::string>& migrations = TestMigrations()) {
  clock::ManualClock clock(kStart);
  return Ledger::Open(TestOptions(database.uri(), writer), TestKinds(), migrations, &clock).status();
}

TEST_CASE("a start brings the schema up, and refuses one that it does not know or that was another", "[ledger-8]") {
  const Backend backend = GENERATE(Backend::kSqlite, Backend::kPostgres);
  INFO("on " << BackendName(backend));
  const TestDatabase database(backend);
  REQUIRE_OK(Open(database, "w1"));
  REQUIRE_OK(Open(database, "w1"));
  std::map<std::string, std::string> more = TestMigrations();
  more["0003_more.sql"] = "CREATE TABLE more (id BIGINT NOT NULL PRIMARY KEY)";
  REQUIRE_OK(Open(database, "w1", more));
  database.Execute("INSERT INTO more VALUES (1)");
  CHECK(ReasonOf(Open(database, "w1")) == config::v1::REASON_SCHEMA_NEWER);
  more["0002_parent.sql"] += "-- changed";
  CHECK(ReasonOf(Open(database, "w1", more)) == config::v1::REASON_SCHEMA_CHANGED);
  more["0002_parent.sql"] = TestMigrations().at("0002_parent.sql");
  // A file that fails leaves nothing.
  more["0004_broken.sql"] = "CREATE TABLE half (id BIGINT NOT NULL PRIMARY KEY); CREATE TABLE more (id BIGINT)";
  CHECK_FALSE(Open(database, "w1", more).ok());
  CHECK_THROWS(database.Ask("SELECT count(*) FROM half"));
  more.erase("0004_broken.sql");
  CHECK_OK(Open(database, "w1", more));
}

TEST_CASE("a writer id that is in use is refused, and free again when its ledger is gone", "[ledger-8]") {
  const Backend backend = GENERATE(Backend::kSqlite, Backend::kPostgres);
  INFO("on " << BackendName(backend));
  const TestDatabase database(backend);
  {
    Bench bench(database, "w1");
    const absl::Status refused = Open(database, "w1");
    CHECK(ReasonOf(refused) == config::v1::REASON_WRITER_IN_USE);
    CHECK(MetadataOf(refused).at("writer") == "w1");
    // It was left in peace.
    CHECK(bench.Run(AddTo("x", 1)) == "1");
    CHECK_OK(Open(database, "w2"));
  }
  CHECK_OK(Open(database, "w1"));
}

TEST_CASE("several ledgers may open a new database at once", "[ledger-8]") {
  const TestDatabase database(Backend::kPostgres);
  std::vector<absl::Status> opened(6);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < opened.size(); ++i) {
    threads.emplace_back([&, i] { opened[i] = Open(database, absl::StrCat("w", i)); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : opened) CHECK_OK(status);
}

TEST_CASE("a database that does not keep what it has committed is refused", "[ledger-8]") {
  const auto setting = GENERATE(as<std::string>(), "fsync=off", "synchronous_commit=off", "full_page_writes=off");
  testing::PostgresServer server({setting});
  const TestDatabase database(server.NewDatabase());
  const absl::Status refused = Open(database, "w1");
  CHECK(ReasonOf(refused) == config::v1::REASON_NOT_DURABLE);
  CHECK(MetadataOf(refused).at("setting") == setting);
}

}  // namespace
}  // namespace jinqi::ledger::conformance
