#include "common/identity/masking.h"

#include <catch2/catch.hpp>
#include <functional>

namespace jinqi::identity {
namespace {

struct Row {
  std::string id;
  std::function<std::string(std::string_view)> mask;
  std::string clear;
  std::string shown;
};

TEST_CASE("personal data is shown masked", "[SEC-06]") {
  const auto row = GENERATE(
      Row{"SEC-06/accept/1", MaskPhone, "13812345678", "138****5678"},
      Row{"SEC-06/accept/2", MaskPhone, "022-12345678", "022-****5678"},
      Row{"SEC-06/accept/3", MaskId, "11010519491231002X", "110***********002X"},
      Row{"SEC-06/accept/4", MaskName, "王小明", "王**"}, Row{"SEC-06/accept/5", MaskName, "欧阳娜娜", "欧阳**"},
      Row{"SEC-06/accept/6", MaskName, "王明", "王*"}, Row{"mobile, spaced", MaskPhone, "138 1234 5678", "138****5678"},
      Row{"mobile, full width", MaskPhone, "１３８１２３４５６７８", "138****5678"},
      Row{"landline of 7", MaskPhone, "0311-1234567", "0311-***4567"},
      Row{"landline with extension", MaskPhone, "022-12345678-123", "022-****5678****"},
      Row{"toll free", MaskPhone, "400-123-4567", "400***4567"},
      Row{"toll free with extension", MaskPhone, "400-123-4567-8", "400***4567**"},
      Row{"old identity number", MaskId, "110105491231002", "110********1002"},
      Row{"identity number, spaced", MaskId, "110105 19491231 002X", "110***********002X"},
      Row{"compound surname, three", MaskName, "欧阳修", "欧阳*"},
      Row{"compound surname or not", MaskName, "欧阳", "欧*"}, Row{"rare character", MaskName, "𠮷小林", "𠮷**"},
      Row{"foreign name", MaskName, "Ann Li", "A*****"},
      Row{"address", MaskAddress, "天津市河西区友谊路35号", "天津市河西区****"},
      Row{"new area", MaskAddress, "天津市滨海新区第三大街1号", "天津市滨海新区****"},
      Row{"address without city", MaskAddress, "河西区友谊路35号", "河西区****"},
      Row{"district only", MaskAddress, "天津市河西区", "天津市河西区"},
      Row{"autonomous region", MaskAddress, "内蒙古自治区呼和浩特市新城区迎宾路1号",
          "内蒙古自治区呼和浩特市新城区****"},
      Row{"county", MaskAddress, "河北省石家庄市正定县中山路1号", "河北省石家庄市正定县****"},
      Row{"estate, no district", MaskAddress, "天津市阳光小区3号", "天津市****"},
      Row{"road before a district", MaskAddress, "友谊路35号河西区", "****"},
      Row{"full width digits", MaskAddress, "３号楼河西区", "****"}, Row{"no district", MaskAddress, "某处", "****"},
      Row{"bank card", MaskBankCard, "6222021234567890123", "***************0123"},
      Row{"bank card, grouped", MaskBankCard, "6222 0212 3456 7890", "************7890"},
      Row{"e-mail", MaskEmail, "zhang.san@example.com", "z***@example.com"},
      Row{"e-mail of one letter", MaskEmail, "z@example.com", "***@example.com"},
      Row{"e-mail, Chinese", MaskEmail, "张三@example.com", "张***@example.com"},
      Row{"code of a company", MaskUscc, "91120116MA051K2P9X", "91120116MA051K2P9X"},
      Row{"code of an individual business", MaskUscc, "92120101MA071K2P0C", "92************2P0C"});
  INFO(row.id);
  CHECK(row.mask(row.clear) == row.shown);
}

TEST_CASE("what is too short to hide anything is hidden whole", "[SEC-06]") {
  const auto row = GENERATE(
      Row{"SEC-06/bad/1 phone", MaskPhone, "12", "**"}, Row{"SEC-06/bad/1 identity number", MaskId, "12", "**"},
      Row{"SEC-06/bad/1 identity number of 7", MaskId, "1234567", "*******"},
      Row{"SEC-06/bad/1 bank card", MaskBankCard, "12", "**"}, Row{"SEC-06/bad/1 e-mail", MaskEmail, "12", "**"},
      Row{"no domain", MaskEmail, "zhang@", "******"}, Row{"no local part", MaskEmail, "@example.com", "************"},
      Row{"name", MaskName, "王", "*"}, Row{"no phone", MaskPhone, "1381234567", "**********"},
      Row{"foreign phone", MaskPhone, "+1 202 555 0100", "***************"}, Row{"code", MaskUscc, "92", "**"},
      Row{"nothing", MaskPhone, "", ""}, Row{"no name", MaskName, "", ""}, Row{"no address", MaskAddress, "", ""},
      Row{"bad bytes", MaskPhone, "\xFF\xFF", "**"});
  INFO(row.id);
  CHECK(row.mask(row.clear) == row.shown);
}

TEST_CASE("a masked value that comes back is known", "[SEC-06]") {
  INFO("SEC-06/bad/2");
  CHECK(IsMasked(MaskPhone("13812345678")));
  CHECK(IsMasked(MaskPhone("022-12345678")));
  CHECK(IsMasked(MaskName("王明")));
  CHECK(IsMasked(MaskAddress("天津市河西区友谊路35号")));
  CHECK(IsMasked(MaskEmail("z@example.com")));
  CHECK(IsMasked("138＊＊＊＊5678"));
  CHECK_FALSE(IsMasked("13812345678"));
  CHECK_FALSE(IsMasked("王明"));
  CHECK_FALSE(IsMasked(""));
}

}  // namespace
}  // namespace jinqi::identity
