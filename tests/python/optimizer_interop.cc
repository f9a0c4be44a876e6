// optimizer_interop NAME CONFIG IN OUT: takes over parameters and optimizer
// state from the checkpoint IN, makes two steps and writes both to OUT. The
// task is optimizer_interop.py's.

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "fileio/pth/pth.h"
#include "optim/lbfgs.h"
#include "optim/optimizer.h"
#include "optim/text_config.h"
#include "utils/value.h"

namespace anneal {
namespace {

void ExitUnlessOk(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  std::exit(1);
}

template <typename T>
T ValueOrExit(absl::StatusOr<T> result) {
  ExitUnlessOk(result.status());
  return *std::move(result);
}

// The gradient of sum((p + 0.5)^2) / 8, sparse for SparseAdam.
at::Tensor SetGradients(const std::vector<at::Tensor>& params, bool is_sparse) {
  at::Tensor loss = at::zeros({});
  for (at::Tensor param : params) {
    const at::Tensor grad = (param.detach() + 0.5) / 4;
    loss = loss + (grad * grad).sum() * 2;
    param.mutable_grad() = is_sparse ? grad.to_sparse(1) : grad;
  }
  return loss;
}

void Main(const std::string& name, const std::string& config,
          const std::string& in, const std::string& out) {
  const Value checkpoint = ValueOrExit(LoadPth(in));
  const Dict& dict = *ValueOrExit(checkpoint.AsDict("checkpoint"));
  std::vector<at::Tensor> params;
  for (const Value& value :
       *ValueOrExit(dict.Find("params")->AsList("params"))) {
    params.push_back(ValueOrExit(value.AsTensor("params")).requires_grad_());
  }
  auto optimizer = ValueOrExit(RegistryOf<Optimizer>::Get().Build(
      TextConfig("optimizer", name, config),
      std::vector<ParamGroup>{{params, {}, {}}}));
  ExitUnlessOk(optimizer->LoadStateDict(*dict.Find("optimizer")));
  auto* lbfgs = dynamic_cast<LBFGS*>(optimizer.get());
  for (int step = 0; step < 2; ++step) {
    auto closure = [&] { return SetGradients(params, name == "SparseAdam"); };
    closure();
    if (lbfgs) {
      lbfgs->Step(closure);
    } else {
      optimizer->Step();
    }
  }
  Value::List values;
  for (const at::Tensor& param : params) values.push_back(param.detach());
  ExitUnlessOk(SavePth(Dict{{"params", std::move(values)},
                            {"optimizer", optimizer->state_dict()}},
                       out));
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  anneal::Main(argv[1], argv[2], argv[3], argv[4]);
  return 0;
}
