// What an uploaded file really is, and the file without the place where it was made (INT-16). Pure, and bounded:
// nothing outside of the given bytes is read, whatever they say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace jinqi::media {

enum class Type { kUnknown, kJpeg, kPng, kPdf, kDocx, kXlsx, kMp4, kWav, kAmr };

// `image/jpeg`; application/octet-stream for kUnknown.
std::string_view MimeOf(Type type);
// `jpg`; `bin` for kUnknown.
std::string_view ExtensionOf(Type type);

// Why a file is not taken.
enum class Fault {
  kNone,
  kEmpty,
  // None of the types above.
  kType,
  // A program or a script, under whatever name; an office file with macros.
  kExecutable,
  // Unpacks to more than a person would send: an archive, or an image of too many pixels.
  kBomb,
  // Begins like one of the types, but is cut off, encrypted, or contradicts itself.
  kDamaged,
};

struct Limits {
  // Of all entries of an office file together, unpacked; and of its packed size, from one MB on.
  std::uint64_t max_unpacked = std::uint64_t{256} << 20;
  std::uint64_t max_ratio = 100;
  std::size_t max_entries = 10'000;
  std::uint64_t max_pixels = 120'000'000;
};

struct Inspection {
  Type type = Type::kUnknown;
  Fault fault = Fault::kNone;
};

// By content alone: a name proves nothing.
Inspection Inspect(std::string_view bytes, const Limits& limits = {});

// The file as it may be stored: of images without EXIF, XMP, IPTC and comments, but with their orientation, and without
// what stands behind their end; of a video without its places. Other types as they are. INVALID_ARGUMENT for what
// Inspect refuses.
absl::StatusOr<std::string> WithoutLocation(Type type, std::string bytes);

// Whether a file may bear this name: 1 to `max_characters` characters of UTF-8 without path, control or direction
// characters, and no name that a system gives a meaning (`..`, `CON`).
bool IsFileName(std::string_view name, std::size_t max_characters);

// The name with the extension of its type: as it is if it has that, else with it behind.
std::string NameFor(std::string_view name, Type type);

}  // namespace jinqi::media
