#include "utils/cuda_toolkit.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace anneal {
namespace {

// A toolkit whose nvcc is a script.
std::string MakeToolkit(const std::string& name, const std::string& script) {
  const std::string home = ::testing::TempDir() + "/" + name;
  std::filesystem::create_directories(home + "/bin");
  std::ofstream(home + "/bin/nvcc") << "#!/bin/sh\n" << script;
  chmod((home + "/bin/nvcc").c_str(), 0755);
  return home;
}

TEST(CudaToolkit, VersionIsMmenginesPartOfNvccsWords) {
  const std::string home = MakeToolkit("whole", R"(cat <<END
nvcc: NVIDIA (R) Cuda compiler driver
Built on Wed_Aug_20_01:58:59_PM_PDT_2025
Cuda compilation tools, release 13.0, V13.0.88
Build cuda_13.0.r13.0/compiler.36424714_0
END
)");

  EXPECT_EQ(NvccVersion(home),
            "Cuda compilation tools, release 13.0, V13.0.88");
}

TEST(CudaToolkit, BrokenAndMissingNvccAreNotAvailable) {
  EXPECT_EQ(NvccVersion(MakeToolkit("broken", "exit 1")), "Not Available");
  EXPECT_EQ(NvccVersion(MakeToolkit("mute", "true")), "Not Available");
  EXPECT_EQ(NvccVersion("/nowhere"), "Not Available");
}

TEST(CudaToolkit, VariablesGoBeforeThePath) {
  const std::string home = MakeToolkit("on_path", "true");
  setenv("PATH", (home + "/bin:/usr/bin:/bin").c_str(), 1);
  unsetenv("CUDA_HOME");
  unsetenv("CUDA_PATH");
  EXPECT_EQ(CudaHome(), home);
  setenv("CUDA_PATH", "/by/path", 1);
  EXPECT_EQ(CudaHome(), "/by/path");
  setenv("CUDA_HOME", "/by/home", 1);

  EXPECT_EQ(CudaHome(), "/by/home");
}

}  // namespace
}  // namespace anneal
