#include "model/base_model.h"

#include <c10/util/Exception.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "optim/base_optim_wrapper.h"

namespace anneal {

Value BaseModel::Forward(const Batch&) {
  C10_THROW_ERROR(
      NotImplementedError,
      absl::StrCat(name(), " has no Forward; it gives losses and predictions"));
}

LogVars BaseModel::TrainStep(const Batch& batch,
                             BaseOptimWrapper& optim_wrapper) {
  LogVars losses;
  {
    const auto context = optim_wrapper.OptimContext();
    losses = Loss(Preprocess(batch, /*training=*/true));
  }
  auto [loss, log_vars] = ParseLosses(losses);
  optim_wrapper.UpdateParams(loss);
  return std::move(log_vars);
}

Batch BaseModel::ValStep(const Batch& batch) {
  return Predict(Preprocess(batch, /*training=*/false));
}

Batch BaseModel::TestStep(const Batch& batch) {
  return Predict(Preprocess(batch, /*training=*/false));
}

std::pair<at::Tensor, LogVars> BaseModel::ParseLosses(const LogVars& losses) {
  at::Tensor sum;
  LogVars log_vars = {{"loss", at::Tensor()}};
  for (const auto& [name, value] : losses) {
    const at::Tensor mean = value.dim() == 0 ? value : value.mean();
    if (absl::StrContains(name, "loss")) {
      sum = sum.defined() ? sum + mean : mean;
    }
    if (name == "loss") {
      log_vars[0].second = mean.detach();
    } else {
      log_vars.emplace_back(name, mean.detach());
    }
  }
  TORCH_CHECK_VALUE(
      sum.defined(), "none of the model's losses has \"loss\" in its name: ",
      absl::StrJoin(losses, ", ", [](std::string* out, const auto& item) {
        absl::StrAppend(out, item.first);
      }));
  if (!log_vars[0].second.defined()) log_vars[0].second = sum.detach();
  return {sum, std::move(log_vars)};
}

void BaseModel::set_data_preprocessor(
    std::unique_ptr<DataPreprocessor> preprocessor) {
  data_preprocessor_ = std::move(preprocessor);
}

Batch BaseModel::Preprocess(const Batch& batch, bool training) {
  if (data_preprocessor_ == nullptr) return batch;
  return data_preprocessor_->Process(batch, training);
}

}  // namespace anneal
