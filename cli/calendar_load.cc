#include "cli/calendar_load.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include "cli/api.h"
#include "common/calendar/calendar.h"
#include "common/status/status.h"
#include "jinqi/routing/v1/routing_service.pb.h"

namespace jinqi::cli {

absl::Status LoadCalendar(const std::string& gateway, const std::string& file) {
  std::ifstream input(file, std::ios::binary);
  if (!input) return absl::NotFoundError("cannot read " + file);
  std::stringstream text;
  text << input.rdbuf();
  ASSIGN_OR_RETURN(auto notice, calendar::ParseNotice(text.str()));
  routing::v1::PublishCalendarRequest request;
  // The same file twice is one publication.
  request.set_request_id("calendar-" + std::to_string(notice.year()) + "-" +
                         std::to_string(std::hash<std::string>()(text.str())));
  *request.mutable_notice() = std::move(notice);
  Api api(gateway, 10);
  ASSIGN_OR_RETURN(const auto calendar, api.Post<config::v1::Calendar>({"HUB_LEADER", "hub-leader-1", "BMZX", "", ""},
                                                                       "/v1/calendars", request));
  std::printf("calendar version %lld holds %d years\n", static_cast<long long>(calendar.version()),
              calendar.years_size());
  return absl::OkStatus();
}

}  // namespace jinqi::cli
