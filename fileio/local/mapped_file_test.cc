#include "fileio/local/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>

namespace anneal {
namespace {

using ::testing::HasSubstr;

std::string Write(const std::string& name, const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(MappedFile, HoldsTheFilesBytes) {
  const auto file = MappedFile::Open(Write("some", std::string("a\0b", 3)));

  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->bytes(), absl::string_view("a\0b", 3));
}

TEST(MappedFile, IsEmptyForAnEmptyFile) {
  const auto file = MappedFile::Open(Write("empty", ""));

  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFile, KeepsItsBytesWhenMoved) {
  auto file = MappedFile::Open(Write("moved", "abc"));
  ASSERT_TRUE(file.ok()) << file.status();

  const MappedFile moved = *std::move(file);

  EXPECT_EQ(moved.bytes(), "abc");
  EXPECT_TRUE(file->bytes().empty());
}

TEST(MappedFile, SaysThatThereIsNone) {
  const absl::Status status = MappedFile::Open("/no/such.pth").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("/no/such.pth"));
}

TEST(MappedFile, SaysThatItIsAFolder) {
  const absl::Status status = MappedFile::Open(::testing::TempDir()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("name a file, not a folder"));
}

}  // namespace
}  // namespace anneal
