// What a .py config may not say, and how it is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "config/config_file.h"
#include "config/node.h"

namespace anneal::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Folder() {
  static const std::string folder = [] {
    const std::string path = ::testing::TempDir() + "/errors";
    std::filesystem::create_directories(path);
    return path;
  }();
  return folder;
}

std::string Write(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(Folder(), "/", name);
  std::filesystem::create_directories(
      std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
  return path;
}

absl::StatusOr<Node> Load(const std::string& text) {
  return LoadConfig(Write("main.py", text));
}

struct ErrorCase {
  const char* name;
  const char* text;
  const char* place;  // line and column
  const char* word;
};

const ErrorCase kCases[] = {
    // Python that would have to run.
    {"Function", "x = 1\ndef f():\n  return 1\n", "2:1", "function definition"},
    {"Class", "class A: pass\n", "1:1", "class definition"},
    {"While", "while True: pass\n", "1:1", "while loop"},
    {"Try", "try:\n  a = 1\nexcept: pass\n", "1:1", "try"},
    {"Raise", "raise 1\n", "1:1", "raise"},
    {"Return", "return 1\n", "1:1", "return"},
    {"Yield", "yield 1\n", "1:1", "yield"},
    {"YieldValue", "a = (yield 1)\n", "1:6", "yield"},
    {"Async", "async def f(): pass\n", "1:1", "async"},
    {"Await", "a = await b\n", "1:5", "await"},
    {"Global", "global a\n", "1:1", "global"},
    {"Nonlocal", "nonlocal a\n", "1:1", "nonlocal"},
    {"Decorator", "@f\ndef g(): pass\n", "1:1", "decorator"},
    {"Lambda", "a = [lambda x: x]\n", "1:6", "lambda"},
    {"Walrus", "a = (b := 1)\n", "1:8", ":="},
    {"With", "with open('a') as f: pass\n", "1:6", "read_base"},
    {"Ellipsis", "a = ...\n", "1:5", "..."},
    {"Bytes", "a = b'x'\n", "1:5", "bytes"},
    {"Complex", "a = 1j\n", "1:5", "complex"},
    {"MatrixProduct", "a = 1 @ 2\n", "1:7", "@"},
    {"Import", "a = __import__('os')\n", "1:5", "can't use __import__()"},
    {"Open", "a = open('/etc/passwd').read()\n", "1:5", "can't use open()"},
    {"Eval", "eval('1')\n", "1:1", "can't use eval()"},
    {"Exec", "exec('1')\n", "1:1", "can't use exec()"},
    {"Print", "print(1)\n", "1:1", "can't use print()"},
    {"System", "import os\nos.system('true')\n", "2:1", "os.system"},
    {"Environment", "import os\na = os.environ['A']\n", "2:5", "os.environ"},
    {"Subclasses", "a = ().__class__\n", "1:5", "no attribute \"__class__\""},
    {"Globals", "a = 'x'.format.__globals__\n", "1:5", "__globals__"},
    {"FormatAttribute", "a = '{0.__class__}'.format(1)\n", "1:5", "__class__"},
    {"StandardName", "from functools import partial\n", "1:23", "partial"},
    {"CallsAnImport", "from x import Y\na = Y(1)\n", "2:5", "dict(type=Y"},
    {"Debug", "f'{1=}'\n", "1:1", "x={x}"},
    // No Python.
    {"Value", "a = \n", "1:5", "expected a value"},
    {"Close", "a = [1,\n", "1:5", "nothing closes \"[\""},
    {"Mismatch", "a = [1)\n", "1:7", "\")\" closes \"[\""},
    {"Extra", "a = 1)\n", "1:6", "closes nothing"},
    {"Quote", "a = 'b\n", "1:5", "close its quote"},
    {"Triple", "a = '''b\n", "1:5", "three quotes"},
    {"Indent", "a = 1\n  b = 2\n", "2:3", "indentation"},
    {"Dedent", "if 1:\n    a = 1\n  b = 2\n", "3:3", "fits no block"},
    {"TabsAndSpaces", "if 1:\n        a = 1\n\tb = 2\n", "3:2",
     "tabs and spaces"},
    {"SpacesThenATab", "if 1:\n  if 1:\n\ta = 1\n", "3:2", "tabs and spaces"},
    {"Block", "if 1:\na = 1\n", "2:1", "indented block"},
    {"Character", "a = 1 ? 2\n", "1:7", "\"?\""},
    {"Statement", "a = 1 b\n", "1:7", "end of the line"},
    {"Keyword", "for = 1\n", "1:5", "expected a value"},
    {"Octal", "a = 012\n", "1:5", "0o17"},
    {"Digits", "a = 1x\n", "1:5", "no number"},
    {"Underscore", "a = 1__0\n", "1:5", "no number"},
    {"Prefix", "a = q'x'\n", "1:5", "prefix"},
    {"Escape", "a = '\\x1'\n", "1:5", "digits"},
    {"Target", "1 = a\n", "1:1", "can't assign to"},
    {"CallTarget", "f() = 1\n", "1:1", "can't assign to"},
    {"Break", "break\n", "1:1", "stands in a loop"},
    {"Positional", "a = dict(x=1, 2)\n", "1:15", "without a name"},
    {"Twice", "a = dict(x=1, x=2)\n", "1:15", "given twice"},
    {"Brace", "a = f'{1'\n", "1:5", "isn't closed"},
    {"NoZero", "a = '\\N{DASH}'\n", "1:5", "character itself"},
    // Values.
    {"Name", "a = 1\nb = aa\n", "2:5", "\"aa\" is not defined"},
    {"Zero", "a = 1 / 0\n", "1:5", "division by zero"},
    {"Overflow", "a = 2 ** 64\n", "1:5", "64 bits"},
    {"Large", "a = 9223372036854775808\n", "1:5", "64 bits"},
    {"Least", "a = (-2 ** 62 * 2) // -1\n", "1:5", "64 bits"},
    {"Types", "a = 1 + 'x'\n", "1:5", "int and str"},
    {"Order", "a = 1 < 'x'\n", "1:5", "int and str"},
    {"Key", "a = {}['x']\n", "1:5", "no key 'x'"},
    {"Index", "a = [1][1]\n", "1:5", "index 1"},
    {"Attribute", "a = dict(b=1)\nc = a.b\n", "2:5", "dict[\"key\"]"},
    {"Unhashable", "a = {[]: 1}\n", "1:6", "list can't be a key"},
    {"Tuple", "a = (1,)\na[0] = 2\n", "2:1", "can't be changed"},
    {"Unpack", "a, b = 1, 2, 3\n", "1:1", "3 values for 2 names"},
    {"Iterate", "for i in 3: pass\n", "1:1", "no items"},
    {"Assert", "assert 1 > 2, 'why'\n", "1:1", "why"},
    {"Callable", "a = 1()\n", "1:5", "can't be called"},
    {"Method", "a = 'x'.encode()\n", "1:5", "encode"},
    {"Format", "a = f'{1:q}'\n", "1:5", "no format"},
    {"Percent", "a = '%d %d' % 1\n", "1:5", "more formats"},
    {"Range", "a = range(3)\n", "1:5", "list(range(...))"},
    {"Function_", "a = [len]\n", "1:6", "function can't stay"},
    {"Circle", "a = []\na.append(a)\n", "1:5", "circle"},
    {"BothKeys", "a = {1: 2, '1': 3}\n", "1:12", "both 1"},
    {"Deleted", "del x\n", "1:5", "not defined"},
    {"Star", "from math import *\n", "1:18", "import *"},
    {"Keyword_", "a = enumerate([], first=1)\n", "1:5", "\"first\""},
    {"MaxKeyword", "a = max([1], by=1)\n", "1:5", "\"by\""},
    {"SumKeyword", "a = sum([1], first=1)\n", "1:5", "\"first\""},
    {"SplitKeyword", "a = 'a'.split(by='a')\n", "1:5", "\"by\""},
    {"RoundKeyword", "a = round(1.5, digits=1)\n", "1:5", "\"digits\""},
    {"NameOfCase", "a = 'x'.title(1)\n", "1:5", ": title(): "},
    {"NameOfMath", "import math\na = math.floor('x')\n", "2:5", ": floor(): "},
    {"NameOfAny", "a = any(1, 2)\n", "1:5", ": any(): "},
    {"NameOfEnd", "a = 'x'.endswith(1)\n", "1:5", ": endswith(): "},
    {"ZeroByte", "a = int('12\\0x')\n", "1:5", "no integer"},
    {"IntBase", "a = int(12, base=16)\n", "1:5", "takes a str"},
    {"LongBase", "a = int('1', 2 ** 32 + 10)\n", "1:5", "no integer"},
    {"AlignedText", "a = f'{\"a\":=5}'\n", "1:5", "no format"},
    {"RangeSlice", "a = range(0, 2 ** 62, 2 ** 32)[::2 ** 32]\n", "1:5",
     "64 bits"},
    {"Field", "a = f'yy{y}'\n", "1:10", "\"y\" is not defined"},
    {"SecondField", "y = 1\na = f'é{y}{z}'\n", "2:12", "\"z\" is not"},
    {"Inline", "if 1: if 1: a = 1\n", "1:7", "a line of its own"},
    {"InlineRefused", "if 1: return 1\n", "1:7", "return"},
    // mmengine's rules.
    {"Reserved", "text = 1\n", "1:8", "reserved"},
    {"Quoted", "a = '{{ _base_.x }}'\n", "1:5", "without quotes"},
    {"BaseKey", "a = {{ _base_.x.y }}\n", "1:5", "no \"x\""},
    {"BaseKind", "_base_ = 3\n", "1:10", "paths"},
    {"Unset", "a = '{{ $ANNEAL_NOT_SET: }}'\n", "1:5", "ANNEAL_NOT_SET"},
    {"Predefined", "a = {{ fileDirname }}\n", "1:5", "in quotes"},
    {"ReadBaseOnly", "with read_base():\n    a = 1\n", "2:5", "takes only"},
    {"ReadBaseTwice",
     "with read_base():\n  from .a import *\nwith read_base():\n  from .a "
     "import *\n",
     "3:1", "second"},
    {"ReadBaseNested", "if 1:\n  with read_base():\n    from .a import *\n",
     "2:3", "inside of nothing"},
    {"ReadBaseInLoop",
     "for i in [1]:\n  with read_base():\n    from .a import *\n", "2:3",
     "inside of nothing"},
    {"ReadBaseBehindBase",
     "_base_ = []\nwith read_base():\n  from .a import *\n", "2:1",
     "don't mix"},
    {"BaseBehindReadBase",
     "with read_base():\n  from .a import *\n_base_ = 'b.py'\n", "3:1",
     "don't mix"},
    {"BaseBehindImport", "from torch.optim import SGD\n_base_ = 'b.py'\n",
     "2:1", "don't mix"},
    {"BaseInAChain", "a = _base_ = 'b.py'\n", "1:1", "of its own"},
    {"BaseAsAVariable",
     "from torch.optim import SGD\nfor _base_ in [1]: pass\n", "2:5",
     "variable _base_"},
    {"ReadBaseMissing", "with read_base():\n  from .gone import *\n", "2:3",
     "gone.py: no such"},
    {"ReadBaseAbsolute", "with read_base():\n  from no.pkg import *\n", "2:3",
     "ANNEAL_PACKAGE_PATH"},
};

void PrintTo(const ErrorCase& one, std::ostream* out) { *out << one.name; }

class PythonError : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(PythonError, NamesPlaceAndConstruct) {
  const absl::StatusOr<Node> tree = Load(GetParam().text);

  EXPECT_FALSE(tree.ok());
  EXPECT_THAT(
      std::string(tree.status().message()),
      StartsWith(absl::StrCat(Folder(), "/main.py:", GetParam().place, ": ")));
  EXPECT_THAT(std::string(tree.status().message()), HasSubstr(GetParam().word));
}

INSTANTIATE_TEST_SUITE_P(Table, PythonError, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST(PythonConfig, TellsWhereEachValueWasWritten) {
  Write("base.py", "size = 4\nnorm = dict(\n    type='BN')\n");

  const auto tree = Load(
      "_base_ = 'base.py'\n"
      "width = 2\n"
      "model = dict(width=width, depth=width * 2,\n"
      "             norm=_base_.norm)\n"
      "model['new'] = [1,\n"
      "   'é', f'{width}']\n");

  ASSERT_TRUE(tree.ok()) << tree.status();
  const auto at = [&](const Node* node) {
    return node->place.ToString().substr(Folder().size() + 1);
  };
  const Node* model = tree->Find("model");
  EXPECT_EQ(at(model), "main.py:3:9");
  EXPECT_EQ(at(model->Find("width")), "main.py:2:9");
  EXPECT_EQ(at(model->Find("depth")), "main.py:3:33");
  EXPECT_EQ(at(model->Find("norm")->Find("type")), "base.py:3:10");
  const auto& list = *model->Find("new")->get_if<Node::List>();
  EXPECT_EQ(at(&list[0]), "main.py:5:17");
  EXPECT_EQ(at(&list[2]), "main.py:6:9");
  EXPECT_EQ(at(tree->Find("size")), "base.py:1:8");
  const auto& map = *model->get_if<Node::Map>();
  EXPECT_EQ(map[0].place.ToString(), Folder() + "/main.py:3:14");
  EXPECT_EQ(map[3].place.ToString(), Folder() + "/main.py:5:1");
}

TEST(PythonConfig, KeepsWhatAValueTookThePlaceOf) {
  Write("first.py", "lr = 1\n");
  Write("second.py", "_base_ = 'first.py'\nlr = 2\n");

  const auto tree = Load("_base_ = 'second.py'\nrate = _base_.lr\n");

  ASSERT_TRUE(tree.ok()) << tree.status();
  for (const char* name : {"lr", "rate"}) {
    EXPECT_THAT(tree->Find(name)->place.Provenance(),
                AllOf(HasSubstr("second.py:2:6, over 1 at "),
                      HasSubstr("first.py:1:6")));
  }
}

TEST(PythonConfig, TakesByteOrderMarkAndAnyLineBreaks) {
  const auto tree = Load(
      "\xEF\xBB\xBF"
      "a = 1\r\nif a:\r\n  b = '''x\r\ny'''\rc = 3\r\n");

  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(*tree->Find("b")->get_if<std::string>(), "x\ny");
  EXPECT_EQ(tree->Find("c")->place.line, 5);
}

TEST(PythonConfig, TakesTabsWhereTheyAreClear) {
  const auto tree = Load(
      "if 1:\n\ta = 1\n\tif a:\n\t  b = 2\n\tc = 3\nfor i in [1]:\n"
      "  d = 4\n");

  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(*tree->Find("c")->get_if<int64_t>(), 3);
  EXPECT_EQ(*tree->Find("d")->get_if<int64_t>(), 4);
}

TEST(PythonConfig, SaysThatAChainIsTooLong) {
  std::string text = "a = 1";
  for (int i = 0; i < 200; ++i) text += " + 1";

  const auto tree = Load(text);

  EXPECT_THAT(std::string(tree.status().message()),
              HasSubstr("main.py:1:5: more than 200 operators"));
}

TEST(PythonConfig, TakesAnEmptyFileForAnEmptyDict) {
  for (const char* text : {"", "\n", "# nothing", "'''doc'''\n", "pass\n"}) {
    const auto tree = Load(text);

    ASSERT_TRUE(tree.ok()) << tree.status();
    EXPECT_TRUE(tree->get_if<Node::Map>()->empty());
  }
}

TEST(PythonConfig, RefusesWhatIsNotUtf8) {
  const auto tree = Load("a = 1\nb = 'caf\xE9'\n");

  EXPECT_THAT(std::string(tree.status().message()),
              HasSubstr("main.py:2:1: not UTF-8"));
}

TEST(PythonConfig, RefusesAKeyOfTwoBases) {
  Write("a.py", "x = 1\n");
  Write("b.py", "\nx = 2\n");

  const auto tree = Load("_base_ = ['a.py', 'b.py']\n");

  EXPECT_THAT(std::string(tree.status().message()),
              HasSubstr("main.py:1:19: \"x\" is in two bases"));
  EXPECT_THAT(std::string(tree.status().message()), HasSubstr("b.py:2:5"));
}

TEST(PythonConfig, RefusesBasesThatComeBack) {
  Write("loop_a.py", "_base_ = 'loop_b.py'\n");
  const auto old_style =
      LoadConfig(Write("loop_b.py", "\n_base_ = 'loop_a.py'\n"));
  EXPECT_THAT(std::string(old_style.status().message()),
              HasSubstr("loop_a.py:1:10: _base_ comes back to itself"));

  Write("lazy_a.py", "with read_base():\n    from .lazy_b import *\n");
  const auto lazy = LoadConfig(
      Write("lazy_b.py", "with read_base():\n    from .lazy_a import *\n"));
  EXPECT_THAT(std::string(lazy.status().message()),
              HasSubstr("lazy_a.py:2:5: read_base() comes back to itself"));
}

TEST(PythonConfig, RefusesToMixBothStyles) {
  Write("lazy.py", "from torch.optim import SGD\na = dict(type=SGD)\n");
  Write("old.py", "_base_ = 'gone.py'\n");

  EXPECT_THAT(std::string(Load("_base_ = 'lazy.py'\n").status().message()),
              HasSubstr("don't mix"));
  EXPECT_THAT(std::string(Load("with read_base():\n    from .old import *\n")
                              .status()
                              .message()),
              HasSubstr("old.py:1:10"));
}

TEST(PythonConfig, FindsBasesInPackages) {
  Write("site/mmdet/configs/base.py", "a = 1\n");
  Write("above/mmdet/configs/one.py", "b = 1\n");
  setenv("ANNEAL_PACKAGE_PATH", (Folder() + "/site").c_str(), 1);

  const auto tree =
      Load("with read_base():\n    from mmdet.configs.base import *\n");
  const auto inside = LoadConfig(
      Write("above/mmdet/configs/deep/two.py",
            "with read_base():\n    from mmdet.configs.one import b\n"));

  unsetenv("ANNEAL_PACKAGE_PATH");
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_NE(tree->Find("a"), nullptr);
  ASSERT_TRUE(inside.ok()) << inside.status();
  EXPECT_NE(inside->Find("b"), nullptr);
}

TEST(PythonConfig, KeepsCustomImportsAndImportsNothing) {
  const auto tree = Load(
      "custom_imports = dict(imports=['no.such.module'],"
      " allow_failed_imports=False)\n");

  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_NE(tree->Find("custom_imports")->Find("imports"), nullptr);
}

}  // namespace
}  // namespace anneal::config
