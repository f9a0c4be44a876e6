#include "visualization/visualizer.h"

#include <typeinfo>
#include <utility>

#include "logging/log.h"
#include "utils/class_name.h"
#include "utils/path.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {

absl::StatusOr<std::unique_ptr<Visualizer>> Visualizer::Create(
    const Config& config, const std::string& save_dir) {
  std::vector<Backend> backends;
  if (!save_dir.empty()) {
    RETURN_IF_ERROR(MkdirOrExist(save_dir));
    for (const auto& backend : config.vis_backends()) {
      ASSIGN_OR_RETURN(auto built,
                       RegistryOf<VisBackend>::Get().Build(backend, save_dir));
      backends.push_back({std::move(built), false});
    }
  }
  return std::unique_ptr<Visualizer>(new Visualizer(std::move(backends)));
}

Visualizer::Visualizer(std::vector<Backend> backends)
    : backends_(std::move(backends)) {}

Visualizer::~Visualizer() { Close(); }

template <typename Fn>
void Visualizer::ForEach(Fn&& record) {
  for (Backend& backend : backends_) {
    const absl::Status status =
        CatchTorchError([&] { return record(*backend.backend); });
    if (status.ok() || backend.has_failed) continue;
    backend.has_failed = true;
    const VisBackend& failed = *backend.backend;
    ANNEAL_LOG(WARNING) << ClassName(typeid(failed))
                        << " fails, its records may be incomplete: "
                        << status.message();
  }
}

void Visualizer::AddConfig(const ConfigText& config) {
  ForEach([&](VisBackend& backend) { return backend.AddConfig(config); });
}
void Visualizer::AddScalar(absl::string_view name, double value, int64_t step) {
  ForEach([&](VisBackend& backend) {
    return backend.AddScalar(name, value, step);
  });
}
void Visualizer::AddScalars(const Scalars& scalars, int64_t step) {
  ForEach(
      [&](VisBackend& backend) { return backend.AddScalars(scalars, step); });
}
void Visualizer::AddImage(absl::string_view name, const at::Tensor& image,
                          int64_t step) {
  ForEach(
      [&](VisBackend& backend) { return backend.AddImage(name, image, step); });
}
void Visualizer::Flush() {
  ForEach([](VisBackend& backend) { return backend.Flush(); });
}
void Visualizer::Close() {
  ForEach([](VisBackend& backend) { return backend.Close(); });
  backends_.clear();
}

ANNEAL_REGISTER(Visualizer, Visualizer);

}  // namespace anneal
