#include "dist/shared_memory/shared_segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal::dist {
namespace {

constexpr char kOfferKey[] = "shared_memory/offer";
constexpr char kMapped[] = "mapped";

std::string AnswerKey(int rank) {
  return absl::StrCat("shared_memory/answer/", rank);
}

// Equal where process ids mean the same: on one machine since its start, in one
// container. Empty where it can't be known.
std::string PidSpace() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string boot_id;
  char pids[64];
  const ssize_t length = readlink("/proc/self/ns/pid", pids, sizeof(pids));
  if (!(file >> boot_id) || length <= 0) return "";
  return absl::StrCat(boot_id, " ", absl::string_view(pids, length));
}

// A file descriptor that closes.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

absl::Status Failed(absl::string_view call) {
  return absl::FailedPreconditionError(
      absl::StrCat("can't ", call, ": ", std::strerror(errno)));
}

absl::StatusOr<char*> Map(const File& file, size_t bytes) {
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                    file.descriptor(), 0);
  if (data == MAP_FAILED) return Failed("mmap");
  return static_cast<char*>(data);
}

absl::StatusOr<char*> MapNew(const File& file, size_t bytes) {
  if (!file.is_open()) return Failed("memfd_create");
  if (ftruncate(file.descriptor(), bytes) != 0) return Failed("ftruncate");
  return Map(file, bytes);
}

// Another rank's memory by the offer of rank 0: a pid space and a path.
absl::StatusOr<char*> MapOffered(const std::string& offer, size_t bytes) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(offer, absl::MaxSplits('\n', 1));
  const std::string& pid_space = parts.first;
  const std::string& path = parts.second;
  if (pid_space.empty() || pid_space != PidSpace()) {
    return absl::FailedPreconditionError(
        "is on another machine, or in another container, than rank 0");
  }
  const File file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open()) return Failed(absl::StrCat("open ", path));
  return Map(file, bytes);
}

// What the store throws as a status.
template <typename Fn>
absl::Status WithStore(c10d::Store& store, absl::Duration timeout, Fn&& fn) {
  const absl::Status status = CatchTorchError([&] {
    const c10d::StoreTimeoutGuard guard(store,
                                        absl::ToChronoMilliseconds(timeout));
    fn();
  });
  if (status.ok()) return status;
  const std::string message =
      absl::StrCat("ranks meet to share memory: ", status.message());
  const std::string lower = absl::AsciiStrToLower(message);
  return absl::StrContains(lower, "timeout") ||
                 absl::StrContains(lower, "timed out")
             ? absl::DeadlineExceededError(message)
             : absl::UnavailableError(message);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SharedSegment>> SharedSegment::Create(
    c10d::Store& store, int rank, int size, size_t bytes,
    absl::Duration timeout) {
  // Open until all have mapped it.
  const File memory(rank == 0 ? memfd_create("anneal", MFD_CLOEXEC) : -1);
  absl::StatusOr<char*> data = absl::UnknownError("");
  std::vector<std::string> answers;
  const absl::Status exchanged = WithStore(store, timeout, [&] {
    if (rank == 0) {
      data = MapNew(memory, bytes);
      store.set(kOfferKey, absl::StrCat(PidSpace(), "\n/proc/", getpid(),
                                        "/fd/", memory.descriptor()));
    } else {
      data = MapOffered(store.get_to_str(kOfferKey), bytes);
    }
    store.set(AnswerKey(rank), data.ok()
                                   ? std::string(kMapped)
                                   : std::string(data.status().message()));
    for (int r = 0; r < size; ++r) {
      answers.push_back(store.get_to_str(AnswerKey(r)));
    }
  });

  std::unique_ptr<SharedSegment> segment;
  if (data.ok()) segment = absl::WrapUnique(new SharedSegment(*data, bytes));
  RETURN_IF_ERROR(exchanged);
  for (int r = 0; r < size; ++r) {
    if (answers[r] == kMapped) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("no memory can be shared: rank ", r, " ", answers[r]));
  }
  return segment;
}

SharedSegment::~SharedSegment() { munmap(data_, size_); }

}  // namespace anneal::dist
