#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace kautopsy {

class Database;

// Replaces what names a machine, its users and its guests by pseudonyms, so that a report can be
// shown to strangers: hosts, guests, pods and containers that the store knows, wherever they stand;
// addresses, user names in paths, paths that are not the system's own, and random ids. The same
// store gives the same pseudonyms. What a log says in words of its own (a program's name, a
// customer's in a message) stays.
class Redactor {
 public:
  // With the names of `database`, numbered in the order in which they were first seen.
  static Result<std::shared_ptr<const Redactor>> Open(Database& database);
  // With the names of both, so that the same name has the same pseudonym in texts of either.
  static Result<std::shared_ptr<const Redactor>> Open(Database& one, Database& other);

  std::string Apply(std::string_view text) const;

 private:
  Status AddNamesOf(Database& database);
  void AddName(const std::string& name, const std::string& pseudonym);
  std::string ReplaceNames(std::string_view text) const;
  std::string ReplacePath(const std::string& path) const;
  std::string Pseudonym(std::string_view kind, std::string_view value) const;

  std::unordered_map<std::string, std::string> names_;  // in lower case
  std::unordered_map<std::string_view, int64_t> last_;  // number that a kind of name gave out
  std::size_t longest_ = 0;                             // bytes of the longest name
  std::string salt_;  // hashes of the sources: without the logs no table of pseudonyms can be made
};

}  // namespace kautopsy
