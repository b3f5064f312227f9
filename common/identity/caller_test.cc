#include "common/identity/caller.h"

#include <catch2/catch.hpp>

#include "common/status/status.h"

namespace jinqi::identity {
namespace {

TEST_CASE("claims tell who calls", "[GWY-02]") {
  const auto caller = CallerFromClaims(R"({"tenant": "tianjin", "sub": "u-1", "body": "TJ-SWJ", "district": "120103",
    "uscc": "91120116MA051K2P9X", "name": "王小明", "roles": ["SEAT", "DISPATCHER", "SEAT"], "exp": 1760371199,
    "iss": "login", "scope": ["x"]})");
  REQUIRE(caller.ok());
  CHECK(caller->tenant == "tianjin");
  CHECK(caller->subject == "u-1");
  CHECK(caller->body == "TJ-SWJ");
  CHECK(caller->district == "120103");
  CHECK(caller->uscc == "91120116MA051K2P9X");
  CHECK(caller->name == "王小明");
  CHECK(caller->roles == std::vector<config::v1::Role>{config::v1::ROLE_SEAT, config::v1::ROLE_DISPATCHER});
  CHECK(caller->expires == 1'760'371'199'000'000);
  CHECK(caller->Has(config::v1::ROLE_SEAT));
  CHECK_FALSE(caller->Has(config::v1::ROLE_REVIEWER));
}

TEST_CASE("a caller becomes claims and again the caller", "[GWY-02]") {
  Caller caller{.tenant = "tianjin",
                .subject = "u-1",
                .body = "",
                .district = "",
                .uscc = "91120116MA051K2P9X",
                .name = "引号\" 换行\n",
                .roles = {},
                .expires = 1'760'371'199'000'000};
  const auto* const descriptor = config::v1::Role_descriptor();
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const auto role = static_cast<config::v1::Role>(descriptor->value(i)->number());
    if (role != config::v1::ROLE_UNSPECIFIED && role != config::v1::ROLE_ANONYMOUS) caller.roles.push_back(role);
  }
  const auto again = CallerFromClaims(ClaimsOf(caller));
  REQUIRE(again.ok());
  CHECK(*again == caller);
  CHECK(ClaimsOf(caller).find("district") == std::string::npos);
}

TEST_CASE("claims that do not tell who calls are refused", "[GWY-02]") {
  struct Row {
    std::string id;
    std::string claims;
  };
  const auto row =
      GENERATE(Row{"GWY-02/bad/1 unknown role", R"({"tenant":"t","sub":"u","roles":["SEAT","KING"],"exp":1})"},
               Row{"GWY-02/bad/1 role with prefix", R"({"tenant":"t","sub":"u","roles":["ROLE_SEAT"],"exp":1})"},
               Row{"GWY-02/bad/1 role by number", R"({"tenant":"t","sub":"u","roles":[3],"exp":1})"},
               Row{"GWY-02/bad/1 nobody", R"({"tenant":"t","sub":"u","roles":["ANONYMOUS"],"exp":1})"},
               Row{"GWY-02/bad/1 unspecified", R"({"tenant":"t","sub":"u","roles":["UNSPECIFIED"],"exp":1})"},
               Row{"no roles", R"({"tenant":"t","sub":"u","roles":[],"exp":1})"},
               Row{"roles missing", R"({"tenant":"t","sub":"u","exp":1})"},
               Row{"roles as text", R"({"tenant":"t","sub":"u","roles":"SEAT","exp":1})"},
               Row{"no tenant", R"({"sub":"u","roles":["SEAT"],"exp":1})"},
               Row{"empty tenant", R"({"tenant":"","sub":"u","roles":["SEAT"],"exp":1})"},
               Row{"no subject", R"({"tenant":"t","roles":["SEAT"],"exp":1})"},
               Row{"no expiry", R"({"tenant":"t","sub":"u","roles":["SEAT"]})"},
               Row{"expiry as text", R"({"tenant":"t","sub":"u","roles":["SEAT"],"exp":"1"})"},
               Row{"fractional expiry", R"({"tenant":"t","sub":"u","roles":["SEAT"],"exp":1.5})"},
               Row{"endless expiry", R"({"tenant":"t","sub":"u","roles":["SEAT"],"exp":18446744073709551615})"},
               Row{"far expiry", R"({"tenant":"t","sub":"u","roles":["SEAT"],"exp":9223372036854775807})"},
               Row{"negative expiry", R"({"tenant":"t","sub":"u","roles":["SEAT"],"exp":-1})"},
               Row{"body of another kind", R"({"tenant":"t","sub":"u","body":1,"roles":["SEAT"],"exp":1})"},
               Row{"list", R"([{"tenant":"t","sub":"u","roles":["SEAT"],"exp":1}])"}, Row{"cut", R"({"tenant":"t")"},
               Row{"nothing", ""});
  INFO(row.id);
  CHECK(CallerFromClaims(row.claims).status() == Error(config::v1::REASON_UNAUTHENTICATED));
}

}  // namespace
}  // namespace jinqi::identity
