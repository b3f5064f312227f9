// Where large contents lie that are no records: a folder, or a store that speaks S3. It keeps bytes under a name and
// knows nothing of what they are; who puts them there seals them.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace jinqi::objects {

// Thread-safe. Every call may block. UNAVAILABLE where the store is away or takes nothing; its text is for the log.
class Store {
 public:
  virtual ~Store() = default;

  // Keeps the bytes under the name, in the place of what was there; durable, whole or not at all, when it returns.
  virtual absl::Status Put(const std::string& name, std::string_view bytes) = 0;
  // NOT_FOUND without it.
  virtual absl::StatusOr<std::string> Get(const std::string& name) = 0;
  // OK also where there is none.
  virtual absl::Status Remove(const std::string& name) = 0;
};

// Whether the name may be used: 3 to 200 letters, digits, `-`, `_` and `.`, not beginning with a dot. INVALID_ARGUMENT
// is what every call answers for another one.
bool IsName(std::string_view name);

}  // namespace jinqi::objects
