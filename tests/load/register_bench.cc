#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/demo_order.h"
#include "cli/register_import.h"
#include "cli/register_staging.h"
#include "common/clock/clock.h"
#include "common/config/config.h"
#include "common/crypto/sm3.h"
#include "common/ledger/driver.h"
#include "common/ledger/migrate.h"
#include "common/status/status.h"
#include "common/testing/catch_status.h"
#include "common/testing/process.h"
#include "common/testing/servers.h"
#include "services/intake/enterprise.h"
#include "services/intake/enterprise_import.h"
#include "services/intake/kinds.h"
#include "services/intake/reference.h"
#include "tests/load/benches.h"

namespace jinqi::load {
namespace {

using Steady = std::chrono::steady_clock;

constexpr double kWanted = 20'000;
// Chunks in one commit of the loop: as many as the import has under way.
constexpr int kPerCommit = 24;
constexpr ledger::Micros kTime = 1'760'000'000'000'000;
constexpr ledger::Micros kKept = 86'400'000'000;
constexpr char kTenant[] = "tianjin";
constexpr char kWriter[] = "loop";
constexpr const char* kDistricts[] = {"120101", "120102", "120103", "120104", "120105", "120106", "120110", "120111",
                                      "120112", "120113", "120114", "120115", "120116", "120117", "120118", "120119"};
constexpr const char* kIndustries[] = {"C3391", "F5111", "F5211", "I6511", "L7211", "M7320", "E4710", "H6210"};

double Seconds(Steady::time_point start) { return std::chrono::duration<double>(Steady::now() - start).count(); }

// A register of synthetic subjects, in no order.
void WriteRegister(const std::string& path, int rows) {
  std::ofstream file(path);
  file << "uscc,enterprise_name,district_code,township,industry,employees,revenue\n";
  for (int n = 0; n < rows; ++n) {
    const char* district = kDistricts[n % std::size(kDistricts)];
    file << cli::SyntheticUscc(district, std::to_string(n), n % 3 == 0) << ",天津示例第" << n << "号商贸有限公司,"
         << district << ",示例" << n % 20 << "街道," << kIndustries[n % std::size(kIndustries)] << "," << n % 700 << ","
         << n % 9000 << "." << n % 100 << "\n";
  }
}

// The rows that the import writes, written by a plain loop: the same keys read, the same bodies, history rows, request
// ids and the job's record, with nothing decided, checked or sent.
class RawLoop {
 public:
  RawLoop(const std::string& database, const std::string& reference) : reference_(ReadReference(reference)) {
    for (ledger::Kind& kind : intake::Kinds()) kinds_[kind.name] = kind;
    ledger::Options options;
    options.database = database;
    options.writer = kWriter;
    database_ = testing::Must(ledger::OpenDatabase(intake::Kinds(), options));
    if (!database_->Migrate(ledger::AllMigrations(intake::kMigrations)).ok()) throw std::runtime_error("migrations");
    driver_ = testing::Must(database_->NewDriver());
  }

  // Rows a second.
  double Run(const std::string& chunks) {
    cli::ChunkReader reader(chunks);
    bool more = true;
    while (more) {
      std::vector<intake::v1::ImportEnterprisesRequest> requests;
      while (more && requests.size() < kPerCommit) {
        const auto bytes = testing::Must(reader.Next());
        more = bytes.has_value();
        if (!more) break;
        requests.emplace_back();
        if (!requests.back().ParseFromString(*bytes)) throw std::runtime_error("chunk");
      }
      if (!requests.empty()) Commit(requests);
    }
    return static_cast<double>(rows_) / taken_;
  }

 private:
  static intake::Reference ReadReference(const std::string& directory) {
    config::v1::IntakeConfig config;
    config.mutable_server()->set_reference_dir(directory);
    config::ApplyDefaults(config);
    return testing::Must(intake::LoadReference(config));
  }

  void Commit(const std::vector<intake::v1::ImportEnterprisesRequest>& requests) {
    ledger::ReadSet reads;
    ledger::WriteSet writes;
    writes.block = {kWriter, ++block_, kTime, 0, std::string(32, 'h'), std::string(32, 'h'), {}};
    for (const auto& request : requests) {
      for (const auto& row : request.rows()) {
        const auto checked = testing::Must(intake::CheckImportRow(row, reference_));
        auto change = intake::ImportSubject(nullptr, checked.facts, kTime);
        Add(change->key, std::move(change->body), change->events[0].type, change->events[0].data, 1, reads, writes);
        ++rows_;
      }
      const std::string scope = crypto::Sm3(absl::StrCat(++chunk_));
      reads.requests.emplace(kTenant, scope);
      writes.requests.push_back({kTenant, scope, std::string(32, 'h'), std::string(4, 'a'), kTime + kKept});
    }
    Add(intake::ImportJobKey("loop"), std::string(120, 'j'), "ChunkImported", "1", block_, reads, writes);
    const auto start = Steady::now();
    if (!driver_->Begin(reads).ok()) throw std::runtime_error("begin");
    if (testing::Must(driver_->Commit(writes)) != ledger::CommitResult::kCommitted) throw std::runtime_error("commit");
    taken_ += Seconds(start);
  }

  void Add(const ledger::Key& key, std::string body, const std::string& type, const std::string& data,
           std::int64_t version, ledger::ReadSet& reads, ledger::WriteSet& writes) {
    reads.records.emplace(ledger::RecordRef{kTenant, key}, ledger::Access::kChange);
    auto columns = testing::Must(kinds_.at(key.kind).extract(body));
    const ledger::Record record{key, version, version, std::string(32, 'h'), 0, kTime, std::move(body), {}, 0};
    writes.records.push_back({kTenant, record, version == 1, std::move(columns), {}});
    writes.history.push_back({kTenant, key, version, kTime, "operator ROLE_SYSTEM_ADMINISTRATOR",
                              "jinqi.intake.v1.EnterpriseImportService/ImportEnterprises", type, data,
                              std::string(32, 'h'), std::string(32, 'h'), kWriter, block_, ++writes.block.rows});
  }

  const intake::Reference reference_;
  std::map<std::string, ledger::Kind> kinds_;
  std::unique_ptr<ledger::Database> database_;
  std::unique_ptr<ledger::Driver> driver_;
  std::int64_t block_ = 0;
  std::int64_t chunk_ = 0;
  std::int64_t rows_ = 0;
  double taken_ = 0;
};

}  // namespace

void BenchRegister(const BenchOptions& options, harness::DatabaseKind database) {
  const testing::TempDir folder;
  const std::string file = folder.File("register.csv");
  WriteRegister(file, options.rows);
  const auto sorting = Steady::now();
  const auto staged = testing::Must(cli::StageRegister({file, folder.File("staged")}));
  const double sorted = Seconds(sorting);

  double raw = 0;
  {
    std::unique_ptr<testing::PostgresServer> server;
    if (database == harness::DatabaseKind::kPostgres) server = std::make_unique<testing::PostgresServer>();
    RawLoop loop(server == nullptr ? "sqlite:" + folder.File("loop.db") : server->NewDatabase(), options.reference);
    raw = loop.Run(staged.path);
  }
  std::error_code gone;
  for (const char* name : {"loop.db", "loop.db-wal", "loop.db-shm"}) std::filesystem::remove(folder.File(name), gone);

  harness::ClusterOptions cluster_options;
  cluster_options.programs = options.programs;
  cluster_options.reference = options.reference;
  cluster_options.database = database;
  cluster_options.services = {"intake"};
  harness::Cluster cluster(cluster_options);
  cli::RegisterImportOptions import;
  import.input = file;
  import.state_directory = folder.File("import");
  import.intake = "file:" + cluster.address_file("intake");
  import.key_file = cluster.service_key();
  const auto start = Steady::now();
  const absl::Status status = cli::ImportRegister(import);
  const double taken = Seconds(start);
  if (!status.ok()) {
    std::printf("register   %-10s failed: %s\n", DatabaseName(database), status.ToString().c_str());
    return;
  }
  const double rows = options.rows;
  std::printf(
      "register   %-10s %d rows in %.1f s: %7.0f/s, of that sorting %.1f s; without it %7.0f/s of %7.0f/s raw = %.2f   "
      "wanted >= %.0f/s\n",
      DatabaseName(database), options.rows, taken, rows / taken, sorted, rows / (taken - sorted), raw,
      rows / (taken - sorted) / raw, kWanted);
}

}  // namespace jinqi::load
