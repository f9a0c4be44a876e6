#include "utils/cache_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace anneal {
namespace {

class CacheFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"ANNEAL_HOME", "TORCH_HOME", "XDG_CACHE_HOME"}) {
      unsetenv(name);
    }
    setenv("HOME", "/home/me", 1);
  }
};

TEST_F(CacheFolder, IsInTheHomeFolder) {
  EXPECT_EQ(AnnealHome(), "/home/me/.cache/anneal");
  EXPECT_EQ(TorchHubFolder(), "/home/me/.cache/torch/hub");
}

TEST_F(CacheFolder, FollowsTheDesktopsCache) {
  setenv("XDG_CACHE_HOME", "/big", 1);

  EXPECT_EQ(AnnealHome(), "/big/anneal");
  EXPECT_EQ(TorchHubFolder(), "/big/torch/hub");
}

TEST_F(CacheFolder, OwnVariablesGoFirst) {
  setenv("XDG_CACHE_HOME", "/big", 1);
  setenv("ANNEAL_HOME", "~/models", 1);
  setenv("TORCH_HOME", "/torch", 1);

  EXPECT_EQ(AnnealHome(), "/home/me/models");
  EXPECT_EQ(TorchHubFolder(), "/torch/hub");
}

TEST_F(CacheFolder, EmptyVariableIsNone) {
  setenv("ANNEAL_HOME", "", 1);
  setenv("XDG_CACHE_HOME", "", 1);

  EXPECT_EQ(AnnealHome(), "/home/me/.cache/anneal");
}

}  // namespace
}  // namespace anneal
