#include "fileio/read_ahead.h"

namespace anneal {
namespace {

constexpr size_t kPieceSize = 1 << 18;

}  // namespace

ReadAhead::ReadAhead(InputStream* input)
    : input_(input), thread_([this] { Run(); }) {}

ReadAhead::~ReadAhead() {
  {
    absl::MutexLock lock(&mutex_);
    is_abandoned_ = true;
  }
  thread_.join();
}

void ReadAhead::Run() {
  for (size_t i = 0;; ++i) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](ReadAhead* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
            return self->num_read_ - self->num_used_ < self->pieces_.size() ||
                   self->is_abandoned_;
          },
          this));
      if (is_abandoned_) return;
    }
    Piece& piece = pieces_[i % pieces_.size()];
    piece.buffer.resize(kPieceSize);
    const absl::StatusOr<size_t> got =
        input_->Read(piece.buffer.data(), piece.buffer.size());
    absl::MutexLock lock(&mutex_);
    status_ = got.status();
    is_at_end_ = !got.ok() || *got == 0;
    if (is_at_end_) return;
    piece.size = *got;
    ++num_read_;
  }
}

absl::StatusOr<absl::string_view> ReadAhead::Next() {
  absl::MutexLock lock(&mutex_);
  if (has_piece_) ++num_used_;
  has_piece_ = false;
  mutex_.Await(absl::Condition(
      +[](ReadAhead* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
        return self->num_used_ < self->num_read_ || self->is_at_end_;
      },
      this));
  if (num_used_ == num_read_) {
    if (!status_.ok()) return status_;
    return absl::string_view();
  }
  has_piece_ = true;
  const Piece& piece = pieces_[num_used_ % pieces_.size()];
  return absl::string_view(piece.buffer.data(), piece.size);
}

}  // namespace anneal
