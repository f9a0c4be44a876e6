#include "fileio/pickle/rebuild_tensor.h"

#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "fileio/pickle/pickle_builder.h"
#include "fileio/pickle/pickle_machine.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();

// Every storage is 0, 1, 2, ... of what the pickle asks for.
absl::StatusOr<at::Tensor> Arange(const StorageId& id) {
  return at::arange(id.numel, at::kLong).to(id.dtype);
}

absl::StatusOr<at::Tensor> Rebuild(const std::string& object,
                                   const StorageLoader& storages = Arange) {
  const std::string bytes = pickle::Pickle(object);
  const absl::StatusOr<PickleGraph> graph = RunPickle(bytes, {});
  if (!graph.ok()) return graph.status();
  return RebuildTensor(*graph->root->get_if<PickleCall>(), storages);
}

std::vector<float> Elements(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kFloat).contiguous().view(-1);
  return {flat.const_data_ptr<float>(),
          flat.const_data_ptr<float>() + flat.numel()};
}

std::string Utils(const char* name) {
  return pickle::Global("torch._utils", name);
}
std::string Floats(int64_t numel) {
  return pickle::Storage("torch", "FloatStorage", "0", numel);
}

TEST(RebuildTensor, IsAViewOfItsStorage) {
  at::Tensor storage;
  const auto tensor =
      Rebuild(pickle::Tensor(6, 1, {2, 2}, {1, 3}), [&](const StorageId& id) {
        storage = *Arange(id);
        return storage;
      });

  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->strides(), at::IntArrayRef({1, 3}));
  EXPECT_EQ(Elements(*tensor), (std::vector<float>{1, 4, 2, 5}));
  EXPECT_TRUE(tensor->is_alias_of(storage));
}

TEST(RebuildTensor, AsksForTheStorageThatThePickleNames) {
  StorageId asked;
  ASSERT_TRUE(
      Rebuild(pickle::Call(Utils("_rebuild_tensor_v2"),
                           {pickle::Storage("torch", "BFloat16Storage", "k", 3),
                            pickle::Int(0), pickle::Ints({3}),
                            pickle::Ints({1}), "\x89", "N"}),
              [&](const StorageId& id) {
                asked = id;
                return Arange(id);
              })
          .ok());

  EXPECT_EQ(asked.key, "k");
  EXPECT_EQ(asked.dtype, at::kBFloat16);
  EXPECT_EQ(asked.numel, 3);
}

TEST(RebuildTensor, TakesTheOldestForm) {
  const auto tensor = Rebuild(pickle::Call(
      Utils("_rebuild_tensor"),
      {Floats(2), pickle::Int(0), pickle::Ints({2}), pickle::Ints({1})}));

  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(Elements(*tensor), (std::vector<float>{0, 1}));
}

std::string V3(const std::string& storage, const std::string& dtype) {
  return pickle::Call(Utils("_rebuild_tensor_v3"),
                      {storage, pickle::Int(0), pickle::Ints({2}),
                       pickle::Ints({1}), "\x89", "N", dtype});
}

TEST(RebuildTensor, ReadsUntypedBytesAsTheDtype) {
  const auto tensor =
      Rebuild(V3(pickle::Storage("torch.storage", "UntypedStorage", "0", 4),
                 pickle::Global("torch", "uint16")));

  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->scalar_type(), at::kUInt16);
  EXPECT_EQ(Elements(*tensor), (std::vector<float>{0x0100, 0x0302}));
}

TEST(RebuildTensor, LooksThroughParametersAndAttributes) {
  const std::string data = pickle::Tensor(2, 0, {2}, {1});
  const std::string parameter =
      pickle::Call(Utils("_rebuild_parameter"), {data, "\x88", "N"});
  const std::string with_state = pickle::Call(
      Utils("_rebuild_parameter_with_state"), {data, "\x88", "N", "}"});
  const std::string from_type =
      pickle::Call(pickle::Global("torch._tensor", "_rebuild_from_type_v2"),
                   {Utils("_rebuild_tensor"), pickle::Global("torch", "Tensor"),
                    pickle::Tuple({Floats(2), pickle::Int(0), pickle::Ints({2}),
                                   pickle::Ints({1})}),
                    "}"});
  for (const std::string& object : {parameter, with_state, from_type}) {
    const auto tensor = Rebuild(object);
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(Elements(*tensor), (std::vector<float>{0, 1}));
  }
}

TEST(RebuildTensor, KnowsItsCallees) {
  EXPECT_TRUE(IsRebuild("torch._utils._rebuild_tensor_v2"));
  EXPECT_FALSE(IsRebuild("torch._utils._rebuild_sparse_tensor"));
}

struct View {
  const char* name;
  int64_t numel;
  int64_t offset;
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;
};

std::string NameOf(const ::testing::TestParamInfo<View>& info) {
  return info.param.name;
}
absl::StatusOr<at::Tensor> Rebuild(const View& view) {
  return Rebuild(
      pickle::Tensor(view.numel, view.offset, view.sizes, view.strides));
}

class FittingViewTest : public ::testing::TestWithParam<View> {};

TEST_P(FittingViewTest, IsTaken) {
  const auto tensor = Rebuild(GetParam());
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->sizes(), at::IntArrayRef(GetParam().sizes));
}

INSTANTIATE_TEST_SUITE_P(
    Each, FittingViewTest,
    ::testing::Values(View{"Scalar", 1, 0, {}, {}},
                      View{"ScalarAtTheEnd", 3, 2, {}, {}},
                      View{"ToTheLastElement", 7, 1, {2, 3}, {3, 1}},
                      View{"Expanded", 1, 0, {5, 5}, {0, 0}},
                      View{"EmptyOfAnEmptyStorage", 0, 0, {0, 3}, {3, 1}},
                      View{"EmptyPastTheEnd", 1, 9, {0}, {1}}),
    NameOf);

class UnfitViewTest : public ::testing::TestWithParam<View> {};

TEST_P(UnfitViewTest, IsRefused) {
  const absl::Status status = Rebuild(GetParam()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(status.message(), HasSubstr("reaches out of its storage"));
}

INSTANTIATE_TEST_SUITE_P(
    Each, UnfitViewTest,
    ::testing::Values(
        View{"ScalarOfAnEmptyStorage", 0, 0, {}, {}},
        View{"OneTooFar", 6, 1, {2, 3}, {3, 1}},
        View{"ByItsStride", 4, 0, {2}, {4}},
        View{"ByItsOffset", 4, 4, {1}, {1}},
        View{"OffsetOverflows", 4, kHuge, {2}, {1}},
        View{"StrideOverflows", 4, 0, {3}, {kHuge}},
        // (2^63 - 1)^2 + ... is 1 modulo 2^64.
        View{"ProductOverflows", 4, 0, {kHuge, kHuge}, {kHuge, 1}},
        View{"MoreElementsThanCanBeCounted", 1, 0, {kHuge, kHuge}, {0, 0}},
        View{"EmptyButUncountable", 1, 0, {0, kHuge, 4}, {1, 1, 1}}),
    NameOf);

struct Object {
  const char* name;
  std::string opcodes;
  const char* word;
};

class MalformedTensorTest : public ::testing::TestWithParam<Object> {};

TEST_P(MalformedTensorTest, IsRefused) {
  const absl::Status status = Rebuild(GetParam().opcodes).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(status.message(), HasSubstr(GetParam().word));
}

std::string V2(const std::vector<std::string>& args) {
  return pickle::Call(Utils("_rebuild_tensor_v2"), args);
}
std::string OfStorage(const std::vector<std::string>& id) {
  return V2({pickle::Tuple(id) + "Q", pickle::Int(0), pickle::Ints({1}),
             pickle::Ints({1})});
}

INSTANTIATE_TEST_SUITE_P(
    Each, MalformedTensorTest,
    ::testing::Values(
        Object{"TooFewFields", V2({Floats(1), pickle::Int(0)}),
               "too few fields"},
        Object{"NoStorage",
               V2({"N", pickle::Int(0), pickle::Ints({1}), pickle::Ints({1})}),
               "without a storage"},
        Object{"NegativeOffset",
               V2({Floats(1), pickle::Int(-1), pickle::Ints({1}),
                   pickle::Ints({1})}),
               "without a storage"},
        Object{"NegativeSize", pickle::Tensor(1, 0, {-1}, {1}),
               "no natural number"},
        Object{"NegativeStride", pickle::Tensor(3, 2, {2}, {-1}),
               "no natural number"},
        Object{"TextAsSize",
               V2({Floats(1), pickle::Int(0), pickle::Text("1"),
                   pickle::Ints({1})}),
               "no tuple"},
        Object{"FewerStrides", pickle::Tensor(4, 0, {2, 2}, {1}),
               "size and stride don't fit"},
        Object{"RankOf65",
               pickle::Tensor(1, 0, std::vector<int64_t>(65, 1),
                              std::vector<int64_t>(65, 1)),
               "size and stride don't fit"},
        Object{"IdOfFour",
               OfStorage({pickle::Text("storage"),
                          pickle::Global("torch", "FloatStorage"),
                          pickle::Text("0"), pickle::Text("cpu")}),
               "no storage's"},
        Object{
            "IdOfAModule",
            OfStorage({pickle::Text("module"),
                       pickle::Global("torch", "FloatStorage"),
                       pickle::Text("0"), pickle::Text("cpu"), pickle::Int(1)}),
            "no storage's"},
        Object{"NegativeNumel", pickle::Tensor(-1, 0, {1}, {1}),
               "no storage's"},
        Object{"StorageView",
               OfStorage({pickle::Text("storage"),
                          pickle::Global("torch", "FloatStorage"),
                          pickle::Text("0"), pickle::Text("cpu"),
                          pickle::Int(1), pickle::Ints({1, 2})}),
               "a storage that is a view"},
        Object{"ForeignStorage",
               V2({pickle::Storage("os", "FloatStorage", "0", 1),
                   pickle::Int(0), pickle::Ints({1}), pickle::Ints({1})}),
               "type os.FloatStorage"},
        Object{"QuantizedStorage",
               V2({pickle::Storage("torch", "QInt8Storage", "0", 1),
                   pickle::Int(0), pickle::Ints({1}), pickle::Ints({1})}),
               "torch.QInt8Storage, which Anneal does not read"},
        Object{"UnknownDtype",
               V3(pickle::Storage("torch.storage", "UntypedStorage", "0", 4),
                  pickle::Global("torch", "uint7")),
               "torch.uint7, which Anneal does not read"},
        Object{
            "NoDtype",
            V3(pickle::Storage("torch.storage", "UntypedStorage", "0", 4), "N"),
            "no dtype"},
        Object{"HalfAnElement",
               V3(pickle::Storage("torch.storage", "UntypedStorage", "0", 3),
                  pickle::Global("torch", "uint16")),
               "whole elements"},
        Object{"ParameterOfNothing",
               pickle::Call(Utils("_rebuild_parameter"), {}),
               "without a tensor"},
        Object{"ParameterOfAnotherCall",
               pickle::Call(Utils("_rebuild_parameter"),
                            {pickle::Call(pickle::Global("os", "getcwd"), {})}),
               "made by os.getcwd"},
        Object{"AttributesWithoutArguments",
               pickle::Call(pickle::Global("torch._tensor",
                                           "_rebuild_from_type_v2"),
                            {Utils("_rebuild_tensor"), "N", "N", "}"}),
               "no function to make it"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
