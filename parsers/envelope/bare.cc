#include "base/text.h"
#include "parsers/envelope/envelope.h"

namespace kautopsy {
namespace {

class Bare final : public Envelope {
 public:
  Classification Classify(std::string_view) const override { return {LineClass::kUnknown, 0}; }
  bool Parse(LogLine& line) const override {
    line.text = TrimBlanks(line.raw);
    return true;
  }
};

}  // namespace

const Envelope& BareEnvelope() {
  static const Bare kEnvelope;
  return kEnvelope;
}

}  // namespace kautopsy
