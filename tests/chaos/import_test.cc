// kill -9 of the import, and of intake, in the middle of a register: every row is there once, and the import goes on.
#include <csignal>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "cli/demo_order.h"
#include "cli/operator.h"
#include "common/rpc/client.h"
#include "common/testing/catch_status.h"
#include "common/testing/process.h"
#include "jinqi/intake/v1/enterprise_import_service.pb.h"
#include "tests/harness/cluster.h"

namespace jinqi {
namespace {

using harness::Cluster;
using intake::v1::ImportJob;

constexpr int kRows = 20'000;
// One row repeats the code of the row before it, one has no code.
constexpr int kSubjects = kRows - 2;

void WriteRegister(const std::string& path, const std::string& name) {
  std::ofstream out(path);
  out << "uscc,enterprise_name,district_code,industry\n";
  for (int n = 0; n < kRows - 2; ++n) {
    out << cli::SyntheticUscc("120116", "import-" + std::to_string(n), false) << "," << name << n << ",120116,C3391\n";
  }
  out << cli::SyntheticUscc("120116", "import-0", false) << "," << name << "again,120116,C3391\n";
  out << "123," << name << ",120116,\n";
}

class Import {
 public:
  Import(const Cluster& cluster, const testing::TempDir& folder) : cluster_(cluster), folder_(folder) {
    call_ = testing::Must(cli::OperatorCall(cluster.service_key(), absl::Hours(1)));
    channel_ = rpc::Channel::Make("file:" + cluster.address_file("intake"));
  }

  std::unique_ptr<testing::Subprocess> Start(const std::string& file) {
    testing::Subprocess::Options options;
    const std::string run = std::filesystem::path(cluster_.address_file("intake")).parent_path();
    options.argv = {cluster_.programs() + "/jinqi_cli",
                    "register",
                    "--run",
                    run,
                    "--key",
                    cluster_.service_key(),
                    "--state",
                    folder_.File("state"),
                    "--file",
                    file,
                    "--job",
                    "city",
                    "--parallel",
                    "4"};
    options.output = folder_.File("import.txt");
    return std::make_unique<testing::Subprocess>(options);
  }
  absl::StatusOr<ImportJob> Job() {
    intake::v1::GetImportJobRequest request;
    request.set_name("importJobs/city");
    return channel_->Call<ImportJob>("jinqi.intake.v1.EnterpriseImportService/GetImportJob", request, call_);
  }
  // Waits until so many chunks are done.
  bool Reaches(int chunks) {
    return testing::WaitFor([&] {
      const auto job = Job();
      return job.ok() && job->done_below() >= chunks;
    });
  }
  std::string Output() const { return testing::ReadFile(folder_.File("import.txt")); }

 private:
  const Cluster& cluster_;
  const testing::TempDir& folder_;
  rpc::CallOptions call_;
  std::unique_ptr<rpc::Channel> channel_;
};

TEST_CASE("an import that is killed again and again brings every row in once", "[INT-05][INT-17]") {
  harness::ClusterOptions options;
  options.programs = JINQI_PROGRAMS;
  options.reference = std::string(JINQI_SOURCE_DIR) + "/deploy/reference";
  options.database = GENERATE(harness::DatabaseKind::kSqlite, harness::DatabaseKind::kPostgres);
  options.services = {"intake"};
  Cluster cluster(options);
  testing::TempDir folder;
  const std::string file = folder.File("register.csv");
  WriteRegister(file, "天津示例");
  Import import(cluster, folder);

  auto running = import.Start(file);
  REQUIRE(import.Reaches(10));
  running->Kill(SIGKILL);
  running->Wait();
  running = import.Start(file);
  REQUIRE(import.Reaches(60));
  // The import waits for the service, and goes on by itself.
  cluster.Kill9("intake");
  cluster.Start("intake");
  cluster.WaitReady("intake");
  CHECK(running->Wait() == 0);
  INFO(import.Output());
  ImportJob job = testing::Must(import.Job());
  CHECK(job.done_below() == job.chunk_count());
  CHECK(job.created() == kSubjects);
  CHECK(job.updated() == 0);
  CHECK(job.unchanged() == 0);
  CHECK(job.faulty() == 2);
  const std::string report = testing::ReadFile(folder.File("state/city/faults.csv"));
  CHECK(report.find("\n1,uscc,ALREADY_EXISTS,") != std::string::npos);
  CHECK(report.find("\n20000,uscc,USCC_LENGTH,\"统一社会信用代码应为18位") != std::string::npos);

  const std::string all = std::to_string(job.chunk_count());
  const std::string all_before = all + " of " + all + " chunks were taken before";
  // Once more, it says so and changes nothing.
  CHECK(import.Start(file)->Wait() == 0);
  CHECK(import.Output().find(all_before) != std::string::npos);
  CHECK(testing::Must(import.Job()).SerializeAsString() == job.SerializeAsString());

  INFO("the same name for another file");
  WriteRegister(file, "天津别的");
  CHECK(import.Start(file)->Wait() != 0);
  CHECK(import.Output().find("IMPORT_OTHER_FILE: 同名导入任务对应另一份文件") != std::string::npos);
  std::ofstream(file) << "uscc\n";
  CHECK(import.Start(file)->Wait() != 0);
  CHECK(import.Output().find("IMPORT_COLUMNS: 文件缺少必需的列：enterprise_name、district_code") != std::string::npos);
}

}  // namespace
}  // namespace jinqi
