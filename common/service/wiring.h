// What runs beside the calls of every service that has a ledger: relay, consumers, dead letters, timers, expiry.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/ledger/sweeper.h"
#include "common/outbound/sender.h"
#include "common/queue/handler.h"
#include "common/rpc/service.h"

namespace jinqi::service {

struct Messages {
  // The services that consume this one's stream; empty: it publishes nothing.
  std::vector<std::string> consumers;
  // The services whose streams this one consumes, with what it makes of their messages.
  std::map<std::string, queue::Handler> sources;
};

// Adds relay, consumers and the DeadLetterService, with their readiness. Without server.redis.address the service takes
// no part in messages.
absl::Status AddMessages(rpc::ServiceRuntime& runtime, Messages messages);

// Adds the sweeper of the timers of `kinds`. Those whose `make` blocks for long get a sweeper with a lease of their
// own, so that others do not wait for them.
void AddTimers(rpc::ServiceRuntime& runtime, std::vector<std::string> kinds, ledger::Sweeper::MakeCommand make,
               const std::string& lease = "sweeper");

// Adds the sender of what `owner` has for one outside system (common/outbound). Owner and transport outlive the calls.
void AddSender(rpc::ServiceRuntime& runtime, const std::string& target, outbound::Owner& owner,
               outbound::Transport& transport);

// Adds the task that forgets request ids which have expired (contract of the ledger, 9).
void AddRequestExpiry(rpc::ServiceRuntime& runtime);

}  // namespace jinqi::service
