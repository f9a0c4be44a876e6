#include "config/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "config/dump.h"
#include "config/reader.h"

namespace anneal::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

namespace fs = std::filesystem;

// A folder of its own for each test.
class ConfigFile : public ::testing::Test {
 protected:
  ConfigFile() {
    folder_ = absl::StrCat(
        ::testing::TempDir(), "/",
        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }

  std::string Path(const std::string& name) const {
    return absl::StrCat(folder_, "/", name);
  }
  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(Path(name)).parent_path());
    std::ofstream(Path(name), std::ios::binary) << text;
  }
  // The tree of config.yaml as flow, or its error without the folder.
  std::string Load(const std::string& name = "config.yaml") const {
    const absl::StatusOr<Node> node = LoadConfig(Path(name));
    if (node.ok()) return DumpFlow(*node);
    return absl::StrReplaceAll(node.status().message(), {{folder_ + "/", ""}});
  }
  absl::StatusCode CodeOf(const std::string& name) const {
    return LoadConfig(Path(name)).status().code();
  }

  std::string folder_;
};

TEST_F(ConfigFile, IsMmengines) {
  std::ifstream file("config/config_file_golden.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const absl::StatusOr<Node> golden = ReadJson(text, "golden");
  ASSERT_TRUE(golden.ok()) << golden.status();
  setenv("WIDTH", "64", 1);
  unsetenv("DEPTH");
  const auto& cases = *golden->get_if<Node::List>();
  ASSERT_EQ(cases.size(), 11u);
  for (const Node& one : cases) {
    const std::string& name = *one.Find("name")->get_if<std::string>();
    for (const auto& entry : *one.Find("files")->get_if<Node::Map>()) {
      Write(absl::StrCat(name, "/", entry.key),
            *entry.value.get_if<std::string>());
    }

    setenv("ANNEAL_PACKAGE_PATH", Path(name).c_str(), 1);

    const absl::StatusOr<Node> node =
        LoadConfig(Path(absl::StrCat(name, "/config.yaml")));

    ASSERT_TRUE(node.ok()) << name << ": " << node.status();
    EXPECT_TRUE(SameContent(*node, *one.Find("config")))
        << name << ": " << DumpFlow(*node);
  }
}

TEST_F(ConfigFile, TellsTheSyntaxByItsSuffix) {
  Write("a.yml", "a: 1");
  Write("a.json", "{\"a\": 1}");
  Write("a.textproto", "a: 1");
  Write("a.pbtxt", "a: 1");

  for (const char* name : {"a.yml", "a.json", "a.textproto", "a.pbtxt"}) {
    EXPECT_EQ(Load(name), "{a: 1}") << name;
  }
}

TEST_F(ConfigFile, MayStartWithAByteOrderMark) {
  Write("a.json", "\xEF\xBB\xBF{\"a\": 1}");

  EXPECT_EQ(Load("a.json"), "{a: 1}");
}

TEST_F(ConfigFile, AValueKnowsItsFile) {
  Write("base.yaml", "a: 1\nb: 2\n");
  Write("config.yaml", "_base_: base.yaml\nb: 3\n");

  const absl::StatusOr<Node> node = LoadConfig(Path("config.yaml"));

  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->Find("a")->place.ToString(), Path("base.yaml:1:4"));
  EXPECT_EQ(node->Find("b")->place.ToString(), Path("config.yaml:2:4"));
}

TEST_F(ConfigFile, AFileChangesElementsOfTheBasesList) {
  Write("base.yaml", "p: [{type: A}, {type: B, x: 1}]");
  Write("config.yaml", "{_base_: base.yaml, p: {1: {x: 2}}}");

  EXPECT_EQ(Load(), "{p: [{type: A}, {type: B, x: 2}]}");
}

TEST_F(ConfigFile, ABaseMayBeNamedByReferences) {
  Write("config_base.yaml", "a: 1");
  Write("config.yaml", "_base_: \"{{ fileBasenameNoExtension }}_base.yaml\"");

  EXPECT_EQ(Load(), "{a: 1}");
}

// -- Deprecation.

TEST_F(ConfigFile, ThatIsDeprecatedIsReadWithAWarning) {
  Write("base.yaml",
        "_deprecation_: {expected: new.yaml, reference: 'http://x/1'}\na: 1");
  Write("config.yaml", "{_base_: base.yaml, b: 2}");
  ::testing::internal::CaptureStderr();

  EXPECT_EQ(Load(), "{a: 1, b: 2}");

  EXPECT_EQ(
      ::testing::internal::GetCapturedStderr(),
      absl::StrCat("warning: The config file ", Path("base.yaml"),
                   " will be deprecated in the future. Please use new.yaml "
                   "instead. More information can be found at http://x/1\n"));
}

TEST_F(ConfigFile, ADeprecationThatIsNoDictIsRefused) {
  Write("config.yaml", "_deprecation_: new.yaml");

  EXPECT_EQ(CodeOf("config.yaml"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Load(),
            "config.yaml:1:16: _deprecation_ is a dict of expected and "
            "reference, not a string");
}

// -- Bases of packages.

TEST_F(ConfigFile, OfAPackageThatIsNotThereNamesPlaceAndFolders) {
  setenv("ANNEAL_PACKAGE_PATH", folder_.c_str(), 1);
  Write("config.yaml", "_base_: mmdet::_base_/x.yaml");

  EXPECT_EQ(CodeOf("config.yaml"), absl::StatusCode::kNotFound);
  EXPECT_THAT(Load(), AllOf(StartsWith("config.yaml:1:9: _base_: no package "
                                       "\"mmdet\""),
                            HasSubstr("set ANNEAL_PACKAGE_PATH")));
}

TEST_F(ConfigFile, OfAPackageThatComesBackToItselfIsRefused) {
  setenv("ANNEAL_PACKAGE_PATH", folder_.c_str(), 1);
  Write("mmdet/.mim/configs/_base_/x.yaml", "_base_: mmdet::_base_/x.yaml");
  Write("config.yaml", "_base_: mmdet::_base_/x.yaml");

  EXPECT_THAT(Load(), HasSubstr("_base_ comes back to itself"));
}

// -- References.

TEST_F(ConfigFile, AReferenceInsideAStringKeepsAllDigits) {
  Write("base.yaml", "{lr: 0.0123456789, n: 3, flag: true, none: null}");
  Write("config.yaml",
        "{_base_: base.yaml, s: \"{{_base_.lr}} {{_base_.n}} "
        "{{_base_.flag}} {{_base_.none}}\"}");

  EXPECT_THAT(Load(), HasSubstr("s: \"0.0123456789 3 True None\""));
}

TEST_F(ConfigFile, AReferenceMayGoThroughAList) {
  Write("base.yaml", "p: [{x: 1}, {x: 2}]");
  Write("config.yaml", "{_base_: base.yaml, y: \"{{ _base_.p.1.x }}\"}");

  EXPECT_THAT(Load(), HasSubstr("y: 2"));
}

TEST_F(ConfigFile, AnEnvironmentVariableHasItsType) {
  setenv("ANNEAL_TEST_SIZES", "[1, 2]", 1);
  unsetenv("ANNEAL_TEST_UNSET");
  Write("config.yaml",
        "{a: \"${ANNEAL_TEST_SIZES}\", b: \"${ANNEAL_TEST_UNSET:0.5}\", "
        "c: \"x${ANNEAL_TEST_UNSET:}y\"}");

  EXPECT_EQ(Load(), "{a: [1, 2], b: 0.5, c: xy}");
}

TEST_F(ConfigFile, AnEnvironmentVariableIsThePlace) {
  setenv("ANNEAL_TEST_SIZES", "3", 1);
  Write("config.yaml", "a: \"${ANNEAL_TEST_SIZES}\"");

  const absl::StatusOr<Node> node = LoadConfig(Path("config.yaml"));

  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->Find("a")->place.ToString(),
            absl::StrCat("$ANNEAL_TEST_SIZES at ", Path("config.yaml:1:4")));
}

struct ReferenceError {
  const char* name;
  const char* value;
  const char* message;
};

class BadReference : public ConfigFile,
                     public ::testing::WithParamInterface<ReferenceError> {};

TEST_P(BadReference, IsTold) {
  unsetenv("ANNEAL_TEST_UNSET");
  Write("base.yaml", "m: {x: 1}");
  Write("config.yaml",
        absl::StrCat("_base_: base.yaml\na: \"", GetParam().value, "\"\n"));

  EXPECT_EQ(CodeOf("config.yaml"), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Load(), AllOf(StartsWith("config.yaml:2:4: "),
                            HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Errors, BadReference,
    ::testing::ValuesIn<ReferenceError>({
        {"NotInTheBase", "{{ _base_.m.y }}",
         "{{ _base_.m.y }}: the bases have no \"y\" there"},
        {"Unclosed", "{{ _base_.m", "no \"}}\" closes"},
        {"UnclosedVariable", "${HOME", "no \"}\" closes"},
        {"UnknownName", "{{ fileName }}", "{{ fileName }} is unknown"},
        {"ADictInAString", "x{{ _base_.m }}", "is a dict and can't stand"},
        {"NoVariable", "${ANNEAL_TEST_UNSET}",
         "ANNEAL_TEST_UNSET is not set; set it, or give a default: "
         "${ANNEAL_TEST_UNSET:value}"},
    }),
    [](const auto& info) { return info.param.name; });

// -- Files that can't be read.

TEST_F(ConfigFile, ThatIsMissingNamesTheNearest) {
  Write("lenet.yaml", "a: 1");

  EXPECT_EQ(CodeOf("lennet.yaml"), absl::StatusCode::kNotFound);
  EXPECT_EQ(Load("lennet.yaml"),
            "lennet.yaml: no such config file; did you mean \"lenet.yaml\"?");
}

TEST_F(ConfigFile, ThatIsMissingTellsWhatPathsAreRelativeTo) {
  EXPECT_THAT(Load("lenet.yaml"),
              HasSubstr(absl::StrCat("; paths are relative to ",
                                     fs::current_path().string())));
}

TEST_F(ConfigFile, InAMissingFolderIsMissing) {
  EXPECT_EQ(CodeOf("folder/lenet.yaml"), absl::StatusCode::kNotFound);
}

TEST_F(ConfigFile, AMissingBaseNamesThePlaceAndTheNearest) {
  Write("base.yaml", "a: 1");
  Write("config.yaml", "b: 1\n_base_: bass.yaml\n");

  EXPECT_EQ(CodeOf("config.yaml"), absl::StatusCode::kNotFound);
  EXPECT_EQ(Load(),
            "config.yaml:2:9: _base_: bass.yaml: no such config file; did you "
            "mean \"base.yaml\"?");
}

TEST_F(ConfigFile, AFolderIsNoConfig) {
  EXPECT_EQ(CodeOf(""), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Load(""), HasSubstr("is a folder; name a config file in it"));
}

TEST_F(ConfigFile, OfAnotherSuffixIsRefused) {
  Write("a.toml", "");

  EXPECT_EQ(CodeOf("a.toml"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Load("a.toml"),
            "a.toml: \".toml\" is no config syntax Anneal reads; write it as "
            ".py, .yaml, .json or .textproto");
}

TEST_F(ConfigFile, ThatHoldsAListIsRefused) {
  Write("config.yaml", "- 1\n");

  EXPECT_EQ(CodeOf("config.yaml"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Load(), "config.yaml:1:1: a config is a dict, this is a list");
}

TEST_F(ConfigFile, ASyntaxErrorOfABaseNamesTheBase) {
  Write("base.json", "{\"a\": }");
  Write("config.yaml", "_base_: base.json");

  EXPECT_THAT(Load(), StartsWith("base.json:1:7: JSON syntax"));
}

TEST_F(ConfigFile, ThatNeverEndsIsRefused) {
  fs::create_symlink("/dev/zero", Path("config.yaml"));

  EXPECT_EQ(CodeOf("config.yaml"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Load(), "config.yaml is a device or a pipe; name a config file");
}

// Before memory is taken for it.
TEST_F(ConfigFile, ThatIsHugeIsRefused) {
  Write("config.yaml", "");
  fs::resize_file(Path("config.yaml"), uintmax_t{1} << 36);

  EXPECT_EQ(CodeOf("config.yaml"), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Load(), HasSubstr("config.yaml has more than 16 MiB"));
}

TEST_F(ConfigFile, ThatIsNotUtf8IsRefusedWithItsPlace) {
  Write("config.yaml", "a: 1\nb: caf\xe9\n");

  EXPECT_EQ(CodeOf("config.yaml"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Load(),
            "config.yaml:2:7: not UTF-8: \"b: caf\\xe9\"; write it in UTF-8");
}

TEST_F(ConfigFile, MayComeFromAnotherBackend) {
  EXPECT_EQ(LoadConfig("nowhere://a.yaml").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(LoadConfig("nowhere://a.yaml").status().message()),
              HasSubstr("no backend for nowhere://"));
}

// -- Bases.

TEST_F(ConfigFile, ThatIsItsOwnBaseIsRefused) {
  Write("config.yaml", "_base_: config.yaml");

  EXPECT_EQ(CodeOf("config.yaml"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Load(),
            "config.yaml:1:9: _base_ comes back to itself: config.yaml -> "
            "config.yaml; remove one of them");
}

TEST_F(ConfigFile, PlacesOfABaseHaveNoDots) {
  Write("a.yaml", "{x: 1, model: 1}");
  Write("b.yaml", "{model: 2}");
  Write("config.yaml", "_base_: [./a.yaml, ././b.yaml]");

  EXPECT_THAT(Load("./config.yaml"),
              HasSubstr("in two bases, at a.yaml:1:15 and b.yaml:1:9"));
}

TEST_F(ConfigFile, ACycleOfBasesIsRefused) {
  Write("config.yaml", "_base_: sub/b.yaml");
  Write("sub/b.yaml", "_base_: c.yaml");
  Write("sub/c.yaml", "x: 1\n_base_: [../sub/../config.yaml]");

  EXPECT_EQ(CodeOf("config.yaml"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      Load(),
      "sub/c.yaml:2:10: _base_ comes back to itself: config.yaml -> "
      "sub/b.yaml -> sub/c.yaml -> sub/../sub/../config.yaml; remove one of "
      "them");
}

TEST_F(ConfigFile, TheSameBaseOnTwoWaysIsNoCycle) {
  Write("root.yaml", "{_delete_: false}");
  Write("a.yaml", "{_base_: root.yaml, a: 1}");
  Write("b.yaml", "{_base_: root.yaml, b: 1}");
  Write("config.yaml", "_base_: [a.yaml, b.yaml]");

  EXPECT_EQ(Load(), "{a: 1, b: 1}");
}

TEST_F(ConfigFile, AKeyOfTwoBasesIsRefused) {
  Write("a.yaml", "{x: 1, model: 1}");
  Write("b.yaml", "{model: 2}");
  Write("config.yaml", "_base_: [a.yaml, b.yaml]");

  EXPECT_EQ(CodeOf("config.yaml"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Load(),
            "config.yaml:1:18: \"model\" is in two bases, at a.yaml:1:15 and "
            "b.yaml:1:9; keep one, or chain the bases");
}

TEST_F(ConfigFile, ABaseThatIsNoPathIsRefused) {
  Write("config.yaml", "_base_: [1]");

  EXPECT_EQ(Load(), "config.yaml:1:10: _base_ takes paths, found an integer");
}

// -- Texts.

TEST_F(ConfigFile, ATextIsOfItsSuffix) {
  const auto python = LoadConfigText("a = dict(b=1 + 1)\n", ".py");
  const auto yaml = LoadConfigText("\xEF\xBB\xBF{a: {b: 2}}", ".yaml");
  const auto json = LoadConfigText(R"({"a": {"b": 2}})", ".json");

  ASSERT_TRUE(python.ok()) << python.status();
  EXPECT_EQ(DumpFlow(*python), "{a: {b: 2}}");
  EXPECT_TRUE(SameContent(*yaml, *python));
  EXPECT_TRUE(SameContent(*json, *python));
  EXPECT_EQ(yaml->Find("a")->place.ToString(), "text.yaml:1:5");
}

TEST_F(ConfigFile, ATextsBasesAreInTheWorkingFolder) {
  Write("base.yaml", "{a: 1, b: 2}");
  const fs::path before = fs::current_path();
  fs::current_path(folder_);

  const auto tree = LoadConfigText("{_base_: base.yaml, a: 3}", ".yaml");
  fs::current_path(before);

  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(DumpFlow(*tree), "{a: 3, b: 2}");
}

TEST_F(ConfigFile, ATextOfNoSyntaxIsRefused) {
  const absl::Status status = LoadConfigText("a = 1", ".toml").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\".toml\" is no"));
}

// -- Limits.

// Thirty files that each hold their base twice: 2^30 values.
TEST_F(ConfigFile, ReferencesThatMultiplyAreRefused) {
  Write("0.yaml", "a: [1]");
  for (int i = 1; i < 30; ++i) {
    Write(absl::StrCat(i, ".yaml"),
          absl::StrCat("{_base_: ", i - 1,
                       ".yaml, a: [\"{{_base_.a}}\", \"{{_base_.a}}\"]}"));
  }

  EXPECT_EQ(CodeOf("29.yaml"), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(Load("29.yaml"), HasSubstr("more than a million values"));
}

TEST_F(ConfigFile, ReferencesThatNestEverDeeperAreRefused) {
  Write("0.yaml", "a: [1]");
  for (int i = 1; i < 110; ++i) {
    Write(absl::StrCat(i, ".yaml"),
          absl::StrCat("{_base_: ", i - 1, ".yaml, a: [\"{{_base_.a}}\"]}"));
  }

  EXPECT_THAT(Load("109.yaml"), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace anneal::config
