// The small MLP of mlp_golden.txt, which mlp_golden.py trained in Python.
#ifndef ANNEAL_OPTIM_MLP_GOLDEN_H_
#define ANNEAL_OPTIM_MLP_GOLDEN_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "optim/optimizer.h"
#include "utils/value.h"

namespace anneal {

// Twenty steps as Python made them; the fields are the file's.
struct MlpCase {
  std::string name;
  std::string optimizer;  // the class
  std::string config;     // the optimizer's, as a text protobuf
  at::ScalarType dtype = at::kFloat;
  bool skips = false;
  int num_groups = 1;
  bool autocast = false;
  std::string wrapper;  // OptimWrapper's config, as a text protobuf
  // Of each step, and after the last.
  std::vector<double> losses;
  std::vector<double> grad_norms;

  // Whether an optimizer without a wrapper makes the same steps.
  bool is_bare() const { return wrapper.empty() && !autocast; }
};

// An optimizer after 7 steps, saved by Python.
struct SavedMlp {
  std::string name;
  std::string optimizer;
  std::string config;
  std::vector<at::Tensor> params;
  Value state_dict;
  // Of steps 7 to 19, and after the last.
  std::vector<double> losses;
};

// The cases whose optimizer is one of `optimizers`.
std::vector<MlpCase> MlpCases(const std::vector<std::string>& optimizers);
std::vector<SavedMlp> SavedMlps(const std::vector<std::string>& optimizers);

constexpr int kMlpSteps = 20;

// The MLP with its first weights.
class Mlp {
 public:
  explicit Mlp(at::ScalarType dtype = at::kFloat);

  // weight1, bias1, weight2, bias2.
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<at::Tensor>& params() const { return params_; }
  void set_params(const std::vector<at::Tensor>& values);

  // The loss of the batch of step `step`. With `skips`, bias2 has no gradient
  // at odd steps.
  at::Tensor Loss(int64_t step, bool skips = false) const;

  // One group, or two: biases apart with half of rate `lr` and no decay.
  std::vector<ParamGroup> Groups(int num_groups, double lr) const;

 private:
  std::vector<std::string> names_;
  std::vector<at::Tensor> params_;
  at::Tensor inputs_;
  at::Tensor targets_;
};

// Steps [begin, end) of a bare optimizer over `mlp`, and the loss of each.
std::vector<double> TrainMlp(const Mlp& mlp, int begin, int end, bool skips,
                             Optimizer* optimizer);

// EXPECTs that both are equal to within `tolerance`, relative.
void ExpectNear(const std::vector<double>& actual,
                const std::vector<double>& expected, double tolerance);

// A copy that shares no storage.
Value DeepCopy(const Value& value);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_MLP_GOLDEN_H_
