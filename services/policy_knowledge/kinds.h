// The records of this service.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/ledger/types.h"

namespace jinqi::policy {

inline constexpr char kPolicy[] = "policy";
inline constexpr char kMeasure[] = "measure";
inline constexpr char kStandardAnswer[] = "standard_answer";
inline constexpr char kKnowledgeGap[] = "knowledge_gap";

// policy: PolicyRecord by its id; measure: Measure by `<policy>/<measure>`; standard_answer: StandardAnswerRecord by
// its id; knowledge_gap: KnowledgeGapRecord by order number.
std::vector<ledger::Kind> Kinds();

// File name to SQL.
extern const std::map<std::string, std::string> kMigrations;

ledger::Key PolicyKey(const std::string& id);
ledger::Key StandardAnswerKey(const std::string& id);
ledger::Key KnowledgeGapKey(const std::string& order_no);
// `name`: policies/<policy>/measures/<measure>.
ledger::Key MeasureKey(const std::string& name);

}  // namespace jinqi::policy
