#include "common/crypto/vault.h"

#include <openssl/rand.h>

#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "common/crypto/openssl.h"
#include "common/status/status.h"

namespace jinqi::crypto {
namespace {

// What is sealed: algorithm id, length of the key id, key id, initial counter, cipher text, MAC of all before it.
constexpr char kSm4CtrHmacSm3 = 1;
constexpr std::size_t kMasterSize = 32;
constexpr std::size_t kCipherKeySize = 16;
constexpr std::size_t kCounterSize = 16;
constexpr std::size_t kFrontSize = 2;

struct CipherContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

// SM4 in counter mode is the same in both directions.
std::string Sm4Ctr(std::string_view key, std::string_view counter, std::string_view input) {
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, CipherContextDeleter> context(EVP_CIPHER_CTX_new());
  Require(context != nullptr ? 1 : 0);
  Require(EVP_EncryptInit_ex2(context.get(), Sm4CtrAlgorithm(), Bytes(key), Bytes(counter), nullptr));
  std::string output(input.size(), '\0');
  // OpenSSL counts in int.
  constexpr std::size_t kMost = 1 << 30;
  for (std::size_t at = 0; at < input.size(); at += kMost) {
    const std::string_view piece = input.substr(at, kMost);
    int written = 0;
    Require(EVP_EncryptUpdate(context.get(), reinterpret_cast<unsigned char*>(output.data()) + at, &written,
                              Bytes(piece), static_cast<int>(piece.size())));
  }
  return output;
}

std::string Random(std::size_t size) {
  std::string bytes(size, '\0');
  Require(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)));
  return bytes;
}

// Eight bytes, so that no associated data can pass for a piece of what is sealed.
std::string LengthOf(std::string_view data) {
  std::string length(sizeof(std::uint64_t), '\0');
  std::uint64_t rest = data.size();
  for (std::size_t at = length.size(); at > 0; --at) {
    length[at - 1] = static_cast<char>(rest & 0xFF);
    rest >>= 8;
  }
  return length;
}

struct Parts {
  std::string_view key_id;
  std::string_view counter;
  std::string_view cipher_text;
  std::string_view before_mac;
  std::string_view mac;
};

// Nothing where it is too short to be one.
std::optional<Parts> Split(std::string_view sealed) {
  if (sealed.size() < kFrontSize) return std::nullopt;
  const std::size_t id_size = static_cast<unsigned char>(sealed[1]);
  const std::size_t text_at = kFrontSize + id_size + kCounterSize;
  if (sealed.size() < text_at + kSm3Size) return std::nullopt;
  const std::size_t mac_at = sealed.size() - kSm3Size;
  return Parts{.key_id = sealed.substr(kFrontSize, id_size),
               .counter = sealed.substr(kFrontSize + id_size, kCounterSize),
               .cipher_text = sealed.substr(text_at, mac_at - text_at),
               .before_mac = sealed.substr(0, mac_at),
               .mac = sealed.substr(mac_at)};
}

}  // namespace

Vault::Vault(std::map<std::string, Keys, std::less<>> keys, std::string current)
    : keys_(std::move(keys)), current_(std::move(current)) {}

absl::StatusOr<Vault> Vault::Make(const KeyRing& ring) {
  if (!ring.keys.contains(ring.current)) return absl::InvalidArgumentError("the key ring lacks its current key");
  std::map<std::string, Keys, std::less<>> keys;
  for (const auto& [id, master] : ring.keys) {
    if (id.empty() || id.size() > std::numeric_limits<unsigned char>::max()) {
      return absl::InvalidArgumentError("a key id has 1 to 255 bytes");
    }
    if (master.size() != kMasterSize) return absl::InvalidArgumentError("a key of the ring has 32 bytes");
    const HmacSm3Key derive(master);
    keys.emplace(id, Keys{.cipher = derive.Mac("jinqi vault: cipher").substr(0, kCipherKeySize),
                          .mac = HmacSm3Key(derive.Mac("jinqi vault: mac")),
                          .index = HmacSm3Key(derive.Mac("jinqi vault: index"))});
  }
  return Vault(std::move(keys), ring.current);
}

std::string Vault::Seal(std::string_view plain, std::string_view associated) const {
  const Keys& keys = keys_.find(current_)->second;
  const std::string counter = Random(kCounterSize);
  std::string sealed = {kSm4CtrHmacSm3, static_cast<char>(current_.size())};
  sealed += current_;
  sealed += counter;
  sealed += Sm4Ctr(keys.cipher, counter, plain);
  sealed += keys.mac.Mac({LengthOf(associated), associated, sealed});
  return sealed;
}

absl::StatusOr<std::string> Vault::Open(std::string_view sealed, std::string_view associated) const {
  if (!sealed.empty() && sealed.front() != kSm4CtrHmacSm3) {
    return absl::UnimplementedError("sealed with an unknown algorithm");
  }
  const auto parts = Split(sealed);
  if (!parts) return absl::DataLossError("too short to be sealed data");
  const auto keys = keys_.find(parts->key_id);
  if (keys == keys_.end()) return absl::FailedPreconditionError("sealed under a key that the ring has not");
  const std::string mac = keys->second.mac.Mac({LengthOf(associated), associated, parts->before_mac});
  if (!EqualInConstantTime(mac, parts->mac)) return absl::DataLossError("sealed data was changed");
  return Sm4Ctr(keys->second.cipher, parts->counter, parts->cipher_text);
}

bool Vault::IsOld(std::string_view sealed) const {
  const auto parts = Split(sealed);
  return parts && parts->key_id != current_;
}

std::string Vault::BlindIndex(std::string_view normalized) const {
  return Hex(keys_.find(current_)->second.index.Mac(normalized));
}

std::vector<std::string> Vault::BlindIndexes(std::string_view normalized) const {
  std::vector<std::string> indexes = {BlindIndex(normalized)};
  for (const auto& [id, keys] : keys_) {
    if (id != current_) indexes.push_back(Hex(keys.index.Mac(normalized)));
  }
  return indexes;
}

}  // namespace jinqi::crypto
