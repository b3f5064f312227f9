#include "common/rpc/call.h"

#include <atomic>
#include <utility>
#include <vector>

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include "common/status/status.h"

namespace jinqi::rpc {

std::string CallerText(const CallContext& context) {
  constexpr std::size_t kPrefix = sizeof("ROLE_") - 1;
  const identity::Caller& caller = context.caller;
  const std::string& body = caller.body.empty() ? caller.uscc : caller.body;
  std::string text = caller.subject.empty() ? "-" : caller.subject;
  if (!body.empty()) text += "@" + body;
  return text + " " + config::v1::Role_Name(context.role).substr(kPrefix);
}

struct Reply::State {
  explicit State(Finish f) : finish(std::move(f)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!answered) finish(absl::InternalError("a handler let go of its call without an answer"));
  }

  Finish finish;
  std::atomic<bool> answered = false;
};

Reply::Reply(Finish finish) : state_(std::make_shared<State>(std::move(finish))) {}

void Reply::operator()(absl::StatusOr<grpc::ByteBuffer> answer) const {
  if (!state_->answered.exchange(true)) state_->finish(std::move(answer));
}

grpc::ByteBuffer ToBuffer(std::string_view bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message) {
  const std::size_t size = message.ByteSizeLong();
  grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

bool FromBuffer(const grpc::ByteBuffer& buffer, google::protobuf::Message& message) {
  if (!buffer.Valid()) return false;
  grpc::ByteBuffer copy(buffer);
  grpc::ProtoBufferReader reader(&copy);
  return reader.status().ok() && message.ParseFromZeroCopyStream(&reader);
}

}  // namespace jinqi::rpc
