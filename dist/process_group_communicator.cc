#include "dist/process_group_communicator.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/ScalarType.h>

#include <algorithm>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "dist/check_collective.h"
#include "dist/control_plane.h"
#include "dist/traced_backend.h"
#include "dist/value_codec.h"
#include "logging/log.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal::dist {
namespace {

using BackendPtr = c10::intrusive_ptr<c10d::Backend>;

c10d::ReduceOp ToC10d(ReduceOp op) {
  switch (op) {
    case ReduceOp::kSum:
    case ReduceOp::kMean:  // Gloo has no mean: a sum, divided.
      return c10d::ReduceOp::SUM;
    case ReduceOp::kProduct:
      return c10d::ReduceOp::PRODUCT;
    case ReduceOp::kMin:
      return c10d::ReduceOp::MIN;
    case ReduceOp::kMax:
      return c10d::ReduceOp::MAX;
    case ReduceOp::kBand:
      return c10d::ReduceOp::BAND;
    case ReduceOp::kBor:
      return c10d::ReduceOp::BOR;
    case ReduceOp::kBxor:
      break;
  }
  return c10d::ReduceOp::BXOR;
}

// Runs a collective; what it throws becomes a Status that names it.
template <typename Fn>
auto Named(absl::string_view name, Fn&& fn) {
  auto result = CatchTorchError(std::forward<Fn>(fn));
  absl::Status status;
  if constexpr (std::is_same_v<decltype(result), absl::Status>) {
    status = result;
  } else {
    status = result.status();
  }
  using Result = decltype(result);
  if (status.ok()) return result;
  return Result(
      absl::Status(status.code(), absl::StrCat(name, ": ", status.message())));
}

// Dtype and shape in a tensor of one size, so that ranks can compare them.
constexpr int kMaxDims = 24;

at::Tensor ShapeHeader(const at::Tensor& tensor) {
  TORCH_CHECK_VALUE(tensor.dim() <= kMaxDims, "a tensor of ", tensor.dim(),
                    " dimensions can't be gathered; at most ", kMaxDims);
  at::Tensor header = at::zeros({2 + kMaxDims}, at::kLong);
  int64_t* out = header.data_ptr<int64_t>();
  out[0] = static_cast<int64_t>(tensor.scalar_type());
  out[1] = tensor.dim();
  std::copy(tensor.sizes().begin(), tensor.sizes().end(), out + 2);
  return header;
}

at::IntArrayRef ShapeOf(const at::Tensor& header) {
  const int64_t* data = header.data_ptr<int64_t>();
  return {data + 2, static_cast<size_t>(data[1])};
}

int64_t NumelOf(at::IntArrayRef shape) {
  int64_t numel = 1;
  for (const int64_t size : shape) numel *= size;
  return numel;
}

// The elements in one row, padded to `numel`.
at::Tensor Padded(const at::Tensor& tensor, int64_t numel) {
  const at::Tensor flat = tensor.contiguous().view(-1);
  if (flat.numel() == numel) return flat;
  at::Tensor padded = at::zeros({numel}, tensor.options());
  padded.narrow(0, 0, flat.numel()).copy_(flat);
  return padded;
}

class ProcessGroupCommunicator : public Communicator {
 public:
  ProcessGroupCommunicator(c10::intrusive_ptr<c10d::ProcessGroup> group,
                           std::string backend, GroupOptions options,
                           int local_rank, int local_size,
                           std::shared_ptr<ControlPlane> control, bool is_world)
      : control_(std::move(control)),
        group_(std::move(group)),
        backend_(std::move(backend)),
        options_(std::move(options)),
        local_rank_(local_rank),
        local_size_(local_size),
        is_world_(is_world) {
    if (is_world_ && control_ != nullptr) {
      control_->monitor().SetInterrupt([this] { Abort(); });
    }
  }

  ~ProcessGroupCommunicator() override {
    if (!is_world_ || control_ == nullptr) return;
    if (!has_failed_) {
      const absl::Status left = Leave();
      if (!left.ok()) ANNEAL_LOG(ERROR) << left.message();
    }
    control_->monitor().SetInterrupt(nullptr);
  }

  int rank() const override { return options_.rank; }
  int world_size() const override { return options_.world_size; }
  int local_rank() const override { return local_rank_; }
  int local_size() const override { return local_size_; }
  absl::string_view backend() const override { return backend_; }
  c10d::ProcessGroup* process_group() override { return group_.get(); }

  absl::Status Barrier() override {
    return Named("barrier", [&] {
      c10d::BarrierOptions options;
      options.asyncOp = false;
      group_->getBackend(c10::DeviceType::CPU)->barrier(options)->wait();
    });
  }

  absl::Status AllReduce(at::Tensor* tensor, ReduceOp op) override {
    RETURN_IF_ERROR(CheckReducible(*tensor, op));
    return Named("all_reduce", [&] { Reduce(tensor, op); });
  }

  absl::Status AllReduceDict(Dict* values, ReduceOp op) override {
    RETURN_IF_ERROR(CheckReducible(*values, op));
    return Named("all_reduce_dict", [&] { ReduceDict(values, op); });
  }

  absl::StatusOr<std::vector<at::Tensor>> AllGather(
      const at::Tensor& tensor) override {
    return Named("all_gather",
                 [&]() -> absl::StatusOr<std::vector<at::Tensor>> {
                   return GatherAny(tensor, /*destination=*/-1);
                 });
  }
  absl::StatusOr<std::vector<at::Tensor>> Gather(const at::Tensor& tensor,
                                                 int destination) override {
    RETURN_IF_ERROR(CheckRank(destination, world_size()));
    return Named("gather", [&]() -> absl::StatusOr<std::vector<at::Tensor>> {
      return GatherAny(tensor, destination);
    });
  }

  absl::Status Broadcast(at::Tensor* tensor, int source) override {
    RETURN_IF_ERROR(CheckRank(source, world_size()));
    return Named("broadcast", [&] { BroadcastTensor(tensor, source); });
  }

  absl::Status BroadcastObject(Value* value, int source) override {
    RETURN_IF_ERROR(CheckRank(source, world_size()));
    return Named("broadcast_object", [&]() -> absl::Status {
      const bool is_source = rank() == source;
      at::Tensor bytes = is_source ? PackValue(*value) : at::Tensor();
      at::Tensor size = at::full({1}, is_source ? bytes.numel() : 0, at::kLong);
      BroadcastTensor(&size, source);
      if (!is_source) bytes = at::empty({size.item<int64_t>()}, at::kByte);
      BroadcastTensor(&bytes, source);
      if (is_source) return absl::OkStatus();
      ASSIGN_OR_RETURN(*value, UnpackValue(bytes));
      return absl::OkStatus();
    });
  }

  absl::StatusOr<Value::List> AllGatherObject(const Value& value) override {
    return Named("all_gather_object", [&] { return GatherValues(value, -1); });
  }
  absl::StatusOr<Value::List> GatherObject(const Value& value,
                                           int destination) override {
    RETURN_IF_ERROR(CheckRank(destination, world_size()));
    return Named("gather_object",
                 [&] { return GatherValues(value, destination); });
  }

  absl::StatusOr<int64_t> SyncRandomSeed(int64_t seed) override {
    at::Tensor tensor = at::full({1}, seed, at::kLong);
    RETURN_IF_ERROR(Broadcast(&tensor, /*source=*/0));
    return tensor.item<int64_t>();
  }

  absl::StatusOr<Value::List> CollectResults(Value::List results,
                                             int64_t size) override {
    RETURN_IF_ERROR(CheckResultsSize(size));
    ASSIGN_OR_RETURN(const Value::List gathered,
                     GatherObject(Value(std::move(results)), 0));
    Value::List ordered;
    if (!is_main_rank()) return ordered;
    std::vector<const Value::List*> parts;
    size_t longest = 0;
    for (const Value& part : gathered) {
      parts.push_back(part.get_if<Value::List>());
      longest = std::max(longest, parts.back()->size());
    }
    for (size_t i = 0; i < longest; ++i) {
      for (const Value::List* part : parts) {
        if (static_cast<int64_t>(ordered.size()) == size) return ordered;
        if (i < part->size()) ordered.push_back((*part)[i]);
      }
    }
    return ordered;
  }

  absl::StatusOr<std::unique_ptr<Communicator>> NewGroup(
      const std::vector<int>& ranks) override {
    RETURN_IF_ERROR(CheckGroup(ranks, world_size()));
    const int number = num_groups_++;
    const auto place = std::find(ranks.begin(), ranks.end(), rank());
    if (place == ranks.end()) return nullptr;
    GroupOptions options = options_;
    options.store = c10::make_intrusive<c10d::PrefixStore>(
        absl::StrCat("group", number), options_.store);
    options.rank = static_cast<int>(place - ranks.begin());
    options.world_size = static_cast<int>(ranks.size());
    ASSIGN_OR_RETURN(auto group, MakeProcessGroup(backend_, options));
    return std::make_unique<ProcessGroupCommunicator>(
        std::move(group), backend_, std::move(options), local_rank_,
        local_size_, /*control=*/nullptr, /*is_world=*/false);
  }

  absl::Status Fail(const absl::Status& own) override {
    has_failed_ = true;
    return control_ == nullptr ? own : control_->monitor().Fail(own);
  }
  absl::Status Leave() override {
    if (control_ == nullptr) return absl::OkStatus();
    RETURN_IF_ERROR(control_->monitor().status());
    if (std::exchange(has_left_, true)) return absl::OkStatus();
    return control_->monitor().Leave();
  }
  absl::optional<StopWish> StopAt(int64_t point,
                                  const StopWish* wish) override {
    if (control_ != nullptr) return control_->stop().Poll(point, wish);
    if (wish == nullptr) return absl::nullopt;
    return *wish;
  }

 private:
  // Frees this rank from a collective that it stands in, where the backend can.
  void Abort() {
    const absl::Status aborted = CatchTorchError([&] {
      for (const c10::Device& device : group_->getDeviceTypes()) {
        group_->getBackend(device.type())->abort();
      }
    });
    if (!aborted.ok()) ANNEAL_LOG(WARNING) << aborted.message();
  }

  void Reduce(at::Tensor* tensor, ReduceOp op) {
    c10d::AllreduceOptions options;
    options.reduceOp = ToC10d(op);
    options.asyncOp = false;
    std::vector<at::Tensor> reduced = {tensor->contiguous()};
    group_->allreduce(reduced, options)->wait();
    if (op == ReduceOp::kMean) {
      if (reduced[0].is_floating_point() || reduced[0].is_complex()) {
        reduced[0].div_(world_size());
      } else {
        reduced[0].div_(world_size(), "trunc");
      }
    }
    if (!reduced[0].is_same(*tensor)) tensor->copy_(reduced[0]);
  }

  // The tensors of one dtype and device in one go.
  void ReduceDict(Dict* values, ReduceOp op) {
    std::vector<at::Tensor> left;
    for (const auto& [key, value] : *values) {
      left.push_back(*value.get_if<at::Tensor>());
    }
    while (!left.empty()) {
      const at::TensorOptions options = left[0].options();
      const auto end = std::stable_partition(
          left.begin(), left.end(), [&](const at::Tensor& tensor) {
            return tensor.scalar_type() == options.dtype().toScalarType() &&
                   tensor.device() == options.device();
          });
      std::vector<at::Tensor> flat;
      for (auto it = left.begin(); it != end; ++it) {
        flat.push_back(it->reshape(-1));
      }
      at::Tensor together = at::cat(flat);
      Reduce(&together, op);
      int64_t offset = 0;
      for (auto it = left.begin(); it != end; ++it) {
        it->copy_(together.narrow(0, offset, it->numel()).view(it->sizes()));
        offset += it->numel();
      }
      left.erase(left.begin(), end);
    }
  }

  void BroadcastTensor(at::Tensor* tensor, int source) {
    c10d::BroadcastOptions options;
    options.rootRank = source;
    options.asyncOp = false;
    std::vector<at::Tensor> sent = {tensor->contiguous()};
    group_->broadcast(sent, options)->wait();
    if (!sent[0].is_same(*tensor)) tensor->copy_(sent[0]);
  }

  // Tensors of one shape and dtype, by rank; on `destination` alone unless
  // that is negative.
  std::vector<at::Tensor> GatherEqual(const at::Tensor& tensor,
                                      int destination) {
    const bool is_receiver = destination < 0 || destination == rank();
    std::vector<std::vector<at::Tensor>> received;
    if (is_receiver) {
      received.emplace_back();
      for (int i = 0; i < world_size(); ++i) {
        received[0].push_back(at::empty_like(tensor));
      }
    }
    std::vector<at::Tensor> sent = {tensor};
    if (destination < 0) {
      c10d::AllgatherOptions options;
      options.asyncOp = false;
      group_->allgather(received, sent, options)->wait();
    } else {
      c10d::GatherOptions options;
      options.rootRank = destination;
      options.asyncOp = false;
      group_->gather(received, sent, options)->wait();
    }
    if (!is_receiver) return {};
    return std::move(received[0]);
  }

  absl::StatusOr<std::vector<at::Tensor>> GatherAny(const at::Tensor& tensor,
                                                    int destination) {
    const std::vector<at::Tensor> headers =
        GatherEqual(ShapeHeader(tensor), /*destination=*/-1);
    int64_t longest = 0;
    for (int i = 0; i < world_size(); ++i) {
      const auto dtype =
          static_cast<c10::ScalarType>(headers[i].data_ptr<int64_t>()[0]);
      if (dtype != tensor.scalar_type()) {
        return absl::InvalidArgumentError(
            absl::StrCat("the tensor is ", c10::toString(tensor.scalar_type()),
                         " on rank ", rank(), " and ", c10::toString(dtype),
                         " on rank ", i, "; give tensors of one dtype"));
      }
      longest = std::max(longest, NumelOf(ShapeOf(headers[i])));
    }
    std::vector<at::Tensor> gathered =
        GatherEqual(Padded(tensor, longest), destination);
    for (size_t i = 0; i < gathered.size(); ++i) {
      const at::IntArrayRef shape = ShapeOf(headers[i]);
      gathered[i] = gathered[i].narrow(0, 0, NumelOf(shape)).view(shape);
    }
    return gathered;
  }

  absl::StatusOr<Value::List> GatherValues(const Value& value,
                                           int destination) {
    ASSIGN_OR_RETURN(const std::vector<at::Tensor> gathered,
                     GatherAny(PackValue(value), destination));
    Value::List values;
    for (const at::Tensor& bytes : gathered) {
      ASSIGN_OR_RETURN(values.emplace_back(), UnpackValue(bytes));
    }
    return values;
  }

  // Outlives the group, whose collectives it traces.
  const std::shared_ptr<ControlPlane> control_;
  c10::intrusive_ptr<c10d::ProcessGroup> group_;
  std::string backend_;
  GroupOptions options_;
  int local_rank_;
  int local_size_;
  bool is_world_;
  bool has_left_ = false;
  bool has_failed_ = false;
  int num_groups_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Communicator>> MakeCommunicator(
    const std::string& backend, const GroupOptions& options, int local_rank,
    int local_size, std::shared_ptr<ControlPlane> control) {
  std::function<BackendPtr(BackendPtr)> trace;
  if (control != nullptr) {
    trace = [&control](BackendPtr made) {
      return TracedBackend(std::move(made), control->monitor().collectives());
    };
  }
  ASSIGN_OR_RETURN(auto group, MakeProcessGroup(backend, options, trace));
  return std::make_unique<ProcessGroupCommunicator>(
      std::move(group), backend, options, local_rank, local_size,
      std::move(control),
      /*is_world=*/true);
}

}  // namespace anneal::dist
