// The arithmetic that element-wise optimizers are written in: once, over one
// number in a register or over all numbers of many tensors.
#ifndef ANNEAL_OPTIM_NUMBER_H_
#define ANNEAL_OPTIM_NUMBER_H_

#include <ATen/core/Tensor.h>
#include <ATen/ops/_foreach_abs.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_clamp_max.h>
#include <ATen/ops/_foreach_clamp_min.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_maximum.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_neg.h>
#include <ATen/ops/_foreach_sign.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/_foreach_sub.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace anneal {

// A float or double. Factors are doubles and are rounded to T before use, as
// LibTorch's kernels do.
template <typename T>
struct Number {
  T value;
};

template <typename T>
Number<T> operator+(Number<T> a, Number<T> b) {
  return {a.value + b.value};
}
template <typename T>
Number<T> operator-(Number<T> a, Number<T> b) {
  return {a.value - b.value};
}
template <typename T>
Number<T> operator*(Number<T> a, Number<T> b) {
  return {a.value * b.value};
}
template <typename T>
Number<T> operator/(Number<T> a, Number<T> b) {
  return {a.value / b.value};
}
template <typename T>
Number<T> operator+(Number<T> a, double b) {
  return {a.value + static_cast<T>(b)};
}
template <typename T>
Number<T> operator*(Number<T> a, double b) {
  return {a.value * static_cast<T>(b)};
}
template <typename T>
Number<T> operator/(Number<T> a, double b) {
  return {a.value / static_cast<T>(b)};
}
template <typename T>
Number<T> operator-(Number<T> a) {
  return {-a.value};
}
template <typename T>
Number<T> Sqrt(Number<T> a) {
  return {std::sqrt(a.value)};
}
template <typename T>
Number<T> Abs(Number<T> a) {
  return {std::abs(a.value)};
}
template <typename T>
Number<T> Maximum(Number<T> a, Number<T> b) {
  return {a.value < b.value ? b.value : a.value};
}
template <typename T>
Number<T> Clamp(Number<T> a, double low, double high) {
  const T raised =
      a.value < static_cast<T>(low) ? static_cast<T>(low) : a.value;
  return {static_cast<T>(high) < raised ? static_cast<T>(high) : raised};
}
// 1, 0 or -1.
template <typename T>
Number<T> Sign(Number<T> a) {
  return {static_cast<T>(T(0) < a.value) - static_cast<T>(a.value < T(0))};
}
// `positive`, `negative` or `zero` by the sign of `a`.
template <typename T>
Number<T> BySign(Number<T> a, double positive, double negative, double zero) {
  const T not_positive =
      a.value < T(0) ? static_cast<T>(negative) : static_cast<T>(zero);
  return {T(0) < a.value ? static_cast<T>(positive) : not_positive};
}

// The numbers of tensors of one dtype on one device, by LibTorch's foreach
// kernels: a few launches for all of them.
class Numbers {
 public:
  explicit Numbers(std::vector<at::Tensor> tensors)
      : tensors_(std::move(tensors)) {}

  const std::vector<at::Tensor>& tensors() const { return tensors_; }

 private:
  std::vector<at::Tensor> tensors_;
};

inline Numbers operator+(const Numbers& a, const Numbers& b) {
  return Numbers(at::_foreach_add(a.tensors(), b.tensors()));
}
inline Numbers operator-(const Numbers& a, const Numbers& b) {
  return Numbers(at::_foreach_sub(a.tensors(), b.tensors()));
}
inline Numbers operator*(const Numbers& a, const Numbers& b) {
  return Numbers(at::_foreach_mul(a.tensors(), b.tensors()));
}
inline Numbers operator/(const Numbers& a, const Numbers& b) {
  return Numbers(at::_foreach_div(a.tensors(), b.tensors()));
}
inline Numbers operator+(const Numbers& a, double b) {
  return Numbers(at::_foreach_add(a.tensors(), b));
}
inline Numbers operator*(const Numbers& a, double b) {
  return Numbers(at::_foreach_mul(a.tensors(), b));
}
inline Numbers operator/(const Numbers& a, double b) {
  return Numbers(at::_foreach_div(a.tensors(), b));
}
inline Numbers operator-(const Numbers& a) {
  return Numbers(at::_foreach_neg(a.tensors()));
}
inline Numbers Sqrt(const Numbers& a) {
  return Numbers(at::_foreach_sqrt(a.tensors()));
}
inline Numbers Abs(const Numbers& a) {
  return Numbers(at::_foreach_abs(a.tensors()));
}
inline Numbers Maximum(const Numbers& a, const Numbers& b) {
  return Numbers(at::_foreach_maximum(a.tensors(), b.tensors()));
}
inline Numbers Clamp(const Numbers& a, double low, double high) {
  return Numbers(
      at::_foreach_clamp_max(at::_foreach_clamp_min(a.tensors(), low), high));
}
inline Numbers Sign(const Numbers& a) {
  return Numbers(at::_foreach_sign(a.tensors()));
}
inline Numbers BySign(const Numbers& a, double positive, double negative,
                      double zero) {
  std::vector<at::Tensor> chosen;
  for (const at::Tensor& tensor : a.tensors()) {
    chosen.push_back(
        at::where(tensor.gt(0), at::full_like(tensor, positive),
                  at::where(tensor.lt(0), at::full_like(tensor, negative),
                            at::full_like(tensor, zero))));
  }
  return Numbers(std::move(chosen));
}

// a + (b - a) * weight.
template <typename V>
V Lerp(const V& a, const V& b, double weight) {
  return a + (b - a) * weight;
}

}  // namespace anneal

#endif  // ANNEAL_OPTIM_NUMBER_H_
