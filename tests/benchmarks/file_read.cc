// Reading a local file of 1 GB from the page cache, against a read(2) loop.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fileio/file_client.h"

namespace {

using anneal::fileio::Get;
using anneal::fileio::OpenInput;

constexpr size_t kSize = 1000000000;
constexpr size_t kPiece = 1 << 20;

void Check(bool is_right, const char* what) {
  if (is_right) return;
  std::fprintf(stderr, "file_read: %s failed\n", what);
  std::exit(1);
}

// read(2) until the end, into the same MiB or along all of `whole`.
void ReadLoop(const std::string& path, char* whole) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::vector<char> piece(whole == nullptr ? kPiece : 0);
  size_t total = 0;
  ssize_t got;
  do {
    char* target = whole == nullptr ? piece.data() : whole + total;
    got = read(fd, target, kPiece);
    total += std::max<ssize_t>(got, 0);
  } while (got > 0);
  close(fd);
  Check(total == kSize, "read");
}

void Stream(const std::string& path) {
  auto input = OpenInput(path);
  Check(input.ok(), "OpenInput");
  std::vector<char> piece(kPiece);
  size_t total = 0;
  while (true) {
    const auto got = (*input)->Read(piece.data(), piece.size());
    Check(got.ok(), "Read");
    if (*got == 0) break;
    total += *got;
  }
  Check(total == kSize, "Read");
}

void Compare(const char* name, const std::function<void()>& ours,
             const std::function<void()>& peer) {
  double best[2] = {1e9, 1e9};
  constexpr int kRounds = 7;
  for (int round = 0; round < kRounds; ++round) {
    for (int side = 0; side < 2; ++side) {
      const absl::Time start = absl::Now();
      side == 0 ? ours() : peer();
      best[side] =
          std::min(best[side], absl::ToDoubleSeconds(absl::Now() - start));
    }
  }
  std::printf("figure: file_read/%s ours=%.2fGB/s peer=%.2fGB/s ratio=%.2f\n",
              name, 1 / best[0], 1 / best[1], best[0] / best[1]);
  std::fflush(stdout);
}

}  // namespace

int main() {
  const char* folder = getenv("TMPDIR");
  const std::string path =
      anneal::fileio::JoinPath(folder ? folder : "/tmp", "anneal_file_read");
  Check(anneal::fileio::Put(std::string(kSize, 'x'), path).ok(), "Put");
  Compare(
      "stream", [&] { Stream(path); }, [&] { ReadLoop(path, nullptr); });
  Compare(
      "get", [&] { Check(Get(path)->size() == kSize, "Get"); },
      [&] {
        const std::unique_ptr<char, decltype(&std::free)> whole(
            static_cast<char*>(std::malloc(kSize + kPiece)), &std::free);
        ReadLoop(path, whole.get());
      });
  return anneal::fileio::Remove(path).ok() ? 0 : 1;
}
