// Reading numbers out of files that nobody vouches for: every read is checked, and what lies outside reads as nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jinqi::media {

// `size` bytes at `at`; nullopt when they are not all there.
inline std::optional<std::string_view> Slice(std::string_view bytes, std::uint64_t at, std::uint64_t size) {
  if (at > bytes.size() || size > bytes.size() - at) return std::nullopt;
  return bytes.substr(static_cast<std::size_t>(at), static_cast<std::size_t>(size));
}

// An unsigned number of `size` bytes (at most 8), most significant first.
inline std::optional<std::uint64_t> BigEndian(std::string_view bytes, std::uint64_t at, std::uint64_t size) {
  const auto slice = Slice(bytes, at, size);
  if (!slice.has_value()) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : *slice) number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

// The same, least significant first.
inline std::optional<std::uint64_t> LittleEndian(std::string_view bytes, std::uint64_t at, std::uint64_t size) {
  const auto slice = Slice(bytes, at, size);
  if (!slice.has_value()) return std::nullopt;
  std::uint64_t number = 0;
  for (auto c = slice->rbegin(); c != slice->rend(); ++c) number = number << 8 | static_cast<unsigned char>(*c);
  return number;
}

// Whether `what` stands at `at`.
inline bool StandsAt(std::string_view bytes, std::uint64_t at, std::string_view what) {
  return Slice(bytes, at, what.size()) == what;
}

inline void AppendBigEndian(std::string& bytes, std::uint64_t number, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
}

}  // namespace jinqi::media
