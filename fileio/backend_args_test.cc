#include "fileio/backend_args.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/time/time.h"

namespace anneal::fileio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

BackendArgs FromJson(const std::string& json) {
  BackendArgs args;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &args).ok());
  return args;
}

TEST(BackendArgsReader, GivesWhatIsThere) {
  const BackendArgs args = FromJson(
      R"({"backend": "x", "s": "t", "b": true, "n": 1.5, "i": 3,
          "l": ["a", "b"], "one": "a", "m": {"k": "v"}})");
  BackendArgsReader reader("x", args);

  EXPECT_EQ(reader.String("s", "no"), "t");
  EXPECT_EQ(reader.RequiredString("s"), "t");
  EXPECT_TRUE(reader.Bool("b", false));
  EXPECT_EQ(reader.Number("n", 0), 1.5);
  EXPECT_EQ(reader.Integer("i", 0), 3);
  EXPECT_EQ(reader.Integer("i", 0, 3, 3), 3);
  EXPECT_EQ(reader.Seconds("n", absl::Seconds(9), absl::Seconds(1)),
            absl::Milliseconds(1500));
  EXPECT_EQ(reader.Seconds("none", absl::Seconds(9), absl::Seconds(1)),
            absl::Seconds(9));
  EXPECT_THAT(reader.StringList("l"), ElementsAre("a", "b"));
  EXPECT_THAT(reader.StringList("one"), ElementsAre("a"));
  EXPECT_THAT(reader.StringMap("m"), ElementsAre(Pair("k", "v")));
  EXPECT_TRUE(reader.Finish().ok());
}

TEST(BackendArgsReader, GivesTheDefaultOfWhatIsNotThereOrNull) {
  const BackendArgs args = FromJson(R"({"b": null})");
  BackendArgsReader reader("x", args);

  EXPECT_EQ(reader.String("s", "t"), "t");
  EXPECT_TRUE(reader.Bool("b", true));
  EXPECT_EQ(reader.Integer("i", 7), 7);
  EXPECT_TRUE(reader.StringList("l").empty());
  EXPECT_TRUE(reader.Finish().ok());
}

TEST(BackendArgsReader, ShowsTheKindOfAWrongValueOnly) {
  const BackendArgs args = FromJson(R"({"key": ["hunter2"], "on": "hunter2"})");
  BackendArgsReader strings("x", args);
  strings.String("key", "");
  BackendArgsReader bools("x", args);
  bools.Bool("on", false);

  EXPECT_EQ(std::string(strings.Finish().message()),
            "backend_args of x: key: expected a text, found a list");
  EXPECT_EQ(std::string(bools.Finish().message()),
            "backend_args of x: on: expected true or false, found a text");
}

TEST(BackendArgsReader, NamesWhatNobodyTook) {
  const BackendArgs args = FromJson(R"({"db_pth": "x"})");
  BackendArgsReader reader("lmdb", args);
  reader.String("db_path", "");
  const absl::Status status = reader.Finish();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()),
            "backend_args of lmdb: there is no db_pth; did you mean "
            "\"db_path\"?; it takes: db_path");
}

struct WrongKind {
  std::string name;
  std::function<void(BackendArgsReader&)> take;
  std::string words;
};

class WrongKinds : public ::testing::TestWithParam<WrongKind> {};

TEST_P(WrongKinds, AreRefused) {
  const BackendArgs args =
      FromJson(R"({"x": 1.5, "i": 3, "long": 1e300, "l": [1], "m": {"k": 1}})");
  BackendArgsReader reader("lmdb", args);
  GetParam().take(reader);
  const absl::Status status = reader.Finish();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              StartsWith("backend_args of lmdb: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    BackendArgsReader, WrongKinds,
    ::testing::Values(
        WrongKind{"Text", [](BackendArgsReader& r) { r.String("x", ""); },
                  "x: expected a text, found a number"},
        WrongKind{"Required",
                  [](BackendArgsReader& r) { r.RequiredString("none"); },
                  "none: is required"},
        WrongKind{"Bool", [](BackendArgsReader& r) { r.Bool("x", true); },
                  "x: expected true or false"},
        WrongKind{"Number", [](BackendArgsReader& r) { r.Number("l", 0); },
                  "l: expected a number"},
        WrongKind{"Integer", [](BackendArgsReader& r) { r.Integer("x", 0); },
                  "x: expected an integer, found 1.5"},
        WrongKind{"TooSmall",
                  [](BackendArgsReader& r) { r.Integer("i", 7, 4, 9); },
                  "i: it is from 4 to 9, found 3"},
        WrongKind{"TooLarge",
                  [](BackendArgsReader& r) { r.Integer("i", 1, 0, 2); },
                  "i: it is from 0 to 2, found 3"},
        WrongKind{"TooShort",
                  [](BackendArgsReader& r) {
                    r.Seconds("x", absl::Seconds(9), absl::Seconds(2));
                  },
                  "x: it is from 2 to 86400 seconds, found 1.5"},
        WrongKind{"TooLong",
                  [](BackendArgsReader& r) {
                    r.Seconds("long", absl::Seconds(9), absl::ZeroDuration());
                  },
                  "long: it is from 0 to 86400 seconds, found 1e+300"},
        WrongKind{"List", [](BackendArgsReader& r) { r.StringList("x"); },
                  "x: expected a list of texts"},
        WrongKind{"ListOfNumbers",
                  [](BackendArgsReader& r) { r.StringList("l"); },
                  "l: expected a list of texts"},
        WrongKind{"Map", [](BackendArgsReader& r) { r.StringMap("m"); },
                  "m: expected a dict of texts"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal::fileio
