#include "services/policy_knowledge/kinds.h"

#include "common/clock/clock.h"
#include "jinqi/policy/v1/records.pb.h"
#include "services/policy_knowledge/document_number.h"
#include "services/policy_knowledge/policy.h"
#include "services/policy_knowledge/standard_answer.h"

namespace jinqi::policy {
namespace {

using ledger::ColumnType;
using ledger::Value;

constexpr std::string_view kMeasures = "/measures/";

absl::StatusOr<std::vector<Value>> ExtractPolicy(const std::string& body) {
  v1::PolicyRecord record;
  if (!record.ParseFromString(body)) return absl::DataLossError("body cannot be read");
  return std::vector<Value>{CanonicalNumber(record.policy().document_number()),
                            clock::FromProto(record.policy().update_time())};
}

absl::StatusOr<std::vector<Value>> ExtractMeasure(const std::string& body) {
  v1::Measure measure;
  if (!measure.ParseFromString(body)) return absl::DataLossError("body cannot be read");
  const std::string id = MeasureKey(measure.name()).id;
  return std::vector<Value>{id.substr(0, id.find('/')), std::int64_t{measure.place()}};
}

absl::StatusOr<std::vector<Value>> ExtractAnswer(const std::string& body) {
  v1::StandardAnswerRecord record;
  if (!record.ParseFromString(body)) return absl::DataLossError("body cannot be read");
  return std::vector<Value>{Value(UpdateTimeOf(record))};
}

absl::StatusOr<std::vector<Value>> ExtractGap(const std::string& body) {
  v1::KnowledgeGapRecord record;
  if (!record.ParseFromString(body)) return absl::DataLossError("body cannot be read");
  return std::vector<Value>{Value(clock::FromProto(record.gap().report_time()))};
}

}  // namespace

std::vector<ledger::Kind> Kinds() {
  ledger::Kind policy;
  policy.name = kPolicy;
  policy.columns = {{"document_number", ColumnType::kText}, {"update_time", ColumnType::kInteger}};
  policy.extract = ExtractPolicy;
  ledger::Kind measure;
  measure.name = kMeasure;
  measure.columns = {{"policy", ColumnType::kText}, {"place", ColumnType::kInteger}};
  measure.extract = ExtractMeasure;
  ledger::Kind answer;
  answer.name = kStandardAnswer;
  answer.columns = {{"update_time", ColumnType::kInteger}};
  answer.extract = ExtractAnswer;
  ledger::Kind gap;
  gap.name = kKnowledgeGap;
  gap.columns = {{"report_time", ColumnType::kInteger}};
  gap.extract = ExtractGap;
  return {std::move(policy), std::move(measure), std::move(answer), std::move(gap)};
}

ledger::Key StandardAnswerKey(const std::string& id) { return {kStandardAnswer, id}; }

ledger::Key KnowledgeGapKey(const std::string& order_no) { return {kKnowledgeGap, order_no}; }

ledger::Key PolicyKey(const std::string& id) { return {kPolicy, id}; }

ledger::Key MeasureKey(const std::string& name) {
  const std::size_t at = name.find(kMeasures);
  if (at == std::string::npos) return {kMeasure, ""};
  return {kMeasure, PolicyIdOf(name.substr(0, at)) + "/" + name.substr(at + kMeasures.size())};
}

}  // namespace jinqi::policy
