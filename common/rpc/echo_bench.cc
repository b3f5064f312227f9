// What a call costs: 1 KB echoed by a bare generic gRPC server, and by the whole call chain, each in a process of its
// own, with 64 (or as told) calls in flight.
//   echo_bench [seconds] [in flight]
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/rpc/server.h"
#include "common/rpc/test_tokens.h"
#include "jinqi/config/v1/echo.pb.h"

namespace jinqi::rpc {
namespace {

using config::v1::EchoRequest;
using config::v1::EchoResponse;

constexpr char kEcho[] = "jinqi.config.v1.EchoService/Echo";
constexpr char kToSeat[] = "jinqi.config.v1.EchoService/EchoToSeat";

class BareReactor final : public grpc::ServerGenericBidiReactor {
 public:
  BareReactor() { StartRead(&buffer_); }
  void OnReadDone(bool) override { StartWriteAndFinish(&buffer_, grpc::WriteOptions(), grpc::Status::OK); }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer buffer_;
};

class BareService final : public grpc::CallbackGenericService {
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new BareReactor();
  }
};

void Tell(int out, const std::string& address) {
  if (write(out, address.data(), address.size()) < 0) std::abort();
  close(out);
  pause();
}

void ServeBare(int out) {
  BareService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterCallbackGenericService(&service);
  const auto server = builder.BuildAndStart();
  Tell(out, "127.0.0.1:" + std::to_string(port));
}

void ServeChain(int out, const TestTokens& tokens) {
  Authenticator authenticator(tokens.Verifier());
  clock::SystemClock clock;
  metrics::Metrics metrics("echo");
  Methods methods;
  const auto echo = [](const CallContext&, const EchoRequest& request) -> absl::StatusOr<EchoResponse> {
    EchoResponse response;
    response.set_payload(request.payload());
    return response;
  };
  methods.Quick<EchoRequest, EchoResponse>(kEcho, echo);
  methods.Quick<EchoRequest, EchoResponse>(kToSeat, echo);
  methods.Query<EchoRequest, EchoResponse>("jinqi.config.v1.EchoService/EchoSoon", echo);
  DispatcherOptions options;
  options.service = "echo";
  Dispatcher dispatcher(options, methods, &authenticator, clock, metrics);
  const auto server = Server::Start({}, dispatcher);
  Tell(out, (*server)->address());
}

struct Child {
  pid_t pid = 0;
  std::string address;
};

Child Fork(const std::function<void(int)>& serve) {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  Child child;
  child.pid = fork();
  if (child.pid == 0) {
    close(ends[0]);
    serve(ends[1]);
    _exit(0);
  }
  close(ends[1]);
  char text[64];
  const ssize_t length = read(ends[0], text, sizeof(text));
  close(ends[0]);
  child.address.assign(text, static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  return child;
}

struct Load {
  std::unique_ptr<grpc::GenericStub> stub;
  std::string method;
  std::string authorization;
  grpc::ByteBuffer request;
  absl::Time end;
  absl::Mutex mutex;
  std::vector<double> micros;
  int errors = 0;
};

// One call after the other until the time is over.
struct Line {
  Line(Load& l, absl::BlockingCounter& o) : load(l), open(o) {}

  void Next() {
    context = std::make_unique<grpc::ClientContext>();
    if (!load.authorization.empty()) context->AddMetadata("authorization", load.authorization);
    context->set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(5)));
    start = absl::Now();
    response.Clear();
    load.stub->UnaryCall(context.get(), "/" + load.method, grpc::StubOptions(), &load.request, &response,
                         [this](const grpc::Status& status) { Ended(status.ok()); });
  }

  void Ended(bool ok) {
    const absl::Time now = absl::Now();
    micros.push_back(absl::ToDoubleMicroseconds(now - start));
    if (!ok) ++errors;
    if (now < load.end) return Next();
    {
      absl::MutexLock lock(&load.mutex);
      load.micros.insert(load.micros.end(), micros.begin(), micros.end());
      load.errors += errors;
    }
    open.DecrementCount();
  }

  Load& load;
  absl::BlockingCounter& open;
  std::unique_ptr<grpc::ClientContext> context;
  grpc::ByteBuffer response;
  absl::Time start;
  std::vector<double> micros;
  int errors = 0;
};

double CpuSeconds(const rusage& usage) {
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void Run(const std::string& name, const Child& server, const std::string& method, const std::string& authorization,
         double seconds, int in_flight) {
  Load load;
  load.stub =
      std::make_unique<grpc::GenericStub>(grpc::CreateChannel(server.address, grpc::InsecureChannelCredentials()));
  load.method = method;
  load.authorization = authorization;
  EchoRequest request;
  request.set_payload(std::string(1024, 'x'));
  load.request = ToBuffer(request);
  load.end = absl::Now() + absl::Seconds(seconds);
  absl::BlockingCounter open(in_flight);
  std::vector<std::unique_ptr<Line>> lines;
  const absl::Time start = absl::Now();
  for (int i = 0; i < in_flight; ++i) {
    lines.push_back(std::make_unique<Line>(load, open));
    lines.back()->Next();
  }
  open.Wait();
  const double took = absl::ToDoubleSeconds(absl::Now() - start);
  kill(server.pid, SIGTERM);
  rusage usage{};
  wait4(server.pid, nullptr, 0, &usage);
  std::sort(load.micros.begin(), load.micros.end());
  const std::size_t count = load.micros.size();
  std::printf("%-28s %8.0f calls/s  p50 %6.0f us  p99 %6.0f us  server %5.1f us CPU a call  errors %d\n", name.c_str(),
              static_cast<double>(count) / took, load.micros[count / 2], load.micros[count * 99 / 100],
              CpuSeconds(usage) * 1e6 / static_cast<double>(count), load.errors);
}

}  // namespace
}  // namespace jinqi::rpc

int main(int argc, char** argv) {
  using namespace jinqi::rpc;
  const double seconds = argc > 1 ? std::atof(argv[1]) : 3;
  const int in_flight = argc > 2 ? std::atoi(argv[2]) : 64;
  // All before gRPC has threads of its own: they would not survive the fork.
  const TestTokens tokens;
  const auto chain = [&](int out) { ServeChain(out, tokens); };
  const Child bare = Fork(ServeBare);
  const Child open = Fork(chain);
  const Child known = Fork(chain);
  const Child pool = Fork(chain);
  const std::string seat = tokens.Authorization({jinqi::config::v1::ROLE_SEAT},
                                                absl::ToUnixSeconds(absl::Now() + absl::Hours(1)) * 1'000'000);
  Run("bare gRPC echo", bare, kEcho, "", seconds, in_flight);
  Run("chain, anonymous", open, kEcho, "", seconds, in_flight);
  Run("chain, token checked", known, kToSeat, seat, seconds, in_flight);
  Run("chain, on the pool", pool, "jinqi.config.v1.EchoService/EchoSoon", "", seconds, in_flight);
  return 0;
}
