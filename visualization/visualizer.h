// The records of a run, to several backends.
#ifndef ANNEAL_VISUALIZATION_VISUALIZER_H_
#define ANNEAL_VISUALIZATION_VISUALIZER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "registry/registry.h"
#include "visualization/vis_backend.h"
#include "visualization/visualizer.pb.h"

namespace anneal {

// Hands what is recorded to every backend. Errors of backends, also thrown
// ones, are logged, once a backend, and never reach the caller.
//
//   visualizer:
//     vis_backends: [{type: LocalVisBackend}, {type: TensorboardVisBackend}]
class Visualizer {
 public:
  using Config = VisualizerConfig;

  // `save_dir`: the run's vis_data folder, made here; empty on other ranks
  // than the main one, where nothing is written.
  static absl::StatusOr<std::unique_ptr<Visualizer>> Create(
      const Config& config, const std::string& save_dir);
  ~Visualizer();

  void AddConfig(const ConfigText& config);
  void AddScalar(absl::string_view name, double value, int64_t step);
  void AddScalars(const Scalars& scalars, int64_t step);
  void AddImage(absl::string_view name, const at::Tensor& image, int64_t step);
  // Brings what was recorded to its place, at the end of a training or an
  // evaluation: others may follow.
  void Flush();
  // Closes the backends; later records are dropped. The destructor does it too.
  void Close();

 private:
  struct Backend {
    std::unique_ptr<VisBackend> backend;
    bool has_failed = false;
  };

  explicit Visualizer(std::vector<Backend> backends);
  // Calls `record` with each backend and logs a backend's first error.
  template <typename Fn>
  void ForEach(Fn&& record);

  std::vector<Backend> backends_;
};

// `save_dir` as for Create.
ANNEAL_REGISTRY(Visualizer, "visualizer", const std::string&);

}  // namespace anneal

#endif  // ANNEAL_VISUALIZATION_VISUALIZER_H_
