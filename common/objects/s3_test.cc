#include "common/objects/s3.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "common/objects/test_s3.h"
#include "common/testing/catch_status.h"

namespace jinqi::objects {
namespace {

S3Options OptionsFor(const TestS3& server) {
  S3Options options;
  options.endpoint = server.endpoint();
  options.bucket = "jinqi";
  options.region = "cn-north-1";
  options.key = {TestS3::kKeyId, TestS3::kSecret};
  return options;
}

// The examples of “Signature Calculations for the Authorization Header” in the S3 API reference.
TEST_CASE("requests are signed as the published examples are", "[INT-16]") {
  const AccessKey key = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
  const absl::Time time = absl::FromUnixSeconds(1369353600);
  const std::string host = "examplebucket.s3.amazonaws.com";
  const auto get = Sign({"GET", host, "/test.txt", {{"range", "bytes=0-9"}}, ""}, key, "us-east-1", time);
  CHECK(get.at("x-amz-date") == "20130524T000000Z");
  CHECK(get.at("Authorization") ==
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  const auto put = Sign({"PUT",
                         host,
                         "/test%24file.text",
                         {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                         "Welcome to Amazon S3."},
                        key, "us-east-1", time);
  CHECK(put.at("x-amz-content-sha256") == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  CHECK(put.at("Authorization").ends_with("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST_CASE("a bucket keeps objects for who signs with its key", "[INT-16]") {
  TestS3 server;
  S3Store store(OptionsFor(server));
  CHECK(absl::IsNotFound(store.Get("abc").status()));
  CHECK_OK(store.Remove("abc"));
  const std::string bytes = std::string("a\0b\r\n", 5) + std::string(300'000, 'z');
  REQUIRE_OK(store.Put("abc-1.x_y", bytes));
  CHECK(testing::Must(store.Get("abc-1.x_y")) == bytes);
  REQUIRE_OK(store.Put("abc-1.x_y", ""));
  CHECK(testing::Must(store.Get("abc-1.x_y")).empty());
  REQUIRE_OK(store.Remove("abc-1.x_y"));
  CHECK(absl::IsNotFound(store.Get("abc-1.x_y").status()));
  CHECK(server.refused() == 0);
  for (const std::string name : {"../x", "a/b", "a b", "a?b"}) CHECK(absl::IsInvalidArgument(store.Put(name, "x")));
}

TEST_CASE("a store that refuses or is away is unavailable, and nothing is taken for missing", "[INT-16]") {
  TestS3 server;
  S3Options options = OptionsFor(server);
  const auto refused = [&server](S3Options given) {
    const int before = server.refused();
    S3Store store(std::move(given));
    CHECK(absl::IsUnavailable(store.Put("abc", "x")));
    CHECK(absl::IsUnavailable(store.Get("abc").status()));
    CHECK(absl::IsUnavailable(store.Remove("abc")));
    CHECK(server.refused() == before + 3);
  };
  S3Options wrong = options;
  wrong.key.secret = "another";
  refused(wrong);
  wrong = options;
  wrong.key.id = "nobody";
  refused(wrong);
  wrong = options;
  wrong.now = [] { return absl::Now() - absl::Hours(1); };
  refused(wrong);

  options.endpoint = "http://127.0.0.1:1";
  S3Store away(options);
  CHECK(absl::IsUnavailable(away.Put("abc", "x")));
  CHECK(absl::IsUnavailable(away.Get("abc").status()));
  CHECK(absl::IsUnavailable(away.Remove("abc")));
}

}  // namespace
}  // namespace jinqi::objects
