#include "dist/value_codec.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>

#include "dist/value_message.pb.h"

namespace anneal::dist {
namespace {

using ::testing::HasSubstr;

class Box : public ValueObject {
 public:
  std::string type_name() const override { return "Box"; }
  Value ToValue() const override { return Dict{{"side", 3}}; }
};

TEST(ValueCodec, GivesBackEveryKind) {
  const Value value = Value::List{
      Value(),
      true,
      int64_t{-5},
      std::numeric_limits<int64_t>::min(),
      0.1,
      std::numeric_limits<double>::quiet_NaN(),
      std::string("caf\xe9\0x", 6),
      Value::Bytes{std::string("\x80\x00", 2)},
      at::arange(6, at::kFloat).view({2, 3}),
      Value::List{},
      Dict{},
      Dict{{"b", 1}, {"a", Dict{{int64_t{7}, at::ones({}, at::kDouble)}}}}};

  const auto back = UnpackValue(PackValue(value));

  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(BitIdentical(*back, value));
}

TEST(ValueCodec, GivesBackEveryDtype) {
  for (const at::ScalarType dtype :
       {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong,
        at::kHalf, at::kBFloat16, at::kFloat, at::kDouble, at::kComplexFloat}) {
    const Value value = at::ones({3}, dtype);

    const auto back = UnpackValue(PackValue(value));

    ASSERT_TRUE(back.ok()) << dtype;
    EXPECT_TRUE(BitIdentical(*back, value)) << dtype;
  }
}

TEST(ValueCodec, TakesTensorsWithGapsAndEmptyOnes) {
  const Value value =
      Value::List{at::arange(12, at::kLong).view({3, 4}).t(),
                  at::arange(12, at::kLong).view({3, 4}).select(1, 2),
                  at::empty({0, 4}), at::full({2}, 7, at::kInt)};

  const auto back = UnpackValue(PackValue(value));

  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(BitIdentical(*back, value));
}

TEST(ValueCodec, KeepsTheOrderOfADict) {
  const auto back =
      UnpackValue(PackValue(Dict{{"z", 1}, {int64_t{3}, 2}, {"a", 3}}));

  ASSERT_TRUE(back.ok());
  std::string keys;
  for (const auto& [key, value] : *back->get_if<Dict>()) {
    keys += KeyString(key) + " ";
  }
  EXPECT_EQ(keys, "z 3 a ");
}

TEST(ValueCodec, SendsAnObjectAsItsValue) {
  const auto back =
      UnpackValue(PackValue(Value(std::make_shared<const Box>())));

  ASSERT_TRUE(back.ok());
  EXPECT_TRUE(BitIdentical(*back, Dict{{"side", 3}}));
}

TEST(ValueCodec, KeepsAnUndefinedTensorUndefined) {
  const auto back = UnpackValue(PackValue(at::Tensor()));

  ASSERT_TRUE(back.ok());
  ASSERT_NE(back->get_if<at::Tensor>(), nullptr);
  EXPECT_FALSE(back->get_if<at::Tensor>()->defined());
}

TEST(ValueCodec, TakesDeepValues) {
  Value value = 1;
  for (int i = 0; i < 500; ++i) value = Value::List{std::move(value)};

  const auto back = UnpackValue(PackValue(value));

  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(BitIdentical(*back, value));
}

// Every cut, and every changed byte of the structure, ends in a value or in
// DataLoss; a sanitizer would see a read outside.
TEST(ValueCodec, BytesItHasNotMadeDoNoHarm) {
  const at::Tensor packed =
      PackValue(Dict{{"w", at::zeros({4, 2})}, {"n", Value::List{1, "x"}}});
  for (int64_t size = 0; size < packed.numel(); ++size) {
    const auto cut = UnpackValue(packed.narrow(0, 0, size).clone());
    ASSERT_FALSE(cut.ok()) << size;
    EXPECT_EQ(cut.status().code(), absl::StatusCode::kDataLoss);
  }
  const int64_t structure = packed.numel() - 4 * 2 * 4;
  for (int64_t i = 0; i < structure; ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      at::Tensor flipped = packed.clone();
      static_cast<uint8_t*>(flipped.data_ptr())[i] ^= 1 << bit;
      const auto read = UnpackValue(flipped);
      if (!read.ok()) {
        EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
      }
    }
  }
}

// What no tensor can be, and bytes that several tensors claim.
TEST(ValueCodec, TensorsBeyondTheirBytesAreDamage) {
  const auto pack = [](const ValueMessage& message, int64_t payload) {
    std::string bytes(8, '\0');
    const std::string text = message.SerializeAsString();
    const uint64_t size = text.size();
    std::memcpy(&bytes[0], &size, sizeof(size));
    bytes += text + std::string(payload, 'x');
    at::Tensor packed =
        at::empty({static_cast<int64_t>(bytes.size())}, at::kByte);
    std::memcpy(packed.data_ptr(), bytes.data(), bytes.size());
    return packed;
  };
  ValueMessage vast;
  vast.mutable_tensor()->set_dtype(static_cast<int>(at::kFloat));
  for (const int64_t size : {int64_t{1} << 62, int64_t{8}, int64_t{0}}) {
    vast.mutable_tensor()->add_sizes(size);
  }
  ValueMessage doubled;
  for (int i = 0; i < 2; ++i) {
    auto* tensor = doubled.mutable_list()->add_values()->mutable_tensor();
    tensor->set_dtype(static_cast<int>(at::kFloat));
    tensor->add_sizes(4);
  }

  EXPECT_EQ(UnpackValue(pack(vast, 0)).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(UnpackValue(pack(doubled, 16)).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_TRUE(UnpackValue(pack(doubled, 32)).ok());
}

TEST(ValueCodec, SaysThatItIsDamaged) {
  const auto read = UnpackValue(at::ones({3}, at::kByte));

  EXPECT_THAT(std::string(read.status().message()), HasSubstr("cut off"));
}

}  // namespace
}  // namespace anneal::dist
