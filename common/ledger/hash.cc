#include "common/ledger/hash.h"

#include "common/ledger/codec.h"

namespace jinqi::ledger {

std::string ChainHasher::Finish() {
  hasher_.Update(buffer_);
  buffer_.clear();
  return hasher_.Finish();
}

std::string ChainHasher::RecordHash(const Record& record) {
  AppendText(buffer_, record.key.kind);
  AppendText(buffer_, record.key.id);
  AppendNumber(buffer_, record.version);
  AppendNumber(buffer_, record.sequence);
  AppendNumber(buffer_, record.time);
  AppendText(buffer_, record.body);
  AppendText(buffer_, EncodeTimers(record.timers));
  AppendNumber(buffer_, record.generation);
  AppendNumber(buffer_, record.sent);
  return Finish();
}

std::string ChainHasher::RowHash(std::string_view previous, const HistoryRow& row) {
  AppendText(buffer_, previous);
  AppendText(buffer_, row.tenant);
  AppendText(buffer_, row.key.kind);
  AppendText(buffer_, row.key.id);
  AppendNumber(buffer_, row.sequence);
  AppendNumber(buffer_, row.time);
  AppendText(buffer_, row.caller);
  AppendText(buffer_, row.method);
  AppendText(buffer_, row.type);
  AppendText(buffer_, row.data);
  AppendText(buffer_, row.record_hash);
  return Finish();
}

void ChainHasher::BeginBlock(const BlockRow& block) {
  AppendText(buffer_, block.previous);
  AppendText(buffer_, block.writer);
  AppendNumber(buffer_, block.sequence);
  AppendNumber(buffer_, block.time);
}

void ChainHasher::AddRow(std::string_view row_hash) { AppendText(buffer_, row_hash); }

std::string ChainHasher::EndBlock() { return Finish(); }

std::string ChainHasher::Scope(const Command& command) {
  AppendText(buffer_, command.caller);
  AppendText(buffer_, command.method);
  AppendText(buffer_, command.request_id);
  return Finish();
}

}  // namespace jinqi::ledger
