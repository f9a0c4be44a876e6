#include "dataset/golden_cases.h"

#include <ATen/ops/tensor.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "absl/strings/str_split.h"

namespace anneal {

std::vector<GoldenCase> ReadGoldenCases(const std::string& name) {
  std::ifstream file("dataset/testdata/" + name);
  std::vector<GoldenCase> cases;
  std::string line;
  while (std::getline(file, line)) {
    const std::vector<std::string> parts = absl::StrSplit(line, '|');
    GoldenCase golden{
        line, absl::StrSplit(parts[0], ' ', absl::SkipEmpty()), {}};
    for (size_t i = 1; i < parts.size(); ++i) {
      std::istringstream numbers(parts[i]);
      golden.lists.emplace_back();
      for (double number; numbers >> number;) {
        golden.lists.back().push_back(number);
      }
    }
    cases.push_back(std::move(golden));
  }
  if (cases.empty()) throw std::runtime_error("no golden lines in " + name);
  return cases;
}

at::Tensor GoldenImage(const std::vector<double>& pixels, at::IntArrayRef shape,
                       const std::string& dtype) {
  return at::tensor(pixels, at::kDouble)
      .to(dtype == "uint8" ? at::kByte : at::kFloat)
      .reshape(shape);
}

}  // namespace anneal
