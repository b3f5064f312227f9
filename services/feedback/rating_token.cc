#include "services/feedback/rating_token.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/crypto/sm3.h"

namespace jinqi::feedback {
namespace {

// Hexadecimal digits: 128 bits.
constexpr std::size_t kSignatureSize = 32;

// What is signed: for this purpose alone.
std::string Purpose(const std::string& tenant, const std::string& claim) {
  return absl::StrCat("rating:", tenant, ":", claim);
}

std::string ClaimText(const RatingClaim& claim) {
  return absl::StrCat(IdText(claim.id), ".", claim.expire_time / clock::kSecond);
}

std::optional<RatingClaim> ParseClaim(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto id = ParseId(text.substr(0, dot));
  if (!id.has_value()) return std::nullopt;
  clock::Micros seconds = 0;
  std::from_chars(text.data() + dot + 1, text.data() + text.size(), seconds);
  return RatingClaim{*id, seconds * clock::kSecond};
}

}  // namespace

std::string RatingLink(const std::string& pattern, const RoundId& id, const std::string& token) {
  return absl::StrReplaceAll(pattern, {{"{order_no}", id.order_no}, {"{token}", token}});
}

std::string RatingTokens::Make(const std::string& tenant, const RatingClaim& claim) const {
  const std::string text = ClaimText(claim);
  return absl::StrCat(text, ".", vault_.BlindIndex(Purpose(tenant, text)).substr(0, kSignatureSize));
}

std::optional<RatingClaim> RatingTokens::Read(const std::string& tenant, const std::string& token) const {
  const std::size_t dot = token.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const std::string claim = token.substr(0, dot);
  bool ours = false;
  for (const std::string& index : vault_.BlindIndexes(Purpose(tenant, claim))) {
    ours |= crypto::EqualInConstantTime(std::string_view(index).substr(0, kSignatureSize), token.substr(dot + 1));
  }
  return ours ? ParseClaim(claim) : std::nullopt;
}

}  // namespace jinqi::feedback
