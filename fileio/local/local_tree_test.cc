#include "fileio/local/local_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace anneal {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class ListLocalTreeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_ + "/tree/b");
    std::ofstream(folder_ + "/tree/b/.f") << "1";
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    const auto entries = *ListLocalTree(folder_ + "/tree");
    for (const LocalTreeEntry& entry : entries) {
      names.push_back(entry.name + (entry.is_folder ? "/" : ""));
    }
    return names;
  }

  std::string folder_;
};

TEST_F(ListLocalTreeTest, FollowsLinks) {
  fs::create_directories(folder_ + "/other");
  std::ofstream(folder_ + "/other/g") << "2";
  fs::create_symlink(folder_ + "/other", folder_ + "/tree/c");
  fs::create_symlink(folder_ + "/other/g", folder_ + "/tree/d");

  EXPECT_THAT(Names(), UnorderedElementsAre("b/", "b/.f", "c/", "c/g", "d"));
}

TEST_F(ListLocalTreeTest, NamesALinkThatLeadsNowhere) {
  fs::create_symlink(folder_ + "/none", folder_ + "/tree/lost");
  const absl::Status status = ListLocalTree(folder_ + "/tree").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/tree/lost"));
}

TEST_F(ListLocalTreeTest, RefusesLinksInCircles) {
  fs::create_symlink(folder_ + "/tree", folder_ + "/tree/b/up");
  const absl::Status status = ListLocalTree(folder_ + "/tree").status();

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("b/up/b/up"));
}

TEST_F(ListLocalTreeTest, SaysThatTheFolderIsMissing) {
  EXPECT_TRUE(absl::IsNotFound(ListLocalTree(folder_ + "/none").status()));
}

}  // namespace
}  // namespace anneal
