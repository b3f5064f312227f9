#include "common/crypto/sm3.h"

#include <openssl/crypto.h>

#include <array>
#include <exception>

#include "absl/strings/escaping.h"
#include "common/crypto/openssl.h"

namespace jinqi::crypto {
namespace {

constexpr std::size_t kBlockSize = 64;

DigestContext NewContext() {
  DigestContext context(EVP_MD_CTX_new());
  Require(context != nullptr ? 1 : 0);
  return context;
}

// One for each thread: making one costs about as much as a digest of 100 bytes.
EVP_MD_CTX* ThreadContext() {
  thread_local const DigestContext context = NewContext();
  return context.get();
}

void Start(EVP_MD_CTX* context) { Require(EVP_DigestInit_ex2(context, Sm3Algorithm(), nullptr)); }

void Add(EVP_MD_CTX* context, std::string_view data) { Require(EVP_DigestUpdate(context, data.data(), data.size())); }

std::string Result(EVP_MD_CTX* context) {
  std::string digest(kSm3Size, '\0');
  unsigned int size = 0;
  Require(EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(digest.data()), &size));
  return digest;
}

// A context that has taken in the key's block, each byte changed by `pad` (RFC 2104).
DigestContext KeyedContext(std::string_view key, unsigned char pad) {
  std::array<char, kBlockSize> block{};
  const std::string digest = key.size() > kBlockSize ? Sm3(key) : std::string(key);
  std::copy(digest.begin(), digest.end(), block.begin());
  for (char& c : block) c = static_cast<char>(static_cast<unsigned char>(c) ^ pad);
  DigestContext context = NewContext();
  Start(context.get());
  Add(context.get(), std::string_view(block.data(), block.size()));
  OPENSSL_cleanse(block.data(), block.size());
  return context;
}

}  // namespace

void Require(int result) {
  if (result <= 0) std::terminate();
}

const EVP_MD* Sm3Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SM3", nullptr);
  Require(algorithm != nullptr ? 1 : 0);
  return algorithm;
}

const EVP_CIPHER* Sm4CtrAlgorithm() {
  static const EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "SM4-CTR", nullptr);
  Require(algorithm != nullptr ? 1 : 0);
  return algorithm;
}

std::string Sm3(std::string_view data) {
  EVP_MD_CTX* const context = ThreadContext();
  Start(context);
  Add(context, data);
  return Result(context);
}

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

std::string Sm3Hex(std::string_view data) { return Hex(Sm3(data)); }

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Sm3Hasher::Sm3Hasher() : context_(NewContext()) { Start(context_.get()); }

void Sm3Hasher::Update(std::string_view data) { Add(context_.get(), data); }

std::string Sm3Hasher::Finish() {
  std::string digest = Result(context_.get());
  Start(context_.get());
  return digest;
}

HmacSm3Key::HmacSm3Key(std::string_view key) : inner_(KeyedContext(key, 0x36)), outer_(KeyedContext(key, 0x5C)) {}

std::string HmacSm3Key::Mac(std::initializer_list<std::string_view> parts) const {
  EVP_MD_CTX* const context = ThreadContext();
  Require(EVP_MD_CTX_copy_ex(context, inner_.get()));
  for (const std::string_view part : parts) Add(context, part);
  const std::string inner = Result(context);
  Require(EVP_MD_CTX_copy_ex(context, outer_.get()));
  Add(context, inner);
  return Result(context);
}

std::string HmacSm3(std::string_view key, std::string_view data) { return HmacSm3Key(key).Mac(data); }

}  // namespace jinqi::crypto
