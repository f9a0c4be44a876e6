#include "tools/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

FlagParser Parser() {
  return FlagParser("tool CONFIG [flags]", "Does things.",
                    {{"--fast", FlagKind::kSwitch, "", "Quickly."},
                     {"--dir", FlagKind::kValue, "DIR", "Where."},
                     {"--resume", FlagKind::kOptional, "PATH", "Go on."},
                     {"--set", FlagKind::kList, "K=V", "Change."}});
}

Flags Parse(const std::vector<std::string>& args) {
  const auto flags = Parser().Parse(args);
  EXPECT_TRUE(flags.ok()) << flags.status();
  return flags.ok() ? *flags : Flags();
}

TEST(FlagParser, TellsWordsFromFlags) {
  const Flags flags = Parse({"--fast", "a.yaml", "--dir", "d"});

  EXPECT_THAT(flags.positional, ElementsAre("a.yaml"));
  EXPECT_TRUE(flags.Has("--fast"));
  EXPECT_EQ(flags.Get("--dir"), "d");
  EXPECT_FALSE(flags.Has("--resume"));
  EXPECT_EQ(flags.Get("--resume", "none"), "none");
}

TEST(FlagParser, TakesAValueBehindEquals) {
  EXPECT_EQ(Parse({"a.yaml", "--dir=x=y"}).Get("--dir"), "x=y");
}

TEST(FlagParser, ALaterValueReplacesTheEarlier) {
  EXPECT_EQ(Parse({"a.yaml", "--dir", "x", "--dir=y"}).Get("--dir"), "y");
}

TEST(FlagParser, AnOptionalValueMayBeLeftOut) {
  const Flags flags = Parse({"a.yaml", "--resume", "--fast"});

  EXPECT_TRUE(flags.Has("--resume"));
  EXPECT_EQ(flags.Get("--resume", "auto"), "auto");
  EXPECT_EQ(Parse({"a.yaml", "--resume", "p"}).Get("--resume", "auto"), "p");
}

TEST(FlagParser, AListTakesAllWordsUpToTheNextFlag) {
  const Flags flags = Parse(
      {"a.yaml", "--set", "a=1", "b=-2", "--fast", "--set=c=3", "d=[4,-5]"});

  EXPECT_THAT(flags.given.at("--set"),
              ElementsAre("a=1", "b=-2", "c=3", "d=[4,-5]"));
}

TEST(FlagParser, WordsBehindTwoDashesArePositional) {
  EXPECT_THAT(Parse({"--fast", "--", "--dir"}).positional,
              ElementsAre("--dir"));
}

TEST(FlagParser, ANegativeNumberIsAValue) {
  EXPECT_EQ(Parse({"a.yaml", "--dir", "-1"}).Get("--dir"), "-1");
}

TEST(FlagParser, HelpNeedsNothingElse) {
  EXPECT_TRUE(Parse({"--help"}).Has("--help"));
  EXPECT_TRUE(Parse({"-h"}).Has("--help"));
}

struct Mistake {
  const char* name;
  std::vector<std::string> args;
  const char* words;
};
class FlagParserRefuses : public ::testing::TestWithParam<Mistake> {};

TEST_P(FlagParserRefuses, WithARemedy) {
  const absl::Status status = Parser().Parse(GetParam().args).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Mistakes, FlagParserRefuses,
    ::testing::Values(
        Mistake{"NearFlag",
                {"a", "--dri", "x"},
                "unknown flag --dri; did you mean \"--dir\"?"},
        Mistake{"FarFlag",
                {"a", "--zzzzzzzz"},
                "unknown flag --zzzzzzzz; --help lists the flags"},
        Mistake{"ShortFlag", {"a", "-v"}, "unknown flag -v"},
        Mistake{"NoValue", {"a", "--dir"}, "--dir needs a value: --dir DIR"},
        Mistake{"NoValueBeforeAFlag",
                {"a", "--dir", "--fast"},
                "--dir needs a value"},
        Mistake{"NoValueTheSecondTime",
                {"a", "--dir", "x", "--dir"},
                "--dir needs a value"},
        Mistake{"EmptyValue", {"a", "--dir="}, "--dir needs a value"},
        Mistake{"EmptyList", {"a", "--set"}, "--set needs a value: --set K=V"},
        Mistake{"SwitchWithAValue",
                {"a", "--fast=1"},
                "--fast takes no value; write it alone"},
        Mistake{"NoWord", {}, "CONFIG is missing; usage: tool CONFIG [flags]"},
        Mistake{
            "WordTakenByAFlag", {"--resume", "a.yaml"}, "CONFIG is missing"},
        Mistake{"WordTooMany", {"a", "b"}, "\"b\" is one word too many"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(FlagParser, HelpShowsEveryFlagWithWhatItTakes) {
  EXPECT_THAT(Parser().Help(),
              AllOf(HasSubstr("usage: tool CONFIG [flags]\n\nDoes things."),
                    HasSubstr("  --fast                       Quickly.\n"),
                    HasSubstr("  --dir DIR                    Where.\n"),
                    HasSubstr("  --resume [PATH]              Go on.\n"),
                    HasSubstr("  --set K=V ...                Change.\n"),
                    HasSubstr("  --help ")));
}

}  // namespace
}  // namespace anneal
