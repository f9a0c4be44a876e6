#include "strategy/replicas.h"

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dist/broadcast_tensors.h"
#include "utils/status_macros.h"
#include "utils/value.h"

namespace anneal {
namespace {

std::string Describe(absl::string_view kind, const std::string& name,
                     const at::Tensor& tensor) {
  if (!tensor.defined()) return absl::StrCat(kind, " ", name, ", undefined");
  return absl::StrCat(
      kind, " ", name, " ", c10::toString(tensor.scalar_type()), "[",
      absl::StrJoin(tensor.sizes(), ", "), "]",
      kind == "parameter" && !tensor.requires_grad() ? ", frozen" : "");
}

// Every parameter, then every buffer, in words.
Value::List DescribeAll(const torch::nn::Module& module) {
  Value::List lines;
  for (const auto& item : module.named_parameters()) {
    lines.push_back(Describe("parameter", item.key(), item.value()));
  }
  for (const auto& item : module.named_buffers()) {
    lines.push_back(Describe("buffer", item.key(), item.value()));
  }
  return lines;
}

std::string LineOr(const Value::List& lines, size_t index,
                   const char* fallback) {
  return index < lines.size() ? *lines[index].get_if<std::string>() : fallback;
}

// What `rank` has other than rank 0; "" for nothing.
std::string Difference(const Value::List& main, const Value::List& own,
                       int rank) {
  for (size_t i = 0; i < std::max(main.size(), own.size()); ++i) {
    const std::string expected = LineOr(main, i, "no more");
    const std::string actual = LineOr(own, i, "no more");
    if (expected == actual) continue;
    return absl::StrCat("the ranks' models differ: rank 0 has ", expected,
                        ", rank ", rank, " has ", actual,
                        "; build the same model on every rank");
  }
  return "";
}

std::vector<at::Tensor> Defined(std::vector<at::Tensor> tensors) {
  tensors.erase(
      std::remove_if(tensors.begin(), tensors.end(),
                     [](const at::Tensor& t) { return !t.defined(); }),
      tensors.end());
  return tensors;
}

}  // namespace

absl::Status CheckReplicas(const torch::nn::Module& module,
                           dist::Communicator& communicator) {
  const Value::List own = DescribeAll(module);
  Value main(own);
  RETURN_IF_ERROR(communicator.BroadcastObject(&main, /*source=*/0));
  ASSIGN_OR_RETURN(const Value::List* expected, main.AsList("rank 0's model"));
  const std::string difference =
      Difference(*expected, own, communicator.rank());
  ASSIGN_OR_RETURN(const Value::List differences,
                   communicator.AllGatherObject(difference));
  for (const Value& one : differences) {
    const std::string& message = *one.get_if<std::string>();
    if (!message.empty()) return absl::InvalidArgumentError(message);
  }
  return absl::OkStatus();
}

absl::Status BroadcastModel(const torch::nn::Module& module,
                            dist::Communicator& communicator) {
  std::vector<at::Tensor> tensors = Defined(module.parameters());
  const std::vector<at::Tensor> buffers = Defined(module.buffers());
  tensors.insert(tensors.end(), buffers.begin(), buffers.end());
  return dist::BroadcastTensors(communicator, tensors, /*source=*/0);
}

absl::Status BroadcastBuffers(const torch::nn::Module& module,
                              dist::Communicator& communicator) {
  return dist::BroadcastTensors(communicator, Defined(module.buffers()),
                                /*source=*/0);
}

}  // namespace anneal
