#include "cli/register_staging.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <queue>
#include <set>
#include <streambuf>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/csv.h"
#include "common/crypto/sm3.h"
#include "common/identity/uscc.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "jinqi/intake/v1/enterprise_import_service.pb.h"

namespace jinqi::cli {
namespace {

using intake::v1::ImportRow;

// Changes with the form of the chunks: another form of the same file is another import.
constexpr char kForm[] = "register-chunks/1\n";
constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::int64_t kProgressEvery = 10'000;
constexpr std::size_t kCodeSize = 18;
constexpr std::size_t kMaxRow = 64UL * 1024;

// A column of the file: the field that it fills, and the names that it may have.
struct ColumnRule {
  void (*set)(ImportRow& row, const std::string& text);
  bool required;
  std::array<const char*, 3> names;
};

const std::array<ColumnRule, 12> kColumnRules = {{
    {[](ImportRow& row, const std::string& text) { row.set_uscc(text); }, true, {"uscc", "统一社会信用代码", ""}},
    {[](ImportRow& row, const std::string& text) { row.set_enterprise_name(text); },
     true,
     {"enterprise_name", "企业名称", "名称"}},
    {[](ImportRow& row, const std::string& text) { row.set_district_code(text); },
     true,
     {"district_code", "区划代码", "行政区划代码"}},
    {[](ImportRow& row, const std::string& text) { row.set_subject_type(text); },
     false,
     {"subject_type", "主体类型", ""}},
    {[](ImportRow& row, const std::string& text) { row.set_township(text); }, false, {"township", "街镇", "街道乡镇"}},
    {[](ImportRow& row, const std::string& text) { row.set_park(text); }, false, {"park", "园区", ""}},
    {[](ImportRow& row, const std::string& text) { row.set_industry(text); }, false, {"industry", "行业代码", ""}},
    {[](ImportRow& row, const std::string& text) { row.set_employees(text); },
     false,
     {"employees", "从业人员", "从业人数"}},
    {[](ImportRow& row, const std::string& text) { row.set_revenue(text); },
     false,
     {"revenue", "营业收入", "营业收入（万元）"}},
    {[](ImportRow& row, const std::string& text) { row.set_assets(text); },
     false,
     {"assets", "资产总额", "资产总额（万元）"}},
    {[](ImportRow& row, const std::string& text) { row.set_service_area(text); },
     false,
     {"service_area", "片区", "片区编码"}},
    {[](ImportRow& row, const std::string& text) { row.set_desk_slot(text); }, false, {"desk_slot", "岗位", ""}},
}};

// Reads a file in blocks and reckons its digest on the way.
class HashedFile final : public std::streambuf {
 public:
  explicit HashedFile(const std::string& path) : file_(path, std::ios::binary), block_(kBlock, '\0') {
    hasher_.Update(kForm);
  }

  bool is_open() const { return file_.is_open(); }
  std::string Digest() { return crypto::Hex(hasher_.Finish()); }

 protected:
  int_type underflow() override {
    file_.read(block_.data(), static_cast<std::streamsize>(block_.size()));
    const std::streamsize count = file_.gcount();
    if (count == 0) return traits_type::eof();
    hasher_.Update(std::string_view(block_.data(), static_cast<std::size_t>(count)));
    setg(block_.data(), block_.data(), block_.data() + count);
    return traits_type::to_int_type(block_[0]);
  }

 private:
  std::ifstream file_;
  std::string block_;
  crypto::Sm3Hasher hasher_;
};

absl::Status CannotWrite(const std::string& path) {
  return absl::UnavailableError("cannot write " + path + "; is the disk full?");
}

absl::Status Remove(const std::string& path) {
  std::error_code fault;
  std::filesystem::remove(path, fault);
  return fault ? CannotWrite(path) : absl::OkStatus();
}

// A row on its way: the key by which it is sorted, its number, its message.
struct Item {
  std::string key;
  std::int64_t row = 0;
  std::string body;

  bool Before(const Item& other) const { return key != other.key ? key < other.key : row < other.row; }
};

void WriteNumber(std::ostream& out, std::uint64_t number) {
  out.write(reinterpret_cast<const char*>(&number), sizeof(number));
}

bool ReadNumber(std::istream& in, std::uint64_t& number) {
  return static_cast<bool>(in.read(reinterpret_cast<char*>(&number), sizeof(number)));
}

bool ReadText(std::istream& in, std::string& text) {
  std::uint64_t size = 0;
  if (!ReadNumber(in, size) || size > kBlock) return false;
  text.resize(size);
  return static_cast<bool>(in.read(text.data(), static_cast<std::streamsize>(size)));
}

// The rows that are sorted in memory, in one piece of it.
class Run {
 public:
  explicit Run(std::size_t memory) : memory_(memory) { bytes_.reserve(memory); }

  bool empty() const { return places_.empty(); }
  bool full() const { return bytes_.size() + places_.size() * sizeof(Place) >= memory_; }

  void Add(std::string_view key, std::int64_t row, const ImportRow& message) {
    Place place;
    std::memcpy(place.head.data(), key.data(), std::min(key.size(), place.head.size()));
    place.row = row;
    place.at = bytes_.size();
    place.key_size = key.size();
    bytes_.append(key);
    message.AppendToString(&bytes_);
    place.body_size = bytes_.size() - place.at - key.size();
    places_.push_back(place);
  }

  // Sorts what is there, writes it, and is empty again.
  absl::Status Write(const std::string& path) {
    std::sort(places_.begin(), places_.end(), [this](const Place& a, const Place& b) {
      if (a.head != b.head) return a.head < b.head;
      const std::string_view left = KeyOf(a);
      const std::string_view right = KeyOf(b);
      return left != right ? left < right : a.row < b.row;
    });
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    for (const Place& place : places_) {
      WriteNumber(out, static_cast<std::uint64_t>(place.row));
      WriteNumber(out, place.key_size);
      out.write(bytes_.data() + place.at, static_cast<std::streamsize>(place.key_size));
      WriteNumber(out, place.body_size);
      out.write(bytes_.data() + place.at + place.key_size, static_cast<std::streamsize>(place.body_size));
    }
    out.close();
    places_.clear();
    bytes_.clear();
    return out ? absl::OkStatus() : CannotWrite(path);
  }

 private:
  struct Place {
    // The beginning of the key: most comparisons end here.
    std::array<unsigned char, kCodeSize> head{};
    std::int64_t row = 0;
    std::size_t at = 0;
    std::size_t key_size = 0;
    std::size_t body_size = 0;
  };

  std::string_view KeyOf(const Place& place) const { return std::string_view(bytes_).substr(place.at, place.key_size); }

  const std::size_t memory_;
  std::string bytes_;
  std::vector<Place> places_;
};

// A run that is read again.
class RunReader {
 public:
  explicit RunReader(const std::string& path) : file_(path, std::ios::binary) {}

  // False at the end.
  bool Next() {
    std::uint64_t row = 0;
    if (!ReadNumber(file_, row)) return false;
    item_.row = static_cast<std::int64_t>(row);
    return ReadText(file_, item_.key) && ReadText(file_, item_.body);
  }
  Item& item() { return item_; }

 private:
  std::ifstream file_;
  Item item_;
};

// Cuts sorted rows into chunks; of rows with one key the last is kept, with the numbers of the others.
class ChunkWriter {
 public:
  explicit ChunkWriter(const std::string& path) : path_(path), file_(path, std::ios::binary | std::ios::trunc) {}

  void Add(Item item) {
    const bool same = last_.has_value() && last_->key == item.key;
    if (same) {
      replaced_.push_back(last_->row);
    } else {
      Put();
    }
    last_ = std::move(item);
  }

  absl::StatusOr<int> Finish() {
    Put();
    Cut();
    file_.close();
    if (!file_) return CannotWrite(path_);
    return chunks_;
  }

 private:
  void Put() {
    if (!last_.has_value()) return;
    ImportRow row;
    if (!row.ParseFromString(last_->body)) return;
    for (const std::int64_t replaced : replaced_) row.add_replaced_rows(replaced);
    const bool new_area = !row.service_area().empty() && !areas_.contains(row.service_area());
    if (chunk_.rows_size() + static_cast<int>(areas_.size()) + (new_area ? 2 : 1) > kChunkNames) Cut();
    if (!row.service_area().empty()) areas_.insert(row.service_area());
    *chunk_.add_rows() = std::move(row);
    replaced_.clear();
    last_.reset();
  }

  void Cut() {
    if (chunk_.rows().empty()) return;
    const std::string bytes = chunk_.SerializeAsString();
    WriteNumber(file_, bytes.size());
    file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ++chunks_;
    chunk_.clear_rows();
    areas_.clear();
  }

  const std::string path_;
  std::ofstream file_;
  std::optional<Item> last_;
  std::vector<std::int64_t> replaced_;
  intake::v1::ImportEnterprisesRequest chunk_;
  std::set<std::string> areas_;
  int chunks_ = 0;
};

absl::StatusOr<int> Merge(const std::vector<std::string>& runs, std::int64_t rows, const std::string& path) {
  std::vector<std::unique_ptr<RunReader>> readers;
  const auto later = [&readers](std::size_t a, std::size_t b) { return readers[b]->item().Before(readers[a]->item()); };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> next(later);
  for (const std::string& run : runs) {
    readers.push_back(std::make_unique<RunReader>(run));
    if (readers.back()->Next()) next.push(readers.size() - 1);
  }
  ChunkWriter writer(path);
  std::int64_t merged = 0;
  for (; !next.empty(); ++merged) {
    const std::size_t first = next.top();
    next.pop();
    writer.Add(std::move(readers[first]->item()));
    if (readers[first]->Next()) next.push(first);
  }
  if (merged != rows) return absl::DataLossError("a sorted part of the file breaks off; is the disk full?");
  return writer.Finish();
}

// The place in the file of each column that there is.
absl::StatusOr<std::vector<std::pair<std::size_t, const ColumnRule*>>> ColumnsOf(const CsvReader& csv) {
  std::vector<std::pair<std::size_t, const ColumnRule*>> columns;
  std::vector<std::string> missing;
  for (const std::string& name : csv.header()) {
    if (!text::IsUtf8(name)) return absl::InvalidArgumentError("the file is not UTF-8; save it as “CSV UTF-8”");
  }
  for (const ColumnRule& rule : kColumnRules) {
    int at = -1;
    for (const char* name : rule.names) {
      if (at < 0 && *name != '\0') at = csv.Column(name);
    }
    if (at >= 0) columns.emplace_back(static_cast<std::size_t>(at), &rule);
    if (at < 0 && rule.required) missing.emplace_back(rule.names[0]);
  }
  if (!missing.empty()) return Error(config::v1::REASON_IMPORT_COLUMNS, {{"columns", absl::StrJoin(missing, "、")}});
  return columns;
}

// Sorts the input into runs, and these into one file of chunks.
absl::Status Sort(const StageOptions& options, HashedFile& file, const std::function<void(std::int64_t)>& progress,
                  Staged& staged) {
  std::istream input(&file);
  ASSIGN_OR_RETURN(CsvReader csv, CsvReader::Open(input));
  ASSIGN_OR_RETURN(const auto columns, ColumnsOf(csv));
  std::vector<std::string> runs;
  Run run(options.memory);
  const auto write = [&]() -> absl::Status {
    runs.push_back(absl::StrCat(options.directory, "/run-", runs.size()));
    return run.Write(runs.back());
  };
  std::vector<std::string> row;
  ImportRow message;
  while (csv.Next(row)) {
    message.Clear();
    message.set_row(++staged.rows);
    for (const auto& [at, rule] : columns) {
      rule->set(message, text::IsUtf8(row[at]) ? row[at] : text::SingleLine(row[at]));
    }
    auto code = identity::NormalizeUscc(message.uscc());
    // What is no code is told by the service, row by row, after all others.
    const std::string key = code.ok() ? *code : absl::StrCat("~", absl::Dec(staged.rows, absl::kZeroPad16));
    if (code.ok()) message.set_uscc(*std::move(code));
    if (message.ByteSizeLong() > kMaxRow) {
      return absl::InvalidArgumentError(absl::StrCat("row ", staged.rows, " has no end; is a quote not closed?"));
    }
    run.Add(key, staged.rows, message);
    if (run.full()) RETURN_IF_ERROR(write());
    if (progress && staged.rows % kProgressEvery == 0) progress(staged.rows);
  }
  if (!run.empty() || runs.empty()) RETURN_IF_ERROR(write());
  ASSIGN_OR_RETURN(staged.chunks, Merge(runs, staged.rows, staged.path + ".new"));
  for (const std::string& path : runs) RETURN_IF_ERROR(Remove(path));
  return absl::OkStatus();
}

// Beside the chunks: of which input they are.
std::string MarkOf(const Staged& staged) {
  return absl::StrCat(staged.digest, " ", staged.rows, " ", staged.chunks, "\n");
}

std::optional<Staged> StagedBefore(const std::string& path) {
  std::ifstream mark(path + ".mark");
  Staged staged;
  staged.path = path;
  if (!(mark >> staged.digest >> staged.rows >> staged.chunks) || !std::filesystem::exists(path)) return std::nullopt;
  return staged;
}

absl::Status Keep(const Staged& staged) {
  std::error_code fault;
  std::ofstream mark(staged.path + ".mark.new", std::ios::trunc);
  mark << MarkOf(staged);
  mark.close();
  if (!mark) return CannotWrite(staged.path);
  std::filesystem::rename(staged.path + ".new", staged.path, fault);
  if (!fault) std::filesystem::rename(staged.path + ".mark.new", staged.path + ".mark", fault);
  return fault ? CannotWrite(staged.path) : absl::OkStatus();
}

absl::StatusOr<std::string> DigestOf(const std::string& input) {
  HashedFile file(input);
  if (!file.is_open()) return absl::NotFoundError("cannot read " + input);
  std::string read(kBlock, '\0');
  while (file.sgetn(read.data(), static_cast<std::streamsize>(read.size())) > 0) {
  }
  return file.Digest();
}

}  // namespace

absl::StatusOr<Staged> StageRegister(const StageOptions& options, const std::function<void(std::int64_t)>& progress) {
  std::error_code fault;
  std::filesystem::create_directories(options.directory, fault);
  if (fault) return CannotWrite(options.directory);
  Staged staged;
  staged.path = options.directory + "/chunks";
  if (const auto before = StagedBefore(staged.path); before.has_value()) {
    ASSIGN_OR_RETURN(const std::string digest, DigestOf(options.input));
    if (digest == before->digest) return *before;
    RETURN_IF_ERROR(Remove(staged.path + ".mark"));
  }
  HashedFile file(options.input);
  if (!file.is_open()) return absl::NotFoundError("cannot read " + options.input);
  RETURN_IF_ERROR(Sort(options, file, progress, staged));
  staged.digest = file.Digest();
  RETURN_IF_ERROR(Keep(staged));
  return staged;
}

absl::Status Unstage(const Staged& staged) {
  RETURN_IF_ERROR(Remove(staged.path + ".mark"));
  return Remove(staged.path);
}

ChunkReader::ChunkReader(const std::string& path) : file_(path, std::ios::binary) {}

absl::StatusOr<std::optional<std::string>> ChunkReader::Next() {
  std::uint64_t size = 0;
  if (!ReadNumber(file_, size)) return std::optional<std::string>();
  std::string bytes(std::min(size, std::uint64_t{kBlock}), '\0');
  if (bytes.size() != size || !file_.read(bytes.data(), static_cast<std::streamsize>(size))) {
    return absl::DataLossError("the sorted chunks break off");
  }
  return std::optional<std::string>(std::move(bytes));
}

}  // namespace jinqi::cli
