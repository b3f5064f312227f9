#include "common/rpc/verify_command.h"

#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/config/config.h"
#include "common/crypto/vault.h"
#include "common/ledger/ledger.h"
#include "common/status/status.h"

namespace jinqi::rpc {
namespace {

constexpr int kFound = 1;
constexpr int kCouldNotLook = 2;
// Under which all services seal personal values.
constexpr char kAssociated[] = "person";

// A line per writer: writer, sequence, hash in hexadecimal.
std::vector<ledger::BlockRow> ReadAnchors(const std::string& path) {
  std::vector<ledger::BlockRow> anchors;
  std::ifstream file(path);
  std::string writer, hash;
  std::int64_t sequence = 0;
  while (file >> writer >> sequence >> hash) {
    ledger::BlockRow row;
    row.writer = writer;
    row.sequence = sequence;
    row.hash = absl::HexStringToBytes(hash);
    anchors.push_back(std::move(row));
  }
  return anchors;
}

absl::Status WriteAnchors(const std::string& path, const std::vector<ledger::BlockRow>& heads) {
  std::string text;
  for (const ledger::BlockRow& head : heads) {
    absl::StrAppend(&text, head.writer, " ", head.sequence, " ", absl::BytesToHexString(head.hash), "\n");
  }
  return config::WriteFileAtOnce(path, text);
}

absl::StatusOr<std::optional<crypto::Vault>> ReadVault(const config::v1::ServerConfig& config) {
  if (config.vault_key_file().empty()) return std::optional<crypto::Vault>();
  ASSIGN_OR_RETURN(const crypto::KeyRing ring, config::ReadKeyRing(config.vault_key_file()));
  ASSIGN_OR_RETURN(crypto::Vault vault, crypto::Vault::Make(ring));
  return std::optional<crypto::Vault>(std::move(vault));
}

absl::StatusOr<ledger::Verification> Look(const config::v1::ServerConfig& config,
                                          const std::vector<ledger::Kind>& kinds, const std::string& anchors) {
  ASSIGN_OR_RETURN(const std::optional<crypto::Vault> vault, ReadVault(config));
  return ledger::Verify(config.database(), kinds, ReadAnchors(anchors),
                        [&vault](const std::string& sealed) -> absl::StatusOr<std::string> {
                          if (!vault.has_value()) return absl::FailedPreconditionError("no vault_key_file");
                          return vault->Open(sealed, kAssociated);
                        });
}

}  // namespace

int VerifyDatabase(const std::string& service, const config::v1::ServerConfig& config,
                   const std::vector<ledger::Kind>& kinds, const std::string& anchors) {
  const auto verified = Look(config, kinds, anchors);
  if (!verified.ok()) {
    std::fprintf(stderr, "%s: %s\n", service.c_str(), std::string(verified.status().message()).c_str());
    return kCouldNotLook;
  }
  std::printf("%-22s %lld records, %lld history rows, %lld blocks, %lld erased: %s\n", service.c_str(),
              static_cast<long long>(verified->records), static_cast<long long>(verified->rows),
              static_cast<long long>(verified->blocks), static_cast<long long>(verified->erased),
              verified->findings.empty() ? "whole" : "NOT WHOLE");
  for (const ledger::Finding& finding : verified->findings) {
    std::printf("  %s %s\n", finding.what.c_str(), finding.where.c_str());
  }
  if (!verified->findings.empty()) return kFound;
  if (const absl::Status kept = WriteAnchors(anchors, verified->heads); !kept.ok()) {
    std::fprintf(stderr, "%s: %s\n", service.c_str(), std::string(kept.message()).c_str());
    return kCouldNotLook;
  }
  return 0;
}

}  // namespace jinqi::rpc
