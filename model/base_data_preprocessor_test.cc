#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <memory>

#include "model/base_data_preprocessor.pb.h"
#include "model/data_preprocessor.h"

namespace anneal {
namespace {

std::unique_ptr<DataPreprocessor> Make() {
  google::protobuf::Any any;
  any.PackFrom(BaseDataPreprocessorConfig());
  auto preprocessor = RegistryOf<DataPreprocessor>::Get().Build(any);
  EXPECT_TRUE(preprocessor.ok()) << preprocessor.status();
  return *std::move(preprocessor);
}

TEST(BaseDataPreprocessor, LeavesABatchOnTheHostAsItIs) {
  const at::Tensor inputs = at::ones({2, 3}, at::kByte);

  const Batch out =
      Make()->Process(Batch(Dict{{"inputs", inputs}, {"path", "a"}}), true);

  EXPECT_TRUE(out.tensor("inputs").is_same(inputs));
  EXPECT_EQ(out.fields().size(), 2);
}

TEST(BaseDataPreprocessor, MovesEveryTensorToTheModelsDevice) {
  const auto preprocessor = Make();
  preprocessor->set_device(at::kMeta);

  const Batch out = preprocessor->Process(
      Batch(Dict{{"inputs", at::ones({2})}, {"labels", at::ones({2})}}),
      /*training=*/false);

  EXPECT_TRUE(out.tensor("inputs").is_meta());
  EXPECT_TRUE(out.tensor("labels").is_meta());
}

}  // namespace
}  // namespace anneal
