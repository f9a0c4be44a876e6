// Images a second that DataLoader gives: 32 x 32 in three colours, with random
// crop, flip and normalisation, in batches of 128, by 0, 1 and 2 threads. The
// peer is loader_peer.py.

#include <ATen/Parallel.h>
#include <ATen/ops/randint.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dataset/build_for_test.h"
#include "dataset/data_loader.h"
#include "dataset/normalize.pb.h"
#include "dataset/random_crop.pb.h"
#include "dataset/random_flip.pb.h"
#include "dataset/tensor_dataset.pb.h"
#include "fileio/safetensors.h"

namespace anneal {
namespace {

constexpr int64_t kNumImages = 12800;
constexpr absl::Duration kLeastTime = absl::Seconds(2);

void ExitUnlessOk(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  std::exit(1);
}

DataLoaderConfig Config(const std::string& path, int num_workers) {
  RandomCropConfig crop;
  crop.add_size(32);
  crop.set_padding(4);
  NormalizeConfig normalize;
  for (const double mean : {125.3, 122.95, 113.9}) normalize.add_mean(mean);
  for (const double std : {63.0, 62.1, 66.7}) normalize.add_std(std);
  TensorDatasetConfig dataset;
  dataset.set_path(path);
  *dataset.add_pipeline() = Packed(crop);
  *dataset.add_pipeline() = Packed(RandomFlipConfig());
  *dataset.add_pipeline() = Packed(normalize);
  DataLoaderConfig config;
  *config.mutable_dataset() = Packed(dataset);
  config.set_batch_size(128);
  config.set_num_workers(num_workers);
  return config;
}

absl::Duration RunEpoch(DataLoader* loader, int64_t epoch) {
  const absl::Time begin = absl::Now();
  loader->Seek(epoch);
  while (true) {
    const auto batch = loader->Next();
    ExitUnlessOk(batch.status());
    if (!batch->has_value()) return absl::Now() - begin;
  }
}

// The rate of the fastest epoch.
double ImagesPerSecond(const DataLoaderConfig& config) {
  auto loader = DataLoader::Create(config, {});
  ExitUnlessOk(loader.status());
  RunEpoch(loader->get(), 0);
  absl::Duration best = absl::InfiniteDuration();
  const absl::Time end = absl::Now() + kLeastTime;
  for (int64_t epoch = 1; absl::Now() < end; ++epoch) {
    best = std::min(best, RunEpoch(loader->get(), epoch));
  }
  return kNumImages / absl::ToDoubleSeconds(best);
}

int Main() {
  at::set_num_threads(1);
  const std::string path =
      (std::filesystem::temp_directory_path() /
       absl::StrCat("loader_benchmark_", getpid(), ".safetensors"))
          .string();
  ExitUnlessOk(SaveSafetensors(
      {Dict{{"inputs", at::randint(0, 256, {kNumImages, 3, 32, 32}, at::kByte)},
            {"labels", at::randint(0, 10, {kNumImages}, at::kLong)}},
       {}},
      path));
  for (const int num_workers : {0, 1, 2}) {
    std::printf("%d_threads %.0f\n", num_workers,
                ImagesPerSecond(Config(path, num_workers)));
  }
  std::filesystem::remove(path);
  return 0;
}

}  // namespace
}  // namespace anneal

int main() { return anneal::Main(); }
