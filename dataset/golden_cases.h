// For tests: the lines of dataset/testdata.
#ifndef ANNEAL_DATASET_GOLDEN_CASES_H_
#define ANNEAL_DATASET_GOLDEN_CASES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace anneal {

// A line of a golden file: words, then lists of numbers, with "|" between.
struct GoldenCase {
  std::string line;
  std::vector<std::string> words;
  std::vector<std::vector<double>> lists;

  int64_t integer(size_t word) const { return std::stoll(words.at(word)); }
};

// The lines of dataset/testdata/NAME. Throws if there are none.
std::vector<GoldenCase> ReadGoldenCases(const std::string& name);

// A list's numbers as an image of numpy's `dtype`, "uint8" or "float32".
at::Tensor GoldenImage(const std::vector<double>& pixels, at::IntArrayRef shape,
                       const std::string& dtype);

}  // namespace anneal

#endif  // ANNEAL_DATASET_GOLDEN_CASES_H_
