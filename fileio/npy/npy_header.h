// The text in front of an .npy file's array.
#ifndef ANNEAL_FILEIO_NPY_NPY_HEADER_H_
#define ANNEAL_FILEIO_NPY_NPY_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

struct NpyHeader {
  // numpy's name of the dtype: "<f8", "|b1", "|O".
  std::string descr;
  bool fortran_order = false;
  std::vector<int64_t> shape;
  // Bytes of the file before the array's.
  size_t size = 0;
};

// Reads the header of a .npy file, a Python dict literal of just these keys.
// DataLoss where it is cut off or no .npy file; InvalidArgument for fields
// ("descr" is a list), another version, or more than 64 dimensions, numpy's
// most.
absl::StatusOr<NpyHeader> ReadNpyHeader(absl::string_view bytes);

// The header that numpy.save writes for an array in C's order, magic included,
// padded to a multiple of 64.
std::string NpyHeaderBytes(absl::string_view descr,
                           const std::vector<int64_t>& shape);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_NPY_NPY_HEADER_H_
