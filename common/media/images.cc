// JPEG (ITU-T T.81, EXIF 2.3) and PNG (ISO/IEC 15948).
#include <zlib.h>

#include <functional>

#include "common/media/bytes.h"
#include "common/media/formats.h"

namespace jinqi::media {
namespace {

using std::string_view_literals::operator""sv;  // NOLINT(misc-unused-using-decls)

constexpr int kStartOfScan = 0xDA;
constexpr int kEndOfImage = 0xD9;
constexpr int kApp0 = 0xE0;
constexpr int kApp1 = 0xE1;
constexpr int kApp2 = 0xE2;
constexpr int kApp14 = 0xEE;
constexpr int kApp15 = 0xEF;
constexpr int kComment = 0xFE;
constexpr std::uint64_t kOrientationTag = 0x0112;
constexpr std::string_view kExif = "Exif\0\0"sv;

bool IsRestart(int marker) { return marker >= 0xD0 && marker <= 0xD7; }
bool IsFrame(int marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// A piece of a JPEG file: a marker with its segment, and behind a start of scan the coded data.
struct Segment {
  int marker = 0;
  // With marker and length.
  std::string_view whole;
  // Behind the length.
  std::string_view payload;
};

// Where coded data end: at the next marker that is none of theirs.
std::size_t EndOfScan(std::string_view bytes, std::size_t at) {
  for (; at + 1 < bytes.size(); ++at) {
    if (bytes[at] != '\xFF') continue;
    const int next = static_cast<unsigned char>(bytes[at + 1]);
    if (next != 0 && next != 0xFF && !IsRestart(next)) return at;
  }
  return bytes.size();
}

// Visits every segment up to the end of the image; false when there is no such end, or the visitor says no.
bool WalkJpeg(std::string_view bytes, const std::function<bool(const Segment&)>& visit) {
  std::size_t at = 2;
  while (true) {
    if (!StandsAt(bytes, at, "\xFF")) return false;
    while (StandsAt(bytes, at + 1, "\xFF")) ++at;
    const auto marker = BigEndian(bytes, at + 1, 1);
    if (!marker.has_value()) return false;
    Segment segment{static_cast<int>(*marker), {}, {}};
    if (segment.marker == kEndOfImage) {
      segment.whole = bytes.substr(at, 2);
      return visit(segment);
    }
    const auto length = BigEndian(bytes, at + 2, 2);
    if (!length.has_value() || *length < 2) return false;
    const auto payload = Slice(bytes, at + 4, *length - 2);
    if (!payload.has_value()) return false;
    segment.payload = *payload;
    std::size_t end = at + 2 + static_cast<std::size_t>(*length);
    if (segment.marker == kStartOfScan) end = EndOfScan(bytes, end);
    segment.whole = bytes.substr(at, end - at);
    if (!visit(segment)) return false;
    at = end;
  }
}

// The orientation that an EXIF block names: 1 to 8; 0 without one.
std::uint64_t OrientationOf(std::string_view exif) {
  if (!StandsAt(exif, 0, kExif)) return 0;
  const std::string_view tiff = exif.substr(kExif.size());
  const bool little = StandsAt(tiff, 0, "II");
  const auto number = [tiff, little](std::uint64_t at, std::uint64_t size) {
    return (little ? LittleEndian(tiff, at, size) : BigEndian(tiff, at, size)).value_or(0);
  };
  if (!little && !StandsAt(tiff, 0, "MM")) return 0;
  const std::uint64_t directory = number(4, 4);
  const std::uint64_t entries = number(directory, 2);
  for (std::uint64_t i = 0; i < entries; ++i) {
    const std::uint64_t entry = directory + 2 + 12 * i;
    if (!Slice(tiff, entry, 12).has_value()) return 0;
    if (number(entry, 2) != kOrientationTag) continue;
    const std::uint64_t orientation = number(entry + 8, 2);
    return orientation <= 8 ? orientation : 0;
  }
  return 0;
}

// An EXIF segment that says nothing but how to hold the image.
std::string OrientationSegment(std::uint64_t orientation) {
  std::string payload = std::string(kExif) + "MM";
  AppendBigEndian(payload, 42, 2);
  AppendBigEndian(payload, 8, 4);
  AppendBigEndian(payload, 1, 2);
  AppendBigEndian(payload, kOrientationTag, 2);
  // One SHORT, left-justified in the value field.
  AppendBigEndian(payload, 3, 2);
  AppendBigEndian(payload, 1, 4);
  AppendBigEndian(payload, orientation, 2);
  AppendBigEndian(payload, 0, 2);
  AppendBigEndian(payload, 0, 4);
  std::string segment = "\xFF\xE1";
  AppendBigEndian(segment, payload.size() + 2, 2);
  return segment + payload;
}

// What is needed to see the image: all but application data and comments, of which JFIF, colour profile and Adobe's
// colour transform stay.
bool IsKept(const Segment& segment) {
  if (segment.marker == kComment) return false;
  if (segment.marker < kApp0 || segment.marker > kApp15) return true;
  if (segment.marker == kApp0) return StandsAt(segment.payload, 0, "JFIF\0"sv);
  if (segment.marker == kApp2) return StandsAt(segment.payload, 0, "ICC_PROFILE\0"sv);
  return segment.marker == kApp14 && StandsAt(segment.payload, 0, "Adobe");
}

constexpr std::size_t kPngSignature = 8;

// Visits every chunk up to IEND: its type, its data and the whole of it. False when there is no such end, a checksum is
// wrong, or the visitor says no.
bool WalkPng(std::string_view bytes,
             const std::function<bool(std::string_view type, std::string_view data, std::string_view whole)>& visit) {
  std::uint64_t at = kPngSignature;
  while (true) {
    const auto length = BigEndian(bytes, at, 4);
    if (!length.has_value()) return false;
    const auto whole = Slice(bytes, at, *length + 12);
    if (!whole.has_value()) return false;
    const std::string_view covered = whole->substr(4, static_cast<std::size_t>(*length) + 4);
    const auto checksum =
        crc32_z(0, reinterpret_cast<const Bytef*>(covered.data()), static_cast<z_size_t>(covered.size()));
    if (BigEndian(*whole, *length + 8, 4) != checksum) return false;
    const std::string_view type = covered.substr(0, 4);
    if (!visit(type, covered.substr(4), *whole)) return false;
    if (type == "IEND") return true;
    at += *length + 12;
  }
}

// Texts and EXIF may say where an image was made, and nobody needs them to see it.
bool IsKept(std::string_view type) { return type != "eXIf" && type != "tEXt" && type != "zTXt" && type != "iTXt"; }

absl::Status Damaged() { return absl::InvalidArgumentError("image is damaged"); }

}  // namespace

Inspection InspectJpeg(std::string_view bytes, const Limits& limits) {
  std::uint64_t pixels = 0;
  bool scanned = false;
  const bool whole = WalkJpeg(bytes, [&](const Segment& segment) {
    scanned |= segment.marker == kStartOfScan;
    if (!IsFrame(segment.marker)) return true;
    const auto height = BigEndian(segment.payload, 1, 2);
    const auto width = BigEndian(segment.payload, 3, 2);
    if (!height.has_value() || !width.has_value()) return false;
    pixels = *height * *width;
    return true;
  });
  if (!whole || !scanned || pixels == 0) return {Type::kJpeg, Fault::kDamaged};
  return {Type::kJpeg, pixels > limits.max_pixels ? Fault::kBomb : Fault::kNone};
}

absl::StatusOr<std::string> JpegWithoutPlace(std::string_view bytes) {
  std::uint64_t orientation = 0;
  std::string body;
  const bool whole = WalkJpeg(bytes, [&](const Segment& segment) {
    if (segment.marker == kApp1 && orientation == 0) orientation = OrientationOf(segment.payload);
    if (IsKept(segment)) body += segment.whole;
    return true;
  });
  if (!whole) return Damaged();
  std::string stored = "\xFF\xD8";
  if (orientation > 1) stored += OrientationSegment(orientation);
  return stored + body;
}

Inspection InspectPng(std::string_view bytes, const Limits& limits) {
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  bool first = true;
  bool drawn = false;
  const bool whole = WalkPng(bytes, [&](std::string_view type, std::string_view data, std::string_view) {
    if (first != (type == "IHDR")) return false;
    first = false;
    drawn |= type == "IDAT";
    if (type != "IHDR") return true;
    width = BigEndian(data, 0, 4).value_or(0);
    height = BigEndian(data, 4, 4).value_or(0);
    return true;
  });
  if (!whole || !drawn || width == 0 || height == 0) return {Type::kPng, Fault::kDamaged};
  return {Type::kPng, width > limits.max_pixels / height ? Fault::kBomb : Fault::kNone};
}

absl::StatusOr<std::string> PngWithoutPlace(std::string_view bytes) {
  std::string stored(bytes.substr(0, kPngSignature));
  const bool whole = WalkPng(bytes, [&stored](std::string_view type, std::string_view, std::string_view chunk) {
    if (IsKept(type)) stored += chunk;
    return true;
  });
  if (!whole) return Damaged();
  return stored;
}

}  // namespace jinqi::media
