#include "dist/shared_memory/shared_memory_collectives.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kCacheLine = 64;
// Up to here one meeting more costs more than to reduce all on each rank.
constexpr int64_t kMaxWholeBytes = 32 << 10;

size_t BarrierBytes(int size) {
  return (RankBarrier::SharedBytes(size) + kPage - 1) / kPage * kPage;
}

int64_t CeilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Copies `bytes` bytes where both ends are.
void Copy(const void* from, size_t from_offset, size_t bytes, void* to,
          size_t to_offset) {
  if (from == nullptr || to == nullptr || bytes == 0) return;
  std::memcpy(static_cast<char*>(to) + to_offset,
              static_cast<const char*>(from) + from_offset, bytes);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SharedMemoryCollectives>>
SharedMemoryCollectives::Create(c10d::Store& store, int rank, int size,
                                absl::Duration timeout) {
  ASSIGN_OR_RETURN(std::unique_ptr<SharedSegment> segment,
                   SharedSegment::Create(
                       store, rank, size,
                       BarrierBytes(size) + 2 * size * kSlotBytes, timeout));
  auto collectives = absl::WrapUnique(
      new SharedMemoryCollectives(std::move(segment), rank, size));
  RETURN_IF_ERROR(collectives->barrier_->Join(timeout));
  return collectives;
}

SharedMemoryCollectives::SharedMemoryCollectives(
    std::unique_ptr<SharedSegment> segment, int rank, int size)
    : segment_(std::move(segment)),
      rank_(rank),
      size_(size),
      piece_bytes_(kSlotBytes / size / kCacheLine * kCacheLine),
      barrier_(std::make_unique<RankBarrier>(segment_->data(), rank, size)) {}

char* SharedMemoryCollectives::slot(int rank, int64_t chunks_ahead) const {
  const int64_t half = (num_chunks_ + chunks_ahead) % 2;
  return segment_->data() + BarrierBytes(size_) +
         (2 * rank + half) * kSlotBytes;
}

absl::Status SharedMemoryCollectives::Share(const void* mine,
                                            const std::vector<void*>& theirs,
                                            size_t bytes) {
  size_t offset = 0;
  do {
    const size_t length = std::min(bytes - offset, kSlotBytes);
    Copy(mine, offset, length, slot(rank_), 0);
    RETURN_IF_ERROR(barrier_->Meet());
    for (int rank = 0; rank < size_; ++rank) {
      Copy(slot(rank), 0, length, theirs[rank], offset);
    }
    ++num_chunks_;
    offset += length;
  } while (offset < bytes);
  return absl::OkStatus();
}

absl::Status SharedMemoryCollectives::Exchange(
    const std::vector<Piece>& mine, const std::vector<Piece>& theirs) {
  ASSIGN_OR_RETURN(const size_t longest, AgreeOnPieces(mine, theirs));
  for (size_t offset = 0; offset < longest; offset += piece_bytes_) {
    const auto length = [&](const Piece& piece) {
      return std::min(piece.bytes - std::min(offset, piece.bytes),
                      piece_bytes_);
    };
    for (int rank = 0; rank < size_; ++rank) {
      Copy(mine[rank].data, offset, length(mine[rank]), slot(rank_),
           rank * piece_bytes_);
    }
    RETURN_IF_ERROR(barrier_->Meet());
    for (int rank = 0; rank < size_; ++rank) {
      Copy(slot(rank), rank_ * piece_bytes_, length(theirs[rank]),
           theirs[rank].data, offset);
    }
    ++num_chunks_;
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> SharedMemoryCollectives::AgreeOnPieces(
    const std::vector<Piece>& mine, const std::vector<Piece>& theirs) {
  std::vector<uint64_t> sizes(size_);
  for (int rank = 0; rank < size_; ++rank) sizes[rank] = mine[rank].bytes;
  Copy(sizes.data(), 0, size_ * sizeof(uint64_t), slot(rank_), 0);
  RETURN_IF_ERROR(barrier_->Meet());

  uint64_t longest = 0;
  for (int rank = 0; rank < size_; ++rank) {
    Copy(slot(rank), 0, size_ * sizeof(uint64_t), sizes.data(), 0);
    longest = std::max(longest, *std::max_element(sizes.begin(), sizes.end()));
    if (sizes[rank_] == theirs[rank].bytes) continue;
    const absl::Status differ = absl::InvalidArgumentError(
        absl::StrCat("rank ", rank, " sends ", sizes[rank_], " bytes to rank ",
                     rank_, ", which expects ", theirs[rank].bytes));
    Break(differ);
    return differ;
  }
  ++num_chunks_;
  return longest;
}

absl::Status SharedMemoryCollectives::AllReduce(Reduction op,
                                                c10::ScalarType dtype,
                                                int64_t numel, void* data,
                                                bool wants_result) {
  const int64_t bytes = numel * c10::elementSize(dtype);
  char* const begin = static_cast<char*>(data);
  return size_ <= 2 || bytes <= kMaxWholeBytes
             ? ReduceWhole(op, dtype, numel, begin, wants_result)
             : ReduceSlices(op, dtype, numel, begin, wants_result);
}

absl::Status SharedMemoryCollectives::ReduceWhole(Reduction op,
                                                  c10::ScalarType dtype,
                                                  int64_t numel, char* data,
                                                  bool wants_result) {
  const int64_t element = c10::elementSize(dtype);
  const int64_t chunk = kSlotBytes / element;
  std::vector<const void*> inputs(size_);
  int64_t begin = 0;
  do {
    const int64_t length = std::min(numel - begin, chunk);
    Copy(data, begin * element, length * element, slot(rank_), 0);
    RETURN_IF_ERROR(barrier_->Meet());
    for (int rank = 0; rank < size_; ++rank) inputs[rank] = slot(rank);
    if (wants_result) {
      Reduce(op, dtype, inputs, length, data + begin * element);
    }
    ++num_chunks_;
    begin += length;
  } while (begin < numel);
  return absl::OkStatus();
}

absl::Status SharedMemoryCollectives::ReduceSlices(Reduction op,
                                                   c10::ScalarType dtype,
                                                   int64_t numel, char* data,
                                                   bool wants_result) {
  const int64_t element = c10::elementSize(dtype);
  const int64_t chunk = piece_bytes_ / element * size_;
  const int64_t num_chunks = CeilDivide(numel, chunk);
  // Of the elements that `rank` reduces in a chunk: the first; that of rank
  // size_ is the end.
  const auto begin = [&](int64_t chunk_index, int rank) {
    const int64_t first = chunk_index * chunk;
    return first + std::min(chunk, numel - first) * rank / size_;
  };
  const auto bytes = [&](int64_t chunk_index, int rank) {
    return (begin(chunk_index, rank + 1) - begin(chunk_index, rank)) * element;
  };

  std::vector<const void*> inputs(size_);
  // Between two meetings one chunk comes in, the one before it is reduced and
  // the one before that goes out. A rank's own slice needs no way in, and its
  // place in the slot carries the result out.
  for (int64_t in = 0; in < num_chunks + 2; ++in) {
    if (in < num_chunks) {
      for (int rank = 0; rank < size_; ++rank) {
        if (rank == rank_) continue;
        Copy(data, begin(in, rank) * element, bytes(in, rank), slot(rank_, in),
             rank * piece_bytes_);
      }
    }
    if (const int64_t now = in - 1; now >= 0 && now < num_chunks) {
      for (int rank = 0; rank < size_; ++rank) {
        inputs[rank] = slot(rank, now) + rank_ * piece_bytes_;
      }
      inputs[rank_] = data + begin(now, rank_) * element;
      Reduce(op, dtype, inputs, bytes(now, rank_) / element,
             slot(rank_, now) + rank_ * piece_bytes_);
    }
    if (const int64_t out = in - 2; out >= 0 && wants_result) {
      for (int rank = 0; rank < size_; ++rank) {
        Copy(slot(rank, out), rank * piece_bytes_, bytes(out, rank), data,
             begin(out, rank) * element);
      }
    }
    if (in <= num_chunks) RETURN_IF_ERROR(barrier_->Meet());
  }
  num_chunks_ += num_chunks;
  return absl::OkStatus();
}

absl::Status SharedMemoryCollectives::ReduceScatter(
    Reduction op, c10::ScalarType dtype, int64_t numel,
    const std::vector<const void*>& inputs, void* output) {
  const int64_t element = c10::elementSize(dtype);
  const int64_t chunk = piece_bytes_ / element;
  std::vector<const void*> pieces(size_);
  int64_t begin = 0;
  do {
    const int64_t length = std::min(numel - begin, chunk);
    for (int rank = 0; rank < size_; ++rank) {
      Copy(inputs[rank], begin * element, length * element, slot(rank_),
           rank * piece_bytes_);
    }
    RETURN_IF_ERROR(barrier_->Meet());
    for (int rank = 0; rank < size_; ++rank) {
      pieces[rank] = slot(rank) + rank_ * piece_bytes_;
    }
    Reduce(op, dtype, pieces, length,
           static_cast<char*>(output) + begin * element);
    ++num_chunks_;
    begin += length;
  } while (begin < numel);
  return absl::OkStatus();
}

}  // namespace anneal::dist
