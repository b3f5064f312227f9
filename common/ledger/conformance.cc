#include "common/ledger/conformance.h"

#include <sqlite3.h>

#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/testing/servers.h"

namespace jinqi::ledger::conformance {
namespace {

constexpr char kRecordTable[] =
    " (tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, "
    "head BYTEA NOT NULL, sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, "
    "generation BIGINT NOT NULL, due BIGINT, ";

struct SqliteCloser {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};

std::string AskSqlite(const std::string& path, const std::string& sql) {
  sqlite3* opened = nullptr;
  const int open_result = sqlite3_open(path.c_str(), &opened);
  const std::unique_ptr<sqlite3, SqliteCloser> database(opened);
  if (open_result != SQLITE_OK) throw std::runtime_error("sqlite cannot open " + path);
  sqlite3_busy_timeout(opened, 5000);
  std::string first;
  const auto collect = [](void* to, int, char** values, char**) {
    auto& text = *static_cast<std::string*>(to);
    if (text.empty() && values[0] != nullptr) text = values[0];
    return 0;
  };
  char* message = nullptr;
  if (sqlite3_exec(opened, sql.c_str(), collect, &first, &message) != SQLITE_OK) {
    const std::string text = message == nullptr ? "" : message;
    sqlite3_free(message);
    throw std::runtime_error("sqlite: " + text + " in: " + sql);
  }
  return first;
}

std::string AskPostgres(const std::string& uri, const std::string& sql) {
  const testing::RunResult result =
      testing::RunProgram({.argv = {"psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, uri}});
  if (result.status != 0) throw std::runtime_error("psql: " + result.errors + " in: " + sql);
  return result.output.substr(0, result.output.find('\n'));
}

std::string SqlitePath(const std::string& uri) { return uri.substr(std::string_view("sqlite:").size()); }

absl::StatusOr<std::vector<Value>> ItemColumns(const std::string& body) {
  ASSIGN_OR_RETURN(const Item item, Item::Decode(body));
  return std::vector<Value>{item.count, item.group};
}

absl::StatusOr<std::vector<std::vector<std::string>>> ItemSides(const std::string& body) {
  ASSIGN_OR_RETURN(const Item item, Item::Decode(body));
  return std::vector<std::vector<std::string>>{item.tags};
}

std::string ItemDigest(const std::string& body) {
  const absl::StatusOr<Item> item = Item::Decode(body);
  return item.ok() ? absl::HexStringToBytes(item->digest) : "";
}

Kind ItemKind() {
  Kind kind;
  kind.name = "item";
  kind.columns = {{"count", ColumnType::kInteger}, {"grp", ColumnType::kText}};
  kind.extract = ItemColumns;
  kind.sides = {"tag"};
  kind.extract_sides = ItemSides;
  kind.person_digest = ItemDigest;
  return kind;
}

Kind ParentKind() {
  Kind kind;
  kind.name = "parent";
  kind.columns = {{"count", ColumnType::kInteger}, {"grp", ColumnType::kText}};
  kind.extract = ItemColumns;
  return kind;
}

}  // namespace

std::string_view BackendName(Backend backend) { return backend == Backend::kSqlite ? "SQLite" : "PostgreSQL"; }

TestDatabase::TestDatabase(Backend backend) : backend_(backend) {
  uri_ = backend == Backend::kSqlite ? "sqlite:" + folder_.File("test.db")
                                     : testing::PostgresServer::Shared().NewDatabase();
}

void TestDatabase::Execute(const std::string& sql) const { Ask(sql); }

std::string TestDatabase::Ask(const std::string& sql) const {
  return backend_ == Backend::kSqlite ? AskSqlite(SqlitePath(uri_), sql) : AskPostgres(uri_, sql);
}

std::string Item::Encode() const {
  std::string body = absl::StrCat(count, "\n", group, "\n", digest, "\n");
  for (const std::string& tag : tags) absl::StrAppend(&body, tag, "\n");
  return body;
}

absl::StatusOr<Item> Item::Decode(std::string_view body) {
  std::istringstream lines{std::string(body)};
  std::string count;
  Item item;
  if (!std::getline(lines, count) || !absl::SimpleAtoi(count, &item.count) || !std::getline(lines, item.group) ||
      !std::getline(lines, item.digest)) {
    return absl::DataLossError("not an item");
  }
  for (std::string tag; std::getline(lines, tag);) item.tags.push_back(tag);
  return item;
}

const std::vector<Kind>& TestKinds() {
  static const auto& kinds = *new std::vector<Kind>{ItemKind(), ParentKind()};
  return kinds;
}

const std::map<std::string, std::string>& TestMigrations() {
  const std::string columns = "count BIGINT NOT NULL, grp TEXT NOT NULL, PRIMARY KEY (tenant, id));\n";
  static const auto& migrations = *new std::map<std::string, std::string>{
      {"0001_item.sql",
       absl::StrCat("CREATE TABLE item", kRecordTable, columns,
                    "CREATE INDEX item_due ON item (due) WHERE due IS NOT NULL;\n"
                    "CREATE INDEX item_grp ON item (tenant, grp, count, id);\n"
                    "CREATE TABLE item_tag (tenant TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL, "
                    "PRIMARY KEY (tenant, value, id));\n"
                    "CREATE INDEX item_tag_id ON item_tag (tenant, id);\n")},
      {"0002_parent.sql", absl::StrCat("CREATE TABLE parent", kRecordTable, columns)}};
  return migrations;
}

Key ItemKey(const std::string& id) { return {"item", id}; }

Key ParentKey(const std::string& id) { return {"parent", id}; }

absl::StatusOr<Item> ReadItem(const View& view, const Key& key) {
  const Record* record = view.Find(key);
  if (record == nullptr) return Item();
  return Item::Decode(record->body);
}

Change SetItem(const Key& key, const Item& item, std::string_view event) {
  const std::string type(event);
  return {key, item.Encode(), std::nullopt, {{type, std::to_string(item.count), Outgoing{type, item.Encode(), false}}}};
}

Outcome Outcomes(std::vector<Change> changes, std::string answer) {
  Outcome outcome;
  outcome.changes = std::move(changes);
  outcome.answer = std::move(answer);
  return outcome;
}

Command MakeCommand(std::string request_id, std::vector<Name> names, Decide decide) {
  Command command;
  command.tenant = kTenant;
  command.caller = "seat/7";
  command.method = "Test";
  command.request_hash = "hash of " + request_id;
  command.request_id = std::move(request_id);
  command.time = kStart;
  command.names = std::move(names);
  command.decide = std::move(decide);
  return command;
}

Command AddTo(const std::string& id, std::int64_t delta, std::string request_id) {
  const Key key = ItemKey(id);
  return MakeCommand(std::move(request_id), {{key}}, [key, delta](const View& view) -> absl::StatusOr<Outcome> {
    ASSIGN_OR_RETURN(Item item, ReadItem(view, key));
    item.count += delta;
    return Outcomes({SetItem(key, item)}, std::to_string(item.count));
  });
}

Command Refusing(const std::string& id, std::string request_id) {
  return MakeCommand(std::move(request_id), {{ItemKey(id)}}, [](const View&) -> absl::StatusOr<Outcome> {
    return Error(config::v1::REASON_ILLEGAL_MOVE, {{"from", "a"}, {"to", "b"}});
  });
}

Options TestOptions(const std::string& uri, const std::string& writer) {
  Options options;
  options.database = uri;
  options.writer = writer;
  options.partitions = 4;
  options.readers = 2;
  options.log = [](std::string_view) {};
  return options;
}

Bench::Bench(const TestDatabase& database, std::string writer) : uri_(database.uri()), writer_(std::move(writer)) {
  Reopen();
}

void Bench::Reopen() {
  ledger_.reset();
  auto opened = Ledger::Open(TestOptions(uri_, writer_), TestKinds(), TestMigrations(), &clock_);
  if (!opened.ok()) throw std::runtime_error("the ledger does not open: " + opened.status().ToString());
  ledger_ = *std::move(opened);
}

std::string Bench::Run(Command command) {
  const absl::StatusOr<Answer> answer = ledger_->Run(std::move(command));
  if (!answer.ok()) throw std::runtime_error("refused: " + answer.status().ToString());
  return answer->bytes;
}

namespace {

// Calls something that answers through a callback, and waits for the answer.
template <typename T>
absl::StatusOr<T> WaitForAnswer(const std::function<void(std::function<void(absl::StatusOr<T>)>)>& call) {
  absl::StatusOr<T> answer = absl::UnknownError("");
  absl::Notification finished;
  call([&](absl::StatusOr<T> result) {
    answer = std::move(result);
    finished.Notify();
  });
  finished.WaitForNotification();
  return answer;
}

}  // namespace

absl::StatusOr<GroupResult> Bench::RunGroup(MessageGroup group) {
  return WaitForAnswer<GroupResult>([&](auto done) { ledger_->SubmitGroup(std::move(group), std::move(done)); });
}

absl::StatusOr<Answer> Bench::Fire(Firing firing, Command command) {
  return WaitForAnswer<Answer>(
      [&](auto done) { ledger_->SubmitFiring(std::move(firing), std::move(command), std::move(done)); });
}

absl::StatusOr<Answer> Bench::Unpark(std::vector<DeadLetter> letters, std::vector<Command> commands) {
  const LetterDecision decision{"operator", "Decide", kStart, commands.empty()};
  return WaitForAnswer<Answer>(
      [&](auto done) { ledger_->SubmitUnpark(std::move(letters), std::move(commands), decision, std::move(done)); });
}

std::vector<absl::StatusOr<Answer>> Bench::RunTogether(std::vector<Command> commands) {
  // While the decision of a first command waits, the others gather behind it.
  absl::Notification entered;
  absl::Notification gathered;
  absl::Notification released;
  ledger_->Submit(MakeCommand("", {},
                              [&](const View&) -> absl::StatusOr<Outcome> {
                                entered.Notify();
                                gathered.WaitForNotification();
                                return Outcome();
                              }),
                  [&](const absl::StatusOr<Answer>&) { released.Notify(); });
  entered.WaitForNotification();
  const std::size_t count = commands.size();
  std::vector<absl::StatusOr<Answer>> answers(count, absl::UnknownError(""));
  std::vector<std::unique_ptr<absl::Notification>> finished;
  for (std::size_t i = 0; i < count; ++i) finished.push_back(std::make_unique<absl::Notification>());
  for (std::size_t i = 0; i < count; ++i) {
    ledger_->Submit(std::move(commands[i]), [&, i](absl::StatusOr<Answer> answer) {
      answers[i] = std::move(answer);
      finished[i]->Notify();
    });
  }
  gathered.Notify();
  released.WaitForNotification();
  for (const auto& notification : finished) notification->WaitForNotification();
  return answers;
}

Record Bench::Get(const Key& key) {
  auto record = ledger_->reader().Get(kTenant, key);
  if (!record.ok()) throw std::runtime_error(record.status().ToString());
  return record->value_or(Record());
}

std::int64_t Bench::CountOf(const std::string& id) {
  const Record record = Get(ItemKey(id));
  return record.version == 0 ? 0 : Item::Decode(record.body)->count;
}

std::vector<HistoryRow> Bench::History(const Key& key) {
  auto rows = ledger_->reader().History(kTenant, key);
  if (!rows.ok()) throw std::runtime_error(rows.status().ToString());
  return *std::move(rows);
}

MessageGroup::Item Message(std::int64_t position, const std::string& key, std::optional<Command> command) {
  MessageGroup::Item item;
  if (command.has_value()) command->request_id.clear();
  item.command = std::move(command);
  item.letter.tenant = kTenant;
  item.letter.source = "intake";
  item.letter.partition = 3;
  item.letter.position = position;
  item.letter.key = key;
  item.letter.type = "Added";
  item.letter.envelope = "envelope " + std::to_string(position);
  item.letter.time = kStart;
  return item;
}

MessageGroup GroupFrom(std::int64_t position, std::vector<MessageGroup::Item> items) {
  MessageGroup group;
  group.from = {"intake", 3, position};
  group.items = std::move(items);
  return group;
}

std::string HistoryFault(Bench& bench, const Key& key) {
  const std::vector<HistoryRow> rows = bench.History(key);
  const Record record = bench.Get(key);
  std::int64_t expected = 0;
  for (const HistoryRow& row : rows) {
    if (row.sequence != ++expected) return absl::StrCat(key.id, ": row ", row.sequence, " instead of ", expected);
  }
  if (record.sequence != expected) return absl::StrCat(key.id, ": ", expected, " rows, record at ", record.sequence);
  return "";
}

std::string OutboxFault(Bench& bench) {
  std::map<std::string, std::int64_t> keys;
  Reader& reader = bench.ledger().reader();
  const auto ends = reader.OutboxEnds();
  if (!ends.ok()) return ends.status().ToString();
  for (std::size_t partition = 0; partition < ends->size(); ++partition) {
    const auto rows = reader.Outbox(static_cast<int>(partition), 0, 1'000'000);
    if (!rows.ok()) return rows.status().ToString();
    std::int64_t position = 0;
    for (const OutboxRow& row : *rows) {
      const std::string place = absl::StrCat(partition, "/", row.position);
      if (row.position != ++position) return absl::StrCat(place, ": expected position ", position);
      if (row.key_sequence != ++keys[row.key]) return absl::StrCat(place, ": wrong key sequence ", row.key_sequence);
    }
    if ((*ends)[partition] != position) return absl::StrCat("partition ", partition, " ends at ", (*ends)[partition]);
  }
  return "";
}

std::string VerifyFindings(const TestDatabase& database, const std::vector<BlockRow>& anchors) {
  // The test seals nothing: what stands in the person row is what is hashed.
  const auto found = Verify(database.uri(), TestKinds(), anchors,
                            [](const std::string& sealed) { return absl::StatusOr<std::string>(sealed); });
  if (!found.ok()) return found.status().ToString();
  std::string text;
  for (const Finding& finding : found->findings) absl::StrAppend(&text, finding.what, " ", finding.where, "\n");
  return text;
}

}  // namespace jinqi::ledger::conformance
