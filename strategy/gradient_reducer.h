// The average of gradients over ranks, taken while backward makes them.
#ifndef ANNEAL_STRATEGY_GRADIENT_REDUCER_H_
#define ANNEAL_STRATEGY_GRADIENT_REDUCER_H_

#include <ATen/core/Tensor.h>
#include <c10/util/intrusive_ptr.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "config/model_wrapper.pb.h"

namespace c10d {
class Logger;
class ProcessGroup;
}  // namespace c10d

namespace anneal {

// Reduces the gradients of one optimizer's parameters: torch's
// DistributedDataParallel (Li et al., 2020) without its module. Gradients are
// gathered in buckets in the order in which backward makes them, and each full
// bucket goes to the other ranks while backward makes the next. The first
// loss's graph on rank 0 gives that order, so a run that is resumed has the
// buckets, and with them the bits, of one that never ended. All ranks make one
// over the same parameters in the same order, and call it in the same order.
class GradientReducer {
 public:
  struct Param {
    std::string name;
    // Requires a gradient.
    at::Tensor tensor;
    // Whether its gradient is a sparse tensor.
    bool has_sparse_grad = false;
  };

  // InvalidArgument names the field of the wrapper that is out of range.
  static absl::Status CheckConfig(const ModelWrapperConfig& config);

  // `config` is one that CheckConfig passes. The group outlives the reducer.
  GradientReducer(const ModelWrapperConfig& config, std::vector<Param> params,
                  c10d::ProcessGroup* group);
  ~GradientReducer();

  // loss.backward(); with `should_sync` each gradient, with what was
  // accumulated in it, is then the average of all ranks'. Throws, besides what
  // backward does, c10::ValueError that names the parameters that got no
  // gradient where that is not allowed, and what the collectives throw where a
  // rank is lost.
  void Backward(const at::Tensor& loss, bool should_sync);

 private:
  // c10d's, told of its buckets' order.
  class Reducer;

  // Reduces `params`; with `finds_unused` some may be without a gradient.
  void MakeReducer(const std::vector<Param>& params, bool finds_unused);
  // Of a static graph: reduces the parameters that any rank's `loss` depends
  // on.
  void FixGraph(const at::Tensor& loss);
  // Indices of the parameters that `loss` does not depend on.
  std::vector<size_t> ParamsWithout(const at::Tensor& loss) const;
  std::string NamesOf(const std::vector<size_t>& indices) const;
  void LogAnomalous(const at::Tensor& loss);
  void CheckAllReduced(const at::Tensor& loss) const;

  ModelWrapperConfig config_;
  std::vector<Param> params_;
  c10::intrusive_ptr<c10d::ProcessGroup> group_;
  // Null before the first synchronised backward of a static graph.
  std::shared_ptr<Reducer> reducer_;
  // Those of the reducer's.
  std::vector<at::Tensor> reduced_;
  // The reducer tells it of a graph that changes, and can't do without.
  std::shared_ptr<c10d::Logger> logger_;
  bool finds_unused_ = false;
  // Parameters that no rank uses.
  std::vector<size_t> idle_;
  // Those logged last.
  std::vector<size_t> anomalous_;
};

}  // namespace anneal

#endif  // ANNEAL_STRATEGY_GRADIENT_REDUCER_H_
