// Configs that would take the machine's time or memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "config/config_file.h"
#include "config/node.h"
#include "config/peak_memory.h"

namespace anneal::config {
namespace {

using ::testing::HasSubstr;

std::string Repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

struct Hostile {
  const char* name;
  std::string text;
};

const Hostile kHostile[] = {
    {"LongText", "a = 'a' * 10 ** 9"},
    {"LongList", "a = [0] * 10 ** 9"},
    {"LongTuple", "a = (0, 1) * 10 ** 18"},
    {"NegativeTimes", "a = 10 ** 18 * [0]"},
    {"Tower", "a = 10 ** 10 ** 10"},
    {"Shift", "a = 1 << 10 ** 9"},
    {"Range", "a = list(range(10 ** 18))"},
    {"LoopOverRange", "for i in range(10 ** 10): pass"},
    {"Comprehensions",
     "a = [i for i in range(1000) for j in range(1000) for k in range(1000)]"},
    {"Nested", "a = [[j for j in range(9999)] for i in range(9999)]"},
    {"Growing", "a = [1]\nfor i in range(100): a = a + a"},
    {"GrowingText", "a = 'x'\nfor i in range(100): a += a"},
    {"GrowingInPlace", "a = [1]\nfor i in range(100): a += a"},
    {"GrowingByExtend", "a = [1]\nfor i in range(100): a.extend(a)"},
    {"ListOfItself",
     "a = [1]\nfor i in a: a.append(i)\nfor i in range(99): a *= 9"},
    {"Laughs", "a = ['lol']\nfor i in range(60): a = [a, a]"},
    {"LaughsCompared",
     "a = [1]\nb = [1]\nfor i in range(60):\n  a = [a, a]\n  b = [b, b]\n"
     "c = a == b"},
    {"LaughsAsText", "a = [1]\nfor i in range(60): a = [a, a]\nb = str(a)"},
    {"LaughsAsKey", "a = 1\nfor i in range(60): a = (a, a)\nb = {a: 1}"},
    {"LaughsOfDicts", "a = {}\nfor i in range(60): a = dict(x=a, y=a)"},
    {"DeepValue", "a = []\nfor i in range(100000): a = [a]"},
    {"DeepTuple", "a = ()\nfor i in range(100000): a = (a,)\nb = {a}"},
    {"Width", "a = f'{1:1000000000}'"},
    {"Precision", "a = '%.1000000000f' % 1"},
    {"Format", "a = '{:>{w}}'.format(1, w=10 ** 9)"},
    {"Fill", "a = 'x'.ljust(10 ** 9)"},
    {"Zeros", "a = '1'.zfill(10 ** 9)"},
    {"Replace", "a = ('a' * 10 ** 6).replace('a', 'b' * 10 ** 6)"},
    {"Join", "a = ('a' * 10 ** 6).join('b' * 10 ** 6)"},
    {"Split", "a = ('a ' * 500000).split()"},
    {"Insert",
     "a = list(range(200000))\nfor i in range(200000): a.insert(0, i)"},
    {"PopFront",
     "a = list(range(200000))\nfor i in range(200000):\n  a.pop(0)\n  "
     "a.append(1)"},
    {"Search", "a = list(range(200000))\nfor i in range(200000): -1 in a"},
    {"EraseKeys",
     "a = {i: i for i in range(60000)}\nfor i in range(60000):\n  a.pop(i)\n"
     "  0 in a"},
    {"Sort", "a = sorted([[1] * 9999, [1] * 9999] * 9999)"},
    {"Zip", "a = list(zip(*[range(99999)] * 99))"},
    {"Circle", "a = {}\na['x'] = a\nb = str(a)"},
    {"CircleCompared", "a = []\na.append(a)\nb = []\nb.append(b)\nc = a == b"},
    {"DeepBrackets", "a = " + Repeated("[", 10000) + Repeated("]", 10000)},
    {"DeepOpen", "a = " + Repeated("(", 100000)},
    {"DeepDict", "a = " + Repeated("{1:", 10000)},
    {"DeepSign", "a = " + Repeated("-", 100000) + "1"},
    {"DeepNot", "a = " + Repeated("not ", 100000) + "1"},
    {"DeepPower", "a = " + Repeated("1**", 100000) + "1"},
    {"DeepChoice", "a = " + Repeated("1 if 1 else ", 50000) + "1"},
    {"DeepSum", "a = " + Repeated("1+", 100000) + "1"},
    {"DeepAttribute", "import a\nb = a" + Repeated(".b", 100000)},
    {"DeepSubscript", "a = b" + Repeated("[0]", 100000)},
    {"DeepCall", "a = b" + Repeated("()", 100000)},
    {"DeepBlocks",
     [] {
       std::string text;
       for (int i = 0; i < 1000; ++i) text += std::string(i, ' ') + "if 1:\n";
       return text;
     }()},
    {"DeepFormat", "a = f'" + Repeated("{f\"", 1000) + "'"},
    {"DeepInline", Repeated("if 1:", 100000) + "pass"},
    {"WideRange", "a = len(range(0, 2 ** 62, 2 ** 32)[::2 ** 32])"},
    {"ManyBraces", "a = '" + Repeated("{{", 400000) + "'\nb = 1 / 0"},
    {"ManyVariables", "a = '" + Repeated("{{$A:", 200000) + "'\nb = 1 / 0"},
    {"ManyFields", "a = f'" + Repeated("{1}", 20000) + Repeated("x", 900000) +
                       "{2}'\nb = 1 / 0"},
    {"ManyEqualFields", "a = f'" + Repeated("x", 700000) +
                            Repeated("{1}", 20000) + "'\nb = 1 / 0"},
    {"ManySearches",
     "a = 'a' * 2 ** 20\nb = 'a' * 2 ** 19 + 'b'\nfor i in range(9): b in a"},
    {"ManyFinds", "a = 'a' * 2 ** 20\nb = 'a' * 2 ** 19 + 'b'\na.find(b)"},
    {"ManyCounts", "a = 'a' * 2 ** 20\nb = 'a' * 2 ** 19 + 'b'\na.count(b)"},
    {"ManyReplaces",
     "a = 'a' * 2 ** 20\nb = 'a' * 2 ** 19 + 'b'\na.replace(b, '')"},
    {"ManySplits", "a = 'a' * 2 ** 20\nb = 'a' * 2 ** 19 + 'b'\na.rsplit(b)"},
    {"ManyPartitions",
     "a = 'a' * 2 ** 20\nb = 'a' * 2 ** 19 + 'b'\na.rpartition(b)"},
    {"ManyStrips",
     "a = 'a' * 2 ** 20\nb = 'b' * 2 ** 19 + 'a'\n"
     "for i in range(99): a.strip(b)"},
    {"ManyEnds", "a = 'a' * 2 ** 20\na.endswith((a,) * 400000)"},
    {"ManyEqual",
     "a = 'a' * 2 ** 20\nb = 'a' * 2 ** 20\nfor i in range(90000): a == b"},
    {"ManySame",
     "a = 'a' * 2 ** 20\nb = 'a' * 2 ** 20\nfor i in range(90000): a is b"},
    {"ManyOrdered",
     "a = 'a' * 2 ** 20\nb = 'a' * 2 ** 20\nfor i in range(90000): a < b"},
    {"ManyKeys",
     "a = 'a' * 2 ** 20\nb = {'a' * 2 ** 20: 1}\n"
     "for i in range(90000): b[a]"},
    {"ManyHashes",
     "a = 'a' * 2 ** 20\nb = {i: i for i in range(99)}\n"
     "for i in range(90000): a in b"},
    {"ManyCopies",
     "a = 'a' * 2 ** 20\nfor i in range(90000): 'b'.startswith(a)\n"
     "for i in range(90000): 'b'.find(a)"},
    {"ManyNumbers", "a = '0' * 2 ** 20\nfor i in range(90000): float(a)"},
    {"ManyIntegers", "a = '0' * 2 ** 20\nfor i in range(90000): int(a)"},
    {"ManyClauses", "a = [1 " + Repeated("for i in [1, 2] ", 1000) + "]"},
    {"LongLine", "a = [" + Repeated("1,", 500000) + "]"},
    {"LongFile", std::string(3 << 20, '#')},
    {"LongNumber", "a = " + std::string(100000, '9')},
};

void PrintTo(const Hostile& hostile, std::ostream* out) {
  *out << hostile.name;
}

class HostileConfig : public ::testing::TestWithParam<Hostile> {};

// Seconds of this process, however busy the machine is.
double CpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

TEST_P(HostileConfig, EndsSoonInAnError) {
  const std::string path = ::testing::TempDir() + "/hostile.py";
  std::ofstream(path) << GetParam().text << "\n";
  const int64_t before = ResetPeakMemory();
  const double start = CpuSeconds();

  const absl::StatusOr<Node> tree = LoadConfig(path);

  const double seconds = CpuSeconds() - start;
  EXPECT_EQ(tree.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(tree.status().message()), HasSubstr("hostile.py:"));
  EXPECT_LT(std::string(tree.status().message()).size(), 2000u);
  RecordProperty("milliseconds", absl::StrCat(seconds * 1e3));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(seconds, 0.1);
  EXPECT_LT(PeakMemory() - before, 100000);
#endif
}

INSTANTIATE_TEST_SUITE_P(Table, HostileConfig, ::testing::ValuesIn(kHostile),
                         [](const auto& info) { return info.param.name; });

TEST(PythonLimits, CountTheFilesOfAConfig) {
  const std::string folder = ::testing::TempDir() + "/many";
  std::filesystem::create_directories(folder);
  for (int i = 0; i < 20; ++i) {
    std::ofstream(absl::StrCat(folder, "/", i, ".py"))
        << "_base_ = ['" << i + 1 << ".py', '" << i + 1 << ".py']\n";
  }
  std::ofstream(folder + "/20.py") << "\n";

  const auto tree = LoadConfig(folder + "/0.py");

  EXPECT_THAT(std::string(tree.status().message()),
              HasSubstr("more than 200 bases"));
}

}  // namespace

}  // namespace anneal::config
