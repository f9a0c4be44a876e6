#include "registry/schema_comments.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

TEST(SchemaComment, IsTheCommentBeforeAMessage) {
  EXPECT_EQ(SchemaComment("anneal.registry_test.CommentedConfig"),
            "A message with comments.");
}

TEST(SchemaComment, OfAFieldJoinsTheLinesOfAParagraph) {
  EXPECT_EQ(SchemaComment("anneal.registry_test.CommentedConfig.lines"),
            "Metres, on two lines of one paragraph.\nA second one.");
}

TEST(SchemaComment, MayStandBehindTheField) {
  EXPECT_EQ(SchemaComment("anneal.registry_test.CommentedConfig.behind"),
            "Seconds.");
}

TEST(SchemaComment, KeepsTheRowsOfATable) {
  EXPECT_EQ(SchemaComment("anneal.registry_test.CommentedConfig.table"),
            "One of:\n  a  the first\n  b  the second");
}

TEST(SchemaComment, FindsNestedMessages) {
  EXPECT_EQ(SchemaComment("anneal.registry_test.CommentedConfig.Inner"),
            "Inside.");
  EXPECT_EQ(SchemaComment("anneal.registry_test.CommentedConfig.Inner.deep"),
            "Deep.");
}

TEST(SchemaComment, IsEmptyWhereThereIsNone) {
  EXPECT_EQ(SchemaComment("anneal.registry_test.CommentedConfig.bare"), "");
  EXPECT_EQ(SchemaComment("anneal.registry_test.NoSuchConfig"), "");
  EXPECT_EQ(SchemaComment(""), "");
}

// The test's rule reaches the .proto files through a cc_library.
TEST(SchemaComment, ComesFromEveryProtoBehindTheDeps) {
  EXPECT_EQ(SchemaComment("mylib.det.CommentedStarConfig.points"),
            "At least 3.");
}

}  // namespace
}  // namespace anneal
