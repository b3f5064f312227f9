#include "common/queue/queue_fixture.h"

#include <atomic>
#include <utility>

#include "absl/synchronization/blocking_counter.h"
#include "common/queue/names.h"

namespace jinqi::queue {
namespace {

using testing::Must;

constexpr char kNotes[] = R"sql(
CREATE TABLE note (
  tenant TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, sequence BIGINT NOT NULL, head BYTEA NOT NULL,
  sent BIGINT NOT NULL, time BIGINT NOT NULL, body BYTEA NOT NULL, timers BYTEA NOT NULL, generation BIGINT NOT NULL,
  due BIGINT,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX note_due ON note (due) WHERE due IS NOT NULL;
)sql";

ledger::Kind NoteKind() {
  ledger::Kind kind;
  kind.name = "note";
  kind.extract = [](const std::string&) { return std::vector<ledger::Value>(); };
  return kind;
}

std::vector<std::int64_t> ByPartition(const std::vector<ledger::Mark>& marks, const std::string& source) {
  std::vector<std::int64_t> positions(kPartitions, 0);
  for (const ledger::Mark& mark : marks) {
    if (mark.source == source) positions[static_cast<std::size_t>(mark.partition)] = mark.position;
  }
  return positions;
}

}  // namespace

NoteBook::NoteBook(std::string name, std::string database)
    : name_(std::move(name)),
      database_(database.empty() ? "sqlite:" + folder_.File(name_ + ".db") : std::move(database)) {
  Open();
}

void NoteBook::Open() {
  ledger::Options options;
  options.database = database_;
  options.writer = name_;
  options.partitions = kPartitions;
  ledger_ = Must(ledger::Ledger::Open(options, {NoteKind()}, {{"0001_note.sql", kNotes}}, &clock_));
}

void NoteBook::Reopen() {
  ledger_.reset();
  Open();
}

ledger::Command NoteBook::SayCommand(const std::string& key, const std::string& text, bool transient) {
  ledger::Command command;
  command.tenant = kTenant;
  command.caller = "test";
  command.method = "Say";
  command.request_id = name_ + "-" + std::to_string(++said_);
  command.request_hash = text;
  command.time = clock_.Now();
  const ledger::Key note = {"note", key};
  command.names = {{note, ledger::Access::kChange}};
  command.decide = [note, text, transient](const ledger::View&) -> absl::StatusOr<ledger::Outcome> {
    ledger::Outcome outcome;
    outcome.changes.push_back({.key = note,
                               .body = "said",
                               .timers = std::nullopt,
                               .events = {{"Said", "", ledger::Outgoing{"Said", text, transient}}}});
    return outcome;
  };
  return command;
}

void NoteBook::Say(int count, int keys, std::size_t bytes) {
  absl::BlockingCounter left(count);
  std::atomic<int> refused = 0;
  for (int i = 0; i < count; ++i) {
    const std::string key = "k" + std::to_string(i % keys);
    std::string text = std::to_string(++said_of_key_[key]) + " ";
    text.resize(std::max(text.size(), bytes), 'x');
    ledger_->Submit(SayCommand(key, text, false), [&](const absl::StatusOr<ledger::Answer>& answer) {
      if (!answer.ok()) ++refused;
      left.DecrementCount();
    });
  }
  left.Wait();
  REQUIRE(refused == 0);
}

void NoteBook::SayText(const std::string& key, const std::string& text, bool transient) {
  ++said_of_key_[key];
  REQUIRE_OK(ledger_->Run(SayCommand(key, text, transient)));
}

std::string NoteBook::Read(const std::string& key) {
  const auto record = Must(ledger_->reader().Get(kTenant, {"note", key}));
  return record ? record->body : "";
}

std::vector<std::int64_t> NoteBook::Ends() {
  std::vector<std::int64_t> ends = Must(ledger_->reader().OutboxEnds());
  ends.resize(kPartitions);
  return ends;
}

std::vector<std::int64_t> NoteBook::Marks(const std::string& source) {
  return ByPartition(Must(ledger_->reader().Marks()), source);
}

Handler NoteHandler(const std::shared_ptr<std::atomic<bool>>& cured) {
  return [cured](const Envelope& envelope) -> absl::StatusOr<std::optional<ledger::Command>> {
    if (envelope.payload() == "ignore") return std::nullopt;
    if (envelope.payload().starts_with("unfit")) return absl::InvalidArgumentError("unfit");
    const ledger::Key note = {"note", envelope.key()};
    ledger::Command command;
    command.names = {{note, ledger::Access::kChange}};
    command.decide = [note, payload = envelope.payload(),
                      cured](const ledger::View& view) -> absl::StatusOr<ledger::Outcome> {
      if (payload.starts_with("poison") && !(cured && *cured)) return Error(config::v1::REASON_FORMAT);
      const ledger::Record* record = view.Find(note);
      const std::string before = record == nullptr ? "" : record->body;
      ledger::Outcome outcome;
      outcome.changes.push_back({.key = note,
                                 .body = before + payload.substr(0, payload.find(' ')) + ";",
                                 .timers = std::nullopt,
                                 .events = {{"Heard", "", std::nullopt}}});
      return outcome;
    };
    return command;
  };
}

std::string Counted(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) text += std::to_string(i) + ";";
  return text;
}

RedisAddress AddressOf(const testing::RedisServer& server) {
  RedisAddress address;
  address.socket = server.socket();
  return address;
}

RelayOptions FastRelay(const std::string& holder) {
  RelayOptions options;
  options.holder = holder;
  options.poll = std::chrono::milliseconds(20);
  options.survey = std::chrono::milliseconds(50);
  options.pass = std::chrono::milliseconds(50);
  return options;
}

ConsumerOptions FastConsumer(const std::string& holder) {
  ConsumerOptions options;
  options.holder = holder;
  options.block = std::chrono::milliseconds(100);
  return options;
}

Pair::Pair(testing::RedisServer::Options options) : server(std::move(options)), redis(AddressOf(server)) {}

std::unique_ptr<Relay> Pair::NewRelay(RelayOptions options) {
  auto relay = std::make_unique<Relay>("source", source.ledger(), AddressOf(server), kPartitions,
                                       std::vector<std::string>{"sink"}, &clock, metrics, std::move(options));
  relay->Start();
  return relay;
}

std::unique_ptr<Consumer> Pair::NewConsumer(ConsumerOptions options, Handler handler) {
  auto consumer = std::make_unique<Consumer>("sink", "source", sink.ledger(), AddressOf(server), kPartitions,
                                             std::move(handler), &clock, metrics, std::move(options));
  consumer->Start();
  return consumer;
}

bool Pair::Caught() { return sink.Marks("source") == source.Ends(); }

void Pair::CheckAll(int count, int keys) {
  for (int i = 0; i < keys; ++i) {
    const std::string key = "k" + std::to_string(i);
    INFO(key);
    CHECK(sink.Read(key) == Counted(count / keys + (i < count % keys ? 1 : 0)));
  }
}

double MetricValue(metrics::Metrics& metrics, const std::string& line_start) {
  const std::string text = metrics.Scrape();
  const std::size_t at = ("\n" + text).find("\n" + line_start);
  if (at == std::string::npos) return 0;
  return std::stod(text.substr(at + line_start.size()));
}

}  // namespace jinqi::queue
