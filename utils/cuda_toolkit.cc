#include "utils/cuda_toolkit.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "utils/command.h"

namespace anneal {

std::string CudaHome() {
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    const char* home = std::getenv(variable);
    if (home != nullptr && *home != '\0') return home;
  }
  const absl::StatusOr<std::string> nvcc = FindExecutable("nvcc");
  if (nvcc.ok()) {
    return std::filesystem::path(*nvcc).parent_path().parent_path().string();
  }
  constexpr char kUsual[] = "/usr/local/cuda";
  std::error_code error;
  return std::filesystem::exists(kUsual, error) ? kUsual : "";
}

std::string NvccVersion(const std::string& home) {
  const absl::StatusOr<std::string> output =
      CallCommand({absl::StrCat(home, "/bin/nvcc"), "-V"});
  // As mmengine cuts it: from the release to the build.
  const size_t begin =
      output.ok() ? output->rfind("Cuda compilation tools") : std::string::npos;
  if (begin == std::string::npos) return "Not Available";
  const size_t end = output->find("Build ", begin);
  return std::string(
      absl::StripAsciiWhitespace(output->substr(begin, end - begin)));
}

}  // namespace anneal
