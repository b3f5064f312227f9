// The methods of a service: what to do with each, by name. Nothing is generated per service; request and response types
// and all rules come from the descriptors.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/ledger/ledger.h"
#include "common/rpc/call.h"
#include "common/rpc/request_rules.h"
#include "common/rpc/worker_pool.h"
#include "google/protobuf/descriptor.h"
#include "jinqi/config/v1/options.pb.h"

namespace jinqi::rpc {

// What a method's handler gets. It lives until the reply is given.
struct Call {
  CallContext context;
  // Unset for methods that take the bytes as they are.
  std::unique_ptr<google::protobuf::Message> request;
  grpc::ByteBuffer bytes;
  Reply reply;
  WorkerPool* pool = nullptr;
};

struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  config::v1::Access access;
  // nullptr: the bytes are not parsed.
  const google::protobuf::Message* request = nullptr;
  std::unique_ptr<RequestRules> rules;
  // Runs on the pool of workers.
  bool blocks = false;
  std::function<void(std::shared_ptr<Call>)> handle;
};

// Every method is named `package.Service/Method` and must be in a proto file with request type Req and response type
// Resp; what is wrong is told by status() and keeps the service from starting.
class Methods {
 public:
  // `ledger` may be nullptr where nothing changes.
  explicit Methods(ledger::Ledger* ledger = nullptr) : ledger_(ledger) {}

  // A question. Runs on the pool of workers and may block.
  template <typename Req, typename Resp>
  void Query(std::string_view method, std::function<absl::StatusOr<Resp>(const CallContext&, const Req&)> handle) {
    Add(method, Req::default_instance(), Resp::default_instance(), true, Synchronous<Req, Resp>(std::move(handle)));
  }

  // A question that is answered from memory. Runs on gRPC's own threads: must not block, wait or take long.
  template <typename Req, typename Resp>
  void Quick(std::string_view method, std::function<absl::StatusOr<Resp>(const CallContext&, const Req&)> handle) {
    Add(method, Req::default_instance(), Resp::default_instance(), false, Synchronous<Req, Resp>(std::move(handle)));
  }

  // A call that ends later, on any thread. `handle` must not block; context and request live until `done` is called.
  template <typename Req, typename Resp>
  void Async(
      std::string_view method,
      std::function<void(const CallContext&, const Req&, std::function<void(absl::StatusOr<Resp>)> done)> handle) {
    Add(method, Req::default_instance(), Resp::default_instance(), false,
        [handle = std::move(handle)](const std::shared_ptr<Call>& call) {
          handle(call->context, static_cast<const Req&>(*call->request), [call](absl::StatusOr<Resp> response) {
            if (!response.ok()) return call->reply(std::move(response).status());
            call->reply(ToBuffer(*response));
          });
        });
  }

  // A change. `make` turns the request into a command; it runs on gRPC's own threads and must not block. What it
  // leaves empty is filled in: see FillCommand. The call ends when the command is committed; the answer's bytes, new or
  // stored, are the response. `finish` may add what must not be stored (personal data) or is not known to the decision;
  // it runs on the pool of workers after the commit and may block.
  template <typename Req, typename Resp>
  void Change(std::string_view method,
              std::function<absl::StatusOr<ledger::Command>(const CallContext&, const Req&)> make,
              std::function<void(const CallContext&, const Req&, Resp&)> finish = {}) {
    AddChange<Req, Resp>(method, false, std::move(make), std::move(finish));
  }

  // As Change, but `make` runs on the pool of workers and may block (it reads something first).
  template <typename Req, typename Resp>
  void ChangeOnPool(std::string_view method,
                    std::function<absl::StatusOr<ledger::Command>(const CallContext&, const Req&)> make,
                    std::function<void(const CallContext&, const Req&, Resp&)> finish = {}) {
    AddChange<Req, Resp>(method, true, std::move(make), std::move(finish));
  }

  // A method whose request and response pass through as bytes, unparsed and unchecked. Must not block.
  using Bytes = std::function<void(const CallContext&, const grpc::ByteBuffer& request, Reply reply)>;
  void Raw(std::string_view method, Bytes handle);

  // nullptr: there is none.
  const Method* Find(std::string_view method) const;
  const std::map<std::string, Method, std::less<>>& all() const { return methods_; }
  // The first mistake in a registration.
  const absl::Status& status() const { return status_; }

 private:
  using Make = std::function<absl::StatusOr<ledger::Command>(const CallContext&, const google::protobuf::Message&)>;
  using Finish = std::function<void(const Call&, google::protobuf::Message&)>;

  template <typename Req, typename Resp>
  static std::function<void(std::shared_ptr<Call>)> Synchronous(
      std::function<absl::StatusOr<Resp>(const CallContext&, const Req&)> handle) {
    return [handle = std::move(handle)](const std::shared_ptr<Call>& call) {
      absl::StatusOr<Resp> response = handle(call->context, static_cast<const Req&>(*call->request));
      if (!response.ok()) return call->reply(std::move(response).status());
      call->reply(ToBuffer(*response));
    };
  }

  template <typename Req, typename Resp>
  void AddChange(std::string_view method, bool blocks,
                 std::function<absl::StatusOr<ledger::Command>(const CallContext&, const Req&)> make,
                 std::function<void(const CallContext&, const Req&, Resp&)> finish) {
    Finish finish_any;
    if (finish) {
      finish_any = [finish = std::move(finish)](const Call& call, google::protobuf::Message& response) {
        finish(call.context, static_cast<const Req&>(*call.request), static_cast<Resp&>(response));
      };
    }
    AddCommand(
        method, Req::default_instance(), Resp::default_instance(), blocks,
        [make = std::move(make)](const CallContext& context, const google::protobuf::Message& request) {
          return make(context, static_cast<const Req&>(request));
        },
        std::move(finish_any));
  }

  void Add(std::string_view method, const google::protobuf::Message& request, const google::protobuf::Message& response,
           bool blocks, std::function<void(std::shared_ptr<Call>)> handle);
  void AddCommand(std::string_view method, const google::protobuf::Message& request,
                  const google::protobuf::Message& response, bool blocks, Make make, Finish finish);
  const google::protobuf::MethodDescriptor* Describe(std::string_view method);
  void Mistake(std::string_view method, std::string_view what);

  ledger::Ledger* ledger_;
  std::map<std::string, Method, std::less<>> methods_;
  absl::Status status_;
};

// Fills in what `make` left empty: tenant and caller, method, trace, time; request_id from the request's field of that
// name (REQUIRED when empty, TOO_LONG beyond 64, FORMAT for other than printable ASCII); request_hash as SM3 over the
// request without its request_id (INT-17).
absl::Status FillCommand(const CallContext& context, const google::protobuf::Message& request,
                         ledger::Command& command);

}  // namespace jinqi::rpc
