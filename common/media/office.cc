// The archive of an office file (APPNOTE.TXT 6.3), read from its directory. What the directory says of sizes is checked
// by unpacking into a small window that is thrown away, so that a lie costs neither memory nor more time than its
// limit.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "common/media/bytes.h"
#include "common/media/formats.h"

namespace jinqi::media {
namespace {

constexpr std::uint64_t kEndSize = 22;
constexpr std::uint64_t kEntrySize = 46;
constexpr std::uint64_t kLocalSize = 30;
constexpr std::uint64_t kMaxComment = 0xFFFF;
constexpr std::uint64_t kStored = 0;
constexpr std::uint64_t kDeflated = 8;
constexpr std::uint64_t kEncrypted = 1;
// From this size on the ratio counts: a small file of blanks packs as well as a bomb.
constexpr std::uint64_t kRatioFrom = 1 << 20;
constexpr std::size_t kWindow = 64 << 10;

struct Entry {
  std::string_view name;
  std::uint64_t flags = 0;
  std::uint64_t method = 0;
  std::uint64_t checksum = 0;
  std::uint64_t packed = 0;
  std::uint64_t unpacked = 0;
  std::uint64_t offset = 0;
};

struct Directory {
  std::vector<Entry> entries;
  // Where the directory begins.
  std::uint64_t begin = 0;
};

// The end record must be the end of the file, so that nothing is hidden behind it. ZIP64 is not needed below 4 GB.
std::optional<std::uint64_t> FindEnd(std::string_view bytes) {
  if (bytes.size() < kEndSize) return std::nullopt;
  const std::uint64_t last = bytes.size() - kEndSize;
  const std::uint64_t first = last > kMaxComment ? last - kMaxComment : 0;
  for (std::uint64_t at = last + 1; at-- > first;) {
    if (!StandsAt(bytes, at, "PK\5\6")) continue;
    if (LittleEndian(bytes, at + 20, 2) == bytes.size() - at - kEndSize) return at;
  }
  return std::nullopt;
}

std::optional<Entry> ReadEntry(std::string_view bytes, std::uint64_t& at) {
  const auto head = Slice(bytes, at, kEntrySize);
  if (!head.has_value() || !StandsAt(*head, 0, "PK\1\2")) return std::nullopt;
  const auto number = [&head](std::uint64_t from, std::uint64_t size) {
    return LittleEndian(*head, from, size).value_or(0);
  };
  Entry entry;
  entry.flags = number(8, 2);
  entry.method = number(10, 2);
  entry.checksum = number(16, 4);
  entry.packed = number(20, 4);
  entry.unpacked = number(24, 4);
  entry.offset = number(42, 4);
  const auto name = Slice(bytes, at + kEntrySize, number(28, 2));
  if (!name.has_value()) return std::nullopt;
  entry.name = *name;
  at += kEntrySize + number(28, 2) + number(30, 2) + number(32, 2);
  return entry;
}

// nullopt: it contradicts itself.
std::optional<Directory> ReadDirectory(std::string_view bytes, std::size_t max_entries, bool& too_many) {
  const auto end = FindEnd(bytes);
  if (!end.has_value()) return std::nullopt;
  const std::uint64_t count = LittleEndian(bytes, *end + 10, 2).value_or(0);
  Directory directory;
  directory.begin = LittleEndian(bytes, *end + 16, 4).value_or(0);
  too_many = count > max_entries;
  if (too_many) return std::nullopt;
  std::uint64_t at = directory.begin;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto entry = ReadEntry(bytes, at);
    if (!entry.has_value()) return std::nullopt;
    directory.entries.push_back(*entry);
  }
  // Nothing stands between the directory and its end.
  if (at != *end) return std::nullopt;
  return directory;
}

// A name that leads out of the folder into which somebody unpacks it.
bool LeadsAway(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.find('\\') != std::string_view::npos) return true;
  if (name.find(':') != std::string_view::npos || name.find('\0') != std::string_view::npos) return true;
  const std::string framed = "/" + std::string(name) + "/";
  return framed.find("/../") != std::string::npos;
}

bool EndsInAny(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [name](std::string_view ending) { return name.ends_with(ending); });
}

// An embedded office file is common (the data of a chart), an archive within is not.
bool IsArchive(std::string_view name) {
  return EndsInAny(name, {".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar", ".jar", ".cab", ".iso"});
}

bool IsProgram(std::string_view name) {
  return EndsInAny(name, {"vbaproject.bin", ".exe", ".dll", ".js", ".vbs", ".bat", ".cmd", ".ps1", ".scr", ".sh"});
}

// The packed bytes of an entry, if its own head agrees with the directory.
std::optional<std::string_view> PackedBytes(std::string_view bytes, const Entry& entry) {
  const auto head = Slice(bytes, entry.offset, kLocalSize);
  if (!head.has_value() || !StandsAt(*head, 0, "PK\3\4")) return std::nullopt;
  const std::uint64_t name = LittleEndian(*head, 26, 2).value_or(0);
  const std::uint64_t extra = LittleEndian(*head, 28, 2).value_or(0);
  if (LittleEndian(*head, 8, 2) != entry.method) return std::nullopt;
  if (Slice(bytes, entry.offset + kLocalSize, name) != entry.name) return std::nullopt;
  return Slice(bytes, entry.offset + kLocalSize + name + extra, entry.packed);
}

class Inflater {
 public:
  Inflater() { ready_ = inflateInit2(&stream_, -MAX_WBITS) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Whether `packed` unpacks to exactly `size` bytes with the checksum; more of them make `bomb`.
  bool Check(std::string_view packed, std::uint64_t size, std::uint64_t checksum, bool& bomb) {
    if (!ready_) return false;
    std::array<Bytef, kWindow> window;
    std::string input(packed);
    stream_.next_in = reinterpret_cast<Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    std::uint64_t total = 0;
    uLong sum = 0;
    int state = Z_OK;
    while (state == Z_OK) {
      stream_.next_out = window.data();
      stream_.avail_out = static_cast<uInt>(window.size());
      state = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t got = window.size() - stream_.avail_out;
      total += got;
      sum = crc32_z(sum, window.data(), got);
      bomb = total > size;
      if (bomb) return false;
    }
    return state == Z_STREAM_END && total == size && sum == checksum;
  }

 private:
  z_stream stream_ = {};
  bool ready_ = false;
};

Fault CheckEntry(std::string_view packed, const Entry& entry) {
  if (entry.method == kDeflated) {
    bool bomb = false;
    if (Inflater().Check(packed, entry.unpacked, entry.checksum, bomb)) return Fault::kNone;
    return bomb ? Fault::kBomb : Fault::kDamaged;
  }
  if (entry.method != kStored || entry.packed != entry.unpacked) return Fault::kDamaged;
  const auto sum = crc32_z(0, reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  return sum == entry.checksum ? Fault::kNone : Fault::kDamaged;
}

class Archive {
 public:
  Archive(std::string_view bytes, const Limits& limits) : bytes_(bytes), limits_(limits) {}

  Inspection Run() {
    bool too_many = false;
    const auto directory = ReadDirectory(bytes_, limits_.max_entries, too_many);
    if (too_many) return {Type::kUnknown, Fault::kBomb};
    if (!directory.has_value()) return {Type::kUnknown, Fault::kDamaged};
    for (const Entry& entry : directory->entries) names_.insert(absl::AsciiStrToLower(std::string(entry.name)));
    const Type type = TypeOf();
    for (const auto check : {&Archive::Names, &Archive::Sizes, &Archive::Contents}) {
      if (const Fault fault = (this->*check)(*directory); fault != Fault::kNone) return {type, fault};
    }
    return {type, type == Type::kUnknown ? Fault::kType : Fault::kNone};
  }

 private:
  Type TypeOf() const {
    if (!names_.contains("[content_types].xml")) return Type::kUnknown;
    const bool document = names_.contains("word/document.xml");
    const bool workbook = names_.contains("xl/workbook.xml");
    if (document == workbook) return Type::kUnknown;
    return document ? Type::kDocx : Type::kXlsx;
  }

  Fault Names(const Directory& directory) {
    if (names_.size() != directory.entries.size()) return Fault::kDamaged;
    for (const Entry& entry : directory.entries) {
      if (LeadsAway(entry.name) || (entry.flags & kEncrypted) != 0) return Fault::kDamaged;
    }
    if (std::any_of(names_.begin(), names_.end(), IsProgram)) return Fault::kExecutable;
    return std::any_of(names_.begin(), names_.end(), IsArchive) ? Fault::kBomb : Fault::kNone;
  }

  Fault Sizes(const Directory& directory) {
    std::uint64_t total = 0;
    for (const Entry& entry : directory.entries) {
      total += entry.unpacked;
      if (total > limits_.max_unpacked) return Fault::kBomb;
      if (entry.unpacked > kRatioFrom && entry.unpacked / limits_.max_ratio > entry.packed) return Fault::kBomb;
    }
    return Fault::kNone;
  }

  // Entries that share their bytes are how a small archive unpacks to a large one without a single large ratio.
  Fault Contents(const Directory& directory) {
    std::vector<const Entry*> in_order;
    for (const Entry& entry : directory.entries) in_order.push_back(&entry);
    std::sort(in_order.begin(), in_order.end(), [](const Entry* a, const Entry* b) { return a->offset < b->offset; });
    std::uint64_t free = 0;
    for (const Entry* entry : in_order) {
      const auto packed = PackedBytes(bytes_, *entry);
      if (!packed.has_value()) return Fault::kDamaged;
      if (entry->offset < free) return Fault::kBomb;
      free = static_cast<std::uint64_t>(packed->data() - bytes_.data()) + packed->size();
      if (free > directory.begin) return Fault::kDamaged;
      if (const Fault fault = CheckEntry(*packed, *entry); fault != Fault::kNone) return fault;
    }
    return Fault::kNone;
  }

  const std::string_view bytes_;
  const Limits& limits_;
  // In lower case: Office finds its parts so.
  std::set<std::string, std::less<>> names_;
};

}  // namespace

Inspection InspectOffice(std::string_view bytes, const Limits& limits) { return Archive(bytes, limits).Run(); }

}  // namespace jinqi::media
