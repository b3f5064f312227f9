#include "services/gateway/http_server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <thread>
#include <unordered_set>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/status/status.h"

namespace jinqi::gateway {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint32_t kMaxHeaderBytes = 16 << 10;
// After a refusal: how long and how much of what the client still sends is read and thrown away, so that it can read
// our answer instead of a reset.
constexpr std::chrono::seconds kLinger{2};
constexpr std::size_t kMaxLingerBytes = 8 << 20;
constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";

std::string Text(beast::string_view text) { return {text.data(), text.size()}; }

std::string AddressOf(const tcp::socket& socket) {
  error_code error;
  asio::ip::address address = socket.remote_endpoint(error).address();
  if (error) return "unknown";
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address.to_string();
}

class Session;

// What all connections share.
struct Shared {
  HttpOptions options;
  HttpServer::Handler handler;
  HttpServer::Refuse refuse;
  std::atomic<bool> stopping = false;
  mutable absl::Mutex mutex;
  std::unordered_set<Session*> sessions ABSL_GUARDED_BY(mutex);

  int Count() const {
    absl::MutexLock lock(&mutex);
    return static_cast<int>(sessions.size());
  }
  // Those that are not just going.
  std::vector<std::shared_ptr<Session>> Sessions() const;
  bool IsEmpty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) { return sessions.empty(); }
};

// One connection: a request, its answer, the next. All of it runs on the connection's strand.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Shared& shared)
      : stream_(std::move(socket)), shared_(shared), peer_(AddressOf(stream_.socket())) {}

  ~Session() {
    absl::MutexLock lock(&shared_.mutex);
    shared_.sessions.erase(this);
  }

  void Run() {
    error_code ignored;
    stream_.socket().set_option(tcp::no_delay(true), ignored);
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->Read(); });
  }

  // The server ends: a connection without a request in hand goes at once.
  void Leave() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      if (self->reading_) self->stream_.close();
    });
  }

 private:
  void Read() {
    if (shared_.stopping) return Close();
    reading_ = true;
    parser_.emplace();
    parser_->header_limit(kMaxHeaderBytes);
    parser_->body_limit(shared_.options.max_body_bytes);
    stream_.expires_after(shared_.options.idle);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, std::size_t) { self->OnHeader(error); });
  }

  void OnHeader(error_code error) {
    if (error) return OnBroken(error);
    reading_ = false;
    const auto& message = parser_->get();
    if (message.find(http::field::content_encoding) != message.end()) {
      return RefuseAndClose(Error(config::v1::REASON_HTTP_INVALID));
    }
    if (!beast::iequals(message[http::field::expect], "100-continue")) return ReadBody();
    asio::async_write(stream_, asio::buffer(kContinue, sizeof(kContinue) - 1),
                      [self = shared_from_this()](error_code failed, std::size_t) {
                        if (!failed) self->ReadBody();
                      });
  }

  void ReadBody() {
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->OnBroken(error);
      self->Hand();
    });
  }

  void OnBroken(error_code error) {
    reading_ = false;
    if (error == http::error::body_limit) {
      return RefuseAndClose(
          Error(config::v1::REASON_BODY_TOO_LARGE, {{"limit", std::to_string(shared_.options.max_body_bytes)}}));
    }
    // What speaks HTTP wrongly is told so; whoever is gone, or says nothing, is not.
    const bool http_error = error.category() == make_error_code(http::error::bad_method).category();
    if (http_error && error != http::error::end_of_stream && error != http::error::partial_message) {
      return RefuseAndClose(Error(config::v1::REASON_HTTP_INVALID));
    }
    Close();
  }

  void Hand() {
    http::request<http::string_body> message = parser_->release();
    keep_alive_ = message.keep_alive();
    HttpRequest request;
    request.verb = Text(message.method_string());
    request.target = Text(message.target());
    request.authorization = Text(message[http::field::authorization]);
    request.traceparent = Text(message["traceparent"]);
    request.idempotency_key = Text(message["Idempotency-Key"]);
    request.forwarded_for = Text(message["X-Forwarded-For"]);
    request.body = std::move(message.body());
    request.peer = peer_;
    shared_.handler(std::move(request), [self = shared_from_this()](std::function<HttpResponse()> make) {
      asio::post(self->stream_.get_executor(), [self, make = std::move(make)] { self->Write(make()); });
    });
  }

  void RefuseAndClose(const absl::Status& status) {
    keep_alive_ = false;
    linger_ = true;
    Write(shared_.refuse(status));
  }

  void Write(HttpResponse response) {
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(response.status));
    response_.set(http::field::content_type, "application/json; charset=utf-8");
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : response.headers) response_.set(name, value);
    response_.body() = std::move(response.body);
    response_.keep_alive(keep_alive_ && !shared_.stopping);
    response_.prepare_payload();
    // The one expiry for writing a refusal and for lingering after it.
    stream_.expires_after(linger_ ? kLinger : shared_.options.idle);
    http::async_write(stream_, response_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) return self->Close();
      if (self->linger_) return self->Linger(kMaxLingerBytes);
      if (!self->response_.keep_alive()) return self->Close();
      self->Read();
    });
  }

  void Linger(std::size_t left) {
    error_code ignored;
    if (left == kMaxLingerBytes) stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.async_read_some(asio::buffer(scratch_),
                            [self = shared_from_this(), left](error_code error, std::size_t got) {
                              if (error || got >= left) return self->Close();
                              self->Linger(left - got);
                            });
  }

  void Close() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_both, ignored);
    stream_.close();
  }

  beast::tcp_stream stream_;
  Shared& shared_;
  const std::string peer_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  std::array<char, 4096> scratch_;
  // Waits for a request to begin.
  bool reading_ = false;
  bool keep_alive_ = false;
  bool linger_ = false;
};

std::vector<std::shared_ptr<Session>> Shared::Sessions() const {
  std::vector<std::shared_ptr<Session>> alive;
  absl::MutexLock lock(&mutex);
  for (Session* session : sessions) {
    if (auto held = session->weak_from_this().lock(); held != nullptr) alive.push_back(std::move(held));
  }
  return alive;
}

}  // namespace

struct HttpServer::Impl {
  explicit Impl(int hint) : context(hint), acceptor(context) {}

  void Accept() {
    acceptor.async_accept(asio::make_strand(context), [this](error_code error, tcp::socket socket) {
      if (!acceptor.is_open()) return;
      if (!error && shared.Count() < shared.options.max_connections) {
        auto session = std::make_shared<Session>(std::move(socket), shared);
        {
          absl::MutexLock lock(&shared.mutex);
          shared.sessions.insert(session.get());
        }
        session->Run();
      }
      Accept();
    });
  }

  absl::Status Listen(const std::string& listen) {
    const std::size_t colon = listen.rfind(':');
    int port = 0;
    if (colon == std::string::npos || !absl::SimpleAtoi(listen.substr(colon + 1), &port) || port < 0 || port > 65535) {
      return absl::InvalidArgumentError("http address is not host:port: " + listen);
    }
    error_code error;
    tcp::resolver resolver(context);
    const auto found = resolver.resolve(listen.substr(0, colon), std::to_string(port), error);
    if (error || found.empty()) return absl::InvalidArgumentError("http address is not known: " + listen);
    const tcp::endpoint endpoint = *found.begin();
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return absl::UnavailableError(absl::StrCat("cannot listen on ", listen, ": ", error.message()));
    address = absl::StrCat(listen.substr(0, colon), ":", acceptor.local_endpoint().port());
    return absl::OkStatus();
  }

  // Before the context: what it still holds refers to it.
  Shared shared;
  asio::io_context context;
  tcp::acceptor acceptor;
  std::vector<std::thread> threads;
  std::string address;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { Stop(std::chrono::milliseconds(0)); }

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpOptions& options, Handler handler,
                                                              Refuse refuse) {
  const int threads = std::max(options.threads, 1);
  auto impl = std::make_unique<Impl>(threads);
  impl->shared.options = options;
  impl->shared.handler = std::move(handler);
  impl->shared.refuse = std::move(refuse);
  RETURN_IF_ERROR(impl->Listen(options.listen));
  impl->Accept();
  for (int i = 0; i < threads; ++i) impl->threads.emplace_back([context = &impl->context] { context->run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

const std::string& HttpServer::address() const { return impl_->address; }

int HttpServer::connections() const { return impl_->shared.Count(); }

void HttpServer::Stop(std::chrono::milliseconds grace) {
  Shared& shared = impl_->shared;
  if (impl_->threads.empty()) return;
  shared.stopping = true;
  asio::post(impl_->context, [this] {
    error_code ignored;
    impl_->acceptor.close(ignored);
  });
  for (const auto& session : shared.Sessions()) session->Leave();
  {
    absl::MutexLock lock(&shared.mutex);
    shared.mutex.AwaitWithTimeout(absl::Condition(&shared, &Shared::IsEmpty), absl::FromChrono(grace));
  }
  impl_->context.stop();
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
}

}  // namespace jinqi::gateway
