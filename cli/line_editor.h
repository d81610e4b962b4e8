#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/completion.h"

namespace kautopsy {

// Reads lines from a terminal, with editing, history and completion (libedit). ~/.editrc applies.
class LineEditor {
 public:
  enum class Outcome {
    kLine,       // `line` holds it, without its end
    kCancelled,  // Ctrl-C
    kEnd,        // Ctrl-D, or the terminal is gone
  };
  using Completer = std::function<Completions(std::string_view before_cursor)>;

  // The history is read from `history_file`, and kept there in the end; empty: it is not kept.
  LineEditor(std::string history_file, Completer completer);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  Outcome Read(const std::string& prompt, std::string& line);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kautopsy
