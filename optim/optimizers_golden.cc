#include "optim/optimizers_golden.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/sparse_coo_tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "optim/lbfgs.h"
#include "optim/sophia_g.h"
#include "optim/text_config.h"

namespace anneal {
namespace {

std::string Rest(std::istream& words) {
  std::string rest;
  std::getline(words >> std::ws, rest);
  return rest;
}

std::vector<std::string> Words(std::istream& words) {
  return {std::istream_iterator<std::string>(words), {}};
}

void ReadLine(const std::string& key, std::istream& words, OptimizerCase* c) {
  if (key == "optimizer") {
    words >> c->optimizer;
    c->config = Rest(words);
  } else if (key == "dtype") {
    const std::string name = Rest(words);
    c->dtype = name == "double"  ? at::kDouble
               : name == "float" ? at::kFloat
                                 : at::kBFloat16;
  } else if (key == "params") {
    c->only_matrices = Rest(words) == "matrices";
  } else if (key == "groups") {
    words >> c->num_groups;
  } else if (key == "second") {
    c->second = Rest(words);
  } else if (key == "skips") {
    words >> c->skips;
  } else if (key == "sparse") {
    words >> c->is_sparse;
  } else if (key == "state") {
    c->state = Words(words);
  } else if (key == "options") {
    c->options = Words(words);
  } else {
    std::string name;
    words >> name;
    std::vector<double> numbers;
    for (const std::string& word : Words(words)) {
      numbers.push_back(std::stod(word));
    }
    c->values.push_back(at::tensor(numbers, at::kDouble));
  }
}

std::vector<OptimizerCase> ReadCases() {
  std::ifstream file("optim/optimizers_golden.txt");
  std::vector<OptimizerCase> cases;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "case") {
      words >> cases.emplace_back().name;
    } else {
      ReadLine(key, words, &cases.back());
    }
  }
  return cases;
}

// The options that a text protobuf spells out, e.g. `lr: 0.1 nesterov: true`.
Dict OptionsOfText(const std::string& text) {
  Dict options;
  std::istringstream words(text);
  std::string name;
  std::string value;
  while (words >> name >> value) {
    name.pop_back();
    options[name] = value == "true" || value == "false"
                        ? Value(value == "true")
                        : Value(std::stod(value));
  }
  return options;
}

// "((i * a + c) % m - b) / 8" for i from `begin`.
at::Tensor Pattern(int64_t begin, int64_t size, int64_t a, int64_t c, int64_t m,
                   int64_t b) {
  const at::Tensor i = at::arange(begin, begin + size, at::kDouble);
  return (i * a + c).fmod(m).sub(b).div(8);
}

}  // namespace

const std::vector<OptimizerCase>& OptimizerCases() {
  static const auto* cases = new std::vector<OptimizerCase>(ReadCases());
  return *cases;
}

GoldenRun::GoldenRun(const OptimizerCase& golden) : golden_(golden) {
  const std::vector<std::vector<int64_t>> all = {{3, 4}, {2, 2, 1, 3}, {3}};
  const std::vector<std::vector<int64_t>> matrices = {{3, 4}, {5, 3}};
  std::vector<ParamGroup> groups(golden.num_groups);
  int64_t index = 0;
  for (const auto& shape : golden.only_matrices ? matrices : all) {
    int64_t size = 1;
    for (const int64_t length : shape) size *= length;
    params_.push_back(Pattern(index, size, 5, 0, 11, 5)
                          .to(golden.dtype)
                          .reshape(shape)
                          .set_requires_grad(true));
    index += size;
  }
  for (size_t i = 0; i < params_.size(); ++i) {
    const bool is_last = i + 1 == params_.size();
    ParamGroup& group = is_last ? groups.back() : groups.front();
    group.params.push_back(params_[i]);
  }
  if (golden.num_groups == 2) groups[1].options = OptionsOfText(golden.second);
  auto optimizer = RegistryOf<Optimizer>::Get().Build(
      TextConfig("optimizer", golden.optimizer, golden.config),
      std::move(groups));
  EXPECT_TRUE(optimizer.ok()) << optimizer.status();
  optimizer_ = *std::move(optimizer);
}

at::Tensor GoldenRun::Gradient(const at::Tensor& param, int64_t index,
                               int step) const {
  const at::ScalarType type =
      golden_.dtype == at::kBFloat16 ? at::kFloat : golden_.dtype;
  const at::Tensor noise =
      Pattern(index, param.numel(), 7, 13 * step, 17, 8).to(type);
  const at::Tensor grad =
      (param.detach().to(type) + noise.reshape(param.sizes())) / 4;
  if (!golden_.is_sparse) return grad.to(golden_.dtype);
  const at::Tensor rows = at::arange(step % 2, param.size(0), 2, at::kLong);
  return at::sparse_coo_tensor(rows.unsqueeze(0), grad.index_select(0, rows),
                               param.sizes());
}

at::Tensor GoldenRun::SetGradients(int step) {
  int64_t index = 0;
  at::Tensor loss = at::zeros({}, golden_.dtype);
  for (at::Tensor& param : params_) {
    const bool is_last = param.is_same(params_.back());
    at::Tensor grad;
    const bool is_skipped =
        golden_.skips == 1 ? step % 2 == 1 : golden_.skips == 2 && step < 3;
    if (!is_last || !is_skipped) {
      const bool is_lbfgs = golden_.optimizer == "LBFGS";
      grad = Gradient(param, index, is_lbfgs ? 0 : step);
      if (is_lbfgs) {
        const at::Tensor i = at::arange(index, index + param.numel());
        const at::Tensor weighted =
            grad * (i.remainder(3) + 1).reshape(param.sizes());
        loss = loss + (grad * weighted).sum() * 2;
        grad = weighted;
      }
    }
    param.mutable_grad() = grad;
    index += param.numel();
  }
  return loss;
}

void GoldenRun::Step(int begin, int end) {
  for (int step = begin; step < end; ++step) {
    SetGradients(step);
    if (auto* sophia = dynamic_cast<SophiaG*>(optimizer_.get())) {
      if (step % 5 == 0) sophia->UpdateHessian();
    }
    if (auto* lbfgs = dynamic_cast<LBFGS*>(optimizer_.get())) {
      lbfgs->Step([&] { return SetGradients(step); });
    } else {
      optimizer_->Step();
    }
  }
}

void GoldenRun::set_params(const std::vector<at::Tensor>& values) {
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < params_.size(); ++i) params_[i].copy_(values[i]);
}

}  // namespace anneal
