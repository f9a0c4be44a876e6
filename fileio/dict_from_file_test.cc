#include "fileio/dict_from_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "fileio/file_client.h"
#include "fileio/json/json.h"
#include "fileio/text_lines.h"

namespace anneal::fileio {
namespace {

using ::testing::HasSubstr;

std::string Bytes(const std::string& hex) {
  return hex == "-" ? "" : absl::HexStringToBytes(hex);
}

std::string ListJson(const std::string& path, const std::string& arguments) {
  const std::vector<std::string> parts = absl::StrSplit(arguments, ',');
  ListFromFileOptions options;
  options.prefix = Bytes(parts[0]);
  EXPECT_TRUE(absl::SimpleAtoi(parts[1], &options.offset));
  EXPECT_TRUE(absl::SimpleAtoi(parts[2], &options.max_num));
  const auto lines = ListFromFile(path, options);
  if (!lines.ok()) return "error";
  return ToJson(Value::List(lines->begin(), lines->end()));
}

std::string DictJson(const std::string& path, const std::string& key_type) {
  const auto dict =
      DictFromFile(path, key_type == "int" ? KeyType::kInt : KeyType::kStr);
  return dict.ok() ? ToJson(*dict) : "error";
}

TEST(TextFiles, AreReadAsMmengineDoes) {
  const std::string path = ::testing::TempDir() + "/golden.txt";
  std::ifstream golden("fileio/text_lines_golden.txt");
  std::string line;
  int num_lines = 0;
  while (std::getline(golden, line)) {
    const std::vector<std::string> columns = absl::StrSplit(line, '\t');
    ASSERT_TRUE(Put(Bytes(columns[1]), path).ok());
    EXPECT_EQ(columns[0] == "list" ? ListJson(path, columns[2])
                                   : DictJson(path, columns[2]),
              columns[3])
        << line;
    ++num_lines;
  }
  EXPECT_GT(num_lines, 100);
}

TEST(DictFromFile, KeepsIntegersAsKeys) {
  const std::string path = ::testing::TempDir() + "/integers.txt";
  ASSERT_TRUE(Put("1 cow\n", path).ok());
  const Dict dict = *DictFromFile(path, KeyType::kInt);

  EXPECT_NE(dict.Find(int64_t{1}), nullptr);
}

TEST(DictFromFile, NamesPathAndLine) {
  const std::string path = ::testing::TempDir() + "/broken.txt";
  ASSERT_TRUE(Put("1 a\nb\n", path).ok());
  const absl::Status no_value = DictFromFile(path).status();
  ASSERT_TRUE(Put("1 a\nb c\n", path).ok());
  const absl::Status no_integer = DictFromFile(path, KeyType::kInt).status();

  EXPECT_EQ(no_value.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(no_value.message()),
            path + ": line 2: expected a key and a value, found \"b\"");
  EXPECT_EQ(no_integer.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(no_integer.message()),
              HasSubstr("line 2: expected an integer for a key"));
}

TEST(ListFromFile, GivesTheBackendsErrors) {
  EXPECT_TRUE(absl::IsNotFound(ListFromFile("none.txt").status()));
  EXPECT_TRUE(absl::IsNotFound(DictFromFile("none.txt").status()));
}

TEST(ListFromFile, TakesALineOfManyMegabytes) {
  const std::string path = ::testing::TempDir() + "/long.txt";
  ASSERT_TRUE(Put(std::string(20 << 20, 'x'), path).ok());

  EXPECT_EQ(ListFromFile(path)->front().size(), 20 << 20);
}

TEST(TextFiles, RefuseALineOfAGigabyteWithoutReadingIt) {
  const std::string path = ::testing::TempDir() + "/gigabyte.txt";
  ASSERT_TRUE(Put("1 a\n1 ", path).ok());
  std::filesystem::resize_file(path, uintmax_t{1} << 30);

  for (const absl::Status& status :
       {ListFromFile(path).status(), DictFromFile(path).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(status.message()),
              path + ": line 2 has more than 64 MiB; is it a text?");
  }
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, 300 << 10);  // KiB
}

TEST(ListFromFile, ReadsNoFurtherThanAsked) {
  const std::string path = ::testing::TempDir() + "/gigabyte.txt";
  ASSERT_TRUE(Put("a\nb\n", path).ok());
  std::filesystem::resize_file(path, uintmax_t{1} << 30);
  ListFromFileOptions options;
  options.max_num = 2;

  EXPECT_EQ(*ListFromFile(path, options), (std::vector<std::string>{"a", "b"}));
}

TEST(TextFiles, SayWhichLineIsNotUtf8) {
  const std::string path = ::testing::TempDir() + "/latin.txt";
  ASSERT_TRUE(Put("1 a\n2 caf\xe9\n", path).ok());

  for (const absl::Status& status :
       {ListFromFile(path).status(), DictFromFile(path).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("line 2 is no UTF-8 text"));
  }
}

}  // namespace
}  // namespace anneal::fileio
