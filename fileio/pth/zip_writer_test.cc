#include "fileio/pth/zip_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "fileio/local/local_stream.h"
#include "fileio/local/mapped_file.h"
#include "fileio/pth/zip_reader.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;

// The archive of "a/1", "a/empty" and "a/odd".
absl::StatusOr<MappedFile> Archive() {
  const std::string path = ::testing::TempDir() + "/archive.zip";
  auto file = OpenLocalOutput(path);
  if (!file.ok()) return file.status();
  ZipWriter zip(*std::move(file));
  EXPECT_TRUE(zip.Add("a/1", "one").ok());
  EXPECT_TRUE(zip.Add("a/empty", "").ok());
  EXPECT_TRUE(zip.Add("a/odd", std::string(101, 'x')).ok());
  EXPECT_TRUE(zip.Finish().ok());
  return MappedFile::Open(path);
}

TEST(ZipWriter, WritesWhatTheReaderReads) {
  const auto file = Archive();
  ASSERT_TRUE(file.ok()) << file.status();

  const auto zip = ZipReader::Open(file->bytes());

  ASSERT_TRUE(zip.ok()) << zip.status();
  EXPECT_THAT(zip->names(), ElementsAre("a/1", "a/empty", "a/odd"));
  EXPECT_EQ(*zip->Read("a/1"), "one");
  EXPECT_EQ(*zip->Read("a/empty"), "");
  EXPECT_EQ(*zip->Read("a/odd"), std::string(101, 'x'));
  EXPECT_EQ(zip->num_unchecked(), 0);
}

TEST(ZipWriter, AlignsBytesTo64) {
  const auto file = Archive();
  ASSERT_TRUE(file.ok()) << file.status();
  const auto zip = ZipReader::Open(file->bytes());
  ASSERT_TRUE(zip.ok()) << zip.status();

  for (const char* name : {"a/1", "a/odd"}) {
    EXPECT_EQ((zip->Read(name)->data() - file->bytes().data()) % 64, 0) << name;
  }
}

TEST(ZipWriter, PutsNoFileInPlaceWithoutFinish) {
  const std::string path = ::testing::TempDir() + "/unfinished.zip";
  {
    auto file = OpenLocalOutput(path);
    ASSERT_TRUE(file.ok()) << file.status();
    ZipWriter zip(*std::move(file));
    ASSERT_TRUE(zip.Add("a", "one").ok());
  }
  EXPECT_EQ(MappedFile::Open(path).status().code(),
            absl::StatusCode::kNotFound);
}

// The directory's count has 16 bits; past that zip64's takes over.
TEST(ZipWriter, WritesMoreRecordsThan16BitsCount) {
  const std::string path = ::testing::TempDir() + "/many.zip";
  auto created = OpenLocalOutput(path);
  ASSERT_TRUE(created.ok()) << created.status();
  ZipWriter writer(*std::move(created));
  constexpr int kNumRecords = 65540;
  for (int i = 0; i < kNumRecords; ++i) {
    ASSERT_TRUE(writer.Add("d/" + std::to_string(i), "").ok());
  }
  ASSERT_TRUE(writer.Finish().ok());

  const auto file = MappedFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  const auto zip = ZipReader::Open(file->bytes());

  ASSERT_TRUE(zip.ok()) << zip.status();
  EXPECT_EQ(zip->names().size(), kNumRecords);
}

}  // namespace
}  // namespace anneal
