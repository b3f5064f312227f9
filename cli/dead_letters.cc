#include "cli/dead_letters.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <vector>

#include "absl/time/time.h"
#include "cli/operator.h"
#include "common/clock/clock.h"
#include "common/rpc/client.h"
#include "common/status/status.h"
#include "jinqi/events/v1/dead_letter_service.pb.h"

namespace jinqi::cli {
namespace {

constexpr absl::Duration kTokenGoodFor = absl::Minutes(5);
constexpr const char* kConsumers[] = {"intake", "routing", "feedback"};
constexpr char kService[] = "jinqi.events.v1.DeadLetterService/";

void Print(const std::string& service, const events::v1::DeadLetter& letter) {
  std::printf("%-10s %-10s p%02d %8lld  %-24s %-22s %-24s %s\n", service.c_str(), letter.source().c_str(),
              letter.partition(), static_cast<long long>(letter.position()), letter.key().c_str(),
              letter.type().c_str(), letter.reason().c_str(),
              clock::ToRfc3339(clock::FromProto(letter.time())).c_str());
}

absl::Status Act(rpc::Channel& channel, const rpc::CallOptions& call, const DeadLetterOptions& options,
                 const events::v1::DeadLetter& first) {
  if (options.action == "retry") {
    events::v1::RetryDeadLettersRequest request;
    request.set_tenant(first.tenant());
    request.set_source(first.source());
    request.set_key(first.key());
    ASSIGN_OR_RETURN(const auto done, channel.Call<events::v1::RetryDeadLettersResponse>(
                                          std::string(kService) + "RetryDeadLetters", request, call));
    std::printf("%d messages of %s applied\n", done.applied(), first.key().c_str());
    return absl::OkStatus();
  }
  events::v1::DiscardDeadLetterRequest request;
  request.set_source(first.source());
  request.set_partition(first.partition());
  request.set_position(first.position());
  ASSIGN_OR_RETURN(const auto done, channel.Call<events::v1::DiscardDeadLetterResponse>(
                                        std::string(kService) + "DiscardDeadLetter", request, call));
  (void)done;
  std::printf("discarded position %lld of %s\n", static_cast<long long>(first.position()), first.key().c_str());
  return absl::OkStatus();
}

}  // namespace

absl::Status DeadLetters(const DeadLetterOptions& options) {
  const bool list = options.action == "list" || options.action.empty();
  if (!list && options.action != "retry" && options.action != "discard") {
    return absl::InvalidArgumentError("deadletters knows list, retry KEY and discard KEY");
  }
  if (!list && options.key.empty()) return absl::InvalidArgumentError("deadletters " + options.action + " needs a KEY");
  if (!options.service.empty() &&
      std::find(std::begin(kConsumers), std::end(kConsumers), options.service) == std::end(kConsumers)) {
    return absl::InvalidArgumentError("--service is intake, routing or feedback, not " + options.service);
  }
  ASSIGN_OR_RETURN(const rpc::CallOptions call, OperatorCall(options.key_file, kTokenGoodFor));
  int found = 0;
  for (const std::string service : kConsumers) {
    if (!options.service.empty() && options.service != service) continue;
    const auto channel = rpc::Channel::Make("file:" + options.run_directory + "/" + service + ".json");
    ASSIGN_OR_RETURN(const auto letters,
                     channel->Call<events::v1::ListDeadLettersResponse>(std::string(kService) + "ListDeadLetters",
                                                                        events::v1::ListDeadLettersRequest(), call));
    for (const events::v1::DeadLetter& letter : letters.dead_letters()) {
      if (!options.key.empty() && letter.key() != options.key) continue;
      ++found;
      if (list) {
        Print(service, letter);
        continue;
      }
      RETURN_IF_ERROR(Act(*channel, call, options, letter));
      break;
    }
  }
  if (found > 0) return absl::OkStatus();
  if (!options.key.empty()) return absl::NotFoundError("there are no dead letters of " + options.key);
  std::printf("no dead letters\n");
  return absl::OkStatus();
}

}  // namespace jinqi::cli
