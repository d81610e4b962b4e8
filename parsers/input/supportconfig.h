#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/input/collection_file.h"
#include "parsers/input/host_file.h"
#include "parsers/input/line_cutter.h"
#include "parsers/input/zone_file.h"

namespace kautopsy {

// Reads what a file of SUSE's supportconfig tells of the machine while the file passes by. Such a
// file has a section for each command or file, of which some are long:
//   #==[ Command ]======================================#
//   # /usr/bin/uname -a
//   Linux db7 5.14.21-150500.53-default #1 SMP ... x86_64 GNU/Linux
// (supportconfig.rc, _log_cmd() and conf_files()).
class SupportconfigReader {
 public:
  // Null if a file of that name tells nothing: the folder is the machine's tree.
  static std::unique_ptr<SupportconfigReader> For(std::string_view path);

  // The next bytes of the file. Memory does not grow with them.
  void Take(std::string_view bytes);
  // At the file's end, before the answers are asked for.
  void Finish();
  const std::optional<HostTree>& host() const { return host_; }
  const std::optional<TreeClock>& clock() const { return clock_; }
  const std::optional<TreeKernel>& kernel() const { return kernel_; }
  const std::optional<TreeMoment>& moment() const { return moment_; }

 private:
  explicit SupportconfigReader(std::string_view root);
  void TakeLine(std::string_view line);
  void BeginSection(std::string_view title);
  void EndSection();

  std::string root_;
  LineCutter lines_;
  bool at_title_ = false;  // the next line names the section
  std::string_view file_;  // of a tree, that the section would be; empty if none is asked for
  bool is_uname_ = false;  // the section's output is uname's
  std::string section_;    // its beginning
  std::optional<HostTree> host_;      // the first that is told
  std::optional<TreeClock> clock_;    // a named one before an offset
  std::optional<TreeKernel> kernel_;  // the first that is told
  std::optional<TreeMoment> moment_;  // likewise
};

}  // namespace kautopsy
