// Calls that change one order: from the request to a command with its decision.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/text/text.h"
#include "services/routing/kinds.h"
#include "services/routing/routing_rpc.h"

namespace jinqi::routing {

// The bodies that a dispatch relies on; what cannot be a code is refused by the decision.
inline void NameBodies(const std::vector<std::string>& codes, ledger::Command& command) {
  for (const std::string& code : codes) {
    constexpr std::size_t kMaxCode = 32;
    if (!code.empty() && code.size() <= kMaxCode && command.names.size() < 32) {
      command.names.push_back({UndertakerKey(code), ledger::Access::kRely});
    }
  }
}

inline ledger::Command OrderCommand(const std::string& order_no) {
  ledger::Command command;
  command.names = {{OrderKey(order_no)}, {HeadKey(), ledger::Access::kRely}};
  return command;
}

// A change of one order whose decision needs nothing but the request.
template <typename Request, typename Decide>
void AddPlain(rpc::Methods& methods, const Deps& deps, std::string_view name, Decide decide) {
  methods.Change<Request, v1::WorkOrder>(
      MethodName(name),
      [&desk = deps.desk, decide](const rpc::CallContext& context,
                                  const Request& request) -> absl::StatusOr<ledger::Command> {
        ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
        ledger::Command command = OrderCommand(order_no);
        command.decide = [&desk, decide, actor = ActorOf(context), request](const ledger::View& view) {
          return decide(view, desk.setting, actor, request);
        };
        return command;
      });
}

// One that relies on bodies as well.
template <typename Request, typename Decide, typename Bodies>
void AddWithBodies(rpc::Methods& methods, const Deps& deps, std::string_view name, Decide decide, Bodies bodies) {
  methods.Change<Request, v1::WorkOrder>(
      MethodName(name),
      [&desk = deps.desk, decide, bodies](const rpc::CallContext& context,
                                          const Request& request) -> absl::StatusOr<ledger::Command> {
        ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
        ledger::Command command = OrderCommand(order_no);
        NameBodies(bodies(request), command);
        command.decide = [&desk, decide, actor = ActorOf(context), request](const ledger::View& view) {
          return decide(view, desk.setting, actor, request);
        };
        return command;
      });
}

// One with a free text, which becomes a record of its own. `text`: the request's field.
template <typename Request, typename Decide, typename Text>
void AddWithText(rpc::Methods& methods, const Deps& deps, std::string_view name, Decide decide, Text text) {
  methods.Change<Request, v1::WorkOrder>(
      MethodName(name),
      [&desk = deps.desk, decide, text](const rpc::CallContext& context,
                                        const Request& request) -> absl::StatusOr<ledger::Command> {
        ASSIGN_OR_RETURN(const std::string order_no, OrderNoOf(request.name()));
        ledger::Command command = OrderCommand(order_no);
        SealedText sealed = desk.texts->SealLater(order_no, text::Trim(text(request)));
        if (!sealed.id.empty()) command.names.push_back({TextKey(sealed.id)});
        command.decide = [&desk, decide, actor = ActorOf(context), request, sealed = std::move(sealed)](
                             const ledger::View& view) { return decide(view, desk.setting, actor, request, sealed); };
        return command;
      });
}

}  // namespace jinqi::routing
