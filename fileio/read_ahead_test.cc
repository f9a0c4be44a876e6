#include "fileio/read_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "fileio/file_stream.h"

namespace anneal {
namespace {

// Gives `size` times "x", then `end`.
class Input : public InputStream {
 public:
  Input(size_t size, absl::Status end) : left_(size), end_(end) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    ++num_reads_;
    const size_t taken = std::min({size, left_, size_t{100000}});
    if (taken == 0 && !end_.ok()) return end_;
    std::fill(buffer, buffer + taken, 'x');
    left_ -= taken;
    return taken;
  }
  absl::optional<int64_t> size() const override { return absl::nullopt; }

  int num_reads() const { return num_reads_; }

 private:
  size_t left_;
  const absl::Status end_;
  int num_reads_ = 0;
};

TEST(ReadAhead, GivesTheBytesAndThenNothing) {
  std::string bytes;
  for (int i = 0; i < 3000000; ++i) bytes.push_back(i * 7 + i / 1000);
  const auto input = InputFromBytes(bytes);
  ReadAhead reader(input.get());
  std::string read;
  for (auto piece = *reader.Next(); !piece.empty(); piece = *reader.Next()) {
    absl::StrAppend(&read, piece);
  }

  EXPECT_EQ(read, bytes);
  EXPECT_EQ(*reader.Next(), "");
}

TEST(ReadAhead, GivesAnErrorAfterTheBytesBeforeIt) {
  Input input(2000000, absl::DataLossError("cut"));
  ReadAhead reader(&input);
  size_t size = 0;
  auto piece = reader.Next();
  for (; piece.ok(); piece = reader.Next()) size += piece->size();

  EXPECT_EQ(size, 2000000);
  EXPECT_EQ(piece.status(), absl::DataLossError("cut"));
  EXPECT_EQ(reader.Next().status(), absl::DataLossError("cut"));
}

TEST(ReadAhead, ReadsFourPiecesAheadAndNoMore) {
  Input input(size_t{1} << 40, absl::OkStatus());
  {
    ReadAhead reader(&input);
    EXPECT_EQ(reader.Next()->size(), 100000);
    EXPECT_EQ(reader.Next()->size(), 100000);
  }

  // Two that were asked for, of which one is in use yet, and a full ring.
  EXPECT_LE(input.num_reads(), 5);
}

TEST(ReadAhead, MayBeLeftUnread) {
  Input input(size_t{1} << 40, absl::OkStatus());
  const ReadAhead reader(&input);
}

}  // namespace
}  // namespace anneal
