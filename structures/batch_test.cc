#include "structures/batch.h"

#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(Batch, SizeIsTheFirstDimensionOfItsFirstTensor) {
  const Batch batch(Dict{{"path", "a"}, {"inputs", at::zeros({4, 3})}});

  EXPECT_EQ(batch.size(), 4);
}

TEST(Batch, SizeOfListsAlone) {
  const Batch batch(Dict{{"texts", Value::List{"a", "b"}}});

  EXPECT_EQ(batch.size(), 2);
}

TEST(Batch, MissingTensorListsWhatIsThere) {
  const Batch batch(Dict{{"inputs", at::zeros({1})}, {"path", "a"}});

  try {
    batch.tensor("labels");
    FAIL() << "no exception";
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("no tensor \"labels\"; it has: inputs (Tensor), "
                          "path (str)"));
  }
}

TEST(Batch, MovesTensorsInsideListsAndDicts) {
  const Batch batch(Dict{{"list", Value::List{at::zeros({2}), "x"}},
                         {"dict", Dict{{"inner", at::zeros({3})}}}});

  const Batch moved = batch.To(at::kMeta);

  const auto& list = *moved.fields().Find("list")->get_if<Value::List>();
  EXPECT_TRUE(list[0].get_if<at::Tensor>()->is_meta());
  const auto& dict = *moved.fields().Find("dict")->get_if<Dict>();
  EXPECT_TRUE(dict.Find("inner")->get_if<at::Tensor>()->is_meta());
}

}  // namespace
}  // namespace anneal
