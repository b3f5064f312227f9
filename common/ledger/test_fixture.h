// A ledger on SQLite in a folder of its own, with one kind of record: `note`, whose body is "<rank>|<text>".
#pragma once

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/clock/clock.h"
#include "common/ledger/ledger.h"

namespace jinqi::ledger {

inline constexpr Micros kStart = 1'760'000'000'000'000;

inline const std::map<std::string, std::string>& NoteMigrations() {
  static const auto* const kMigrations = new std::map<std::string, std::string>{
      {"0001_note.sql",
       "CREATE TABLE note (tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, "
       "head BYTEA NOT NULL, sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, "
       "generation BIGINT NOT NULL, due BIGINT, rank BIGINT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (tenant, id));"
       "CREATE INDEX note_due ON note (due) WHERE due IS NOT NULL;"
       "CREATE INDEX note_rank ON note (tenant, rank, id);"
       "CREATE TABLE note_word (tenant TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL, "
       "PRIMARY KEY (tenant, value, id));"
       "CREATE INDEX note_word_id ON note_word (tenant, id);"}};
  return *kMigrations;
}

inline std::string Body(std::int64_t rank, const std::string& text) { return std::to_string(rank) + "|" + text; }
inline std::int64_t RankOf(const std::string& body) { return std::atoll(body.c_str()); }
inline std::string TextOf(const std::string& body) { return body.substr(body.find('|') + 1); }

// The text is its only word.
inline Kind NoteKind() {
  Kind kind;
  kind.name = "note";
  kind.columns = {{"rank", ColumnType::kInteger}, {"text", ColumnType::kText}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<std::vector<Value>> {
    if (body.find('|') == std::string::npos) return absl::InvalidArgumentError("no note");
    return std::vector<Value>{RankOf(body), TextOf(body)};
  };
  kind.sides = {"word"};
  kind.extract_sides = [](const std::string& body) -> absl::StatusOr<std::vector<std::vector<std::string>>> {
    return std::vector<std::vector<std::string>>{{TextOf(body)}};
  };
  return kind;
}

inline Key NoteKey(const std::string& id) { return {"note", id}; }

inline Change SetNote(const std::string& id, std::int64_t rank, const std::string& text) {
  Change change;
  change.key = NoteKey(id);
  change.body = Body(rank, text);
  change.events.push_back({"NoteSet", text, std::nullopt});
  return change;
}

// A command that names `ids` for change.
inline Command NoteCommand(const std::string& request_id, const std::vector<std::string>& ids, Decide decide) {
  Command command;
  command.tenant = "120000";
  command.caller = "tester";
  command.method = "Set";
  command.request_id = request_id;
  command.request_hash = "hash of " + request_id;
  command.time = kStart;
  for (const std::string& id : ids) command.names.push_back({NoteKey(id), Access::kChange});
  command.decide = std::move(decide);
  return command;
}

// Adds one to the rank of a note, which it makes; answers the new rank.
inline Command Count(const std::string& request_id, const std::string& id) {
  return NoteCommand(request_id, {id}, [id](const View& view) -> absl::StatusOr<Outcome> {
    const Record* record = view.Find(NoteKey(id));
    const std::int64_t rank = record == nullptr ? 1 : RankOf(record->body) + 1;
    Outcome outcome;
    outcome.changes.push_back(SetNote(id, rank, "count"));
    outcome.changes.back().events[0].message = Outgoing{"Counted", std::to_string(rank), false};
    outcome.answer = std::to_string(rank);
    return outcome;
  });
}

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/ledger_test_XXXXXX";
    path_ = mkdtemp(name);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Waits for one asynchronous result.
template <typename Result>
class Waiter {
 public:
  std::function<void(absl::StatusOr<Result>)> Done() {
    return [this](absl::StatusOr<Result> result) {
      result_ = std::move(result);
      finished_.Notify();
    };
  }
  const absl::StatusOr<Result>& Wait() {
    finished_.WaitForNotification();
    return result_;
  }

 private:
  absl::StatusOr<Result> result_ = absl::UnknownError("");
  absl::Notification finished_;
};

struct Fixture {
  Fixture() {
    options.database = "sqlite:" + folder.File("test.db");
    options.writer = "w1";
    options.log = [](std::string_view) {};
  }

  std::unique_ptr<Ledger> Open(const Kind& kind = NoteKind()) {
    auto opened = Ledger::Open(options, {kind}, NoteMigrations(), &clock);
    if (!opened.ok()) throw std::runtime_error(opened.status().ToString());
    return *std::move(opened);
  }

  // Holds the writer inside of a decision, so that what is submitted meanwhile becomes one batch.
  class Hold {
   public:
    explicit Hold(Ledger& ledger) {
      ledger.Submit(NoteCommand("", {},
                                [this](const View&) -> absl::StatusOr<Outcome> {
                                  held_.Notify();
                                  release_.WaitForNotification();
                                  return Outcome{};
                                }),
                    waiter_.Done());
      held_.WaitForNotification();
    }
    ~Hold() { Release(); }
    void Release() {
      if (release_.HasBeenNotified()) return;
      release_.Notify();
      (void)waiter_.Wait();
    }

   private:
    absl::Notification held_;
    absl::Notification release_;
    Waiter<Answer> waiter_;
  };

  Folder folder;
  clock::ManualClock clock{kStart};
  Options options;
};

}  // namespace jinqi::ledger
