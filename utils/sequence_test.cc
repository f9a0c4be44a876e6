#include "utils/sequence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(IsListOf, LooksAtEveryElement) {
  const Value texts = Value::List{"a", "b"};
  const Value mixed = Value::List{"a", 1};

  EXPECT_TRUE(IsListOf<std::string>(texts));
  EXPECT_FALSE(IsListOf<int64_t>(texts));
  EXPECT_FALSE(IsListOf<std::string>(mixed));
  EXPECT_TRUE((IsListOf<std::string, int64_t>(mixed)));
}

TEST(IsListOf, EmptyListIsOneOfAnything) {
  EXPECT_TRUE(IsListOf<double>(Value::List{}));
}

TEST(IsListOf, WhatIsNoListIsNone) {
  EXPECT_FALSE(IsListOf<std::string>("text"));
  EXPECT_FALSE(IsListOf<int64_t>(Dict{{"a", 1}}));
}

TEST(SliceList, CutsByLengths) {
  const auto pieces =
      SliceList(std::vector<int>{1, 2, 3}, std::vector<int64_t>{2, 0, 1});

  EXPECT_THAT(*pieces,
              ElementsAre(ElementsAre(1, 2), IsEmpty(), ElementsAre(3)));
}

TEST(SliceList, CutsByOneLength) {
  EXPECT_THAT(*SliceList(std::vector<int>{1, 2, 3, 4}, 2),
              ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4)));
}

TEST(SliceList, LengthsOfAnotherSumAreRefused) {
  const auto status =
      SliceList(std::vector<int>{1, 2, 3}, std::vector<int64_t>{2}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("add up to 2, the list has 3"));
}

TEST(SliceList, NegativeLengthIsRefused) {
  EXPECT_EQ(SliceList(std::vector<int>{1}, std::vector<int64_t>{2, -1})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(SliceList, LeftOversAreRefused) {
  for (const int64_t len : {2, 0, -1}) {
    const auto status = SliceList(std::vector<int>{1, 2, 3}, len).status();
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("can't be cut into pieces of"));
  }
}

TEST(ConcatList, JoinsLists) {
  EXPECT_THAT(ConcatList(std::vector<std::vector<int>>{{1}, {}, {2, 3}}),
              ElementsAre(1, 2, 3));
}

TEST(ApplyTo, ChangesWhatMatchesAnywhere) {
  const Value data = Dict{{"a", 1}, {"b", Value::List{2, "x", Dict{{"c", 3}}}}};

  const Value result = ApplyTo(
      data,
      [](const Value& value) { return value.get_if<int64_t>() != nullptr; },
      [](const Value& value) { return Value(*value.get_if<int64_t>() * 10); });

  EXPECT_EQ(result.DebugString(), "{'a': 10, 'b': [20, 'x', {'c': 30}]}");
}

TEST(ApplyTo, SingleValueIsChangedItself) {
  const Value result = ApplyTo(
      7, [](const Value&) { return true; }, [](const Value&) { return "x"; });

  EXPECT_EQ(*result.get_if<std::string>(), "x");
}

}  // namespace
}  // namespace anneal
