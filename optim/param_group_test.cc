#include "optim/param_group.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

ParamGroup Group() {
  ParamGroup group;
  group.options = Dict{{"lr", 0.5},
                       {"initial_lr", 1},
                       {"nesterov", true},
                       {"betas", Value::List{0.9, 0.99}}};
  return group;
}

TEST(ParamGroup, OptionsAreFoundByName) {
  const ParamGroup group = Group();

  EXPECT_EQ(group.real("lr"), 0.5);
  EXPECT_EQ(group.real("initial_lr"), 1);
  EXPECT_TRUE(group.flag("nesterov"));
  EXPECT_EQ(group.beta(1), 0.99);
}

TEST(ParamGroupDeathTest, OptionsHaveTheirKind) {
  const ParamGroup group = Group();

  EXPECT_DEATH(group.real("momentum"), "momentum");
  EXPECT_DEATH(group.flag("lr"), "lr");
}

}  // namespace
}  // namespace anneal
