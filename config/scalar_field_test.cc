#include "config/scalar_field.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "config/reader.h"
#include "config/test_schema.pb.h"

namespace anneal::config {
namespace {

Node Value(const std::string& text) {
  absl::StatusOr<Node> node = ReadYaml("v: " + text, "a.yaml");
  EXPECT_TRUE(node.ok()) << node.status();
  return node.ok() ? *node->Find("v") : Node();
}

// The message after setting `field`, or the error.
std::string Set(const std::string& field, const std::string& value) {
  config_test::Everything message;
  const absl::Status status = SetScalarField(
      Value(value), message.GetDescriptor()->FindFieldByName(field), &message);
  if (!status.ok()) return std::string(status.message());
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string text;
  printer.PrintToString(message, &text);
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

struct Case {
  const char* name;
  const char* field;
  const char* value;
  const char* result;
};

class ScalarField : public ::testing::TestWithParam<Case> {};

TEST_P(ScalarField, IsSetOrRefused) {
  EXPECT_EQ(Set(GetParam().field, GetParam().value), GetParam().result);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ScalarField,
    ::testing::ValuesIn<Case>({
        {"Bool", "flag", "true", "flag: true"},
        {"Int32", "small", "-2147483648", "small: -2147483648"},
        {"Uint32", "natural", "4294967295", "natural: 4294967295"},
        {"Int64", "large", "-9223372036854775808",
         "large: -9223372036854775808"},
        {"Uint64", "huge", "9223372036854775807", "huge: 9223372036854775807"},
        {"Float", "single", "0.5", "single: 0.5"},
        {"FloatInfinity", "single", "-.inf", "single: -inf"},
        {"Double", "real", "1e-3", "real: 0.001"},
        {"AnIntegerIsANumber", "real", "2", "real: 2"},
        {"String", "text", "fast", "text: \"fast\""},
        {"Enum", "mode", "SLOW", "mode: SLOW"},
        {"Bools", "flags", "false", "flags: false"},
        {"Int32s", "smalls", "1", "smalls: 1"},
        {"Uint32s", "naturals", "1", "naturals: 1"},
        {"Int64s", "sizes", "1", "sizes: 1"},
        {"Uint64s", "huges", "1", "huges: 1"},
        {"Floats", "singles", "0.5", "singles: 0.5"},
        {"Doubles", "reals", "0.5", "reals: 0.5"},
        {"Strings", "words", "a", "words: \"a\""},
        {"Enums", "modes", "FAST", "modes: FAST"},
    }),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Errors, ScalarField,
    ::testing::ValuesIn<Case>({
        {"BoolFromInteger", "flag", "1",
         "expected true or false, found an integer: 1"},
        {"IntegerFromReal", "large", "1.0",
         "expected an integer, found a number: 1.0"},
        {"IntegerFromString", "large", "fast",
         "expected an integer, found a string: fast"},
        {"IntegerFromBool", "large", "true",
         "expected an integer, found a bool: true"},
        {"RealFromString", "real", "'0.1'",
         "expected a number, found a string: \"0.1\""},
        {"RealFromBool", "real", "true",
         "expected a number, found a bool: true"},
        {"StringFromInteger", "text", "5",
         "expected a string, found an integer: 5; put it in quotes"},
        {"StringFromDict", "text", "{a: 1}",
         "expected a string, found a dict: {a: 1}"},
        {"StringFromNone", "text", "null", "expected a string, found none"},
        {"UnknownWord", "mode", "FASTER",
         "expected one of FAST, SLOW, found a string: FASTER"},
        {"EnumFromInteger", "mode", "0",
         "expected one of FAST, SLOW, found an integer: 0"},
        {"TooLargeForInt32", "small", "2147483648",
         "2147483648 does not fit int32"},
        {"NegativeForUint32", "natural", "-1", "-1 does not fit uint32"},
        {"TooLargeForUint32", "natural", "4294967296",
         "4294967296 does not fit uint32"},
        {"NegativeForUint64", "huge", "-1", "-1 does not fit uint64"},
        {"TooLargeForFloat", "single", "1e39", "1e+39 does not fit float"},
        {"LongValuesAreCut", "large",
         "[1000000, 1000000, 1000000, 1000000, 1000000]",
         "expected an integer, found a list: [1000000, 1000000, 1000000, "
         "1000000, 100..."},
    }),
    [](const auto& info) { return info.param.name; });

TEST(SetScalarField, AppendsToAList) {
  config_test::Everything message;
  const auto* field = message.GetDescriptor()->FindFieldByName("sizes");
  ASSERT_TRUE(SetScalarField(Value("1"), field, &message).ok());
  ASSERT_TRUE(SetScalarField(Value("2"), field, &message).ok());

  EXPECT_THAT(message.sizes(), ::testing::ElementsAre(1, 2));
}

}  // namespace
}  // namespace anneal::config
