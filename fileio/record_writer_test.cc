#include "fileio/record_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/escaping.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Path() {
  return std::string(std::getenv("TEST_TMPDIR")) + "/records";
}

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

TEST(RecordWriter, WritesTensorboardsBytes) {
  std::ifstream golden("fileio/record_writer_golden.txt");
  auto writer = *RecordWriter::Create(Path());
  std::string expected;
  std::string line;
  while (std::getline(golden, line)) {
    const std::string bytes =
        absl::HexStringToBytes(line.substr(line.find(' ') + 1));
    if (line.rfind("file", 0) == 0) {
      expected = bytes;
    } else {
      ASSERT_TRUE(writer->Write(bytes).ok());
    }
  }

  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(absl::BytesToHexString(Contents(Path())),
            absl::BytesToHexString(expected));
}

TEST(RecordWriter, FlushesEachRecord) {
  auto writer = *RecordWriter::Create(Path());
  EXPECT_EQ(Contents(Path()).size(), 0);

  ASSERT_TRUE(writer->Write("abc").ok());

  EXPECT_EQ(Contents(Path()).size(), 8 + 4 + 3 + 4);
}

TEST(RecordWriter, BeginsTheFileAnew) {
  ASSERT_TRUE((*RecordWriter::Create(Path()))->Write("abc").ok());

  auto writer = *RecordWriter::Create(Path());

  EXPECT_EQ(Contents(Path()), "");
}

TEST(RecordWriter, NamesAPathItCannotWrite) {
  const absl::Status status =
      RecordWriter::Create("/none/such/events").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("/none/such/events"), HasSubstr("check the")));
}

TEST(RecordWriter, ReportsAFullDisk) {
  auto writer = *RecordWriter::Create("/dev/full");

  const absl::Status status = writer->Write("abc");

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/dev/full"));
}

}  // namespace
}  // namespace anneal
