// `--verify ANCHORS`: proves a service's database, beside the running service or without it (SEC-01).
#pragma once

#include <string>
#include <vector>

#include "common/ledger/types.h"
#include "jinqi/config/v1/service_config.pb.h"

namespace jinqi::rpc {

// Verifies every record, its history and the blocks, prints what was looked at and each finding, and keeps the writers'
// heads in the file `anchors`: they must still be there the next time, so that a cut-off tail shows. The exit status: 0
// when nothing was found, 1 when something was, 2 when it could not look.
int VerifyDatabase(const std::string& service, const config::v1::ServerConfig& config,
                   const std::vector<ledger::Kind>& kinds, const std::string& anchors);

}  // namespace jinqi::rpc
