#include "common/rpc/admin.h"

#include <thread>
#include <utility>

#include <httplib.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace jinqi::rpc {
namespace {

constexpr const char* kStateNames[] = {"ok", "provisional", "failing"};
constexpr int kThreads = 4;

}  // namespace

void ReadyChecks::Add(ReadyCheck check) {
  absl::MutexLock lock(&mutex_);
  checks_.push_back(std::move(check));
}

ReadyChecks::Report ReadyChecks::Run(const std::string& service) const {
  absl::MutexLock lock(&mutex_);
  Report report;
  report.ready = !stopping_;
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const ReadyCheck& check : checks_) {
    const ReadyState state = check.check();
    if (state.readiness == Readiness::kFailing) report.ready = false;
    checks.push_back(
        {{"name", check.name}, {"state", kStateNames[static_cast<int>(state.readiness)]}, {"text", state.text}});
  }
  if (stopping_) checks.push_back({{"name", "stopping"}, {"state", "failing"}, {"text", "the process is ending"}});
  const nlohmann::ordered_json json = {{"ready", report.ready}, {"service", service}, {"checks", checks}};
  report.json = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  return report;
}

struct AdminServer::Impl {
  httplib::Server server;
  std::thread thread;
  std::string address;
};

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminServer::~AdminServer() {
  impl_->server.stop();
  impl_->thread.join();
}

const std::string& AdminServer::address() const { return impl_->address; }

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const std::string& listen, const std::string& service,
                                                                const ReadyChecks& checks, metrics::Metrics& metrics) {
  const std::size_t colon = listen.rfind(':');
  int port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(listen.substr(colon + 1), &port)) {
    return absl::InvalidArgumentError(absl::StrCat("admin address is not host:port: ", listen));
  }
  const std::string host = listen.substr(0, colon);
  auto impl = std::make_unique<Impl>();
  httplib::Server& server = impl->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_keep_alive_timeout(1);
  server.set_read_timeout(5);
  server.set_payload_max_length(1024);
  server.Get("/livez", [](const httplib::Request&, httplib::Response& response) {
    response.set_content("ok\n", "text/plain; charset=utf-8");
  });
  server.Get("/readyz", [&checks, service](const httplib::Request&, httplib::Response& response) {
    const ReadyChecks::Report report = checks.Run(service);
    response.status = report.ready ? 200 : 503;
    response.set_content(report.json, "application/json; charset=utf-8");
  });
  server.Get("/metrics", [&metrics](const httplib::Request&, httplib::Response& response) {
    response.set_content(metrics.Scrape(), "text/plain; version=0.0.4; charset=utf-8");
  });
  // Without SO_REUSEPORT, which httplib sets by itself: a second process must not share the port.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  if (port == 0) {
    port = server.bind_to_any_port(host);
    if (port < 0) port = 0;
  } else if (!server.bind_to_port(host, port)) {
    port = 0;
  }
  if (port == 0) return absl::UnavailableError(absl::StrCat("cannot listen on ", listen, ": is it in use already?"));
  impl->address = absl::StrCat(host, ":", port);
  impl->thread = std::thread([&server] { server.listen_after_bind(); });
  // stop() before the thread listens would be lost.
  while (!server.is_running()) std::this_thread::yield();
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

}  // namespace jinqi::rpc
