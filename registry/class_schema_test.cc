#include "registry/class_schema.h"

#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <string>

#include "config/dump.h"
#include "registry/test_schema.pb.h"

namespace anneal {
namespace {

using config::DumpFlow;

// The optimizer Walk and the optim_wrapper Wrapper, which needs one; a hook
// that takes any fields.
class Schema : public ::testing::Test {
 protected:
  Schema() {
    Add<registry_test::WalkConfig>("optimizer", "Walk");
    Add<registry_test::WrapperConfig>("optim_wrapper", "OptimWrapper");
    Add<google::protobuf::Struct>("hook", "AnyHook");
    Add<registry_test::EmptyConfig>("toy", "Toy");
  }

  template <typename Config>
  void Add(const char* kind, const char* name) {
    index_.Add(kind, name, &Config::default_instance(), "walk.cc", "mylib");
  }
  ClassSchema Describe(const std::string& kind) const {
    return DescribeClass(index_, *index_.entries(kind)[0], kind);
  }

  RegistryIndex index_;
};

TEST_F(Schema, TellsFieldsWithTypeDefaultAndComment) {
  const ClassSchema schema = Describe("optimizer");

  EXPECT_EQ(schema.comment, "Walks downhill.");
  ASSERT_EQ(schema.fields.size(), 12u);
  EXPECT_EQ(schema.fields[0].name, "lr");
  EXPECT_EQ(schema.fields[0].type, "real");
  EXPECT_TRUE(schema.fields[0].required);
  EXPECT_EQ(schema.fields[0].comment, "Step, in metres.");
  EXPECT_EQ(schema.fields[1].default_text, "0.5");
  EXPECT_FALSE(schema.fields[1].required);
}

TEST_F(Schema, NamesEveryTypeInAUsersWords) {
  std::string types;
  for (const FieldSchema& field : Describe("optimizer").fields) {
    types += field.name + ": " + field.type + " = " + field.default_text + "\n";
  }

  EXPECT_EQ(types,
            "lr: real = \n"
            "momentum: real = 0.5\n"
            "flag: true or false = true\n"
            "count: integer = 3\n"
            "name: text = \"5\"\n"
            "gait: SLOW or FAST = FAST\n"
            "sizes: list of integer = \n"
            "labels: dict of text by text = \n"
            "shoe: Shoe = \n"
            "anything: dict of anything = \n"
            "hooks: list of hook = \n"
            "toy: toy = Toy\n");
}

TEST_F(Schema, GoesIntoDictsButNotRoundACycle) {
  const ClassSchema schema = Describe("optimizer");

  const FieldSchema& shoe = schema.fields[8];
  ASSERT_EQ(shoe.fields.size(), 2u);
  EXPECT_EQ(shoe.fields[0].comment, "Centimetres.");
  EXPECT_EQ(shoe.fields[1].type, "Shoe");
  EXPECT_TRUE(shoe.fields[1].fields.empty());
}

TEST_F(Schema, ExampleStandsWhereARunHasTheComponent) {
  EXPECT_EQ(DumpFlow(Describe("optimizer").example),
            "{optim_wrapper: {type: OptimWrapper, optimizer: {type: Walk, lr: "
            "0.1, shoe: {size: 0.1}}}}");
  EXPECT_EQ(DumpFlow(Describe("hook").example),
            "{custom_hooks: [{type: AnyHook}]}");
}

TEST_F(Schema, ExampleFillsComponentsThatMustBeGiven) {
  EXPECT_EQ(DumpFlow(Describe("optim_wrapper").example),
            "{optim_wrapper: {type: OptimWrapper, optimizer: {type: Walk, lr: "
            "0.1, shoe: {size: 0.1}}}}");
}

// A kind of the user's own.
TEST_F(Schema, ExampleOfAKindThatNoConfigTakesIsTheComponent) {
  RegistryIndex index;
  index.Add("toy", "Toy", &registry_test::EmptyConfig::default_instance(),
            "toy.cc", "mylib");

  EXPECT_EQ(
      DumpFlow(DescribeClass(index, *index.entries("toy")[0], "toy").example),
      "{type: Toy}");
}

TEST_F(Schema, PageIsForATerminal) {
  EXPECT_EQ(SchemaPage(Describe("hook")),
            "AnyHook: a hook of mylib\n"
            "\n"
            "  config  google.protobuf.Struct\n"
            "  source  walk.cc\n"
            "\n"
            "fields: any\n"
            "\n"
            "example:\n"
            "  custom_hooks:\n"
            "    - type: AnyHook\n");
}

TEST_F(Schema, PageWrapsCommentsUnderTheirFields) {
  const std::string page = SchemaPage(Describe("optimizer"));

  EXPECT_EQ(page.rfind("Walk: an optimizer of mylib\n", 0), 0u) << page;
  EXPECT_NE(page.find("  momentum: real, default 0.5\n"
                      "      How much of the last step is kept; this comment "
                      "is long enough to need a\n"
                      "      second line.\n"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("  shoe: Shoe, required\n"
                      "      size: real, required\n"
                      "          Centimetres.\n"),
            std::string::npos)
      << page;
}

TEST_F(Schema, NodeHasAllForOtherPrograms) {
  const config::Node node = SchemaNode(Describe("optimizer"));

  EXPECT_EQ(DumpFlow(*node.Find("message")), "anneal.registry_test.WalkConfig");
  EXPECT_EQ(DumpFlow((*node.Find("fields")->get_if<config::Node::List>())[0]),
            "{name: lr, type: real, required: true, comment: \"Step, in "
            "metres.\"}");
}

}  // namespace
}  // namespace anneal
