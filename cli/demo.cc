#include "cli/demo.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "cli/csv.h"
#include "cli/demo_order.h"
#include "cli/progress.h"
#include "common/clock/clock.h"
#include "common/ids/ids.h"
#include "common/status/status.h"

namespace jinqi::cli {
namespace {

constexpr int kPatienceSeconds = 120;
constexpr const char* kTextColumns[] = {"text", "content", "detail", "message"};

constexpr char kFull[] = "full";

// What a run needs to be gone on with: its id, from which every request id is made, its input, and what it shows.
struct RunState {
  std::string run;
  std::string input;
  int orders = 0;
  bool full = false;
};

std::string StatePath(const DemoOptions& options) { return options.state_directory + "/run"; }

absl::StatusOr<RunState> LastRun(const DemoOptions& options) {
  RunState state;
  std::ifstream file(StatePath(options));
  std::string orders;
  if (!std::getline(file, state.run) || !std::getline(file, state.input) || !std::getline(file, orders)) {
    return absl::NotFoundError("there is no run to resume; start one with: ./jinqi demo");
  }
  state.orders = std::atoi(orders.c_str());
  std::string full;
  state.full = static_cast<bool>(std::getline(file, full)) && full == kFull;
  return state;
}

RunState NewRun(const DemoOptions& options) {
  ids::Ids ids;
  return {"demo-" + ids.Uuid().substr(24), options.input, options.orders, options.full};
}

absl::Status Remember(const DemoOptions& options, const RunState& state) {
  std::error_code fault;
  std::filesystem::create_directories(options.state_directory, fault);
  std::ofstream file(StatePath(options) + ".new");
  file << state.run << "\n" << state.input << "\n" << state.orders << "\n";
  if (state.full) file << kFull << "\n";
  file.close();
  if (file) std::filesystem::rename(StatePath(options) + ".new", StatePath(options), fault);
  if (!file || fault) return absl::UnavailableError("cannot write " + StatePath(options) + "; is the disk full?");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<DemoRow>> ReadRows(const RunState& state) {
  std::ifstream file(state.input, std::ios::binary);
  if (!file) return absl::NotFoundError("cannot read " + state.input);
  ASSIGN_OR_RETURN(CsvReader csv, CsvReader::Open(file));
  int text = -1;
  for (const char* name : kTextColumns) {
    if (text < 0) text = csv.Column(name);
  }
  if (text < 0) return absl::InvalidArgumentError("the CSV file has no column text, content, detail or message");
  const int measure = csv.Column("measure");
  const int expected = csv.Column("expected");
  const int title = csv.Column("title");
  const auto field = [](const std::vector<std::string>& row, int column) {
    return column < 0 ? std::string() : row[static_cast<std::size_t>(column)];
  };
  std::vector<DemoRow> rows;
  std::vector<std::string> row;
  while ((state.orders == 0 || static_cast<int>(rows.size()) < state.orders) && csv.Next(row)) {
    DemoRow next{static_cast<int>(rows.size()) + 1, field(row, measure), field(row, title), field(row, text), {}};
    if (state.full) next.course = CourseOf(next.number);
    next.expected = absl::StrSplit(field(row, expected), ' ', absl::SkipEmpty());
    rows.push_back(std::move(next));
  }
  return rows;
}

absl::StatusOr<calendar::Calendar> LoadedCalendar(Api& api) {
  ASSIGN_OR_RETURN(const auto config, api.Get<config::v1::Calendar>({"DISPATCHER", "dispatcher-1", "BMZX", "", ""},
                                                                    "/v1/calendars/latest"));
  return calendar::Calendar::Make(config);
}

std::vector<DemoResult> DriveAll(Api& api, const calendar::Calendar& calendar, const RunState& state,
                                 const std::vector<DemoRow>& rows, int parallel) {
  std::vector<DemoResult> results(rows.size());
  Progress progress("demands", static_cast<std::int64_t>(rows.size()));
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(parallel));
  for (int i = 0; i < parallel; ++i) {
    threads.emplace_back([&] {
      for (std::size_t row = next++; row < rows.size(); row = next++) {
        // The first order also tries every step in a wrong role.
        results[row] = DemoOrder(api, calendar, state.run, rows[row], row == 0).Run();
        progress.Step();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  progress.Finish();
  return results;
}

std::string Seconds(const google::protobuf::Timestamp& from, const google::protobuf::Timestamp& to) {
  if (from.seconds() == 0 || to.seconds() == 0) return "-";
  const double seconds = static_cast<double>(clock::FromProto(to) - clock::FromProto(from)) / 1e6;
  return absl::StrCat(absl::SixDigits(std::max(0.0, seconds)));
}

// Order number, body, due date, seconds from one stage to the next, and how it ended.
void PrintRow(const DemoResult& result) {
  const routing::v1::WorkOrder& order = result.order;
  const std::string body = order.main_undertaker().empty() && order.proposal().candidates_size() > 0
                               ? order.proposal().candidates(0).undertaker()
                               : order.main_undertaker();
  const std::string_view course = CourseText(result.row.course);
  google::protobuf::Timestamp dispatched, signed_at, submitted;
  if (order.dispatches_size() > 0) {
    dispatched = order.dispatches(0).time();
    signed_at = order.dispatches(order.dispatches_size() - 1).sign_time();
  }
  if (order.submissions_size() > 0) submitted = order.submissions(0).time();
  const std::string due = order.due_time().seconds() == 0
                              ? "-"
                              : absl::FormatCivilTime(clock::ShanghaiDate(clock::FromProto(order.due_time())));
  std::printf("%-5s %-22s %-8s %-10s %9s %9s %9s %9s %9s  %s%s%s%s\n", result.row.measure.c_str(),
              order.order_no().c_str(), body.c_str(), due.c_str(), Seconds(order.accept_time(), dispatched).c_str(),
              Seconds(dispatched, signed_at).c_str(), Seconds(signed_at, submitted).c_str(),
              Seconds(submitted, order.feedback_time()).c_str(),
              Seconds(order.feedback_time(), order.close_time()).c_str(),
              std::string(EndingText(result.ending)).c_str(), result.reworked ? " after rework" : "",
              course.empty() ? "" : ", ", std::string(course).c_str());
}

void PrintTable(const std::vector<DemoResult>& results) {
  std::printf("\n%-5s %-22s %-8s %-10s %9s %9s %9s %9s %9s  %s\n", "", "order", "body", "due", "dispatch", "sign",
              "submit", "feedback", "close", "result");
  for (const DemoResult& result : results) PrintRow(result);
}

absl::Status PrintTotals(const std::vector<DemoResult>& results, absl::Duration took) {
  std::map<std::string, int> totals;
  int failed = 0;
  for (const DemoResult& result : results) {
    ++totals[std::string(EndingText(result.ending))];
    if (result.needed_human) ++totals["NEEDS_HUMAN, dispatched to the district"];
    if (result.reworked) ++totals["rated badly and done again"];
    if (result.row.course != Course::kCommon) ++totals[std::string(CourseText(result.row.course))];
    if (result.ending != Ending::kFailed) continue;
    if (++failed <= 20) {
      std::fprintf(stderr, "row %d %s (%s): %s\n", result.row.number, result.row.measure.c_str(),
                   result.order.order_no().c_str(), result.fault.c_str());
    }
  }
  std::printf("\n%zu demands in %.1f s\n", results.size(), absl::ToDoubleSeconds(took));
  for (const auto& [what, count] : totals) std::printf("  %6d  %s\n", count, what.c_str());
  if (failed == 0) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(failed, " demands did not end as they should"));
}

}  // namespace

absl::Status RunDemo(const DemoOptions& options) {
  RunState state = NewRun(options);
  if (options.resume) {
    ASSIGN_OR_RETURN(state, LastRun(options));
  }
  ASSIGN_OR_RETURN(const std::vector<DemoRow> rows, ReadRows(state));
  // Only now: a run that cannot begin must not make the last one forgotten.
  if (!options.resume) RETURN_IF_ERROR(Remember(options, state));
  Api api(options.gateway, kPatienceSeconds);
  ASSIGN_OR_RETURN(const calendar::Calendar calendar, LoadedCalendar(api));
  const absl::Time start = absl::Now();
  const std::vector<DemoResult> results = DriveAll(api, calendar, state, rows, options.parallel);
  const bool by_measure = !rows.empty() && !rows.front().measure.empty();
  if (by_measure || results.size() <= 50) PrintTable(results);
  return PrintTotals(results, absl::Now() - start);
}

}  // namespace jinqi::cli
