#include "cli/completion.h"

#include <strings.h>

#include <algorithm>
#include <cctype>

namespace kautopsy {
namespace {

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

bool BeginsSo(const std::string& word, std::string_view begin) {
  return word.size() >= begin.size() && ::strncasecmp(word.data(), begin.data(), begin.size()) == 0;
}

using Lists = std::vector<const std::vector<std::string>*>;

// Which words may follow `before`, whose last character is not of the word.
Lists ListsAfter(const ShellWords& words, std::string_view before) {
  if (before.starts_with(".schema")) return {&words.relations};
  if (before.starts_with(".mode")) return {&words.formats};
  if (before.starts_with(".recipes")) return {&words.recipes};
  if (before.ends_with('.')) return {&words.columns};  // "e."
  return {&words.relations, &words.columns, &words.others};
}

}  // namespace

std::string Completions::Common() const {
  if (words.empty()) return "";
  std::size_t size = words.front().size();
  for (const std::string& word : words) {
    while (!BeginsSo(word, std::string_view(words.front()).substr(0, size))) --size;
  }
  return words.front().substr(typed, size - typed);
}

Completions Complete(const ShellWords& words, std::string_view line) {
  std::size_t begin = line.size();
  while (begin > 0 && IsWordCharacter(line[begin - 1])) --begin;
  const bool marked =
      begin > 0 && (line[begin - 1] == '@' || (line[begin - 1] == '.' && begin == 1));
  if (marked) --begin;
  const std::string_view word = line.substr(begin);
  Lists lists = ListsAfter(words, line.substr(0, begin));
  if (word.starts_with('@')) lists = {&words.recipes};
  if (word.starts_with('.')) lists = {&words.commands};
  Completions found;
  found.typed = word.size();
  for (const std::vector<std::string>* list : lists) {
    std::ranges::copy_if(*list, std::back_inserter(found.words),
                         [word](const std::string& other) { return BeginsSo(other, word); });
  }
  std::ranges::sort(found.words);
  found.words.erase(std::unique(found.words.begin(), found.words.end()), found.words.end());
  return found;
}

}  // namespace kautopsy
