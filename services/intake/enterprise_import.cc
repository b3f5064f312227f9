#include "services/intake/enterprise_import.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/identity/uscc.h"
#include "common/status/status.h"
#include "common/text/text.h"
#include "services/intake/enterprise.h"
#include "services/intake/row_fault.h"
#include "services/intake/subject.h"

namespace jinqi::intake {
namespace {

using ledger::Outcome;
using ledger::View;

constexpr std::size_t kMaxNames = 100;
constexpr std::size_t kMaxJob = 64;
constexpr std::size_t kDigestSize = 64;
constexpr std::size_t kMinEnterpriseName = 2;
constexpr std::size_t kMaxEnterpriseName = 100;
constexpr std::size_t kMaxPlace = 50;
constexpr int kDecimals = 4;
// Persons, and 万元: more than any subject has, and far from the end of int64.
constexpr std::int64_t kMostEmployees = 100'000'000;
constexpr std::int64_t kMostWan = 100'000'000'000;

bool IsPrintableAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Files are mostly plain: those need no Unicode.
std::string Plain(const std::string& given) {
  const bool plain = IsPrintableAscii(given) && (given.empty() || (given.front() != ' ' && given.back() != ' '));
  return plain ? given : text::Trim(text::Nfkc(given));
}

struct TypeName {
  std::string_view name;
  events::v1::SubjectType type;
};

constexpr TypeName kTypes[] = {
    {"ENTERPRISE", events::v1::SUBJECT_TYPE_ENTERPRISE},
    {"企业", events::v1::SUBJECT_TYPE_ENTERPRISE},
    {"INDIVIDUAL_BUSINESS", events::v1::SUBJECT_TYPE_INDIVIDUAL_BUSINESS},
    {"个体工商户", events::v1::SUBJECT_TYPE_INDIVIDUAL_BUSINESS},
    {"FARMER_COOP", events::v1::SUBJECT_TYPE_FARMER_COOP},
    {"农民专业合作社", events::v1::SUBJECT_TYPE_FARMER_COOP},
    {"OTHER", events::v1::SUBJECT_TYPE_OTHER},
    {"其他", events::v1::SUBJECT_TYPE_OTHER},
};

// A number of 万元 with up to four decimals, in yuan.
absl::StatusOr<std::int64_t> YuanOf(const std::string& text) {
  const std::size_t point = text.find('.');
  const std::string whole = text.substr(0, point);
  std::string decimals = point == std::string::npos ? "" : text.substr(point + 1);
  const auto digits = [](const std::string& part) {
    return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (whole.empty() || !digits(whole) || !digits(decimals) || (point != std::string::npos && decimals.empty()) ||
      decimals.size() > kDecimals) {
    return Error(config::v1::REASON_FORMAT);
  }
  decimals.resize(kDecimals, '0');
  std::int64_t wan = 0;
  std::int64_t yuan = 0;
  if (!absl::SimpleAtoi(whole, &wan) || wan > kMostWan) return Error(config::v1::REASON_OUT_OF_RANGE);
  if (!absl::SimpleAtoi(decimals, &yuan)) return Error(config::v1::REASON_FORMAT);
  return wan * 10'000 + yuan;
}

absl::StatusOr<std::int64_t> PersonsOf(const std::string& text) {
  std::int64_t number = 0;
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return Error(config::v1::REASON_FORMAT);
  if (!absl::SimpleAtoi(text, &number) || number > kMostEmployees) return Error(config::v1::REASON_OUT_OF_RANGE);
  return number;
}

// One pass over the columns of a row.
class RowChecker {
 public:
  RowChecker(const v1::ImportRow& given, const Reference& reference) : given_(given), reference_(reference) {}

  absl::StatusOr<CheckedRow> Run() {
    checked_.row = given_.row();
    Code();
    Places();
    Numbers();
    Desk();
    RETURN_IF_ERROR(faults_.ToStatus());
    return std::move(checked_);
  }

 private:
  v1::Enterprise& out() { return checked_.facts; }

  void Code() {
    const auto uscc = identity::NormalizeUscc(given_.uscc());
    if (!uscc.ok()) return faults_.Add("uscc", ReasonOf(uscc.status()));
    out().set_uscc(*uscc);
    const events::v1::SubjectType proposed = ProposedType(*uscc);
    out().set_type(proposed);
    const std::string name = Plain(given_.subject_type());
    if (name.empty()) return;
    const auto* const found =
        std::find_if(std::begin(kTypes), std::end(kTypes), [&name](const TypeName& type) { return type.name == name; });
    if (found == std::end(kTypes)) return faults_.Add("subject_type", config::v1::REASON_UNKNOWN_VALUE);
    if (proposed != events::v1::SUBJECT_TYPE_OTHER && proposed != found->type) {
      return faults_.Add("subject_type", config::v1::REASON_SUBJECT_MISMATCH);
    }
    out().set_type(found->type);
  }

  std::string Line(const char* field, const std::string& given, std::size_t minimum, std::size_t maximum) {
    std::string line = text::SingleLine(given);
    const std::size_t size = text::CodePoints(line);
    if (size == 0 && minimum > 0) faults_.Add(field, config::v1::REASON_REQUIRED);
    if (size > 0 && size < minimum) faults_.Add(field, config::v1::REASON_TOO_SHORT);
    if (size > maximum) faults_.Add(field, config::v1::REASON_TOO_LONG);
    return line;
  }

  void Places() {
    out().set_enterprise_name(
        Line("enterprise_name", given_.enterprise_name(), kMinEnterpriseName, kMaxEnterpriseName));
    out().set_district_code(Plain(given_.district_code()));
    if (out().district_code().empty()) {
      faults_.Add("district_code", config::v1::REASON_REQUIRED);
    } else if (!reference_.districts.contains(out().district_code())) {
      faults_.Add("district_code", config::v1::REASON_UNKNOWN_VALUE);
    }
    out().set_township(Line("township", given_.township(), 0, kMaxPlace));
    out().set_park(Line("park", given_.park(), 0, kMaxPlace));
    auto industry = NormalizeIndustry(given_.industry(), reference_);
    if (!industry.ok()) return faults_.Add("industry", ReasonOf(industry.status()));
    out().set_industry(*std::move(industry));
  }

  void Numbers() {
    const auto number = [this](const char* field, const std::string& given, auto read, auto set) {
      const std::string text = Plain(given);
      if (text.empty()) return;
      const auto value = read(text);
      if (!value.ok()) return faults_.Add(field, ReasonOf(value.status()));
      set(*value);
    };
    number("employees", given_.employees(), PersonsOf, [this](std::int64_t value) { out().set_employees(value); });
    number("revenue", given_.revenue(), YuanOf, [this](std::int64_t value) { out().set_revenue_yuan(value); });
    number("assets", given_.assets(), YuanOf, [this](std::int64_t value) { out().set_assets_yuan(value); });
  }

  void Desk() {
    const std::string area = Plain(given_.service_area());
    if (area.empty()) return;
    const std::string slot = Plain(given_.desk_slot());
    const auto place = DeskOfName(absl::StrCat("serviceAreas/", area, "/desks/", slot.empty() ? "1" : slot));
    if (!place.ok()) return faults_.Add("service_area", config::v1::REASON_NOT_FOUND);
    checked_.desk = *place;
  }

  const v1::ImportRow& given_;
  const Reference& reference_;
  Faults faults_;
  CheckedRow checked_;
};

bool IsJobName(std::string_view job) {
  return !job.empty() && job.size() <= kMaxJob && std::all_of(job.begin(), job.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

// Whether the chunk is noted as done.
bool IsDone(const v1::ImportJob& job, int chunk) {
  return chunk < job.done_below() || std::find(job.done().begin(), job.done().end(), chunk) != job.done().end();
}

void NoteDone(int chunk, v1::ImportJob& job) {
  job.add_done(chunk);
  std::sort(job.mutable_done()->begin(), job.mutable_done()->end());
  int below = 0;
  while (below < job.done_size() && job.done(below) == job.done_below() + below) ++below;
  job.set_done_below(job.done_below() + below);
  job.mutable_done()->ExtractSubrange(0, below, nullptr);
}

// The rows of one chunk, on the records as they are.
class ChunkImport {
 public:
  ChunkImport(const View& view, const ImportChunk& chunk) : view_(view), chunk_(chunk) {}

  absl::StatusOr<Outcome> Run() {
    ASSIGN_OR_RETURN(const bool repeated, ReadJob());
    if (repeated) {
      response_.set_repeated(true);
      outcome_.answer = response_.SerializeAsString();
      return std::move(outcome_);
    }
    outcome_.changes.reserve(chunk_.rows.size() + 2);
    faults_ = chunk_.faults;
    for (const CheckedRow& row : chunk_.rows) {
      if (absl::Status taken = Take(row); !taken.ok()) {
        if (!taken.ok() && ReasonOf(taken) == config::v1::REASON_UNSPECIFIED) return taken;
        faults_.push_back(FaultOf(row.row, taken));
      }
    }
    response_.set_faulty(static_cast<std::int32_t>(faults_.size()));
    KeepFaults();
    KeepJob();
    outcome_.answer = response_.SerializeAsString();
    return std::move(outcome_);
  }

 private:
  // Whether the chunk was done before.
  absl::StatusOr<bool> ReadJob() {
    const ledger::Key key = ImportJobKey(chunk_.job);
    v1::ImportJobRecord record;
    if (view_.Find(key) != nullptr) {
      ASSIGN_OR_RETURN(record, view_.Read<v1::ImportJobRecord>(key));
    }
    job_ = record.job();
    if (job_.name().empty()) {
      job_.set_name("importJobs/" + chunk_.job);
      job_.set_digest(chunk_.digest);
      job_.set_chunk_count(chunk_.chunk_count);
      *job_.mutable_create_time() = clock::ToProto(view_.now());
    }
    if (job_.digest() != chunk_.digest || job_.chunk_count() != chunk_.chunk_count) {
      return Error(config::v1::REASON_IMPORT_OTHER_FILE);
    }
    if (IsDone(job_, chunk_.chunk)) return true;
    if (chunk_.chunk >= job_.done_below() + kMaxAhead) return FieldError("chunk", config::v1::REASON_OUT_OF_RANGE);
    return false;
  }

  absl::Status Take(const CheckedRow& row) {
    const ledger::Key key = EnterpriseKey(row.facts.uscc());
    const ledger::Record* stored = view_.Find(key);
    v1::EnterpriseRecord known;
    if (stored != nullptr && !known.ParseFromString(stored->body)) return absl::DataLossError("body of an enterprise");
    v1::Enterprise facts = row.facts;
    if (!row.desk.area.empty()) RETURN_IF_ERROR(Point(row, known.enterprise(), facts));
    auto change = ImportSubject(stored == nullptr ? nullptr : &known, facts, view_.now());
    if (stored == nullptr) {
      response_.set_created(response_.created() + 1);
    } else if (change.has_value()) {
      response_.set_updated(response_.updated() + 1);
    } else {
      response_.set_unchanged(response_.unchanged() + 1);
    }
    if (change.has_value()) outcome_.changes.push_back(*std::move(change));
    return absl::OkStatus();
  }

  // Points the subject to the desk of its row: exactly one desk per subject, of its district, with a person.
  absl::Status Point(const CheckedRow& row, const v1::Enterprise& known, v1::Enterprise& facts) {
    if (!known.service_area().empty() && PlaceOf(known) != row.desk) {
      return FieldError("service_area", config::v1::REASON_PRIMARY_EXISTS);
    }
    auto& area = areas_[row.desk.area];
    if (!area.has_value()) {
      auto read = view_.Read<v1::ServiceAreaRecord>(ServiceAreaKey(row.desk.area));
      if (!read.ok()) return FieldError("service_area", config::v1::REASON_NOT_FOUND);
      area = read->area();
    }
    if (area->district_code() != facts.district_code()) {
      return FieldError("service_area", config::v1::REASON_AREA_OTHER_DISTRICT, {{"area", area->code()}});
    }
    if (!CheckStaffed(*area, row.desk.slot).ok()) {
      return FieldError("service_area", config::v1::REASON_NO_SERVICE_STAFF, {{"area", area->code()}});
    }
    facts.set_service_area(row.desk.area);
    facts.set_desk_slot(row.desk.slot);
    return absl::OkStatus();
  }

  void KeepFaults() {
    if (faults_.empty()) return;
    v1::ImportFaultRecord record;
    for (v1::RowFault& fault : faults_) *record.add_faults() = std::move(fault);
    std::sort(record.mutable_faults()->begin(), record.mutable_faults()->end(),
              [](const v1::RowFault& a, const v1::RowFault& b) { return a.row() < b.row(); });
    const std::string count = absl::StrCat(record.faults_size());
    outcome_.changes.push_back({ImportFaultKey(chunk_.job, chunk_.chunk),
                                record.SerializeAsString(),
                                std::nullopt,
                                {{"RowsRefused", count, std::nullopt}}});
  }

  void KeepJob() {
    NoteDone(chunk_.chunk, job_);
    job_.set_created(job_.created() + response_.created());
    job_.set_updated(job_.updated() + response_.updated());
    job_.set_unchanged(job_.unchanged() + response_.unchanged());
    job_.set_faulty(job_.faulty() + response_.faulty());
    if (job_.done_below() == job_.chunk_count()) *job_.mutable_end_time() = clock::ToProto(view_.now());
    v1::ImportJobRecord record;
    *record.mutable_job() = job_;
    outcome_.changes.push_back({ImportJobKey(chunk_.job),
                                record.SerializeAsString(),
                                std::nullopt,
                                {{"ChunkImported", absl::StrCat(chunk_.chunk), std::nullopt}}});
  }

  const View& view_;
  const ImportChunk& chunk_;
  v1::ImportJob job_;
  std::map<std::string, std::optional<v1::ServiceArea>> areas_;
  std::vector<v1::RowFault> faults_;
  v1::ImportEnterprisesResponse response_;
  Outcome outcome_;
};

}  // namespace

ledger::Key ImportJobKey(std::string_view job) { return {std::string(kImportJobKind), std::string(job)}; }
ledger::Key ImportFaultKey(std::string_view job, int chunk) {
  return {std::string(kImportFaultKind), absl::StrCat(std::string(job), "/", absl::Dec(chunk, absl::kZeroPad9))};
}

absl::StatusOr<CheckedRow> CheckImportRow(const v1::ImportRow& row, const Reference& reference) {
  return RowChecker(row, reference).Run();
}

absl::StatusOr<ImportChunk> CheckChunk(const v1::ImportEnterprisesRequest& request, const Reference& reference) {
  Faults faults;
  if (!IsJobName(request.job())) faults.Add("job", config::v1::REASON_FORMAT);
  if (request.digest().size() != kDigestSize) faults.Add("digest", config::v1::REASON_FORMAT);
  if (request.chunk() < 0 || request.chunk() >= request.chunk_count()) {
    faults.Add("chunk", config::v1::REASON_OUT_OF_RANGE);
  }
  ImportChunk chunk{request.job(), request.digest(), request.chunk_count(), request.chunk(), {}, {}};
  std::set<std::string_view> codes;
  for (const v1::ImportRow& row : request.rows()) {
    for (const std::int64_t replaced : row.replaced_rows()) {
      chunk.faults.push_back(FaultOf(replaced, FieldError("uscc", config::v1::REASON_ALREADY_EXISTS)));
    }
    auto checked = CheckImportRow(row, reference);
    if (checked.ok()) {
      chunk.rows.push_back(*std::move(checked));
    } else {
      chunk.faults.push_back(FaultOf(row.row(), checked.status()));
    }
  }
  for (const CheckedRow& row : chunk.rows) {
    if (!codes.insert(row.facts.uscc()).second) faults.Add("rows", config::v1::REASON_ALREADY_EXISTS);
  }
  if (NamesOf(chunk).size() > kMaxNames) {
    faults.Add("rows", config::v1::REASON_TOO_MANY, {{"limit", absl::StrCat(kMaxNames - 2)}});
  }
  RETURN_IF_ERROR(faults.ToStatus());
  return chunk;
}

std::vector<ledger::Name> NamesOf(const ImportChunk& chunk) {
  std::vector<ledger::Name> names;
  names.reserve(kMaxNames);
  std::set<std::string_view> areas;
  for (const CheckedRow& row : chunk.rows) {
    names.push_back({EnterpriseKey(row.facts.uscc())});
    if (!row.desk.area.empty()) areas.insert(row.desk.area);
  }
  for (const std::string_view area : areas) names.push_back({ServiceAreaKey(area), ledger::Access::kRely});
  names.push_back({ImportJobKey(chunk.job)});
  names.push_back({ImportFaultKey(chunk.job, chunk.chunk)});
  return names;
}

absl::StatusOr<Outcome> DecideImportChunk(const View& view, const ImportChunk& chunk) {
  return ChunkImport(view, chunk).Run();
}

}  // namespace jinqi::intake
