// A part of a dataset's samples.
#ifndef ANNEAL_DATASET_SAMPLE_RANGE_H_
#define ANNEAL_DATASET_SAMPLE_RANGE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace anneal {

// [begin, end) of what a file holds.
struct SampleRange {
  int64_t begin = 0;
  int64_t end = 0;

  int64_t size() const { return end - begin; }
};

// The range that a config's `begin` and `end` name (has_end false: to the
// last). InvalidArgument where it is empty or reaches beyond `size`.
template <typename Config>
absl::StatusOr<SampleRange> RangeOf(const Config& config, int64_t size,
                                    absl::string_view dataset) {
  const SampleRange range{config.begin(),
                          config.has_end() ? config.end() : size};
  if (range.begin >= 0 && range.begin < range.end && range.end <= size) {
    return range;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(dataset, ": begin ", range.begin, " and end ", range.end,
                   " are no part of its ", size,
                   " samples; give 0 <= begin < end <= ", size));
}

}  // namespace anneal

#endif  // ANNEAL_DATASET_SAMPLE_RANGE_H_
