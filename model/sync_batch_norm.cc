#include "model/sync_batch_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/batch_norm_backward_elemt.h>
#include <ATen/ops/batch_norm_backward_reduce.h>
#include <ATen/ops/batch_norm_elemt.h>
#include <ATen/ops/batch_norm_update_stats.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "utils/torch_status.h"

namespace anneal {
namespace {

using torch::autograd::AutogradContext;

// What statistics are computed in, as LibTorch's batch norm does.
at::ScalarType StatisticsDtype(const at::Tensor& input) {
  return input.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

at::Tensor ToDtype(const at::Tensor& tensor, at::ScalarType dtype) {
  return tensor.defined() ? tensor.to(dtype) : tensor;
}

// The layout that the kernels are fast in.
at::Tensor Dense(const at::Tensor& tensor, at::MemoryFormat format) {
  return tensor.contiguous(format);
}

std::optional<at::Tensor> Optional(const at::Tensor& tensor) {
  return tensor.defined() ? std::make_optional(tensor) : std::nullopt;
}

int64_t ValuesPerChannel(const at::Tensor& input) {
  return input.numel() == 0 ? 0 : input.numel() / input.size(1);
}

void CheckChannels(const char* name, const at::Tensor& tensor,
                   int64_t num_channels) {
  TORCH_CHECK(!tensor.defined() || tensor.numel() == num_channels, name,
              " should contain ", num_channels, " elements not ",
              tensor.numel());
}

// Mean and biased variance, (channels) in float64, and count, of one value.
struct Moments {
  at::Tensor mean;
  at::Tensor var;
  at::Tensor count;
};

// Of this rank's values; zeros where it has none.
Moments LocalMoments(const at::Tensor& input) {
  const int64_t num_channels = input.size(1);
  const int64_t count = ValuesPerChannel(input);
  const auto options = input.options().dtype(at::kDouble);
  Moments local;
  local.count = at::full({1}, count, options);
  if (count == 0) {
    local.mean = at::zeros({num_channels}, options);
    local.var = local.mean;
    return local;
  }
  // The kernel takes its results' dtype from a running mean.
  const at::Tensor unused =
      at::zeros({num_channels}, input.options().dtype(StatisticsDtype(input)));
  const auto [mean, var] =
      at::batch_norm_update_stats(input, unused, unused, /*momentum=*/0.0);
  local.mean = mean.to(at::kDouble);
  local.var = var.to(at::kDouble);
  return local;
}

// Of all ranks' values: sums of the values and of their squares in float64, so
// that the variance of float32 values survives the subtraction. That of float64
// ones may not.
Moments AllReduceMoments(const Moments& local,
                         dist::Communicator* communicator) {
  const int64_t num_channels = local.mean.numel();
  at::Tensor sums =
      at::cat({local.mean * local.count,
               (local.var + local.mean.square()) * local.count, local.count});
  ThrowIfError(communicator->AllReduce(&sums, dist::ReduceOp::kSum));
  Moments all;
  all.count = sums.narrow(0, 2 * num_channels, 1);
  all.mean = sums.narrow(0, 0, num_channels) / all.count;
  all.var = (sums.narrow(0, num_channels, num_channels) / all.count -
             all.mean.square())
                .clamp_min(0);
  return all;
}

// The same from every rank's own moments, as pairs of them are combined in
// Chan, Golub, LeVeque, "Algorithms for computing the sample variance", 1983.
Moments GatherMoments(const Moments& local, dist::Communicator* communicator) {
  const int64_t num_channels = local.mean.numel();
  // Rows by rank; as a sum they come in one collective.
  at::Tensor rows = at::zeros(
      {communicator->world_size(), 2 * num_channels + 1}, local.mean.options());
  rows[communicator->rank()].copy_(
      at::cat({local.mean, local.var, local.count}));
  ThrowIfError(communicator->AllReduce(&rows, dist::ReduceOp::kSum));
  const at::Tensor means = rows.narrow(1, 0, num_channels);
  const at::Tensor vars = rows.narrow(1, num_channels, num_channels);
  const at::Tensor counts = rows.narrow(1, 2 * num_channels, 1);
  Moments all;
  all.count = counts.sum(0);
  const at::Tensor shares = counts / all.count;
  all.mean = (means * shares).sum(0);
  all.var = ((vars + (means - all.mean).square()) * shares).sum(0);
  return all;
}

// A rank that has two values need not wait for the device to know.
void CheckCount(int64_t local_count, const at::Tensor& count) {
  if (local_count > 1) return;
  const auto all = static_cast<int64_t>(count.item<double>());
  TORCH_CHECK_VALUE(all > 1,
                    "Expected more than 1 value per channel when training, got "
                    "on all ranks together ",
                    all);
}

// running = (1 - momentum) * running + momentum * value
void UpdateRunning(const at::Tensor& value, double momentum,
                   const at::Tensor& running) {
  if (running.defined()) {
    running.lerp_(value.to(running.scalar_type()), momentum);
  }
}

SyncBatchNormOutput Forward(const at::Tensor& input,
                            const BatchNormParameters& parameters,
                            dist::Communicator* communicator) {
  const Moments local = LocalMoments(input);
  const Moments all = input.scalar_type() == at::kDouble
                          ? GatherMoments(local, communicator)
                          : AllReduceMoments(local, communicator);
  CheckCount(ValuesPerChannel(input), all.count);
  UpdateRunning(all.mean, parameters.momentum, parameters.running_mean);
  UpdateRunning(all.var * (all.count / (all.count - 1)), parameters.momentum,
                parameters.running_var);

  const at::ScalarType dtype = StatisticsDtype(input);
  const at::Tensor weight = ToDtype(parameters.weight, dtype);
  const at::Tensor bias = ToDtype(parameters.bias, dtype);
  SyncBatchNormOutput result;
  result.statistics.mean = all.mean.to(dtype);
  result.statistics.invstd = (all.var + parameters.eps).rsqrt().to(dtype);
  result.statistics.count = all.count.to(at::kInt);
  if (input.numel() == 0) {
    result.output = at::empty_like(input);
  } else if (input.is_cuda()) {
    result.output =
        at::batch_norm_elemt(input, weight, bias, result.statistics.mean,
                             result.statistics.invstd, parameters.eps);
  } else {
    // With given statistics, as in evaluation.
    result.output = std::get<0>(at::native_batch_norm(
        input, weight, bias, result.statistics.mean, all.var.to(dtype),
        /*training=*/false, /*momentum=*/0.0, parameters.eps));
  }
  return result;
}

// Sums of `first` and `second`, both (channels), over the ranks.
std::pair<at::Tensor, at::Tensor> AllReduceSums(
    const at::Tensor& first, const at::Tensor& second,
    dist::Communicator* communicator) {
  at::Tensor sums = at::cat({first, second});
  ThrowIfError(communicator->AllReduce(&sums, dist::ReduceOp::kSum));
  const int64_t num_channels = first.numel();
  return {sums.narrow(0, 0, num_channels),
          sums.narrow(0, num_channels, num_channels)};
}

// `values`, (channels), in a shape that broadcasts over `input`.
at::Tensor PerChannel(const at::Tensor& values, const at::Tensor& input) {
  std::vector<int64_t> shape(input.dim(), 1);
  shape[1] = values.numel();
  return values.view(shape);
}

// slope * x + offset, each (channels): evaluating batch norm is LibTorch's
// fastest one, in any memory format and with parameters of another dtype.
at::Tensor Affine(const at::Tensor& x, const at::Tensor& slope,
                  const at::Tensor& offset) {
  return std::get<0>(at::native_batch_norm(
      x, /*weight=*/slope, /*bias=*/offset,
      /*running_mean=*/at::zeros_like(slope),
      /*running_var=*/at::ones_like(slope), /*training=*/false,
      /*momentum=*/0.0, /*eps=*/0.0));
}

// With xhat = (x - mean) * invstd and n values a channel on all ranks:
// dx = weight * invstd * (dy - sum(dy) / n - xhat * sum(dy * xhat) / n)
//    = scale * dy + slope * x + offset
at::Tensor InputGradientOnCpu(const at::Tensor& grad_output,
                              const at::Tensor& input, const at::Tensor& weight,
                              const SyncBatchNormStatistics& statistics,
                              const at::Tensor& sum_dy,
                              const at::Tensor& sum_dy_xhat) {
  const at::ScalarType dtype = StatisticsDtype(input);
  const double total = statistics.count.item<double>();
  const at::Tensor invstd = statistics.invstd.to(at::kDouble);
  const at::Tensor scale = weight.defined() ? invstd * weight : invstd;
  const at::Tensor slope = scale * invstd * sum_dy_xhat / -total;
  const at::Tensor offset = scale * sum_dy / -total - slope * statistics.mean;
  at::Tensor gradient = Affine(input, slope.to(dtype), offset.to(dtype));
  if (input.scalar_type() == dtype) {
    gradient.addcmul_(grad_output, PerChannel(scale.to(dtype), input));
  } else {  // Mixed with bfloat16 it is slow.
    gradient.add_(
        Affine(grad_output, scale.to(dtype), at::zeros_like(statistics.mean)));
  }
  return gradient;
}

SyncBatchNormGradients BackwardOnCpu(const at::Tensor& grad_output,
                                     const at::Tensor& input,
                                     const at::Tensor& weight,
                                     const SyncBatchNormStatistics& statistics,
                                     std::array<bool, 3> needed,
                                     dist::Communicator* communicator) {
  const at::Tensor& mean = statistics.mean;
  SyncBatchNormGradients gradients;
  if (input.numel() > 0) {
    // The sums over this rank's values alone: without the input's gradient the
    // kernel does no more.
    const at::Tensor some_weight =
        weight.defined() ? weight.to(mean.scalar_type()) : at::ones_like(mean);
    std::tie(std::ignore, gradients.weight, gradients.bias) =
        at::native_batch_norm_backward(grad_output, input, some_weight,
                                       /*running_mean=*/{}, /*running_var=*/{},
                                       mean, statistics.invstd, /*train=*/true,
                                       /*eps=*/0.0, {false, true, true});
  } else {
    gradients.weight = at::zeros_like(mean);
    gradients.bias = at::zeros_like(mean);
  }
  if (needed[0]) {
    const auto [sum_dy, sum_dy_xhat] =
        AllReduceSums(gradients.bias, gradients.weight, communicator);
    gradients.input = input.numel() > 0
                          ? InputGradientOnCpu(grad_output, input, weight,
                                               statistics, sum_dy, sum_dy_xhat)
                          : at::empty_like(input);
  }
  return gradients;
}

SyncBatchNormGradients BackwardOnCuda(const at::Tensor& grad_output,
                                      const at::Tensor& input,
                                      const at::Tensor& weight,
                                      const SyncBatchNormStatistics& statistics,
                                      std::array<bool, 3> needed,
                                      dist::Communicator* communicator) {
  const at::Tensor& mean = statistics.mean;
  SyncBatchNormGradients gradients;
  at::Tensor sum_dy;
  at::Tensor sum_dy_xmu;
  if (input.numel() > 0) {
    std::tie(sum_dy, sum_dy_xmu, gradients.weight, gradients.bias) =
        at::batch_norm_backward_reduce(grad_output, input, mean,
                                       statistics.invstd, weight, needed[0],
                                       needed[1], needed[2]);
  } else {
    sum_dy = at::zeros_like(mean);
    sum_dy_xmu = at::zeros_like(mean);
    gradients.weight = at::zeros_like(mean);
    gradients.bias = at::zeros_like(mean);
  }
  if (needed[0]) {
    std::tie(sum_dy, sum_dy_xmu) =
        AllReduceSums(sum_dy, sum_dy_xmu, communicator);
    gradients.input = input.numel() > 0
                          ? at::batch_norm_backward_elemt(
                                grad_output, input, mean, statistics.invstd,
                                ToDtype(weight, mean.scalar_type()), sum_dy,
                                sum_dy_xmu, statistics.count)
                          : at::empty_like(input);
  }
  return gradients;
}

class SyncBatchNormFunction
    : public torch::autograd::Function<SyncBatchNormFunction> {
 public:
  // Autograd sees weight and bias where they are arguments of their own, and
  // takes none that is undefined.
  static torch::autograd::variable_list forward(
      AutogradContext* context, const at::Tensor& input,
      const std::optional<at::Tensor>& /*weight*/,
      const std::optional<at::Tensor>& bias,
      const BatchNormParameters& parameters, dist::Communicator* communicator) {
    const at::Tensor dense = Dense(input, input.suggest_memory_format());
    const auto [output, statistics] = Forward(dense, parameters, communicator);
    context->save_for_backward({dense, parameters.weight, statistics.mean,
                                statistics.invstd, statistics.count});
    context->saved_data["has_bias"] = bias.has_value();
    context->mark_non_differentiable(
        {statistics.mean, statistics.invstd, statistics.count});
    context->saved_data["communicator"] =
        reinterpret_cast<int64_t>(communicator);
    return {output, statistics.mean, statistics.invstd, statistics.count};
  }

  static torch::autograd::variable_list backward(
      AutogradContext* context, torch::autograd::variable_list grad_outputs) {
    const torch::autograd::variable_list saved = context->get_saved_variables();
    const auto [input_gradient, weight_gradient, bias_gradient] =
        SyncBatchNormBackward(grad_outputs[0], saved[0], saved[1],
                              {saved[2], saved[3], saved[4]},
                              {context->needs_input_grad(0), saved[1].defined(),
                               context->saved_data["has_bias"].toBool()},
                              reinterpret_cast<dist::Communicator*>(
                                  context->saved_data["communicator"].toInt()));
    return {input_gradient, weight_gradient, bias_gradient, at::Tensor(),
            at::Tensor()};
  }
};

}  // namespace

SyncBatchNormOutput SyncBatchNorm(const at::Tensor& input,
                                  const BatchNormParameters& parameters,
                                  dist::Communicator* communicator) {
  const int64_t num_channels = input.size(1);
  CheckChannels("weight", parameters.weight, num_channels);
  CheckChannels("bias", parameters.bias, num_channels);
  CheckChannels("running_mean", parameters.running_mean, num_channels);
  CheckChannels("running_var", parameters.running_var, num_channels);
  const torch::autograd::variable_list outputs = SyncBatchNormFunction::apply(
      input, Optional(parameters.weight), Optional(parameters.bias), parameters,
      communicator);
  return {outputs[0], {outputs[1], outputs[2], outputs[3]}};
}

SyncBatchNormGradients SyncBatchNormBackward(
    const at::Tensor& grad_output, const at::Tensor& input,
    const at::Tensor& weight, const SyncBatchNormStatistics& statistics,
    std::array<bool, 3> needed, dist::Communicator* communicator) {
  TORCH_CHECK_NOT_IMPLEMENTED(
      !at::GradMode::is_enabled(),
      "SyncBatchNorm can be differentiated once, not with create_graph");
  const at::Tensor dense_input = Dense(input, input.suggest_memory_format());
  const at::Tensor dense_grad =
      Dense(grad_output, dense_input.suggest_memory_format());
  SyncBatchNormGradients gradients =
      input.is_cuda() ? BackwardOnCuda(dense_grad, dense_input, weight,
                                       statistics, needed, communicator)
                      : BackwardOnCpu(dense_grad, dense_input, weight,
                                      statistics, needed, communicator);
  gradients.weight = needed[1] && weight.defined()
                         ? gradients.weight.to(weight.scalar_type())
                         : at::Tensor();
  if (!needed[2]) gradients.bias.reset();
  return gradients;
}

}  // namespace anneal
