#include "parsers/stream/quotes.h"

#include "base/hash.h"
#include "base/text.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxRemembered = 4096;

uint64_t HashWithoutTotal(std::string_view text) {
  const std::string plain = CollapseBlanks(text.substr(0, text.find(" = ")));
  return QuickHash(plain);
}

}  // namespace

void Quotes::Remember(std::string_view text) {
  const uint64_t hash = HashWithoutTotal(text);
  if (!known_.insert(hash).second) return;
  order_.push_back(hash);
  if (order_.size() <= kMaxRemembered) return;
  known_.erase(order_.front());
  order_.pop_front();
}

bool Quotes::IsQuote(std::string_view text) const {
  return known_.contains(HashWithoutTotal(text));
}

}  // namespace kautopsy
