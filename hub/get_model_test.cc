#include "hub/get_model.h"

#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "fileio/pth/pth.h"
#include "hub/get_config.h"
#include "strategy/module_state_dict.h"
#include "utils/value.h"

namespace anneal::hub {
namespace {

using ::testing::HasSubstr;

namespace fs = std::filesystem;

// An installed package "zoo" with a config and its weights.
class GetModelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string site = ::testing::TempDir() + "/site";
    setenv("ANNEAL_PACKAGE_PATH", site.c_str(), 1);
    mim_ = site + "/zoo/.mim";
    weights_ = ::testing::TempDir() + "/mlp.pth";
    Write("model-index.yml", "Import: [configs/net/metafile.yml]\n");
    Write("configs/net/metafile.yml",
          absl::StrCat("Models:\n- {Name: mlp, Config: configs/net/mlp.yaml, "
                       "Weights: 'file://",
                       weights_, "'}\n"));
    Write("configs/net/mlp.yaml",
          "model: {type: MLP, widths: [2, 3]}\n"
          "data_preprocessor: {type: BaseDataPreprocessor}\n");
    Write("configs/net/none.yaml", "vars: {a: 1}\n");
    Write("configs/net/unknown.yaml", "model: {type: NoSuchNet}\n");
  }

  void Write(const std::string& name, const std::string& text) const {
    const fs::path path = fs::path(mim_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path.string()) << text;
  }

  std::string mim_;
  std::string weights_;
};

TEST_F(GetModelTest, ConfigTellsItsWeights) {
  const auto plain = GetConfig("zoo::net/mlp.yaml");
  const auto pretrained = GetConfig("zoo::net/mlp.yaml", /*pretrained=*/true);

  ASSERT_TRUE(pretrained.ok()) << pretrained.status();
  EXPECT_EQ(plain->Find("model_path"), nullptr);
  EXPECT_EQ(*pretrained->Find("model_path")->get_if<std::string>(),
            "file://" + weights_);
}

TEST_F(GetModelTest, BuildsTheModelAndItsPreprocessor) {
  const auto model = GetModel("zoo::net/mlp.yaml");

  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->parameters().size(), 2);
  EXPECT_NE((*model)->data_preprocessor(), nullptr);
}

TEST_F(GetModelTest, LoadsTheWeights) {
  Dict weights;
  for (const auto& [name, value] : ModuleStateDict(**GetModel("zoo::net/mlp."
                                                              "yaml"))) {
    weights.Set(name, at::full(value.get_if<at::Tensor>()->sizes(), 7.0));
  }
  ASSERT_TRUE(SavePth(Dict{{"state_dict", weights}}, weights_).ok());

  const auto model = GetModel("zoo::net/mlp.yaml", /*pretrained=*/true);

  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_TRUE(BitIdentical(ModuleStateDict(**model), weights));
}

TEST_F(GetModelTest, WeightsOfAnotherModelAreRefused) {
  ASSERT_TRUE(SavePth(Dict{{"other", at::full({1}, 7.0)}}, weights_).ok());

  const absl::Status status = GetModel("zoo::net/mlp.yaml", true).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(weights_));
}

struct WrongCase {
  const char* name;
  const char* config;
  bool pretrained;
  absl::StatusCode code;
  const char* words;
};

class GetModelWrong : public GetModelTest,
                      public ::testing::WithParamInterface<WrongCase> {};

TEST_P(GetModelWrong, IsNamed) {
  const absl::Status status =
      GetModel(GetParam().config, GetParam().pretrained).status();

  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, GetModelWrong,
    ::testing::Values(
        WrongCase{"NoPackage", "nozoo::net/mlp.yaml", false,
                  absl::StatusCode::kNotFound, "nozoo"},
        WrongCase{"NoConfig", "zoo::net/absent.yaml", false,
                  absl::StatusCode::kNotFound, "absent.yaml"},
        WrongCase{"NoName", "mlp.yaml", false,
                  absl::StatusCode::kInvalidArgument, "PACKAGE::PATH"},
        WrongCase{"NoModel", "zoo::net/none.yaml", false,
                  absl::StatusCode::kInvalidArgument, "has no `model`"},
        WrongCase{"UnknownClass", "zoo::net/unknown.yaml", false,
                  absl::StatusCode::kInvalidArgument, "NoSuchNet"},
        WrongCase{"NoWeights", "zoo::net/none.yaml", true,
                  absl::StatusCode::kNotFound, "none.yaml"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal::hub
