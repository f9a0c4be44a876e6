// near_checkpoint TOLERANCE A B: whether the weights of two checkpoints, what
// is in their state_dict, are near each other. The difference of two tensors is
// the largest of their elements', relative to the largest element. Prints each
// tensor's that is above the tolerance, then the largest of all.

#include <ATen/core/Tensor.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/max.h>
#include <ATen/ops/sub.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "fileio/pth/pth.h"
#include "utils/status_macros.h"
#include "utils/value.h"

namespace anneal {
namespace {

absl::StatusOr<Dict> Weights(const std::string& path) {
  ASSIGN_OR_RETURN(const Value checkpoint, LoadPth(path));
  ASSIGN_OR_RETURN(const Dict* dict, checkpoint.AsDict(path));
  const Value* state = dict->Find("state_dict");
  if (state == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " has no state_dict; it is no checkpoint"));
  }
  ASSIGN_OR_RETURN(const Dict* weights, state->AsDict("state_dict"));
  return *weights;
}

// Infinite where one has a NaN or they can't be compared.
double Difference(const at::Tensor& a, const at::Tensor& b) {
  if (!a.sizes().equals(b.sizes()) || a.numel() == 0) return INFINITY;
  const at::Tensor x = a.to(at::kDouble);
  const at::Tensor y = b.to(at::kDouble);
  const double scale =
      std::max(x.abs().max().item<double>(), y.abs().max().item<double>());
  const double apart = at::sub(x, y).abs().max().item<double>();
  if (apart == 0) return 0;
  return std::isfinite(apart) ? apart / scale : INFINITY;
}

// The largest difference.
absl::StatusOr<double> Compare(const Dict& a, const Dict& b, double tolerance) {
  if (a.size() != b.size() || a.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("there are ", a.size(), " and ", b.size(), " tensors"));
  }
  double largest = 0;
  for (const auto& [key, value] : a) {
    const std::string name = KeyString(key);
    const Value* other = b.FindKey(key);
    if (other == nullptr) {
      return absl::NotFoundError(absl::StrCat(name, " is only in the first"));
    }
    ASSIGN_OR_RETURN(const at::Tensor x, value.AsTensor(name));
    ASSIGN_OR_RETURN(const at::Tensor y, other->AsTensor(name));
    const double difference = Difference(x, y);
    if (difference > tolerance) {
      std::cout << name << " differs by " << difference << "\n";
    }
    largest = std::max(largest, difference);
  }
  return largest;
}

absl::StatusOr<bool> AreNear(const char* a, const char* b, double tolerance) {
  ASSIGN_OR_RETURN(const Dict first, Weights(a));
  ASSIGN_OR_RETURN(const Dict second, Weights(b));
  ASSIGN_OR_RETURN(const double largest, Compare(first, second, tolerance));
  std::cout << "largest relative difference " << largest << " (tolerance "
            << tolerance << ")\n";
  return largest <= tolerance;
}

int Main(int argc, char** argv) {
  double tolerance = 0;
  if (argc != 4 || !absl::SimpleAtod(argv[1], &tolerance)) {
    std::cerr << "usage: near_checkpoint TOLERANCE A B\n";
    return 2;
  }
  const absl::StatusOr<bool> near = AreNear(argv[2], argv[3], tolerance);
  if (!near.ok()) {
    std::cerr << near.status().message() << "\n";
    return 2;
  }
  return *near ? 0 : 1;
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) { return anneal::Main(argc, argv); }
