// Pickle's stack machine.
#ifndef ANNEAL_FILEIO_PICKLE_PICKLE_MACHINE_H_
#define ANNEAL_FILEIO_PICKLE_PICKLE_MACHINE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fileio/pickle/pickle_graph.h"

namespace anneal {

// What a pickle may ask for before it is refused.
struct PickleLimits {
  // Objects on the stack, and in the memo, at a time.
  int64_t stack = 10000000;
  int64_t memo = 10000000;
  // Bytes of one text.
  int64_t text = int64_t{1} << 30;
  // Values of the result, and 64 bytes of text, beyond eight for each byte of
  // the pickle: an object counts as often as it is referred to.
  int64_t values = 1000000;
  // Nesting of the result.
  int depth = 100;
};

// Runs one pickle at the start of `bytes`, with the 34 opcodes that torch's
// weights_only unpickler takes. Nothing is imported or called: calls become
// nodes. Iterative, so that no pickle can exhaust the C++ stack; the graph
// takes at most some hundred times the pickle's bytes.
//
// DataLoss where the bytes end too early, InvalidArgument for another opcode, a
// stack underflow, a missing memo entry, items set on what takes none, text
// that is not UTF-8, an integer beyond 64 bits or a limit; each with the byte's
// offset.
absl::StatusOr<PickleGraph> RunPickle(absl::string_view bytes,
                                      const PickleLimits& limits);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PICKLE_PICKLE_MACHINE_H_
