#include "fileio/value_file.h"

#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "fileio/file_client.h"
#include "fileio/file_handler.h"

namespace anneal::fileio {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string PathOf(const std::string& name) {
  return ::testing::TempDir() + "/" + name;
}

struct Format {
  const char* name;
  Value value;
};

class Formats : public ::testing::TestWithParam<Format> {};

TEST_P(Formats, KeepTheValue) {
  const std::string path = PathOf(absl::StrCat("kept.", GetParam().name));

  ASSERT_TRUE(Dump(GetParam().value, path).ok());
  const absl::StatusOr<Value> value = Load(path);

  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_TRUE(BitIdentical(*value, GetParam().value)) << value->DebugString();
}

const Dict kPlain{{"a", Value::List{1, 2.5, true, Value(), "text"}},
                  {"b", Dict{{"c", -1}}}};
// In the order of dtypes, which safetensors files are in.
const Dict kArrays{{"b", at::arange(2, at::kLong)},
                   {"a", at::arange(6, at::kFloat).view({2, 3})}};

INSTANTIATE_TEST_SUITE_P(
    ValueFile, Formats,
    ::testing::Values(Format{"json", kPlain}, Format{"yaml", kPlain},
                      Format{"yml", kPlain}, Format{"pickle", kPlain},
                      Format{"pkl", kPlain}, Format{"pth", kArrays},
                      Format{"pt", kPlain}, Format{"safetensors", kArrays},
                      Format{"npy", at::arange(3, at::kHalf)},
                      Format{"npz", kArrays}),
    [](const auto& info) { return info.param.name; });

class Broken : public ::testing::TestWithParam<const char*> {};

TEST_P(Broken, NamesThePath) {
  const std::string path = PathOf(absl::StrCat("broken.", GetParam()));
  ASSERT_TRUE(Put("[1, \"", path).ok());
  const absl::Status status = Load(path).status();

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), StartsWith(path + ": "));
}

INSTANTIATE_TEST_SUITE_P(ValueFile, Broken,
                         ::testing::Values("json", "yaml", "pkl", "pth",
                                           "safetensors", "npy", "npz"),
                         [](const auto& info) { return info.param; });

class Unfit : public ::testing::TestWithParam<const char*> {};

TEST_P(Unfit, LeavesNoFile) {
  const std::string path = PathOf(absl::StrCat("unfit.", GetParam()));
  const Value value = Value::List{at::arange(2), "caf\xe9"};
  const absl::Status status = Dump(value, path);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith(path + ": "));
  EXPECT_FALSE(*Exists(path));
}

INSTANTIATE_TEST_SUITE_P(ValueFile, Unfit,
                         ::testing::Values("yaml", "pkl", "pth", "safetensors",
                                           "npy", "npz"),
                         [](const auto& info) { return info.param; });

TEST(ValueFile, TakesTheFormatThatIsGiven) {
  const std::string path = PathOf("a.txt");
  ASSERT_TRUE(Dump(7, path, "json").ok());

  EXPECT_EQ(*GetText(path), "7");
  EXPECT_EQ(*Load(path, "yaml")->get_if<int64_t>(), 7);
}

TEST(ValueFile, ListsTheFormats) {
  for (const absl::Status& status : {Load("a.toml").status(), Dump(1, "a.toml"),
                                     Load("a.json", "toml").status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("no handler for the format \"toml\""));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("json, npy, npz, pickle, pkl, pt, pth, "
                          "safetensors, yaml, yml"));
  }
}

TEST(ValueFile, SaysThatAFileIsMissing) {
  EXPECT_TRUE(absl::IsNotFound(Load(PathOf("none.json")).status()));
}

// Counts the bytes.
class SizeHandler : public FileHandler {
 public:
  absl::StatusOr<Value> Load(absl::string_view bytes) const override {
    return Value(static_cast<int64_t>(bytes.size()));
  }
  absl::StatusOr<std::string> Dump(const Value& value) const override {
    return std::string(*value.get_if<int64_t>(), 'x');
  }
};

TEST(ValueFile, TakesHandlersOfUsers) {
  RegisterHandler({"size", "len"}, std::make_shared<SizeHandler>());

  ASSERT_TRUE(Dump(3, PathOf("a.size")).ok());
  EXPECT_EQ(*GetText(PathOf("a.size")), "xxx");
  EXPECT_EQ(*Load(PathOf("a.size"), "len")->get_if<int64_t>(), 3);
}

TEST(ValueFile, ReplacesAHandler) {
  RegisterHandler({"twice"}, *GetHandler("json"));
  RegisterHandler({"twice"}, std::make_shared<SizeHandler>());

  ASSERT_TRUE(Dump(2, PathOf("a.twice")).ok());
  EXPECT_EQ(*GetText(PathOf("a.twice")), "xx");
}

}  // namespace
}  // namespace anneal::fileio
