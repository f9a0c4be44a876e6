#include "config/message_to_node.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "config/dump.h"
#include "config/fake_components.h"
#include "config/lower.h"
#include "config/reader.h"
#include "config/struct_component.pb.h"
#include "config/test_schema.pb.h"

namespace anneal::config {
namespace {

using config_test::Everything;
using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;

Everything Lowered(const std::string& yaml) {
  Everything message;
  const absl::StatusOr<Node> node = ReadYaml(yaml, "a.yaml");
  EXPECT_TRUE(node.ok()) << node.status();
  const absl::Status status = Lower(*node, FakeComponents(), &message);
  EXPECT_TRUE(status.ok()) << status;
  return message;
}

struct Case {
  const char* name;
  const char* yaml;
};

// Configs written as MessageToNode gives them.
class Raised : public ::testing::TestWithParam<Case> {};

TEST_P(Raised, IsWhatWasLowered) {
  const absl::StatusOr<Node> node =
      MessageToNode(Lowered(GetParam().yaml), FakeComponents());

  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(DumpFlow(*node), GetParam().yaml);
}

INSTANTIATE_TEST_SUITE_P(
    Fields, Raised,
    ::testing::ValuesIn<Case>({
        {"Nothing", "{}"},
        {"Scalars",
         "{flag: true, small: -1, natural: 1, large: -2, huge: 2, real: 0.1, "
         "text: x, mode: SLOW}"},
        {"FloatsAsTheyWereWritten", "{single: 0.1}"},
        {"FloatsAtTheEnds",
         "{singles: [3.4028235e+38, 1e-45, .inf, -.inf, .nan, 16777216.0]}"},
        {"Lists",
         "{sizes: [1, 2], words: [x], flags: [true], smalls: [-1], naturals: "
         "[1], huges: [1], singles: [0.1], reals: [0.1], modes: [FAST, "
         "SLOW]}"},
        {"Messages", "{inner: {name: a}, inners: [{name: b, weight: 2.0}]}"},
        {"Maps",
         "{labels: {a: x, b: w}, named: {a: {name: b}}, by_number: {\"-3\": "
         "0.5}}"},
        {"AnyDictListAndValue",
         "{any_dict: {a: 1, b: [x]}, any_list: [1, null], any_value: 2.5}"},
        {"Components",
         "{optimizer: {type: SGD, lr: 0.1}, sampler: {type: DefaultSampler}, "
         "hooks: [{type: TimerHook, interval: 2}, {type: EmptyHook}]}"},
        {"MapsOfComponentsWithRemovals",
         "{named_hooks: {a: {type: EmptyHook}, b: null}}"},
        {"AClassThatTakesAnyFields", "{hooks: [{type: MyHook, a: [1], b: x}]}"},
    }),
    [](const auto& info) { return info.param.name; });

TEST(MessageToNode, GivesDefaultsWhereAskedFor) {
  const absl::StatusOr<Node> node = MessageToNode(
      Lowered("{inner: {name: a}, optimizer: {type: SGD, lr: 0.1}, hooks: "
              "{type: TimerHook}}"),
      FakeComponents(), ShowFields::kSetAndDefaults);

  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(DumpFlow(*node),
            "{inner: {name: a, weight: 1.0}, optimizer: {type: SGD, lr: 0.1, "
            "momentum: 0.0}, hooks: [{type: TimerHook, interval: 10}]}");
}

TEST(MessageToNode, NamesTheScopeWhereTheNameFindsAnother) {
  FakeComponents components;
  components.Add("optimizer", "SGD", "mylib", config_test::TimerHookConfig());
  Everything message;
  message.mutable_optimizer()->PackFrom(config_test::TimerHookConfig());

  const absl::StatusOr<Node> node = MessageToNode(message, components);

  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(DumpFlow(*node), "{optimizer: {type: mylib.SGD}}");
}

TEST(MessageToNode, NamesTheScopeWhereTheFieldHasNoRegistry) {
  Everything message;
  message.mutable_loose()->PackFrom(config_test::AdamConfig());

  const absl::StatusOr<Node> node = MessageToNode(message, FakeComponents());

  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(DumpFlow(*node), "{loose: {type: anneal.Adam}}");
}

TEST(MessageToNode, OfAClassThatIsNotLinkedIsNotFound) {
  Everything message;
  message.mutable_optimizer()->PackFrom(config_test::Inner());

  const absl::StatusOr<Node> node = MessageToNode(message, FakeComponents());

  EXPECT_EQ(node.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(node.status().message()),
              HasSubstr("no optimizer \"anneal.config_test.Inner\" is linked"));
}

TEST(MessageToNode, OfABrokenAnyIsInvalid) {
  Everything message;
  message.mutable_optimizer()->PackFrom(config_test::SGDConfig());
  message.mutable_optimizer()->set_value("\xff");

  const absl::StatusOr<Node> node = MessageToNode(message, FakeComponents());

  EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(node.status().message()),
              HasSubstr("not a serialized"));
}

TEST(MessageToNode, OfABrokenStructComponentIsInvalid) {
  Everything message;
  message.add_hooks()->PackFrom(StructComponent());
  message.mutable_hooks(0)->set_value("\xff");

  const absl::StatusOr<Node> node = MessageToNode(message, FakeComponents());

  EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(node.status().message()),
              HasSubstr("not a serialized"));
}

TEST(MessageToNode, OfAnIntegerNoConfigHoldsIsOutOfRange) {
  Everything message;
  message.set_huge(uint64_t{1} << 63);

  const absl::StatusOr<Node> node = MessageToNode(message, FakeComponents());

  EXPECT_EQ(node.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(node.status().message()),
              HasSubstr("9223372036854775808"));
}

}  // namespace
}  // namespace anneal::config
