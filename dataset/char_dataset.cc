// CharDataset: a text as samples of characters.

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataset/char_dataset.pb.h"
#include "dataset/dataset.h"
#include "fileio/file_client.h"
#include "fileio/utf8.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Sample i is {"inputs": int64 [block_size], "labels": int64 [block_size]}:
// the characters from i * stride on, and those one further on. A character is a
// Unicode code point, as in Python; its number is its place among the sorted
// ones that the text has, which metainfo gives as "vocab".
//
//   dataset: {type: CharDataset, path: input.txt, block_size: 64,
//             end_fraction: 0.9}
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
    if (!(config.begin_fraction() >= 0 &&
          config.begin_fraction() < config.end_fraction() &&
          config.end_fraction() <= 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("CharDataset: begin_fraction ", config.begin_fraction(),
                       " and end_fraction ", config.end_fraction(),
                       " are no part of the text; give 0 <= begin < end <= 1"));
    }
    ASSIGN_OR_RETURN(const std::u32string text, Read(config.path()));
    const auto first =
        static_cast<int64_t>(text.size() * config.begin_fraction());
    const auto last = static_cast<int64_t>(text.size() * config.end_fraction());
    if (last - first <= config.block_size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "CharDataset: ", config.path(), ": its part of ", last - first,
          " characters is too short for a block_size of ",
          config.block_size()));
    }
    return std::make_unique<CharDataset>(config, text, first, last);
  }

  CharDataset(const Config& config, const std::u32string& text, int64_t first,
              int64_t last)
      : block_size_(config.block_size()), stride_(config.stride()) {
    constexpr char32_t kNumCodePoints = 0x110000;
    std::vector<bool> is_used(kNumCodePoints);
    for (const char32_t c : text) is_used[c] = true;
    std::vector<int64_t> number(kNumCodePoints);
    for (char32_t c = 0; c < kNumCodePoints; ++c) {
      if (!is_used[c]) continue;
      number[c] = vocab_.size();
      AppendUtf8(c, &vocab_.emplace_back());
    }
    tokens_.reserve(last - first);
    for (int64_t i = first; i < last; ++i) tokens_.push_back(number[text[i]]);
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
  static absl::StatusOr<std::u32string> Read(const std::string& path) {
    const absl::StatusOr<std::string> text = fileio::Get(path);
    if (!text.ok()) return Annotate(text.status(), "CharDataset");
    if (IsUtf8(*text)) return CodePointsOf(*text);
    return absl::InvalidArgumentError(
        absl::StrCat("CharDataset: ", path,
                     ": is not UTF-8; convert it (iconv -f latin1 -t utf-8)"));
  }

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
