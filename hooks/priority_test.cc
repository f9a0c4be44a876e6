#include "hooks/priority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/struct_component.pb.h"
#include "hooks/checkpoint_hook.pb.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

google::protobuf::Value Of(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(text);
  return value;
}
google::protobuf::Value Of(double number) {
  google::protobuf::Value value;
  value.set_number_value(number);
  return value;
}

TEST(PriorityName, IsMmenginesOrTheNumber) {
  const std::vector<int> priorities = {0, 10, 30, 40, 50, 60, 70, 90, 100, 55};
  std::vector<std::string> names;
  for (const int priority : priorities) names.push_back(PriorityName(priority));

  EXPECT_EQ(names,
            std::vector<std::string>({"HIGHEST", "VERY_HIGH", "HIGH",
                                      "ABOVE_NORMAL", "NORMAL", "BELOW_NORMAL",
                                      "LOW", "VERY_LOW", "LOWEST", "55"}));
}

TEST(ParsePriority, TakesNamesInAnyCaseAndNumbers) {
  EXPECT_EQ(*ParsePriority(Of("VERY_HIGH")), 10);
  EXPECT_EQ(*ParsePriority(Of("lowest")), 100);
  EXPECT_EQ(*ParsePriority(Of(49)), 49);
  EXPECT_EQ(*ParsePriority(Of(0)), 0);
}

TEST(ParsePriority, RefusesWhatIsNoLevel) {
  google::protobuf::Value none;
  none.set_null_value(google::protobuf::NULL_VALUE);
  for (const google::protobuf::Value& value :
       {Of("URGENT"), Of(-1), Of(101), Of(49.5), none}) {
    const absl::Status status = ParsePriority(value).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("VERY_HIGH"));
  }
}

TEST(ConfiguredPriority, IsTheFieldOfTheMessage) {
  CheckpointHookConfig config;
  *config.mutable_priority() = Of("LOW");
  google::protobuf::Any any;
  any.PackFrom(config);

  EXPECT_EQ(**ConfiguredPriority(any), kLow);
}

TEST(ConfiguredPriority, IsTheEntryOfAClassThatTakesAnyFields) {
  StructComponent component;
  component.set_type("NoteHook");
  (*component.mutable_fields()->mutable_fields())["priority"] = Of(49);
  google::protobuf::Any any;
  any.PackFrom(component);

  EXPECT_EQ(**ConfiguredPriority(any), 49);
}

TEST(ConfiguredPriority, IsNoneWhereNoneIsGiven) {
  google::protobuf::Any typed;
  typed.PackFrom(CheckpointHookConfig());
  google::protobuf::Any untyped;
  untyped.PackFrom(StructComponent());
  google::protobuf::Any without_field;
  without_field.PackFrom(Of(3));
  google::protobuf::Any unknown;
  unknown.set_type_url("type.googleapis.com/anneal.NoSuchConfig");

  for (const auto& any : {typed, untyped, without_field, unknown}) {
    const auto priority = ConfiguredPriority(any);
    ASSERT_TRUE(priority.ok()) << priority.status();
    EXPECT_FALSE(priority->has_value()) << any.type_url();
  }
}

TEST(ConfiguredPriority, SaysWhatIsWrong) {
  CheckpointHookConfig config;
  *config.mutable_priority() = Of("URGENT");
  google::protobuf::Any any;
  any.PackFrom(config);

  const absl::Status status = ConfiguredPriority(any).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("URGENT"));
}

}  // namespace
}  // namespace anneal
