#include "fileio/pickle/numpy_pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fileio/pickle/pickle_builder.h"
#include "fileio/pickle/pickle_machine.h"
#include "fileio/utf8.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<absl::optional<Value>> Numpy(const std::string& object) {
  const std::string bytes = pickle::Pickle(object);
  const absl::StatusOr<PickleGraph> graph = RunPickle(bytes, {});
  if (!graph.ok()) return graph.status();
  return PickledNumpy(*graph->root->get_if<PickleCall>());
}

absl::optional<std::string> BytesOf(const std::string& object) {
  const std::string bytes = pickle::Pickle(object);
  const absl::StatusOr<PickleGraph> graph = RunPickle(bytes, {});
  return PickledBytes(*graph->root->get_if<PickleCall>());
}

std::string Dtype(const char* name, const char* order = "<") {
  return pickle::Build(
      pickle::Call(pickle::Global("numpy", "dtype"),
                   {pickle::Text(name), "\x89", "\x88"}),
      pickle::Tuple({pickle::Int(3), pickle::Text(order), "N", "N", "N",
                     pickle::Int(-1), pickle::Int(-1), pickle::Int(0)}));
}

std::string Array(const std::string& shape, const std::string& dtype,
                  bool is_fortran, const std::string& data,
                  const char* module = "numpy._core.multiarray") {
  return pickle::Build(pickle::Call(pickle::Global(module, "_reconstruct"),
                                    {pickle::Global("numpy", "ndarray"),
                                     pickle::Ints({0}), pickle::Bytes("b")}),
                       pickle::Tuple({pickle::Int(1), shape, dtype,
                                      is_fortran ? "\x88" : "\x89", data}));
}

std::string Scalar(const std::string& dtype, const std::string& data) {
  return pickle::Call(pickle::Global("numpy._core.multiarray", "scalar"),
                      {dtype, data});
}

TEST(PickledBytes, DecodesLatin1) {
  EXPECT_EQ(BytesOf(pickle::Bytes(Latin1ToUtf8("a\xff"))), "a\xff");
}

TEST(PickledBytes, AreEmptyFromBytesWithoutArguments) {
  EXPECT_EQ(BytesOf(pickle::Call(pickle::Global("__builtin__", "bytes"), {})),
            "");
}

TEST(PickledBytes, AreNothingElse) {
  EXPECT_EQ(BytesOf(pickle::Call(pickle::Global("os", "system"), {})),
            absl::nullopt);
  EXPECT_EQ(BytesOf(pickle::Call(pickle::Global("_codecs", "encode"),
                                 {pickle::Text("a"), pickle::Text("rot13")})),
            absl::nullopt);
  EXPECT_EQ(BytesOf(pickle::Bytes("\xe2\x82\xac")), absl::nullopt);
}

TEST(PickledNumpy, MakesATensorOfAnArray) {
  for (const char* module :
       {"numpy._core.multiarray", "numpy.core.multiarray"}) {
    const auto value = Numpy(Array(pickle::Ints({2, 2}), Dtype("i1", "|"),
                                   false, pickle::Bytes("\1\2\3\4"), module));
    ASSERT_TRUE(value.ok() && *value) << value.status();
    const auto& tensor = *(*value)->get_if<at::Tensor>();
    EXPECT_EQ(tensor.scalar_type(), at::kChar);
    EXPECT_EQ(tensor.sizes(), at::IntArrayRef({2, 2}));
    EXPECT_EQ(tensor[0][1].item<int>(), 2);
  }
}

TEST(PickledNumpy, KeepsFortransOrder) {
  const auto value = Numpy(Array(pickle::Ints({2, 2}), Dtype("i1", "|"), true,
                                 pickle::Bytes("\1\2\3\4")));

  ASSERT_TRUE(value.ok() && *value) << value.status();
  const auto& tensor = *(*value)->get_if<at::Tensor>();
  EXPECT_EQ(tensor[0][1].item<int>(), 3);
  EXPECT_EQ(tensor[1][0].item<int>(), 2);
}

TEST(PickledNumpy, MakesNumbersOfScalars) {
  const std::string half(6, '\0');
  EXPECT_TRUE(BitIdentical(
      **Numpy(
          Scalar(Dtype("f8"), pickle::Bytes(Latin1ToUtf8(half + "\xe0\x3f")))),
      0.5));
  EXPECT_TRUE(BitIdentical(
      **Numpy(Scalar(Dtype("i2"), pickle::Bytes(Latin1ToUtf8("\xfe\xff")))),
      -2));
  EXPECT_TRUE(BitIdentical(
      **Numpy(Scalar(Dtype("b1", "|"), pickle::Bytes("\1"))), true));
}

TEST(PickledNumpy, LeavesOtherCallsAlone) {
  const std::vector<std::string> others = {
      pickle::Call(pickle::Global("os", "system"), {pickle::Text("ls")}),
      pickle::Call(pickle::Global("numpy._core.multiarray", "frombuffer"), {}),
      // Objects, texts, big-endian numbers; an array without its state.
      Array(pickle::Ints({1}), Dtype("O8", "|"), false, pickle::List({"N"})),
      Array(pickle::Ints({1}), Dtype("U1"), false, pickle::Bytes("abcd")),
      Array(pickle::Ints({1}), Dtype("i2", ">"), false, pickle::Bytes("ab")),
      pickle::Call(pickle::Global("numpy._core.multiarray", "_reconstruct"),
                   {}),
      Scalar(Dtype("M8"), pickle::Bytes("12345678"))};
  for (const std::string& object : others) {
    const auto value = Numpy(object);
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_FALSE(value->has_value()) << object;
  }
}

TEST(PickledNumpy, RefusesBytesThatDontFit) {
  for (const std::string& object :
       {Array(pickle::Ints({3}), Dtype("i2"), false, pickle::Bytes("abcd")),
        Array(pickle::Ints({1}), Dtype("i2"), false, pickle::Bytes("abcd")),
        Array(pickle::Ints({int64_t{1} << 62, 4}), Dtype("i1", "|"), false,
              pickle::Bytes("")),
        Scalar(Dtype("f8"), pickle::Bytes("abc"))}) {
    const absl::Status status = Numpy(object).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("don't fit its shape"));
  }
}

TEST(PickledNumpy, RefusesAShapeOfNoNaturalNumbers) {
  for (const std::string& shape :
       {pickle::Ints({-1}), pickle::Tuple({pickle::Text("1")})}) {
    const absl::Status status =
        Numpy(Array(shape, Dtype("i1", "|"), false, pickle::Bytes("a")))
            .status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("natural numbers"));
  }
}

}  // namespace
}  // namespace anneal
