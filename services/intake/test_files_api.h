// Drafts and attachments through intake's API, for tests.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "common/ledger/sweeper.h"
#include "common/media/test_files.h"
#include "jinqi/intake/v1/attachment_service.pb.h"
#include "services/intake/attachment_parent.h"
#include "services/intake/attachment_timers.h"
#include "services/intake/intake_timers.h"
#include "services/intake/test_api.h"

namespace jinqi::intake {

// Chunks are small, so that small files have several.
inline constexpr int kChunk = 1024;

class FilesApi : public Api {
 public:
  explicit FilesApi(bool postgres, const std::function<void(config::v1::IntakeConfig&)>& change = {})
      : Api(postgres, [&change](config::v1::IntakeConfig& config) {
          config.set_attachment_chunk_bytes(kChunk);
          if (change) change(config);
        }) {}

  template <typename Resp>
  absl::StatusOr<Resp> Ask(const std::string& method, const google::protobuf::Message& request,
                           const identity::Caller& caller) {
    return CallOn<Resp>("AttachmentService", method, request, caller);
  }

  // The name of a new draft.
  std::string Draft(const identity::Caller& caller, const v1::Demand& demand = Online()) {
    v1::CreateDraftRequest request;
    *request.mutable_draft()->mutable_demand() = demand;
    request.set_request_id(NewKey());
    return testing::Must(Ask<v1::Draft>("CreateDraft", request, caller)).name();
  }
  absl::StatusOr<v1::Draft> GetDraft(const std::string& name, const identity::Caller& caller) {
    v1::GetDraftRequest request;
    request.set_name(name);
    return Ask<v1::Draft>("GetDraft", request, caller);
  }
  absl::StatusOr<v1::Demand> SubmitDraft(const std::string& name, const identity::Caller& caller,
                                         const std::string& key = "", bool hold = false) {
    v1::SubmitDraftRequest request;
    request.set_name(name);
    request.set_hold_for_answer(hold);
    request.set_request_id(key.empty() ? NewKey() : key);
    return Ask<v1::Demand>("SubmitDraft", request, caller);
  }

  absl::StatusOr<v1::Attachment> Begin(const std::string& parent, const std::string& file_name, std::int64_t size,
                                       const identity::Caller& caller) {
    v1::CreateAttachmentRequest request;
    request.mutable_attachment()->set_parent(parent);
    request.mutable_attachment()->set_file_name(file_name);
    request.mutable_attachment()->set_size_bytes(size);
    request.set_request_id(NewKey());
    return Ask<v1::Attachment>("CreateAttachment", request, caller);
  }
  absl::Status Upload(const std::string& name, int number, const std::string& data, const identity::Caller& caller) {
    v1::UploadChunkRequest request;
    request.set_name(name);
    request.set_number(number);
    request.set_data(data);
    return Ask<v1::UploadChunkResponse>("UploadChunk", request, caller).status();
  }
  absl::Status UploadAll(const v1::Attachment& attachment, const std::string& bytes, const identity::Caller& caller) {
    const auto size = static_cast<std::size_t>(attachment.chunk_bytes());
    for (int number = 0; number < attachment.chunk_count(); ++number) {
      const std::string chunk = bytes.substr(static_cast<std::size_t>(number) * size, size);
      if (absl::Status status = Upload(attachment.name(), number, chunk, caller); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<v1::Attachment> Finish(const std::string& name, const identity::Caller& caller,
                                        const std::string& key = "") {
    v1::FinishAttachmentRequest request;
    request.set_name(name);
    request.set_request_id(key.empty() ? NewKey() : key);
    return Ask<v1::Attachment>("FinishAttachment", request, caller);
  }
  // All of it.
  absl::StatusOr<v1::Attachment> Send(const std::string& parent, const std::string& file_name, const std::string& bytes,
                                      const identity::Caller& caller) {
    const auto begun = Begin(parent, file_name, static_cast<std::int64_t>(bytes.size()), caller);
    if (!begun.ok()) return begun;
    if (absl::Status status = UploadAll(*begun, bytes, caller); !status.ok()) return status;
    return Finish(begun->name(), caller);
  }
  absl::StatusOr<v1::Attachment> Delete(const std::string& name, const identity::Caller& caller) {
    v1::DeleteAttachmentRequest request;
    request.set_name(name);
    request.set_request_id(NewKey());
    return Ask<v1::Attachment>("DeleteAttachment", request, caller);
  }
  absl::StatusOr<v1::Attachment> GetAttachment(const std::string& name, const identity::Caller& caller) {
    v1::GetAttachmentRequest request;
    request.set_name(name);
    return Ask<v1::Attachment>("GetAttachment", request, caller);
  }
  absl::StatusOr<v1::ListAttachmentsResponse> ListOf(const std::string& parent, const identity::Caller& caller) {
    v1::ListAttachmentsRequest request;
    request.set_parent(parent);
    return Ask<v1::ListAttachmentsResponse>("ListAttachments", request, caller);
  }
  absl::StatusOr<std::string> Chunk(const std::string& name, int number, const identity::Caller& caller) {
    v1::DownloadChunkRequest request;
    request.set_name(name);
    request.set_number(number);
    const auto chunk = Ask<v1::DownloadChunkResponse>("DownloadChunk", request, caller);
    if (!chunk.ok()) return chunk.status();
    return chunk->data();
  }
  absl::StatusOr<std::string> Download(const v1::Attachment& attachment, const identity::Caller& caller) {
    std::string bytes;
    for (int number = 0; number == 0 || number < attachment.chunk_count(); ++number) {
      const auto chunk = Chunk(attachment.name(), number, caller);
      if (!chunk.ok()) return chunk;
      bytes += *chunk;
    }
    return bytes;
  }

  // Fires what is due; what was refused before is tried again.
  void Sweep() {
    ledger::Sweeper::Options options;
    options.holder = "test";
    ledger::Sweeper sweeper(
        &ledger(), &clock, {std::string(kDemandKind), std::string(kAttachmentKind), std::string(kDraftKind)},
        [this](const ledger::Firing& firing, const ledger::Record& record) {
          return firing.key.kind == kDemandKind ? OnTimer(firing, record) : OnAttachmentTimer(*intake, firing, record);
        },
        std::move(options));
    (void)testing::Must(sweeper.Sweep());
  }

  // What lies in the store's folder.
  std::vector<std::filesystem::path> Stored() const {
    std::vector<std::filesystem::path> files;
    const std::filesystem::path folder = intake->config.attachment_folder();
    if (!std::filesystem::exists(folder)) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
  }

  std::vector<std::string> TypesOf(const ledger::Key& key) {
    std::vector<std::string> types;
    for (const auto& row : testing::Must(ledger().reader().History("tianjin", key))) types.push_back(row.type);
    return types;
  }
  void CheckWhole(std::int64_t erased) {
    const auto verified = ledger::Verify(
        database(), Kinds(), {}, [this](const std::string& sealed) { return intake->privacy.OpenBytes(sealed); });
    REQUIRE_OK(verified);
    CHECK(verified->findings.empty());
    CHECK(verified->erased == erased);
  }
};

// A PDF of so many bytes.
inline std::string PdfOf(std::size_t size) {
  const std::string pdf = media::TestPdf();
  return pdf.substr(0, 9) + std::string(size - pdf.size(), '%') + pdf.substr(9);
}

// More than one chunk, with the place where it was made.
inline std::string LargeJpeg() {
  const std::string jpeg = media::TestJpeg();
  return jpeg.substr(0, 2) + media::JpegSegment('\xDB', std::string(3000, '\1')) + jpeg.substr(2);
}

}  // namespace jinqi::intake
