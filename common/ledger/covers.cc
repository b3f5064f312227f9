#include "common/ledger/covers.h"

#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/sm3.h"
#include "common/ledger/block_stream.h"
#include "common/ledger/hash.h"
#include "jinqi/events/v1/dead_letter_service.pb.h"

namespace jinqi::ledger {
namespace {

// The first columns of every question here are writer and block.
constexpr int kFirst = 2;
constexpr char kRequests[] =
    "SELECT writer, block, tenant, scope, hash, answer, expires FROM request WHERE block > 0 ORDER BY writer, block";
constexpr char kMessages[] =
    "SELECT o.writer, o.block, o.partition, o.position, o.tenant, o.id, o.key, o.key_sequence, o.type, o.payload, "
    "o.transient, o.time, o.traceparent, p.passed FROM outbox AS o JOIN outbox_partition AS p "
    "ON p.partition = o.partition WHERE o.block > 0 ORDER BY o.writer, o.block, o.partition, o.position";
constexpr char kMarks[] =
    "SELECT writer, block, source, partition, position FROM mark WHERE block > 0 ORDER BY writer, block";
constexpr char kLetters[] =
    "SELECT writer, block, tenant, source, partition, position, key, type, envelope, reason, time, sealed "
    "FROM dead_letter WHERE block > 0 ORDER BY writer, block";
// Of each partition: its number, last and passed position, and the least, the greatest and the number of what is there.
constexpr char kPartitions[] =
    "SELECT p.partition, p.last, p.passed, coalesce(min(o.position), p.last + 1), coalesce(max(o.position), p.last), "
    "count(o.position) FROM outbox_partition AS p LEFT JOIN outbox AS o ON o.partition = p.partition "
    "GROUP BY p.partition, p.last, p.passed ORDER BY p.partition";

std::string Place(const DeadLetter& letter) {
  return absl::StrCat("dead_letter/", letter.source, "/", letter.partition, "/", letter.position);
}

class CoverCheck {
 public:
  using Report = std::function<void(const char* what, std::string where)>;

  CoverCheck(Database& database, const std::map<std::string, BlockRow>& heads, const Report& report)
      : database_(database), heads_(heads), report_(report) {}

  absl::Status Run() {
    RETURN_IF_ERROR(CheckRequests());
    RETURN_IF_ERROR(CheckMessages());
    RETURN_IF_ERROR(CheckPositions());
    RETURN_IF_ERROR(CheckMarks());
    return CheckLetters();
  }

 private:
  // The blocks beside a scan in their order.
  class Cursor {
   public:
    explicit Cursor(Database& database) : blocks_(&database) {}

    // nullptr: there is no such block.
    const BlockRow* Find(const std::string& writer, std::int64_t sequence) {
      const auto wanted = std::tie(writer, sequence);
      const BlockRow* block = blocks_.Peek();
      for (; block != nullptr && std::tie(block->writer, block->sequence) < wanted; block = blocks_.Peek()) {
        blocks_.Pop();
      }
      return block != nullptr && std::tie(block->writer, block->sequence) == wanted ? block : nullptr;
    }

   private:
    BlockStream blocks_;
  };

  // Calls `visit` with each row and its block, or nullptr where that does not exist; leaves out what is too new.
  absl::Status Scan(const char* sql, const std::function<void(const Cells&, const BlockRow*)>& visit) {
    Cursor cursor(database_);
    return database_.ScanCells(sql, [&](const Cells& row) {
      const std::string writer = row.Bytes(0);
      const std::int64_t block = row.Number(1);
      const auto head = heads_.find(writer);
      const bool newer = head == heads_.end() || block > head->second.sequence;
      if (!newer) visit(row, cursor.Find(writer, block));
      return absl::OkStatus();
    });
  }

  // Where among the covers of its block a row stands.
  static std::optional<std::size_t> CoverAt(const BlockRow* block, const std::string& cover) {
    if (block == nullptr) return std::nullopt;
    for (std::size_t at = 0; at + kCoverBytes <= block->covers.size(); at += kCoverBytes) {
      if (block->covers.compare(at, kCoverBytes, cover) == 0) return at;
    }
    return std::nullopt;
  }

  absl::Status CheckRequests() {
    return Scan(kRequests, [this](const Cells& row, const BlockRow* block) {
      int column = kFirst;
      RequestRow request;
      request.tenant = row.Bytes(column++);
      request.scope = row.Bytes(column++);
      request.hash = row.Bytes(column++);
      request.answer = row.Bytes(column++);
      request.expires = row.Number(column++);
      if (CoverAt(block, hasher_.CoverOf(request)).has_value()) return;
      report_("CHANGED_REQUEST", absl::StrCat(request.tenant, "/request/", crypto::Hex(request.scope)));
    });
  }

  absl::Status CheckMessages() {
    // Of the writer that is being read: where its last message in a partition stands.
    struct Last {
      std::int64_t position = 0;
      std::int64_t block = 0;
      std::size_t cover = 0;
    };
    std::string writer;
    std::map<int, Last> lasts;
    return Scan(kMessages, [&](const Cells& row, const BlockRow* block) {
      int column = kFirst;
      OutboxRow message;
      message.partition = static_cast<int>(row.Number(column++));
      message.position = row.Number(column++);
      message.tenant = row.Bytes(column++);
      message.id = row.Bytes(column++);
      message.key = row.Bytes(column++);
      message.key_sequence = row.Number(column++);
      message.type = row.Bytes(column++);
      message.payload = row.Bytes(column++);
      message.transient = row.Number(column++) != 0;
      message.time = row.Number(column++);
      message.traceparent = row.Bytes(column++);
      const std::int64_t passed = row.Number(column++);
      if (row.Bytes(0) != writer) lasts.clear();
      writer = row.Bytes(0);
      // Erased in order when all had passed it.
      if (message.transient && message.payload.empty() && message.position <= passed) return;
      const auto cover = CoverAt(block, hasher_.CoverOf(message));
      Last& last = lasts[message.partition];
      const bool behind = message.position > last.position &&
                          (block == nullptr || block->sequence > last.block || cover.value_or(0) > last.cover);
      if (!cover.has_value() || (last.position > 0 && !behind)) {
        report_("CHANGED_MESSAGE", absl::StrCat("outbox/", message.partition, "/", message.position));
      }
      if (block != nullptr) last = {message.position, block->sequence, cover.value_or(0)};
    });
  }

  // That none is missing between the oldest and the end, nor before it one that was not passed.
  absl::Status CheckPositions() {
    return database_.ScanCells(kPartitions, [this](const Cells& row) {
      const std::int64_t last = row.Number(1);
      const std::int64_t passed = row.Number(2);
      const std::int64_t first = row.Number(3);
      const bool gapless = row.Number(4) == last && row.Number(5) == last - first + 1;
      if (!gapless || first > passed + 1) report_("MISSING_MESSAGE", absl::StrCat("outbox/", row.Number(0)));
      return absl::OkStatus();
    });
  }

  absl::Status CheckMarks() {
    return Scan(kMarks, [this](const Cells& row, const BlockRow* block) {
      const Mark mark{row.Bytes(kFirst), static_cast<int>(row.Number(kFirst + 1)), row.Number(kFirst + 2)};
      if (CoverAt(block, hasher_.CoverOf(mark)).has_value()) return;
      report_("CHANGED_MARK", absl::StrCat("mark/", mark.source, "/", mark.partition));
    });
  }

  absl::Status CheckLetters() {
    RETURN_IF_ERROR(Scan(kLetters, [this](const Cells& row, const BlockRow* block) {
      int column = kFirst;
      DeadLetter letter;
      letter.tenant = row.Bytes(column++);
      letter.source = row.Bytes(column++);
      letter.partition = static_cast<int>(row.Number(column++));
      letter.position = row.Number(column++);
      letter.key = row.Bytes(column++);
      letter.type = row.Bytes(column++);
      letter.envelope = row.Bytes(column++);
      letter.reason = row.Bytes(column++);
      letter.time = row.Number(column++);
      letter.sealed = row.Number(column++) != 0;
      if (!CoverAt(block, hasher_.CoverOf(letter)).has_value()) report_("CHANGED_LETTER", Place(letter));
    }));
    // What the logs say, and what is there, in one snapshot each.
    const std::string same = "d.source = l.source AND d.partition = l.partition AND d.position = l.position";
    const auto parked = static_cast<int>(events::v1::DEAD_LETTER_STATE_PARKED);
    const auto told = [this](const char* what) {
      return [this, what](const Cells& row) {
        report_(what, absl::StrCat("dead_letter/", row.Bytes(0), "/", row.Number(1), "/", row.Number(2)));
        return absl::OkStatus();
      };
    };
    RETURN_IF_ERROR(database_.ScanCells(
        absl::StrCat("SELECT l.source, l.partition, l.position FROM dead_letter_log AS l WHERE l.state = ", parked,
                     " AND NOT EXISTS (SELECT 1 FROM dead_letter AS d WHERE ", same,
                     ") ORDER BY l.source, l.partition, l.position"),
        told("MISSING_LETTER")));
    return database_.ScanCells(
        absl::StrCat("SELECT d.source, d.partition, d.position FROM dead_letter AS d WHERE d.block > 0 AND NOT EXISTS ",
                     "(SELECT 1 FROM dead_letter_log AS l WHERE ", same, " AND l.state = ", parked,
                     ") ORDER BY d.source, d.partition, d.position"),
        told("CHANGED_LETTER"));
  }

  Database& database_;
  const std::map<std::string, BlockRow>& heads_;
  const Report& report_;
  ChainHasher hasher_;
};

}  // namespace

absl::Status CheckCovers(Database& database, const std::map<std::string, BlockRow>& heads,
                         const std::function<void(const char* what, std::string where)>& report) {
  return CoverCheck(database, heads, report).Run();
}

}  // namespace jinqi::ledger
