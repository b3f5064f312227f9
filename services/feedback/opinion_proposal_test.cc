#include "services/feedback/opinion_proposal.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/config/config.h"
#include "common/testing/catch_status.h"

namespace jinqi::feedback {
namespace {

using v1::Opinion;
using v1::ProposedOpinion;

v1::OpinionRules Shipped() {
  v1::OpinionRules rules;
  REQUIRE_OK(config::LoadInto(absl::StrCat(JINQI_REFERENCE_DIR, "/opinion_rules.textproto"), rules));
  return rules;
}

// `PRAISE HANDLING SCJG: 承办人很好`
std::string Show(const ProposedOpinion& opinion) {
  return absl::StrCat(Opinion::Kind_Name(opinion.kind()).substr(sizeof("KIND_") - 1), " ",
                      Opinion::Subject_Name(opinion.subject()).substr(sizeof("SUBJECT_") - 1), " ",
                      absl::StrJoin(opinion.targets(), "/"), ": ", opinion.text());
}

TEST_CASE("praise of the undertaker and a defect of the service are two opinions", "[FBK-10]") {
  struct Row {
    const char* id;
    const char* text;
    std::vector<std::string> opinions;
  };
  const auto row = GENERATE(values<Row>({
      {"FBK-10/accept",
       "承办人很好，但小程序上传总失败",
       {"PRAISE HANDLING SCJG: 承办人很好", "DEFECT MECHANISM SJJ/ZWFW: 小程序上传总失败"}},
      {"without punctuation",
       "承办人很好但是小程序上传总失败",
       {"PRAISE HANDLING SCJG: 承办人很好", "DEFECT MECHANISM SJJ/ZWFW: 小程序上传总失败"}},
      {"of one kind about one matter",
       "同志很耐心，答复及时，谢谢！",
       {"PRAISE HANDLING SCJG: 同志很耐心，答复及时，谢谢"}},
      {"about nothing in particular", "非常满意", {"PRAISE HANDLING SCJG: 非常满意"}},
      {"praise that is negated", "对处理结果不太满意", {"DEFECT HANDLING SCJG: 对处理结果不太满意"}},
      {"praise that is negated after praise",
       "回复很快，办理不及时",
       {"PRAISE HANDLING SCJG: 回复很快", "DEFECT HANDLING SCJG: 办理不及时"}},
      {"negated further on in the clause", "满意不满意", {"DEFECT HANDLING SCJG: 满意不满意"}},
      {"praise and blame in one clause", "感谢帮忙就是流程太慢", {"DEFECT MECHANISM ZWFW/FGW: 感谢帮忙就是流程太慢"}},
      {"the matter is named first",
       "津产发平台的附件，总是失败，登录也卡死",
       {"DEFECT MECHANISM SJJ/ZWFW: 津产发平台的附件，总是失败，登录也卡死"}},
      {"a sentence begins anew",
       "小程序打不开。很满意",
       {"DEFECT MECHANISM SJJ/ZWFW: 小程序打不开", "PRAISE HANDLING SCJG: 很满意"}},
      {"a sentence without an opinion goes with none",
       "我们搬到了新址。热线占线！",
       {"DEFECT MECHANISM ZWFW: 热线占线"}},
      {"a suggestion",
       "建议申报材料再少一些；希望窗口周末也开",
       {"SUGGESTION MECHANISM ZWFW/FGW: 建议申报材料再少一些", "SUGGESTION MECHANISM ZWFW: 希望窗口周末也开"}},
      {"spaces around a clause are not part of it",
       "承办人很好 ， 小程序打不开 ，， ",
       {"PRAISE HANDLING SCJG: 承办人很好", "DEFECT MECHANISM SJJ/ZWFW: 小程序打不开"}},
      {"a mark between two that are empty does not part them",
       "津产发平台，，但总是失败",
       {"DEFECT MECHANISM SJJ/ZWFW: 津产发平台，总是失败"}},
      {"no opinion", "收到，知道了", {}},
      {"nothing", "", {}},
      {"punctuation alone", "，。！但；", {}},
  }));
  INFO(row.id);
  std::vector<std::string> shown;
  for (const ProposedOpinion& opinion : ProposeOpinions(row.text, Shipped(), "SCJG")) shown.push_back(Show(opinion));
  CHECK(shown == row.opinions);
}

TEST_CASE("an order that nobody led proposes no target for its handling", "[FBK-10]") {
  const auto opinions = ProposeOpinions("承办人很好", Shipped(), "");
  REQUIRE(opinions.size() == 1);
  CHECK(opinions[0].targets().empty());
}

}  // namespace
}  // namespace jinqi::feedback
