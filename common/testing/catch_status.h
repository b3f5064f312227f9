// Statuses in Catch2 tests: what failed is printed with its text.
#pragma once

#include <stdexcept>
#include <utility>

#include <catch2/catch.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace jinqi::testing {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// The value; a status that is not OK ends the test.
template <typename T>
T Must(absl::StatusOr<T> result) {
  if (!result.ok()) throw std::runtime_error(result.status().ToString());
  return *std::move(result);
}

}  // namespace jinqi::testing

#define JINQI_STATUS_IS_OK_(assertion, expression)                                 \
  do {                                                                             \
    const auto& jinqi_result_ = (expression);                                      \
    const absl::Status jinqi_checked_ = ::jinqi::testing::StatusOf(jinqi_result_); \
    INFO(#expression << ": " << jinqi_checked_.ToString());                        \
    assertion(jinqi_checked_.ok());                                                \
  } while (false)

#define REQUIRE_OK(expression) JINQI_STATUS_IS_OK_(REQUIRE, expression)
#define CHECK_OK(expression) JINQI_STATUS_IS_OK_(CHECK, expression)
