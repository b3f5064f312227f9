// verify finds what was changed behind the ledger's back (SEC-01).
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "common/crypto/sm3.h"
#include "common/ledger/test_fixture.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

void Tamper(const Fixture& fixture, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(fixture.folder.File("test.db").c_str(), &database) == SQLITE_OK);
  char* error = nullptr;
  const int code = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error);
  INFO(sql << ": " << (error == nullptr ? "" : error));
  CHECK(code == SQLITE_OK);
  CHECK(sqlite3_total_changes(database) > 0);
  sqlite3_free(error);
  sqlite3_close(database);
}

// The note's text is the digest of its person's values; empty: it has none.
Kind PersonKind() {
  Kind kind = NoteKind();
  kind.person_digest = [](const std::string& body) { return TextOf(body) == "count" ? "" : TextOf(body); };
  return kind;
}

absl::StatusOr<std::string> Open(const std::string& sealed) { return "opened " + sealed; }

Verification RunVerify(const Fixture& fixture, const std::vector<BlockRow>& anchors = {}) {
  auto verified = Verify(fixture.options.database, {PersonKind()}, anchors, Open);
  INFO(verified.status().ToString());
  REQUIRE(verified.ok());
  return *std::move(verified);
}

void Fill(Fixture& fixture) {
  auto ledger = fixture.Open();
  for (int i = 0; i < 3; ++i) {
    for (const char* id : {"a", "b", "c"}) REQUIRE(ledger->Run(Count("", id)).ok());
  }
  Command person = NoteCommand("", {"p"}, [](const View&) -> absl::StatusOr<Outcome> {
    Outcome outcome;
    outcome.changes.push_back(SetNote("p", 0, crypto::Sm3("opened secret")));
    outcome.persons = {{"p", "secret", {"blind1", "blind2"}}};
    return outcome;
  });
  REQUIRE(ledger->Run(person).ok());
}

TEST_CASE("an untouched database verifies", "[SEC-01]") {
  Fixture fixture;
  Fill(fixture);
  const Verification verified = RunVerify(fixture);
  CHECK(verified.findings.empty());
  CHECK(verified.records == 4);
  CHECK(verified.rows == 10);
  CHECK(verified.blocks == 10);
  CHECK(verified.erased == 0);
  REQUIRE(verified.heads.size() == 1);
  CHECK(verified.heads[0].sequence == 10);
  CHECK(RunVerify(fixture, verified.heads).findings.empty());
}

TEST_CASE("verify finds every kind of tampering", "[SEC-01]") {
  struct Row {
    const char* sql;
    const char* what;
    const char* where;
  };
  const Row rows[] = {
      {"UPDATE note SET body = CAST('9|count' AS BLOB) WHERE id = 'a'", "CHANGED_RECORD", "120000/note/a"},
      {"UPDATE note SET sent = 7 WHERE id = 'a'", "CHANGED_RECORD", "120000/note/a"},
      {"UPDATE history SET data = x'00' WHERE id = 'b' AND sequence = 2", "CHANGED_ROW", "120000/note/b#2"},
      {"UPDATE history SET caller = 'x' WHERE id = 'b' AND sequence = 3", "CHANGED_ROW", "120000/note/b#3"},
      {"UPDATE history SET record_hash = x'00' WHERE id = 'b' AND sequence = 1", "CHANGED_ROW", "120000/note/b#1"},
      {"DELETE FROM history WHERE id = 'b' AND sequence = 2", "MISSING_ROW", "120000/note/b#2"},
      {"DELETE FROM history WHERE id = 'b' AND sequence = 3", "MISSING_TAIL", "120000/note/b#3"},
      {"DELETE FROM note WHERE id = 'c'", "MISSING_RECORD", "120000/note/c"},
      {"DELETE FROM history WHERE id = 'c'", "MISSING_TAIL", "120000/note/c#1"},
      {"DELETE FROM history WHERE id = 'c'; DELETE FROM note WHERE id = 'c'", "MISSING_ROW", "w1/3: 0 of 1 rows"},
      {"UPDATE history SET hash = x'00' WHERE id = 'a' AND sequence = 3", "BROKEN_BLOCK", "w1/7"},
      {"UPDATE block SET time = 1 WHERE sequence = 4", "BROKEN_BLOCK", "w1/4"},
      {"UPDATE block SET hash = x'00' WHERE sequence = 4", "BROKEN_BLOCK", "w1/5"},
      {"DELETE FROM block WHERE sequence = 4", "MISSING_ROW", "w1/4"},
      {"DELETE FROM block WHERE sequence = 10", "BROKEN_BLOCK", "w1/10: no such block"},
      {"UPDATE person SET sealed = x'00' WHERE id = 'p'", "CHANGED_PERSON", "120000/note/p"},
      {"UPDATE note SET rank = 99 WHERE id = 'a'", "CHANGED_INDEX", "120000/note/a"},
      {"UPDATE note SET text = 'x' WHERE id = 'a'", "CHANGED_INDEX", "120000/note/a"},
      {"UPDATE note SET due = 1 WHERE id = 'a'", "CHANGED_INDEX", "120000/note/a"},
      {"DELETE FROM note_word WHERE id = 'a'", "CHANGED_INDEX", "120000/note/a"},
      {"INSERT INTO note_word VALUES ('120000', 'more', 'a')", "CHANGED_INDEX", "120000/note/a"},
  };
  for (const Row& row : rows) {
    INFO(row.sql);
    Fixture fixture;
    Fill(fixture);
    Tamper(fixture, row.sql);
    const auto findings = RunVerify(fixture).findings;
    std::string all;
    for (const Finding& finding : findings) all += finding.what + " " + finding.where + "\n";
    INFO(all);
    CHECK(std::any_of(findings.begin(), findings.end(), [&row](const Finding& finding) {
      return finding.what == row.what && finding.where == row.where;
    }));
  }
}

TEST_CASE("a tail that is cut everywhere is missed by an earlier head", "[SEC-01]") {
  Fixture fixture;
  Fill(fixture);
  const auto heads = RunVerify(fixture).heads;
  Tamper(fixture,
         "DELETE FROM history WHERE id = 'p'; DELETE FROM note WHERE id = 'p'; "
         "DELETE FROM block WHERE sequence = 10");
  CHECK(RunVerify(fixture).findings.empty());
  const auto findings = RunVerify(fixture, heads).findings;
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].what == "MISSING_TAIL");
  CHECK(findings[0].where == "w1/10");
}

TEST_CASE("an erased person row is erased, not broken", "[SEC-01]") {
  Fixture fixture;
  Fill(fixture);
  {
    auto ledger = fixture.Open(PersonKind());
    CHECK(ledger->reader().PersonIdsByBlind("120000", "blind2")->front() == "p");
    CHECK((*ledger->reader().FindPerson("120000", "p"))->blind.size() == 2);
    Command erase = NoteCommand("", {"p"}, [](const View& view) -> absl::StatusOr<Outcome> {
      Outcome outcome;
      outcome.changes.push_back({NoteKey("p"), view.Find(NoteKey("p"))->body, {}, {{"Erased", "", {}}}});
      outcome.erase_persons = {"p"};
      return outcome;
    });
    REQUIRE(ledger->Run(erase).ok());
    CHECK(ledger->reader().PersonIdsByBlind("120000", "blind2")->empty());
    CHECK_FALSE(ledger->reader().FindPerson("120000", "p")->has_value());
  }
  const Verification verified = RunVerify(fixture);
  CHECK(verified.findings.empty());
  CHECK(verified.erased == 1);
}

TEST_CASE("a database that is written to meanwhile verifies", "[SEC-01]") {
  Fixture fixture;
  Fill(fixture);
  auto ledger = fixture.Open();
  std::atomic<bool> stop = false;
  std::atomic<bool> all_written = true;
  std::thread writer([&] {
    while (!stop) all_written = ledger->Run(Count("", "a")).ok() && all_written;
  });
  for (int i = 0; i < 5; ++i) {
    const auto findings = RunVerify(fixture).findings;
    for (const Finding& finding : findings) UNSCOPED_INFO(finding.what << " " << finding.where);
    CHECK(findings.empty());
  }
  stop = true;
  writer.join();
  CHECK(all_written);
}

}  // namespace
}  // namespace jinqi::ledger
