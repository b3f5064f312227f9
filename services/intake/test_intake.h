// A real intake beside the service under test, which asks it for contacts in its own name.
#pragma once

#include <string>
#include <utility>

#include "common/config/config.h"
#include "common/crypto/jwt.h"
#include "common/service/test_bench.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "services/intake/service.h"

namespace jinqi::intake {

using service::TestBench;
using service::TestDatabase;
using service::TestStore;

class TestIntake {
 public:
  TestIntake(TestDatabase database, std::string_view now, const std::string& reference_dir)
      : store_(database),
        bench(
            store_, Definition(),
            [](rpc::ServiceRuntime& runtime, const config::v1::ServerConfig& server) {
              config::v1::IntakeConfig config;
              *config.mutable_server() = server;
              return Build(runtime, config::WithDefaults(config));
            },
            now, reference_dir, "0",
            [this](config::v1::ServerConfig& server) {
              const auto keys = testing::Must(crypto::NewEd25519());
              testing::WriteFile(folder_.path() / "key.pem", keys.private_pem);
              testing::WriteFile(folder_.path() / "key.pub.pem", keys.public_pem);
              (*server.mutable_token_keys())["service"] = folder_.File("key.pub.pem");
            }) {}

  // Lets another service call this one.
  TestBench::Adjust AsPeer() const {
    return [this](config::v1::ServerConfig& server) {
      server.set_service_key_file(folder_.File("key.pem"));
      server.set_service_key_id("service");
      (*server.mutable_peers())["intake"] = bench.address();
    };
  }

  // A demand of an enterprise by phone; its number.
  std::string Create(const v1::Demand& demand) {
    v1::CreateDemandRequest request;
    *request.mutable_demand() = demand;
    request.set_request_id("demand-" + std::to_string(++demands_));
    const auto made = bench.Call<v1::Demand>(TestBench::Person({config::v1::ROLE_SEAT}, "BMZX"),
                                             "jinqi.intake.v1.IntakeService/CreateDemand", request);
    return testing::Must(made).order_no();
  }
  static v1::Demand Demand(const std::string& phone) {
    v1::Demand demand;
    demand.set_channel(events::v1::CHANNEL_PHONE_12345);
    demand.set_demand_type(events::v1::DEMAND_TYPE_HELP);
    demand.set_urgency(events::v1::URGENCY_NORMAL);
    demand.set_title("跨区迁移");
    demand.set_content("企业拟迁往廊坊，社会保险关系如何转移接续（" + phone + "）");
    demand.set_contact_name("王小明");
    demand.set_contact_phone(phone);
    demand.mutable_subject()->set_type(events::v1::SUBJECT_TYPE_ENTERPRISE);
    demand.mutable_subject()->set_enterprise_name("天津某某有限公司");
    demand.mutable_subject()->set_uscc("91120116MA051K2P9X");
    demand.mutable_subject()->set_district_code("120116");
    return demand;
  }

 private:
  testing::TempDir folder_;
  TestStore store_;
  int demands_ = 0;

 public:
  TestBench bench;
};

}  // namespace jinqi::intake
