// Demands in a book, for tests of the decisions on them.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "services/intake/test_book.h"

namespace jinqi::intake {

using Types = std::vector<std::string>;

inline constexpr char kUscc[] = "91120116MA051K2P9X";

// A create as the method makes it; `n` tells demands apart, the matter is that of subject and text.
inline CreateInput Create(int n, const std::function<void(v1::Demand&)>& change = {},
                          config::v1::Role role = config::v1::ROLE_SEAT) {
  v1::Demand demand = ValidDemand();
  if (role == config::v1::ROLE_ENTERPRISE) demand.set_channel(events::v1::CHANNEL_JINCHANFA);
  if (change) change(demand);
  CreateInput create;
  create.order_no = "TJ" + std::to_string(n);
  create.input =
      testing::Must(CheckDemand(demand, CallerWith(role, "owner", role == config::v1::ROLE_ENTERPRISE ? kUscc : ""),
                                role, TestReference(), TestTree()));
  create.hold = MustHold(create.input, role);
  create.sealed = {{create.order_no, "sealed", {"blind"}}, "digest-" + create.order_no};
  if (!create.input.subject_key.empty()) create.matter_id = create.input.subject_key + "|" + create.input.fingerprint;
  return create;
}

inline absl::Status Register(Book& book, const CreateInput& create) {
  return book.Run(DecideCreate(create, &TestReference()), NamesOf(create));
}

inline Book NewBook() {
  Book book;
  book.time = At("2026-02-17T03:12:00+08:00");
  return book;
}

inline v1::Demand AnswerOf(const Book& book) {
  v1::Demand demand;
  if (!demand.ParseFromString(book.answer)) throw std::logic_error("answer");
  return demand;
}

inline v1::DemandIntent IntentOf(const Book& book) {
  v1::DemandIntent intent;
  if (!intent.ParseFromString(book.answer)) throw std::logic_error("answer");
  return intent;
}

inline Actor Owner() { return {CallerWith(config::v1::ROLE_ENTERPRISE, "owner", kUscc), config::v1::ROLE_ENTERPRISE}; }
inline Actor Seat() { return {CallerWith(config::v1::ROLE_SEAT, "seat-1"), config::v1::ROLE_SEAT}; }

inline NewSupplement Fact(const std::string& id, const std::string& text) {
  return {id, "owner", {{id, "sealed", {}}, "digest"}, text};
}

inline Book Held() {
  Book book = NewBook();
  CreateInput create = Create(1, {}, config::v1::ROLE_SEAT);
  create.hold = true;
  create.level = v1::HOLDING_LEVEL_TOWNSHIP;
  create.input.requester = "owner";
  create.input.registered_by = "staff-1";
  if (!Register(book, create).ok()) throw std::logic_error("held");
  return book;
}

inline Book WithRouting(events::v1::OrderState state = events::v1::ORDER_STATE_HANDLING, bool confidential = false) {
  Book book = NewBook();
  CreateInput create = Create(
      1, [confidential](v1::Demand& demand) { demand.set_confidential(confidential); }, config::v1::ROLE_ENTERPRISE);
  if (!Register(book, create).ok()) throw std::logic_error("with routing");
  book.SetState("TJ1", state);
  return book;
}

}  // namespace jinqi::intake
