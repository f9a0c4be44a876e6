#include "fileio/pickle/pickle_stack.h"

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

absl::Status TooMany(uint64_t limit, const char* what) {
  return absl::InvalidArgumentError(
      absl::StrCat("more than ", limit, " ", what));
}

absl::Status Underflow() {
  return absl::InvalidArgumentError("the stack is empty");
}

}  // namespace

absl::Status PickleStack::Push(PickleNode* node) {
  if (nodes_.size() >= max_stack_) {
    return TooMany(max_stack_, "objects on the stack");
  }
  nodes_.push_back(node);
  return absl::OkStatus();
}

absl::Status PickleStack::PushMark() {
  if (marks_.size() >= max_stack_) {
    return TooMany(max_stack_, "marks on the stack");
  }
  marks_.push_back(nodes_.size());
  return absl::OkStatus();
}

absl::StatusOr<PickleNodes> PickleStack::Pop(size_t n) {
  if (available() < n) return Underflow();
  PickleNodes popped(nodes_.end() - n, nodes_.end());
  nodes_.resize(nodes_.size() - n);
  return popped;
}

absl::StatusOr<PickleNodes> PickleStack::PopToMark() {
  if (marks_.empty()) {
    return absl::InvalidArgumentError("there is no mark on the stack");
  }
  absl::StatusOr<PickleNodes> popped = Pop(available());
  marks_.pop_back();
  return popped;
}

absl::StatusOr<PickleNode*> PickleStack::Top() const {
  if (available() == 0) return Underflow();
  return nodes_.back();
}

absl::StatusOr<PickleNode*> PickleStack::Last() const {
  if (nodes_.size() == 1 && marks_.empty()) return nodes_.back();
  return absl::InvalidArgumentError(
      absl::StrCat("it ends with ", nodes_.size(), " objects and ",
                   marks_.size(), " marks on the stack instead of one object"));
}

absl::Status PickleStack::Memoize(uint64_t index) {
  ASSIGN_OR_RETURN(PickleNode * top, Top());
  memo_[index] = top;
  return memo_.size() <= max_memo_ ? absl::OkStatus()
                                   : TooMany(max_memo_, "memo entries");
}

absl::Status PickleStack::Recall(uint64_t index) {
  auto it = memo_.find(index);
  if (it != memo_.end()) return Push(it->second);
  return absl::InvalidArgumentError(
      absl::StrCat("the memo has no entry ", index));
}

}  // namespace anneal
