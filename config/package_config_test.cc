#include "config/package_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace anneal::config {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// An installed package as OpenMMLab's wheels lay it out.
class Package : public ::testing::Test {
 protected:
  Package() {
    site_ = absl::StrCat(::testing::TempDir(), "/site-packages");
    fs::remove_all(site_);
    Write("model-index.yml", "Import: [configs/net/metafile.yml]\n");
    Write("configs/net/metafile.yml",
          "Models:\n"
          "- {Name: net_1x, Config: configs/net/net_1x.py, Weights: "
          "'https://x/1.pth'}\n"
          "- {Name: again, Config: configs/net/net_1x.py, Weights: other}\n"
          "- {Name: far, Config: projects/far/far.py}\n"
          "- {Name: none}\n");
    Write("configs/net/net_1x.py", "");
    Write("configs/_base_/runtime.py", "");
    Write("projects/far/far.py", "");
  }

  void Write(const std::string& name, const std::string& text) const {
    const fs::path path = fs::path(site_) / "mmdet" / ".mim" / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string Mim(const std::string& name) const {
    return absl::StrCat(site_, "/mmdet/.mim/", name);
  }
  std::vector<std::string> Folders() const { return {"/nowhere", site_}; }
  std::string Error(const std::string& name) const {
    return std::string(FindPackageConfig(name, Folders()).status().message());
  }

  std::string site_;
};

TEST_F(Package, ConfigsAreFoundBelowItsConfigs) {
  EXPECT_EQ(*FindPackageConfig("mmdet::net/net_1x.py", Folders()),
            Mim("configs/net/net_1x.py"));
  EXPECT_EQ(*FindPackageConfig("mmdet::_base_/runtime.py", Folders()),
            Mim("configs/_base_/runtime.py"));
}

TEST_F(Package, ConfigsElsewhereAreFoundByTheMetafiles) {
  EXPECT_EQ(*FindPackageConfig("mmdet::far/far.py", Folders()),
            Mim("projects/far/far.py"));
}

TEST_F(Package, NeedsNoMetafilesForItsConfigs) {
  fs::remove(Mim("model-index.yml"));

  EXPECT_TRUE(FindPackageConfig("mmdet::net/net_1x.py", Folders()).ok());
}

TEST_F(Package, WeightsAreTheFirstOfTheConfig) {
  EXPECT_EQ(*FindPackageWeights("mmdet::net/net_1x.py", Folders()),
            "https://x/1.pth");
}

TEST_F(Package, WithoutWeightsSaysSo) {
  for (const char* name : {"mmdet::far/far.py", "mmdet::net/net_2x.py"}) {
    const absl::StatusOr<std::string> weights =
        FindPackageWeights(name, Folders());

    EXPECT_EQ(weights.status().code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(weights.status().message()),
                HasSubstr("give no Weights for this config"));
  }
}

TEST_F(Package, MetafileThatCannotBeReadIsTold) {
  Write("configs/net/metafile.yml", "Models: [\n");

  const absl::StatusOr<std::string> weights =
      FindPackageWeights("mmdet::net/net_1x.py", Folders());

  EXPECT_EQ(weights.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(weights.status().message()),
              HasSubstr("metafile.yml:2:1: YAML syntax"));
}

TEST_F(Package, ThatIsNotThereNamesTheFolders) {
  EXPECT_EQ(FindPackageConfig("mmseg::a/b.py", Folders()).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(Error("mmseg::a/b.py"),
              HasSubstr(absl::StrCat("no package \"mmseg\" with configs "
                                     "(mmseg/.mim) is in /nowhere or ",
                                     site_, "; set ANNEAL_PACKAGE_PATH")));
  EXPECT_THAT(
      std::string(FindPackageConfig("mmseg::a/b.py", {}).status().message()),
      HasSubstr("is in any folder"));
}

TEST_F(Package, ConfigThatIsNotThereNamesTheNearest) {
  EXPECT_EQ(
      FindPackageConfig("mmdet::net/net_2x.py", Folders()).status().code(),
      absl::StatusCode::kNotFound);
  EXPECT_THAT(Error("mmdet::net/net_2x.py"),
              HasSubstr("did you mean \"net_1x.py\"?"));
}

TEST_F(Package, OtherNamesAreRefused) {
  for (const char* name :
       {"net/net_1x.py", "mmdet::", "::a/b.py", "mm det::a/b.py",
        "mmdet::a::b.py", "./mmdet::a/b.py"}) {
    EXPECT_EQ(FindPackageConfig(name, Folders()).status().code(),
              absl::StatusCode::kInvalidArgument)
        << name;
    EXPECT_THAT(Error(name), HasSubstr("write PACKAGE::PATH, as in mmdet::"));
  }
}

TEST(PackageFolders, AreThoseOfTheEnvironment) {
  setenv("ANNEAL_PACKAGE_PATH", "/a:/b/c:", 1);
  EXPECT_THAT(PackageFolders(), ElementsAre("/a", "/b/c"));

  unsetenv("ANNEAL_PACKAGE_PATH");
  EXPECT_THAT(PackageFolders(), IsEmpty());
}

TEST(IsPackageConfig, TellsAPackageFromAPath) {
  EXPECT_TRUE(IsPackageConfig("mmdet::a/b.py"));
  EXPECT_FALSE(IsPackageConfig("../a/b.py"));
  EXPECT_FALSE(IsPackageConfig("s3://bucket/a.py"));
  EXPECT_FALSE(IsPackageConfig("folder/a::b.py"));
}

}  // namespace
}  // namespace anneal::config
