// The tree of matters: which leaf a new demand may be filed under, and where the demands of retired leaves count
// (INT-06).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "common/ledger/types.h"
#include "common/status/status.h"
#include "jinqi/intake/v1/intake_service.pb.h"

namespace jinqi::intake {

inline constexpr std::string_view kTreeKind = "category_tree";
inline constexpr std::string_view kForestKind = "category_forest";

// The record that says which tree is in force.
ledger::Key ForestKey();
// The record of a version; sorts by version.
ledger::Key TreeKey(std::int64_t version);

// One version, immutable.
class CategoryTree {
 public:
  explicit CategoryTree(v1::CategoryTree tree);

  const v1::CategoryTree& proto() const { return tree_; }
  std::int64_t version() const { return tree_.version(); }
  // nullptr: this version has no such code.
  const v1::Category* Find(std::string_view code) const;
  // The leaf for what is filed without a category; empty when the tree has none.
  const std::string& uncategorised() const { return uncategorised_; }

  struct Fault {
    Reason reason;
    Metadata metadata;
  };
  // nullopt when a new demand may be filed under `code`; else UNKNOWN_VALUE, CATEGORY_NOT_LEAF, or CATEGORY_RETIRED
  // with the metadata successor.
  std::optional<Fault> CheckLeaf(std::string_view code) const;

  // Where demands filed under `code` count in this version: itself, or the leaf at the end of its successors.
  std::string LiveLeaf(std::string_view code) const;

  // A leaf stands below the first level and has nothing below itself.
  bool IsLeaf(const v1::Category& category) const;

 private:
  v1::CategoryTree tree_;
  std::map<std::string, const v1::Category*, std::less<>> by_code_;
  std::map<std::string, int, std::less<>> children_;
  std::string uncategorised_;
};

// Every fault of a tree that is to follow `current` (nullptr: the first): codes, titles, parents, successors of what is
// retired, codes that were dropped, one leaf for the uncategorised. Fields are named `tree.categories[3].successor`.
Faults CheckTree(const v1::CategoryTree& tree, const v1::CategoryTree* current);

// Publishes `tree` as the version after `base`, the one in force when the command was made. ABORTED
// CATEGORY_TREE_VERSION when another was published meanwhile, or the tree names another version than the next.
absl::StatusOr<ledger::Outcome> DecidePublishTree(const ledger::View& view, const v1::CategoryTree& tree,
                                                  std::int64_t base);

}  // namespace jinqi::intake
