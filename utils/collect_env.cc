#include "utils/collect_env.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dirent.h>
#include <sys/utsname.h>
#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "utils/cuda_toolkit.h"
#include "utils/version.h"

namespace anneal {
namespace {

constexpr char kUnknown[] = "unknown";
constexpr char kCpuInfo[] = "/proc/cpuinfo";
constexpr char kGpuFolder[] = "/proc/driver/nvidia/gpus";

// What follows `key` on each of its lines of a file like /proc/cpuinfo.
std::vector<std::string> LinesOf(const std::string& path,
                                 absl::string_view key) {
  std::vector<std::string> values;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(absl::ByAnyChar(":="), 1));
    if (absl::StripAsciiWhitespace(parts.first) != key) continue;
    absl::string_view value = absl::StripAsciiWhitespace(parts.second);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    values.emplace_back(value);
  }
  return values;
}

std::string LineOf(const std::string& path, absl::string_view key) {
  const std::vector<std::string> values = LinesOf(path, key);
  return values.empty() ? kUnknown : values[0];
}

// A virtual machine may not tell which threads share a core: each is one then.
int NumCores() {
  const std::vector<std::string> chips = LinesOf(kCpuInfo, "physical id");
  const std::vector<std::string> cores = LinesOf(kCpuInfo, "core id");
  if (cores.empty() || chips.size() != cores.size()) {
    return sysconf(_SC_NPROCESSORS_ONLN);
  }
  std::set<std::pair<std::string, std::string>> distinct;
  for (size_t i = 0; i < cores.size(); ++i) {
    distinct.emplace(chips[i], cores[i]);
  }
  return distinct.size();
}

std::string Compiler() {
#ifdef __clang__
  return __VERSION__;  // begins with Clang
#else
  return absl::StrCat("GCC ", __VERSION__);
#endif
}

// {"GPU 0,1", "NVIDIA H100"}, from the driver: the CUDA runtime is no part of a
// build for the CPU.
EnvironmentInfo Gpus() {
  std::vector<std::string> folders;
  if (DIR* folder = opendir(kGpuFolder)) {
    while (const dirent* entry = readdir(folder)) {
      if (entry->d_name[0] != '.') folders.push_back(entry->d_name);
    }
    closedir(folder);
  }
  std::sort(folders.begin(), folders.end());  // by PCI address
  std::map<std::string, std::vector<size_t>> by_model;
  for (size_t i = 0; i < folders.size(); ++i) {
    by_model[LineOf(absl::StrCat(kGpuFolder, "/", folders[i], "/information"),
                    "Model")]
        .push_back(i);
  }
  EnvironmentInfo gpus;
  for (const auto& [model, indices] : by_model) {
    gpus.emplace_back(absl::StrCat("GPU ", absl::StrJoin(indices, ",")), model);
  }
  return gpus;
}

// The line of LibTorch's report on threads that names OpenMP and its version.
std::string OpenMp() {
  const std::string report = at::get_parallel_info();
  for (absl::string_view line : absl::StrSplit(report, '\n')) {
    if (absl::StartsWith(line, "OpenMP")) {
      return std::string(absl::StripPrefix(line, "OpenMP "));
    }
  }
  return "none";
}

}  // namespace

EnvironmentInfo CollectEnv() {
  struct utsname system;
  uname(&system);
  const bool has_cuda =
      at::hasCUDA() && at::detail::getCUDAHooks().deviceCount() > 0;
  EnvironmentInfo info = {
      {"sys.platform", absl::AsciiStrToLower(system.sysname)},
      {"OS",
       absl::StrCat(LineOf("/etc/os-release", "PRETTY_NAME"), ", ",
                    system.sysname, " ", system.release, " ", system.machine)},
      {"CPU", LineOf(kCpuInfo, "model name")},
      {"CPU cores", absl::StrCat(NumCores())},
      {"CPU threads", absl::StrCat(sysconf(_SC_NPROCESSORS_ONLN))},
      {"Memory", LineOf("/proc/meminfo", "MemTotal")},
      {"CUDA available", has_cuda ? "True" : "False"},
  };
  if (has_cuda) {
    for (auto& gpu : Gpus()) info.push_back(std::move(gpu));
    const std::string cuda_home = CudaHome();
    if (!cuda_home.empty()) {
      info.emplace_back("CUDA_HOME", cuda_home);
      info.emplace_back("NVCC", NvccVersion(cuda_home));
    }
  }
  const EnvironmentInfo software = {
      {"Compiler", Compiler()},
      {"OpenMP", OpenMp()},
      {"Threads of an operator", absl::StrCat(at::get_num_threads())},
      {"LibTorch", TORCH_VERSION},
      {"LibTorch compiling details", at::show_config()},
      {"Anneal", kVersion},
  };
  info.insert(info.end(), software.begin(), software.end());
  return info;
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
