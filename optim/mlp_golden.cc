#include "optim/mlp_golden.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

namespace anneal {
namespace {

std::vector<double> ReadNumbers(std::istream& words) {
  std::vector<double> numbers;
  std::string word;
  while (words >> word) numbers.push_back(std::stod(word));
  return numbers;
}

// "SIZES... : VALUES"
at::Tensor ReadTensor(std::istream& words) {
  std::vector<int64_t> sizes;
  std::string word;
  while (words >> word && word != ":") sizes.push_back(std::stoll(word));
  return at::tensor(ReadNumbers(words), at::kDouble).reshape(sizes);
}

std::string Rest(std::istream& words) {
  std::string rest;
  std::getline(words >> std::ws, rest);
  return rest;
}

Value ReadOption(std::istream& words) {
  std::string kind;
  std::string text;
  words >> kind;
  if (kind == "list") {
    const std::vector<double> numbers = ReadNumbers(words);
    return Value::List(numbers.begin(), numbers.end());
  }
  words >> text;
  if (kind == "bool") return text == "true";
  if (kind == "int") return static_cast<int64_t>(std::stoll(text));
  if (kind == "float") return std::stod(text);
  return Value();
}

struct Golden {
  std::map<std::string, at::Tensor> tensors;
  std::vector<MlpCase> cases;
  std::vector<SavedMlp> saved;
};

void ReadCaseLine(const std::string& key, std::istream& words, MlpCase* c) {
  if (key == "optimizer") {
    words >> c->optimizer;
    c->config = Rest(words);
  } else if (key == "dtype") {
    c->dtype = Rest(words) == "double" ? at::kDouble : at::kFloat;
  } else if (key == "skips") {
    words >> c->skips;
  } else if (key == "groups") {
    words >> c->num_groups;
  } else if (key == "autocast") {
    words >> c->autocast;
  } else if (key == "wrapper") {
    c->wrapper = Rest(words);
  } else if (key == "losses") {
    c->losses = ReadNumbers(words);
  } else {
    c->grad_norms = ReadNumbers(words);
  }
}

// Lines of a SavedMlp; its Value is made at the end, of these.
struct SavedParts {
  Dict group;
  std::map<int64_t, Dict> state;
};

void ReadSavedLine(const std::string& key, std::istream& words,
                   SavedParts* parts, SavedMlp* saved) {
  std::string name;
  if (key == "optimizer") {
    words >> saved->optimizer;
    saved->config = Rest(words);
  } else if (key == "tensor") {
    words >> name;
    saved->params.push_back(ReadTensor(words).to(at::kFloat));
  } else if (key == "option") {
    words >> name;
    parts->group.Set(name, ReadOption(words));
  } else if (key == "params") {
    Value::List indices;
    for (const double index : ReadNumbers(words)) {
      indices.push_back(static_cast<int64_t>(index));
    }
    parts->group.Set(std::string("params"), std::move(indices));
  } else if (key == "state") {
    int64_t index;
    words >> index >> name;
    parts->state[index].Set(name, ReadTensor(words).to(at::kFloat));
  } else {
    saved->losses = ReadNumbers(words);
    Dict state;
    for (auto& [i, fields] : parts->state) state[i] = std::move(fields);
    saved->state_dict =
        Dict{{"state", std::move(state)},
             {"param_groups", Value::List{std::move(parts->group)}}};
    *parts = SavedParts();
  }
}

Golden ReadGolden() {
  std::ifstream file("optim/mlp_golden.txt");
  Golden golden;
  SavedParts parts;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "case") {
      words >> golden.cases.emplace_back().name;
    } else if (key == "saved") {
      words >> golden.saved.emplace_back().name;
    } else if (!golden.saved.empty()) {
      ReadSavedLine(key, words, &parts, &golden.saved.back());
    } else if (!golden.cases.empty()) {
      ReadCaseLine(key, words, &golden.cases.back());
    } else {
      std::string name;
      words >> name;
      golden.tensors[name] = ReadTensor(words);
    }
  }
  return golden;
}

const Golden& TheGolden() {
  static const Golden* golden = new Golden(ReadGolden());
  return *golden;
}

template <typename T>
std::vector<T> OfOptimizers(const std::vector<T>& all,
                            const std::vector<std::string>& optimizers) {
  std::vector<T> found;
  for (const T& one : all) {
    for (const std::string& optimizer : optimizers) {
      if (one.optimizer == optimizer) found.push_back(one);
    }
  }
  return found;
}

}  // namespace

std::vector<MlpCase> MlpCases(const std::vector<std::string>& optimizers) {
  return OfOptimizers(TheGolden().cases, optimizers);
}

std::vector<SavedMlp> SavedMlps(const std::vector<std::string>& optimizers) {
  return OfOptimizers(TheGolden().saved, optimizers);
}

Mlp::Mlp(at::ScalarType dtype)
    : names_({"weight1", "bias1", "weight2", "bias2"}) {
  const auto& tensors = TheGolden().tensors;
  for (const std::string& name : names_) {
    params_.push_back(tensors.at(name)
                          .to(dtype, /*non_blocking=*/false, /*copy=*/true)
                          .set_requires_grad(true));
  }
  inputs_ = tensors.at("inputs").to(dtype);
  targets_ = tensors.at("targets").to(dtype);
}

void Mlp::set_params(const std::vector<at::Tensor>& values) {
  at::NoGradGuard no_grad;
  for (size_t i = 0; i < params_.size(); ++i) params_[i].copy_(values[i]);
}

at::Tensor Mlp::Loss(int64_t step, bool skips) const {
  const int64_t begin = step * 4 % 16;
  const at::Tensor bias2 =
      skips && step % 2 == 1 ? params_[3].detach() : params_[3];
  const at::Tensor hidden = at::tanh(
      at::linear(inputs_.slice(0, begin, begin + 4), params_[0], params_[1]));
  return at::mse_loss(at::linear(hidden, params_[2], bias2),
                      targets_.slice(0, begin, begin + 4));
}

std::vector<ParamGroup> Mlp::Groups(int num_groups, double lr) const {
  std::vector<ParamGroup> groups(num_groups);
  for (size_t i = 0; i < params_.size(); ++i) {
    groups[i % num_groups].params.push_back(params_[i]);
    groups[i % num_groups].names.push_back(names_[i]);
  }
  if (num_groups == 2) {
    groups[1].options = Dict{{"lr", lr / 2}, {"weight_decay", 0}};
  }
  return groups;
}

std::vector<double> TrainMlp(const Mlp& mlp, int begin, int end, bool skips,
                             Optimizer* optimizer) {
  std::vector<double> losses;
  for (int step = begin; step < end; ++step) {
    const at::Tensor loss = mlp.Loss(step, skips);
    losses.push_back(loss.item<double>());
    loss.backward();
    optimizer->Step();
    optimizer->ZeroGrad();
  }
  return losses;
}

void ExpectNear(const std::vector<double>& actual,
                const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    EXPECT_NEAR(actual[i], expected[i], tolerance * std::abs(expected[i]))
        << "number " << i;
  }
}

Value DeepCopy(const Value& value) {
  return MapTensors(value,
                    [](const at::Tensor& tensor) { return tensor.clone(); });
}

}  // namespace anneal
