// Bytes and numpy's arrays in pickles.
#ifndef ANNEAL_FILEIO_PICKLE_NUMPY_PICKLE_H_
#define ANNEAL_FILEIO_PICKLE_NUMPY_PICKLE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "fileio/pickle/pickle_graph.h"
#include "utils/value.h"

namespace anneal {

// The bytes that `call` makes: _codecs.encode of a latin-1 text, as protocol 2
// writes them, or bytes(). nullopt for any other call.
absl::optional<std::string> PickledBytes(const PickleCall& call);

// A numpy.ndarray as a tensor, a numpy scalar as bool, integer or real: those
// of little-endian booleans, integers and reals. nullopt for any other call,
// other dtypes among them. InvalidArgument where the bytes don't fit the shape.
absl::StatusOr<absl::optional<Value>> PickledNumpy(const PickleCall& call);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PICKLE_NUMPY_PICKLE_H_
