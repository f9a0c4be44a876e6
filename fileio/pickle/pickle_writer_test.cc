#include "fileio/pickle/pickle_writer.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/quantize_per_tensor.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fileio/pickle/pickle_reader.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// What a pickle and its storages become when they are read.
class PickleWriterTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Write(const Value& value) {
    storages_.clear();
    return WritePickle(value, [this](const at::Tensor& storage) {
      storages_.push_back(storage);
      return absl::StrCat(storages_.size() - 1);
    });
  }

  absl::StatusOr<Value> RoundTrip(const Value& value) {
    const absl::StatusOr<std::string> bytes = Write(value);
    if (!bytes.ok()) return bytes.status();
    absl::StatusOr<PickleResult> result =
        ReadPickle(*bytes, [this](const StorageId& id) {
          const at::Tensor& storage = storages_[std::stoi(id.key)];
          EXPECT_EQ(storage.nbytes(), id.numel * c10::elementSize(id.dtype));
          return absl::StatusOr<at::Tensor>(storage.view(id.dtype));
        });
    if (!result.ok()) return result.status();
    return std::move(result->value);
  }

  void ExpectSame(const Value& value) {
    const absl::StatusOr<Value> read = RoundTrip(value);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(BitIdentical(*read, value)) << read->DebugString();
  }

  std::vector<at::Tensor> storages_;
};

TEST_F(PickleWriterTest, KeepsIntegers) {
  constexpr int64_t kMax32 = std::numeric_limits<int32_t>::max();
  constexpr int64_t kMin32 = std::numeric_limits<int32_t>::min();
  ExpectSame(Value::List{0, -1, kMax32, kMax32 + 1, kMin32, kMin32 - 1,
                         std::numeric_limits<int64_t>::max(),
                         std::numeric_limits<int64_t>::min()});
}

TEST_F(PickleWriterTest, KeepsReals) {
  ExpectSame(Value::List{0.1, -0.0, std::numeric_limits<double>::infinity(),
                         std::numeric_limits<double>::quiet_NaN(),
                         std::numeric_limits<double>::denorm_min()});
}

TEST_F(PickleWriterTest, KeepsTextsAndBytes) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  ExpectSame(Value::List{"", "caf\xc3\xa9", std::string("a\0b", 3),
                         Value::Bytes{""}, Value::Bytes{all}});
}

TEST_F(PickleWriterTest, KeepsListsDictsAndNone) {
  Dict dict{{"a", Value()}, {"b", Value::List{true, false}}, {"c", Dict()}};
  dict[int64_t{7}] = Value::List{};
  ExpectSame(dict);
}

TEST_F(PickleWriterTest, WritesUndefinedTensorsAsNone) {
  EXPECT_TRUE((*RoundTrip(at::Tensor())).is_none());
}

TEST_F(PickleWriterTest, KeepsStridesAndSharedStorages) {
  const at::Tensor base = at::arange(12, at::kFloat).view({3, 4});

  const auto read = RoundTrip(Value::List{base, base.t(), base[1]});

  ASSERT_TRUE(read.ok()) << read.status();
  const auto& list = *read->get_if<Value::List>();
  const auto& transposed = *list[1].get_if<at::Tensor>();
  EXPECT_EQ(transposed.strides(), at::IntArrayRef({1, 4}));
  EXPECT_TRUE(transposed.is_alias_of(*list[0].get_if<at::Tensor>()));
  EXPECT_TRUE(at::equal(transposed, base.t()));
  EXPECT_TRUE(at::equal(*list[2].get_if<at::Tensor>(), base[1]));
}

TEST_F(PickleWriterTest, CopiesWhatShowsLessThanHalfOfItsStorage) {
  const at::Tensor base = at::arange(100, at::kFloat);

  const auto read = RoundTrip(base.slice(0, 10, 14));

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(storages_[0].numel(), 4);
  EXPECT_TRUE(at::equal(*read->get_if<at::Tensor>(), base.slice(0, 10, 14)));
}

TEST_F(PickleWriterTest, KeepsExpandedTensorsSmall) {
  const auto read = RoundTrip(at::ones({1}).expand({1000}));

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(storages_[0].numel(), 1);
  EXPECT_TRUE(at::equal(*read->get_if<at::Tensor>(), at::ones({1000})));
}

TEST_F(PickleWriterTest, SavesAStorageSeenAsTwoDtypesAsTwo) {
  const at::Tensor floats = at::ones({2});

  const auto read = RoundTrip(Value::List{floats, floats.view(at::kInt)});

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(storages_.size(), 2u);
  EXPECT_TRUE(at::equal(*(*read->get_if<Value::List>())[1].get_if<at::Tensor>(),
                        floats.view(at::kInt)));
}

TEST_F(PickleWriterTest, SavesAnOffsetThatIsNoWholeElement) {
  const at::Tensor bytes = at::arange(9, at::kByte);
  const at::Tensor shorts = bytes.slice(0, 0, 8).view(at::kShort);

  const auto read = RoundTrip(shorts);

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(at::equal(*read->get_if<at::Tensor>(), shorts));
}

TEST_F(PickleWriterTest, ResolvesConjugates) {
  const at::Tensor number = at::randn({2}, at::kComplexFloat);

  const auto read = RoundTrip(number.conj());

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(at::equal(*read->get_if<at::Tensor>(), number.conj()));
}

TEST_F(PickleWriterTest, SavesParametersWithoutTheirGraph) {
  const at::Tensor parameter = at::ones({2}).requires_grad_();

  const auto read = RoundTrip(parameter);

  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(read->get_if<at::Tensor>()->requires_grad());
}

class Point : public ValueObject {
 public:
  std::string type_name() const override { return "Point"; }
  Value ToValue() const override { return Dict{{"x", 1}}; }
};

TEST_F(PickleWriterTest, WritesObjectsAsTheirValue) {
  const auto read =
      RoundTrip(std::shared_ptr<const ValueObject>(std::make_shared<Point>()));
  EXPECT_TRUE(BitIdentical(*read, Dict{{"x", 1}}));
}

TEST_F(PickleWriterTest, RefusesTextThatIsNotUtf8) {
  for (const Value& value : {Value("\xff"), Value(Dict{{"\xff", 1}})}) {
    const absl::Status status = Write(value).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("not UTF-8: \"\\xff\""));
  }
}

TEST_F(PickleWriterTest, RefusesWhatTheReaderWould) {
  Value deep;
  for (int i = 0; i < 101; ++i) deep = Value::List{std::move(deep)};
  const absl::Status status = Write(deep).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("nested more than 100 deep"));
  ExpectSame((*deep.get_if<Value::List>())[0]);
}

TEST_F(PickleWriterTest, CanNotSaveSparseOrQuantizedTensors) {
  for (const at::Tensor& tensor :
       {at::ones({2}).to_sparse(),
        at::quantize_per_tensor(at::ones({2}), 1.0, 0, at::kQInt8)}) {
    const absl::Status status = Write(tensor).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(status.message(), HasSubstr("can't be saved"));
  }
}

}  // namespace
}  // namespace anneal
