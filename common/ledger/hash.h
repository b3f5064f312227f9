// The chain: what is hashed for a record, a history row and a block (SEC-01). Every field goes in with its length.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/sm3.h"
#include "common/ledger/driver.h"
#include "common/ledger/types.h"

namespace jinqi::ledger {

inline constexpr std::size_t kCoverBytes = 16;
// The event of a record whose person row was erased; its data is the digest of what was erased.
inline constexpr char kPersonErased[] = "PersonErased";

class ChainHasher {
 public:
  // Over kind, id, version, sequence, time, body, timers, generation and sent; 32 bytes.
  std::string RecordHash(const Record& record);
  // Over the hash of the row before it (empty for the first) and everything in the row but its place in the blocks.
  std::string RowHash(std::string_view previous, const HistoryRow& row);
  // Over the previous block's hash, writer, sequence, time, the hashes of its rows and what else it covers: Begin, Add
  // for each, End.
  void BeginBlock(const BlockRow& block);
  void AddRow(std::string_view row_hash);
  std::string EndBlock(std::string_view covers);
  // kCoverBytes of the hash over a row that is no history: all of it but its block, and of a message its position,
  // which the commit gives.
  std::string CoverOf(const RequestRow& row);
  std::string CoverOf(const OutboxRow& row);
  std::string CoverOf(const Mark& row);
  std::string CoverOf(const DeadLetter& row);
  // What a request id is known under: SM3 over caller, method and request id.
  std::string Scope(const Command& command);

 private:
  std::string Finish();
  std::string FinishCover();

  crypto::Sm3Hasher hasher_;
  std::string buffer_;
};

}  // namespace jinqi::ledger
