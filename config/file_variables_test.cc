#include "config/file_variables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace anneal::config {
namespace {

using ::testing::HasSubstr;

constexpr char kName[] = "ANNEAL_TEST_VARIABLE";
// At a.yaml:2:3.
const Place kPlace{std::make_shared<const std::string>("a.yaml"), 2, 3};

TEST(FileVariable, IsAPartOfTheAbsolutePath) {
  EXPECT_EQ(FileVariable("fileDirname", "/configs/x/../a.b.py"), "/configs");
  EXPECT_EQ(FileVariable("fileBasename", "/configs/a.b.py"), "a.b.py");
  EXPECT_EQ(FileVariable("fileBasenameNoExtension", "/configs/a.b.py"), "a.b");
  EXPECT_EQ(FileVariable("fileExtname", "/configs/a.b.py"), ".py");
  EXPECT_EQ(FileVariable("fileDirname", "a.py")->front(), '/');
}

TEST(FileVariable, KnowsNoOtherName) {
  EXPECT_EQ(FileVariable("filename", "/a.py"), absl::nullopt);
}

TEST(ReadEnvironment, PrefersTheVariable) {
  setenv(kName, "x", 1);
  const auto value = ReadEnvironment(kName, "y", kPlace);

  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(value->text, "x");
  EXPECT_FALSE(value->is_default);
}

TEST(ReadEnvironment, TakesTheDefaultOfWhatIsNotSet) {
  unsetenv(kName);
  const auto value = ReadEnvironment(kName, "y", kPlace);

  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(value->text, "y");
  EXPECT_TRUE(value->is_default);
}

// mmengine: KeyError, though there is a default.
TEST(ReadEnvironment, RefusesAVariableThatIsEmpty) {
  setenv(kName, "", 1);
  const auto value = ReadEnvironment(kName, "y", kPlace);

  EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(value.status().message()),
              HasSubstr("a.yaml:2:3: the environment variable "
                        "ANNEAL_TEST_VARIABLE is empty"));
}

TEST(ReadEnvironment, RefusesAnEmptyDefault) {
  unsetenv(kName);
  const auto value = ReadEnvironment(kName, "", kPlace);

  EXPECT_THAT(std::string(value.status().message()),
              HasSubstr("is not set; set it, or give a default: {{ "
                        "$ANNEAL_TEST_VARIABLE:value }}"));
}

TEST(ReadEnvironment, TakesWhatIsEmptyWhereItMayBe) {
  setenv(kName, "", 1);
  const auto set = ReadEnvironment(kName, "y", kPlace, /*may_be_empty=*/true);
  unsetenv(kName);
  const auto unset = ReadEnvironment(kName, "", kPlace, /*may_be_empty=*/true);

  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->text, "");
  ASSERT_TRUE(unset.ok()) << unset.status();
  EXPECT_EQ(unset->text, "");
}

TEST(ReadEnvironment, RefusesWhatIsNowhere) {
  unsetenv(kName);
  const auto value = ReadEnvironment(kName, absl::nullopt, kPlace,
                                     /*may_be_empty=*/true);

  EXPECT_THAT(std::string(value.status().message()),
              HasSubstr("give a default: ${ANNEAL_TEST_VARIABLE:value}"));
}

}  // namespace
}  // namespace anneal::config
