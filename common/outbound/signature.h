// How two systems that share a secret know that a message is the other's (README.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/clock/clock.h"

namespace jinqi::outbound {

inline constexpr char kKeyHeader[] = "Idempotency-Key";
inline constexpr char kTimestampHeader[] = "Jinqi-Timestamp";
inline constexpr char kSignatureHeader[] = "Jinqi-Signature";

// How far a signed timestamp may be from the receiver's time.
inline constexpr clock::Micros kTolerance = 5 * clock::kMinute;

// `v1=` and 64 lower-case hexadecimal digits: HMAC-SHA256 of `<timestamp>.<key>.<body>` under the secret. `timestamp`:
// seconds since 1970. `key`: the idempotency key; without a full stop.
std::string Sign(std::string_view secret, std::int64_t timestamp, std::string_view key, std::string_view body);

// Whether it is the signature of these, made at most kTolerance from `now`. Takes as long for a wrong one as for a
// right one. False without a secret.
bool Verify(std::string_view secret, std::int64_t timestamp, std::string_view key, std::string_view body,
            std::string_view signature, clock::Micros now);

}  // namespace jinqi::outbound
