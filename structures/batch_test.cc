#include "structures/batch.h"

#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(Batch, TensorIsTheOneOfThatName) {
  const at::Tensor inputs = at::zeros({1});
  const Batch batch(Dict{{"labels", at::zeros({1})}, {"inputs", inputs}});

  EXPECT_TRUE(batch.tensor("inputs").is_same(inputs));
}

TEST(Batch, FieldThatIsNoTensorIsNotTakenForOne) {
  const Batch batch(Dict{{"inputs", Value::List{at::zeros({1})}}});

  try {
    batch.tensor("inputs");
    FAIL() << "no exception";
  } catch (const c10::ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("it has: inputs (list)"));
  }
}

TEST(Batch, MissingTensorListsWhatIsThere) {
  const Batch batch(Dict{{"inputs", at::zeros({1})}, {"path", "a"}});

  try {
    batch.tensor("labels");
    FAIL() << "no exception";
  } catch (const c10::ValueError& error) {
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
  EXPECT_EQ(*list[1].get_if<std::string>(), "x");
}

TEST(Batch, MovingLeavesTheOriginalWhereItIs) {
  const Batch batch(Dict{{"inputs", at::zeros({2})}, {"path", "a"}});

  const Batch moved = batch.To(at::kMeta);

  EXPECT_TRUE(moved.tensor("inputs").is_meta());
  EXPECT_FALSE(batch.tensor("inputs").is_meta());
  EXPECT_EQ(*moved.fields().Find("path")->get_if<std::string>(), "a");
}

}  // namespace
}  // namespace anneal
