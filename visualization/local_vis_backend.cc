// LocalVisBackend: records as plain files.

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "fileio/file_client.h"
#include "fileio/json/json.h"
#include "utils/errno_status.h"
#include "utils/path.h"
#include "utils/status_macros.h"
#include "utils/value.h"
#include "visualization/local_vis_backend.pb.h"
#include "visualization/png.h"
#include "visualization/vis_backend.h"

namespace anneal {
namespace {

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// The config, the scalars as a line of JSON a record (mmengine's, each flushed)
// and the images as PNG.
class LocalVisBackend : public VisBackend {
 public:
  using Config = LocalVisBackendConfig;

  static absl::StatusOr<std::unique_ptr<LocalVisBackend>> Create(
      const Config& config, const std::string& save_dir) {
    auto backend = std::make_unique<LocalVisBackend>(config, save_dir);
    const std::string path = backend->Path(config.scalar_save_file());
    backend->scalars_.reset(std::fopen(path.c_str(), "a"));
    if (backend->scalars_ == nullptr)
      return ErrnoStatus(errno, Access::kWrite, "write", path);
    return backend;
  }

  LocalVisBackend(const Config& config, std::string save_dir)
      : config_(config), save_dir_(std::move(save_dir)) {}

  absl::Status AddConfig(const ConfigText& config) override {
    const bool is_json = absl::EndsWith(config_.config_save_file(), ".json");
    return fileio::PutText(is_json ? config.json : config.yaml,
                           Path(config_.config_save_file()));
  }

  absl::Status AddScalar(absl::string_view name, double value,
                         int64_t step) override {
    return Append(Dict{{std::string(name), value}, {"step", step}});
  }

  absl::Status AddScalars(const Scalars& scalars, int64_t step) override {
    Dict record;
    for (const auto& [name, value] : scalars) {
      // Counters are integers in mmengine's files.
      const bool is_count = name == "epoch" || name == "iter" ||
                            name == "memory" || name == "step";
      if (is_count && std::isfinite(value)) {
        record[name] = static_cast<int64_t>(value);
      } else {
        record[name] = value;
      }
    }
    if (record.Find("step") == nullptr) record["step"] = step;
    return Append(record);
  }

  absl::Status AddImage(absl::string_view name, const at::Tensor& image,
                        int64_t step) override {
    ASSIGN_OR_RETURN(const std::string png, EncodePng(image));
    const std::string file = absl::StrCat(
        absl::StrReplaceAll(name, {{"/", "_"}}), "_", step, ".png");
    return fileio::Put(png, Path(config_.img_save_dir() + "/" + file));
  }

  absl::Status Close() override {
    scalars_.reset();
    return absl::OkStatus();
  }

 private:
  std::string Path(const std::string& file) const {
    return save_dir_ + "/" + file;
  }

  absl::Status Append(const Dict& record) {
    const std::string line = ToJson(record) + "\n";
    if (std::fwrite(line.data(), 1, line.size(), scalars_.get()) ==
            line.size() &&
        std::fflush(scalars_.get()) == 0) {
      return absl::OkStatus();
    }
    return ErrnoStatus(errno, Access::kWrite, "write",
                       Path(config_.scalar_save_file()));
  }

  Config config_;
  std::string save_dir_;
  std::unique_ptr<std::FILE, FileCloser> scalars_;
};

ANNEAL_REGISTER(VisBackend, LocalVisBackend);

}  // namespace
}  // namespace anneal
