#include "services/routing/undertakers.h"

#include <set>

#include "services/routing/test_book.h"

namespace jinqi::routing {
namespace {

std::string EtagOf(const Book& book, const char* code) {
  return absl::StrCat("\"", book.Find(UndertakerKey(code))->version, "\"");
}

TEST_CASE("the directory holds the bodies of both documents", "[RTE-01][RTE-03]") {
  const Directory& directory = ShippedDirectory();
  int bodies = 0;
  int collective = 0;
  std::map<std::string, int> departments;
  std::set<std::string> districts;
  for (const auto& [code, body] : directory.all()) {
    bodies += body.measures().empty() ? 0 : 1;
    if (IsDistrict(body)) districts.insert(body.district_code());
    if (body.kind() == kDistrictDepartment) ++departments[body.district_code()];
    collective += directory.ModeOf(code) == ReceiveMode::kCollective ? 1 : 0;
  }
  CHECK(bodies == 68);
  CHECK(districts.size() == 16);
  INFO("RTE-29: each district has the usual departments, and nobody else's");
  CHECK(departments.size() == 16);
  for (const auto& [district, count] : departments) {
    CHECK(districts.contains(district));
    CHECK(count == 12);
  }
  CHECK(directory.BodyOfDistrict("120101") == "Q120101");
  CHECK(directory.Find("HP-ZJ")->district_code() == "120101");
  CHECK(directory.ModeOf("HP-ZJ") == ReceiveMode::kDirect);
  CHECK(collective == 4);
  CHECK(directory.ModeOf("TAX") == ReceiveMode::kDirect);
  CHECK(directory.ModeOf("GSL") == ReceiveMode::kDirect);
  CHECK(directory.ModeOf("HG") == ReceiveMode::kParticipating);
  CHECK(directory.ModeOf("GFY") == ReceiveMode::kLiaison);
  CHECK(directory.Find("Q120104")->display_name() == "南开区人民政府");
  INFO("RTE-03/accept: collective names stand for the subject's district");
  CHECK(directory.Expand("ALLQ", "120116") == "Q120116");
  CHECK(directory.Expand("RELQ", "120104") == "Q120104");
  CHECK(directory.Expand("RELBM", "120104") == "RELBM");
  CHECK(directory.Expand("ALLQ", "110101") == "ALLQ");
  CHECK(directory.Expand("SWJ", "120104") == "SWJ");
}

TEST_CASE("a directory that contradicts itself is refused", "[RTE-01]") {
  v1::UndertakerDirectory file;
  auto& body = *file.add_undertakers();
  body.set_code("A");
  body.set_display_name("甲");
  body.set_receive_mode("direct");
  body.set_kind("district");
  body.set_district_code("120101");
  CHECK_OK(Directory::Make(file));
  v1::UndertakerDirectory twice = file;
  *twice.add_undertakers() = body;
  CHECK_FALSE(Directory::Make(twice).ok());
  twice.mutable_undertakers(1)->set_code("B");
  CHECK_FALSE(Directory::Make(twice).ok());
  twice.mutable_undertakers(1)->set_kind(kDistrictDepartment);
  CHECK_OK(Directory::Make(twice));
  v1::UndertakerDirectory nameless = file;
  nameless.mutable_undertakers(0)->clear_display_name();
  CHECK_FALSE(Directory::Make(nameless).ok());
  v1::UndertakerDirectory mode = file;
  mode.mutable_undertakers(0)->set_receive_mode("sometimes");
  CHECK_FALSE(Directory::Make(mode).ok());
}

TEST_CASE("a district has exactly one hub", "[RTE-01]") {
  Book book;
  v1::NameDistrictHubRequest request;
  request.set_name("undertakers/Q120104");
  request.set_etag(EtagOf(book, "Q120104"));
  request.set_hub("南开区政务服务办");
  INFO("RTE-01/bad/1");
  const absl::Status second = book.Keep(DecideNameHub(book, Leader(), request));
  CHECK(Refused(second) == config::v1::REASON_HUB_EXISTS);
  CHECK(second.code() == absl::StatusCode::kAlreadyExists);
  book.PutUndertaker("Q120104", [](v1::Undertaker& body) { body.clear_hub(); });
  CHECK(Refused(book.Keep(DecideNameHub(book, Leader(), request))) == config::v1::REASON_VERSION_CONFLICT);
  request.set_etag("");
  CHECK(Refused(book.Keep(DecideNameHub(book, Leader(), request))) == config::v1::REASON_ETAG_REQUIRED);
  request.set_etag(EtagOf(book, "Q120104"));
  request.set_hub(" ");
  CHECK(Refused(book.Keep(DecideNameHub(book, Leader(), request))) == config::v1::REASON_REQUIRED);
  request.set_hub("南开区政务服务办");
  REQUIRE_OK(book.Keep(DecideNameHub(book, Leader(), request)));
  v1::Undertaker shown;
  REQUIRE(shown.ParseFromString(book.answer));
  CHECK(shown.hub() == "南开区政务服务办");
  CHECK(shown.etag() == EtagOf(book, "Q120104"));
  request.set_name("undertakers/SCJG");
  request.set_etag(EtagOf(book, "SCJG"));
  CHECK(Refused(book.Keep(DecideNameHub(book, Leader(), request))) == config::v1::REASON_NOT_FOUND);
  request.set_name("undertakers/NOPE");
  CHECK(Refused(book.Keep(DecideNameHub(book, Leader(), request))) == config::v1::REASON_NOT_FOUND);
  request.set_name("hubs/SCJG");
  CHECK(Refused(book.Keep(DecideNameHub(book, Leader(), request))) == config::v1::REASON_NOT_FOUND);
}

TEST_CASE("the last contact of a body with open orders stays", "[RTE-01]") {
  Book book;
  v1::DeactivateUndertakerContactRequest request;
  request.set_name("undertakers/SCJG");
  request.set_etag(EtagOf(book, "SCJG"));
  request.set_account("contact-SCJG");
  book.answer_rows.count = 1;
  INFO("RTE-01/bad/2");
  CHECK(Refused(book.Keep(DecideDeactivateContact(book, Leader(), request))) == config::v1::REASON_LAST_CONTACT);
  v1::AddUndertakerContactRequest add;
  add.set_name("undertakers/SCJG");
  add.set_etag(EtagOf(book, "SCJG"));
  add.set_account("contact-SCJG");
  CHECK(Refused(book.Keep(DecideAddContact(book, Leader(), add))) == config::v1::REASON_ALREADY_EXISTS);
  add.set_account(std::string(65, 'a'));
  CHECK(Refused(book.Keep(DecideAddContact(book, Leader(), add))) == config::v1::REASON_TOO_LONG);
  add.set_account("second");
  CHECK(Refused(book.Keep(DecideAddContact(book, Person(config::v1::ROLE_DISTRICT_HUB, "Q120104-HUB", "120104"),
                                           add))) == config::v1::REASON_NOT_FOUND);
  REQUIRE_OK(book.Keep(DecideAddContact(book, Leader(), add)));
  request.set_etag(EtagOf(book, "SCJG"));
  REQUIRE_OK(book.Keep(DecideDeactivateContact(book, Leader(), request)));
  request.set_etag(EtagOf(book, "SCJG"));
  CHECK(Refused(book.Keep(DecideDeactivateContact(book, Leader(), request))) == config::v1::REASON_NOT_FOUND);
  request.set_account("second");
  CHECK(Refused(book.Keep(DecideDeactivateContact(book, Leader(), request))) == config::v1::REASON_LAST_CONTACT);
  book.answer_rows.count = 0;
  REQUIRE_OK(book.Keep(DecideDeactivateContact(book, Leader(), request)));
  const auto body = Must(book.Read<v1::UndertakerRecord>(UndertakerKey("SCJG"))).undertaker();
  CHECK(MissingOf(body) == "CONTACT_MISSING");
  add.set_etag(EtagOf(book, "SCJG"));
  REQUIRE_OK(book.Keep(DecideAddContact(book, Leader(), add)));
  CHECK(Must(book.Read<v1::UndertakerRecord>(UndertakerKey("SCJG"))).undertaker().contacts_size() == 2);
}

TEST_CASE("what a body lacks to receive orders", "[RTE-01]") {
  v1::Undertaker district;
  district.set_kind("district");
  district.set_district_code("120104");
  CHECK(MissingOf(district) == "HUB_MISSING");
  district.set_hub("h");
  CHECK(MissingOf(district).empty());
  v1::Undertaker city;
  CHECK(MissingOf(city) == "CONTACT_MISSING");
  city.add_contacts();
  CHECK(MissingOf(city) == "CONTACT_MISSING");
  city.mutable_contacts(0)->set_active(true);
  CHECK(MissingOf(city).empty());
}

}  // namespace
}  // namespace jinqi::routing
