#include "common/media/media.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/media/bytes.h"
#include "common/media/formats.h"
#include "common/text/text.h"

namespace jinqi::media {
namespace {

using std::string_view_literals::operator""sv;  // NOLINT(misc-unused-using-decls)

struct TypeText {
  Type type;
  std::string_view extension;
  std::string_view mime;
};

constexpr std::array<TypeText, 8> kTypes = {{
    {Type::kJpeg, "jpg", "image/jpeg"},
    {Type::kPng, "png", "image/png"},
    {Type::kPdf, "pdf", "application/pdf"},
    {Type::kDocx, "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {Type::kXlsx, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {Type::kMp4, "mp4", "video/mp4"},
    {Type::kWav, "wav", "audio/wav"},
    {Type::kAmr, "amr", "audio/amr"},
}};

// How programs begin: ELF, Windows and DOS, Mach-O of all sorts (the fat one is also Java's), Android, WebAssembly,
// shortcuts of Windows, scripts with an interpreter.
constexpr std::array<std::string_view, 11> kPrograms = {
    "\x7F"
    "ELF"sv,
    "MZ"sv,
    "\xFE\xED\xFA\xCE"sv,
    "\xFE\xED\xFA\xCF"sv,
    "\xCE\xFA\xED\xFE"sv,
    "\xCF\xFA\xED\xFE"sv,
    "\xCA\xFE\xBA\xBE"sv,
    "dex\n"sv,
    "\0asm"sv,
    "L\0\0\0\1\x14\2\0"sv,
    "#!"sv,
};

bool IsAmr(std::string_view bytes) { return StandsAt(bytes, 0, "#!AMR\n") || StandsAt(bytes, 0, "#!AMR-WB\n"); }

bool IsProgram(std::string_view bytes) {
  if (IsAmr(bytes)) return false;
  // A mark of the byte order does not hide a script.
  if (StandsAt(bytes, 0, "\xEF\xBB\xBF")) bytes.remove_prefix(3);
  return std::any_of(kPrograms.begin(), kPrograms.end(),
                     [bytes](std::string_view magic) { return StandsAt(bytes, 0, magic); });
}

// Names that Windows takes for devices, with any extension.
bool IsDevice(std::string_view name) {
  const std::string stem = absl::AsciiStrToUpper(std::string(name.substr(0, name.find('.'))));
  if (stem == "CON" || stem == "PRN" || stem == "AUX" || stem == "NUL") return true;
  return stem.size() == 4 && (absl::StartsWith(stem, "COM") || absl::StartsWith(stem, "LPT")) && stem[3] >= '1' &&
         stem[3] <= '9';
}

}  // namespace

std::string_view MimeOf(Type type) {
  for (const TypeText& text : kTypes) {
    if (text.type == type) return text.mime;
  }
  return "application/octet-stream";
}

std::string_view ExtensionOf(Type type) {
  for (const TypeText& text : kTypes) {
    if (text.type == type) return text.extension;
  }
  return "bin";
}

Inspection Inspect(std::string_view bytes, const Limits& limits) {
  if (bytes.empty()) return {Type::kUnknown, Fault::kEmpty};
  if (IsProgram(bytes)) return {Type::kUnknown, Fault::kExecutable};
  if (StandsAt(bytes, 0, "\xFF\xD8\xFF")) return InspectJpeg(bytes, limits);
  if (StandsAt(bytes, 0, "\x89PNG\r\n\x1A\n")) return InspectPng(bytes, limits);
  if (StandsAt(bytes, 0, "%PDF-")) return InspectPdf(bytes);
  if (StandsAt(bytes, 0, "PK\3\4")) return InspectOffice(bytes, limits);
  if (StandsAt(bytes, 4, "ftyp")) return InspectMp4(bytes);
  if (StandsAt(bytes, 0, "RIFF") && StandsAt(bytes, 8, "WAVE")) return InspectWav(bytes);
  if (IsAmr(bytes)) return InspectAmr(bytes);
  return {Type::kUnknown, Fault::kType};
}

absl::StatusOr<std::string> WithoutLocation(Type type, std::string bytes) {
  switch (type) {
    case Type::kJpeg: return JpegWithoutPlace(bytes);
    case Type::kPng: return PngWithoutPlace(bytes);
    case Type::kMp4: return Mp4WithoutPlace(std::move(bytes));
    default: return bytes;
  }
}

bool IsFileName(std::string_view name, std::size_t max_characters) {
  if (!text::IsUtf8(name) || text::CodePoints(name) > max_characters) return false;
  if (name.find_first_of("/\\:*?\"<>|") != std::string_view::npos) return false;
  // SingleLine takes out control and direction characters and blanks at the ends.
  if (text::SingleLine(name) != name) return false;
  if (name.find_first_not_of('.') == std::string_view::npos) return false;
  return !IsDevice(name);
}

std::string NameFor(std::string_view name, Type type) {
  const std::string lower = absl::AsciiStrToLower(std::string(name));
  if (absl::EndsWith(lower, "." + std::string(ExtensionOf(type)))) return std::string(name);
  if (type == Type::kJpeg && absl::EndsWith(lower, ".jpeg")) return std::string(name);
  return absl::StrCat(std::string(name), ".", std::string(ExtensionOf(type)));
}

}  // namespace jinqi::media
