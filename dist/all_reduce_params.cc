#include "dist/all_reduce_params.h"

#include <utility>

#include "utils/status_macros.h"
#include "utils/value.h"

namespace anneal::dist {

absl::Status AllReduceParams(Communicator& communicator,
                             const std::vector<at::Tensor>& params,
                             const AllReduceParamsOptions& options) {
  const int64_t limit = options.bucket_size_mb << 20;
  Dict bucket;
  int64_t bytes = 0;
  const auto reduce = [&] {
    if (bucket.empty()) return absl::OkStatus();
    const absl::Status reduced =
        communicator.AllReduceDict(&bucket, options.op);
    bucket = Dict();
    bytes = 0;
    return reduced;
  };
  for (size_t i = 0; i < params.size(); ++i) {
    at::Tensor data = params[i].detach();
    if (!options.coalesce) {
      RETURN_IF_ERROR(communicator.AllReduce(&data, options.op));
      continue;
    }
    const int64_t size = static_cast<int64_t>(data.nbytes());
    if (limit > 0 && bytes + size > limit) RETURN_IF_ERROR(reduce());
    bucket[static_cast<int64_t>(i)] = std::move(data);
    bytes += size;
  }
  return reduce();
}

}  // namespace anneal::dist
