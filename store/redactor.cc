#include "store/redactor.h"

#include <fmt/core.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/hash.h"
#include "base/row.h"
#include "store/database.h"

namespace kautopsy {
namespace {

// Each gives names in a stable order. Codes of the store are no names, even where a host is called
// so: reports are built on them.
struct NameQuery {
  std::string_view kind;
  const char* sql;
};
constexpr std::array<NameQuery, 4> kNameQueries = {
    {{"host",
      "SELECT host FROM (SELECT host, event_id AS first FROM event UNION ALL"
      " SELECT host, 9223372036854775807 FROM boot UNION ALL"
      " SELECT host, 9223372036854775807 FROM guest) WHERE host IS NOT NULL AND host NOT IN"
      " (SELECT kind FROM event UNION SELECT zone FROM zone) GROUP BY host ORDER BY min(first), "
      "host"},
     {"guest",
      "SELECT guest FROM (SELECT guest, event_id FROM oom_kill UNION ALL"
      " SELECT guest, event_id FROM task UNION ALL SELECT name, 9223372036854775807 FROM guest)"
      " WHERE guest IS NOT NULL GROUP BY guest ORDER BY min(event_id), guest"},
     {"workload",
      "SELECT workload FROM (SELECT workload, workload_kind, event_id FROM oom_report UNION ALL"
      " SELECT workload, workload_kind, event_id FROM oom_kill)"
      " WHERE workload_kind IN ('guest', 'pod', 'container')"
      " GROUP BY workload ORDER BY min(event_id), workload"},
     {"path",
      "SELECT p.path, s.content_hash FROM source_path AS p JOIN source AS s USING (source_id)"
      " ORDER BY p.source_id, p.rowid"}}};

// "\\x2d", with which a name of systemd's goes on.
bool EndsWithEscape(std::string_view text) {
  constexpr std::size_t kEscape = 4;
  return text.size() >= kEscape && text.substr(text.size() - kEscape).starts_with("\\x");
}

// Bytes of a domain that follows a host's short name: ".db.example.org".
std::size_t DomainAt(std::string_view text) {
  static const RE2 kDomain(R"(((?:\.[A-Za-z][\w-]*){2,}))");
  re2::StringPiece rest(text.data(), text.size());
  re2::StringPiece domain;
  return RE2::Consume(&rest, kDomain, &domain) ? domain.size() : 0;
}

bool IsNameByte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Numbers are figures, and one letter is a word of every line.
bool IsReplaceable(const std::string& name) {
  const bool digits = std::all_of(name.begin(), name.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
  return name.size() > 1 && !digits && name != "localhost";
}

std::string NameOf(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// Of logs everywhere, and of the parts that rotation makes of them.
bool IsUsualName(const std::string& path) {
  static const RE2 kUsual(
      R"((?:messages|syslog|kern\.log|kernlog|dmesg|boot\.log|debug|console(?:\.log)?|system\.journal|vmcore|-)(?:[-.]\d+)*(?:\.(?:gz|xz|bz2|zst|lz4|log|txt))*)");
  return RE2::FullMatch(NameOf(path), kUsual);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return lower;
}

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// What is found by its form. `group` 1 is what is replaced.
struct Form {
  std::string_view kind;
  const char* pattern;
};
constexpr std::array<Form, 6> kForms = {
    {{"mac", R"((?i)\b((?:[0-9a-f]{2}:){5,19}[0-9a-f]{2})\b)"},
     {"addr",
      R"((?i)\b((?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*::[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)\b)"},
     {"mail", R"(([\w.+-]+@[A-Za-z][\w-]*(?:\.[\w-]+)*))"},
     {"user", R"(/(?:home|Users|export/home)/([^/\s:,;"')]+))"},
     {"id",
      R"((?i)(?:\b|pod)([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32,64})\b)"},
     {"path", R"((?:^|[\s"'=(\[])(/[\w.@+\\-]+(?:/[\w.@+\\-]+)+))"}}};

// Files that every system has, whose names tell of its hardware and kernel alone.
bool IsSystemPath(std::string_view path) {
  static const RE2 kSystem(
      R"(/(?:proc|sys)(?:/.*)?|/dev/(?:(?:sd|hd|vd|xvd|nvme|dm-|md|loop|zram|mmcblk|sr|tty)\w*|null|zero|kmsg|shm|mapper)|/(?:usr|lib|lib64|bin|sbin|boot)(?:/[\w.+-]+){1,3}|/var/(?:log|crash)(?:/(?:messages|syslog|kern\.log|journal|libvirt|qemu))*\*?)");
  return RE2::FullMatch(re2::StringPiece(path.data(), path.size()), kSystem);
}

bool IsControlGroup(std::string_view path) {
  static const RE2 kGroup(
      R"(/(?:kubepods|docker|lxc|machine|init\.scope|[^/]+\.(?:slice|scope|service))(?:/.*)?)");
  return RE2::FullMatch(re2::StringPiece(path.data(), path.size()), kGroup);
}

// Parts of control groups' paths that every system has, or that were replaced already.
bool IsUsualGroup(std::string_view part) {
  static const RE2 kUsual(
      R"((?:system|user|machine|init|kubepods|docker|lxc|besteffort|burstable|guaranteed|libpod_parent|emulator|vcpu\d+)(?:-\w+)?|(?:system|user|machine|kubepods|kubepods-besteffort|kubepods-burstable|user-\d+)\.slice|init\.scope|user@\d+\.service|session-\w+\.scope|(?:nginx|httpd|apache2|sshd?|cron|crond|docker|containerd|kubelet|mysql|mysqld|mariadb|postgresql|systemd-\w+|rsyslog|libvirtd)\.service|(?:(?:docker|libpod|crio|cri-containerd|machine-qemu\\x2d\d+\\x2d|kubepods(?:-burstable|-besteffort)?-pod)-?)?(?:host|guest|workload|id)-[0-9a-f]+(?:\.(?:scope|slice|service|libvirt-qemu))?)");
  return RE2::FullMatch(re2::StringPiece(part.data(), part.size()), kUsual);
}

// Four numbers are an address unless they are a kernel's version, or part of a longer one.
std::string ReplaceIpv4(std::string_view text, const auto& pseudonym) {
  static const RE2 kAddress(
      R"(((?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})(?:[^\w.-]|\.?$|\.\s))");
  std::string result;
  std::string_view rest = text;
  re2::StringPiece address;
  while (RE2::PartialMatch(re2::StringPiece(rest.data(), rest.size()), kAddress, &address)) {
    const auto at = static_cast<std::size_t>(address.data() - rest.data());
    const char before = address.data() == text.data() ? ' ' : *(address.data() - 1);
    const bool alone = !IsNameByte(before) && before != '.' && before != '-';
    const std::string value(address);
    const bool version = value.starts_with("2.6.");
    result += rest.substr(0, at);
    result += alone && !version ? pseudonym("addr", value) : value;
    rest.remove_prefix(at + address.size());
  }
  return result.append(rest);
}

}  // namespace

Result<std::shared_ptr<const Redactor>> Redactor::Open(Database& database) {
  auto redactor = std::make_shared<Redactor>();
  if (Status added = redactor->AddNamesOf(database); !added) return tl::unexpected(added.error());
  return redactor;
}

Result<std::shared_ptr<const Redactor>> Redactor::Open(Database& one, Database& other) {
  auto redactor = std::make_shared<Redactor>();
  Status added = redactor->AddNamesOf(one);
  if (added) added = redactor->AddNamesOf(other);
  if (!added) return tl::unexpected(added.error());
  return redactor;
}

Status Redactor::AddNamesOf(Database& database) {
  for (const NameQuery& query : kNameQueries) {
    Result<Statement> names = database.Prepare(query.sql);
    if (!names) return tl::unexpected(names.error());
    Result<bool> row = names->Step();
    int64_t& last = last_[query.kind];
    for (; row && *row; row = names->Step()) {
      const std::string name = names->GetText(0).value_or("");
      if (query.kind == "path") {
        // Not told by any report, and no guess without the log itself.
        salt_ += names->GetText(1).value_or("");
        if (!IsUsualName(name) && !names_.contains(Lower(NameOf(name))))
          AddName(NameOf(name), fmt::format("log-{}", ++last_["log"]));
        if (FolderOf(name).empty() || names_.contains(FolderOf(name))) continue;
        AddName(FolderOf(name), fmt::format("folder-{}", ++last));
        continue;
      }
      if (names_.contains(name)) continue;
      const std::string pseudonym = fmt::format("{}-{}", query.kind, ++last);
      AddName(name, pseudonym);
      // Logs give the name now with its domain and now without.
      if (query.kind == "host" && name.find('.') != std::string::npos)
        AddName(name.substr(0, name.find('.')), pseudonym);
    }
    if (!row) return tl::unexpected(row.error());
  }
  return {};
}

void Redactor::AddName(const std::string& name, const std::string& pseudonym) {
  if (!IsReplaceable(name)) return;
  names_.emplace(Lower(name), pseudonym);
  // As systemd writes it in the names of units: systemd.unit(5), "string escaping".
  std::string escaped = Lower(name);
  RE2::GlobalReplace(&escaped, "-", R"(\\x2d)");
  names_.emplace(escaped, pseudonym);
  longest_ = std::max(longest_, escaped.size());
  longest_ = std::max(longest_, name.size());
}

// The longest name that begins at each word.
std::string Redactor::ReplaceNames(std::string_view text) const {
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    const bool begins = at == 0 || !IsNameByte(text[at - 1]) || !IsNameByte(text[at]) ||
                        EndsWithEscape(text.substr(0, at));
    std::size_t length = begins ? std::min(longest_, text.size() - at) : 0;
    for (; length > 0; --length) {
      const std::size_t end = at + length;
      const bool ends = end == text.size() || !IsNameByte(text[end]) || !IsNameByte(text[end - 1]);
      if (!ends) continue;
      const auto name = names_.find(Lower(text.substr(at, length)));
      if (name == names_.end()) continue;
      result += name->second;
      if (name->second.starts_with("host-")) length += DomainAt(text.substr(end));
      break;
    }
    if (length == 0) result += text[at++];
    at += length;
  }
  return result;
}

std::string Redactor::Pseudonym(std::string_view kind, std::string_view value) const {
  return fmt::format("{}-{:08x}", kind, QuickHash(salt_ + std::string(value)) & 0xffffffff);
}

// Of control groups the parts that are nobody's own stay, as a report tells by them what was hit.
std::string Redactor::ReplacePath(const std::string& path) const {
  if (IsSystemPath(path)) return path;
  if (!IsControlGroup(path)) return "/" + Pseudonym("path", path);
  std::string result;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string part = path.substr(at + 1, end - at - 1);
    const std::size_t dot = part.rfind('.');
    const std::string ending = dot == std::string::npos ? "" : part.substr(dot);
    result += "/" + (IsUsualGroup(part) ? part : Pseudonym("group", part) + ending);
    at = end;
  }
  return result;
}

std::string Redactor::Apply(std::string_view text) const {
  static const std::array<RE2, kForms.size()> kPatterns = {
      RE2(kForms[0].pattern), RE2(kForms[1].pattern), RE2(kForms[2].pattern),
      RE2(kForms[3].pattern), RE2(kForms[4].pattern), RE2(kForms[5].pattern)};
  std::string redacted = names_.empty() ? std::string(text) : ReplaceNames(text);
  const auto pseudonym = [this](std::string_view kind, std::string_view value) {
    return Pseudonym(kind, value);
  };
  redacted = ReplaceIpv4(redacted, pseudonym);
  for (std::size_t i = 0; i < kForms.size(); ++i) {
    std::string result;
    std::string_view rest = redacted;
    re2::StringPiece found;
    while (RE2::PartialMatch(re2::StringPiece(rest.data(), rest.size()), kPatterns[i], &found)) {
      const auto at = static_cast<std::size_t>(found.data() - rest.data());
      result += rest.substr(0, at);
      result += kForms[i].kind == "path" ? ReplacePath(std::string(found))
                                         : Pseudonym(kForms[i].kind, std::string(found));
      rest.remove_prefix(at + found.size());
    }
    redacted = result.append(rest);
  }
  return redacted;
}

}  // namespace kautopsy
