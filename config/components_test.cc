#include "config/components.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/fake_components.h"
#include "config/test_schema.pb.h"

namespace anneal::config {
namespace {

using ::testing::ElementsAre;

TEST(ComponentClass, OfAScopeHasItInItsName) {
  EXPECT_EQ((ComponentClass{"SGD", "anneal", nullptr}).ScopedName(),
            "anneal.SGD");
  EXPECT_EQ((ComponentClass{"SGD", "", nullptr}).ScopedName(), "SGD");
}

// Two optimizers called SGD: anneal's, which comes first, and mylib's.
class DefaultScopeTest : public ::testing::Test {
 protected:
  DefaultScopeTest() {
    components_.Add("optimizer", "SGD", "mylib",
                    config_test::TimerHookConfig());
  }
  FakeComponents components_;
};

TEST_F(DefaultScopeTest, ComesFirst) {
  EXPECT_EQ(DefaultScope(components_, "mylib").Find("optimizer", "SGD")->scope,
            "mylib");
}

TEST_F(DefaultScopeTest, FallsBackToTheRest) {
  EXPECT_EQ(DefaultScope(components_, "mylib").Find("optimizer", "Adam")->scope,
            "anneal");
  EXPECT_EQ(DefaultScope(components_, "other").Find("optimizer", "SGD")->scope,
            "anneal");
}

TEST_F(DefaultScopeTest, LeavesNamesWithAScopeAlone) {
  EXPECT_EQ(
      DefaultScope(components_, "mylib").Find("optimizer", "anneal.SGD")->scope,
      "anneal");
}

TEST_F(DefaultScopeTest, ThatIsEmptyChangesNothing) {
  EXPECT_EQ(DefaultScope(components_, "").Find("optimizer", "SGD")->scope,
            "anneal");
}

TEST_F(DefaultScopeTest, PassesTheRestOn) {
  const DefaultScope scope(components_, "mylib");

  EXPECT_EQ(scope.FindByMessage("anneal.config_test.AdamConfig")->name, "Adam");
  EXPECT_THAT(scope.Names("sampler"), ElementsAre("DefaultSampler"));
  EXPECT_EQ(scope.ProvidedBy("optimizer", "Lion"), "//optim:lion");
}

TEST(NotLinkedMessage, NamesTheDependencyOfAKnownClass) {
  EXPECT_EQ(NotLinkedMessage(FakeComponents(), "optimizer", "Lion"),
            "no optimizer \"Lion\" is linked into this program; add "
            "\"//optim:lion\" to the deps of its BUILD target");
}

TEST(NotLinkedMessage, NamesTheNearestAndAllThatIsLinked) {
  EXPECT_EQ(NotLinkedMessage(FakeComponents(), "hook", "TimeHook"),
            "no hook \"TimeHook\" is linked into this program; did you mean "
            "\"TimerHook\"? Linked: EmptyHook, MyHook, TimerHook. A class of "
            "your own must be registered by ANNEAL_REGISTER and its target, "
            "with alwayslink = True, be "
            "among the deps");
}

TEST(NotLinkedMessage, SaysWhereAKindHasNone) {
  EXPECT_EQ(NotLinkedMessage(FakeComponents(), "model", "LeNet"),
            "no model \"LeNet\" is linked into this program; no class of this "
            "kind is linked. A class of your own must be registered by "
            "ANNEAL_REGISTER and its target, with alwayslink = True, be among "
            "the deps");
}

}  // namespace
}  // namespace anneal::config
