#include "tests/support/memory_backend.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"
#include "fileio/backend_registry.h"
#include "fileio/file_backend.h"

namespace anneal {
namespace {

// Forked processes count together.
std::atomic<int>* Opened() {
  static auto* opened =
      new (mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0)) std::atomic<int>(0);
  return opened;
}

class MemoryStream : public InputStream {
 public:
  MemoryStream(std::string path, MemoryFile file)
      : path_(std::move(path)), file_(std::move(file)) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (file_.before_read) file_.before_read();
    if (file_.breaks_after >= 0 && at_ >= file_.breaks_after) {
      return absl::UnavailableError(
          absl::StrCat(path_, ": the connection broke; try again"));
    }
    // Small pieces: others get their turn in between.
    const size_t count =
        std::min({size, file_.bytes.size() - at_, size_t{1000}});
    std::copy_n(file_.bytes.data() + at_, count, buffer);
    at_ += count;
    return count;
  }
  absl::optional<int64_t> size() const override {
    return file_.size >= 0 ? file_.size
                           : static_cast<int64_t>(file_.bytes.size());
  }

 private:
  std::string path_;
  MemoryFile file_;
  int64_t at_ = 0;
};

class MemoryBackend : public FileBackend {
 public:
  std::string name() const override { return "MemoryBackend"; }
  absl::StatusOr<std::string> Get(const std::string& path) const override {
    const auto it = MemoryFiles().find(path);
    if (it != MemoryFiles().end()) return it->second.bytes;
    return absl::NotFoundError(absl::StrCat(path, ": there is no such file"));
  }
  absl::Status Put(absl::string_view bytes,
                   const std::string& path) const override {
    MemoryFiles()[path] = {std::string(bytes)};
    return absl::OkStatus();
  }
  absl::StatusOr<std::unique_ptr<InputStream>> OpenInput(
      const std::string& path) const override {
    const auto it = MemoryFiles().find(path);
    if (it == MemoryFiles().end()) return Get(path).status();
    ++*Opened();
    return std::make_unique<MemoryStream>(path, it->second);
  }
};

const fileio::BackendRegistration kRegistration(
    "memory",
    [](const fileio::BackendArgs&) {
      return std::make_unique<MemoryBackend>();
    },
    {"mem"});

const std::atomic<int>* const kShared = Opened();

}  // namespace

std::map<std::string, MemoryFile>& MemoryFiles() {
  static auto* files = new std::map<std::string, MemoryFile>;
  return *files;
}

int NumOpened() { return kShared->load(); }

}  // namespace anneal
