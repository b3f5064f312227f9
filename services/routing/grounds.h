// 依据: which rule gave each limit of an order and each of its bodies.
#pragma once

#include "jinqi/routing/v1/grounds_service.pb.h"
#include "services/routing/order_edit.h"

namespace jinqi::routing {

// `edit` is the order brought up to the calendar in force, `shown` is it as the caller may see it. Without the acts.
v1::WorkOrderGrounds GroundsOf(const OrderEdit& edit, const v1::WorkOrder& shown, const v1::StatutoryLimits& laws);

}  // namespace jinqi::routing
