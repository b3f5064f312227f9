#include "services/gateway/lookup_limiter.h"

#include <algorithm>

namespace jinqi::gateway {

clock::Micros LookupLimiter::Wait(const std::string& address, clock::Micros now) const {
  absl::MutexLock lock(&mutex_);
  const auto found = by_address_.find(address);
  if (found == by_address_.end() || found->second->misses.size() < tries_) return 0;
  return std::max<clock::Micros>(found->second->misses.front() + window_ - now, 0);
}

void LookupLimiter::Missed(const std::string& address, clock::Micros now) {
  absl::MutexLock lock(&mutex_);
  const auto found = by_address_.find(address);
  if (found == by_address_.end()) {
    recent_.push_front({address, {}});
    by_address_[address] = recent_.begin();
  } else {
    recent_.splice(recent_.begin(), recent_, found->second);
  }
  auto& misses = recent_.front().misses;
  misses.push_back(now);
  if (misses.size() > tries_) misses.pop_front();
  if (recent_.size() > addresses_) {
    by_address_.erase(recent_.back().address);
    recent_.pop_back();
  }
}

}  // namespace jinqi::gateway
