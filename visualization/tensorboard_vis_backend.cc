// TensorboardVisBackend: an event file that TensorBoard opens.

#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fileio/record_writer.h"
#include "utils/status_macros.h"
#include "visualization/png.h"
#include "visualization/tensorboard_event.pb.h"
#include "visualization/tensorboard_vis_backend.pb.h"
#include "visualization/vis_backend.h"

namespace anneal {
namespace {

using tensorboard::Event;

Event EventNow(int64_t step) {
  Event event;
  event.set_wall_time(absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch()));
  event.set_step(step);
  return event;
}

// The events that torch.utils.tensorboard's SummaryWriter writes, each flushed.
class TensorboardVisBackend : public VisBackend {
 public:
  using Config = TensorboardVisBackendConfig;

  static absl::StatusOr<std::unique_ptr<TensorboardVisBackend>> Create(
      const Config&, const std::string& save_dir) {
    ASSIGN_OR_RETURN(auto writer,
                     RecordWriter::Create(absl::StrCat(save_dir, "/", Name())));
    auto backend = std::make_unique<TensorboardVisBackend>(std::move(writer));
    Event version = EventNow(0);
    version.set_file_version("brain.Event:2");
    RETURN_IF_ERROR(backend->Write(version));
    return backend;
  }

  explicit TensorboardVisBackend(std::unique_ptr<RecordWriter> writer)
      : writer_(std::move(writer)) {}

  absl::Status AddConfig(const ConfigText& config) override {
    Event event = EventNow(0);
    auto* value = event.mutable_summary()->add_value();
    value->set_tag("config/text_summary");
    value->mutable_metadata()->mutable_plugin_data()->set_plugin_name("text");
    constexpr int kString = 7;
    value->mutable_tensor()->set_dtype(kString);
    value->mutable_tensor()->mutable_tensor_shape()->add_dim()->set_size(1);
    // TensorBoard shows Markdown.
    value->mutable_tensor()->add_string_val(
        absl::StrCat("```yaml\n", config.yaml, "```"));
    return Write(event);
  }

  absl::Status AddScalar(absl::string_view name, double value,
                         int64_t step) override {
    Event event = EventNow(step);
    auto* scalar = event.mutable_summary()->add_value();
    scalar->set_tag(std::string(name));
    scalar->set_simple_value(static_cast<float>(value));
    return Write(event);
  }

  absl::Status AddScalars(const Scalars& scalars, int64_t step) override {
    for (const auto& [name, value] : scalars) {
      RETURN_IF_ERROR(AddScalar(name, value, step));
    }
    return absl::OkStatus();
  }

  absl::Status AddImage(absl::string_view name, const at::Tensor& image,
                        int64_t step) override {
    ASSIGN_OR_RETURN(std::string png, EncodePng(image));
    Event event = EventNow(step);
    auto* value = event.mutable_summary()->add_value();
    value->set_tag(std::string(name));
    auto* shown = value->mutable_image();
    shown->set_height(image.size(0));
    shown->set_width(image.size(1));
    shown->set_colorspace(3);
    shown->set_encoded_image_string(std::move(png));
    return Write(event);
  }

  absl::Status Close() override {
    writer_.reset();
    return absl::OkStatus();
  }

 private:
  // TensorBoard's: unlike any other file of this process, host and second.
  static std::string Name() {
    static std::atomic<int> num_files{0};
    char host[256] = "localhost";
    gethostname(host, sizeof(host) - 1);
    return absl::StrCat("events.out.tfevents.",
                        absl::ToUnixSeconds(absl::Now()), ".", host, ".",
                        getpid(), ".", num_files++);
  }

  absl::Status Write(const Event& event) {
    return writer_->Write(event.SerializeAsString());
  }

  std::unique_ptr<RecordWriter> writer_;
};

ANNEAL_REGISTER(VisBackend, TensorboardVisBackend);

}  // namespace
}  // namespace anneal
