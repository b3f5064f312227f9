// Finds in a free text what tells who somebody is: for texts that are to be read by all (FBK-12, POL-19) or that stand
// in a history for good.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jinqi::identity {

enum class PersonalKind : std::uint8_t {
  // 电话, also any other number of 7 to 12 digits that is no date and counts nothing.
  kPhone,
  // 身份证号.
  kIdNumber,
  // 统一社会信用代码 and other codes of 15 and more letters and digits, such as order numbers.
  kCode,
  // 银行账号 and other numbers of 13 digits and more.
  kAccount,
  // 邮箱.
  kEmail,
  // 姓名: with a title behind it or a word like 联系人 before it.
  kPersonName,
  // 企业名称.
  kEnterpriseName,
  // 地址 finer than the district.
  kAddress,
};

// 电话 for kPhone.
std::string_view Zh(PersonalKind kind);

struct PersonalFinding {
  PersonalKind kind = PersonalKind::kPhone;
  // Bytes of the text, the end not included.
  std::size_t begin = 0;
  std::size_t end = 0;
};

// In order and apart from each other. Digits may be of full width or Chinese, with blanks or dashes between them.
// `known`: names that are known to be the person's or the enterprise's; they are found wherever they stand. A title
// that nobody bears (项目经理) and an enterprise that is not named (该公司, 某有限公司) are none.
std::vector<PersonalFinding> FindPersonalData(std::string_view text, const std::vector<std::string>& known = {});

// The kinds that were found, each once, as the caller is told: 电话、姓名. Empty: none.
std::string PersonalKindsIn(std::string_view text);

// With 〔电话〕 and the like in place of what was found; nothing is found in it any more.
std::string Deidentify(std::string_view text, const std::vector<std::string>& known = {});

}  // namespace jinqi::identity
