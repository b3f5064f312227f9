// Who may see an order, and how much of it (GWY-04, INT-15, INT-18).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jinqi/routing/v1/records.pb.h"
#include "services/routing/actor.h"

namespace jinqi::routing {

enum class Sight {
  // As if there were none.
  kNone,
  // The one who asked: progress and answer, no internal notes.
  kEnterprise,
  // A body that holds it, assists or was called, the hub of its district.
  kBody,
  // The city's hub.
  kHub,
};

Sight SightOf(const v1::WorkOrderRecord& record, const Actor& actor);

// Whether identities are kept from this actor: a confidential or anonymous order to all but the one who asked, and an
// order about a body's conduct to that body (RTE-12).
bool IsRedacted(const v1::WorkOrderRecord& record, const Actor& actor);

// The order as this actor sees it, without texts: name and etag filled in; `version` and `sent` of the record.
v1::WorkOrder Show(v1::WorkOrderRecord record, std::int64_t version, std::int64_t sent, const Actor& actor);

// A free text without what identifies: runs of seven or more digits (phones, ids), credit codes, addresses of mail, and
// the given names.
std::string Redact(std::string_view text, const std::vector<std::string>& names);

}  // namespace jinqi::routing
