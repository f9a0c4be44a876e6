#include "dist/shared_memory/shared_segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <utility>
#include <vector>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dist/this_machine.h"
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
  const std::string boot_id = BootId();
  char pids[64];
  const ssize_t length = readlink("/proc/self/ns/pid", pids, sizeof(pids));
  if (boot_id.empty() || length <= 0) return "";
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

// The size stays, so that no reader runs past the end.
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW;

absl::StatusOr<char*> MapNew(const File& file, size_t bytes) {
  if (!file.is_open()) return Failed("memfd_create");
  if (ftruncate(file.descriptor(), bytes) != 0) return Failed("ftruncate");
  if (fcntl(file.descriptor(), F_ADD_SEALS, kSeals) != 0) return Failed("seal");
  return Map(file, bytes);
}

// Whether it is memory of this size that this user's process has made: who else
// can write to the store could name any file.
absl::Status CheckOffered(const File& file, size_t bytes) {
  struct stat about;
  if (fstat(file.descriptor(), &about) != 0) return Failed("fstat");
  const bool is_sealed =
      (fcntl(file.descriptor(), F_GET_SEALS) & kSeals) == kSeals;
  if (is_sealed && about.st_uid == geteuid() && about.st_nlink == 0 &&
      about.st_size == static_cast<off_t>(bytes)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      "was offered what is not memory of this run's");
}

// Another rank's memory by the offer of rank 0: a pid space, then a process and
// a descriptor of it.
absl::StatusOr<char*> MapOffered(const std::string& offer, size_t bytes) {
  const std::vector<std::string> parts = absl::StrSplit(offer, '\n');
  if (parts[0].empty() || parts[0] != PidSpace()) {
    return absl::FailedPreconditionError(
        "is on another machine, or in another container, than rank 0");
  }
  uint32_t process = 0;
  uint32_t descriptor = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[1], &process) ||
      !absl::SimpleAtoi(parts[2], &descriptor)) {
    return absl::FailedPreconditionError("was offered no memory");
  }
  const std::string path = absl::StrCat("/proc/", process, "/fd/", descriptor);
  const File file(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.is_open()) return Failed(absl::StrCat("open ", path));
  RETURN_IF_ERROR(CheckOffered(file, bytes));
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
  const File memory(
      rank == 0 ? memfd_create("anneal", MFD_CLOEXEC | MFD_ALLOW_SEALING) : -1);
  absl::StatusOr<char*> data = absl::UnknownError("");
  std::vector<std::string> answers;
  const absl::Status exchanged = WithStore(store, timeout, [&] {
    if (rank == 0) {
      data = MapNew(memory, bytes);
      store.set(kOfferKey, absl::StrCat(PidSpace(), "\n", getpid(), "\n",
                                        memory.descriptor()));
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
