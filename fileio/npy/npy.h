// numpy's .npy and .npz files.
#ifndef ANNEAL_FILEIO_NPY_NPY_H_
#define ANNEAL_FILEIO_NPY_NPY_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fileio/file_stream.h"
#include "utils/value.h"

namespace anneal {

// The array of a .npy file's bytes, format 1.0 to 3.0, as a contiguous CPU
// tensor: booleans, integers, reals of 16, 32 and 64 bits, complex numbers of
// 64 and 128, in either byte order, C's or Fortran's order. Bytes after the
// array are ignored, as numpy does. Nothing is unpickled: InvalidArgument for
// arrays of objects, and for those of texts, dates, long doubles and fields, of
// which torch has none. DataLoss where the file is cut off.
absl::StatusOr<at::Tensor> ReadNpy(absl::string_view bytes);

// The bytes that numpy.save writes for the tensor, copied to the CPU.
// InvalidArgument for a tensor that is undefined, sparse or of a dtype that
// numpy lacks, as bfloat16.
absl::StatusOr<std::string> NpyBytes(const at::Tensor& tensor);

// The arrays of a .npz file's bytes, stored or deflated, by name; a record that
// is no array as Value::Bytes, as numpy does. ZipReader's and ReadNpy's errors,
// which name the record.
absl::StatusOr<Dict> ReadNpz(absl::string_view bytes);

// Writes what numpy.savez does of tensors and numbers, stored, and closes the
// stream. InvalidArgument, naming the key, for any other value.
absl::Status WriteNpz(const Dict& arrays, std::unique_ptr<OutputStream> output);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_NPY_NPY_H_
