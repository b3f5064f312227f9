#include "common/identity/personal_data.h"

#include <catch2/catch.hpp>

namespace jinqi::identity {
namespace {

// What was found, in order: 电话 13800001234.
std::string Found(std::string_view text, const std::vector<std::string>& known = {}) {
  std::string all;
  for (const PersonalFinding& one : FindPersonalData(text, known)) {
    if (!all.empty()) all += "|";
    all += std::string(Zh(one.kind)) + " " + std::string(text.substr(one.begin, one.end - one.begin));
  }
  return all;
}

TEST_CASE("what tells who somebody is", "[FBK-12]") {
  struct Row {
    const char* text;
    const char* found;
  };
  const Row rows[] = {
      {"请拨13800001234联系", "电话 13800001234"},
      {"请拨１３８００００１２３４联系", "电话 １３８００００１２３４"},
      {"电话一三八零零零零一二三四", "电话 一三八零零零零一二三四"},
      {"座机022-2345 6789。", "电话 022-2345 6789"},
      {"证件110101199003070012已核验", "身份证号 110101199003070012"},
      {"证件11010119900307001X已核验", "身份证号 11010119900307001X"},
      {"代码91120101000000000K有误", "信用代码 91120101000000000K"},
      {"工单TJ20250612ABCDEFGHJKM", "信用代码 TJ20250612ABCDEFGHJKM"},
      {"账户6222020200012345678", "账号 6222020200012345678"},
      {"发到zhang.san@example.com即可", "邮箱 zhang.san@example.com"},
      {"王经理来电", "姓名 王"},
      {"由张小明先生代办", "姓名 张小明"},
      {"欧阳女士反映", "姓名 欧阳"},
      {"李总说已收到", "姓名 李"},
      {"联系人：赵敏，已回访", "姓名 赵敏"},
      {"法定代表人为刘德", "姓名 刘德"},
      {"天津海河机械有限公司反映", "企业名称 天津海河机械有限公司"},
      {"由津南（天津）科技股份有限公司申请", "企业名称 津南（天津）科技股份有限公司"},
      {"河西区友谊路35号", "地址 友谊路35号"},
      {"位于武清区王庆坨镇的厂房", "地址 王庆坨镇"},
      {"解放南路473号院2单元501室", "地址 解放南路473号院2单元501室"},
      {"在3号楼502室办理", "地址 3号楼502室"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(Found(row.text) == row.found);
    INFO("nothing is left once it was taken out");
    CHECK(Found(Deidentify(row.text)).empty());
  }
}

TEST_CASE("what tells nobody", "[FBK-12]") {
  const char* texts[] = {
      "",
      "2025-06-12已办结",
      "依据津政办发〔2025〕12号，自2025年6月3日起执行",
      "项目经理与高级经理均可办理",
      "金融总额和总量指标",
      "补贴金额10000000元，占地1200000平方米",
      "该有限公司可以申请，某公司已获批",
      "在河西区办理，由区政务服务办受理",
      "提交材料后7个工作日内办结，咨询12345",
      "申请人持营业执照到政务服务中心A12窗口",
      "负责人签字后上报",
  };
  for (const char* text : texts) {
    INFO(text);
    CHECK(Found(text).empty());
    CHECK(Deidentify(text) == text);
    CHECK(PersonalKindsIn(text).empty());
  }
}

TEST_CASE("known names are found wherever they stand", "[FBK-12]") {
  CHECK(Found("阿木的海河老铺开业", {"阿木", "海河老铺开业"}) == "姓名 阿木|企业名称 海河老铺开业");
  CHECK(Found("无人", {""}).empty());
  CHECK(Deidentify("阿木来了，阿木又走了", {"阿木"}) == "〔姓名〕来了，〔姓名〕又走了");
}

TEST_CASE("a text without what identifies reads on", "[FBK-12]") {
  CHECK(Deidentify("天津海河机械有限公司王经理（13800001234）在河西区友谊路35号申请") ==
        "〔企业名称〕〔姓名〕经理（〔电话〕）在河西区〔地址〕申请");
  CHECK(PersonalKindsIn("王经理13800001234，李女士13900001234") == "姓名、电话");
}

}  // namespace
}  // namespace jinqi::identity
