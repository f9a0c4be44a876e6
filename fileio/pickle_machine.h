// Pickle's stack machine.
#ifndef ANNEAL_FILEIO_PICKLE_MACHINE_H_
#define ANNEAL_FILEIO_PICKLE_MACHINE_H_

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// What a pickle may ask for before it is refused.
struct PickleLimits {
  // Objects on the stack and in the memo at a time.
  int64_t stack = 10000000;
  int64_t memo = 10000000;
  // Bytes of one string.
  int64_t string = int64_t{1} << 30;
  // Values of the result, an object counted as often as it is referred to.
  int64_t nodes = 100000000;
  // Nesting of the result.
  int64_t depth = 100;
};

struct PickleNode;
using PickleNodes = std::vector<PickleNode*>;

struct PickleNone {};
// An imported name, "module.name", in Python 3's words.
struct PickleGlobal {
  std::string name;
};
struct PickleSequence {
  bool is_tuple = false;
  PickleNodes items;
};
struct PickleDict {
  // Key, value, key, value ...
  PickleNodes items;
};
// A call that was asked for and not made, and what was done to its result.
struct PickleCall {
  const PickleGlobal* callee = nullptr;
  const PickleSequence* args = nullptr;
  PickleNode* state = nullptr;  // BUILD's, or null
  PickleNodes items;            // SETITEMS': key, value ...
  PickleNodes appended;         // APPENDS'
};
// An object outside of the pickle.
struct PickleReference {
  const PickleNode* id = nullptr;
};

// An object of the graph that a pickle describes.
struct PickleNode {
  std::variant<PickleNone, bool, int64_t, double, absl::string_view,
               PickleGlobal, PickleSequence, PickleDict, PickleCall,
               PickleReference>
      data;

  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&data);
  }
  template <typename T>
  T* get_if() {
    return std::get_if<T>(&data);
  }
};

// The graph, which may have shared parts and cycles. Owns its nodes; their
// texts point into the pickle's bytes.
struct PickleGraph {
  std::deque<PickleNode> nodes;
  const PickleNode* root = nullptr;
  // Bytes that the pickle took.
  size_t size = 0;
};

// Runs one pickle at the start of `bytes`, with the 34 opcodes that torch's
// weights_only unpickler takes. Nothing is imported or called: calls become
// nodes. Iterative, so that no pickle can exhaust the C++ stack.
//
// DataLoss where the bytes end too early, InvalidArgument for another opcode, a
// stack underflow, a missing memo entry, items set on what takes none, text
// that is not UTF-8, an integer beyond 64 bits or a limit; each with the byte's
// offset.
absl::StatusOr<PickleGraph> RunPickle(absl::string_view bytes,
                                      const PickleLimits& limits);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PICKLE_MACHINE_H_
