// MP4 (ISO/IEC 14496-12), WAV (RIFF), AMR (RFC 4867, section 5), and the frame of a PDF (ISO 32000).
#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/media/bytes.h"
#include "common/media/formats.h"

namespace jinqi::media {
namespace {

using std::string_view_literals::operator""sv;  // NOLINT(misc-unused-using-decls)

// A box of an MP4 file, by its place in it.
struct Box {
  std::string_view type;
  std::uint64_t begin = 0;
  std::uint64_t payload = 0;
  std::uint64_t end = 0;
};

std::optional<Box> ReadBox(std::string_view bytes, std::uint64_t at, std::uint64_t limit) {
  const auto size = BigEndian(bytes, at, 4);
  const auto type = Slice(bytes, at + 4, 4);
  if (!size.has_value() || !type.has_value() || limit > bytes.size()) return std::nullopt;
  std::uint64_t header = 8;
  std::uint64_t length = *size;
  // 1: the length follows in 64 bits; 0: up to the end.
  if (length == 1) {
    header = 16;
    length = BigEndian(bytes, at + 8, 8).value_or(0);
  } else if (length == 0) {
    length = limit - at;
  }
  if (length < header || length > limit - at) return std::nullopt;
  return Box{*type, at, at + header, at + length};
}

// Visits the boxes between two places, which they must fill without a gap; false when they do not.
bool WalkBoxes(std::string_view bytes, std::uint64_t begin, std::uint64_t end,
               const std::function<void(const Box&)>& visit) {
  for (std::uint64_t at = begin; at < end;) {
    const auto box = ReadBox(bytes, at, end);
    if (!box.has_value()) return false;
    visit(*box);
    at = box->end;
  }
  return true;
}

// Whether a track carries timed metadata, such as a path of places, instead of picture or sound.
bool IsMetadataTrack(std::string_view bytes, const Box& track) {
  bool found = false;
  WalkBoxes(bytes, track.payload, track.end, [&](const Box& media) {
    if (media.type != "mdia") return;
    WalkBoxes(bytes, media.payload, media.end, [&](const Box& handler) {
      found |= handler.type == "hdlr" && StandsAt(bytes, handler.payload + 8, "meta");
    });
  });
  return found;
}

void Clear(std::string& bytes, const Box& box) {
  bytes.replace(static_cast<std::size_t>(box.begin + 4), 4, "free");
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(box.payload),
            bytes.begin() + static_cast<std::ptrdiff_t>(box.end), '\0');
}

// User data and metadata are where cameras write ©xyz, loci and com.apple.quicktime.location; nothing there is needed
// to play the film.
bool HoldsPlace(std::string_view type) { return type == "udta" || type == "meta" || type == "uuid"; }

// Collects what is to be cleared below a box that has others within.
void FindPlaces(std::string_view bytes, const Box& parent, std::vector<Box>& places) {
  WalkBoxes(bytes, parent.payload, parent.end, [&](const Box& box) {
    if (HoldsPlace(box.type) || (box.type == "trak" && IsMetadataTrack(bytes, box))) return places.push_back(box);
    if (box.type == "moov" || box.type == "trak" || box.type == "moof" || box.type == "traf") {
      FindPlaces(bytes, box, places);
    }
  });
}

// Bytes of a frame behind its first one, by frame type; -1: no such type.
constexpr std::array<int, 16> kNarrowFrames = {12, 13, 15, 17, 19, 20, 26, 31, 5, -1, -1, -1, -1, -1, -1, 0};
constexpr std::array<int, 16> kWideFrames = {17, 23, 32, 36, 40, 46, 50, 58, 60, 5, -1, -1, -1, -1, 0, 0};
constexpr std::size_t kPdfTail = 1024;

}  // namespace

Inspection InspectMp4(std::string_view bytes) {
  bool film = false;
  bool data = false;
  const bool whole = WalkBoxes(bytes, 0, bytes.size(), [&](const Box& box) {
    film |= box.type == "moov" && WalkBoxes(bytes, box.payload, box.end, [](const Box&) {});
    data |= box.type == "mdat";
  });
  return {Type::kMp4, whole && film && data ? Fault::kNone : Fault::kDamaged};
}

absl::StatusOr<std::string> Mp4WithoutPlace(std::string bytes) {
  std::vector<Box> places;
  FindPlaces(bytes, Box{"", 0, 0, bytes.size()}, places);
  for (const Box& place : places) Clear(bytes, place);
  return bytes;
}

// Its own end must be the end of the file: an archive behind it would be a file within the file.
Inspection InspectPdf(std::string_view bytes) {
  const std::string_view tail = bytes.substr(bytes.size() - std::min(bytes.size(), kPdfTail));
  const std::size_t end = tail.rfind("%%EOF");
  if (end == std::string_view::npos) return {Type::kPdf, Fault::kDamaged};
  const bool clean = tail.find_first_not_of("\r\n\t \0"sv, end + 5) == std::string_view::npos;
  return {Type::kPdf, clean ? Fault::kNone : Fault::kDamaged};
}

Inspection InspectWav(std::string_view bytes) {
  const std::uint64_t size = LittleEndian(bytes, 4, 4).value_or(0) + 8;
  if (size > bytes.size() || bytes.size() - size > 1) return {Type::kWav, Fault::kDamaged};
  bool format = false;
  bool data = false;
  for (std::uint64_t at = 12; at < size;) {
    const auto length = LittleEndian(bytes, at + 4, 4);
    if (!length.has_value() || !Slice(bytes, at + 8, *length).has_value()) return {Type::kWav, Fault::kDamaged};
    format |= StandsAt(bytes, at, "fmt ") && *length >= 16;
    data |= StandsAt(bytes, at, "data");
    at += 8 + *length + *length % 2;
  }
  return {Type::kWav, format && data ? Fault::kNone : Fault::kDamaged};
}

Inspection InspectAmr(std::string_view bytes) {
  const bool wide = StandsAt(bytes, 0, "#!AMR-WB\n");
  const auto& frames = wide ? kWideFrames : kNarrowFrames;
  std::size_t at = wide ? 9 : 6;
  if (at == bytes.size()) return {Type::kAmr, Fault::kDamaged};
  while (at < bytes.size()) {
    const int size = frames[static_cast<unsigned char>(bytes[at]) >> 3 & 0xF];
    if (size < 0) return {Type::kAmr, Fault::kDamaged};
    at += 1 + static_cast<std::size_t>(size);
  }
  return {Type::kAmr, at == bytes.size() ? Fault::kNone : Fault::kDamaged};
}

}  // namespace jinqi::media
