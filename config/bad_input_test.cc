// What a config file may be that is none, in every syntax.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "config/config_file.h"
#include "config/dump.h"
#include "config/peak_memory.h"
#include "tests/support/unprivileged.h"

namespace anneal::config {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Syntax {
  const char* suffix;
  // {a: {b: 1}, c: x} on several lines.
  const char* text;
  // The same key twice.
  const char* twice;
  // What opens a list, as often as one likes.
  const char* start;
};

void PrintTo(const Syntax& syntax, std::ostream* out) { *out << syntax.suffix; }

class BadInput : public ::testing::TestWithParam<Syntax> {
 protected:
  BadInput() {
    folder_ = absl::StrCat(::testing::TempDir(), "/bad_input");
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }

  std::string Path() const {
    return absl::StrCat(folder_, "/config.", GetParam().suffix);
  }
  void Write(const std::string& text) const {
    std::ofstream(Path(), std::ios::binary) << text;
  }
  // The tree, or the error without the folder.
  std::string Load() const {
    const absl::StatusOr<Node> node = LoadConfig(Path());
    code_ = node.status().code();
    if (node.ok()) return DumpFlow(*node);
    return absl::StrReplaceAll(node.status().message(), {{folder_ + "/", ""}});
  }

  std::string folder_;
  mutable absl::StatusCode code_ = absl::StatusCode::kOk;
};

TEST_P(BadInput, ThatIsMissing) {
  EXPECT_THAT(Load(), HasSubstr("no such config file"));
  EXPECT_EQ(code_, absl::StatusCode::kNotFound);
}

TEST_P(BadInput, ThatCanNotBeRead) {
  Write(GetParam().text);
  fs::permissions(Path(), fs::perms::none);
  fs::permissions(folder_, fs::perms::all);
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  absl::Status status;
  {
    const Unprivileged user;
    status = LoadConfig(absl::StrCat("config.", GetParam().suffix)).status();
  }
  fs::current_path(before);

  EXPECT_THAT(std::string(status.message()), HasSubstr("ermission denied"));
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
}

TEST_P(BadInput, ThatIsAFolder) {
  fs::create_directories(Path());

  EXPECT_THAT(Load(), HasSubstr("is a folder; name a config file in it"));
  EXPECT_EQ(code_, absl::StatusCode::kInvalidArgument);
}

TEST_P(BadInput, ThatIsEmptyIsAnEmptyConfig) {
  Write("");

  EXPECT_EQ(Load(), "{}");
}

// Cut anywhere, it is read or refused, with a place.
TEST_P(BadInput, ThatIsTruncated) {
  const std::string text = GetParam().text;
  for (size_t size = 1; size < text.size(); ++size) {
    Write(text.substr(0, size));
    const std::string result = Load();
    if (code_ == absl::StatusCode::kOk) continue;

    EXPECT_EQ(code_, absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(result,
                StartsWith(absl::StrCat("config.", GetParam().suffix, ":")));
  }
}

TEST_P(BadInput, ThatIsNotUtf8) {
  Write(absl::StrReplaceAll(GetParam().text, {{"x", "\xff"}}));

  EXPECT_THAT(Load(), HasSubstr("not UTF-8"));
  EXPECT_EQ(code_, absl::StatusCode::kInvalidArgument);
}

TEST_P(BadInput, OfWindowsIsRead) {
  Write(absl::StrCat("\xEF\xBB\xBF",
                     absl::StrReplaceAll(GetParam().text, {{"\n", "\r\n"}})));

  EXPECT_EQ(Load(), "{a: {b: 1}, c: x}");
}

TEST_P(BadInput, WithZeroBytes) {
  Write(absl::StrReplaceAll(GetParam().text, {{"x", std::string(3, '\0')}}));
  Load();

  EXPECT_EQ(code_, absl::StatusCode::kInvalidArgument);
}

TEST_P(BadInput, WithAKeyTwice) {
  if (GetParam().twice == nullptr) GTEST_SKIP() << "the last one counts";
  Write(GetParam().twice);
  const std::string result = Load();
  if (std::string(GetParam().suffix) == "textproto") {
    EXPECT_EQ(result, "{a: [1, 2]}") << "a field given twice is a list";
    return;
  }

  EXPECT_THAT(result, HasSubstr("\"a\" is given twice"));
  EXPECT_EQ(code_, absl::StatusCode::kInvalidArgument);
}

TEST_P(BadInput, TenThousandLevelsDeep) {
  std::string text;
  for (int i = 0; i < 10000; ++i) absl::StrAppend(&text, GetParam().start);
  Write(text);

  EXPECT_THAT(Load(), HasSubstr("nested too deeply"));
  EXPECT_EQ(code_, absl::StatusCode::kInvalidArgument);
}

// Told by its size, before a byte of it is read.
TEST_P(BadInput, OfALineOfAGigabyte) {
  Write(GetParam().text);
  fs::resize_file(Path(), uintmax_t{1} << 30);

  EXPECT_THAT(Load(), HasSubstr("has more than 16 MiB; is it a config?"));
  EXPECT_EQ(code_, absl::StatusCode::kInvalidArgument);
}

// As long as one may be.
TEST_P(BadInput, OfALineOf16Megabytes) {
  Write(std::string(16 << 20, GetParam().start[0]));
  Load();

  EXPECT_EQ(code_, absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Syntaxes, BadInput,
    ::testing::ValuesIn<Syntax>({
        {"yaml", "a:\n  b: 1\nc: x\n", "a: 1\na: 2\n", "["},
        {"json", "{\"a\":\n{\"b\": 1},\n\"c\": \"x\"}\n",
         "{\"a\": 1, \"a\": 2}", "["},
        {"py", "a = dict(\nb=1)\nc = 'x'\n", nullptr, "["},
        {"textproto", "a {\nb: 1\n}\nc: \"x\"\n", "a: 1 a: 2", "a{"},
    }),
    [](const auto& info) { return info.param.suffix; });

// What LoadConfig costs: seconds of the processor, whatever else it has to do.
struct Cost {
  double seconds;
  int64_t kilobytes;
};

class Costs : public ::testing::Test {
 protected:
  static double CpuSeconds() {
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
  }

  absl::StatusOr<Node> Load(const std::string& text) {
    const std::string path = absl::StrCat(::testing::TempDir(), "/cost.yaml");
    std::ofstream(path) << text;
    const int64_t before = ResetPeakMemory();
    const double start = CpuSeconds();
    absl::StatusOr<Node> node = LoadConfig(path);
    cost_ = {CpuSeconds() - start, PeakMemory() - before};
    RecordProperty("milliseconds", static_cast<int>(cost_.seconds * 1e3));
    RecordProperty("kilobytes", static_cast<int>(cost_.kilobytes));
    return node;
  }

  Cost cost_ = {};
};

// Of 10^9 values, by aliases of aliases: refused in 100 ms and 100 MB.
TEST_F(Costs, OfAliasesOfAliases) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string below = absl::StrCat("*a", i - 1);
    absl::StrAppend(&text, "a", i, ": &a", i, " [", below);
    for (int j = 1; j < 10; ++j) absl::StrAppend(&text, ", ", below);
    absl::StrAppend(&text, "]\n");
  }

  const absl::StatusOr<Node> node = Load(text);

  EXPECT_THAT(std::string(node.status().message()),
              HasSubstr("aliases copy more than 100,000 values; aliases that "
                        "refer to aliases multiply"));
  EXPECT_LT(cost_.kilobytes, 100 << 10);
  EXPECT_LT(cost_.seconds, 0.1);
}

// Each anchor keeps what it names, which is 8 MB of text a hundred times.
TEST_F(Costs, OfAnchorsInsideOfAnchors) {
  std::string text = "a: ";
  for (int i = 0; i < 90; ++i) absl::StrAppend(&text, "&b", i, " [");
  text += std::string(8 << 20, 'x') + std::string(90, ']');

  const absl::StatusOr<Node> node = Load(text);

  EXPECT_THAT(std::string(node.status().message()),
              HasSubstr("more than 16 MiB of text; anchors and aliases"));
  EXPECT_LT(cost_.kilobytes, 100 << 10);
}

// A key's text counts as a value's does.
TEST_F(Costs, OfAliasesOfLongKeys) {
  std::string text = absl::StrCat("a: &a {", std::string(1000, 'k'), ": 1}\n");
  text += "b: [*a";
  for (int i = 0; i < 40000; ++i) text += ", *a";

  const absl::StatusOr<Node> node = Load(text + "]");

  EXPECT_THAT(std::string(node.status().message()),
              HasSubstr("more than 16 MiB of text; anchors and aliases"));
  EXPECT_LT(cost_.kilobytes, 100 << 10);
}

// Each looks for the next of every kind, which may be far away.
TEST_F(Costs, OfManyReferencesInAString) {
  std::string text = "a: \"";
  for (int i = 0; i < 100000; ++i) text += "{{fileExtname}}";

  const absl::StatusOr<Node> node = Load(text + "\"");

  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_LT(cost_.seconds, 1);
}

}  // namespace
}  // namespace anneal::config
