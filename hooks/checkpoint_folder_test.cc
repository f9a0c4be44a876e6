#include "hooks/checkpoint_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace anneal {
namespace {

std::string Folder(const std::string& out_dir, const std::string& work_dir) {
  CheckpointHookConfig config;
  config.set_out_dir(out_dir);
  return CheckpointFolder(config, work_dir);
}

TEST(CheckpointFolder, IsTheWorkDirectoryByDefault) {
  EXPECT_EQ(CheckpointFolder(CheckpointHookConfig(), "/work/a"), "/work/a");
}

TEST(CheckpointFolder, HasTheWorkDirectorysNameInOutDir) {
  EXPECT_EQ(Folder("/out", "/work/a"), "/out/a");
  EXPECT_EQ(Folder("/out/", "/work/a/"), "/out/a");
  EXPECT_EQ(Folder("s3://bucket", "/work/a"), "s3://bucket/a");
}

TEST(CheckpointFolder, TakesATildeForTheUsersHome) {
  setenv("HOME", "/home/me", 1);

  EXPECT_EQ(Folder("~/out", "/work/a"), "/home/me/out/a");
}

TEST(CheckpointFolder, IsTheWorkDirectoryWhereOutDirNamesIt) {
  EXPECT_EQ(Folder("/work/a", "/work/a"), "/work/a");
}

}  // namespace
}  // namespace anneal
