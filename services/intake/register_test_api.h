// The register through its API, for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "jinqi/intake/v1/enterprise_import_service.pb.h"
#include "jinqi/intake/v1/register_service.pb.h"
#include "jinqi/intake/v1/visit_service.pb.h"
#include "services/intake/enterprise.h"
#include "services/intake/service_person.h"
#include "services/intake/test_api.h"
#include "services/intake/visit.h"

namespace jinqi::intake {

inline constexpr char kDistrict[] = "120116";
inline constexpr char kArea[] = "BH-01";
inline constexpr char kDesk[] = "serviceAreas/BH-01/desks/1";

inline const identity::Caller kOtherHub = CallerWith(config::v1::ROLE_DISTRICT_HUB, "hub-101", "", "120101", "HPQ");
inline const identity::Caller kSupervisor = CallerWith(config::v1::ROLE_SUPERVISOR, "supervisor", "", "", "SFJ");
inline const identity::Caller kAuditor = CallerWith(config::v1::ROLE_AUDIT_ADMINISTRATOR, "auditor");
inline const identity::Caller kOperator = CallerWith(config::v1::ROLE_SYSTEM_ADMINISTRATOR, "operator");

inline v1::ServicePerson ValidPerson(const std::string& account, const std::string& district = kDistrict) {
  v1::ServicePerson person;
  person.set_account(account);
  person.set_person_name("李服务");
  person.set_phone("022-12345678");
  person.set_unit("示例街道办事处");
  person.set_unit_type(v1::UNIT_TYPE_TOWNSHIP);
  person.set_duty("为企服务专员");
  person.set_district_code(district);
  return person;
}

inline v1::ImportRow ValidRow(std::int64_t number, const std::string& uscc) {
  v1::ImportRow row;
  row.set_row(number);
  row.set_uscc(uscc);
  row.set_enterprise_name("天津示例第" + std::to_string(number) + "公司");
  row.set_district_code(kDistrict);
  row.set_industry("C3391");
  row.set_employees("300");
  row.set_revenue("2000");
  return row;
}

class RegisterApi : public Api {
 public:
  using Api::Api;

  template <typename Resp>
  absl::StatusOr<Resp> Ask(const std::string& method, const google::protobuf::Message& request,
                           const identity::Caller& caller) {
    return CallOn<Resp>("RegisterService", method, request, caller);
  }

  absl::StatusOr<v1::ServiceArea> CreateArea(const std::string& code, const std::string& district = kDistrict,
                                             const identity::Caller& caller = kHubLeader) {
    v1::CreateServiceAreaRequest request;
    request.mutable_service_area()->set_code(code);
    request.mutable_service_area()->set_district_code(district);
    request.mutable_service_area()->set_township("示例街道");
    request.mutable_service_area()->set_title("示例片区" + code);
    request.set_request_id(NewKey());
    return Ask<v1::ServiceArea>("CreateServiceArea", request, caller);
  }
  absl::StatusOr<v1::ServiceArea> GetArea(const std::string& code, const identity::Caller& caller = kHubLeader) {
    v1::GetServiceAreaRequest request;
    request.set_name("serviceAreas/" + code);
    return Ask<v1::ServiceArea>("GetServiceArea", request, caller);
  }
  absl::StatusOr<v1::ServicePerson> CreatePerson(const v1::ServicePerson& person,
                                                 const identity::Caller& caller = kHubLeader,
                                                 const std::string& key = "") {
    v1::CreateServicePersonRequest request;
    *request.mutable_service_person() = person;
    request.set_request_id(key.empty() ? NewKey() : key);
    return Ask<v1::ServicePerson>("CreateServicePerson", request, caller);
  }
  absl::StatusOr<v1::ServicePerson> GetPerson(const std::string& account, const identity::Caller& caller = kHubLeader) {
    v1::GetServicePersonRequest request;
    request.set_name("servicePersons/" + account);
    return Ask<v1::ServicePerson>("GetServicePerson", request, caller);
  }
  // With the area's etag of now, unless another is given.
  absl::StatusOr<v1::Desk> Staff(const std::string& desk, const std::string& account,
                                 const identity::Caller& caller = kHubLeader, const std::string& etag = "") {
    v1::StaffDeskRequest request;
    request.set_name(desk);
    request.set_service_person("servicePersons/" + account);
    request.set_etag(etag);
    if (etag.empty()) {
      const auto place = DeskOfName(desk);
      const auto area = place.ok() ? GetArea(place->area) : v1::ServiceArea();
      if (area.ok()) request.set_etag(area->etag());
    }
    request.set_request_id(NewKey());
    return Ask<v1::Desk>("StaffDesk", request, caller);
  }
  absl::StatusOr<v1::Desk> GetDesk(const std::string& desk, const identity::Caller& caller = kHubLeader) {
    v1::GetDeskRequest request;
    request.set_name(desk);
    return Ask<v1::Desk>("GetDesk", request, caller);
  }
  absl::StatusOr<v1::AssignEnterprisesResponse> Assign(const std::string& desk, const std::vector<std::string>& usccs,
                                                       bool move = false, const identity::Caller& caller = kHubLeader) {
    v1::AssignEnterprisesRequest request;
    request.set_name(desk);
    for (const std::string& uscc : usccs) request.add_enterprises("enterprises/" + uscc);
    request.set_move(move);
    request.set_request_id(NewKey());
    return Ask<v1::AssignEnterprisesResponse>("AssignEnterprises", request, caller);
  }
  absl::StatusOr<v1::DeactivateServicePersonResponse> Deactivate(const std::string& account,
                                                                 const std::string& successor = "",
                                                                 const identity::Caller& caller = kHubLeader) {
    v1::DeactivateServicePersonRequest request;
    request.set_name("servicePersons/" + account);
    if (!successor.empty()) request.set_successor("servicePersons/" + successor);
    const auto person = GetPerson(account);
    request.set_etag(person.ok() ? person->etag() : "1");
    request.set_request_id(NewKey());
    return Ask<v1::DeactivateServicePersonResponse>("DeactivateServicePerson", request, caller);
  }
  absl::StatusOr<v1::ServiceCard> Card(const std::string& uscc, const identity::Caller& caller) {
    v1::GetNamedPersonRequest request;
    request.set_name("enterprises/" + uscc);
    return Ask<v1::ServiceCard>("GetNamedPerson", request, caller);
  }
  absl::StatusOr<v1::ListUnassignedEnterprisesResponse> Unassigned(const std::string& district = "",
                                                                   const identity::Caller& caller = kHubLeader) {
    v1::ListUnassignedEnterprisesRequest request;
    request.set_district_code(district);
    request.set_with_total(true);
    return Ask<v1::ListUnassignedEnterprisesResponse>("ListUnassignedEnterprises", request, caller);
  }
  absl::StatusOr<v1::ListRefusedActsResponse> Refused(const identity::Caller& caller,
                                                      Reason reason = config::v1::REASON_UNSPECIFIED) {
    v1::ListRefusedActsRequest request;
    request.set_reason(reason);
    return Ask<v1::ListRefusedActsResponse>("ListRefusedActs", request, caller);
  }
  absl::StatusOr<v1::ImportEnterprisesResponse> Import(const std::string& job, int chunk, int chunks,
                                                       const std::vector<v1::ImportRow>& rows,
                                                       const std::string& digest = std::string(64, 'a'),
                                                       const std::string& key = "") {
    v1::ImportEnterprisesRequest request;
    request.set_request_id(key.empty() ? NewKey() : key);
    request.set_job(job);
    request.set_digest(digest);
    request.set_chunk(chunk);
    request.set_chunk_count(chunks);
    for (const v1::ImportRow& row : rows) *request.add_rows() = row;
    return CallOn<v1::ImportEnterprisesResponse>("EnterpriseImportService", "ImportEnterprises", request, kOperator);
  }
  absl::StatusOr<v1::ImportJob> Job(const std::string& job) {
    v1::GetImportJobRequest request;
    request.set_name("importJobs/" + job);
    return CallOn<v1::ImportJob>("EnterpriseImportService", "GetImportJob", request, kOperator);
  }
  // Row, field and reason of each fault.
  std::vector<std::string> ImportFaults(const std::string& job, int page_size = 100) {
    std::vector<std::string> faults;
    v1::ListImportFaultsRequest request;
    request.set_job("importJobs/" + job);
    request.set_page_size(page_size);
    do {
      const auto page = testing::Must(
          CallOn<v1::ListImportFaultsResponse>("EnterpriseImportService", "ListImportFaults", request, kOperator));
      for (const v1::RowFault& fault : page.faults()) {
        faults.push_back(absl::StrCat(fault.row(), " ", fault.field(), " ", ReasonName(fault.reason())));
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return faults;
  }
  absl::StatusOr<v1::Enterprise> Enterprise(const std::string& uscc, const identity::Caller& caller = kHubLeader) {
    v1::GetEnterpriseRequest request;
    request.set_name("enterprises/" + uscc);
    return Call<v1::Enterprise>("GetEnterprise", request, caller);
  }
  // So many subjects of the district, without a desk, from TestUscc(first) on.
  void Fill(int first, int count, const std::string& area = "") {
    const int chunks = (count + 89) / 90;
    for (int chunk = 0; chunk < chunks; ++chunk) {
      std::vector<v1::ImportRow> rows;
      for (int n = chunk * 90; n < std::min(count, (chunk + 1) * 90); ++n) {
        rows.push_back(ValidRow(n + 1, TestUscc(first + n)));
        rows.back().set_service_area(area);
      }
      const auto done = testing::Must(Import(absl::StrCat("fill-", first), chunk, chunks, rows));
      if (done.created() != static_cast<int>(rows.size())) throw std::runtime_error("rows of a fill");
    }
  }
};

}  // namespace jinqi::intake
