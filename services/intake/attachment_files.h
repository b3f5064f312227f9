// The bytes of attachments: in chunks, each sealed under the file's own key, below the id of its record (INT-16). What
// is kept is bound to the hash in the record, so that nothing else can take its place.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/objects/objects.h"
#include "jinqi/intake/v1/attachment_records.pb.h"

namespace jinqi::intake {

// Thread-safe; blocks. UNAVAILABLE where the store is away.
class AttachmentFiles {
 public:
  explicit AttachmentFiles(std::unique_ptr<objects::Store> store) : store_(std::move(store)) {}

  // One chunk of an upload, in the place of an earlier one.
  absl::Status KeepUploaded(const v1::Attachment& attachment, const std::string& key, int number,
                            std::string_view data) const;
  // The whole upload. NOT_FOUND where a chunk is missing.
  absl::StatusOr<std::string> Uploaded(const v1::AttachmentRecord& record, const std::string& key) const;
  absl::Status RemoveUploaded(const v1::AttachmentRecord& record) const;

  // Keeps the file that has the SHA-256.
  absl::Status Keep(const v1::Attachment& attachment, const std::string& key, const std::string& sha256,
                    std::string_view bytes) const;
  // One chunk of it. DATA_LOSS where it is not of the file that the record names.
  absl::StatusOr<std::string> Chunk(const v1::Attachment& attachment, const std::string& key, int number) const;
  // All of it; DATA_LOSS unless it has the record's SHA-256.
  absl::StatusOr<std::string> Whole(const v1::Attachment& attachment, const std::string& key) const;

  // Everything, of an upload too.
  absl::Status RemoveAll(const v1::AttachmentRecord& record) const;

 private:
  const std::unique_ptr<objects::Store> store_;
};

}  // namespace jinqi::intake
