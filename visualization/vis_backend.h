// The interface of every visualization backend.
#ifndef ANNEAL_VISUALIZATION_VIS_BACKEND_H_
#define ANNEAL_VISUALIZATION_VIS_BACKEND_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "registry/registry.h"

namespace anneal {

// Name -> number, in the order they are written.
using Scalars = std::vector<std::pair<std::string, double>>;

// The resolved config in the syntaxes a backend may store.
struct ConfigText {
  std::string yaml;
  std::string json;
};

// One place that records of a run go to: files, TensorBoard, a tracker.
// Written by the main rank only. An error of a backend never ends a run; the
// run logs it once.
class VisBackend {
 public:
  virtual ~VisBackend() = default;

  virtual absl::Status AddConfig(const ConfigText& config) = 0;
  virtual absl::Status AddScalar(absl::string_view name, double value,
                                 int64_t step) = 0;
  // One record of several numbers, all of `step`.
  virtual absl::Status AddScalars(const Scalars& scalars, int64_t step) = 0;
  // `image`: uint8 [height, width, 3], RGB.
  virtual absl::Status AddImage(absl::string_view name, const at::Tensor& image,
                                int64_t step) = 0;
  // Brings what was recorded to its place; records may follow. Default:
  // nothing, for backends that do so with each.
  virtual absl::Status Flush() { return absl::OkStatus(); }
  // Flushes; no call follows.
  virtual absl::Status Close() = 0;
};

// The argument is the run's vis_data folder, which exists.
ANNEAL_REGISTRY(VisBackend, "vis_backend", const std::string&);

}  // namespace anneal

#endif  // ANNEAL_VISUALIZATION_VIS_BACKEND_H_
