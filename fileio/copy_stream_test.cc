#include "fileio/copy_stream.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fileio/file_stream.h"

namespace anneal {
namespace {

class CopyStreamTest : public ::testing::TestWithParam<int> {};

TEST_P(CopyStreamTest, CopiesAll) {
  std::string bytes;
  for (int i = 0; i < GetParam(); ++i) bytes.push_back(i * 7 + i / 1000);
  std::string copy = "older";
  const auto input = InputFromBytes(bytes);
  const auto output = OutputToBytes(&copy);

  ASSERT_TRUE(CopyStream(input.get(), output.get()).ok());
  EXPECT_EQ(copy, bytes);
}

INSTANTIATE_TEST_SUITE_P(Sizes, CopyStreamTest,
                         ::testing::Values(0, 1, 1 << 20, (1 << 20) + 1,
                                           5000000));

// Fails after so many bytes.
class Broken : public InputStream, public OutputStream {
 public:
  explicit Broken(size_t size) : left_(size) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    const size_t taken = std::min(left_, size);
    left_ -= taken;
    if (taken == 0) return absl::DataLossError("cut");
    return taken;
  }
  absl::optional<int64_t> size() const override { return absl::nullopt; }
  absl::Status Append(absl::string_view bytes) override {
    if (bytes.size() > left_) return absl::ResourceExhaustedError("full");
    left_ -= bytes.size();
    return absl::OkStatus();
  }
  absl::Status Close() override {
    is_closed_ = true;
    return absl::OkStatus();
  }

  bool is_closed() const { return is_closed_; }

 private:
  size_t left_;
  bool is_closed_ = false;
};

TEST_P(CopyStreamTest, GivesTheReadersErrorAndClosesNothing) {
  Broken input(GetParam());
  Broken output(size_t{1} << 40);

  EXPECT_EQ(CopyStream(&input, &output), absl::DataLossError("cut"));
  EXPECT_FALSE(output.is_closed());
}

TEST_P(CopyStreamTest, GivesTheWritersErrorAndClosesNothing) {
  Broken input(size_t{1} << 40);
  Broken output(GetParam());

  EXPECT_EQ(CopyStream(&input, &output), absl::ResourceExhaustedError("full"));
  EXPECT_FALSE(output.is_closed());
}

}  // namespace
}  // namespace anneal
