// The chain: what is hashed for a record, a history row and a block (SEC-01). Every field goes in with its length.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/sm3.h"
#include "common/ledger/types.h"

namespace jinqi::ledger {

class ChainHasher {
 public:
  // Over kind, id, version, sequence, time, body, timers, generation and sent; 32 bytes.
  std::string RecordHash(const Record& record);
  // Over the hash of the row before it (empty for the first) and everything in the row but its place in the blocks.
  std::string RowHash(std::string_view previous, const HistoryRow& row);
  // Over the previous block's hash, writer, sequence, time and the hashes of its rows: Begin, Add for each, End.
  void BeginBlock(const BlockRow& block);
  void AddRow(std::string_view row_hash);
  std::string EndBlock();
  // What a request id is known under: SM3 over caller, method and request id.
  std::string Scope(const Command& command);

 private:
  std::string Finish();

  crypto::Sm3Hasher hasher_;
  std::string buffer_;
};

}  // namespace jinqi::ledger
