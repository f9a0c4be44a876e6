// Golden numbers of this folder's tests.
#ifndef ANNEAL_MODEL_GOLDEN_H_
#define ANNEAL_MODEL_GOLDEN_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace anneal {

// A file of testdata/, of lines of a name and its numbers.
class Golden {
 public:
  // Throws std::runtime_error for a file that can't be read.
  explicit Golden(const std::string& path);

  // The numbers called `name`. Throws std::runtime_error if there are none.
  const std::vector<double>& Numbers(const std::string& name) const;
  // The same as a tensor of one dimension.
  at::Tensor Tensor(const std::string& name,
                    at::ScalarType dtype = at::kFloat) const;

  // The names that begin with `prefix`, without it, in the file's order.
  std::vector<std::string> NamesBelow(const std::string& prefix) const;

 private:
  std::vector<std::pair<std::string, std::vector<double>>> lines_;
};

// Whether both have the same numbers to `tolerance` relative to the larger of
// 1 and the number, whatever their shapes.
bool NearlyEqual(const at::Tensor& a, const at::Tensor& b,
                 double tolerance = 1e-6);

}  // namespace anneal

#endif  // ANNEAL_MODEL_GOLDEN_H_
