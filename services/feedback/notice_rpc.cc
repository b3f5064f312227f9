#include "services/feedback/notice_rpc.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"
#include "services/feedback/kinds.h"
#include "services/feedback/lists.h"

namespace jinqi::feedback {
namespace {

using rpc::CallContext;
using v1::Notice;
using v1::NoticeTemplate;

constexpr std::size_t kMaxName = 96;

std::string Method(std::string_view name) { return "jinqi.feedback.v1.NoticeService/" + std::string(name); }

absl::Status NotFound() { return Error(config::v1::REASON_NOT_FOUND); }

// What follows `collection` in a name that can be one.
std::optional<std::string> IdOf(const std::string& name, const std::string& collection) {
  if (name.size() <= collection.size() || name.size() > kMaxName || !name.starts_with(collection)) return std::nullopt;
  return name.substr(collection.size());
}

absl::StatusOr<Notice> ToNotice(const ledger::Record& stored) {
  v1::NoticeRecord record;
  if (!record.ParseFromString(stored.body)) return absl::DataLossError("notice is not readable");
  Notice notice = std::move(*record.mutable_notice());
  notice.set_etag(absl::StrCat(stored.version));
  return notice;
}

absl::StatusOr<v1::NoticeTemplateRecord> ToTemplates(const ledger::Record& stored) {
  v1::NoticeTemplateRecord record;
  if (!record.ParseFromString(stored.body)) return absl::DataLossError("template is not readable");
  return record;
}

class NoticeRpc {
 public:
  explicit NoticeRpc(const NoticeDeps& deps) : deps_(deps) {}

  absl::StatusOr<Notice> GetNotice(const CallContext& context, const v1::GetNoticeRequest& request) const {
    ASSIGN_OR_RETURN(const ledger::Record stored, Find(context, request.name()));
    return ToNotice(stored);
  }

  absl::StatusOr<v1::ListNoticesResponse> ListNotices(const CallContext& context,
                                                      const v1::ListNoticesRequest& request) const {
    const std::string fingerprint =
        absl::StrCat("notices|", context.caller.tenant, "|", request.state(), "|", request.order_no());
    ASSIGN_OR_RETURN(ledger::Query query, PageOf(deps_.page_tokens, request, fingerprint));
    query.kind = kNotice;
    query.order_by = "create_time";
    if (request.state() != Notice::STATE_UNSPECIFIED) query.where.push_back(Is("state", std::int64_t{request.state()}));
    if (!request.order_no().empty()) query.where.push_back(Is("order_no", request.order_no()));
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(context.caller.tenant, query));
    v1::ListNoticesResponse response;
    for (const ledger::Record& stored : rows.records) {
      ASSIGN_OR_RETURN(*response.add_notices(), ToNotice(stored));
    }
    response.set_next_page_token(NextToken(deps_.page_tokens, rows, query.limit, fingerprint));
    return response;
  }

  absl::StatusOr<ledger::Command> RetryNotice(const CallContext& context, const v1::RetryNoticeRequest& request) const {
    ASSIGN_OR_RETURN(const ledger::Record stored, Find(context, request.name()));
    ASSIGN_OR_RETURN(const Notice notice, ToNotice(stored));
    const std::string template_id = TemplateId(notice.template_());
    ledger::Command command;
    command.names = {
        {QueueKey(notice.order_no())}, {NoticeKey(stored.key.id)}, {TemplateKey(template_id), ledger::Access::kRely}};
    command.decide = [id = stored.key.id, etag = request.etag(), this](const ledger::View& view) {
      return DecideRetryNotice(view, id, etag, deps_.bodies);
    };
    return command;
  }

  absl::StatusOr<ledger::Command> PublishTemplate(const v1::PublishNoticeTemplateRequest& request) const {
    const NoticeTemplate& given = request.template_();
    Faults faults;
    CheckTemplate(given, faults);
    RETURN_IF_ERROR(faults.ToStatus());
    ledger::Command command;
    command.names = {{TemplateKey(given.template_id())}};
    command.decide = [given](const ledger::View& view) { return DecidePublishTemplate(view, given); };
    return command;
  }

  absl::StatusOr<NoticeTemplate> GetTemplate(const CallContext& context,
                                             const v1::GetNoticeTemplateRequest& request) const {
    const auto id = IdOf(request.name(), "noticeTemplates/");
    if (!id.has_value()) return NotFound();
    const std::string template_id = TemplateId(*id);
    ASSIGN_OR_RETURN(const auto stored, deps_.ledger.reader().Get(context.caller.tenant, TemplateKey(template_id)));
    if (!stored.has_value()) return NotFound();
    ASSIGN_OR_RETURN(const v1::NoticeTemplateRecord record, ToTemplates(*stored));
    if (*id == template_id) return *record.versions().rbegin();
    for (const NoticeTemplate& version : record.versions()) {
      if (version.name() == request.name()) return version;
    }
    return NotFound();
  }

  absl::StatusOr<v1::ListNoticeTemplatesResponse> ListTemplates(const CallContext& context,
                                                                const v1::ListNoticeTemplatesRequest& request) const {
    const std::string fingerprint = absl::StrCat("noticeTemplates|", context.caller.tenant);
    ASSIGN_OR_RETURN(ledger::Query query, PageOf(deps_.page_tokens, request, fingerprint));
    query.kind = kNoticeTemplate;
    ASSIGN_OR_RETURN(const ledger::Rows rows, deps_.ledger.reader().List(context.caller.tenant, query));
    v1::ListNoticeTemplatesResponse response;
    for (const ledger::Record& stored : rows.records) {
      ASSIGN_OR_RETURN(const v1::NoticeTemplateRecord record, ToTemplates(stored));
      *response.add_templates() = *record.versions().rbegin();
    }
    response.set_next_page_token(NextToken(deps_.page_tokens, rows, query.limit, fingerprint));
    return response;
  }

 private:
  absl::StatusOr<ledger::Record> Find(const CallContext& context, const std::string& name) const {
    const auto id = IdOf(name, "notices/");
    if (!id.has_value()) return NotFound();
    ASSIGN_OR_RETURN(const auto stored, deps_.ledger.reader().Get(context.caller.tenant, NoticeKey(*id)));
    if (!stored.has_value()) return NotFound();
    return *stored;
  }

  const NoticeDeps deps_;
};

}  // namespace

void AddNoticeMethods(rpc::Methods& methods, const NoticeDeps& deps) {
  const auto rpc = std::make_shared<const NoticeRpc>(deps);
  methods.Query<v1::GetNoticeRequest, Notice>(Method("GetNotice"), [rpc](const auto& context, const auto& request) {
    return rpc->GetNotice(context, request);
  });
  methods.Query<v1::ListNoticesRequest, v1::ListNoticesResponse>(
      Method("ListNotices"),
      [rpc](const auto& context, const auto& request) { return rpc->ListNotices(context, request); });
  methods.ChangeOnPool<v1::RetryNoticeRequest, Notice>(
      Method("RetryNotice"),
      [rpc](const auto& context, const auto& request) { return rpc->RetryNotice(context, request); });
  methods.Change<v1::PublishNoticeTemplateRequest, NoticeTemplate>(
      Method("PublishNoticeTemplate"),
      [rpc](const auto& /*context*/, const auto& request) { return rpc->PublishTemplate(request); });
  methods.Query<v1::GetNoticeTemplateRequest, NoticeTemplate>(
      Method("GetNoticeTemplate"),
      [rpc](const auto& context, const auto& request) { return rpc->GetTemplate(context, request); });
  methods.Query<v1::ListNoticeTemplatesRequest, v1::ListNoticeTemplatesResponse>(
      Method("ListNoticeTemplates"),
      [rpc](const auto& context, const auto& request) { return rpc->ListTemplates(context, request); });
}

}  // namespace jinqi::feedback
