#include "services/routing/directory.h"

#include "absl/status/status.h"

namespace jinqi::routing {
namespace {

constexpr std::string_view kExpandByLocation = "expand_by_location";

bool IsMode(std::string_view mode) {
  return mode == "direct" || mode == "participating" || mode == "liaison" || mode == kExpandByLocation ||
         mode == "expand_by_competence";
}

}  // namespace

bool IsDistrict(const v1::Undertaker& body) { return body.kind() == "district"; }

bool IsTownship(const v1::Undertaker& body) { return body.kind() == "township"; }

absl::StatusOr<Directory> Directory::Make(const v1::UndertakerDirectory& file) {
  Directory directory;
  directory.version_ = file.version();
  for (const v1::Undertaker& body : file.undertakers()) {
    if (body.code().empty() || body.display_name().empty()) {
      return absl::InvalidArgumentError("directory: a body without code or name");
    }
    if (!IsMode(body.receive_mode())) return absl::InvalidArgumentError("directory: receive_mode of " + body.code());
    if (!directory.bodies_.emplace(body.code(), body).second) {
      return absl::InvalidArgumentError("directory: " + body.code() + " stands there twice");
    }
    if (!IsDistrict(body)) continue;
    if (!directory.by_district_.emplace(body.district_code(), body.code()).second) {
      return absl::InvalidArgumentError("directory: district " + body.district_code() + " stands there twice");
    }
  }
  return directory;
}

const v1::Undertaker* Directory::Find(std::string_view code) const {
  const auto found = bodies_.find(code);
  return found == bodies_.end() ? nullptr : &found->second;
}

ReceiveMode Directory::ModeOf(std::string_view code) const {
  const v1::Undertaker* body = Find(code);
  if (body == nullptr) return ReceiveMode::kCollective;
  if (body->receive_mode() == "direct") return ReceiveMode::kDirect;
  if (body->receive_mode() == "participating") return ReceiveMode::kParticipating;
  return body->receive_mode() == "liaison" ? ReceiveMode::kLiaison : ReceiveMode::kCollective;
}

std::string Directory::BodyOfDistrict(std::string_view district_code) const {
  const auto found = by_district_.find(district_code);
  return found == by_district_.end() ? "" : found->second;
}

std::string Directory::Expand(std::string_view code, std::string_view district_code) const {
  const v1::Undertaker* body = Find(code);
  if (body == nullptr || body->receive_mode() != kExpandByLocation) return std::string(code);
  const std::string district = BodyOfDistrict(district_code);
  return district.empty() ? std::string(code) : district;
}

std::vector<Body> Directory::Bodies() const {
  std::vector<Body> bodies;
  bodies.reserve(bodies_.size());
  for (const auto& [code, body] : bodies_) {
    if (IsTownship(body)) continue;
    bodies.push_back({code, body.display_name(), body.receive_mode(), IsDistrict(body) ? body.district_code() : ""});
  }
  return bodies;
}

}  // namespace jinqi::routing
