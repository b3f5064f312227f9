// Small files of every type, made by hand, for tests.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/media/bytes.h"

namespace jinqi::media {

inline std::string Big(std::uint64_t number, int size) {
  std::string bytes;
  AppendBigEndian(bytes, number, size);
  return bytes;
}

inline std::string Little(std::uint64_t number, int size) {
  const std::string bytes = Big(number, size);
  return {bytes.rbegin(), bytes.rend()};
}

inline std::uint64_t Checksum(std::string_view bytes) {
  return crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

inline std::string JpegSegment(char marker, const std::string& payload) {
  return std::string("\xFF") + marker + Big(payload.size() + 2, 2) + payload;
}

// EXIF with an orientation and a GPS directory that says 39°05'N 117°12'E.
inline std::string ExifWithPlace(int orientation) {
  std::string tiff = "MM" + Big(42, 2) + Big(8, 4) + Big(2, 2);
  tiff += Big(0x0112, 2) + Big(3, 2) + Big(1, 4) + Big(static_cast<std::uint64_t>(orientation), 2) + Big(0, 2);
  tiff += Big(0x8825, 2) + Big(4, 2) + Big(1, 4) + Big(38, 4) + Big(0, 4);
  tiff +=
      Big(1, 2) + Big(1, 2) + Big(2, 2) + Big(2, 4) + std::string("N\0\0\0", 4) + Big(0, 4) + "GPS 39.0917 117.2000";
  return std::string("Exif\0\0", 6) + tiff;
}

inline std::string TestJpeg(int orientation = 6, int width = 64, int height = 48) {
  const auto side = [](int pixels) { return Big(static_cast<std::uint64_t>(pixels), 2); };
  std::string jpeg = "\xFF\xD8";
  jpeg += JpegSegment('\xE0', std::string("JFIF\0\1\1\0\0\1\0\1\0\0", 14));
  jpeg += JpegSegment('\xE1', ExifWithPlace(orientation));
  jpeg += JpegSegment(
      '\xE1', std::string("http://ns.adobe.com/xap/1.0/\0", 29) + "<exif:GPSLatitude>39,5.5N</exif:GPSLatitude>");
  jpeg += JpegSegment('\xED', std::string("Photoshop 3.0\0", 14) + "8BIM city");
  jpeg += JpegSegment('\xFE', "taken at 39.0917");
  jpeg += JpegSegment('\xDB', std::string(65, '\1'));
  jpeg += JpegSegment('\xC0', "\x08" + side(height) + side(width) + std::string("\1\1\x11\0", 4));
  jpeg += JpegSegment('\xDA', std::string("\1\1\0\0\x3F\0", 6)) + std::string("\x12\xFF\0\x34\xFF\xD0\x56", 7);
  return jpeg + "\xFF\xD9";
}

inline std::string PngChunk(const std::string& type, const std::string& data) {
  return Big(data.size(), 4) + type + data + Big(Checksum(type + data), 4);
}

inline std::string TestPng(std::uint64_t width = 4, std::uint64_t height = 4) {
  return "\x89PNG\r\n\x1A\n" + PngChunk("IHDR", Big(width, 4) + Big(height, 4) + std::string("\x08\0\0\0\0", 5)) +
         PngChunk("eXIf", ExifWithPlace(1).substr(6)) +
         PngChunk("tEXt", std::string("Location\0", 9) + "39.0917 117.2000") +
         PngChunk("iTXt", std::string("XML:com.adobe.xmp\0", 18) + "GPSLatitude 39.0917") + PngChunk("IDAT", "pixels") +
         PngChunk("IEND", "");
}

struct ZipEntry {
  std::string name;
  std::string content;
  bool packed = true;
  std::uint64_t flags = 0;
  // What the directory says instead of the truth; 0: the truth.
  std::uint64_t said_size = 0;
};

inline std::string Deflate(const std::string& content) {
  z_stream stream = {};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
  std::string input = content;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

// `shared`: every entry of the directory points to the first one's bytes.
inline std::string Zip(const std::vector<ZipEntry>& entries, bool shared = false) {
  std::string zip;
  std::string directory;
  for (const ZipEntry& entry : entries) {
    const std::string packed = entry.packed ? Deflate(entry.content) : entry.content;
    const std::uint64_t size = entry.said_size == 0 ? entry.content.size() : entry.said_size;
    const std::string common = Little(20, 2) + Little(entry.flags, 2) + Little(entry.packed ? 8 : 0, 2) + Little(0, 4) +
                               Little(Checksum(entry.content), 4) + Little(packed.size(), 4) + Little(size, 4) +
                               Little(entry.name.size(), 2) + Little(0, 2);
    const std::uint64_t offset = shared ? 0 : zip.size();
    directory += "PK\1\2" + Little(20, 2) + common + std::string(10, '\0') + Little(offset, 4) + entry.name;
    if (offset == zip.size()) zip += "PK\3\4" + common + entry.name + packed;
  }
  const std::uint64_t begin = zip.size();
  return zip + directory + "PK\5\6" + std::string(4, '\0') + Little(entries.size(), 2) + Little(entries.size(), 2) +
         Little(directory.size(), 4) + Little(begin, 4) + Little(0, 2);
}

inline std::vector<ZipEntry> DocxEntries() {
  return {{"[Content_Types].xml", "<Types/>"}, {"word/document.xml", "<w:document>采购合同</w:document>"}};
}

inline std::string TestDocx() { return Zip(DocxEntries()); }
inline std::string TestXlsx() { return Zip({{"[Content_Types].xml", "<Types/>"}, {"xl/workbook.xml", "<workbook/>"}}); }

inline std::string Mp4Box(const std::string& type, const std::string& payload) {
  return Big(payload.size() + 8, 4) + type + payload;
}

inline std::string TestMp4() {
  const std::string place = Mp4Box("udta", Mp4Box("\xA9xyz", Big(18, 2) + Big(0, 2) + "+39.0917+117.2000/"));
  const std::string keys = Mp4Box("meta", "com.apple.quicktime.location.ISO6709 +39.0917");
  const std::string path = Mp4Box("trak", Mp4Box("mdia", Mp4Box("hdlr", Big(0, 8) + "meta" + "GPS 39.0917")));
  const std::string film =
      Mp4Box("trak", Mp4Box("mdia", Mp4Box("hdlr", Big(0, 8) + "vide")) + Mp4Box("udta", Mp4Box("loci", "39.0917")));
  return Mp4Box("ftyp", "isom" + Big(0, 4) + "isom") +
         Mp4Box("moov", Mp4Box("mvhd", std::string(20, '\0')) + place + film + path + keys) + Mp4Box("mdat", "frames");
}

inline std::string TestWav() {
  const std::string body = "WAVEfmt " + Little(16, 4) + Little(1, 2) + Little(1, 2) + Little(8000, 4) +
                           Little(8000, 4) + Little(1, 2) + Little(8, 2) + "data" + Little(4, 4) + "\x80\x81\x80\x7F";
  return "RIFF" + Little(body.size(), 4) + body;
}

inline std::string TestAmr() { return "#!AMR\n\x04" + std::string(12, 'a') + "\x3C" + std::string(31, 'b'); }

inline std::string TestPdf() { return "%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n%%EOF\n"; }

}  // namespace jinqi::media
