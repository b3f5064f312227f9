#include "common/rpc/server.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <future>
#include <thread>
#include <utility>

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/status/status.h"

namespace jinqi::rpc {
namespace {

constexpr int kMinute = 60'000;
constexpr int kMaxMetadataBytes = 16 << 10;
constexpr std::chrono::seconds kPatience{2};

std::string Metadata(const grpc::ServerContextBase& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string() : std::string(found->second.data(), found->second.size());
}

// ipv4:127.0.0.1:1234, ipv6:%5B::1%5D:1234, unix:
std::string AddressOf(std::string peer) {
  if (peer.rfind("unix", 0) == 0) return "unix";
  if (const std::size_t colon = peer.find(':'); colon != std::string::npos) peer.erase(0, colon + 1);
  if (const std::size_t colon = peer.rfind(':'); colon != std::string::npos) peer.erase(colon);
  for (const char* bracket : {"%5B", "%5D", "[", "]"}) {
    if (const std::size_t at = peer.find(bracket); at != std::string::npos) peer.erase(at, strlen(bracket));
  }
  return peer;
}

ledger::Micros DeadlineOf(const grpc::ServerContextBase& context) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return 0;
  return absl::ToUnixMicros(absl::FromChrono(deadline));
}

grpc::Status ToGrpc(const absl::Status& status) {
  return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
          ToProto(status).SerializeAsString()};
}

// One call: reads its one message, hands it to the chain, writes the one answer. Belongs to gRPC until OnDone.
class Reactor final : public grpc::ServerGenericBidiReactor {
 public:
  Reactor(Dispatcher& dispatcher, grpc::GenericCallbackServerContext* context)
      : dispatcher_(dispatcher), context_(context) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    // Half-closed or cancelled without a message: an empty buffer, which the chain refuses.
    if (!ok) request_.Clear();
    Incoming incoming;
    incoming.method = context_->method();
    incoming.authorization = Metadata(*context_, "authorization");
    incoming.traceparent = Metadata(*context_, "traceparent");
    incoming.peer = AddressOf(context_->peer());
    incoming.deadline = DeadlineOf(*context_);
    incoming.request.Swap(&request_);
    dispatcher_.Start(std::move(incoming), [this](Dispatcher::Result result) { Answer(std::move(result)); });
  }

  void OnDone() override { delete this; }

 private:
  void Answer(Dispatcher::Result result) {
    if (!result.answer.ok()) return Finish(ToGrpc(result.answer.status()));
    response_ = *std::move(result.answer);
    StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
  }

  Dispatcher& dispatcher_;
  grpc::GenericCallbackServerContext* context_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer response_;
};

class Service final : public grpc::CallbackGenericService {
 public:
  explicit Service(Dispatcher& dispatcher) : dispatcher_(dispatcher) {}

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new Reactor(dispatcher_, context);
  }

 private:
  Dispatcher& dispatcher_;
};

// gRPC takes a socket away from a process that still serves it; we do not.
bool IsServed(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool served = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return served;
}

}  // namespace

struct Server::Impl {
  explicit Impl(Dispatcher& d) : dispatcher(d), service(d) {}

  Dispatcher& dispatcher;
  Service service;
  std::unique_ptr<grpc::Server> server;
  std::string address;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { Stop(std::chrono::milliseconds(0)); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Dispatcher& dispatcher) {
  constexpr std::string_view kUnix = "unix:";
  const bool unix_socket = options.listen.rfind(kUnix, 0) == 0;
  const auto taken = [&] {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", options.listen, ": is it in use already?"));
  };
  if (unix_socket && IsServed(options.listen.substr(kUnix.size()))) return taken();
  auto impl = std::make_unique<Impl>(dispatcher);
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.listen, grpc::InsecureServerCredentials(), &port);
  builder.RegisterCallbackGenericService(&impl->service);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.max_message_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  // Two servers on one port would share it in silence.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Pairs with the client's keepalive of one minute.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinute / 2);
  // Clients look for new replicas only when they connect.
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 5 * kMinute);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, kMinute / 2);
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr) return taken();
  impl->address =
      unix_socket ? options.listen : absl::StrCat(options.listen.substr(0, options.listen.rfind(':')), ":", port);
  std::unique_ptr<Server> server(new Server(std::move(impl)));
  server->SetServing(false);
  return server;
}

const std::string& Server::address() const { return impl_->address; }

void Server::SetServing(bool serving) {
  if (auto* health = impl_->server->GetHealthCheckService(); health != nullptr) health->SetServingStatus(serving);
}

bool Server::Stop(std::chrono::milliseconds grace) {
  if (impl_ == nullptr) return true;
  SetServing(false);
  std::promise<void> ended;
  auto has_ended = ended.get_future();
  // On a thread of its own: it waits for ever for a call that does not end.
  std::thread stopper([server = impl_->server.get(), deadline = std::chrono::system_clock::now() + grace,
                       promise = std::move(ended)]() mutable {
    server->Shutdown(deadline);
    promise.set_value();
  });
  const bool in_order = has_ended.wait_for(grace + kPatience) == std::future_status::ready;
  if (in_order) {
    stopper.join();
    impl_.reset();
  } else {
    // What still runs uses it; only the end of the process frees it.
    stopper.detach();
    static_cast<void>(impl_.release());
  }
  return in_order;
}

}  // namespace jinqi::rpc
