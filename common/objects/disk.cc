#include "common/objects/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crypto/sha256.h"
#include "common/crypto/sm3.h"
#include "common/status/status.h"

namespace jinqi::objects {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;
// Of a file that is being written: no name of an object begins so.
constexpr std::string_view kUnfinished = ".new-";

absl::Status Failed(const std::string& what, const fs::path& path) {
  return absl::UnavailableError(absl::StrCat(what, " ", path.string(), ": ", std::strerror(errno)));
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int value() const { return value_; }

 private:
  const int value_;
};

bool WriteAll(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// What a folder lists is durable only once the folder itself is.
absl::Status SyncFolder(const fs::path& folder) {
  const Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.value() < 0 || fsync(opened.value()) != 0) return Failed("cannot sync", folder);
  return absl::OkStatus();
}

absl::Status MakeFolder(const fs::path& folder) {
  if (mkdir(folder.c_str(), kFolderMode) == 0) return SyncFolder(folder.parent_path());
  return errno == EEXIST ? absl::OkStatus() : Failed("cannot make", folder);
}

}  // namespace

bool IsName(std::string_view name) {
  if (name.size() < 3 || name.size() > 200 || name.front() == '.') return false;
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return name.find_first_not_of(kAllowed) == std::string_view::npos;
}

fs::path DiskStore::FolderOf(const std::string& name) const {
  return folder_ / crypto::Hex(crypto::Sha256(name).substr(0, 1));
}

absl::Status DiskStore::Put(const std::string& name, std::string_view bytes) {
  if (!IsName(name)) return absl::InvalidArgumentError("name of an object");
  const fs::path folder = FolderOf(name);
  RETURN_IF_ERROR(MakeFolder(folder_));
  RETURN_IF_ERROR(MakeFolder(folder));
  std::string unfinished = folder / (std::string(kUnfinished) + "XXXXXX");
  const Descriptor file(mkostemp(unfinished.data(), O_CLOEXEC));
  if (file.value() < 0) return Failed("cannot write in", folder);
  const bool kept = fchmod(file.value(), kFileMode) == 0 && WriteAll(file.value(), bytes) && fsync(file.value()) == 0 &&
                    rename(unfinished.c_str(), (folder / name).c_str()) == 0;
  if (kept) return SyncFolder(folder);
  absl::Status status = Failed("cannot write", folder / name);
  unlink(unfinished.c_str());
  return status;
}

absl::StatusOr<std::string> DiskStore::Get(const std::string& name) {
  if (!IsName(name)) return absl::InvalidArgumentError("name of an object");
  const fs::path path = FolderOf(name) / name;
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.value() < 0) return errno == ENOENT ? absl::NotFoundError(name) : Failed("cannot read", path);
  struct stat state = {};
  if (fstat(file.value(), &state) != 0) return Failed("cannot read", path);
  std::string bytes(static_cast<std::size_t>(state.st_size), '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t size = read(file.value(), bytes.data() + got, bytes.size() - got);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return Failed("cannot read", path);
    got += static_cast<std::size_t>(size);
  }
  return bytes;
}

absl::Status DiskStore::Remove(const std::string& name) {
  if (!IsName(name)) return absl::InvalidArgumentError("name of an object");
  const fs::path folder = FolderOf(name);
  if (unlink((folder / name).c_str()) == 0) return SyncFolder(folder);
  return errno == ENOENT ? absl::OkStatus() : Failed("cannot remove", folder / name);
}

absl::StatusOr<int> DiskStore::RemoveUnfinished(std::chrono::seconds age) {
  std::error_code error;
  if (!fs::exists(folder_, error)) return 0;
  const auto before = fs::file_time_type::clock::now() - age;
  int removed = 0;
  fs::recursive_directory_iterator entry(folder_, error);
  for (const fs::recursive_directory_iterator end; !error && entry != end; entry.increment(error)) {
    if (!entry->path().filename().string().starts_with(kUnfinished)) continue;
    std::error_code gone;
    const auto written = entry->last_write_time(gone);
    if (!gone && written <= before && fs::remove(entry->path(), gone)) ++removed;
  }
  if (error) return absl::UnavailableError(absl::StrCat("cannot list ", folder_.string(), ": ", error.message()));
  return removed;
}

}  // namespace jinqi::objects
