#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/crypto/sm3.h"
#include "common/ledger/block_stream.h"
#include "common/ledger/codec.h"
#include "common/ledger/covers.h"
#include "common/ledger/driver.h"
#include "common/ledger/hash.h"
#include "common/ledger/letter_log.h"
#include "common/ledger/sql.h"
#include "common/status/status.h"

namespace jinqi::ledger {
namespace {

// A record that changes while it is read is read again so often.
constexpr int kReadings = 5;
constexpr std::size_t kNewerChecked = 1024;

std::string Place(const std::string& tenant, const Key& key) {
  return absl::StrCat(tenant, "/", key.kind, "/", key.id);
}

std::string Place(const HistoryRow& row) { return absl::StrCat(Place(row.tenant, row.key), "#", row.sequence); }

std::string Place(const std::string& writer, std::int64_t block) { return absl::StrCat(writer, "/", block); }

class Verifier {
 public:
  using OpenPerson = std::function<absl::StatusOr<std::string>(const std::string&)>;

  Verifier(Database* database, const std::vector<Kind>& kinds, const OpenPerson& open_person)
      : database_(database), open_person_(open_person) {
    for (const Kind& kind : kinds) kinds_.emplace(kind.name, &kind);
  }

  absl::Status Run(const std::vector<BlockRow>& anchors) {
    RETURN_IF_ERROR(CheckBlockChain(anchors));
    RETURN_IF_ERROR(CheckBlocks());
    RETURN_IF_ERROR(CheckNewer());
    RETURN_IF_ERROR(CheckHistory());
    RETURN_IF_ERROR(CheckRecords());
    return CheckCovers(*database_, heads_,
                       [this](const char* what, std::string where) { Report(what, std::move(where)); });
  }

  Verification Take() { return std::move(found_); }

 private:
  void Report(const char* what, std::string where) { found_.findings.push_back({what, std::move(where)}); }

  // That each block continues the one before it, and that earlier heads are still there.
  absl::Status CheckBlockChain(const std::vector<BlockRow>& anchors) {
    std::map<std::pair<std::string, std::int64_t>, std::string> expected;
    for (const BlockRow& anchor : anchors) {
      if (anchor.sequence > 0) expected[{anchor.writer, anchor.sequence}] = anchor.hash;
    }
    RETURN_IF_ERROR(database_->ScanBlocks([this, &expected](const BlockRow& block) {
      ++found_.blocks;
      auto [head, first] = heads_.emplace(block.writer, BlockRow{});
      if (block.sequence != head->second.sequence + 1) {
        Report("MISSING_ROW", Place(block.writer, head->second.sequence + 1));
      } else if (block.previous != head->second.hash) {
        Report("BROKEN_BLOCK", Place(block.writer, block.sequence));
      }
      head->second = block;
      const auto anchor = expected.find({block.writer, block.sequence});
      if (anchor == expected.end()) return absl::OkStatus();
      if (anchor->second != block.hash) Report("BROKEN_BLOCK", Place(block.writer, block.sequence));
      expected.erase(anchor);
      return absl::OkStatus();
    }));
    for (const auto& [place, hash] : expected) Report("MISSING_TAIL", Place(place.first, place.second));
    for (const auto& [writer, head] : heads_) found_.heads.push_back(head);
    return absl::OkStatus();
  }

  // Each block against its rows, as far as the heads of the first scan: what is written meanwhile is for the next time.
  absl::Status CheckBlocks() {
    BlockStream blocks(database_);
    BlockRow open;
    std::int64_t rows = 0;
    const auto close = [&] {
      if (open.sequence == 0) return;
      const bool complete = rows == open.rows;
      const bool same = hasher_.EndBlock(open.covers) == open.hash;
      if (!complete) {
        Report("MISSING_ROW", absl::StrCat(Place(open.writer, open.sequence), ": ", rows, " of ", open.rows, " rows"));
      } else if (!same) {
        Report("BROKEN_BLOCK", Place(open.writer, open.sequence));
      }
      open = BlockRow{};
    };
    // Opens and closes blocks up to the one that the row belongs to; all of them without a row.
    const auto advance = [&](const HistoryRow* row) {
      while (const BlockRow* next = blocks.Peek()) {
        const auto place = std::tie(next->writer, next->sequence);
        if (row != nullptr && place > std::tie(row->writer, row->block)) return;
        close();
        if (next->sequence <= heads_[next->writer].sequence) {
          open = *next;
          rows = 0;
          hasher_.BeginBlock(open);
        }
        blocks.Pop();
      }
      if (row == nullptr) close();
    };
    RETURN_IF_ERROR(database_->ScanHistoryByBlock([&](const HistoryRow& row) {
      if (row.block > heads_[row.writer].sequence) {
        if (newer_.size() < kNewerChecked) newer_.emplace(row.writer, row.block);
        return absl::OkStatus();
      }
      if (row.writer != open.writer || row.block != open.sequence) advance(&row);
      if (row.writer != open.writer || row.block != open.sequence) {
        Report("BROKEN_BLOCK", absl::StrCat(Place(row.writer, row.block), ": no such block"));
        return absl::OkStatus();
      }
      ++rows;
      hasher_.AddRow(row.hash);
      return absl::OkStatus();
    }));
    advance(nullptr);
    return blocks.status();
  }

  // Rows of blocks after the heads were written meanwhile, or have lost their block.
  absl::Status CheckNewer() {
    if (newer_.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(database_->ScanBlocks([this](const BlockRow& block) {
      newer_.erase({block.writer, block.sequence});
      return absl::OkStatus();
    }));
    for (const auto& [writer, block] : newer_) {
      Report("BROKEN_BLOCK", absl::StrCat(Place(writer, block), ": no such block"));
    }
    return absl::OkStatus();
  }

  // Each row against the row before it, and the record against the last.
  absl::Status CheckHistory() {
    HistoryRow last;
    bool any = false;
    ChainHasher chain;
    const absl::Status scanned = database_->ScanHistory([&](const HistoryRow& row) -> absl::Status {
      ++found_.rows;
      const bool same = any && row.tenant == last.tenant && row.key == last.key;
      if (any && !same) RETURN_IF_ERROR(CheckRecord(last));
      const std::int64_t expected = same ? last.sequence + 1 : 1;
      if (row.sequence != expected) {
        Report("MISSING_ROW", absl::StrCat(Place(row.tenant, row.key), "#", expected));
      } else if (chain.RowHash(same ? last.hash : "", row) != row.hash) {
        Report("CHANGED_ROW", Place(row));
      }
      last = row;
      any = true;
      return absl::OkStatus();
    });
    RETURN_IF_ERROR(scanned);
    return any ? CheckRecord(last) : absl::OkStatus();
  }

  absl::Status CheckRecord(HistoryRow last) {
    const auto kind = kinds_.find(last.key.kind);
    if (kind == kinds_.end()) return absl::OkStatus();
    for (int reading = 0;; ++reading) {
      ASSIGN_OR_RETURN(const auto record, database_->reader().Get(last.tenant, last.key));
      if (!record.has_value()) {
        Report("MISSING_RECORD", Place(last.tenant, last.key));
        return absl::OkStatus();
      }
      // A live database may have gone on since the row was read.
      if (record->sequence > last.sequence && reading < kReadings) {
        ASSIGN_OR_RETURN(const auto rows, database_->reader().History(last.tenant, last.key));
        if (!rows.empty() && rows.back().sequence > last.sequence) {
          last = rows.back();
          continue;
        }
      }
      ++with_history_[last.key.kind];
      CompareRecord(last, *record);
      return CheckPerson(*kind->second, last.tenant, *record);
    }
  }

  void CompareRecord(const HistoryRow& last, const Record& record) {
    if (record.sequence > last.sequence) {
      Report("MISSING_TAIL", absl::StrCat(Place(last.tenant, last.key), "#", last.sequence + 1));
    } else if (record.sequence != last.sequence || record.head != last.hash ||
               hasher_.RecordHash(record) != last.record_hash) {
      changed_.insert(Place(last.tenant, last.key));
      Report("CHANGED_RECORD", Place(last.tenant, last.key));
    }
  }

  absl::Status CheckPerson(const Kind& kind, const std::string& tenant, const Record& record) {
    if (kind.person_digest == nullptr) return absl::OkStatus();
    const std::string digest = kind.person_digest(record.body);
    if (digest.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const auto person, database_->reader().FindPerson(tenant, record.key.id));
    if (!person.has_value()) return CheckErased(tenant, record.key, digest);
    if (open_person_ == nullptr) return absl::OkStatus();
    const auto values = open_person_(person->sealed);
    if (!values.ok() || crypto::Sm3(*values) != digest) Report("CHANGED_PERSON", Place(tenant, record.key));
    return absl::OkStatus();
  }

  absl::Status CheckErased(const std::string& tenant, const Key& key, const std::string& digest) {
    ASSIGN_OR_RETURN(const auto rows, database_->reader().History(tenant, key));
    const bool erased = std::any_of(rows.begin(), rows.end(), [&digest](const HistoryRow& row) {
      return row.type == kPersonErased && row.data == digest;
    });
    if (erased) {
      ++found_.erased;
    } else {
      Report("MISSING_PERSON", Place(tenant, key));
    }
    return absl::OkStatus();
  }

  // Counts the records and compares what they are found by; one without history is searched for only where there are
  // more records than histories.
  absl::Status CheckRecords() {
    for (const auto& [name, kind] : kinds_) {
      std::int64_t count = 0;
      RETURN_IF_ERROR(database_->ScanRecords(
          *kind, [&, kind = kind](const std::string& tenant, const Record& record, const IndexRow& index) {
            ++count;
            const std::string place = Place(tenant, record.key);
            // Its columns may well fit the body that it had.
            if (!changed_.contains(place) && !Fits(*kind, record, index)) Report("CHANGED_INDEX", place);
            return absl::OkStatus();
          }));
      found_.records += count;
      if (count <= with_history_[name]) continue;
      RETURN_IF_ERROR(
          database_->ScanRecords(*kind, [this](const std::string& tenant, const Record& record, const IndexRow&) {
            return CheckHasHistory(tenant, record);
          }));
    }
    return absl::OkStatus();
  }

  // Whether the index columns, the side rows and the time at which it is due are those of the record.
  static bool Fits(const Kind& kind, const Record& record, const IndexRow& index) {
    const auto due = EarliestDue(record.timers);
    if (index.due != (due.has_value() ? Value(*due) : Value())) return false;
    if (kind.extract != nullptr) {
      const auto columns = kind.extract(record.body);
      if (!columns.ok() || *columns != index.columns) return false;
    }
    std::vector<std::vector<std::string>> sides;
    if (kind.extract_sides != nullptr) {
      auto extracted = kind.extract_sides(record.body);
      if (!extracted.ok()) return false;
      sides = *std::move(extracted);
    }
    sides.resize(kind.sides.size());
    for (std::size_t i = 0; i < sides.size(); ++i) {
      if (SideText(std::move(sides[i])) != index.sides[i]) return false;
    }
    return true;
  }

  absl::Status CheckHasHistory(const std::string& tenant, const Record& record) {
    ASSIGN_OR_RETURN(const auto rows, database_->reader().History(tenant, record.key));
    if (rows.empty()) Report("MISSING_TAIL", Place(tenant, record.key) + "#1");
    return absl::OkStatus();
  }

  Database* const database_;
  const OpenPerson& open_person_;
  std::map<std::string, const Kind*> kinds_;
  std::map<std::string, BlockRow> heads_;
  std::set<std::pair<std::string, std::int64_t>> newer_;
  std::map<std::string, std::int64_t> with_history_;
  // Places of the records that are not those of their history.
  std::set<std::string> changed_;
  ChainHasher hasher_;
  Verification found_;
};

}  // namespace

absl::StatusOr<Verification> Verify(const std::string& database, std::vector<Kind> kinds,
                                    const std::vector<BlockRow>& anchors,
                                    const std::function<absl::StatusOr<std::string>(const std::string&)>& open_person) {
  Options options;
  options.database = database;
  options.readers = 1;
  kinds.push_back(LetterLogKind());
  ASSIGN_OR_RETURN(auto opened, OpenDatabase(kinds, options));
  Verifier verifier(opened.get(), kinds, open_person);
  RETURN_IF_ERROR(verifier.Run(anchors));
  return verifier.Take();
}

}  // namespace jinqi::ledger
