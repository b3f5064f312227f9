// The kinds of the register: subjects, areas, persons, visits, imports.
#include <cstdint>

#include "jinqi/intake/v1/records.pb.h"
#include "jinqi/intake/v1/register_records.pb.h"
#include "services/intake/enterprise.h"
#include "services/intake/enterprise_import.h"
#include "services/intake/kind_parts.h"
#include "services/intake/kinds.h"
#include "services/intake/refused_act.h"
#include "services/intake/service_area.h"
#include "services/intake/service_person.h"
#include "services/intake/subject_inspection.h"
#include "services/intake/visit.h"

namespace jinqi::intake {
namespace {

using ledger::ColumnType;
using ledger::Kind;
using ledger::Value;

Kind Enterprises() {
  Kind kind = Plain(kEnterpriseKind);
  kind.columns = {{"district", ColumnType::kText},
                  {"area", ColumnType::kText},
                  {"slot", ColumnType::kInteger},
                  {"unassigned", ColumnType::kText}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<std::vector<Value>> {
    ASSIGN_OR_RETURN(const auto record, Parse<v1::EnterpriseRecord>(body));
    const v1::Enterprise& enterprise = record.enterprise();
    const bool assigned = !enterprise.service_area().empty();
    return std::vector<Value>{enterprise.district_code(), TextOrNull(enterprise.service_area()),
                              assigned ? Value(std::int64_t{enterprise.desk_slot()}) : Value(),
                              assigned ? Value() : Value(enterprise.district_code())};
  };
  return kind;
}

Kind ServiceAreas() {
  Kind kind = Plain(kServiceAreaKind);
  kind.columns = {{"district", ColumnType::kText}, {"vacant", ColumnType::kText}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<std::vector<Value>> {
    ASSIGN_OR_RETURN(const auto record, Parse<v1::ServiceAreaRecord>(body));
    const std::string& district = record.area().district_code();
    return std::vector<Value>{district, IsStaffed(record.area()) ? Value() : Value(district)};
  };
  return kind;
}

Kind ServicePersons() {
  Kind kind = Plain(kServicePersonKind);
  kind.person_digest = PersonDigest<v1::ServicePersonRecord>;
  return kind;
}

Kind Visits() {
  Kind kind = Plain(kVisitKind);
  kind.columns = {{"uscc", ColumnType::kText}, {"district", ColumnType::kText}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<std::vector<Value>> {
    ASSIGN_OR_RETURN(const auto record, Parse<v1::VisitRecord>(body));
    ASSIGN_OR_RETURN(std::string uscc, UsccOfName(record.visit().enterprise()));
    return std::vector<Value>{std::move(uscc), record.visit().district_code()};
  };
  kind.person_digest = PersonDigest<v1::VisitRecord>;
  return kind;
}

Kind RefusedActs() {
  Kind kind = Plain(kRefusedActKind);
  kind.columns = {{"reason", ColumnType::kInteger}};
  kind.extract = [](const std::string& body) -> absl::StatusOr<std::vector<Value>> {
    ASSIGN_OR_RETURN(const auto record, Parse<v1::RefusedActRecord>(body));
    return std::vector<Value>{std::int64_t{record.act().reason()}};
  };
  return kind;
}

}  // namespace

std::vector<Kind> RegisterKinds() {
  return {Enterprises(), ServiceAreas(),         ServicePersons(),      Visits(),
          RefusedActs(), Plain(kInspectionKind), Plain(kImportJobKind), Plain(kImportFaultKind)};
}

}  // namespace jinqi::intake
