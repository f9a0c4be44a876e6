// From files to what --provenance shows.
#include "config/provenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "config/config_file.h"
#include "config/override.h"

namespace anneal::config {
namespace {

class Provenance : public ::testing::Test {
 protected:
  Provenance() {
    folder_ = absl::StrCat(
        ::testing::TempDir(), "/",
        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
    Write("root.yaml", "lr: 0.1\nmodel: {type: Net, sizes: [1, 2]}\n");
    Write("base.yaml", "_base_: root.yaml\nlr: 0.2\n");
  }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(absl::StrCat(folder_, "/", name)) << text;
  }
  // How `path` of config.yaml came about, after the overrides.
  std::string Of(const std::string& path,
                 const std::vector<std::string>& overrides = {}) const {
    absl::StatusOr<Node> node =
        LoadConfig(absl::StrCat(folder_, "/config.yaml"));
    EXPECT_TRUE(node.ok()) << node.status();
    if (!node.ok()) return "";
    for (const std::string& override : overrides) {
      EXPECT_TRUE(ApplyOverride(override, &*node).ok());
    }
    const Node* found = &*node;
    for (absl::string_view key : absl::StrSplit(path, '.')) {
      found = FindChild(*found, key);
      if (found == nullptr) return "nothing";
    }
    return absl::StrReplaceAll(found->place.Provenance(),
                               {{folder_ + "/", ""}});
  }

  std::string folder_;
};

TEST_F(Provenance, OfAnUntouchedValueIsItsPlace) {
  Write("config.yaml", "_base_: base.yaml\n");

  EXPECT_EQ(Of("model.type"), "root.yaml:2:15");
}

TEST_F(Provenance, GoesThroughAllBases) {
  Write("config.yaml", "_base_: base.yaml\nlr: 0.3\n");

  EXPECT_EQ(Of("lr"),
            "config.yaml:2:5, over 0.2 at base.yaml:2:5, over 0.1 at "
            "root.yaml:1:5");
}

TEST_F(Provenance, GoesThroughOverrides) {
  Write("config.yaml", "_base_: root.yaml\n");

  EXPECT_EQ(Of("lr", {"lr=0.5", "lr=0.6"}),
            "--cfg-options lr=0.6, over 0.5 at --cfg-options lr=0.5, over 0.1 "
            "at root.yaml:1:5");
  EXPECT_EQ(Of("new", {"new=1"}), "--cfg-options new=1");
}

TEST_F(Provenance, OfAListShowsWhatItWas) {
  Write("config.yaml", "_base_: root.yaml\nmodel: {sizes: [3]}\n");

  EXPECT_EQ(Of("model.sizes"),
            "config.yaml:2:16, over [1, 2] at root.yaml:2:27");
}

TEST_F(Provenance, OfADeletedDictStandsAtTheDict) {
  Write("config.yaml",
        "_base_: root.yaml\nmodel: {_delete_: true, type: Other}\n");

  EXPECT_EQ(Of("model"),
            "config.yaml:2:8, over {type: Net, sizes: [1, 2]} at "
            "root.yaml:2:8");
  EXPECT_EQ(Of("model", {"model._delete_=true"}),
            "--cfg-options model._delete_=true, over {type: Other} at "
            "config.yaml:2:8, over {type: Net, sizes: [1, 2]} at "
            "root.yaml:2:8");
}

TEST_F(Provenance, OfAReferenceIsTheValuesPlaceAndTheReferences) {
  Write("config.yaml",
        "_base_: root.yaml\ncopy: \"{{ _base_.lr }}\"\n"
        "text: \"lr {{ _base_.lr }}\"\n");

  EXPECT_EQ(Of("copy"), "root.yaml:1:5, by {{ _base_.lr }} at config.yaml:2:7");
  EXPECT_EQ(Of("text"),
            "config.yaml:3:7, with {{ _base_.lr }} from "
            "root.yaml:1:5");
}

TEST_F(Provenance, TellsAVariableFromItsDefault) {
  setenv("ANNEAL_TEST_SET", "7", 1);
  unsetenv("ANNEAL_TEST_UNSET");
  Write("config.yaml",
        "a: ${ANNEAL_TEST_SET:1}\nb: \"${ANNEAL_TEST_UNSET:1}\"\n"
        "c: \"x${ANNEAL_TEST_SET}\"\n");

  EXPECT_EQ(Of("a"), "$ANNEAL_TEST_SET at config.yaml:1:4");
  EXPECT_EQ(Of("b"), "default of $ANNEAL_TEST_UNSET at config.yaml:2:4");
  EXPECT_EQ(Of("c"),
            "config.yaml:3:4, with ${ANNEAL_TEST_SET} from $ANNEAL_TEST_SET at "
            "config.yaml:3:4");
}

TEST_F(Provenance, IsCutWhereItGrowsTooLong) {
  Write("config.yaml", "_base_: root.yaml\n");
  std::vector<std::string> overrides;
  for (int i = 0; i < 1000; ++i) overrides.push_back(absl::StrCat("lr=", i));

  EXPECT_LT(Of("lr", overrides).size(), 1100u);
}

TEST(PlaceProvenance, StaysOnOneLine) {
  Node node;
  ASSERT_FALSE(ApplyOverride("=", &node).ok());
  Node dict{Node::Map(), Place()};
  ASSERT_TRUE(ApplyOverride("a=x\ny", &dict).ok());

  EXPECT_EQ(dict.Find("a")->place.Provenance(), "--cfg-options a=x\\ny");
}

}  // namespace
}  // namespace anneal::config
