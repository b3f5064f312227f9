#include "services/intake/attachment_files.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/crypto/sha256.h"
#include "common/crypto/vault.h"
#include "common/status/status.h"
#include "services/intake/attachment.h"

namespace jinqi::intake {
namespace {

constexpr char kKeyId[] = "file";

// What stands behind the id in the name of an object.
std::string UploadedName(const std::string& id, int number) { return absl::StrCat(id, ".u", number); }
std::string KeptName(const std::string& id, int number) { return absl::StrCat(id, ".k", number); }

// What a kept chunk is bound to: another file's, another place's, or one of another content does not open here.
std::string Bound(const std::string& name, const std::string& sha256) { return absl::StrCat(name, " ", sha256); }

// Each file has a key of its own, which goes with its person row.
absl::StatusOr<crypto::Vault> VaultOf(const std::string& key) { return crypto::Vault::Make({{{kKeyId, key}}, kKeyId}); }

absl::StatusOr<std::string> IdOf(const v1::Attachment& attachment) { return AttachmentOfName(attachment.name()); }

// As many as an upload has; what is kept of it is never larger.
int UploadChunks(const v1::AttachmentRecord& record) {
  return ChunkCount(record.upload_bytes(), record.attachment().chunk_bytes());
}

}  // namespace

absl::Status AttachmentFiles::KeepUploaded(const v1::Attachment& attachment, const std::string& key, int number,
                                           std::string_view data) const {
  ASSIGN_OR_RETURN(const std::string id, IdOf(attachment));
  ASSIGN_OR_RETURN(const crypto::Vault vault, VaultOf(key));
  const std::string name = UploadedName(id, number);
  return store_->Put(name, vault.Seal(data, name));
}

absl::StatusOr<std::string> AttachmentFiles::Uploaded(const v1::AttachmentRecord& record,
                                                      const std::string& key) const {
  ASSIGN_OR_RETURN(const std::string id, IdOf(record.attachment()));
  ASSIGN_OR_RETURN(const crypto::Vault vault, VaultOf(key));
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(record.upload_bytes()));
  for (int number = 0; number < UploadChunks(record); ++number) {
    const std::string name = UploadedName(id, number);
    ASSIGN_OR_RETURN(const std::string sealed, store_->Get(name));
    ASSIGN_OR_RETURN(const std::string chunk, vault.Open(sealed, name));
    bytes += chunk;
  }
  return bytes;
}

absl::Status AttachmentFiles::RemoveUploaded(const v1::AttachmentRecord& record) const {
  ASSIGN_OR_RETURN(const std::string id, IdOf(record.attachment()));
  for (int number = 0; number < UploadChunks(record); ++number) {
    RETURN_IF_ERROR(store_->Remove(UploadedName(id, number)));
  }
  return absl::OkStatus();
}

absl::Status AttachmentFiles::Keep(const v1::Attachment& attachment, const std::string& key, const std::string& sha256,
                                   std::string_view bytes) const {
  ASSIGN_OR_RETURN(const std::string id, IdOf(attachment));
  ASSIGN_OR_RETURN(const crypto::Vault vault, VaultOf(key));
  const auto size = static_cast<std::size_t>(attachment.chunk_bytes());
  int number = 0;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const std::string name = KeptName(id, number++);
    RETURN_IF_ERROR(store_->Put(name, vault.Seal(bytes.substr(at, size), Bound(name, sha256))));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> AttachmentFiles::Chunk(const v1::Attachment& attachment, const std::string& key,
                                                   int number) const {
  ASSIGN_OR_RETURN(const std::string id, IdOf(attachment));
  ASSIGN_OR_RETURN(const crypto::Vault vault, VaultOf(key));
  const std::string name = KeptName(id, number);
  ASSIGN_OR_RETURN(const std::string sealed, store_->Get(name));
  return vault.Open(sealed, Bound(name, attachment.sha256()));
}

absl::StatusOr<std::string> AttachmentFiles::Whole(const v1::Attachment& attachment, const std::string& key) const {
  std::string bytes;
  bytes.reserve(static_cast<std::size_t>(attachment.size_bytes()));
  for (int number = 0; number < attachment.chunk_count(); ++number) {
    ASSIGN_OR_RETURN(const std::string chunk, Chunk(attachment, key, number));
    bytes += chunk;
  }
  if (crypto::Sha256Hex(bytes) != attachment.sha256()) return absl::DataLossError("bytes of an attachment");
  return bytes;
}

absl::Status AttachmentFiles::RemoveAll(const v1::AttachmentRecord& record) const {
  RETURN_IF_ERROR(RemoveUploaded(record));
  ASSIGN_OR_RETURN(const std::string id, IdOf(record.attachment()));
  for (int number = 0; number < UploadChunks(record); ++number) {
    RETURN_IF_ERROR(store_->Remove(KeptName(id, number)));
  }
  return absl::OkStatus();
}

}  // namespace jinqi::intake
