#include "fileio/local/local_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

namespace anneal {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string FreshFolder() {
  const std::string folder =
      ::testing::TempDir() + "/" +
      ::testing::UnitTest::GetInstance()->current_test_info()->name();
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path) << bytes;
}

std::string Content(const std::string& path) {
  return *ReadAll(OpenLocalInput(path)->get());
}

TEST(LocalInput, ReadsInPieces) {
  const std::string path = FreshFolder() + "/f";
  Write(path, "abcde");
  auto input = *OpenLocalInput(path);
  char buffer[4];

  EXPECT_EQ(input->size(), 5);
  ASSERT_EQ(*input->Read(buffer, 4), 4);
  EXPECT_EQ(std::string(buffer, 4), "abcd");
  ASSERT_EQ(*input->Read(buffer, 4), 1);
  EXPECT_EQ(buffer[0], 'e');
  EXPECT_EQ(*input->Read(buffer, 4), 0);
  EXPECT_EQ(*input->Read(buffer, 4), 0);
}

TEST(LocalInput, ReadsWhatHasNoSize) {
  auto input = *OpenLocalInput("/proc/self/status");

  EXPECT_EQ(input->size(), absl::nullopt);
  EXPECT_THAT(*ReadAll(input.get()), HasSubstr("Pid:"));
}

TEST(LocalInput, ReadsAnEmptyFile) {
  const std::string path = FreshFolder() + "/f";
  Write(path, "");

  EXPECT_EQ(Content(path), "");
}

TEST(LocalInput, RefusesAFolderAndWhatIsMissing) {
  const std::string folder = FreshFolder();
  const absl::Status of_folder = OpenLocalInput(folder).status();
  const absl::Status missing = OpenLocalInput(folder + "/none").status();

  EXPECT_EQ(of_folder.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(of_folder.message()),
              HasSubstr("name a file, not a folder"));
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), HasSubstr(folder + "/none"));
}

TEST(LocalOutput, AppearsWhenClosed) {
  const std::string path = FreshFolder() + "/a/f";
  auto output = *OpenLocalOutput(path);
  ASSERT_TRUE(output->Append("ab").ok());
  ASSERT_TRUE(output->Append("c").ok());

  EXPECT_FALSE(fs::exists(path));
  ASSERT_TRUE(output->Close().ok());
  EXPECT_EQ(Content(path), "abc");
}

TEST(LocalOutput, LeavesNothingUnclosed) {
  const std::string folder = FreshFolder();
  Write(folder + "/f", "older");
  {
    auto output = *OpenLocalOutput(folder + "/f");
    ASSERT_TRUE(output->Append("newer").ok());
  }

  EXPECT_EQ(Content(folder + "/f"), "older");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder), {}), 1);
}

TEST(LocalOutput, KeepsTheOlderFileAfterAFailedAppend) {
  const std::string path = FreshFolder() + "/f";
  Write(path, "older");
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const struct rlimit small = {4096, before.rlim_max};
  auto* const handler = signal(SIGXFSZ, SIG_IGN);
  auto output = *OpenLocalOutput(path);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = output->Append(std::string(5000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(output->Close(), status);
  EXPECT_EQ(Content(path), "older");
}

// A stream whose size is not what it gives.
class LyingInput : public InputStream {
 public:
  explicit LyingInput(int64_t size) : size_(size) {}
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (left_ == 0) return 0;
    --left_;
    buffer[0] = 'x';
    return 1;
  }
  absl::optional<int64_t> size() const override { return size_; }

 private:
  const int64_t size_;
  int left_ = 3;
};

TEST(ReadAll, TakesAllWhateverTheSizeIsSaidToBe) {
  for (const int64_t size :
       {int64_t{0}, int64_t{1}, int64_t{100}, int64_t{1} << 40, int64_t{-1},
        std::numeric_limits<int64_t>::max()}) {
    LyingInput input(size);
    EXPECT_EQ(*ReadAll(&input), "xxx") << size;
  }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(ReadAll, DoesWithoutMemoryForASizeMadeUp) {
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  const struct rlimit small = {rlim_t{512} << 20, before.rlim_max};
  LyingInput input(int64_t{1} << 30);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &small), 0);
  const int64_t reserved = WorthReserving(input.size());
  const absl::StatusOr<std::string> bytes = ReadAll(&input);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);

  EXPECT_EQ(reserved, 0);
  EXPECT_EQ(*bytes, "xxx");
}
#endif

}  // namespace
}  // namespace anneal
