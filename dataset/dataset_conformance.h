// What every dataset must do, as a test suite.
#ifndef ANNEAL_DATASET_DATASET_CONFORMANCE_H_
#define ANNEAL_DATASET_DATASET_CONFORMANCE_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "dataset/dataset.h"

namespace anneal {

// A dataset to test: at least two samples, best with and without a pipeline.
struct ConformingDataset {
  // Letters and digits.
  std::string name;
  std::function<absl::StatusOr<std::unique_ptr<Dataset>>()> make;
};

// The name, for messages.
inline void PrintTo(const ConformingDataset& dataset, std::ostream* out) {
  *out << dataset.name;
}

// Holds a dataset to the contracts of dataset.h: the same sample for the same
// seed from any thread, the same fields in each, GetBatch equal to Get and
// default_collate to the bit, memory of its own. In a test of yours, with
// //dataset:dataset_conformance among its deps:
//
//   INSTANTIATE_TEST_SUITE_P(
//       MyDataset, DatasetConformance,
//       testing::Values(ConformingDataset{"Small", [] { return ...; }}),
//       ConformingDatasetName);
class DatasetConformance : public testing::TestWithParam<ConformingDataset> {
 protected:
  void SetUp() override;

  std::unique_ptr<Dataset> dataset_;
};

inline std::string ConformingDatasetName(
    const testing::TestParamInfo<ConformingDataset>& info) {
  return info.param.name;
}

}  // namespace anneal

#endif  // ANNEAL_DATASET_DATASET_CONFORMANCE_H_
