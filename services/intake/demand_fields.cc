#include "services/intake/demand_fields.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/clock/clock.h"
#include "common/crypto/sm3.h"
#include "common/identity/phone.h"
#include "common/identity/uscc.h"
#include "common/text/text.h"
#include "services/intake/subject.h"

namespace jinqi::intake {
namespace {

using config::v1::Role;

// C2, in code points.
constexpr std::size_t kMaxTitle = 60;
constexpr std::size_t kMinContent = 5;
constexpr std::size_t kMaxContent = 4000;
constexpr std::size_t kMinEnterpriseName = 2;
constexpr std::size_t kMaxEnterpriseName = 100;
constexpr std::size_t kMaxContactName = 50;
constexpr std::size_t kMaxPlace = 50;
constexpr std::size_t kMinConfirmation = 2;
constexpr std::size_t kMaxConfirmation = 200;
constexpr std::size_t kMaxLanguage = 35;
constexpr std::size_t kMaxContract = 200;
// A text in comparable form below this length says too little to be one matter without its title.
constexpr std::size_t kTellingContent = 20;

// One pass over the fields of a demand.
class Checker {
 public:
  Checker(const v1::Demand& given, const identity::Caller& caller, Role role, const Reference& reference,
          const CategoryTree& tree, std::string_view path)
      : given_(given), caller_(caller), role_(role), reference_(reference), tree_(tree), path_(path) {}

  absl::StatusOr<DemandInput> Run() {
    Channel();
    Kind();
    Texts();
    Subject();
    Contact();
    Secrecy();
    Language();
    Payment();
    const bool only_category = faults_.empty();
    Category();
    if (!only_category) return faults_.ToStatus();
    input_.category_fault = faults_.ToStatus();
    Finish();
    return std::move(input_);
  }

 private:
  v1::Demand& out() { return input_.demand; }
  bool anonymous() const { return given_.anonymous(); }
  void Fault(std::string_view field, Reason reason, const Metadata& metadata = {}) {
    faults_.Add(absl::StrCat(path_, ".", std::string(field)), reason, metadata);
  }
  void Flag(std::string_view flag) { out().add_review_flags(std::string(flag)); }

  void Channel() {
    out().set_channel(given_.channel());
    if (given_.channel() == events::v1::CHANNEL_UNSPECIFIED || !events::v1::Channel_IsValid(given_.channel())) {
      return Fault("channel", config::v1::REASON_CHANNEL_UNKNOWN);
    }
    if (!MayUseChannel(role_, given_.channel())) Fault("channel", config::v1::REASON_CHANNEL_NOT_ALLOWED);
  }

  void Kind() {
    out().set_demand_type(given_.demand_type());
    if (given_.demand_type() == events::v1::DEMAND_TYPE_UNSPECIFIED) {
      Fault("demand_type", config::v1::REASON_REQUIRED);
    } else if (!events::v1::DemandType_IsValid(given_.demand_type())) {
      Fault("demand_type", config::v1::REASON_UNKNOWN_VALUE);
    }
    if (!events::v1::Urgency_IsValid(given_.urgency())) Fault("urgency", config::v1::REASON_UNKNOWN_VALUE);
  }

  // A text of one line; `minimum` 0: it may be missing.
  std::string Line(std::string_view field, const std::string& given, std::size_t minimum, std::size_t maximum) {
    std::string line = text::SingleLine(given);
    const std::size_t size = text::CodePoints(line);
    if (size == 0 && minimum > 0) Fault(field, config::v1::REASON_REQUIRED);
    if (size > 0 && size < minimum) Fault(field, config::v1::REASON_TOO_SHORT);
    if (size > maximum) Fault(field, config::v1::REASON_TOO_LONG);
    return line;
  }

  void Texts() {
    input_.values.set_title(Line("title", given_.title(), 1, kMaxTitle));
    const std::string content = text::Trim(given_.content());
    const std::size_t size = text::CodePoints(content);
    if (size == 0) {
      Fault("content", config::v1::REASON_REQUIRED);
    } else if (size < kMinContent) {
      Fault("content", config::v1::REASON_TOO_SHORT);
    } else if (size > kMaxContent) {
      Fault("content", config::v1::REASON_TOO_LONG);
    }
    input_.values.set_content(content);
  }

  void Subject() {
    const events::v1::Subject& subject = given_.subject();
    District(subject);
    input_.values.set_township(Line("subject.township", subject.township(), 0, kMaxPlace));
    input_.values.set_park(Line("subject.park", subject.park(), 0, kMaxPlace));
    Industry(subject);
    out().mutable_subject()->set_type(subject.type());
    if (!events::v1::SubjectType_IsValid(subject.type())) {
      Fault("subject.type", config::v1::REASON_UNKNOWN_VALUE);
    }
    if (anonymous()) {
      if (!subject.enterprise_name().empty()) {
        Fault("subject.enterprise_name", config::v1::REASON_ANONYMOUS_WITH_IDENTITY);
      }
      if (!subject.uscc().empty()) Fault("subject.uscc", config::v1::REASON_ANONYMOUS_WITH_IDENTITY);
      return;
    }
    input_.values.set_enterprise_name(
        Line("subject.enterprise_name", subject.enterprise_name(), kMinEnterpriseName, kMaxEnterpriseName));
    Uscc(subject);
  }

  void District(const events::v1::Subject& subject) {
    const std::string code = text::Trim(text::Nfkc(subject.district_code()));
    out().mutable_subject()->set_district_code(code);
    if (code.empty()) {
      Fault("subject.district_code", config::v1::REASON_REQUIRED);
    } else if (!reference_.districts.contains(code)) {
      Fault("subject.district_code", config::v1::REASON_UNKNOWN_VALUE);
    }
  }

  void Industry(const events::v1::Subject& subject) {
    const auto code = NormalizeIndustry(subject.industry(), reference_);
    if (!code.ok()) return Fault("subject.industry", ReasonOf(code.status()));
    out().mutable_subject()->set_industry(*code);
  }

  void Uscc(const events::v1::Subject& subject) {
    if (text::Trim(subject.uscc()).empty()) {
      if (given_.channel() == events::v1::CHANNEL_JINCHANFA) Fault("subject.uscc", config::v1::REASON_REQUIRED);
      if (subject.type() == events::v1::SUBJECT_TYPE_UNSPECIFIED) {
        Fault("subject.type", config::v1::REASON_REQUIRED);
      }
      return Flag(kMissingUscc);
    }
    absl::StatusOr<std::string> uscc = identity::NormalizeUscc(subject.uscc());
    if (!uscc.ok()) return Fault("subject.uscc", ReasonOf(uscc.status()));
    input_.values.set_uscc(*uscc);
    if (!IsOperator(role_) && !caller_.uscc.empty() && caller_.uscc != *uscc) {
      Fault("subject.uscc", config::v1::REASON_USCC_NOT_YOURS);
    }
    SubjectType(subject, *uscc);
  }

  void SubjectType(const events::v1::Subject& subject, const std::string& uscc) {
    if (!events::v1::SubjectType_IsValid(subject.type())) return;
    const events::v1::SubjectType proposed = ProposedType(uscc);
    if (subject.type() == events::v1::SUBJECT_TYPE_UNSPECIFIED) {
      return out().mutable_subject()->set_type(proposed);
    }
    // Codes of other registries (11, 12, 51 …) propose nothing that could be contradicted.
    if (proposed == events::v1::SUBJECT_TYPE_OTHER || proposed == subject.type()) return;
    const std::string confirmation = text::SingleLine(given_.subject_confirmation());
    const std::size_t size = text::CodePoints(confirmation);
    if (!IsOperator(role_) || size < kMinConfirmation) {
      return Fault("subject.type", config::v1::REASON_SUBJECT_MISMATCH);
    }
    if (size > kMaxConfirmation) return Fault("subject_confirmation", config::v1::REASON_TOO_LONG);
    out().set_subject_confirmation(confirmation);
    Flag(kSubjectConfirmed);
  }

  void Contact() {
    if (anonymous()) {
      if (!given_.contact_name().empty()) Fault("contact_name", config::v1::REASON_ANONYMOUS_WITH_IDENTITY);
      if (!given_.contact_phone().empty()) Fault("contact_phone", config::v1::REASON_ANONYMOUS_WITH_IDENTITY);
      return;
    }
    input_.values.set_contact_name(Line("contact_name", given_.contact_name(), 0, kMaxContactName));
    absl::StatusOr<std::string> phone = identity::NormalizePhone(given_.contact_phone());
    if (!phone.ok()) return Fault("contact_phone", ReasonOf(phone.status()));
    input_.values.set_contact_phone(*std::move(phone));
  }

  // INT-15.
  void Secrecy() {
    const bool report = given_.demand_type() == events::v1::DEMAND_TYPE_REPORT;
    if (anonymous() && !report) Fault("anonymous", config::v1::REASON_ANONYMOUS_ONLY_REPORT);
    const bool open_report = report && given_.has_confidential() && !given_.confidential();
    if (open_report && !given_.open_consent()) Fault("open_consent", config::v1::REASON_CONSENT_REQUIRED);
    out().set_anonymous(anonymous());
    out().set_confidential(anonymous() || (given_.has_confidential() ? given_.confidential() : report));
  }

  // INT-19: never refused for its language.
  void Language() {
    const std::string tag = text::Trim(text::Nfkc(given_.language()));
    const std::string primary = absl::AsciiStrToLower(tag.substr(0, tag.find('-')));
    out().set_queue(std::string(kSeatGeneral));
    if (tag.empty()) return out().set_language("zh-CN");
    const bool foreign = reference_.seat_languages.contains(primary);
    if (tag.size() > kMaxLanguage || (primary != "zh" && !foreign)) {
      out().set_language("und");
      return Flag(kUnknownLanguage);
    }
    out().set_language(tag);
    if (foreign) out().set_queue(std::string(kSeatForeign));
  }

  // INT-22: only what cannot be read is a fault; what is missing makes it a CONSULT.
  void Payment() {
    if (!given_.has_payment_claim()) return;
    const v1::PaymentClaim& claim = given_.payment_claim();
    v1::PaymentClaim& kept = *out().mutable_payment_claim();
    input_.values.set_contract_relation(
        Line("payment_claim.contract_relation", claim.contract_relation(), 0, kMaxContract));
    input_.values.set_debtor(Line("payment_claim.debtor", claim.debtor(), 0, kMaxEnterpriseName));
    if (!v1::DebtorKind_IsValid(claim.debtor_kind())) {
      Fault("payment_claim.debtor_kind", config::v1::REASON_UNKNOWN_VALUE);
    }
    kept.set_debtor_kind(claim.debtor_kind());
    if (claim.amount_fen() < 0) Fault("payment_claim.amount_fen", config::v1::REASON_OUT_OF_RANGE);
    kept.set_amount_fen(claim.amount_fen());
    const std::string due = text::Trim(text::Nfkc(claim.due_date()));
    if (!due.empty() && !clock::ParseDate(due).ok()) Fault("payment_claim.due_date", config::v1::REASON_FORMAT);
    kept.set_due_date(due);
  }

  void Category() {
    std::string code = text::Trim(text::Nfkc(given_.category_code()));
    if (code.empty()) code = tree_.uncategorised();
    out().set_category_code(code);
    out().set_category_tree_version(tree_.version());
    if (const auto fault = tree_.CheckLeaf(code); fault.has_value()) {
      return Fault("category_code", fault->reason, fault->metadata);
    }
    out().set_category_name(tree_.Find(code)->title());
  }

  // INT-07: what a person set stands, whatever the words say.
  void Urgency() {
    input_.urgency_given = given_.urgency() != events::v1::URGENCY_UNSPECIFIED;
    out().set_urgency(input_.urgency_given ? given_.urgency() : events::v1::URGENCY_NORMAL);
    if (input_.urgency_given) {
      if (!IsOperator(role_) && given_.urgency() != events::v1::URGENCY_NORMAL) Flag(kUrgencyByRequester);
      return;
    }
    const std::string words = text::Normalize(input_.values.title() + "\n" + input_.values.content());
    const auto& list = reference_.emergency_words;
    if (std::any_of(list.begin(), list.end(),
                    [&](const std::string& word) { return words.find(word) != std::string::npos; })) {
      Flag(kEmergencyWords);
    }
  }

  // INT-08: for a seat to look at; the words of an emergency come first.
  void Refusal() {
    if (std::find(out().review_flags().begin(), out().review_flags().end(), kEmergencyWords) !=
        out().review_flags().end()) {
      return;
    }
    auto proposal = reference_.refusals.Propose(input_.values.title(), input_.values.content());
    if (!proposal.has_value()) return;
    *out().mutable_refusal_proposal() = *std::move(proposal);
    Flag(kRefusalProposed);
  }

  void Finish() {
    Urgency();
    Refusal();
    if (IsOperator(role_)) input_.registered_by = caller_.subject;
    const v1::DemandPrivate& values = input_.values;
    if (!anonymous()) {
      const std::string& uscc = values.uscc();
      input_.subject_unproven = !uscc.empty() && !IsOperator(role_) && caller_.uscc != uscc;
      const bool proven = !uscc.empty() && !input_.subject_unproven;
      // Whoever only says a code is apart from those who have it, and from those who say another (INT-09).
      input_.subject_key = proven ? "uscc:" + uscc : absl::StrCat("phone:", values.contact_phone());
      if (input_.subject_unproven) absl::StrAppend(&input_.subject_key, "|said:", uscc);
      if (!IsOperator(role_) && role_ != config::v1::ROLE_ANONYMOUS) input_.requester = caller_.subject;
    }
    input_.fingerprint = MatterFingerprint(values.title(), values.content());
    // An open demand shows the company, whose name and code are public; of a confidential one they stay sealed.
    if (out().confidential()) return;
    events::v1::Subject& subject = *out().mutable_subject();
    subject.set_enterprise_name(values.enterprise_name());
    subject.set_uscc(values.uscc());
    subject.set_township(values.township());
    subject.set_park(values.park());
    input_.values.clear_enterprise_name();
    input_.values.clear_uscc();
    input_.values.clear_township();
    input_.values.clear_park();
  }

  const v1::Demand& given_;
  const identity::Caller& caller_;
  const Role role_;
  const Reference& reference_;
  const CategoryTree& tree_;
  const std::string path_;
  Faults faults_;
  DemandInput input_;
};

}  // namespace

absl::StatusOr<DemandInput> CheckDemand(const v1::Demand& demand, const identity::Caller& caller, Role role,
                                        const Reference& reference, const CategoryTree& tree, std::string_view path) {
  return Checker(demand, caller, role, reference, tree, path).Run();
}

void CheckText(std::string_view field, std::string_view text, std::size_t minimum, std::size_t maximum,
               Faults& faults) {
  const std::size_t size = text::CodePoints(text::Trim(text));
  if (size == 0) {
    faults.Add(field, config::v1::REASON_REQUIRED);
  } else if (size < minimum) {
    faults.Add(field, config::v1::REASON_TOO_SHORT);
  } else if (size > maximum) {
    faults.Add(field, config::v1::REASON_TOO_LONG);
  }
}

bool MayUseChannel(Role role, events::v1::Channel channel) {
  using namespace events::v1;  // NOLINT(google-build-using-namespace): the table reads as C1 does.
  switch (role) {
    case config::v1::ROLE_ENTERPRISE:
    case config::v1::ROLE_LEGAL_REPRESENTATIVE: return channel == CHANNEL_WECHAT_12345 || channel == CHANNEL_JINCHANFA;
    case config::v1::ROLE_SEAT:
      return channel == CHANNEL_PHONE_12345 || channel == CHANNEL_WECHAT_12345 || channel == CHANNEL_COUNTER ||
             channel == CHANNEL_MEETING || channel == CHANNEL_PARTNER || channel == CHANNEL_IMPORT;
    case config::v1::ROLE_SERVICE_STAFF:
      return channel == CHANNEL_STAFF || channel == CHANNEL_COUNTER || channel == CHANNEL_MEETING;
    case config::v1::ROLE_ANONYMOUS: return channel == CHANNEL_WECHAT_12345;
    default: return false;
  }
}

bool IsOperator(Role role) { return role == config::v1::ROLE_SEAT || role == config::v1::ROLE_SERVICE_STAFF; }

bool MustHold(const DemandInput& input, Role role) {
  if (IsOperator(role)) return false;
  const auto& flags = input.demand.review_flags();
  return input.demand.queue() == kSeatForeign || std::any_of(flags.begin(), flags.end(), [](const std::string& flag) {
           return flag == kEmergencyWords || flag == kRefusalProposed;
         });
}

std::string MatterFingerprint(std::string_view title, std::string_view content) {
  const bool telling = text::CodePoints(text::Normalize(content)) >= kTellingContent;
  return text::Fingerprint(telling ? std::string(content) : std::string(title) + "\n" + std::string(content));
}

std::string DerivedRequestId(const DemandInput& input, std::string_view peer, ledger::Micros now) {
  const std::string subject = input.subject_key.empty() ? "peer:" + std::string(peer) : input.subject_key;
  return "auto-" +
         crypto::Sm3Hex(absl::StrCat(subject, "|", input.fingerprint, "|", now / clock::kMinute)).substr(0, 48);
}

}  // namespace jinqi::intake
