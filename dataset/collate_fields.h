// The way of collate functions through nested samples.
#ifndef ANNEAL_DATASET_COLLATE_FIELDS_H_
#define ANNEAL_DATASET_COLLATE_FIELDS_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "structures/batch.h"
#include "utils/value.h"

namespace anneal {

// One value of the batch out of the samples' values, which are neither dicts
// nor lists; `field` names them in errors.
using CollateLeaf = absl::FunctionRef<absl::StatusOr<Value>(
    const std::vector<const Value*>& values, const std::string& field)>;

// Collates as mmengine: dicts field by field, lists element by element, the
// rest by `leaf`. The first sample says which fields there are.
// InvalidArgument names the field that a sample lacks, or that is of another
// kind or length.
absl::StatusOr<Batch> CollateFields(const std::vector<Dict>& samples,
                                    CollateLeaf leaf);

}  // namespace anneal

#endif  // ANNEAL_DATASET_COLLATE_FIELDS_H_
