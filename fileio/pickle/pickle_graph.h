// The graph of objects that a pickle describes.
#ifndef ANNEAL_FILEIO_PICKLE_PICKLE_GRAPH_H_
#define ANNEAL_FILEIO_PICKLE_PICKLE_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace anneal {

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

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PICKLE_PICKLE_GRAPH_H_
