// The stack and the memo of pickle's machine.
#ifndef ANNEAL_FILEIO_PICKLE_PICKLE_STACK_H_
#define ANNEAL_FILEIO_PICKLE_PICKLE_STACK_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fileio/pickle/pickle_graph.h"

namespace anneal {

// Nodes, which it does not own, with marks between them; what lies under the
// last mark can't be reached. InvalidArgument for an underflow and beyond the
// limits.
class PickleStack {
 public:
  PickleStack(int64_t max_stack, int64_t max_memo)
      : max_stack_(max_stack), max_memo_(max_memo) {}

  absl::Status Push(PickleNode* node);
  absl::Status PushMark();
  // The upper `n`, the lowest first.
  absl::StatusOr<PickleNodes> Pop(size_t n);
  // All down to the last mark, and the mark.
  absl::StatusOr<PickleNodes> PopToMark();
  absl::StatusOr<PickleNode*> Top() const;
  // The only one, when a pickle has ended.
  absl::StatusOr<PickleNode*> Last() const;

  // Files the top under `index`; Recall pushes it again.
  absl::Status Memoize(uint64_t index);
  absl::Status Recall(uint64_t index);

 private:
  // Nodes above the last mark.
  size_t available() const {
    return nodes_.size() - (marks_.empty() ? 0 : marks_.back());
  }

  const uint64_t max_stack_;
  const uint64_t max_memo_;
  PickleNodes nodes_;
  std::vector<size_t> marks_;  // sizes of nodes_ when they were set
  absl::flat_hash_map<uint64_t, PickleNode*> memo_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PICKLE_PICKLE_STACK_H_
