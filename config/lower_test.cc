#include "config/lower.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "config/fake_components.h"
#include "config/reader.h"
#include "config/struct_component.pb.h"
#include "config/test_schema.pb.h"

namespace anneal::config {
namespace {

using config_test::Everything;
using config_test::Needs;
using ::google::protobuf::Message;
using ::google::protobuf::TextFormat;
using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;

absl::Status LowerYaml(const std::string& text, Message* message) {
  absl::StatusOr<Node> node = ReadYaml(text, "a.yaml");
  EXPECT_TRUE(node.ok()) << node.status();
  return Lower(*node, FakeComponents(), message);
}

struct Case {
  const char* name;
  const char* yaml;
  const char* message;
};

class Lowered : public ::testing::TestWithParam<Case> {};

TEST_P(Lowered, IsTheMessage) {
  Everything message, expected;
  ASSERT_TRUE(TextFormat::ParseFromString(GetParam().message, &expected));

  const absl::Status status = LowerYaml(GetParam().yaml, &message);

  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(MessageDifferencer::Equals(message, expected))
      << message.DebugString();
}

INSTANTIATE_TEST_SUITE_P(
    Fields, Lowered,
    ::testing::ValuesIn<Case>({
        {"Nothing", "{}", ""},
        {"Scalars", "{flag: true, large: 3, real: 0.5, text: x, mode: SLOW}",
         "flag: true large: 3 real: 0.5 text: 'x' mode: SLOW"},
        {"NoneLeavesAFieldUnset", "{flag: null, inner: null, sizes: null}", ""},
        {"AMessage", "inner: {name: a, weight: 2}",
         "inner { name: 'a' weight: 2 }"},
        {"AList", "sizes: [1, 2]", "sizes: [1, 2]"},
        {"AnEmptyList", "sizes: []", ""},
        {"OneValueWhereAListMayBe", "sizes: 1", "sizes: 1"},
        {"OneMessageWhereAListMayBe", "inners: {name: a}",
         "inners { name: 'a' }"},
        {"Messages", "inners: [{name: a}, {name: b}]",
         "inners { name: 'a' } inners { name: 'b' }"},
        {"AMap", "labels: {a: x, b: 'y'}",
         "labels { key: 'a' value: 'x' } labels { key: 'b' value: 'y' }"},
        {"AMapOfMessages", "named: {a: {name: x}}",
         "named { key: 'a' value { name: 'x' } }"},
        {"AMapWithNumbersAsKeys", "by_number: {3: 0.5, -4: 1}",
         "by_number { key: 3 value: 0.5 } by_number { key: -4 value: 1 }"},
        {"AMapSpelledOutOnce", "named: {key: a, value: {name: x}}",
         "named { key: 'a' value { name: 'x' } }"},
        {"AMapSpelledOut", "labels: [{key: a, value: x}, {key: b, value: 'y'}]",
         "labels { key: 'a' value: 'x' } labels { key: 'b' value: 'y' }"},
        {"APairAsTheTextprotoReaderGivesIt", "pair: [{key: a, value: 1}]",
         "pair { key: 'a' value: 1 }"},
        {"AMapWithKeysCalledKeyAndValue", "labels: {key: x, value: z}",
         "labels { key: 'key' value: 'x' } labels { key: 'value' value: 'z' }"},
        {"AMapSpelledOutWithARemoval", "named_hooks: [{key: a, value: {}}]",
         "named_hooks { key: 'a' value {} }"},
        {"AMapWithAKeyCalledKey", "labels: {key: x}",
         "labels { key: 'key' value: 'x' }"},
        {"AnyDictListAndValue",
         "{any_dict: {a: 1}, any_list: [1], "
         "any_value: [x]}",
         "any_dict { fields { key: 'a' value { number_value: 1 } } } "
         "any_list { values { number_value: 1 } } "
         "any_value { list_value { values { string_value: 'x' } } }"},
    }),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Components, Lowered,
    ::testing::ValuesIn<Case>({
        {"ByClassName", "optimizer: {type: SGD, lr: 0.1}",
         "optimizer { [type.googleapis.com/anneal.config_test.SGDConfig] "
         "{ lr: 0.1 } }"},
        {"ByScopedName", "optimizer: {type: anneal.Adam}",
         "optimizer { [type.googleapis.com/anneal.config_test.AdamConfig] {} "
         "}"},
        {"ByMessage", "optimizer: {type: anneal.config_test.SGDConfig, lr: 1}",
         "optimizer { [type.googleapis.com/anneal.config_test.SGDConfig] "
         "{ lr: 1 } }"},
        {"ByDefault", "sampler: {shuffle: false}",
         "sampler { "
         "[type.googleapis.com/anneal.config_test.DefaultSamplerConfig] "
         "{ shuffle: false } }"},
        {"ByAKeyBeside", "{chooser: SGD, rule: {lr: 0.1}}",
         "rule { [type.googleapis.com/anneal.config_test.SGDConfig] "
         "{ lr: 0.1 } }"},
        {"ByAKeyAlone", "chooser: Adam",
         "rule { [type.googleapis.com/anneal.config_test.AdamConfig] {} }"},
        {"ByDefaultWithoutTheKeyBeside", "{chooser: null, rule: {lr: 0.1}}",
         "rule { [type.googleapis.com/anneal.config_test.AdamConfig] "
         "{ lr: 0.1 } }"},
        {"Lists", "hooks: [{type: TimerHook}, {type: EmptyHook}]",
         "hooks { [type.googleapis.com/anneal.config_test.TimerHookConfig] {} "
         "} hooks { "
         "[type.googleapis.com/anneal.config_test.EmptyHookConfig] {} }"},
        {"OneOfAList", "hooks: {type: EmptyHook}",
         "hooks { [type.googleapis.com/anneal.config_test.EmptyHookConfig] {} "
         "}"},
        {"MapsWithRemovals",
         "named_hooks: {timer: {type: TimerHook}, "
         "log: null}",
         "named_hooks { key: 'timer' value { "
         "[type.googleapis.com/anneal.config_test.TimerHookConfig] {} } } "
         "named_hooks { key: 'log' value {} }"},
        {"AListThatMayBeByName", "plans: {type: EmptyHook}",
         "plans { [type.googleapis.com/anneal.config_test.EmptyHookConfig] {} "
         "}"},
        {"ListsByName", "plans: {a: {type: EmptyHook}, b: []}",
         "plans_by_name { key: 'a' value { plans { "
         "[type.googleapis.com/anneal.config_test.EmptyHookConfig] {} } } } "
         "plans_by_name { key: 'b' value { } }"},
        {"AClassThatTakesAnyFields", "hooks: {type: MyHook, a: [1], b: x}",
         "hooks { [type.googleapis.com/anneal.StructComponent] { "
         "type: 'mylib.MyHook' fields { fields { key: 'a' value { list_value "
         "{ values { number_value: 1 } } } } fields { key: 'b' value { "
         "string_value: 'x' } } } } }"},
        {"AClassThatTakesAnyFieldsWithNone", "hooks: {type: MyHook}",
         "hooks { [type.googleapis.com/anneal.StructComponent] { "
         "type: 'mylib.MyHook' } }"},
    }),
    [](const auto& info) { return info.param.name; });

struct ErrorCase {
  const char* name;
  const char* yaml;
  const char* message;
};

class LowerError : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(LowerError, IsPlacePathWhatAndRemedy) {
  Everything message;

  const absl::Status status = LowerYaml(GetParam().yaml, &message);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Errors, LowerError,
    ::testing::ValuesIn<ErrorCase>({
        {"NoDict", "[1]",
         "a.yaml:1:1: expected a dict of the fields of Everything, found a "
         "list: [1]"},
        {"UnknownField", "inner: {name: a, wieght: 1}",
         "a.yaml:1:18: inner.wieght: Inner has no such field; did you mean "
         "\"weight\"?"},
        {"UnknownFieldNearNone", "inner: {name: a, color: red}",
         "a.yaml:1:18: inner.color: Inner has no such field; it has: name, "
         "weight"},
        {"UnknownFieldOfAComponent",
         "optimizer:\n  type: SGD\n  lr: 0.1\n  momentun: 0.9\n",
         "a.yaml:4:3: optimizer.momentun: SGD has no such field; did you mean "
         "\"momentum\"?"},
        {"FieldOfAClassWithoutAny", "hooks: {type: EmptyHook, a: 1}",
         "a.yaml:1:26: hooks.a: EmptyHook has no such field; it has none"},
        {"WrongType", "sizes: [1, x]",
         "a.yaml:1:12: sizes.1: expected an integer, found a string: x"},
        {"NoneInAList", "sizes: [null]",
         "a.yaml:1:9: sizes.0: expected an integer, found none"},
        {"AListWhereOneValueIs", "large: [1]",
         "a.yaml:1:8: large: expected one value, found a list: [1]"},
        {"AScalarWhereADictIs", "inner: 5",
         "a.yaml:1:8: inner: expected a dict of the fields of Inner, found an "
         "integer: 5"},
        {"AScalarInAMapOfMessages", "named: {a: 5}",
         "a.yaml:1:12: named.a: expected a dict of the fields of Inner, found "
         "an integer: 5"},
        {"NoMap", "labels: x",
         "a.yaml:1:9: labels: expected a dict, found a string: x"},
        {"AKeyThatIsNoNumber", "by_number: {x: 1}",
         "a.yaml:1:13: by_number.x: expected an integer, found a string: x"},
        {"UnknownType", "optimizer: {type: SDG, lr: 1}",
         "a.yaml:1:19: optimizer.type: no optimizer \"SDG\" is linked into "
         "this program; did you mean \"SGD\"? Linked: Adam, SGD. A class of "
         "your own must be registered by ANNEAL_REGISTER and its target, with "
         "alwayslink = True, be "
         "among the deps"},
        {"TypeThatIsNotLinked", "optimizer: {type: Lion}",
         "a.yaml:1:19: optimizer.type: no optimizer \"Lion\" is linked into "
         "this program; add \"//optim:lion\" to the deps of its BUILD target"},
        {"TypeOfAnotherKind", "optimizer: {type: EmptyHook}",
         "a.yaml:1:19: optimizer.type: no optimizer \"EmptyHook\" is linked "
         "into this program; linked: Adam, SGD. A class of your own must be "
         "registered by ANNEAL_REGISTER and its target, with alwayslink = "
         "True, be among the deps"},
        {"NoType", "optimizer: {lr: 1}",
         "a.yaml:1:12: optimizer.type: which optimizer? Add type: Adam, or "
         "SGD"},
        {"FieldOfOneOfAListByName", "plans: {a: [{type: EmptyHook, x: 1}]}",
         "a.yaml:1:31: plans.a.0.x: EmptyHook has no such field; it has none"},
        {"NoTypeOfAListThatMayBeByName", "plans: {x: 1}",
         "a.yaml:1:8: plans.type: which hook? Add type: EmptyHook, or MyHook, "
         "or TimerHook"},
        {"TypeAndAKeyBeside", "{chooser: SGD, rule: {type: SGD, lr: 1}}",
         "a.yaml:1:2: chooser: rule.type names the class too; remove one of "
         "them"},
        {"KeyBesideThatIsNoWord", "{chooser: 5, rule: {lr: 1}}",
         "a.yaml:1:11: chooser: expected the name of a class, found an "
         "integer: "
         "5"},
        {"FieldOfAClassNamedBeside", "{chooser: SGD, rule: {lr: 1, mom: 2}}",
         "a.yaml:1:30: rule.mom: SGD has no such field; it has: lr, "
         "momentum"},
        {"FieldOfAnotherClass", "optimizer: {type: SGD, lr: 1, eps: 1}",
         "a.yaml:1:31: optimizer.eps: SGD has no such field; Adam has "
         "it: write type: Adam"},
        {"MisspeltKeyBeside", "choser: SGD",
         "a.yaml:1:1: choser: Everything has no such field; did you mean "
         "\"chooser\"?"},
        {"TypeThatIsNoWord", "optimizer: {type: 5}",
         "a.yaml:1:19: optimizer.type: expected the name of a class, found an "
         "integer: 5"},
        {"AClassAlone", "optimizer: SGD",
         "a.yaml:1:12: optimizer: expected a dict with the type of the "
         "optimizer, found a string: SGD; write {type: SGD}"},
        {"ANumberForAComponent", "optimizer: 5",
         "a.yaml:1:12: optimizer: expected a dict with the type of the "
         "optimizer, found an integer: 5"},
        {"RequiredOfAComponent", "optimizer: {type: SGD}",
         "a.yaml:1:12: optimizer.lr: SGD needs this field; add lr: <number>"},
        {"TooLargeForAStruct", "hooks: {type: MyHook, a: 9007199254740993}",
         "a.yaml:1:26: hooks.a: 9007199254740993 is beyond 2^53, where a "
         "google.protobuf.Struct is no longer exact; put it in quotes"},
    }),
    [](const auto& info) { return info.param.name; });

TEST(Lower, PassesOverVariablesOfAPythonFile) {
  Everything message;
  const absl::StatusOr<Node> node = ReadYaml("{bs: 32, flag: true}", "a.py");
  ASSERT_TRUE(node.ok()) << node.status();

  const absl::Status status = Lower(*node, FakeComponents(), &message);

  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(message.flag());
}

TEST(Lower, TellsATypoAtTheTopOfAPythonFile) {
  Everything message;
  const absl::StatusOr<Node> node = ReadYaml("{flagg: true}", "a.py");
  ASSERT_TRUE(node.ok()) << node.status();

  EXPECT_THAT(Lower(*node, FakeComponents(), &message).message(),
              HasSubstr("did you mean \"flag\"?"));
}

TEST(Lower, TellsVariablesInsideOfAPythonFilesDicts) {
  Everything message;
  const absl::StatusOr<Node> node = ReadYaml("{inner: {bs: 1}}", "a.py");
  ASSERT_TRUE(node.ok()) << node.status();

  EXPECT_THAT(Lower(*node, FakeComponents(), &message).message(),
              HasSubstr("inner.bs"));
}

TEST(Lower, TellsEveryFieldThatIsMissing) {
  Needs message;

  const absl::Status status = LowerYaml("widths: []", &message);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "a.yaml:1:1: count: Needs needs this field; add count: <number>\n"
            "a.yaml:1:1: name: Needs needs this field; add name: <text>\n"
            "a.yaml:1:1: flag: Needs needs this field; add flag: <true or "
            "false>\n"
            "a.yaml:1:1: inner: Needs needs this field; add inner: {...}\n"
            "a.yaml:1:1: optimizer: Needs needs this field; add optimizer: "
            "{type: <optimizer>}\n"
            "a.yaml:1:1: widths: Needs needs this field; add widths: "
            "<number>");
}

TEST(Lower, ARequiredFieldGivenWronglyIsOneError) {
  Needs message;

  const absl::Status status = LowerYaml(
      "{count: x, name: a, flag: true, inner: {name: a}, widths: 1, "
      "optimizer: {type: Adam}}",
      &message);

  EXPECT_EQ(status.message(),
            "a.yaml:1:9: count: expected an integer, found a string: x");
}

TEST(Lower, TellsWhatThereIsOnce) {
  Everything message;

  const absl::Status status = LowerYaml(
      "optimizer: {type: Lamb}\n"
      "hooks: [{type: Tymer}, {type: AnotherOne}, {type: AnotherOne}]\n"
      "rule: {type: SGD, lr: 1, quux: 2, corge: 3}\n",
      &message);

  const std::string text(status.message());
  const auto count = [&](const std::string& word) {
    int found = 0;
    for (size_t at = text.find(word); at != text.npos;
         at = text.find(word, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count("no hook \"AnotherOne\" is linked"), 2);
  EXPECT_EQ(count("linked: EmptyHook, MyHook, TimerHook."), 1);
  EXPECT_EQ(count("linked: Adam, SGD."), 1);
  EXPECT_EQ(count("it has: lr, momentum"), 1);
}

TEST(Lower, TellsAllErrorsInOrderOfPlace) {
  Everything message;

  const absl::Status status = LowerYaml(
      "flag: 1\n"
      "optimizer: {type: SGD, lr: x}\n"
      "hooks:\n"
      "- {type: TimerHok}\n"
      "- {type: TimerHook, intervall: 1}\n"
      "txt: a\n"
      "inner: {}\n",
      &message);

  EXPECT_EQ(status.message(),
            "a.yaml:1:7: flag: expected true or false, found an integer: 1\n"
            "a.yaml:2:28: optimizer.lr: expected a number, found a string: x\n"
            "a.yaml:4:10: hooks.0.type: no hook \"TimerHok\" is linked into "
            "this program; did you mean \"TimerHook\"? Linked: EmptyHook, "
            "MyHook, TimerHook. A class of your own must be registered by "
            "ANNEAL_REGISTER and its target, with alwayslink = True, be among "
            "the deps\n"
            "a.yaml:5:21: hooks.1.intervall: TimerHook has no such field; did "
            "you mean \"interval\"?\n"
            "a.yaml:6:1: txt: Everything has no such field; did you mean "
            "\"text\"?\n"
            "a.yaml:7:8: inner.name: Inner needs this field; add name: "
            "<text>");
}

}  // namespace
}  // namespace anneal::config
