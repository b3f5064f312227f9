#include "common/rpc/methods.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/crypto/sm3.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace jinqi::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::size_t kMaxRequestId = 64;

const FieldDescriptor* RequestIdField(const Message& request) {
  const FieldDescriptor* field = request.GetDescriptor()->FindFieldByName("request_id");
  const bool text = field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field->is_repeated();
  return text ? field : nullptr;
}

absl::Status CheckRequestId(const std::string& id) {
  if (id.empty()) return FieldError("request_id", config::v1::REASON_REQUIRED);
  if (id.size() > kMaxRequestId) return FieldError("request_id", config::v1::REASON_TOO_LONG);
  const bool printable = std::all_of(id.begin(), id.end(), [](char c) { return c >= 0x21 && c <= 0x7e; });
  return printable ? absl::OkStatus() : FieldError("request_id", config::v1::REASON_FORMAT);
}

std::string Deterministic(const Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream output(&stream);
  output.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&output);
  output.Trim();
  return bytes;
}

std::string RequestHash(const Message& request) {
  const FieldDescriptor* field = RequestIdField(request);
  if (field == nullptr || !request.GetReflection()->HasField(request, field)) {
    return crypto::Sm3(Deterministic(request));
  }
  const std::unique_ptr<Message> copy(request.New());
  copy->CopyFrom(request);
  copy->GetReflection()->ClearField(copy.get(), field);
  return crypto::Sm3(Deterministic(*copy));
}

}  // namespace

absl::Status FillCommand(const CallContext& context, const Message& request, ledger::Command& command) {
  if (command.tenant.empty()) command.tenant = context.caller.tenant;
  if (command.caller.empty()) command.caller = CallerText(context);
  if (command.method.empty()) command.method = context.method;
  if (command.traceparent.empty()) command.traceparent = context.traceparent;
  if (command.time == 0) command.time = context.now;
  if (command.request_id.empty()) {
    const FieldDescriptor* field = RequestIdField(request);
    if (field != nullptr) command.request_id = request.GetReflection()->GetString(request, field);
  }
  RETURN_IF_ERROR(CheckRequestId(command.request_id));
  if (command.request_hash.empty()) command.request_hash = RequestHash(request);
  return absl::OkStatus();
}

void Methods::Raw(std::string_view method, Bytes handle) {
  const auto* descriptor = Describe(method);
  if (descriptor == nullptr) return;
  Method& entry = methods_[std::string(method)];
  entry.descriptor = descriptor;
  entry.access = descriptor->options().GetExtension(config::v1::access);
  entry.handle = [handle = std::move(handle)](const std::shared_ptr<Call>& call) {
    // The call lives as long as its reply.
    handle(call->context, call->bytes,
           Reply([call](absl::StatusOr<grpc::ByteBuffer> answer) { call->reply(std::move(answer)); }));
  };
}

const Method* Methods::Find(std::string_view method) const {
  const auto found = methods_.find(method);
  return found == methods_.end() ? nullptr : &found->second;
}

void Methods::Add(std::string_view method, const Message& request, const Message& response, bool blocks,
                  std::function<void(std::shared_ptr<Call>)> handle) {
  const auto* descriptor = Describe(method);
  if (descriptor == nullptr) return;
  if (descriptor->input_type() != request.GetDescriptor()) return Mistake(method, "takes another request type");
  if (descriptor->output_type() != response.GetDescriptor()) return Mistake(method, "gives another response type");
  Method& entry = methods_[std::string(method)];
  entry.descriptor = descriptor;
  entry.access = descriptor->options().GetExtension(config::v1::access);
  entry.request = &request;
  entry.rules = std::make_unique<RequestRules>(request.GetDescriptor());
  entry.blocks = blocks;
  entry.handle = std::move(handle);
}

void Methods::AddCommand(std::string_view method, const Message& request, const Message& response, bool blocks,
                         Make make, Finish finish) {
  if (ledger_ == nullptr) return Mistake(method, "changes something, but there is no ledger");
  const auto answer = [finish = std::move(finish), &response](const std::shared_ptr<Call>& call,
                                                              absl::StatusOr<ledger::Answer> committed) {
    if (!committed.ok()) return call->reply(std::move(committed).status());
    if (!finish) return call->reply(ToBuffer(committed->bytes));
    const bool taken = call->pool->SubmitAlways([call, finish, &response, bytes = std::move(committed->bytes)] {
      const std::unique_ptr<Message> message(response.New());
      if (!message->ParseFromString(bytes)) return call->reply(absl::DataLossError("stored answer cannot be read"));
      finish(*call, *message);
      call->reply(ToBuffer(*message));
    });
    if (!taken) call->reply(Error(config::v1::REASON_UNAVAILABLE));
  };
  Add(method, request, response, blocks,
      [ledger = ledger_, make = std::move(make), answer](const std::shared_ptr<Call>& call) {
        absl::StatusOr<ledger::Command> command = make(call->context, *call->request);
        if (!command.ok()) return call->reply(std::move(command).status());
        if (absl::Status status = FillCommand(call->context, *call->request, *command); !status.ok()) {
          return call->reply(std::move(status));
        }
        ledger->Submit(*std::move(command), [call, answer](absl::StatusOr<ledger::Answer> committed) {
          answer(call, std::move(committed));
        });
      });
}

const google::protobuf::MethodDescriptor* Methods::Describe(std::string_view method) {
  std::string name(method);
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (descriptor == nullptr) {
    Mistake(method, "is in no proto file");
  } else if (methods_.find(method) != methods_.end()) {
    Mistake(method, "is registered twice");
    return nullptr;
  }
  return descriptor;
}

void Methods::Mistake(std::string_view method, std::string_view what) {
  if (status_.ok())
    status_ = absl::FailedPreconditionError(absl::StrCat("method ", std::string(method), " ", std::string(what)));
}

}  // namespace jinqi::rpc
