#include "optim/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "optim/adam.pb.h"
#include "optim/muon.pb.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(OptionsOf, GivesFieldsInTheirOrderAndNoneForUnsetOnes) {
  AdamConfig config;
  config.set_lr(0.5);
  SetDefault({0.9, 0.99}, config.mutable_betas());

  EXPECT_EQ(Value(OptionsOf(config)).DebugString(),
            "{'lr': 0.5, 'betas': [0.9, 0.99], 'eps': 1e-08, 'weight_decay': "
            "0, 'amsgrad': False, 'maximize': False, 'foreach': None, "
            "'capturable': False, 'differentiable': False, 'fused': None, "
            "'decoupled_weight_decay': False}");
}

TEST(OptionsOf, LeavesOutWhatIsNoOption) {
  MuonConfig config;
  config.set_adjust_lr_fn("original");

  const Dict options = OptionsOf(config, {"ns_steps"});

  EXPECT_EQ(options.Find("ns_steps"), nullptr);
  EXPECT_EQ(*options.Find("adjust_lr_fn")->get_if<std::string>(), "original");
}

TEST(SetDefault, KeepsWhatIsGiven) {
  AdamConfig config;
  config.add_betas(0.5);

  SetDefault({0.9, 0.99}, config.mutable_betas());

  EXPECT_EQ(config.betas_size(), 1);
}

void ExpectRefused(const absl::Status& status, const std::string& word) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

TEST(CheckOptions, NamesValueAndRange) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Dict options{{"lr", -1.0},
                     {"eps", 0.0},
                     {"t0", kInfinity},
                     {"betas", Value::List{0.5, 1.0}},
                     {"etas", Value::List{0.5, kInfinity}},
                     {"name", "a"}};

  EXPECT_TRUE(CheckNotNegative(options, "eps").ok());
  ExpectRefused(CheckNotNegative(options, {"eps", "lr"}), "lr is -1");
  ExpectRefused(CheckPositive(options, "eps"), "eps is 0; it must be finite");
  ExpectRefused(CheckFinite(options, "t0"), "t0 is inf; it must be finite");
  ExpectRefused(CheckFinite(options, "name"), "name");
  ExpectRefused(CheckBetas(options), "betas has 1; each must be in [0, 1)");
  ExpectRefused(CheckBetas(options, 3), "betas has 2 numbers; it must have 3");
  ExpectRefused(CheckReals(options, "etas", 2), "etas has inf; each must be");
}

}  // namespace
}  // namespace anneal
