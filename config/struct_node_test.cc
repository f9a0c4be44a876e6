#include "config/struct_node.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/dump.h"
#include "config/reader.h"

namespace anneal::config {
namespace {

using ::google::protobuf::ListValue;
using ::google::protobuf::Struct;
using ::google::protobuf::Value;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Node Read(const std::string& text) {
  absl::StatusOr<Node> node = ReadYaml(text, "a.yaml");
  EXPECT_TRUE(node.ok()) << node.status();
  return node.ok() ? *std::move(node) : Node();
}

// What NodeToStruct complains of.
std::vector<std::string> Errors(const Node& node, Struct* out) {
  std::vector<std::string> errors;
  NodeToStruct(
      node, "vars",
      [&](const Node& value, const std::string& path,
          const absl::Status& error) {
        errors.push_back(absl::StrCat(value.place.ToString(), ": ", path, ": ",
                                      error.message()));
      },
      out);
  return errors;
}

TEST(Struct, HoldsEveryKind) {
  const Node node = Read(
      "{a: 1, b: 2.5, c: true, d: x, e: null, f: [1, [y], {z: 2}], g: {}}");
  Struct fields;

  EXPECT_THAT(Errors(node, &fields), IsEmpty());

  EXPECT_TRUE(SameContent(StructToNode(fields), node));
}

TEST(Struct, IsADictSortedByKey) {
  Struct fields;
  ASSERT_THAT(Errors(Read("{b: 1, a: 2}"), &fields), IsEmpty());

  EXPECT_EQ(DumpFlow(StructToNode(fields)), "{a: 2, b: 1}");
}

TEST(Struct, WholeNumbersAreIntegersUpTo2To53) {
  Struct fields;
  (*fields.mutable_fields())["a"].set_number_value(9007199254740992.0);
  (*fields.mutable_fields())["b"].set_number_value(9007199254740994.0);
  (*fields.mutable_fields())["c"].set_number_value(-3.0);

  EXPECT_EQ(DumpFlow(StructToNode(fields)),
            "{a: 9007199254740992, b: 9007199254740994.0, c: -3}");
}

TEST(Struct, RefusesIntegersItsDoubleDoesNotHold) {
  Struct fields;

  EXPECT_THAT(
      Errors(Read("{a: 9007199254740992, l: [-9007199254740993]}"), &fields),
      ElementsAre("a.yaml:1:27: vars.l.0: -9007199254740993 is beyond 2^53, "
                  "where a google.protobuf.Struct is no longer exact; put it "
                  "in quotes"));
}

TEST(Struct, IsADictOnly) {
  Struct fields;

  EXPECT_THAT(
      Errors(Read("[1]"), &fields),
      ElementsAre("a.yaml:1:1: vars: expected a dict, found a list: [1]"));
}

TEST(Struct, TakesWhatTextFormatSpellsOut) {
  Struct fields;
  const Node node = Read(
      "{a: 1, b: 2.5, c: true, d: x, e: null, f: [1, [y], {z: 2}, []], g: "
      "{h: {}}}");
  ASSERT_THAT(Errors(node, &fields), IsEmpty());
  std::string text;
  google::protobuf::TextFormat::PrintToString(fields, &text);
  const absl::StatusOr<Node> spelled_out = ReadTextproto(text, "a.textproto");
  ASSERT_TRUE(spelled_out.ok()) << spelled_out.status();
  Struct back;

  EXPECT_THAT(Errors(*spelled_out, &back), IsEmpty());

  EXPECT_TRUE(SameContent(StructToNode(back), node)) << text;
}

TEST(Struct, AFieldCalledFieldsIsOne) {
  const Node node = Read("{fields: [1, 2]}");
  Struct fields;
  ASSERT_THAT(Errors(node, &fields), IsEmpty());

  EXPECT_TRUE(SameContent(StructToNode(fields), node));
}

void NoError(const Node&, const std::string& path, const absl::Status& error) {
  ADD_FAILURE() << path << ": " << error;
}

TEST(ListValue, HoldsAList) {
  const Node node = Read("[1, x, [2]]");
  ListValue values;
  NodeToListValue(node, "", NoError, &values);

  EXPECT_TRUE(SameContent(ListValueToNode(values), node));
}

TEST(Value, HoldsAnything) {
  for (const char* text : {"5", "x", "[1]", "{a: {b: 1}}", "[null]"}) {
    const Node node = *Read(absl::StrCat("v: ", text)).Find("v");
    Value value;
    NodeToValue(node, "", NoError, &value);

    EXPECT_TRUE(SameContent(ValueToNode(value), node)) << text;
  }
}

}  // namespace
}  // namespace anneal::config
