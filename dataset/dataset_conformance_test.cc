// Every dataset of this folder against the conformance suite.
#include "dataset/dataset_conformance.h"

#include <ATen/ops/arange.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "dataset/build_for_test.h"
#include "dataset/char_dataset.pb.h"
#include "dataset/mnist.pb.h"
#include "dataset/normalize.pb.h"
#include "dataset/random_crop.pb.h"
#include "dataset/random_flip.pb.h"
#include "dataset/tensor_dataset.pb.h"
#include "fileio/safetensors.h"
#include "registry/registry_index.h"

namespace anneal {
namespace {

std::string Path(const std::string& name) {
  return std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
}

template <typename Config>
void AddPipeline(Config* config) {
  RandomCropConfig crop;
  crop.add_size(4);
  crop.set_padding(2);
  NormalizeConfig normalize;
  normalize.add_mean(100);
  normalize.add_std(50);
  *config->add_pipeline() = Packed(crop);
  *config->add_pipeline() = Packed(RandomFlipConfig());
  *config->add_pipeline() = Packed(normalize);
}

// Five images of 5 x 4.
MNISTConfig MnistFiles() {
  std::string images("\0\0\x08\x03\0\0\0\x05\0\0\0\x05\0\0\0\x04", 16);
  for (int i = 0; i < 100; ++i) images.push_back(static_cast<char>(2 * i));
  std::ofstream(Path("images"), std::ios::binary) << images;
  std::ofstream(Path("labels"), std::ios::binary)
      << std::string("\0\0\x08\x01\0\0\0\x05\x03\x01\x04\x01\x05", 13);
  MNISTConfig config;
  config.set_data_root(Path(""));
  config.set_images("images");
  config.set_labels("labels");
  config.set_begin(1);
  return config;
}

TensorDatasetConfig TensorFile() {
  TensorDatasetConfig config;
  config.set_path(Path("data.safetensors"));
  const Dict tensors{
      {"inputs", at::arange(100, at::kByte).reshape({5, 1, 5, 4})},
      {"labels", at::arange(5)},
      {"weights", at::arange(10, at::kDouble).reshape({5, 2})}};
  EXPECT_TRUE(SaveSafetensors({tensors, {}}, config.path()).ok());
  config.set_end(4);
  return config;
}

CharDatasetConfig TextFile() {
  CharDatasetConfig config;
  config.set_path(Path("text"));
  std::ofstream(config.path()) << "to be or not to be";
  config.set_block_size(4);
  config.set_stride(3);
  return config;
}

const std::vector<ConformingDataset> kDatasets = {
    {"CharDataset", [] { return Build<Dataset>(TextFile()); }},
    {"MNIST", [] { return Build<Dataset>(MnistFiles()); }},
    {"MNISTWithPipeline",
     [] {
       MNISTConfig config = MnistFiles();
       AddPipeline(&config);
       return Build<Dataset>(config);
     }},
    {"TensorDataset", [] { return Build<Dataset>(TensorFile()); }},
    {"TensorDatasetWithPipeline",
     [] {
       TensorDatasetConfig config = TensorFile();
       AddPipeline(&config);
       return Build<Dataset>(config);
     }},
};

INSTANTIATE_TEST_SUITE_P(All, DatasetConformance, testing::ValuesIn(kDatasets),
                         ConformingDatasetName);

TEST(DatasetConformanceTest, CoversEveryRegisteredDataset) {
  std::set<std::string> names;
  for (const ConformingDataset& dataset : kDatasets) names.insert(dataset.name);

  for (const std::string& name : RegistryIndex::Get().Names("dataset")) {
    EXPECT_EQ(names.count(name), 1) << name << " is missing in kDatasets";
  }
}

}  // namespace
}  // namespace anneal
