// Runs update rules that treat every element alike.
#ifndef ANNEAL_OPTIM_ELEMENTWISE_H_
#define ANNEAL_OPTIM_ELEMENTWISE_H_

#include <ATen/core/Tensor.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Exception.h>
#include <c10/util/Half.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "optim/number.h"
#include "optim/per_param_optimizer.h"

namespace anneal {
namespace elementwise {

// Elements of one parameter, its gradient and its state in host memory.
template <size_t N>
struct Span {
  char* param;
  const char* grad;
  std::array<char*, N> states;
  int64_t size;
  at::ScalarType type;
  size_t update;  // index of the rule with its coefficients
};

// Calls fn(span, begin, end) until all `sizes[i]` elements of all spans i have
// been covered, on as many threads as LibTorch may use.
void ForRanges(
    const std::vector<int64_t>& sizes,
    absl::FunctionRef<void(size_t span, int64_t begin, int64_t end)> fn);

// Whether the processor has AVX2.
bool HasAvx2();

// Elements [begin, end) of a span. T is the parameter's type; half-precision
// ones are computed in float, and so is their state.
template <typename T, typename Update, size_t N, size_t... I>
[[gnu::always_inline]] inline void Loop(const Update& rule, const Span<N>& span,
                                        double factor, int64_t begin,
                                        int64_t end,
                                        std::index_sequence<I...>) {
  using Real = std::conditional_t<std::is_same_v<T, double>, double, float>;
  // Copies: what is written through the pointers can't change them.
  const Update update = rule;
  T* const params = reinterpret_cast<T*>(span.param);
  const T* const grads = reinterpret_cast<const T*>(span.grad);
  [[maybe_unused]] const std::array<Real*, N> states = {
      reinterpret_cast<Real*>(span.states[I])...};
#pragma GCC ivdep
  for (int64_t i = begin; i < end; ++i) {
    Number<Real> param{static_cast<Real>(params[i])};
    const Number<Real> grad =
        Number<Real>{static_cast<Real>(grads[i])} * factor;
    Number<Real> values[N + 1] = {{states[I][i]}...};
    update(param, grad, values[I]...);
    params[i] = static_cast<T>(param.value);
    ((states[I][i] = values[I].value), ...);
  }
}

template <typename T, typename Update, size_t N>
void Run(const Update& update, const Span<N>& span, double factor,
         int64_t begin, int64_t end) {
  Loop<T>(update, span, factor, begin, end, std::make_index_sequence<N>());
}

// The same with wider registers. No fused multiply-add, which rounds otherwise:
// numbers don't depend on the processor.
#if defined(__x86_64__)
template <typename T, typename Update, size_t N>
[[gnu::target("avx2")]] void RunAvx2(const Update& update, const Span<N>& span,
                                     double factor, int64_t begin,
                                     int64_t end) {
  Loop<T>(update, span, factor, begin, end, std::make_index_sequence<N>());
}
#endif

template <typename T, typename Update, size_t N>
void RunBest(const Update& update, const Span<N>& span, double factor,
             int64_t begin, int64_t end) {
#if defined(__x86_64__)
  if (HasAvx2()) return RunAvx2<T>(update, span, factor, begin, end);
#endif
  Run<T>(update, span, factor, begin, end);
}

template <typename Update, size_t N>
void RunSpan(const Update& update, const Span<N>& span, double factor,
             int64_t begin, int64_t end) {
  switch (span.type) {
    case at::kFloat:
      return RunBest<float>(update, span, factor, begin, end);
    case at::kDouble:
      return RunBest<double>(update, span, factor, begin, end);
    case at::kBFloat16:
      return RunBest<c10::BFloat16>(update, span, factor, begin, end);
    case at::kHalf:
      return RunBest<c10::Half>(update, span, factor, begin, end);
    default:
      TORCH_CHECK(false, "no optimizer takes parameters of ", span.type);
  }
}

// Tensors that one device updates by one rule.
template <size_t N>
struct Lists {
  size_t update;
  std::vector<at::Tensor> params;
  std::vector<at::Tensor> grads;
  std::array<std::vector<at::Tensor>, N> states;
};

// What is not in host memory, or not computed in its own dtype, goes by lists.
template <typename Update, size_t N, size_t... I>
void RunLists(const Update& update, const Lists<N>& lists, double factor,
              std::index_sequence<I...>) {
  const at::ScalarType type = lists.params[0].scalar_type();
  const at::ScalarType computed =
      type == at::kBFloat16 || type == at::kHalf ? at::kFloat : type;
  auto converted = [&](const std::vector<at::Tensor>& tensors) {
    std::vector<at::Tensor> result;
    for (const at::Tensor& tensor : tensors) {
      result.push_back(tensor.to(computed));
    }
    return Numbers(std::move(result));
  };
  Numbers param = converted(lists.params);
  Numbers grad = converted(lists.grads);
  if (factor != 1) grad = grad * factor;
  std::array<Numbers, N> states = {Numbers(lists.states[I])...};
  update(param, grad, states[I]...);
  auto store = [](const std::vector<at::Tensor>& to, const Numbers& from) {
    for (size_t i = 0; i < to.size(); ++i) to[i].copy_(from.tensors()[i]);
  };
  store(lists.params, param);
  (store(lists.states[I], states[I]), ...);
}

// Whether the two steps have the same coefficients.
inline bool SameNumbers(const ParamFields& a, const ParamFields& b) {
  return a.step == b.step && a.numbers == b.numbers;
}

}  // namespace elementwise

// Updates `params`, whose gradients are dense. `tensors` are the fields that
// the rule works on, by their index among the state's tensors.
// `make_update(step)` gives the rule, a small copyable object of the
// coefficients, with
//
//   template <typename V>
//   void operator()(V& param, const V& grad, V& tensor...) const
//
// where V is Number<float>, Number<double> or Numbers; it may change the
// state's numbers, and is called once for neighbours with the same step and
// numbers. In host memory the rule runs over each element in one pass,
// vectorised and on all threads; elsewhere it runs on foreach kernels.
template <size_t N, typename MakeUpdate>
void UpdateElementwise(const std::vector<ParamStep>& params,
                       const std::array<int, N>& tensors, double grad_factor,
                       const MakeUpdate& make_update) {
  using Update = std::decay_t<decltype(make_update(params[0]))>;
  std::vector<Update> updates;
  std::vector<elementwise::Span<N>> spans;
  std::vector<int64_t> sizes;
  std::vector<elementwise::Lists<N>> lists;
  spans.reserve(params.size());
  sizes.reserve(params.size());
  ParamFields last;  // the numbers of the last rule, before it was made
  absl::InlinedVector<float, 2> last_numbers;  // and after
  bool last_is_first = false;
  for (const ParamStep& step : params) {
    if (updates.empty() || step.is_first != last_is_first ||
        !elementwise::SameNumbers(*step.state, last)) {
      last.step = step.state->step;
      last.numbers = step.state->numbers;
      last_is_first = step.is_first;
      updates.push_back(make_update(step));
      last_numbers = step.state->numbers;
    } else {
      step.state->numbers = last_numbers;
    }
    const size_t update = updates.size() - 1;
    if (step.param->is_cpu() &&
        step.grad->scalar_type() == step.param->scalar_type()) {
      elementwise::Span<N>& span = spans.emplace_back();
      span.param = static_cast<char*>(step.param->mutable_data_ptr());
      span.grad = static_cast<const char*>(step.grad->const_data_ptr());
      for (size_t i = 0; i < N; ++i) {
        span.states[i] = static_cast<char*>(
            step.state->tensors[tensors[i]].mutable_data_ptr());
      }
      span.size = step.param->numel();
      span.type = step.param->scalar_type();
      span.update = update;
      sizes.push_back(span.size);
      continue;
    }
    if (lists.empty() || lists.back().update != update ||
        lists.back().params[0].device() != step.param->device() ||
        lists.back().params[0].scalar_type() != step.param->scalar_type()) {
      lists.emplace_back().update = update;
    }
    lists.back().params.push_back(*step.param);
    lists.back().grads.push_back(*step.grad);
    for (size_t i = 0; i < N; ++i) {
      lists.back().states[i].push_back(step.state->tensors[tensors[i]]);
    }
  }
  elementwise::ForRanges(sizes, [&](size_t i, int64_t begin, int64_t end) {
    elementwise::RunSpan(updates[spans[i].update], spans[i], grad_factor, begin,
                         end);
  });
  for (const elementwise::Lists<N>& one : lists) {
    elementwise::RunLists(updates[one.update], one, grad_factor,
                          std::make_index_sequence<N>());
  }
}

}  // namespace anneal

#endif  // ANNEAL_OPTIM_ELEMENTWISE_H_
