#include "utils/collect_env.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <sys/utsname.h>
#include <torch/version.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace anneal {
namespace {

// What follows `key` on its line of a file like /proc/cpuinfo.
std::string LineOf(const char* path, const std::string& key) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (!absl::StartsWith(line, key)) continue;
    const size_t separator = line.find_first_of(":=");
    if (separator == std::string::npos) continue;
    std::string value = line.substr(separator + 1);
    absl::string_view view = value;
    while (absl::ConsumePrefix(&view, " ") ||
           absl::ConsumePrefix(&view, "\t")) {
    }
    absl::ConsumePrefix(&view, "\"");
    absl::ConsumeSuffix(&view, "\"");
    return std::string(view);
  }
  return "unknown";
}

std::string IndentedLines(const std::string& text) {
  std::istringstream stream(text);
  std::string line;
  std::string out;
  while (std::getline(stream, line)) absl::StrAppend(&out, "\n", line);
  return out;
}

}  // namespace

const char kVersion[] = "0.1.0";

EnvironmentInfo CollectEnv() {
  struct utsname system;
  uname(&system);
  return {
      {"sys.platform", "linux"},
      {"OS", absl::StrCat(LineOf("/etc/os-release", "PRETTY_NAME"), ", Linux ",
                          system.release, " ", system.machine)},
      {"CPU", LineOf("/proc/cpuinfo", "model name")},
      {"CPU cores", absl::StrCat(sysconf(_SC_NPROCESSORS_ONLN))},
      {"Memory", LineOf("/proc/meminfo", "MemTotal")},
      {"Compiler", absl::StrCat("GCC ", __VERSION__)},
      {"CUDA available", at::hasCUDA() ? "True" : "False"},
      {"Threads of an operator", absl::StrCat(at::get_num_threads())},
      {"LibTorch", TORCH_VERSION},
      {"LibTorch compiling details", IndentedLines(at::show_config())},
      {"Anneal", kVersion},
  };
}

std::string EnvironmentBlock(const EnvironmentInfo& system,
                             const EnvironmentInfo& runtime) {
  const std::string dashes(60, '-');
  std::string block = absl::StrCat("\n", dashes, "\nSystem environment:");
  for (const auto& [key, value] : system) {
    absl::StrAppend(&block, "\n    ", key, ": ", value);
  }
  absl::StrAppend(&block, "\n\nRuntime environment:");
  for (const auto& [key, value] : runtime) {
    absl::StrAppend(&block, "\n    ", key, ": ", value);
  }
  return absl::StrCat(block, "\n", dashes, "\n");
}

}  // namespace anneal
