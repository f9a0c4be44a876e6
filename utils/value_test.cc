#include "utils/value.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(Dict, IteratesInOrderOfInsertion) {
  Dict dict;
  dict["b"] = 1;
  dict[int64_t{7}] = 2;
  dict["a"] = 3;
  dict["b"] = 4;

  std::string keys;
  for (const auto& [key, value] : dict) keys += KeyString(key) + " ";

  EXPECT_EQ(keys, "b 7 a ");
  EXPECT_EQ(*dict.Find("b")->get_if<int64_t>(), 4);
}

TEST(Dict, KeepsStringAndIntegerKeysApart) {
  Dict dict;
  dict["1"] = "text";
  dict[int64_t{1}] = "integer";

  EXPECT_EQ(dict.size(), 2u);
  EXPECT_EQ(*dict.Find(int64_t{1})->get_if<std::string>(), "integer");
}

TEST(Dict, FindsTheRestAfterAnErase) {
  Dict dict{{"a", 1}, {"b", 2}, {"c", 3}};

  dict.Erase("a");

  EXPECT_EQ(dict.Find("a"), nullptr);
  EXPECT_EQ(*dict.Find("c")->get_if<int64_t>(), 3);
  dict["d"] = 4;
  EXPECT_EQ(*dict.Find("d")->get_if<int64_t>(), 4);
}

TEST(Value, ReadsAnIntegralRealAsInteger) {
  EXPECT_EQ(*Value(3.0).AsInt("x"), 3);
  EXPECT_EQ(Value(3.5).AsInt("x").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Value, WrongKindNamesPlaceAndBothKinds) {
  const absl::Status status = Value("fast").AsReal("optimizer.lr").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(),
              HasSubstr("optimizer.lr: expected a number, found str"));
}

TEST(Value, BitIdenticalComparesTensorsByDtypeShapeAndBytes) {
  const float nan = std::numeric_limits<float>::quiet_NaN();

  EXPECT_TRUE(BitIdentical(at::full({2}, nan), at::full({2}, nan)));
  EXPECT_FALSE(BitIdentical(at::zeros({2, 3}), at::zeros({3, 2})));
  EXPECT_FALSE(BitIdentical(at::zeros({2}), at::zeros({2}, at::kDouble)));
  EXPECT_FALSE(BitIdentical(0.0, -0.0));
  EXPECT_FALSE(BitIdentical(1, 1.0));
}

TEST(Value, BitIdenticalSeesOrderOfKeys) {
  EXPECT_TRUE(BitIdentical(Dict{{"a", 1}, {"b", 2}}, Dict{{"a", 1}, {"b", 2}}));
  EXPECT_FALSE(
      BitIdentical(Dict{{"a", 1}, {"b", 2}}, Dict{{"b", 2}, {"a", 1}}));
}

TEST(Value, DebugStringDescribesTensors) {
  const Value value =
      Dict{{"lr", 0.5}, {"w", at::zeros({2, 3})}, {"l", Value::List{1, "x"}}};

  EXPECT_EQ(value.DebugString(),
            "{'lr': 0.5, 'w': Tensor[2, 3] Float, 'l': [1, 'x']}");
}

// An element with a tensor of its own.
class Point : public ValueObject {
 public:
  explicit Point(at::Tensor place) : place_(std::move(place)) {}
  std::string type_name() const override { return "Point"; }
  Value ToValue() const override { return Dict{{"place", place_}}; }
  std::shared_ptr<const ValueObject> MapTensors(
      absl::FunctionRef<at::Tensor(const at::Tensor&)> fn) const override {
    return std::make_shared<Point>(fn(place_));
  }

 private:
  at::Tensor place_;
};

// An element without any.
class Nothing : public ValueObject {
 public:
  std::string type_name() const override { return "Nothing"; }
  Value ToValue() const override { return "nothing"; }
};

TEST(Value, MapTensorsReachesEveryTensor) {
  const auto make = [](double number) {
    const at::Tensor tensor = at::full({2}, number);
    return Value(Dict{
        {"tensor", tensor},
        {int64_t{7}, Value::List{tensor, Dict{{"inner", tensor}}, "text"}},
        {"point",
         std::shared_ptr<const ValueObject>(std::make_shared<Point>(tensor))},
        {"nothing",
         std::shared_ptr<const ValueObject>(std::make_shared<Nothing>())},
        {"undefined", at::Tensor()},
        {"none", Value()}});
  };

  const Value mapped = MapTensors(
      make(1), [](const at::Tensor& tensor) { return tensor.mul(3); });

  EXPECT_TRUE(BitIdentical(mapped, make(3)));
}

TEST(Value, IsNotMadeOfPointers) {
  static_assert(std::is_convertible_v<bool, Value>);
  static_assert(std::is_convertible_v<const char*, Value>);
  static_assert(!std::is_constructible_v<Value, const at::Tensor*>);
  static_assert(!std::is_constructible_v<Value, const Value*>);
}

TEST(Value, RequireListsTheKeysThereAre) {
  const Dict dict{{"meta", 1}, {"state_dict", 2}};

  const absl::Status status = Require(dict, "optimizer", "ckpt.pth").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(),
              HasSubstr("no \"optimizer\"; it has: meta, state_dict"));
}

}  // namespace
}  // namespace anneal
