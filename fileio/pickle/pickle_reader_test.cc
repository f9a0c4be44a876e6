#include "fileio/pickle/pickle_reader.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fileio/pickle/pickle_builder.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<at::Tensor> Zeros(const StorageId& id) {
  return at::zeros({id.numel}, id.dtype);
}

absl::StatusOr<Value> Read(const std::string& object,
                           const PickleLimits& limits = {}) {
  absl::StatusOr<PickleResult> result =
      ReadPickle(pickle::Pickle(object), Zeros, limits);
  if (!result.ok()) return result.status();
  return std::move(result->value);
}

struct Case {
  const char* name;
  std::string opcodes;
  Value value;
};

class ReadsTest : public ::testing::TestWithParam<Case> {};

TEST_P(ReadsTest, As) {
  const absl::StatusOr<Value> value = Read(GetParam().opcodes);

  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_TRUE(BitIdentical(*value, GetParam().value)) << value->DebugString();
}

std::string Class(absl::string_view args = ")") {
  return absl::StrCat(pickle::Global("m", "C"), args, "R");
}

INSTANTIATE_TEST_SUITE_P(
    Each, ReadsTest,
    ::testing::Values(
        Case{"None", "N", Value()}, Case{"Bool", "\x88", true},
        Case{"Integer", pickle::Int(-5), -5},
        Case{"Text", pickle::Text("a"), "a"},
        Case{"Tuple", pickle::Ints({1, 2}), Value::List{1, 2}},
        Case{"List", pickle::List({"N"}), Value::List{Value()}},
        Case{"Set",
             pickle::Call(pickle::Global("__builtin__", "set"),
                          {pickle::List({pickle::Int(1)})}),
             Value::List{1}},
        Case{"Size",
             pickle::Call(pickle::Global("torch", "Size"),
                          {pickle::Ints({2, 3})}),
             Value::List{2, 3}},
        Case{"Dict",
             pickle::Dict({pickle::Text("a"), pickle::Int(1), pickle::Int(7),
                           pickle::Int(2)}),
             [] {
               Dict dict{{"a", 1}};
               dict[int64_t{7}] = 2;
               return Value(dict);
             }()},
        Case{"TheLastOfEqualKeys",
             pickle::Dict({pickle::Text("a"), pickle::Int(1), pickle::Text("a"),
                           pickle::Int(2)}),
             Dict{{"a", 2}}},
        Case{"OrderedDictWithoutItsAttributes",
             pickle::Build(pickle::Call(pickle::Global("collections",
                                                       "OrderedDict"),
                                        {}) +
                               "(" + pickle::Text("a") + pickle::Int(1) + "u",
                           pickle::Dict({pickle::Text("_metadata"), "N"})),
             Dict{{"a", 1}}},
        Case{"Bytes", pickle::Bytes("a"), Value::Bytes{"a"}},
        Case{"Global", pickle::Global("torch", "float32"),
             Dict{{"__global__", "torch.float32"}}},
        Case{"Call",
             pickle::Call(pickle::Global("os", "system"), {pickle::Text("ls")}),
             Dict{{"__global__", "os.system"}, {"args", Value::List{"ls"}}}},
        Case{
            "CallWithAState", pickle::Build(Class(), pickle::Int(1)),
            Dict{{"__global__", "m.C"}, {"args", Value::List{}}, {"state", 1}}},
        Case{"CallWithItems",
             Class() + "(" + pickle::Text("k") + pickle::Int(1) + "u",
             Dict{{"__global__", "m.C"},
                  {"args", Value::List{}},
                  {"items", Dict{{"k", 1}}}}},
        Case{"CallWithAppended", Class() + "(" + pickle::Int(1) + "e",
             Dict{{"__global__", "m.C"},
                  {"args", Value::List{}},
                  {"appended", Value::List{1}}}},
        // What a bound method of itself makes of an object.
        Case{"CallInsideOfItself", Class() + std::string("q\0h\0b", 5),
             Dict{{"__global__", "m.C"},
                  {"args", Value::List{}},
                  {"state", Dict{{"__global__", "m.C"}}}}},
        // A call that comes twice, but not within itself, is whole twice.
        Case{"CallTwice", Class() + std::string("q\0h\0\x86", 5),
             Value::List{Dict{{"__global__", "m.C"}, {"args", Value::List{}}},
                         Dict{{"__global__", "m.C"}, {"args", Value::List{}}}}},
        Case{"HistoryBuffer",
             pickle::Build(
                 pickle::Call(pickle::Global("mmengine.logging.history_buffer",
                                             "HistoryBuffer"),
                              {}),
                 pickle::Dict({pickle::Text("max_length"), pickle::Int(9),
                               pickle::Text("_set_default_statistics"), "N",
                               pickle::Text("_log_history"), pickle::Int(1),
                               pickle::Text("_count_history"),
                               pickle::Int(2)})),
             Dict{
                 {"log_history", 1}, {"count_history", 2}, {"max_length", 9}}}),
    [](const auto& info) { return info.param.name; });

TEST(PickleReader, GivesTheSizeOfThePickle) {
  EXPECT_EQ(ReadPickle("\x80\x02N.more", Zeros)->size, 4u);
}

TEST(PickleReader, SharesTheStorageOfATensorThatComesTwice) {
  const auto value =
      Read(pickle::Tensor(2, 0, {2}, {1}) + std::string("q\0h\0\x86", 5));

  ASSERT_TRUE(value.ok()) << value.status();
  const auto& list = *value->get_if<Value::List>();
  EXPECT_TRUE(
      list[0].get_if<at::Tensor>()->is_alias_of(*list[1].get_if<at::Tensor>()));
}

void ExpectRefused(const absl::StatusOr<Value>& value, const char* word) {
  EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument)
      << value.status();
  EXPECT_THAT(value.status().message(), HasSubstr(word));
}

TEST(PickleReader, NamesTheValueThatIsWrong) {
  const std::string weight = pickle::Tensor(1, 0, {9}, {1});
  ExpectRefused(
      Read(pickle::Dict(
          {pickle::Text("state_dict"),
           pickle::Dict({pickle::Text("w"), pickle::List({"N", weight})})})),
      "state_dict.w[1]: a tensor reaches out of its storage");
  ExpectRefused(Read(weight), "pickle: a tensor reaches");
}

TEST(PickleReader, PassesOnWhatTheLoaderSays) {
  const absl::Status status =
      ReadPickle(pickle::Pickle(pickle::Tensor(1, 0, {1}, {1})),
                 [](const StorageId& id) -> absl::StatusOr<at::Tensor> {
                   return absl::DataLossError("storage " + id.key + " is gone");
                 })
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("storage 0 is gone"));
}

TEST(PickleReader, RefusesKeysOfOtherKinds) {
  ExpectRefused(Read(pickle::Dict({pickle::Ints({1}), "N"})),
                "neither text nor integer");
}

TEST(PickleReader, RefusesABareStorage) {
  ExpectRefused(Read(pickle::Storage("torch", "FloatStorage", "0", 1)),
                "a bare storage");
}

TEST(PickleReader, RefusesAListInsideOfItself) {
  ExpectRefused(Read(std::string("]q\0h\0a", 6)), "nested more than 100 deep");
}

TEST(PickleReader, TakesOneHundredNestedListsAndNoMore) {
  const auto nested = [](int n) {
    return std::string(n, ']') + std::string(n - 1, 'a');
  };
  EXPECT_TRUE(Read(nested(101)).ok());
  ExpectRefused(Read(nested(102)), "nested more than 100 deep");
  ExpectRefused(Read(nested(1000000)), "nested more than 100 deep");
}

// Each pair holds the one before it twice: 2^90 values of 450 bytes.
TEST(PickleReader, RefusesSharedPartsThatMultiply) {
  std::string laughs = ")";
  for (int i = 0; i < 90; ++i) laughs += std::string("q\0h\0\x86", 5);
  ExpectRefused(Read(laughs), "refer to each other too often");
}

TEST(PickleReader, CountsTheTextThatSharingCopies) {
  PickleLimits limits;
  limits.values = 10;
  std::string shared = pickle::Text(std::string(10000, 'x')) + "q";
  shared += '\0';
  shared = "(" + shared;
  for (int i = 0; i < 1000; ++i) shared += std::string("h\0", 2);
  // 1000 times 10,000 / 64 values; the pickle has 12,000 bytes.
  ExpectRefused(Read(shared + "t", limits), "refer to each other too often");
}

TEST(PickleReader, CountsNamesArgumentsAndNumpyToo) {
  PickleLimits limits;
  limits.values = 10;
  std::string shared = pickle::Call(pickle::Global("m", std::string(900, 'f')),
                                    {pickle::Bytes(std::string(9000, 'x'))}) +
                       "q";
  shared += '\0';
  shared = "(" + shared;
  for (int i = 0; i < 1000; ++i) shared += std::string("h\0", 2);
  ExpectRefused(Read(shared + "t", limits), "refer to each other too often");
}

}  // namespace
}  // namespace anneal
