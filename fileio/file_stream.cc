#include "fileio/file_stream.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr int64_t kPiece = 1 << 18;

// Has the kernel give the memory of a piece at once: page by page at first
// touch takes longer than to fill it.
void PopulatePiece(const std::string& bytes, size_t end) {
  if (bytes.capacity() < end + kPiece) return;
  constexpr uintptr_t kPage = 4096;
  const auto begin = reinterpret_cast<uintptr_t>(bytes.data()) + end;
  const uintptr_t first = (begin + kPage - 1) / kPage * kPage;
#ifdef MADV_POPULATE_WRITE
  // A hint: kernels before 5.14 lack it.
  madvise(reinterpret_cast<void*>(first), kPiece - kPage, MADV_POPULATE_WRITE);
#endif
}

class BytesInput : public InputStream {
 public:
  explicit BytesInput(std::string bytes) : bytes_(std::move(bytes)) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    const size_t taken = std::min(size, bytes_.size() - position_);
    std::memcpy(buffer, bytes_.data() + position_, taken);
    position_ += taken;
    return taken;
  }
  absl::optional<int64_t> size() const override { return bytes_.size(); }

 private:
  const std::string bytes_;
  size_t position_ = 0;
};

class BytesOutput : public OutputStream {
 public:
  explicit BytesOutput(std::string* result) : result_(result) {}

  absl::Status Append(absl::string_view bytes) override {
    bytes_.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  absl::Status Close() override {
    *result_ = std::move(bytes_);
    return absl::OkStatus();
  }

 private:
  std::string* const result_;
  std::string bytes_;
};

}  // namespace

std::unique_ptr<InputStream> InputFromBytes(std::string bytes) {
  return std::make_unique<BytesInput>(std::move(bytes));
}

std::unique_ptr<OutputStream> OutputToBytes(std::string* bytes) {
  return std::make_unique<BytesOutput>(bytes);
}

int64_t WorthReserving(absl::optional<int64_t> size) {
  constexpr int64_t kMost = int64_t{1} << 30;
  const int64_t wanted = std::clamp<int64_t>(size.value_or(0), 0, kMost);
  // Asked first, since a string that gets no memory throws.
  void* const memory = ::operator new(wanted + kPiece, std::nothrow);
  ::operator delete(memory);
  return memory == nullptr ? 0 : wanted;
}

void Reserve(int64_t size, std::string* bytes) {
  bytes->reserve(size);
#ifdef MADV_HUGEPAGE
  constexpr uintptr_t kLargePage = 2 << 20;
  const auto begin = reinterpret_cast<uintptr_t>(bytes->data());
  const uintptr_t first = (begin + kLargePage - 1) / kLargePage * kLargePage;
  const uintptr_t end = (begin + bytes->capacity()) / kLargePage * kLargePage;
  // A hint, which not every kernel takes.
  if (first < end) {
    madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
  }
#endif
}

absl::StatusOr<std::string> ReadAll(InputStream* input) {
  std::string bytes;
  // A size that turns out wrong costs time, not correctness.
  const int64_t size = WorthReserving(input->size().value_or(kPiece));
  // A small file takes one byte more than it has, to meet its end.
  const bool is_small = size < kPiece;
  Reserve(size + (is_small ? 1 : kPiece), &bytes);
  if (is_small) bytes.resize(size + 1);
  const size_t least_room = is_small ? 1 : kPiece / 2;
  size_t end = 0;
  while (true) {
    // A piece at a time: resize() writes zeros, which then are in the cache.
    if (bytes.size() - end < least_room) {
      PopulatePiece(bytes, end);
      bytes.resize(end + kPiece);
    }
    ASSIGN_OR_RETURN(const size_t got,
                     input->Read(&bytes[end], bytes.size() - end));
    end += got;
    if (got > 0) continue;
    bytes.resize(end);
    return bytes;
  }
}

}  // namespace anneal
