#include "dist/slurm_node_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anneal::dist {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct ListCase {
  const char* name;
  const char* list;
  std::vector<std::string> nodes;
};

class SlurmNodeList : public ::testing::TestWithParam<ListCase> {};

// As `scontrol show hostnames` of Slurm 22.05 prints them, except for text
// behind brackets, which it refuses to read.
TEST_P(SlurmNodeList, Expands) {
  const auto nodes = ExpandSlurmNodeList(GetParam().list);

  ASSERT_TRUE(nodes.ok()) << nodes.status();
  EXPECT_EQ(*nodes, GetParam().nodes);
}

INSTANTIATE_TEST_SUITE_P(
    Lists, SlurmNodeList,
    ::testing::Values(
        ListCase{"OneName", "gpu-1.cluster", {"gpu-1.cluster"}},
        ListCase{"Names", "b,a", {"b", "a"}},
        ListCase{"Twice", "a[1-2],a1", {"a1", "a2", "a1"}},
        ListCase{"Range", "a[9-11]", {"a9", "a10", "a11"}},
        ListCase{"Padded", "a[09-11]", {"a09", "a10", "a11"}},
        ListCase{
            "PaddingOfEachRange",
            "node[01-03,7],gpu[2,4-5]",
            {"node01", "node02", "node03", "node7", "gpu2", "gpu4", "gpu5"}},
        ListCase{"OneNumber", "n[1]", {"n1"}},
        ListCase{"OnlyNumbers", "[1-2]", {"1", "2"}},
        ListCase{"TwoBrackets", "x[1-2][3-4]", {"x13", "x14", "x23", "x24"}},
        ListCase{"TwoDimensions",
                 "rack[0-1]node[10,12-13]",
                 {"rack0node10", "rack0node12", "rack0node13", "rack1node10",
                  "rack1node12", "rack1node13"}},
        ListCase{"MinusInNames",
                 "n[1-2]-ib[0-1],z",
                 {"n1-ib0", "n1-ib1", "n2-ib0", "n2-ib1", "z"}},
        ListCase{"TextBehind", "gpu[2,4-5]a", {"gpu2a", "gpu4a", "gpu5a"}}),
    [](const auto& info) { return info.param.name; });

TEST(SlurmNodeList, KeepsTheWidthWhereNumbersGrowPastIt) {
  const auto nodes = ExpandSlurmNodeList("n[001-1000]");

  ASSERT_TRUE(nodes.ok());
  ASSERT_EQ(nodes->size(), 1000);
  EXPECT_EQ(nodes->front(), "n001");
  EXPECT_EQ(nodes->back(), "n1000");
}

struct ErrorCase {
  const char* name;
  const char* list;
  const char* words;
};

class SlurmNodeListError : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(SlurmNodeListError, NamesThePlace) {
  const absl::Status status = ExpandSlurmNodeList(GetParam().list).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Lists, SlurmNodeListError,
    ::testing::Values(
        ErrorCase{"Empty", "", "character 1: a name is missing"},
        ErrorCase{"NoName", "a,,b", "character 3: a name is missing"},
        ErrorCase{"EndsInComma", "a,", "character 3: a name is missing"},
        ErrorCase{"Backwards", "a[3-1]",
                  "character 3: \"3-1\" is no range of numbers"},
        ErrorCase{"NoNumber", "a[]", "character 3: \"\" is no range"},
        ErrorCase{"Letters", "a[1,x]", "character 5: \"x\" is no range"},
        ErrorCase{"HalfRange", "a[2-]", "\"2-\" is no range"},
        ErrorCase{"ThreeEnds", "a[1-2-3]", "\"1-2-3\" is no range"},
        ErrorCase{"Sign", "a[+1]", "\"+1\" is no range"},
        ErrorCase{"Blank", "a[ 1]", "\" 1\" is no range"},
        ErrorCase{"TooLargeNumber", "a[1-99999999999]", "is no range"},
        ErrorCase{"NotClosed", "n[1-2", "character 6: \"]\" is missing"},
        ErrorCase{"NotOpened", "n1]", "character 3: no \"[\""},
        ErrorCase{"TooManyInARange", "n[1-65537]", "more than 65536 nodes"},
        ErrorCase{"TooManyInRanges", "n[1-65536,1]", "more than 65536 nodes"},
        ErrorCase{"TooManyInAProduct", "n[0-999][0-999]",
                  "more than 65536 nodes"},
        ErrorCase{"TooManyNames", "n[1-65536],a", "more than 65536 nodes"}),
    [](const auto& info) { return info.param.name; });

TEST(SlurmTaskCounts, Expand) {
  EXPECT_THAT(*ExpandSlurmTaskCounts("3"), ElementsAre(3));
  EXPECT_THAT(*ExpandSlurmTaskCounts("2(x3),1"), ElementsAre(2, 2, 2, 1));
  EXPECT_THAT(*ExpandSlurmTaskCounts("1,2(x2)"), ElementsAre(1, 2, 2));
}

class SlurmTaskCountsError : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(SlurmTaskCountsError, NamesThePlace) {
  const absl::Status status = ExpandSlurmTaskCounts(GetParam().list).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Lists, SlurmTaskCountsError,
    ::testing::Values(
        ErrorCase{"Empty", "", "character 1: \"\" is no count"},
        ErrorCase{"Letters", "1,two", "character 3: \"two\" is no count"},
        ErrorCase{"NotClosed", "2(x3", "\"2(x3\" is no count"},
        ErrorCase{"NoTimes", "2(x)", "\"2(x)\" is no count"},
        ErrorCase{"NoCount", "(x3)", "\"(x3)\" is no count"},
        ErrorCase{"Negative", "-1", "\"-1\" is no count"},
        ErrorCase{"TooMany", "1(x4000000000)", "more than 65536 nodes"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal::dist
