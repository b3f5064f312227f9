// Objects as files of a folder.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/objects/objects.h"

namespace jinqi::objects {

// A file each, in 256 folders by a hash of its name; readable by its owner only. The folder is made with the first
// object. Several processes may share it.
class DiskStore final : public Store {
 public:
  explicit DiskStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  absl::Status Put(const std::string& name, std::string_view bytes) override;
  absl::StatusOr<std::string> Get(const std::string& name) override;
  absl::Status Remove(const std::string& name) override;

  // Removes what writes left behind that were cut off before `age` ago; the number.
  absl::StatusOr<int> RemoveUnfinished(std::chrono::seconds age);

 private:
  std::filesystem::path FolderOf(const std::string& name) const;

  const std::filesystem::path folder_;
};

}  // namespace jinqi::objects
