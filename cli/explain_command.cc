#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "cli/command.h"
#include "cli/messages.h"
#include "cli/pager.h"
#include "cli/terminal.h"
#include "reports/explain/explain.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kName = "explain";

// Longer input is no line or two of a report; it is cut.
constexpr std::size_t kMostInput = 65536;
// Page sizes that Linux has: 4 KiB to 256 KiB (arch/*/Kconfig, PAGE_SHIFT).
constexpr int64_t kSmallestPageKb = 4;
constexpr int64_t kLargestPageKb = 256;
constexpr int kNarrowest = 40;
constexpr int kWidest = 100;  // sentences are hard to read on wider lines

po::options_description Options() {
  po::options_description options;
  auto add = options.add_options();
  add("word", po::value<std::vector<std::string>>());
  add("kernel", po::value<std::string>()->value_name("RELEASE"),
      "as uname -r prints it; else all kernels are considered");
  add("page-size", po::value<int64_t>()->default_value(kSmallestPageKb)->value_name("KB"),
      "the page size: 4, 8, 16, 64");
  add("format", po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "text or json");
  AddPagerOption(options);
  return options;
}

std::string ReadStandardInput() {
  std::string text;
  for (char c = 0; text.size() < kMostInput && std::cin.get(c);) text += c;
  return text;
}

Result<ExplainRequest> ReadRequest(const po::variables_map& arguments) {
  ExplainRequest request;
  if (arguments.count("word") > 0) request.words = arguments["word"].as<std::vector<std::string>>();
  if (arguments.count("kernel") > 0) request.kernel_release = arguments["kernel"].as<std::string>();
  request.page_kb = arguments["page-size"].as<int64_t>();
  const bool power_of_two = (request.page_kb & (request.page_kb - 1)) == 0;
  if (request.page_kb < kSmallestPageKb || request.page_kb > kLargestPageKb || !power_of_two)
    return Fail("--page-size is a power of two from 4 to 256, in KiB");
  const auto dash = std::find(request.words.begin(), request.words.end(), "-");
  if (dash != request.words.end()) *dash = ReadStandardInput();
  return request;
}

int Run(const po::variables_map& arguments) {
  ReportOptions options;
  const std::optional<ReportFormat> format =
      ParseReportFormat(arguments["format"].as<std::string>());
  if (format != ReportFormat::kText && format != ReportFormat::kJson)
    return ComplainUsage(kName, "--format is text or json");
  options.format = *format;
  options.width = std::clamp(TerminalWidth(STDOUT_FILENO), kNarrowest, kWidest);
  options.colour = DecideColour("auto", STDOUT_FILENO).value_or(false);
  options.unicode = UnicodeLocale();
  const Result<ExplainRequest> request = ReadRequest(arguments);
  if (!request) return ComplainUsage(kName, request.error().message);
  const Result<Explanation> explanation = Explain(*request);
  if (!explanation) return ComplainUsage(kName, explanation.error().message);
  const Pager pager(WantsPager(arguments));
  PrintExplanation(*explanation, options, std::cout);
  return kExitOk;
}

}  // namespace

const Command kExplainCommand = {
    .name = kName,
    .summary = "what a mask, a line or a word of a report means",
    .synopsis = "kautopsy explain [WORD...]",
    .details =
        "Explains, without a log: gfp masks by kernel, orders, taint letters, pasted lines,\n"
        "and the words of memory reports. Without words it lists what it knows.\n"
        "\n"
        "  kautopsy explain gfp 0x20 --kernel 2.6.32\n"
        "  kautopsy explain order 4\n"
        "  kautopsy explain taint 'G W OE'\n"
        "  kautopsy explain CONSTRAINT_MEMCG\n"
        "  grep 'Normal free:' kern.log | kautopsy explain -\n",
    .options = Options,
    .positional = "word",
    .run = Run,
};

}  // namespace kautopsy
