#include "cli/line_editor.h"

#include <histedit.h>

#include <clocale>
#include <cstdio>
#include <utility>

namespace kautopsy {
namespace {

constexpr int kHistoryLines = 1000;
constexpr std::size_t kShownCompletions = 100;

}  // namespace

class LineEditor::Impl {
 public:
  Impl(std::string history_file, Completer completer)
      : history_file_(std::move(history_file)),
        completer_(std::move(completer)),
        editor_(StartEditor()),
        history_(history_init()) {
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryLines);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!history_file_.empty()) history(history_, &event, H_LOAD, history_file_.c_str());
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_HIST, history, history_);
    el_set(editor_, EL_PROMPT, Prompt);
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_ADDFN, "complete-word", "Complete the word", CompleteWord);
    el_set(editor_, EL_ADDFN, "cancel-line", "Forget the line", CancelLine);
    el_source(editor_, nullptr);
    el_set(editor_, EL_BIND, "^I", "complete-word", nullptr);
    el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    // Ctrl-C is a key while a line is edited, and a signal while a query runs.
    el_set(editor_, EL_SETTY, "-d", "-isig", nullptr);
    el_set(editor_, EL_BIND, "^C", "cancel-line", nullptr);
  }

  ~Impl() {
    HistEvent event;
    if (!history_file_.empty()) history(history_, &event, H_SAVE, history_file_.c_str());
    history_end(history_);
    el_end(editor_);
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Outcome Read(const std::string& prompt, std::string& line) {
    prompt_ = prompt;
    cancelled_ = false;
    int size = 0;
    // libedit shows the prompt first and makes Ctrl-C a key after it: one typed in between would
    // kill the program.
    el_set(editor_, EL_PREP_TERM, 1);
    const char* const text = el_gets(editor_, &size);
    if (cancelled_) return Outcome::kCancelled;
    if (!text || size <= 0) return Outcome::kEnd;
    line.assign(text, static_cast<std::size_t>(size));
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    HistEvent event;
    if (!line.empty()) history(history_, &event, H_ENTER, line.c_str());
    return Outcome::kLine;
  }

 private:
  static EditLine* StartEditor() {
    std::setlocale(LC_CTYPE, "");  // the terminal's encoding, which libedit asks for
    return el_init("kautopsy", stdin, stdout, stderr);
  }

  static Impl& Of(EditLine* editor) {
    void* self = nullptr;
    el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<Impl*>(self);
  }

  static char* Prompt(EditLine* editor) { return Of(editor).prompt_.data(); }

  static unsigned char CancelLine(EditLine* editor, int /*key*/) {
    Of(editor).cancelled_ = true;
    std::fputs("^C\n", stdout);
    return CC_NEWLINE;
  }

  static unsigned char CompleteWord(EditLine* editor, int /*key*/) {
    const LineInfo* const info = el_line(editor);
    const std::string_view before(info->buffer,
                                  static_cast<std::size_t>(info->cursor - info->buffer));
    const Completions found = Of(editor).completer_(before);
    if (found.words.empty()) return CC_ERROR;
    std::string rest = found.Common();
    if (found.words.size() == 1) rest += ' ';
    if (!rest.empty()) return el_insertstr(editor, rest.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    Show(found);
    return CC_REDISPLAY;
  }

  static void Show(const Completions& found) {
    std::fputs("\n", stdout);
    for (std::size_t i = 0; i < found.words.size() && i < kShownCompletions; ++i)
      std::fprintf(stdout, "%s  ", found.words[i].c_str());
    std::fputs(found.words.size() > kShownCompletions ? "...\n" : "\n", stdout);
  }

  std::string history_file_;
  Completer completer_;
  std::string prompt_;
  bool cancelled_ = false;
  EditLine* editor_;
  History* history_;
};

LineEditor::LineEditor(std::string history_file, Completer completer)
    : impl_(std::make_unique<Impl>(std::move(history_file), std::move(completer))) {}

LineEditor::~LineEditor() = default;

LineEditor::Outcome LineEditor::Read(const std::string& prompt, std::string& line) {
  return impl_->Read(prompt, line);
}

}  // namespace kautopsy
