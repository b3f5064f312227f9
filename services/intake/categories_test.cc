#include "services/intake/categories.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "services/intake/test_book.h"

namespace jinqi::intake {
namespace {

using Fields = std::map<std::string, std::string>;

void Add(v1::CategoryTree& tree, const std::string& code, const std::string& parent,
         const std::string& successor = "") {
  v1::Category& category = *tree.add_categories();
  category.set_code(code);
  category.set_parent(parent);
  category.set_title("事项" + code);
  category.set_retired(!successor.empty());
  category.set_successor(successor);
}

// A: A1 (A1-1, A1-2), Z: Z1 with the leaf of the uncategorised.
v1::CategoryTree SmallTree() {
  v1::CategoryTree tree;
  Add(tree, "A", "");
  Add(tree, "A1", "A");
  Add(tree, "A1-1", "A1");
  Add(tree, "A1-2", "A1");
  Add(tree, "Z", "");
  Add(tree, "Z1", "Z");
  tree.mutable_categories(5)->set_uncategorised(true);
  return tree;
}

TEST_CASE("the tree that is shipped stands, with 35 measures at its second level", "[INT-06]") {
  const v1::CategoryTree shipped = testing::Must(LoadCategoryTree(TestConfig()));
  CHECK_OK(CheckTree(shipped, nullptr).ToStatus());
  const CategoryTree tree(shipped);
  int measures = 0, leaves = 0, self_dispatch = 0;
  for (const v1::Category& category : shipped.categories()) {
    measures += category.code().size() == 3 && category.code()[0] != 'Z' ? 1 : 0;
    leaves += tree.IsLeaf(category) ? 1 : 0;
    self_dispatch += category.self_dispatch() ? 1 : 0;
    CHECK((!category.self_dispatch() || tree.IsLeaf(category)));
  }
  CHECK(measures == 35);
  CHECK(leaves > 100);
  CHECK(self_dispatch > 0);
  CHECK(tree.uncategorised() == "Z01-99");
  CHECK(tree.Find("A02-05") != nullptr);
}

TEST_CASE("every fault of a tree is told", "[INT-06]") {
  struct Row {
    std::string id;
    std::function<void(v1::CategoryTree&)> change;
    Fields faults;
  };
  const std::vector<Row> rows = {
      {"good", [](auto&) {}, {}},
      {"empty", [](auto& t) { t.clear_categories(); }, {{"tree.categories", "REQUIRED"}}},
      {"no code", [](auto& t) { t.mutable_categories(2)->clear_code(); }, {{"tree.categories[2].code", "REQUIRED"}}},
      {"code of other letters",
       [](auto& t) { t.mutable_categories(2)->set_code("a1-1"); },
       {{"tree.categories[2].code", "FORMAT"}}},
      {"code at its limit", [](auto& t) { t.mutable_categories(2)->set_code(std::string(20, 'A')); }, {}},
      {"code beyond",
       [](auto& t) { t.mutable_categories(2)->set_code(std::string(21, 'A')); },
       {{"tree.categories[2].code", "FORMAT"}}},
      {"code twice",
       [](auto& t) { t.mutable_categories(3)->set_code("A1-1"); },
       {{"tree.categories[3].code", "ALREADY_EXISTS"}}},
      {"no title",
       [](auto& t) { t.mutable_categories(2)->set_title(" "); },
       {{"tree.categories[2].title", "REQUIRED"}}},
      {"title at its limit", [](auto& t) { t.mutable_categories(2)->set_title(std::string(60, 'x')); }, {}},
      {"title beyond",
       [](auto& t) { t.mutable_categories(2)->set_title(std::string(61, 'x')); },
       {{"tree.categories[2].title", "TOO_LONG"}}},
      {"unknown parent",
       [](auto& t) { t.mutable_categories(2)->set_parent("B1"); },
       {{"tree.categories[2].parent", "CATEGORY_PARENT"}}},
      {"its own parent",
       [](auto& t) { t.mutable_categories(2)->set_parent("A1-1"); },
       {{"tree.categories[2].parent", "CATEGORY_PARENT"}}},
      {"live below a retired one",
       [](auto& t) { t.mutable_categories(1)->set_retired(true); },
       {{"tree.categories[2].parent", "CATEGORY_PARENT"}, {"tree.categories[3].parent", "CATEGORY_PARENT"}}},
      {"retired without successor",
       [](auto& t) { t.mutable_categories(2)->set_retired(true); },
       {{"tree.categories[2].successor", "REQUIRED"}}},
      {"retired with successor",
       [](auto& t) {
         t.mutable_categories(2)->set_retired(true);
         t.mutable_categories(2)->set_successor("A1-2");
       },
       {}},
      {"successor unknown",
       [](auto& t) {
         t.mutable_categories(2)->set_retired(true);
         t.mutable_categories(2)->set_successor("A9");
       },
       {{"tree.categories[2].successor", "CATEGORY_SUCCESSOR"}}},
      {"successor no leaf",
       [](auto& t) {
         t.mutable_categories(2)->set_retired(true);
         t.mutable_categories(2)->set_successor("A1");
       },
       {{"tree.categories[2].successor", "CATEGORY_SUCCESSOR"}}},
      {"successors in a circle",
       [](auto& t) {
         for (const auto& [index, to] : {std::pair(2, "A1-2"), std::pair(3, "A1-1")}) {
           t.mutable_categories(index)->set_retired(true);
           t.mutable_categories(index)->set_successor(to);
         }
       },
       {{"tree.categories[2].successor", "CATEGORY_SUCCESSOR"},
        {"tree.categories[3].successor", "CATEGORY_SUCCESSOR"}}},
      {"none uncategorised",
       [](auto& t) { t.mutable_categories(5)->set_uncategorised(false); },
       {{"tree.categories", "CATEGORY_UNCATEGORISED"}}},
      {"two uncategorised",
       [](auto& t) { t.mutable_categories(2)->set_uncategorised(true); },
       {{"tree.categories", "CATEGORY_UNCATEGORISED"}}},
      {"a code dropped",
       [](auto& t) {
         t.mutable_categories()->SwapElements(3, 5);
         t.mutable_categories()->RemoveLast();
       },
       {{"tree.categories", "CATEGORY_CODE_DROPPED"}}},
  };
  v1::CategoryTree before = SmallTree();
  for (const Row& row : rows) {
    INFO(row.id);
    v1::CategoryTree tree = SmallTree();
    row.change(tree);
    // Where codes change on purpose only the new tree counts.
    const bool codes_changed = row.id.find("code") != std::string::npos || row.id == "empty";
    const bool dropped = row.id == "a code dropped";
    CHECK(FieldsOf(CheckTree(tree, codes_changed && !dropped ? nullptr : &before).ToStatus()) == row.faults);
  }
  v1::CategoryTree large;
  for (int i = 0; i < 2001; ++i) Add(large, "A" + std::to_string(i), "");
  CHECK(FieldsOf(CheckTree(large, nullptr).ToStatus()) == Fields{{"tree.categories", "TOO_LONG"}});
  large.mutable_categories()->RemoveLast();
  CHECK_FALSE(FieldsOf(CheckTree(large, nullptr).ToStatus()).contains("tree.categories[0].code"));
  CHECK(FieldsOf(CheckTree(large, nullptr).ToStatus()) == Fields{{"tree.categories", "CATEGORY_UNCATEGORISED"}});
}

TEST_CASE("leaves take demands, and retired ones count at the end of their successors", "[INT-06]") {
  v1::CategoryTree proto = SmallTree();
  Add(proto, "A1-3", "A1", "A1-4");
  Add(proto, "A1-4", "A1", "A1-2");
  const CategoryTree tree(proto);
  const std::map<std::string, std::string> leaves = {
      {"A1-1", "A1-1"}, {"A1-3", "A1-2"}, {"A1-4", "A1-2"}, {"unknown", "unknown"}};
  for (const auto& [code, live] : leaves) CHECK(tree.LiveLeaf(code) == live);
  CHECK_FALSE(tree.CheckLeaf("A1-1").has_value());
  CHECK(tree.CheckLeaf("A")->reason == config::v1::REASON_CATEGORY_NOT_LEAF);
  CHECK(tree.CheckLeaf("A1")->reason == config::v1::REASON_CATEGORY_NOT_LEAF);
  CHECK(tree.CheckLeaf("B")->reason == config::v1::REASON_UNKNOWN_VALUE);
  CHECK(tree.CheckLeaf("A1-3")->reason == config::v1::REASON_CATEGORY_RETIRED);
  CHECK(tree.CheckLeaf("A1-3")->metadata == Metadata{{"successor", "A1-2"}});
  // A first level without children is no leaf either.
  v1::CategoryTree flat;
  Add(flat, "A", "");
  CHECK(CategoryTree(flat).CheckLeaf("A")->reason == config::v1::REASON_CATEGORY_NOT_LEAF);
  CHECK(CategoryTree(flat).uncategorised().empty());
}

TEST_CASE("a tree is published once, as the next version", "[INT-06]") {
  Book book;
  book.time = At("2025-06-03T10:00:00+08:00");
  const auto publish = [&book](std::int64_t base, std::int64_t version) {
    v1::CategoryTree tree = SmallTree();
    tree.set_version(version);
    return book.Run([&](const ledger::View& view) { return DecidePublishTree(view, tree, base); },
                    {{ForestKey()}, {TreeKey(base + 1)}});
  };
  CHECK_OK(publish(0, 1));
  CHECK(book.types == std::vector<std::string>{"CategoryTreePublished", "CategoryTreePublished"});
  const auto first = book.Body<v1::CategoryTreeRecord>(TreeKey(1)).tree();
  CHECK(first.name() == "categoryTrees/1");
  CHECK(TimeText(first.publish_time()) == "2025-06-03T10:00:00+08:00");
  CHECK(book.Body<v1::CategoryForestRecord>(ForestKey()).version() == 1);
  // Another one was first.
  CHECK(ReasonOf(publish(0, 0)) == config::v1::REASON_CATEGORY_TREE_VERSION);
  CHECK(MetadataOf(publish(0, 0)) == Metadata{{"version", "1"}});
  // Neither the version that is there nor one too far.
  CHECK(ReasonOf(publish(1, 1)) == config::v1::REASON_CATEGORY_TREE_VERSION);
  CHECK(ReasonOf(publish(1, 3)) == config::v1::REASON_CATEGORY_TREE_VERSION);
  CHECK_OK(publish(1, 0));
  v1::CategoryTree answer;
  REQUIRE(answer.ParseFromString(book.answer));
  CHECK(answer.version() == 2);
  CHECK(book.Body<v1::CategoryForestRecord>(ForestKey()).version() == 2);
  CHECK(book.Has(TreeKey(1)));
}

}  // namespace
}  // namespace jinqi::intake
