// The cases of optimizers_golden.txt, which optimizers_golden.py made in
// Python.
#ifndef ANNEAL_OPTIM_OPTIMIZERS_GOLDEN_H_
#define ANNEAL_OPTIM_OPTIMIZERS_GOLDEN_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "optim/optimizer.h"

namespace anneal {

// Steps as Python made them; the fields are the file's.
struct OptimizerCase {
  std::string name;
  std::string optimizer;  // the class
  std::string config;     // the optimizer's, as a text protobuf
  at::ScalarType dtype = at::kFloat;
  bool only_matrices = false;
  int num_groups = 1;
  std::string second;  // the second group's options, as a text protobuf
  // 0: the last parameter always has a gradient; 1: at even steps; 2: from
  // step 3 on.
  int skips = 0;
  bool is_sparse = false;
  // Of the last parameter's state and of the first group, as "NAME:KIND" and
  // "NAME"; "-" where the original was not at hand.
  std::vector<std::string> state;
  std::vector<std::string> options;
  // Of each parameter after the last step, in double.
  std::vector<at::Tensor> values;

  int num_steps() const { return optimizer == "LBFGS" ? 4 : 30; }

  friend void PrintTo(const OptimizerCase& one, std::ostream* out) {
    *out << one.name;
  }
};

const std::vector<OptimizerCase>& OptimizerCases();

// The optimizer of a case with parameters of its own, at their first values.
class GoldenRun {
 public:
  explicit GoldenRun(const OptimizerCase& golden);

  // Makes steps [begin, end).
  void Step(int begin, int end);

  const std::vector<at::Tensor>& params() const { return params_; }
  void set_params(const std::vector<at::Tensor>& values);
  Optimizer& optimizer() { return *optimizer_; }

 private:
  // Of step `step`; returns the loss that they are of.
  at::Tensor SetGradients(int step);
  at::Tensor Gradient(const at::Tensor& param, int64_t index, int step) const;

  const OptimizerCase& golden_;
  std::vector<at::Tensor> params_;
  std::unique_ptr<Optimizer> optimizer_;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_OPTIMIZERS_GOLDEN_H_
