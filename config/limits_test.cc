#include "config/limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace anneal::config {
namespace {

using ::testing::HasSubstr;

TEST(CheckLimits, CountsWhatWasPutTogether) {
  const Node hundred(Node::List(100, Node()), Place());
  EXPECT_TRUE(CheckLimits(hundred).ok());

  Node wide(Node::List(10001, hundred), Place());
  EXPECT_THAT(CheckLimits(wide).message(), HasSubstr("million values"));
}

TEST(CheckLimits, RefusesDepth) {
  Node deep;
  for (int i = 0; i <= kMaxDepth; ++i) {
    EXPECT_TRUE(CheckLimits(deep).ok());
    deep = Node(Node::List{deep}, Place());
  }
  EXPECT_THAT(CheckLimits(deep).message(), HasSubstr("nested too deeply"));
}

// At a.yaml:2:3.
const Place kPlace{std::make_shared<const std::string>("a.yaml"), 2, 3};

TEST(CheckLimits, RefusesAStringThatIsNotUtf8) {
  EXPECT_TRUE(CheckLimits(Node(std::string("\u00e9"), kPlace)).ok());

  const absl::Status status = CheckLimits(
      Node(Node::List{Node(std::string("caf\xe9"), kPlace)}, Place()));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "a.yaml:2:3: not UTF-8: \"caf\\xe9\"; write it in UTF-8");
}

TEST(CheckLimits, RefusesAKeyThatIsNotUtf8) {
  const Node node(Node::Map{{"\xff", kPlace, Node()}}, Place());

  EXPECT_THAT(CheckLimits(node).message(),
              HasSubstr("a.yaml:2:3: not UTF-8: \"\\xff\""));
}

}  // namespace
}  // namespace anneal::config
