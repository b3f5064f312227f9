#include "services/intake/categories.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/clock/clock.h"
#include "common/text/text.h"
#include "jinqi/intake/v1/records.pb.h"

namespace jinqi::intake {
namespace {

constexpr int kMaxCategories = 2000;
constexpr std::size_t kMaxCode = 20;
constexpr std::size_t kMaxTitle = 60;
// Levels of a tree; deeper chains of parents are a circle.
constexpr int kMaxLevels = 6;

bool IsCode(std::string_view code) {
  return !code.empty() && code.size() <= kMaxCode && std::all_of(code.begin(), code.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Whether the parents of a category lead to a first level, through live ones where it is live itself.
bool HasRoot(const CategoryTree& tree, const v1::Category& category) {
  const v1::Category* at = &category;
  for (int level = 0; level < kMaxLevels; ++level) {
    if (at->parent().empty()) return true;
    const v1::Category* parent = tree.Find(at->parent());
    if (parent == nullptr || (parent->retired() && !category.retired())) return false;
    at = parent;
  }
  return false;
}

void CheckCategory(const CategoryTree& tree, const v1::Category& category, const std::string& field, Faults& faults) {
  if (category.code().empty()) {
    faults.Add(field + ".code", config::v1::REASON_REQUIRED);
  } else if (!IsCode(category.code())) {
    faults.Add(field + ".code", config::v1::REASON_FORMAT);
  }
  const std::string title = text::SingleLine(category.title());
  if (title.empty()) faults.Add(field + ".title", config::v1::REASON_REQUIRED);
  if (text::CodePoints(title) > kMaxTitle) faults.Add(field + ".title", config::v1::REASON_TOO_LONG);
  if (!HasRoot(tree, category)) {
    faults.Add(field + ".parent", config::v1::REASON_CATEGORY_PARENT, {{"parent", category.parent()}});
  }
  if (!category.retired() || !tree.IsLeaf(category)) return;
  if (category.successor().empty()) {
    faults.Add(field + ".successor", config::v1::REASON_REQUIRED);
  } else if (const v1::Category* end = tree.Find(tree.LiveLeaf(category.code()));
             end == nullptr || end->retired() || !tree.IsLeaf(*end)) {
    faults.Add(field + ".successor", config::v1::REASON_CATEGORY_SUCCESSOR, {{"successor", category.successor()}});
  }
}

}  // namespace

ledger::Key ForestKey() { return {std::string(kForestKind), "current"}; }

ledger::Key TreeKey(std::int64_t version) { return {std::string(kTreeKind), absl::StrFormat("%010d", version)}; }

CategoryTree::CategoryTree(v1::CategoryTree tree) : tree_(std::move(tree)) {
  for (const v1::Category& category : tree_.categories()) {
    by_code_.emplace(category.code(), &category);
    if (!category.parent().empty()) ++children_[category.parent()];
  }
  for (const v1::Category& category : tree_.categories()) {
    if (category.uncategorised() && !category.retired() && IsLeaf(category)) uncategorised_ = category.code();
  }
}

const v1::Category* CategoryTree::Find(std::string_view code) const {
  const auto found = by_code_.find(code);
  return found == by_code_.end() ? nullptr : found->second;
}

bool CategoryTree::IsLeaf(const v1::Category& category) const {
  return !category.parent().empty() && !children_.contains(category.code());
}

std::optional<CategoryTree::Fault> CategoryTree::CheckLeaf(std::string_view code) const {
  const v1::Category* category = Find(code);
  if (category == nullptr) return Fault{config::v1::REASON_UNKNOWN_VALUE, {}};
  if (!IsLeaf(*category)) return Fault{config::v1::REASON_CATEGORY_NOT_LEAF, {}};
  if (category->retired()) return Fault{config::v1::REASON_CATEGORY_RETIRED, {{"successor", LiveLeaf(code)}}};
  return std::nullopt;
}

std::string CategoryTree::LiveLeaf(std::string_view code) const {
  std::string at(code);
  // A chain cannot be longer than the tree; a circle ends there and stays retired.
  for (int step = 0; step < tree_.categories_size(); ++step) {
    const v1::Category* category = Find(at);
    if (category == nullptr || !category->retired() || category->successor().empty()) return at;
    at = category->successor();
  }
  return at;
}

Faults CheckTree(const v1::CategoryTree& tree, const v1::CategoryTree* current) {
  Faults faults;
  if (tree.categories().empty()) faults.Add("tree.categories", config::v1::REASON_REQUIRED);
  if (tree.categories_size() > kMaxCategories) {
    faults.Add("tree.categories", config::v1::REASON_TOO_LONG);
    return faults;
  }
  const CategoryTree built(tree);
  std::set<std::string> codes;
  int uncategorised = 0;
  for (int i = 0; i < tree.categories_size(); ++i) {
    const v1::Category& category = tree.categories(i);
    const std::string field = absl::StrCat("tree.categories[", i, "]");
    if (!category.code().empty() && !codes.insert(category.code()).second) {
      faults.Add(field + ".code", config::v1::REASON_ALREADY_EXISTS);
    }
    CheckCategory(built, category, field, faults);
    uncategorised += category.uncategorised() && !category.retired() && built.IsLeaf(category) ? 1 : 0;
  }
  if (uncategorised != 1 && !tree.categories().empty()) {
    faults.Add("tree.categories", config::v1::REASON_CATEGORY_UNCATEGORISED);
  }
  if (current == nullptr) return faults;
  for (const v1::Category& category : current->categories()) {
    if (codes.contains(category.code())) continue;
    faults.Add("tree.categories", config::v1::REASON_CATEGORY_CODE_DROPPED, {{"code", category.code()}});
  }
  return faults;
}

absl::StatusOr<ledger::Outcome> DecidePublishTree(const ledger::View& view, const v1::CategoryTree& tree,
                                                  std::int64_t base) {
  v1::CategoryForestRecord forest;
  if (view.Find(ForestKey()) != nullptr) {
    ASSIGN_OR_RETURN(forest, view.Read<v1::CategoryForestRecord>(ForestKey()));
  }
  const std::int64_t next = base + 1;
  if (forest.version() != base || (tree.version() != 0 && tree.version() != next)) {
    return Error(config::v1::REASON_CATEGORY_TREE_VERSION, {{"version", absl::StrCat(forest.version())}});
  }
  v1::CategoryTreeRecord record;
  *record.mutable_tree() = tree;
  record.mutable_tree()->set_name(absl::StrCat("categoryTrees/", next));
  record.mutable_tree()->set_version(next);
  *record.mutable_tree()->mutable_publish_time() = clock::ToProto(view.now());
  forest.set_version(next);

  v1::DemandNote note;
  note.set_what("CATEGORY_TREE_PUBLISHED");
  note.set_detail(absl::StrCat(next));
  const ledger::Event event{"CategoryTreePublished", note.SerializeAsString(), std::nullopt};
  ledger::Outcome outcome;
  outcome.changes.push_back({ForestKey(), forest.SerializeAsString(), std::nullopt, {event}});
  outcome.changes.push_back({TreeKey(next), record.SerializeAsString(), std::nullopt, {event}});
  outcome.answer = record.tree().SerializeAsString();
  return outcome;
}

}  // namespace jinqi::intake
