// CharDataset: a text as samples of characters.

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataset/char_dataset.pb.h"
#include "dataset/dataset.h"
#include "fileio/file_client.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Sample i is {"inputs": int64 [block_size], "labels": int64 [block_size]}:
// the characters from i * stride on, and those one further on. A character is a
// byte; its number is its place among the sorted bytes that the text has, which
// metainfo gives as "vocab".
//
//   dataset: {type: CharDataset, path: input.txt, block_size: 64, end: 0.9}
class CharDataset : public Dataset {
 public:
  using Config = CharDatasetConfig;

  static absl::StatusOr<std::unique_ptr<CharDataset>> Create(
      const Config& config) {
    if (config.block_size() < 1 || config.stride() < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("CharDataset: block_size ", config.block_size(),
                       " and stride ", config.stride(), " must be at least 1"));
    }
    if (!(config.begin() >= 0 && config.begin() < config.end() &&
          config.end() <= 1)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "CharDataset: begin ", config.begin(), " and end ", config.end(),
          " must be fractions, 0 <= begin < end <= 1"));
    }
    const absl::StatusOr<std::string> read = fileio::GetText(config.path());
    if (!read.ok()) {
      return absl::Status(
          read.status().code(),
          absl::StrCat("CharDataset: ", read.status().message()));
    }
    const std::string& text = *read;
    const auto first = static_cast<int64_t>(text.size() * config.begin());
    const auto last = static_cast<int64_t>(text.size() * config.end());
    if (last - first <= config.block_size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "CharDataset: ", config.path(), ": its part of ", last - first,
          " characters is too short for a block_size of ",
          config.block_size()));
    }
    return std::make_unique<CharDataset>(config, text, first, last);
  }

  CharDataset(const Config& config, const std::string& text, int64_t first,
              int64_t last)
      : block_size_(config.block_size()), stride_(config.stride()) {
    std::array<bool, 256> is_used = {};
    for (const char c : text) is_used[static_cast<unsigned char>(c)] = true;
    std::array<int64_t, 256> number = {};
    for (int c = 0; c < 256; ++c) {
      if (!is_used[c]) continue;
      number[c] = vocab_.size();
      vocab_.push_back(std::string(1, static_cast<char>(c)));
    }
    tokens_.reserve(last - first);
    for (int64_t i = first; i < last; ++i) {
      tokens_.push_back(number[static_cast<unsigned char>(text[i])]);
    }
  }

  int64_t size() const override {
    return (static_cast<int64_t>(tokens_.size()) - 1 - block_size_) / stride_ +
           1;
  }

  absl::StatusOr<Dict> Get(int64_t index, SampleRandom) const override {
    const Batch batch = Gather({&index, 1});
    return Dict{{"inputs", batch.tensor("inputs")[0]},
                {"labels", batch.tensor("labels")[0]}};
  }

  bool has_get_batch() const override { return true; }
  absl::StatusOr<Batch> GetBatch(absl::Span<const int64_t> indices,
                                 const SampleSeed&) const override {
    return Gather(indices);
  }

  Dict metainfo() const override {
    return Dict{{"vocab", Value::List(vocab_.begin(), vocab_.end())}};
  }

 private:
  Batch Gather(absl::Span<const int64_t> indices) const {
    const auto rows = static_cast<int64_t>(indices.size());
    at::Tensor inputs = at::empty({rows, block_size_}, at::kLong);
    at::Tensor labels = at::empty({rows, block_size_}, at::kLong);
    auto* input = inputs.mutable_data_ptr<int64_t>();
    auto* label = labels.mutable_data_ptr<int64_t>();
    for (const int64_t index : indices) {
      const int64_t* token = tokens_.data() + index * stride_;
      input = std::copy(token, token + block_size_, input);
      label = std::copy(token + 1, token + 1 + block_size_, label);
    }
    return Batch(Dict{{"inputs", inputs}, {"labels", labels}});
  }

  int64_t block_size_;
  int64_t stride_;
  std::vector<std::string> vocab_;
  std::vector<int64_t> tokens_;
};

ANNEAL_REGISTER(Dataset, CharDataset);

}  // namespace
}  // namespace anneal
