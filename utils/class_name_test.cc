#include "utils/class_name.h"

#include <gtest/gtest.h>

struct AtTheTop {};

namespace anneal {
namespace {

struct Hidden {
  struct Inside {};
};

TEST(ClassName, HasNoScopes) {
  EXPECT_EQ(ClassName(typeid(AtTheTop)), "AtTheTop");
  EXPECT_EQ(ClassName(typeid(Hidden)), "Hidden");
  EXPECT_EQ(ClassName(typeid(Hidden::Inside)), "Inside");
}

}  // namespace
}  // namespace anneal
