#include "cli/register_import.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/operator.h"
#include "cli/progress.h"
#include "cli/register_staging.h"
#include "common/crypto/sm3.h"
#include "common/rpc/client.h"
#include "common/status/status.h"
#include "jinqi/intake/v1/enterprise_import_service.pb.h"

namespace jinqi::cli {
namespace {

using intake::v1::ImportEnterprisesRequest;
using intake::v1::ImportJob;

constexpr char kImport[] = "jinqi.intake.v1.EnterpriseImportService/ImportEnterprises";
constexpr char kGetJob[] = "jinqi.intake.v1.EnterpriseImportService/GetImportJob";
constexpr char kListFaults[] = "jinqi.intake.v1.EnterpriseImportService/ListImportFaults";

constexpr absl::Duration kTokenGoodFor = absl::Hours(48);
constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(2);
constexpr std::size_t kMaxJobName = 40;
constexpr int kFaultPage = 100;

// What becomes right by itself: the service is starting again, or has too much to do.
bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status);
}

// A name for the job of a file: what of its name a job's may hold.
std::string JobOf(const std::string& input) {
  std::string job;
  for (const char c : std::filesystem::path(input).stem().string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    job += plain ? c : '-';
  }
  return job.substr(0, kMaxJobName);
}

// Sends the chunks of a job, so many at a time; what fails for a while is sent again.
class Sender {
 public:
  Sender(rpc::Channel& channel, rpc::CallOptions call, const RegisterImportOptions& options,
         ImportEnterprisesRequest head)
      : channel_(channel), call_(std::move(call)), options_(options), head_(std::move(head)) {}

  // Every chunk of the file that is not done. `ended` is told how many have ended.
  absl::Status Send(const std::string& path, const std::set<int>& done, const std::function<void(int)>& ended) {
    const absl::Status status = SendAll(path, done, ended);
    absl::MutexLock lock(&mutex_);
    const auto idle = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return under_way_ == 0; };
    mutex_.Await(absl::Condition(&idle));
    return status.ok() ? failure_ : status;
  }

 private:
  struct Chunk {
    int number = 0;
    grpc::ByteBuffer bytes;
  };

  absl::Status SendAll(const std::string& path, const std::set<int>& done, const std::function<void(int)>& ended) {
    ChunkReader reader(path);
    int read = 0;
    bool at_end = false;
    while (true) {
      std::optional<Chunk> next;
      int count = 0;
      {
        absl::MutexLock lock(&mutex_);
        const auto ready = [this, &at_end]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
          const bool something = !again_.empty() || !at_end || !failure_.ok();
          return under_way_ == 0 || (under_way_ < options_.parallel && something);
        };
        mutex_.Await(absl::Condition(&ready));
        RETURN_IF_ERROR(failure_);
        count = ended_;
        if (!again_.empty()) {
          next = std::move(again_.front());
          again_.pop_front();
        }
      }
      ended(count);
      if (next.has_value()) {
        RETURN_IF_ERROR(Pause());
      } else if (at_end) {
        return absl::OkStatus();
      } else {
        ASSIGN_OR_RETURN(auto rows, reader.Next());
        at_end = !rows.has_value();
        if (at_end && read != head_.chunk_count()) return absl::DataLossError("the sorted chunks break off");
        const int number = read++;
        if (at_end || done.contains(number)) continue;
        next = Chunk{number, WithHead(number, *std::move(rows))};
      }
      Start(*std::move(next));
    }
  }

  // The rows of a chunk and what the request says besides: serialised messages of one type join when they are put one
  // behind the other.
  grpc::ByteBuffer WithHead(int number, std::string rows) {
    head_.set_chunk(number);
    head_.set_request_id(crypto::Sm3Hex(absl::StrCat(head_.job(), "/", head_.digest(), "/", number)));
    head_.AppendToString(&rows);
    return rpc::ToBuffer(rows);
  }

  void Start(const Chunk& chunk) {
    {
      absl::MutexLock lock(&mutex_);
      ++under_way_;
    }
    channel_.CallBytesAsync(kImport, chunk.bytes, call_, true,
                            [this, chunk](const absl::StatusOr<grpc::ByteBuffer>& answer) {
                              absl::MutexLock lock(&mutex_);
                              --under_way_;
                              if (answer.ok()) {
                                ++ended_;
                                last_success_ = absl::Now();
                                pause_ = kFirstPause;
                              } else if (MayPass(answer.status())) {
                                again_.push_back(chunk);
                              } else {
                                failure_.Update(answer.status());
                              }
                            });
  }

  // Before something is sent again, ever longer while nothing succeeds.
  absl::Status Pause() {
    absl::Duration pause;
    {
      absl::MutexLock lock(&mutex_);
      if (absl::Now() - last_success_ > absl::Seconds(options_.patience_seconds)) {
        return absl::UnavailableError("intake does not answer; run this again to go on");
      }
      pause = pause_;
      pause_ = std::min(pause_ * 2, kLongestPause);
    }
    absl::SleepFor(pause);
    return absl::OkStatus();
  }

  rpc::Channel& channel_;
  const rpc::CallOptions call_;
  const RegisterImportOptions& options_;
  ImportEnterprisesRequest head_;
  absl::Mutex mutex_;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<Chunk> again_ ABSL_GUARDED_BY(mutex_);
  int ended_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_success_ ABSL_GUARDED_BY(mutex_) = absl::Now();
  absl::Duration pause_ ABSL_GUARDED_BY(mutex_) = kFirstPause;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

// A field of a CSV that may hold anything.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

// The job as the service has it; an empty one before its first chunk.
absl::StatusOr<ImportJob> ReadJob(rpc::Channel& channel, const rpc::CallOptions& call, const std::string& job) {
  intake::v1::GetImportJobRequest request;
  request.set_name("importJobs/" + job);
  auto found = channel.Call<ImportJob>(kGetJob, request, call);
  if (absl::IsNotFound(found.status())) return ImportJob();
  return found;
}

// Writes the faulty rows of the job, as the service has kept them.
absl::Status WriteReport(rpc::Channel& channel, const rpc::CallOptions& call, const std::string& job,
                         const std::string& path) {
  std::ofstream report(path + ".new", std::ios::trunc);
  report << "\xEF\xBB\xBFrow,field,reason,text\n";
  intake::v1::ListImportFaultsRequest request;
  request.set_job("importJobs/" + job);
  request.set_page_size(kFaultPage);
  do {
    ASSIGN_OR_RETURN(const auto page, channel.Call<intake::v1::ListImportFaultsResponse>(kListFaults, request, call));
    for (const intake::v1::RowFault& fault : page.faults()) {
      report << fault.row() << "," << fault.field() << "," << ReasonName(fault.reason()) << "," << Quoted(fault.text())
             << "\n";
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  report.close();
  std::error_code fault;
  if (report) std::filesystem::rename(path + ".new", path, fault);
  return report && !fault ? absl::OkStatus() : absl::UnavailableError("cannot write " + path + "; is the disk full?");
}

absl::StatusOr<Staged> Stage(const RegisterImportOptions& options, const std::string& directory) {
  Progress progress("rows sorted", 0);
  ASSIGN_OR_RETURN(Staged staged,
                   StageRegister({options.input, directory}, [&progress](std::int64_t rows) { progress.Set(rows); }));
  progress.Set(staged.rows);
  progress.Finish();
  return staged;
}

absl::Status SendChunks(rpc::Channel& channel, const rpc::CallOptions& call, const RegisterImportOptions& options,
                        const std::string& job, const Staged& staged) {
  ASSIGN_OR_RETURN(const ImportJob before, ReadJob(channel, call, job));
  if (!before.name().empty() && before.digest() != staged.digest) return Error(config::v1::REASON_IMPORT_OTHER_FILE);
  std::set<int> done(before.done().begin(), before.done().end());
  for (int chunk = 0; chunk < before.done_below(); ++chunk) done.insert(done.end(), chunk);
  if (!done.empty()) std::printf("%zu of %d chunks were taken before\n", done.size(), staged.chunks);
  ImportEnterprisesRequest head;
  head.set_job(job);
  head.set_digest(staged.digest);
  head.set_chunk_count(staged.chunks);
  Progress progress("rows", staged.rows);
  const auto rows = [&](int ended) {
    const auto chunks = static_cast<std::int64_t>(done.size()) + ended;
    return staged.chunks == 0 ? 0 : staged.rows * chunks / staged.chunks;
  };
  Sender sender(channel, call, options, head);
  absl::Status sent = sender.Send(staged.path, done, [&](int ended) { progress.Set(rows(ended)); });
  if (sent.ok()) progress.Set(staged.rows);
  progress.Finish();
  return sent;
}

}  // namespace

absl::Status ImportRegister(const RegisterImportOptions& options) {
  const std::string job = options.job.empty() ? JobOf(options.input) : options.job;
  const std::string directory = options.state_directory + "/" + job;
  ASSIGN_OR_RETURN(rpc::CallOptions call, OperatorCall(options.key_file, kTokenGoodFor));
  const auto channel = rpc::Channel::Make(options.intake);
  ASSIGN_OR_RETURN(const Staged staged, Stage(options, directory));
  RETURN_IF_ERROR(SendChunks(*channel, call, options, job, staged));
  ASSIGN_OR_RETURN(const ImportJob after, ReadJob(*channel, call, job));
  const std::string report = directory + "/faults.csv";
  RETURN_IF_ERROR(WriteReport(*channel, call, job, report));
  RETURN_IF_ERROR(Unstage(staged));
  std::printf("import %s: %lld new, %lld changed, %lld as they were, %lld faulty or replaced rows\n%s\n", job.c_str(),
              static_cast<long long>(after.created()), static_cast<long long>(after.updated()),
              static_cast<long long>(after.unchanged()), static_cast<long long>(after.faulty()), report.c_str());
  return absl::OkStatus();
}

}  // namespace jinqi::cli
