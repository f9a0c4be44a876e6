#include "model/golden.h"

#include <ATen/ops/tensor.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "absl/strings/match.h"

namespace anneal {

Golden::Golden(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("can't read " + path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    std::vector<double> numbers;
    for (double number; words >> number;) numbers.push_back(number);
    lines_.emplace_back(name, std::move(numbers));
  }
}

const std::vector<double>& Golden::Numbers(const std::string& name) const {
  for (const auto& [key, numbers] : lines_) {
    if (key == name) return numbers;
  }
  throw std::runtime_error("no golden numbers called " + name);
}

at::Tensor Golden::Tensor(const std::string& name, at::ScalarType dtype) const {
  return at::tensor(Numbers(name), at::kDouble).to(dtype);
}

std::vector<std::string> Golden::NamesBelow(const std::string& prefix) const {
  std::vector<std::string> names;
  for (const auto& [key, numbers] : lines_) {
    if (absl::StartsWith(key, prefix)) {
      names.push_back(key.substr(prefix.size()));
    }
  }
  return names;
}

bool NearlyEqual(const at::Tensor& a, const at::Tensor& b, double tolerance) {
  const at::Tensor x = a.detach().flatten().to(at::kDouble);
  const at::Tensor y = b.detach().flatten().to(at::kDouble);
  if (x.numel() != y.numel()) return false;
  return x.sub(y)
      .abs()
      .le(y.abs().clamp_min(1).mul(tolerance))
      .all()
      .item<bool>();
}

}  // namespace anneal
