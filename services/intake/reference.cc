#include "services/intake/reference.h"

#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/text/text.h"
#include "jinqi/config/v1/calendar.pb.h"
#include "jinqi/intake/v1/records.pb.h"
#include "jinqi/intake/v1/reference.pb.h"

namespace jinqi::intake {
namespace {

constexpr const char* kSeatLanguages[] = {"en", "ja", "ko", "ru", "de", "fr", "es", "ar", "pt", "it"};

template <typename Message>
absl::StatusOr<Message> ReadFile(const config::v1::IntakeConfig& config, const std::string& name) {
  Message message;
  RETURN_IF_ERROR(config::LoadInto(config.server().reference_dir() + "/" + name, message));
  return message;
}

}  // namespace

absl::StatusOr<Reference> LoadReference(const config::v1::IntakeConfig& config) {
  if (config.handle_working_days() < 1) return absl::OutOfRangeError("handle_working_days must be positive");
  if (config.archive_after_days() < 1) return absl::OutOfRangeError("archive_after_days must be positive");
  ASSIGN_OR_RETURN(const auto districts, ReadFile<v1::Districts>(config, "districts.textproto"));
  ASSIGN_OR_RETURN(const auto words, ReadFile<v1::EmergencyWords>(config, "emergency_words.textproto"));
  ASSIGN_OR_RETURN(const auto notices, ReadFile<config::v1::Calendar>(config, "calendar.textproto"));
  ASSIGN_OR_RETURN(const auto industries, ReadFile<v1::Industries>(config, "industries.textproto"));
  ASSIGN_OR_RETURN(calendar::Calendar calendar, calendar::Calendar::Make(notices));
  if (districts.districts().empty()) return absl::FailedPreconditionError("districts.textproto names no district");
  if (notices.years().empty()) return absl::FailedPreconditionError("calendar.textproto has no year");
  if (industries.industries().empty()) return absl::FailedPreconditionError("industries.textproto names no industry");

  ASSIGN_OR_RETURN(const auto rules, ReadFile<v1::RefusalRules>(config, "refusal_rules.textproto"));
  ASSIGN_OR_RETURN(Refusals refusals, Refusals::Make(rules));

  Reference reference{{},
                      {},
                      {},
                      std::make_unique<calendar::CalendarCopy>(std::move(calendar)),
                      config.handle_working_days(),
                      {},
                      0,
                      std::move(refusals)};
  reference.payment_transfer_working_days = config.payment_transfer_working_days();
  for (const v1::Industry& industry : industries.industries()) reference.industries.insert(industry.code());
  for (const v1::District& district : districts.districts()) reference.districts[district.code()] = district.name();
  for (const std::string& word : words.words()) reference.emergency_words.push_back(text::Normalize(word));
  reference.seat_languages.insert(config.seat_languages().begin(), config.seat_languages().end());
  if (reference.seat_languages.empty()) {
    reference.seat_languages.insert(std::begin(kSeatLanguages), std::end(kSeatLanguages));
  }
  return reference;
}  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): moved into the answer

absl::StatusOr<v1::CategoryTree> LoadCategoryTree(const config::v1::IntakeConfig& config) {
  return ReadFile<v1::CategoryTree>(config, "category_tree.textproto");
}

std::shared_ptr<const CategoryTree> Trees::current() const {
  absl::MutexLock lock(&mutex_);
  return current_;
}

void Trees::Set(std::shared_ptr<const CategoryTree> tree) {
  absl::MutexLock lock(&mutex_);
  if (current_ == nullptr || current_->version() < tree->version()) current_ = std::move(tree);
}

absl::Status Trees::Refresh(ledger::Reader& reader, const std::string& tenant) {
  ASSIGN_OR_RETURN(const auto forest, reader.Get(tenant, ForestKey()));
  if (!forest.has_value()) return absl::NotFoundError("no category tree was published");
  v1::CategoryForestRecord in_force;
  if (!in_force.ParseFromString(forest->body)) return absl::DataLossError("category forest");
  const std::shared_ptr<const CategoryTree> known = current();
  if (known != nullptr && known->version() == in_force.version()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto found, reader.Get(tenant, TreeKey(in_force.version())));
  v1::CategoryTreeRecord record;
  if (!found.has_value() || !record.ParseFromString(found->body)) return absl::DataLossError("category tree");
  Set(std::make_shared<const CategoryTree>(record.tree()));
  return absl::OkStatus();
}

}  // namespace jinqi::intake
