// One demand on its way round.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "cli/api.h"
#include "common/calendar/calendar.h"
#include "jinqi/events/v1/order.pb.h"
#include "jinqi/feedback/v1/feedback_service.pb.h"
#include "jinqi/intake/v1/intake_service.pb.h"
#include "jinqi/routing/v1/routing_service.pb.h"

namespace jinqi::cli {

// What an order shows besides the common way.
enum class Course {
  kCommon,
  // Given back twice with the hub's consent; the third dispatch designates (RTE-07, RTE-09).
  kReturned,
  // Extended once (RTE-18).
  kExtended,
  // Decided on by a joint meeting, done by its lead (RTE-21, RTE-22).
  kMeeting,
  // Asked for again while it runs: merged (INT-09).
  kMerged,
  // Withdrawn when its answer is there already: refused (INT-20).
  kLateWithdrawal,
  // Rated badly twice, and taken to the joint meeting from the second rework (FBK-07).
  kEscalated,
  // Supervised by the hub (RTE-20).
  kSupervised,
};

struct DemoRow {
  int number = 0;
  std::string measure;
  std::string title;
  std::string text;
  // Codes of bodies; empty: any.
  std::vector<std::string> expected;
  Course course = Course::kCommon;
};

enum class Ending { kFailed, kClosed, kLiaison, kTooLong, kTooShort };

struct DemoResult {
  DemoRow row;
  Ending ending = Ending::kFailed;
  // Why it failed, or what was not as it should be.
  std::string fault;
  bool needed_human = false;
  bool reworked = false;
  routing::v1::WorkOrder order;
};

// Drives one order: looks at its state, does what comes next, until nothing comes next. Nothing is remembered but its
// number, so that a run can be cut off anywhere and go on.
class DemoOrder {
 public:
  DemoOrder(Api& api, const calendar::Calendar& calendar, std::string run, DemoRow row, bool try_wrong_roles)
      : api_(api), calendar_(calendar), run_(std::move(run)), wrong_(try_wrong_roles) {
    result_.row = std::move(row);
  }

  DemoResult Run();

  // A way in, and who files through it.
  struct Door {
    events::v1::Channel channel;
    std::string_view role;
  };

 private:
  absl::Status Create();
  absl::Status Drive();
  // One step; nullopt-like false: nothing to do but wait for an event on its way.
  absl::StatusOr<bool> Step();
  absl::StatusOr<bool> Dispatch();
  absl::StatusOr<bool> Handle();
  absl::StatusOr<bool> AfterSubmission();
  absl::StatusOr<bool> FollowUp();
  absl::StatusOr<bool> Rate();
  // Of the link that an account finds in its follow-up, and who has none beside the progress that it looks up by phone;
  // empty while it is on its way.
  absl::StatusOr<std::string> RatingToken();
  absl::Status CheckEnd();

  // What the order's course does in its state before the common step (demo_course.cc); false: nothing, or not any more.
  absl::StatusOr<bool> Detour();
  absl::StatusOr<bool> GiveBack();
  absl::StatusOr<bool> Designate();
  absl::StatusOr<bool> Extend();
  absl::StatusOr<bool> Escalate();
  absl::StatusOr<bool> Meet();
  absl::StatusOr<bool> AskAgain();
  absl::StatusOr<bool> WithdrawLate();
  absl::StatusOr<bool> Supervise();
  // OK when the order shows what its course is there to show.
  absl::Status CheckCourse() const;
  // When the order must be due, by its course and the calendar.
  absl::CivilDay ExpectedDue() const;
  // How many times it is rated badly before it is rated well.
  int BadRatings() const;

  // A move of the work order; what it answers is the order from now on.
  absl::StatusOr<bool> Move(const Person& person, const std::string& verb, google::protobuf::Message& request);
  // Another body than all that had it, and than the one it is with.
  std::string OtherBody() const;
  intake::v1::CreateDemandRequest Filing(const std::string& request_id) const;
  Person Filer() const;
  absl::Status MustRefuse(const std::string& path, const google::protobuf::Message& request);
  std::string RequestId(const std::string& step) const;
  const Door& door() const;
  std::string Phone() const;
  Person Enterprise() const;
  Person Undertaker() const;
  std::string OrderPath(const std::string& verb) const;
  std::string FollowUpName() const;

  Api& api_;
  const calendar::Calendar& calendar_;
  const std::string run_;
  const bool wrong_;
  std::string uscc_;
  std::string district_;
  // That the course's refusal was tried; asked for again it has the same answer.
  bool refused_ = false;
  DemoResult result_;
};

// A credit code that passes the check, different for each seed; synthetic.
std::string SyntheticUscc(const std::string& district, const std::string& seed, bool individual);

std::string_view EndingText(Ending ending);
// What the table says of it, empty for the common way.
std::string_view CourseText(Course course);
// The course of the sample's order of that number when all are shown.
Course CourseOf(int number);

}  // namespace jinqi::cli
