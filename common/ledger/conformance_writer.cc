// Adds one to records, a request after the other, and prints the number of each that was answered OK. The suite kills
// it. Arguments: database, writer id, number of requests, number of records.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/ledger/conformance.h"

namespace jinqi::ledger::conformance {
namespace {

constexpr int kInFlight = 16;

// Hands out the places of those in flight. Thread-safe.
class Window {
 public:
  void Enter() {
    const absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Window::HasRoom));
    ++inside_;
  }
  void Leave() {
    const absl::MutexLock lock(&mutex_);
    --inside_;
  }
  void AwaitEmpty() {
    const absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(this, &Window::IsEmpty));
  }

 private:
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return inside_ < kInFlight; }
  bool IsEmpty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return inside_ == 0; }

  absl::Mutex mutex_;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
};

void Print(int number) {
  const std::string line = absl::StrCat(number, "\n");
  if (write(STDOUT_FILENO, line.data(), line.size()) < 0) std::exit(3);
}

int Main(const std::string& database, const std::string& writer, int requests, int records) {
  clock::SystemClock clock;
  auto ledger = Ledger::Open(TestOptions(database, writer), TestKinds(), TestMigrations(), &clock);
  if (!ledger.ok()) {
    std::cerr << ledger.status() << "\n";
    return 2;
  }
  Window window;
  for (int i = 0; i < requests; ++i) {
    window.Enter();
    const Command command = AddTo(absl::StrCat("k", i % records), 1, absl::StrCat("request-", i));
    (*ledger)->Submit(command, [i, &window](const absl::StatusOr<Answer>& answer) {
      if (answer.ok()) Print(i);
      window.Leave();
    });
  }
  window.AwaitEmpty();
  (*ledger)->Stop();
  return 0;
}

}  // namespace
}  // namespace jinqi::ledger::conformance

int main(int count, char** words) {
  if (count != 5) return 1;
  return jinqi::ledger::conformance::Main(words[1], words[2], std::atoi(words[3]), std::atoi(words[4]));
}
