// Who acts, as a decision needs to know it.
#pragma once

#include <string>

#include "jinqi/config/v1/options.pb.h"

namespace jinqi::routing {

struct Actor {
  // For the history: account, body and role; never a person's name.
  std::string text;
  std::string account;
  // Code of the body or hub; empty for enterprises.
  std::string body;
  // Six digits; empty: the whole city.
  std::string district;
  // The enterprise it acts for.
  std::string uscc;
  config::v1::Role role = config::v1::ROLE_UNSPECIFIED;
};

// The platform itself: messages, timers, campaigns.
inline Actor SystemActor(std::string text) {
  Actor actor;
  actor.text = std::move(text);
  actor.role = config::v1::ROLE_SERVICE;
  return actor;
}

}  // namespace jinqi::routing
