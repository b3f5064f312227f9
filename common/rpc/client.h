// Calls to other services.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <grpcpp/support/byte_buffer.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/metrics/metrics.h"
#include "common/rpc/call.h"
#include "google/protobuf/message.h"

namespace jinqi::rpc {

struct CallOptions {
  // For the call with all its attempts.
  absl::Duration timeout = absl::Seconds(5);
  // `Bearer …`; empty: none.
  std::string authorization = {};
  std::string traceparent = {};
};

// Options for a call on behalf of the call in hand: its token, its trace, and what is left of its time less 20 ms.
CallOptions OnBehalfOf(const CallContext& context, absl::Duration at_most = absl::Seconds(5));

// A lasting connection to a service, or to all its replicas in turn. UNAVAILABLE is tried again (three attempts,
// growing pauses with jitter) where that does no harm: methods Get…, List…, Search… and requests that carry a
// request_id. Errors of the other side come back with their reason and details. Thread-safe.
class Channel {
 public:
  // `target`: host:port, dns:///name:port, unix:/path, or file:/path of the address file that the service writes, read
  // again whenever it changes. file:/a,/b are replicas, which then listen on IPv4 addresses. `metrics`: nullptr counts
  // nothing.
  static std::unique_ptr<Channel> Make(const std::string& target, metrics::Metrics* metrics = nullptr);
  // Waits until the calls in hand have ended: not on gRPC's own threads.
  ~Channel();

  // Waits for the answer: not on gRPC's own threads.
  template <typename Resp>
  absl::StatusOr<Resp> Call(std::string_view method, const google::protobuf::Message& request,
                            const CallOptions& options = {}) {
    return Parse<Resp>(CallBytes(method, ToBuffer(request), options, MayRepeat(method, request)));
  }

  // `done` is called once, on a thread of gRPC; it must not block.
  template <typename Resp>
  void CallAsync(std::string_view method, const google::protobuf::Message& request, const CallOptions& options,
                 std::function<void(absl::StatusOr<Resp>)> done) {
    CallBytesAsync(
        method, ToBuffer(request), options, MayRepeat(method, request),
        [done = std::move(done)](absl::StatusOr<grpc::ByteBuffer> bytes) { done(Parse<Resp>(std::move(bytes))); });
  }

  absl::StatusOr<grpc::ByteBuffer> CallBytes(std::string_view method, const grpc::ByteBuffer& request,
                                             const CallOptions& options, bool may_repeat);
  void CallBytesAsync(std::string_view method, const grpc::ByteBuffer& request, const CallOptions& options,
                      bool may_repeat, std::function<void(absl::StatusOr<grpc::ByteBuffer>)> done);

  // Whether repeating does no harm: a read by its name, or a request with a request_id.
  static bool MayRepeat(std::string_view method, const google::protobuf::Message& request);

 private:
  template <typename Resp>
  static absl::StatusOr<Resp> Parse(absl::StatusOr<grpc::ByteBuffer> bytes) {
    if (!bytes.ok()) return std::move(bytes).status();
    Resp response;
    if (!FromBuffer(*bytes, response)) return absl::DataLossError("response cannot be read");
    return response;
  }

  struct Impl;
  explicit Channel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace jinqi::rpc
