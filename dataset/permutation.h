// Python's torch.randperm.
#ifndef ANNEAL_DATASET_PERMUTATION_H_
#define ANNEAL_DATASET_PERMUTATION_H_

#include <cstdint>
#include <vector>

namespace anneal {

// torch.randperm(n, generator=Generator().manual_seed(seed)); 0 to n - 1 in
// order without `shuffle`.
std::vector<int64_t> Permutation(int64_t n, bool shuffle, uint64_t seed);

}  // namespace anneal

#endif  // ANNEAL_DATASET_PERMUTATION_H_
