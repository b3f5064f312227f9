// One reader per format; each gets bytes that begin as the format does.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/media/media.h"

namespace jinqi::media {

Inspection InspectJpeg(std::string_view bytes, const Limits& limits);
absl::StatusOr<std::string> JpegWithoutPlace(std::string_view bytes);

Inspection InspectPng(std::string_view bytes, const Limits& limits);
absl::StatusOr<std::string> PngWithoutPlace(std::string_view bytes);

// docx and xlsx: archives of the Open Packaging Conventions (ISO/IEC 29500-2).
Inspection InspectOffice(std::string_view bytes, const Limits& limits);

Inspection InspectMp4(std::string_view bytes);
// In place: a box that holds a place becomes free space, so that no offset into the file moves.
absl::StatusOr<std::string> Mp4WithoutPlace(std::string bytes);

Inspection InspectPdf(std::string_view bytes);
Inspection InspectWav(std::string_view bytes);
Inspection InspectAmr(std::string_view bytes);

}  // namespace jinqi::media
