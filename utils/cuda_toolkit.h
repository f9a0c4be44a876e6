// The CUDA toolkit of this machine, for the record: nothing here needs it.
#ifndef ANNEAL_UTILS_CUDA_TOOLKIT_H_
#define ANNEAL_UTILS_CUDA_TOOLKIT_H_

#include <string>

namespace anneal {

// Its folder as torch finds it: $CUDA_HOME, $CUDA_PATH, the one whose nvcc is
// on the PATH, /usr/local/cuda. "": none.
std::string CudaHome();

// "Cuda compilation tools, release 13.0, V13.0.48", from `home`'s nvcc; "Not
// Available" where it can't be run.
std::string NvccVersion(const std::string& home);

}  // namespace anneal

#endif  // ANNEAL_UTILS_CUDA_TOOLKIT_H_
